#!/usr/bin/env python3
"""Line coverage of the kernel's core by its native tests, for `make coverage`.

    coverage.py build/coverage/AREA/NAME...

Runs the programs, which were built with gcc --coverage, and asks gcov. Prints a line per file and the total; with
--lines, the numbers of the lines that no test reaches, too. Fails if a program fails, or the total is under 95 %.
"""

import collections
import glob
import json
import os
import subprocess
import sys

OBJECTS = "build/coverage/objects"
CORE = ("kernel/", "kernel/object/")  # not kernel/arch, which no native test can reach
LEAST_PERCENT = 95


def run(programs):
    for old in glob.glob(OBJECTS + "/**/*.gcda", recursive=True):
        os.remove(old)
    for program in programs:
        done = subprocess.run([program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            sys.exit(done.stdout + f"coverage: {program} failed")


def is_core(path):
    return os.path.dirname(path) + "/" in CORE


def count():
    """Returns {path: {line: how often it ran}}. A line of a header is counted in all files that include it."""
    lines = collections.defaultdict(collections.Counter)
    data = glob.glob(OBJECTS + "/**/*.gcda", recursive=True)
    answer = subprocess.run(["gcov", "--json-format", "--stdout", *data], stdout=subprocess.PIPE, text=True, check=True)
    for text in answer.stdout.splitlines():
        for file in json.loads(text)["files"]:
            path = os.path.normpath(file["file"])
            for line in file["lines"] if is_core(path) else ():
                lines[path][line["line_number"]] += line["count"]
    return lines


def ranges(numbers):
    """[3, 4, 5, 9] as "3-5 9"."""
    texts = []
    for number in sorted(numbers):
        if texts and texts[-1][1] == number - 1:
            texts[-1][1] = number
        else:
            texts.append([number, number])
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in texts)


def row(name, lines, missed):
    print(f"{100 * (lines - missed) / max(lines, 1):6.1f} %  {lines - missed:5} of {lines:5}  {name}")


def main(arguments):
    run([argument for argument in arguments if argument != "--lines"])
    files = count()
    total = total_missed = 0
    for path in sorted(files):
        missed = [number for number, times in files[path].items() if times == 0]
        row(path, len(files[path]), len(missed))
        if "--lines" in arguments and missed:
            print("          not reached: lines " + ranges(missed))
        total += len(files[path])
        total_missed += len(missed)
    row("the kernel's core", total, total_missed)
    if total == 0 or 100 * (total - total_missed) < LEAST_PERCENT * total:
        sys.exit(f"coverage: less than {LEAST_PERCENT} %")


if __name__ == "__main__":
    main(sys.argv[1:])
