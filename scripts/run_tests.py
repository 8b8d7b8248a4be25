#!/usr/bin/env python3
"""Runs the Check programs and the Python test files that it is given, two at a time, and counts the tests.

    run_tests.py build/tests/AREA/NAME... tests/AREA/NAME_test.py...

The Makefile calls it for `make test`. Prints a line per program, the whole output of one that fails, and as its very
last line "N passed, N failed"; exits 0 only if nothing failed and something passed.

A Check program is not taken at its word: a program that runs fewer tests than its source defines, that runs none, or
whose exit status and summary disagree has failed; each adds one to the failures.
"""

import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
AT_ONCE = 2
WALL_SECONDS = 540  # per program: a last resort against one that hangs
GUEST_RUNS = os.path.join(ROOT, "build/tests/system/runs")  # kept by tests/system/guest.py

CHECK_SUMMARY = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)$", re.MULTILINE)
CHECK_TEST = re.compile(r"^START_TEST\(", re.MULTILINE)
UNITTEST_RAN = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
UNITTEST_BAD = re.compile(r"\b(?:failures|errors|unexpected successes)=(\d+)")
UNITTEST_SKIPPED = re.compile(r"\bskipped=(\d+)")


class Result:
    """passed, failed: numbers of tests; problem: why the program as a whole is not to be trusted, or None."""

    def __init__(self, path, passed, failed, problem, output, seconds):
        self.path, self.passed, self.failed, self.problem = path, passed, failed, problem
        self.output, self.seconds = output, seconds
        if problem is not None and failed == 0:
            self.failed = 1


def source_of(program):
    return os.path.join(ROOT, "tests", os.path.relpath(program, "build/tests") + "_test.c")


def judge_check(program, code, output):
    """Returns passed, failed, problem."""
    summaries = CHECK_SUMMARY.findall(output)
    if not summaries:
        return 0, 1, f"it ended with status {code} before it had a summary"
    run, failures, errors = (sum(int(summary[i]) for summary in summaries) for i in range(3))
    failed = failures + errors
    with open(source_of(program)) as source:
        defined = len(CHECK_TEST.findall(source.read()))
    problem = None
    if run == 0 or run < defined:
        problem = f"it ran {run} tests, but its source defines {defined}: is each added to the suite?"
    elif (code != 0) != (failed != 0):
        problem = f"it ended with status {code} although {failed} of its tests failed"
    return run - failed, failed, problem


def judge_unittest(code, output):
    ran = UNITTEST_RAN.search(output)
    if ran is None:
        return 0, 1, f"it ended with status {code} before it had a summary"
    last = output.rstrip().rsplit("\n", 1)[-1]
    failed = sum(int(number) for number in UNITTEST_BAD.findall(last))
    skipped = sum(int(number) for number in UNITTEST_SKIPPED.findall(last))
    passed = max(0, int(ran[1]) - failed - skipped)
    problem = None
    if skipped:
        problem = f"{skipped} tests were skipped; all that tests need is part of the set-up"
    elif passed + failed == 0:
        problem = "it ran no tests"
    elif (code != 0) != (failed != 0):
        problem = f"it ended with status {code} although {failed} of its tests failed"
    return passed, failed, problem


def environment():
    """The caller's, without what would make Check run less or more kindly."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CK_")}
    kept.update(CK_FORK="yes", CK_DEFAULT_TIMEOUT="120", CK_VERBOSITY="normal", PYTHONDONTWRITEBYTECODE="1",
                TERM=kept.get("TERM", "xterm-256color"))
    return kept


def run(path):
    is_python = path.endswith(".py")
    command = [sys.executable, path] if is_python else [os.path.join(".", path)]
    begin = time.monotonic()
    try:
        process = subprocess.run(command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, timeout=WALL_SECONDS,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        code, output = process.returncode, process.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as late:
        code, output = -1, (late.stdout or b"").decode(errors="replace") + f"\nkilled after {WALL_SECONDS} s\n"
    except OSError as error:
        code, output = -1, f"{path}: {error.strerror}\n"
    passed, failed, problem = judge_unittest(code, output) if is_python else judge_check(path, code, output)
    return Result(path, passed, failed, problem, output, time.monotonic() - begin)


def report(result):
    mark = "FAILED" if result.failed else "ok"
    print(f"{mark:7} {result.path:44} {result.passed:4} passed {result.failed:3} failed {result.seconds:6.1f} s",
          flush=True)
    if result.failed:
        print("".join(f"        | {line}\n" for line in result.output.splitlines()), end="")
        if result.problem:
            print(f"        {result.path}: {result.problem}")


def main(paths):
    shutil.rmtree(GUEST_RUNS, ignore_errors=True)
    by_length = sorted(paths, key=lambda path: not path.startswith("tests/system/"))  # the long ones first
    results = []
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for future in concurrent.futures.as_completed([pool.submit(run, path) for path in by_length]):
            results.append(future.result())
            report(results[-1])
    bad = sorted(result.path for result in results if result.failed)
    if bad:
        print("failed: " + ", ".join(bad))
    passed, failed = (sum(getattr(result, name) for result in results) for name in ("passed", "failed"))
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
