"""Packs files into a cpio archive of the kind "newc", the boot archive that the file server serves.

    make_cpio.py ARCHIVE FILE...

The Makefile calls it, and the tests that need an archive of their own; run.py reads archives with it. The same files
give the same bytes: no times, no owners, names in the order given. Every entry is named by the last part of its file's
path.
Format: cpio(5), "New ASCII Format".
"""

import binascii
import os
import struct
import sys

REGULAR_FILE = 0o100644
TRAILER = "TRAILER!!!"
SECTOR_SIZE = 512


def entry(offset, number, name, content, mode):
    """One entry: 110 bytes of header in hexadecimal digits, name, content, both padded to 4 bytes. More NULs behind the
    name than the one that ends it let the content begin at a multiple of 8 in the archive, since pages are copied by
    words, or, unless it is short, of a sector, so that a page of it is 8 sectors of a disk and not parts of 9."""
    name = name.encode() + b"\0"
    if content:
        name += b"\0" * (-(offset + 110 + len(name)) % (SECTOR_SIZE if len(content) >= SECTOR_SIZE else 8))
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    return padded(header + name) + padded(content)


def padded(data):
    return data + b"\0" * (-len(data) % 4)


def archive(files):
    """files: pairs of name and bytes. Returns the archive's bytes."""
    data = bytearray()
    for number, (name, content) in enumerate(files):
        data += entry(len(data), number + 1, name, content, REGULAR_FILE)
    data += entry(len(data), 0, TRAILER, b"", 0)
    return bytes(data)


def contents(data):
    """The regular files of an archive: bytes by name. Raises ValueError when the archive is damaged."""
    files, at = {}, 0
    while True:
        header = data[at:at + 110]
        if len(header) < 110 or header[:6] not in (b"070701", b"070702"):
            raise ValueError("no header of the newc format")
        fields = struct.unpack(">13I", binascii.unhexlify(header[6:]))
        begin = -(-(at + 110 + fields[11]) // 4) * 4
        end = begin + fields[6]
        if end > len(data):
            raise ValueError("the archive ends inside a file")
        name = data[at + 110:at + 110 + fields[11]].split(b"\0")[0].decode("ascii", "replace")
        if name == TRAILER:
            return files
        if fields[1] & 0o170000 == 0o100000:
            files[plain(name)] = data[begin:end]
        at = -(-end // 4) * 4


def plain(name):
    """As the guest's file server names a file."""
    while name.startswith("./"):
        name = name[2:]
    return name


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main(arguments):
    if len(arguments) < 1 or arguments[0].startswith("-"):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    try:
        data = archive([(os.path.basename(path), read(path)) for path in arguments[1:]])
        with open(arguments[0], "wb") as file:
            file.write(data)
    except OSError as error:
        print(f"make_cpio.py: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
