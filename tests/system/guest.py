"""Runs guests for the system tests, each different command once: the files of tests share what an earlier one ran.

A run lies in build/tests/system/runs/KEY, where KEY stands for the command and for all that the outcome depends on.
scripts/run_tests.py empties that folder first, so `make test` never trusts an old run.
"""

import fcntl
import hashlib
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
sys.dont_write_bytecode = True

import make_cpio  # noqa: E402
import trace_reader  # noqa: E402

RUNS = os.path.join(ROOT, "build/tests/system/runs")
LAUNCHER = os.path.join(ROOT, "scripts/run.py")
ARCHIVE = os.path.join(ROOT, "build/boot.cpio")
KERNEL = os.path.join(ROOT, "build/kernel/faultline.elf")
ARRANGEMENTS = ("internal", "external", "eager")
PAYLOADS = ("hello", "wordcount", "sort", "crash")
ENVIRONMENT = {"hello": ["LANGUAGE=plain", "COURSE=os"]}
ARGUMENTS = {"hello": ["one", "two"]}
STATUS = {"hello": 0, "wordcount": 0, "sort": 0, "crash": 139}
WALL_SECONDS = "120"


class Run:
    """What a run left: status, stdout, stderr (text), directory, and the trace as a list of events."""

    def __init__(self, directory):
        self.directory = directory
        self.trace = os.path.join(directory, "trace")
        with open(os.path.join(directory, "ended.json")) as file:
            ended = json.load(file)
        self.status, self.stdout, self.stderr = ended["status"], ended["stdout"], ended["stderr"]

    def events(self):
        return trace_reader.read(self.trace)

    def result(self):
        with open(os.path.join(self.directory, "result.json")) as file:
            return json.load(file)


def digest(paths, words):
    state = hashlib.sha256("\0".join(words).encode())
    for path in paths:
        with open(path, "rb") as file:
            state.update(file.read())
    return state.hexdigest()[:16]


def command(arrangement, program, options, arguments):
    return [sys.executable, LAUNCHER, "--arrangement", arrangement, "--program", program, "--wall", WALL_SECONDS,
            *options, "--", *arguments]


def run(arrangement, program, options=(), arguments=(), archive=ARCHIVE, kernel=KERNEL, again=""):
    """Runs a program, unless the very same run is there. again: distinguishes runs that shall be made twice."""
    line = command(arrangement, program, options, arguments)
    scripts = [os.path.join(ROOT, "scripts", name) for name in ("run.py", "qemu.py", "recorder.py", "console.py")]
    directory = os.path.join(RUNS, digest([kernel, archive] + scripts, line + [again]))
    os.makedirs(RUNS, exist_ok=True)
    with open(directory + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(directory, "ended.json")):
            line[2:2] = ["--out", directory, "--archive", archive, "--kernel", kernel]
            ended = subprocess.run(line, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, check=False)
            with open(os.path.join(directory, "ended.json"), "w") as file:
                json.dump({"status": ended.returncode, "stdout": ended.stdout.decode(errors="replace"),
                           "stderr": ended.stderr.decode(errors="replace")}, file)
    return Run(directory)


def payload(arrangement, program, **more):
    """A payload as the tests run it: hello with arguments and an environment, the others as they are."""
    options = [word for setting in ENVIRONMENT.get(program, []) for word in ("--env", setting)]
    return run(arrangement, program, options, ARGUMENTS.get(program, []), **more)


def boot_file(name):
    with open(os.path.join(ROOT, "build/boot", name), "rb") as file:
        return file.read()


def archive_with(name, replaced):
    """A boot archive of its own: the usual one with some files' content replaced, added, or (None) left out."""
    names = ["fs", "rm", "hello", "wordcount", "text.txt", "empty.txt"]
    files = {file: boot_file(file) for file in names}
    files.update(replaced)
    path = os.path.join(ROOT, "build/tests/system", name + ".cpio")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    data = make_cpio.archive([(file, content) for file, content in files.items() if content is not None])
    with open(path, "wb") as file:
        file.write(data)
    return path
