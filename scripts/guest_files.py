"""The archive of one run: the boot archive, and the host's files that this run adds to it. Used by run.py."""

import os

import make_cpio

NAME_LIMIT = 128  # bytes; FILES_NAME_SIZE of loader/runtime/protocol.h
FILE_LIMIT = 256  # ARCHIVE_MAX_FILES of loader/fs/archive.h
STDIN_NAME = "stdin"  # where the runtime looks for a program's standard input


class FilesError(Exception):
    """What is wrong with the files, and what to do."""


def is_host_path(program):
    """A --program with a slash is a file of this machine; one without is a file of the archive."""
    return "/" in program


def guest_name(program):
    """What the guest calls it."""
    return os.path.basename(program) if is_host_path(program) else program


def added_files(programs, files, stdin):
    """The files that a run adds: (option, name in the guest, path on this machine).

    programs: of --program; files: "HOST" or "HOST=GUEST"; stdin: a path, or None."""
    added = [("--program", guest_name(program), program) for program in programs if is_host_path(program)]
    for text in files:
        host, equals, guest = text.rpartition("=")
        added.append(("--file", guest, host) if equals else ("--file", os.path.basename(text), text))
    if stdin is not None:
        added.append(("--stdin", STDIN_NAME, stdin))
    return added


def check(added):
    """Raises FilesError unless every file can be added."""
    seen = {}
    for option, name, path in added:
        plain = make_cpio.plain(name)
        if not os.path.isfile(path):
            problem = "is a directory, not a file" if os.path.isdir(path) else "does not exist"
            raise FilesError(f"{option}: {path or '(no name)'} {problem}"
                             + (" (after the last = stands the name in the guest)" if option == "--file" else ""))
        if not os.access(path, os.R_OK):
            raise FilesError(f"{option}: {path} cannot be read")
        if not plain:
            raise FilesError(f"{option}: {path} needs a name in the guest, as in {path}=NAME")
        if len(os.fsencode(plain)) > NAME_LIMIT:
            raise FilesError(f"{option}: the guest's file names have at most {NAME_LIMIT} bytes, {plain} has "
                             f"{len(os.fsencode(plain))}: give another with --file {path}=NAME")
        again = option == "--program" and seen.get(plain) == (option, path)
        if plain in seen and not again:
            raise FilesError(f"{option}: there is already a file called {plain} in this run, from {seen[plain][0]} "
                             f"{seen[plain][1]}")
        seen[plain] = (option, path)


def extend(archive, added):
    """The bytes of an archive with the files added; one that the archive has already is replaced. Raises FilesError."""
    try:
        files = make_cpio.contents(make_cpio.read(archive))
    except ValueError as error:
        raise FilesError(f"no file can be added to {archive}: {error}") from None
    for _option, name, path in added:
        files[make_cpio.plain(name)] = make_cpio.read(path)
    if len(files) > FILE_LIMIT:
        raise FilesError(f"the guest serves at most {FILE_LIMIT} files, and with those added there are {len(files)}")
    return make_cpio.archive(list(files.items()))
