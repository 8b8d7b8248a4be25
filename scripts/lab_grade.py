"""Builds a kernel with a student's file in it, has it graded, keeps the result and prints it. For lab.py.

The grader (labs/grading, the lab's checks.c) is a program of its own that runs the guest and reads its trace. From its
tests.json comes the one result.json of a grading, and all that is printed comes from that.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import time

import lab_text
from lab_files import ROOT, LabError

NO_ANSWER = "there is no answer yet"  # as labs/grading/answers.c says it
GRADER_SECONDS = 120  # a last resort; runs have budgets of instructions
MARKS = {"passed": "✓", "failed": "✗", "waits": "–"}
COLOURS = {"passed": "\033[32m", "failed": "\033[31m", "waits": "\033[2m"}


def file_hash(path):
    try:
        with open(os.path.join(ROOT, path), "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()[:16]
    except IsADirectoryError:
        raise LabError(f"{path} is a folder, and should be a file: give it another name, then make start") from None
    except OSError as error:
        raise LabError(f"{path} cannot be read: {error.strerror}") from None


def output_of(*command):
    try:
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return ended.stdout.splitlines()[0].strip() if ended.returncode == 0 and ended.stdout else ""


def kernel_of(lab, out):
    """The kernel whose runs are graded: the kit's own, if nothing of a student's is in it."""
    return "build/kernel/faultline.elf" if lab.answers else f"{out}/faultline.elf"


def archive_of(lab, out):
    return "build/boot.cpio" if lab.answers else f"{out}/boot.cpio"


def forget_another_file(source, out):
    """A file that was moved back to its place may be older than what was built of another one, and make looks at times alone."""
    built, noted = os.path.join(ROOT, out, "unit.o"), os.path.join(ROOT, out, "unit.hash")
    now = file_hash(source)
    if os.path.exists(noted):
        with open(noted) as file:
            if file.read() == now:
                return
    if os.path.exists(built):
        os.remove(built)
    with open(noted, "w") as file:
        file.write(now)


def build(lab, source, out):
    """Builds the kernel and the boot archive that are graded, and the grader. Returns what the compiler said, and whether it worked."""
    if not os.path.exists(os.path.join(ROOT, "build/boot.cpio")):
        print("Building the kit: the first time, this takes a minute or two.", file=sys.stderr)
    os.makedirs(os.path.join(ROOT, out), exist_ok=True)
    if not lab.answers:
        forget_another_file(source, out)
    command = ["make", "--no-print-directory", "-s"]
    command += [] if lab.answers else [f"LAB_UNIT={lab.unit}", f"LAB_SOURCE={source}", f"LAB_OUT={out}",
                                       f"LAB_USERS={' '.join(lab.users)}", f"LAB_SYMBOLS={' '.join(lab.symbols)}"]
    command += ["build/boot.cpio", "build/trace/metadata", "build/bin/faultline-viz", lab.checks, kernel_of(lab, out), archive_of(lab, out)]
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    ended = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                           text=True, check=False)
    return ended.stderr.strip(), ended.returncode == 0


def failed_build(lab, text):
    """The result of a file that does not compile."""
    return {"lab": lab.number, "name": lab.title, "tests_run": 0, "tests_expected": 0, "steps": [], "tests": [],
            "points": 0, "of": 100, "compiler": text}


def run_grader(lab, out, seed, words):
    command = [lab.checks, "--kernel", kernel_of(lab, out), "--archive", archive_of(lab, out), "--seed", seed, "--out", out]
    try:
        return subprocess.run(command + words, cwd=ROOT, capture_output=True, text=True, timeout=GRADER_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise LabError(f"the grader did not end within {GRADER_SECONDS} s; is the machine overloaded?") from None


def ask(lab, out, seed, path):
    """Makes the runs that a lab with answers asks about, in out, and writes the questions into a file."""
    text, good = build(lab, None, out)
    if not good:
        raise LabError(f"the kit itself could not be built:\n{text}")
    ended = run_grader(lab, out, seed, ["--questions", path])
    if ended.returncode:
        raise LabError(f"the questions could not be written:\n{ended.stdout}{ended.stderr}")


def starter(lab, out, seed):
    """The path of what a student begins with."""
    if not lab.answers:
        return os.path.join(lab.folder, "starter.c")
    path = os.path.join(out, "starter.txt")
    ask(lab, out, seed, path)
    return path


def reference(lab, out, seed):
    """The path of a file that deserves all points: the kit's own, or what labs/NN-name/reference.py answers."""
    if not lab.answers:
        return lab.unit
    questions, path = starter(lab, out, seed), os.path.join(out, "reference.txt")
    command = [sys.executable, lab.path("reference.py"), os.path.join(ROOT, questions), os.path.join(ROOT, out)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise LabError(f"{lab.path('reference.py')} failed:\n{ended.stderr}")
    with open(os.path.join(ROOT, path), "w") as file:
        file.write(ended.stdout)
    return path


def run_checks(lab, out, seed, step, source):
    """Runs the grader. Never believes a grading that ran no test, or fewer than it should."""
    path = os.path.join(ROOT, out, "tests.json")
    if os.path.exists(path):
        os.remove(path)
    words = ["--answers", source] if lab.answers else []
    words += ["--step", str(step)] if step else []
    ended = run_grader(lab, out, seed, words)
    if not os.path.exists(path):
        raise LabError(f"the grader ended with status {ended.returncode} and no result:\n{ended.stdout}{ended.stderr}")
    with open(path) as file:
        result = json.load(file)
    if not result["tests_run"] or result["tests_run"] != result["tests_expected"]:
        raise LabError(f"the grader ran {result['tests_run']} tests of {result['tests_expected']}: nothing it says counts")
    os.remove(path)
    return result


def grade(lab, source, out, seed, step=None):
    """Grades a file. Returns the result, which is also in out/result.json."""
    begun, before, hashed = time.monotonic(), previous(out), file_hash(source)
    text, good = build(lab, source, out)
    if not good and os.path.basename(source) not in text and "error:" not in text and "undefined" not in text:
        raise LabError(f"the kit itself could not be built:\n{text}")
    result = run_checks(lab, out, seed, step, source) if good else failed_build(lab, text)
    result.update({
        "gradings": (before or {}).get("gradings", 0) + 1,
        "lost": lost_steps(before, result) if before and before.get("seed") == seed else [],
        "file": source, "seed": seed, "step": step, "warnings": text if good else "",
        "seconds": round(time.monotonic() - begun, 1),
        "versions": {"kit": output_of("git", "describe", "--always", "--dirty"),
                     "qemu": output_of("qemu-system-riscv64", "--version"),
                     "compiler": output_of("riscv64-unknown-elf-gcc", "--version"),
                     "python": sys.version.split()[0]},
        "hashes": {"file": hashed, "grader": file_hash(lab.checks) if good else "",
                   "kernel": file_hash(kernel_of(lab, out)) if good else "",
                   "archive": file_hash(archive_of(lab, out)) if good else ""},
    })
    with open(os.path.join(ROOT, out, "result.json"), "w") as file:
        json.dump(result, file, indent=1, ensure_ascii=False)
        file.write("\n")
    return result


def lasting(result):
    """What every grading of the same file with the same seed says: all but the time that it took, and how many there were."""
    return {name: value for name, value in result.items() if name not in ("seconds", "gradings")}


def previous(out):
    """The last result, or None."""
    try:
        with open(os.path.join(ROOT, out, "result.json")) as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


# ---- What came out ----------------------------------------------------------------------------------------------------

def state(result, step):
    """passed, failed or waits: of a step, from its tests. None: it was not graded."""
    states = [test["result"] for test in result["tests"] if test["step"] == step]
    if not states:
        return None
    return "failed" if "failed" in states else "waits" if "waits" in states else "passed"


def lost_steps(before, result):
    """The steps that were good in the grading before and fail in this one."""
    return [number for number in range(1, len(result["steps"]) + 1)
            if state(before, number) == "passed" and state(result, number) == "failed"]


def first_failure(result, but=lambda test: False):
    return next((test for test in result["tests"] if test["result"] == "failed" and not but(test)), None)


def first_event(test):
    return next((line["event"] for line in test["happened"] if line["event"]), 0) if test else 0


def next_step(result):
    """The first step that is not good yet; None: all are."""
    for number in range(1, len(result["steps"]) + 1):
        if state(result, number) != "passed":
            return number
    return None if result["steps"] else 1


def coloured(text, word, stream):
    if not stream.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"{COLOURS[word]}{text}\033[0m"


def shortened(text, width):
    return text if len(text) <= width else text[:width - 1] + "…"


def print_compiler(what, text, most, stream):
    """The first lines of what the compiler said; that make gave up is clear."""
    lines = [line for line in text.splitlines() if not line.startswith("make: ***")]
    more = [f"… and {len(lines) - most} more lines"] if len(lines) > most else []
    print(f"  {what}:\n" + "\n".join("  | " + line for line in lines[:most] + more), file=stream)


def wrapped(label, text, stream):
    """`text` behind a label, later lines below its beginning."""
    print(lab_text.hanging(text, f"      {label:10} "), file=stream)


def print_failure(lab, test, stream):
    wrapped("expected", test["expected"] or "the test to come to its end", stream)
    for index, line in enumerate(test["happened"]):
        where = f"event {line['event']}  " if line["event"] else ""
        wrapped("happened" if not index else "", where + line["text"], stream)
    if test["around"]:
        for index, line in enumerate(test["around"]):
            text = f"{line['event']:>6}  {line['text']}"
            print(f"      {'around' if not index else '':10} {shortened(text, lab_text.width() - 17)}", file=stream)
    wrapped("likely", test["likely"] or "the grader itself stumbled over this run; report it, with result.json", stream)
    event = first_event(test)
    if event:
        wrapped("look", f"make watch LAB={lab.number} RUN={test['run']} EVENT={event}", stream)


def unanswered(test):
    """Whether it is about a question to which nothing was said: that needs no explanation."""
    return bool(test["happened"]) and test["happened"][0]["text"] == NO_ANSWER


def same_failure(test, other):
    return all(test[word] == other[word] for word in ("expected", "happened", "likely", "run"))


def print_failures(lab, failures, lost, stream):
    """Of one step. lost: it was good in the grading before."""
    silent = [re.match(r"question (\S+):", test["expected"])[1] for test in failures if unanswered(test)]
    if silent:
        wrapped("open", f"no answer yet: {', '.join(silent)}", stream)
    if failures and lost:
        further = "" if lab.answers else ", or lets the programs come further than they came then"
        wrapped("before", f"this step was good in the last grading: what you changed since breaks it{further}", stream)
    for index, test in enumerate(failures):
        # Two tests of a step that stumble over the same thing say it once.
        if not unanswered(test) and not any(same_failure(test, other) for other in failures[:index]):
            print_failure(lab, test, stream)
    if failures:
        wrapped("hint", f"make hint LAB={lab.number} STEP={failures[0]['step']}", stream)


def print_steps(lab, result, stream, details=True):
    wide = min(60, lab_text.width() - 23)
    for number, title in enumerate(result["steps"], 1):
        word = state(result, number)
        if word is None:
            continue
        tests = [test for test in result["tests"] if test["step"] == number]
        points, most = sum(test["points"] for test in tests), sum(test["of"] for test in tests)
        score = f"waits for step {tests[0]['waits_for']}" if word == "waits" else f"{points:2} / {most:2}"
        print(coloured(f"  {number} {MARKS[word]} {title:{wide}} {score:>16}", word, stream), file=stream)
        if details:
            print_failures(lab, [test for test in tests if test["result"] == "failed"], number in result["lost"], stream)


def print_result(lab, result, out, stream=None, details=True):
    stream = stream or sys.stdout
    print(f" Lab {lab.number} · {lab.title}        {result['file']}        seed {result['seed']}\n", file=stream)
    if "compiler" in result:
        print_compiler("it does not compile", result["compiler"], 30, stream)
    if result.get("warnings"):
        print_compiler("the compiler warns", result["warnings"], 12, stream)
    print_steps(lab, result, stream, details)
    graded = sum(test["of"] for test in result["tests"]) or 100
    print(f"\n {result['points']} of {graded} points    {result['seconds']} s    {out}/result.json", file=stream)
