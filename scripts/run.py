#!/usr/bin/env python3
"""Runs programs, of the boot archive or of this machine, under QEMU and records the trace.

Leaves in DIR: trace/ (CTF: metadata, stream_0), console.txt (what the guest printed) and result.json (how it ended).
The trace may be read while the guest runs, and after any end. The same command leaves the same bytes (with a disk, which
answers in its own time, the same events of each thread in the same order).
"""

import argparse
import contextlib
import difflib
import json
import os
import signal
import sys
import time

import console
import guest_files
import make_cpio
import qemu
import recorder
import report
import trace_reader

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ARCHIVE = os.path.join(ROOT, "build/boot.cpio")
KERNEL = os.path.join(ROOT, "build/kernel/faultline.elf")
POLL_SECONDS = 0.01
COMMAND_LINE_LIMIT = 2047  # characters; BOOT_COMMAND_LINE_SIZE of kernel/abi/boot.h with its NUL
DEFAULT_TRACE_SIZE = 32 << 20

EXIT_MISSING_TOOL, EXIT_USAGE, EXIT_PANIC, EXIT_BUDGET, EXIT_DEADLOCK, EXIT_QEMU, EXIT_WALL = range(118, 125)
EXIT_NOT_FOUND = 127
EXIT_CODES = """exit status:
  that of the program, when the guest powers off in order (125: it could not be set up, 126: not an executable for this
  machine, 127: not in the archive, 139: it crashed); 127 also before the guest starts, if the archive can be read; else
  118  a tool is missing                       119  wrong usage, or a file is missing
  120  the kernel panicked or cannot start     121  the instruction budget is used up
  122  every thread waits for ever             123  QEMU failed or was killed
  124  the wall-clock limit is over            128+n  this launcher was ended by signal n
"""
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PANIC_TEXT = "faultline: kernel panic"
NO_BOOT_TEXT = "faultline: cannot boot"
SERVERS = ("fs", "disk", "rm")  # programs of the archive that are not for --program
DISK_SERVERS = ("fs", "disk")  # what has to be in the initrd for the rest to be on a disk
RUNNING, POWER_OFF, DEADLOCK, BUDGET, PANIC = range(5)  # enum halt_reason of kernel/abi/trace.h
HALTS = {
    DEADLOCK: (EXIT_DEADLOCK, "deadlock", "every thread waits, and nothing can ever wake one. The console says who "
               "waits for whom."),
    BUDGET: (EXIT_BUDGET, "budget", "the instruction budget is used up. Give more with --budget; the console says who "
             "was running."),
    PANIC: (EXIT_PANIC, "panic", "the kernel panicked: an error in the kernel itself. The console shows its cause and "
            "backtrace; `riscv64-unknown-elf-addr2line -e build/kernel/faultline.elf ADDRESS` names a line."),
}


class Stop(Exception):
    """A signal asks this launcher to end."""

    def __init__(self, number):
        super().__init__(number)
        self.number = number


class UsageError(Exception):
    """Wrong usage; the text says what is wrong and what to do."""
    status = EXIT_USAGE


class ProgramNotFound(UsageError):
    """The archive has no such program."""
    status = EXIT_NOT_FOUND


def number(text, kilo):
    """Decimal or 0x..., with K, M or G behind it."""
    power = " KMG".find(text[-1:].upper())
    value = int(text[:-1], 0) * kilo**power if power > 0 else int(text, 0)
    if value < 0:
        raise ValueError
    return value


def size(text):
    """Bytes: a K is 1024 of them."""
    return number(text, 1024)


def count(text):
    """Instructions or pages: a K is 1000 of them."""
    return number(text, 1000)


class OfProgram(argparse.Action):
    """An option of which the order counts: before the first --program it is for all programs, behind one for that one.
    They gather in options.words, as pairs of the option's name and its value."""

    def __call__(self, _parser, options, value, option=None):
        options.words.append((option.removeprefix("--"), value))


def parser():
    result = argparse.ArgumentParser(description=__doc__, epilog=EXIT_CODES, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add = result.add_argument
    def of_program(flag, **more):
        add(flag, dest="words", action=OfProgram, default=[], **more)
    of_program("--arrangement", choices=("internal", "external", "eager"), help="who resolves page "
               "faults; a single one is for all programs")
    of_program("--program", metavar="NAME", help="a file of the boot archive; with a slash in it, a file of "
               "this machine, which is added to the archive. May be given several times: all run at once. What is "
               "marked with * is for the --program before it, or, before the first one, for all")
    of_program("--argument", metavar="WORD", help="* an argument; those after -- are the last program's")
    of_program("--env", metavar="NAME=VALUE", help="* an environment variable")
    of_program("--map-pages", metavar="N", type=count, help="* pages that a fault maps at most: a power of "
               "two up to 64 (default: 1)")
    of_program("--pre-map", choices=("entry",), help="* map the page of main's first instruction before main "
               "starts")
    add("--read-ahead", type=count, metavar="N", help="pages that the file server reads beyond the one that was asked for "
        "(default: 0)")
    add("--file", action="append", default=[], metavar="HOST[=GUEST]", help="adds a file of this machine to the archive, "
        "under its own name or GUEST; it replaces one of that name")
    add("--stdin", metavar="FILE", help="what the program reads from its standard input (default: nothing)")
    add("--out", required=True, metavar="DIR", help="where trace/, console.txt and result.json go")
    add("--append", action="append", default=[], metavar="WORDS", help="more words for the guest's command line")
    add("--budget", type=count, default=0, metavar="N", help="end the run N instructions after power-on (0: never); "
        "the firmware, about 12M of them, and the kernel's boot are included")
    add("--trace", choices=("on", "off"), default="on", help="record a trace (default: on)")
    add("--trace-size", type=size, default=DEFAULT_TRACE_SIZE, metavar="BYTES", help="of the buffer (default: 32M)")
    add("--cache-pages", type=count, metavar="N", help="pages of files that the file server may keep (at least 16)")
    add("--memory-pages", type=count, metavar="N", help="private pages (data, stacks, heaps) that there may be")
    add("--archive", default=ARCHIVE, metavar="FILE", help="another boot archive")
    add("--disk", action="store_true", help="the archive lies on a virtio disk; the initrd has only the servers that read "
        "it. The disk answers in its own time: runs differ in times, not in each thread's order of events")
    add("--disk-image", metavar="FILE", help="a disk of your own, with a cpio archive of the kind \"newc\"; implies "
        "--disk. Programs are looked for there, the servers still in the boot archive")
    add("--drive-options", metavar="OPTIONS", help="QEMU's block options for how the disk comes by its content, to make it "
        "slow or faulty; IMAGE stands for the file (default: file.driver=file,file.filename=IMAGE)")
    add("--kernel", default=KERNEL, metavar="FILE", help="another kernel")
    add("--wall", type=float, default=300.0, metavar="SECONDS", help="last resort against a hung QEMU (default: 300)")
    add("--report", action="store_true", help="say in the end what demand paging cost each program: faults (53+3: 53 of the "
        "program, 3 of its region mapper), messages for them, pages read from files, instructions up to main's first one and "
        "in total; result.json has it too (needs the trace)")
    add("--keep-ram", action="store_true", help="leave the guest's memory in DIR/ram (128 MiB)")
    add("arguments", nargs="*", metavar="ARGS", help="the last program's arguments, after --")
    result.error = lambda message: fail(EXIT_USAGE, f"{message}. See scripts/run.py --help.")
    return result


def fail(code, message):
    print(f"run.py: {message}", file=sys.stderr)
    sys.exit(code)


def check_word(word):
    """The guest knows no quotes: a word is what lies between blanks."""
    if not word.strip():
        raise UsageError("an argument is empty, and the guest's command line cannot carry that: leave it out")
    if word.split() != [word]:
        raise UsageError(f"the guest's command line is cut at blanks, so it cannot carry \"{word}\": use another "
                         f"separator, for example \"{'_'.join(word.split())}\"")
    if not word.isascii() or not word.isprintable():
        raise UsageError(f"the guest's command line carries printable ASCII only, not {ascii(word)}")


def values(options, wanted):
    """What an option of programs was given, in order."""
    return [value for name, value in options.words if name == wanted]


def program_words(options):
    """The programs and what is said of each."""
    count = next((number for number, (name, _value) in enumerate(options.words) if name == "program"), 0)
    common, rest = options.words[:count], options.words[count:]
    if len(values(options, "arrangement")) == 1:
        common = [("arrangement", values(options, "arrangement")[0])] + common
    settings = [f"{name}={value}" for name, value in common if name not in ("env", "argument")]
    shared = [f"{name}={value}" for name, value in common if name in ("env", "argument")]
    words = []
    for name, value in rest:
        words.append(f"{name}={guest_files.guest_name(value) if name == 'program' else value}")
        words += shared if name == "program" else []
    return settings + words


def guest_command_line(options):
    """Kernel options, then the creating task's, then the program's arguments. The guest cuts it at blanks."""
    words = [f"trace={options.trace}", f"trace-size={options.trace_size}"]
    words += [f"budget={options.budget}"] if options.budget else []
    words += " ".join(options.append).split()
    words += [f"cache-pages={options.cache_pages}"] if options.cache_pages is not None else []
    words += [f"memory-pages={options.memory_pages}"] if options.memory_pages is not None else []
    words += [f"read-ahead={options.read_ahead}"] if options.read_ahead is not None else []
    words += ["disk=on"] if options.disk else []
    words += program_words(options)
    words += ["--"] + options.arguments
    for word in words:
        check_word(word)
    line = " ".join(words)
    if len(line) > COMMAND_LINE_LIMIT:
        raise UsageError(f"the guest's command line has {len(line)} characters, at most {COMMAND_LINE_LIMIT} fit")
    return line


def check(options):
    """Everything that can be wrong before anything is touched."""
    for needed in ("program", "arrangement"):
        if not values(options, needed):
            raise UsageError(f"--{needed} is missing. See scripts/run.py --help.")
    largest = qemu.RAM_SIZE // 2
    if not 2 * recorder.HEADER_SIZE <= options.trace_size <= largest or options.trace_size % 4096:
        raise UsageError(f"--trace-size must be a multiple of 4096 from 8192 to {largest}")
    for setting in values(options, "env"):
        if setting.find("=") < 1:
            raise UsageError(f"--env wants NAME=VALUE, not \"{setting}\"")
    if options.report and options.trace == "off":
        raise UsageError("--report is made from the trace: leave out --trace off")
    metadata = os.path.join(ROOT, "build/trace/metadata")
    for path in [options.kernel, options.archive] + ([metadata] if options.trace == "on" else []):
        if not os.path.isfile(path):
            raise UsageError(f"{path} is missing: run `make` first" if path in (KERNEL, ARCHIVE, metadata) else
                             f"{path} is a directory, not a file" if os.path.isdir(path) else f"{path} does not exist")
    check_disk(options)
    check_files(options)
    programs = values(options, "program")
    if len(programs) == 1:  # of several, the good ones shall run
        check_program(options, programs[0])
    return metadata


def check_disk(options):
    if options.disk_image and not os.path.isfile(options.disk_image):
        raise UsageError(f"{options.disk_image} is not a file")
    if options.drive_options and not options.disk:
        raise UsageError("--drive-options are about the disk: give --disk too")
    if options.disk and "idle=wfi" in " ".join(options.append).split():
        raise UsageError("with idle=wfi the guest's time leaps while it waits, so that a disk would always be too late: "
                         "leave out --disk or idle=wfi")


def base_archive(options):
    """Where programs and files come from, but for added ones."""
    return options.disk_image or options.archive


def files_to_add(options):
    return guest_files.added_files(values(options, "program"), options.file, options.stdin)


def check_files(options):
    try:
        guest_files.check(files_to_add(options))
    except guest_files.FilesError as error:
        raise UsageError(str(error)) from None


def archive_of_run(options, path):
    """The archive that the guest gets: the given one, or, with files added, a new one at `path`."""
    added = files_to_add(options)
    if not added:
        return base_archive(options)
    try:
        data = guest_files.extend(base_archive(options), added)
    except guest_files.FilesError as error:
        raise UsageError(str(error)) from None
    with open(path, "wb") as file:
        file.write(data)
    return path


def check_program(options, program):
    """Spares a run that can only fail. An archive that cannot be read is left to QEMU and the guest, which say why."""
    if guest_files.is_host_path(program):
        return
    try:
        files = make_cpio.contents(make_cpio.read(base_archive(options)))
    except (ValueError, OSError):
        return
    names = [make_cpio.plain(name) for _option, name, _path in files_to_add(options)]
    if not files or make_cpio.plain(program) in [*files, *names]:
        return
    programs = sorted(name for name, content in files.items() if content[:4] == b"\x7fELF" and name not in SERVERS)
    near = difflib.get_close_matches(program, programs, 1)
    raise ProgramNotFound(f"{base_archive(options)} has no program called {program}"
                          + (f"; did you mean {near[0]}?" if near else ".") + f" It has: {', '.join(programs)}")


def initrd_of_run(options, archive, path):
    """The initrd: the archive, or, if that is on a disk, one with the servers that read the disk, at `path`."""
    if not options.disk:
        return archive
    try:
        files = make_cpio.contents(make_cpio.read(options.archive))
    except ValueError as error:
        raise UsageError(f"{options.archive}: {error}, so the servers for the disk cannot be taken from it") from None
    with open(path, "wb") as file:
        file.write(make_cpio.archive([(name, files[name]) for name in DISK_SERVERS if name in files]))
    return path


def prepare(options):
    """Makes DIR, without what an earlier run left. Returns the paths in it by name."""
    os.makedirs(options.out, exist_ok=True)
    names = ("ram", "trace", "console.txt", "serial.raw", "qemu.log", "result.json", "archive.cpio", "initrd.cpio")
    paths = {name: os.path.join(options.out, name) for name in names}
    recorder.remove_old_trace(paths["trace"])
    for name in ("ram", "console.txt", "result.json"):
        if os.path.lexists(paths[name]):
            os.remove(paths[name])
    return paths


@contextlib.contextmanager
def undisturbed():
    """A signal to end waits until this is over: what is half written and not yet counted would be written again."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING_SIGNALS)


def watch(process, records, output, wall):
    """Passes on trace and console until QEMU ends. Returns whether the wall-clock limit ended it."""
    end = time.monotonic() + wall
    while process.poll() is None:
        with undisturbed():
            records.drain()
            output.follow()
        if time.monotonic() > end:
            return True
        time.sleep(POLL_SECONDS)
    return False


def outcome(header, timed_out, stopped, traced, log, printed):
    """Exit status, one word and a message (None: nothing to say) for how it ended. traced: is there a trace? log,
    printed: what QEMU and the guest wrote."""
    trace_note = " The trace holds everything up to that moment." if traced else ""
    halted = header["halted"] if header else RUNNING
    if halted == RUNNING and PANIC_TEXT in printed:
        halted = PANIC  # before there was a header to say so
    if halted == RUNNING and NO_BOOT_TEXT in printed:
        return EXIT_PANIC, "no-boot", "the kernel cannot start with these options. The console says what to change."
    if halted == POWER_OFF:
        return header["halt_status"] & 0xFF, "power-off", None
    if halted in HALTS:
        return HALTS[halted]
    if stopped is not None:
        name = signal.Signals(stopped).name
        return 128 + stopped, "stopped", f"ended by {name}." + trace_note
    if timed_out:
        return EXIT_WALL, "wall", "the wall-clock limit is over and the guest still ran. Give more with --wall; a " \
            "--budget ends such a run in order."
    text = log.strip() or "it ended without a word: was it killed?"
    return EXIT_QEMU, "qemu", f"QEMU ended before the guest did: {text}" + trace_note


def attempt(options, metadata, append):
    """One run. Returns the exit status and what result.json shall say."""
    paths = prepare(options)
    archive = archive_of_run(options, paths["archive.cpio"])
    initrd = initrd_of_run(options, archive, paths["initrd.cpio"])
    devices = qemu.disk(archive, options.drive_options) if options.disk else []
    process = qemu.start(options.kernel, initrd, paths["ram"], paths["serial.raw"], paths["qemu.log"], append, devices)
    stopped, timed_out = None, False
    try:
        records = recorder.Recorder(paths["ram"], qemu.RAM_SIZE, options.trace_size,
                                    paths["trace"] if options.trace == "on" else None, metadata)
        output = console.Console(paths["serial.raw"], paths["console.txt"], sys.stdout.buffer)
        try:
            timed_out = watch(process, records, output, options.wall)
        except Stop as stop:
            stopped = stop.number
        except BrokenPipeError:
            stopped = signal.SIGPIPE
            sys.stdout = output.screen = open(os.devnull, "wb")
    finally:
        process.kill()
        process.wait()
    records.drain(ended=True)
    output.follow(ended=True)
    header, traced = records.header(), options.trace == "on"
    records.close()
    output.close()
    with open(paths["qemu.log"], errors="replace") as log, open(paths["console.txt"], errors="replace") as printed:
        status, word, message = outcome(header, timed_out, stopped, traced, log.read(), printed.read())
    for name in ["serial.raw", "qemu.log"] + ([] if options.keep_ram else ["ram"]):
        os.remove(paths[name])
    for made in {archive, initrd} - {options.archive, options.disk_image}:
        os.remove(made)
    result = {"programs": [guest_files.guest_name(program) for program in values(options, "program")],
              "medium": "disk" if options.disk else "initrd", "command_line": append, "end": word,
              "status": status, "traced": traced, "trace": header}
    if options.report:
        result["report"] = report.report(trace_reader.read(paths["trace"]))
        print(report.text(result["report"]))
    with open(paths["result.json"], "w") as file:
        json.dump(result, file, indent=2)
        file.write("\n")
    return status, message


def stop_on_signal(number, _frame):
    for other in ENDING_SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise Stop(number)


def main():
    options = parser().parse_args()
    options.disk = options.disk or options.disk_image is not None
    if qemu.missing():
        fail(EXIT_MISSING_TOOL, f"{qemu.PROGRAM} is not installed: `make doctor` says what to install.")
    for number in ENDING_SIGNALS:
        signal.signal(number, stop_on_signal)
    try:
        status, message = attempt(options, check(options), guest_command_line(options))
    except (UsageError, recorder.TraceDirectoryError) as error:
        fail(error.status if isinstance(error, UsageError) else EXIT_USAGE, str(error))
    except Stop as stop:
        fail(128 + stop.number, "ended before the guest ran.")
    except OSError as error:
        fail(EXIT_USAGE, f"{error.filename or options.out}: {error.strerror}. Is --out a directory that can be "
                         "written?")
    if message:
        fail(status, message)
    sys.exit(status)


if __name__ == "__main__":
    main()
