#!/usr/bin/env python3
"""The labs: `make start LAB=06` and what follows. A student's file lies in work/NN-name/ and is never overwritten.

    lab.py COMMAND [LAB=..] [STEP=..] [SEED=..] [NAME=..] [EVENT=..] [RUN=..] [PROGRAM=..] [MUTANT=..]
    lab.py new-lab NAME=.. UNIT=..|ANSWERS=1

Commands: start lab run watch gdb hint grade reset mutants new-lab; reference grades the kit's own file; repeat grades
it, or MUTANT=, COUNT= times and compares the results.
"""

import concurrent.futures
import getpass
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import lab_files
import lab_grade
import lab_text
import qemu
from lab_files import ROOT, LabError

AT_ONCE = 2
GDBS = ("gdb-multiarch", "riscv64-unknown-elf-gdb", "riscv64-linux-gnu-gdb")


def at_root(path):
    return os.path.join(ROOT, path)


def write(path, text):
    """Writes a file, unless it has that content already: then make need not build anew."""
    if os.path.exists(at_root(path)):
        with open(at_root(path)) as file:
            if file.read() == text:
                return
    os.makedirs(os.path.dirname(at_root(path)), exist_ok=True)
    with open(at_root(path), "w") as file:
        file.write(text)


def read(path):
    with open(at_root(path)) as file:
        return file.read()


def require_started(lab):
    if not os.path.exists(at_root(lab.source())):
        raise LabError(f"{lab.source()} is not there: make start LAB={lab.number}")


def seed_of(lab, options):
    """SEED= wins, then the one that `make start` wrote down, then the user's name."""
    seed = options.get("SEED")
    if not seed and os.path.exists(at_root(os.path.join(lab.work, "seed"))):
        seed = read(os.path.join(lab.work, "seed")).strip()
    seed = (seed or lab_files.seed_of_name(getpass.getuser())).lower()
    if not re.fullmatch(r"[0-9a-f]{1,8}", seed):
        raise LabError(f"a seed is a hexadecimal number of at most 8 digits, not \"{seed}\"")
    return seed


def step_of(lab, options, otherwise=None):
    if not options.get("STEP"):
        return otherwise
    steps = lab.steps()
    if not options["STEP"].isdigit() or int(options["STEP"]) not in steps:
        raise LabError(f"lab {lab.number} has the steps {', '.join(map(str, steps))}")
    return int(options["STEP"])


# ---- The commands -----------------------------------------------------------------------------------------------------

def write_starter(lab, options):
    if lab.answers:
        lab_grade.ask(lab, lab.runs, seed_of(lab, options), lab.source())
    else:
        write(lab.source(), read(lab_grade.starter(lab, None, None)))


def start(lab, options):
    if os.path.exists(at_root(lab.source())):
        print(lab_text.hanging(f"{lab.source()} is there already, and stays as it is. make reset LAB={lab.number} begins "
                               "anew and keeps a copy."))
        return 0
    seed = options.get("SEED") or lab_files.seed_of_name(options.get("NAME") or getpass.getuser())
    write(os.path.join(lab.work, "seed"), seed + "\n")
    write_starter(lab, options)
    print(lab_text.hanging(f"lab {lab.number}, {lab.title}: {lab.source()} is yours to fill in, seed {seed_of(lab, {})}."))
    print(lab_text.hanging(f"Read {lab.folder}/README.md{'' if lab.answers else f' and {lab.header}'}, then: "
                           f"make lab LAB={lab.number}"))
    return 0


def graded(lab, options, step=None):
    require_started(lab)
    return lab_grade.grade(lab, lab.source(), lab.out, seed_of(lab, options), step)


def show_lab(lab, options):
    """Where the student stands; grades anew only if the file is another one."""
    require_started(lab)
    result = lab_grade.previous(lab.out)
    fresh = result and result["hashes"]["file"] == lab_grade.file_hash(lab.source()) and not result["step"] \
        and result["seed"] == seed_of(lab, options)
    result = result if fresh else graded(lab, options)
    lab_grade.print_result(lab, result, lab.out, details=False)
    number = lab_grade.next_step(result)
    if number is None:
        print("\n All steps are good. The handout ends with questions to think about.")
        return 0
    title, text = lab.steps()[number]
    print(f"\n Next: step {number}, {title}\n")
    print(lab_text.reflowed(lab_files.without_hints(text), "   "))
    print(f"\n Then: make grade LAB={lab.number} STEP={number}      a hint: make hint LAB={lab.number} STEP={number}")
    return 0


def grade(lab, options):
    result = graded(lab, options, step_of(lab, options))
    lab_grade.print_result(lab, result, lab.out)
    return 0 if result["points"] == sum(test["of"] for test in result["tests"]) and result["tests"] else 1


def built(lab):
    """Builds what runs the student's file. Returns the paths of the kernel and of the boot archive."""
    require_started(lab)
    text, good = lab_grade.build(lab, lab.source(), lab.out)
    if text:
        print(text, file=sys.stderr)
    if not good:
        raise LabError(f"{lab.source()} does not compile")
    return lab_grade.kernel_of(lab, lab.out), lab_grade.archive_of(lab, lab.out)


def run(lab, options):
    """Any program with the student's file in root or in the region mapper; or, if that is answers, the runs that they are about."""
    if lab.answers:
        require_started(lab)
        lab_grade.ask(lab, lab.runs, seed_of(lab, options), os.path.join(lab.runs, "questions.txt"))
        print(lab_text.hanging(f"the runs are in {lab.runs}. To look at them: make watch LAB={lab.number} RUN=internal"))
        return 0
    kernel, archive = built(lab)
    words = list(lab.run_words)
    if options.get("PROGRAM"):
        words[words.index("--program") + 1] = options["PROGRAM"]
    out = os.path.join(lab.out, "run")
    code = subprocess.run(["scripts/run.py", *words, "--kernel", kernel, "--archive", archive, "--out", out,
                           "--budget", "2G"], cwd=ROOT, check=False).returncode
    print(f"status {code}. To look at it: make watch LAB={lab.number} RUN=run")
    return code


def watch(lab, options):
    """The visualizer, on the run and at the event of the first failure, or on what RUN= and EVENT= say."""
    require_started(lab)
    result = lab_grade.previous(lab.out) or {"tests": []}
    if lab.answers and result.get("seed") != seed_of(lab, options):
        result = {"tests": []}  # of other runs than those that are looked at
    failure = lab_grade.first_failure(result, lab_grade.unanswered)
    names = (options.get("RUN") or (failure or {}).get("run") or ("internal external" if lab.answers else "run")).split()
    directories = [os.path.join(lab.runs, name) for name in names]
    for directory in directories:
        if not os.path.isdir(at_root(os.path.join(directory, "trace"))):
            traces = glob.glob(at_root(os.path.join(lab.runs, "*/trace")))
            there = ", ".join(sorted(os.path.basename(os.path.dirname(trace)) for trace in traces))
            raise LabError(f"there is no trace in {directory}: make run LAB={lab.number}, or make grade LAB={lab.number}" +
                           (f". RUN= may be: {there}" if there else ""))
    event = options.get("EVENT") or (str(lab_grade.first_event(failure)) if failure and names == [failure["run"]] else "")
    words = ["build/bin/faultline-viz"] + (["--at", event] if event not in ("", "0") else [])
    if not sys.stdout.isatty():
        words += ["--snapshot", "text", "--size", "120x34"]
    return subprocess.run(words + directories, cwd=ROOT, check=False).returncode


def debug(lab, _options):
    """Stops at the student's function, under gdb."""
    if lab.answers:
        raise LabError(f"in lab {lab.number} there is no code of yours to stop at: make watch LAB={lab.number}")
    kernel, archive = built(lab)
    gdb = next((name for name in GDBS if shutil.which(name)), None)
    if gdb is None:
        raise LabError(f"no gdb for RISC-V is installed (one of {', '.join(GDBS)}): on Debian, apt-get install gdb-multiarch")
    with tempfile.TemporaryDirectory() as folder:
        serial, ram = os.path.join(folder, "serial"), os.path.join(folder, "ram")
        socket = os.path.join(folder, "gdb")
        words = " ".join(word.removeprefix("--") + ("=" if word.startswith("--") else "") for word in lab.run_words)
        append = "trace=off " + words.replace("= ", "=") + " --"
        with open(os.path.join(folder, "log"), "w") as log:
            devices = ["-S", "-chardev", f"socket,path={socket},server=on,wait=off,id=gdb", "-gdb", "chardev:gdb"]
            guest = subprocess.Popen(qemu.command(kernel, archive, ram, serial, append, devices), cwd=ROOT,
                                     stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
            try:
                while not os.path.exists(socket) and guest.poll() is None:
                    time.sleep(0.05)
                return subprocess.run([gdb, "-q", os.path.join(lab.out, f"{lab.program}.elf"),
                                       "-ex", f"target remote {socket}", "-ex", f"hbreak {lab.breakpoint}",
                                       "-ex", "continue"], cwd=ROOT, check=False).returncode
            finally:
                guest.kill()
                guest.wait()


def hint(lab, options):
    """The next hint of a step that was not shown yet; from the first again after the last."""
    require_started(lab)
    result = lab_grade.previous(lab.out)
    step = step_of(lab, options, (lab_grade.next_step(result) if result else 1) or 1)
    path = os.path.join(lab.work, ".hints.json")
    shown = json.loads(read(path)) if os.path.exists(at_root(path)) else {}
    hints = lab.hints(step)
    number = shown.get(str(step), 0) % max(1, len(hints))
    if not hints:
        raise LabError(f"step {step} of lab {lab.number} has no hints")
    summary, text = hints[number]
    print(lab_text.hanging(f"Lab {lab.number}, step {step}, hint {number + 1} of {len(hints)}: {summary}", " ") + "\n")
    print(lab_text.reflowed(text.replace("<code>", "").replace("</code>", "")))
    if number + 1 < len(hints):
        print(f"\n The next one: make hint LAB={lab.number} STEP={step}")
    write(path, json.dumps({**shown, str(step): number + 1}))
    return 0


def reset(lab, options):
    require_started(lab)
    number = 1
    while os.path.exists(at_root(f"{lab.source()}.{number}")):
        number += 1
    os.rename(at_root(lab.source()), at_root(f"{lab.source()}.{number}"))
    write_starter(lab, options)
    print(lab_text.hanging(f"{lab.source()} is the starter again; what was there is {lab.source()}.{number}"))
    return 0


def grade_reference(lab, options):
    out, seed = os.path.join(lab.build, "reference"), seed_of(lab, options)
    result = lab_grade.grade(lab, lab_grade.reference(lab, out, seed), out, seed, step_of(lab, options))
    lab_grade.print_result(lab, result, out)
    return 0 if result["points"] == 100 else 1


def repeat(lab, options):
    """Grades the kit's file, or MUTANT=, COUNT= times, each time built from nothing, and compares the results."""
    seed, count, first, differing = seed_of(lab, options), int(options.get("COUNT") or 50), None, 0
    mutant = next((mutant for mutant in lab.mutants() if mutant.name == options.get("MUTANT")), None)
    if options.get("MUTANT") and not mutant:
        raise LabError(f"lab {lab.number} has no mutant {options['MUTANT']}")
    out = os.path.join(lab.build, "repeat")
    for number in range(1, count + 1):
        shutil.rmtree(at_root(out), ignore_errors=True)
        source, right = os.path.join(out, lab.file), read(lab_grade.reference(lab, out, seed))
        write(source, mutant.apply(right) if mutant else right)
        result = lab_grade.lasting(lab_grade.grade(lab, source, out, seed))
        first = first or result
        if result != first:
            differing += 1
            names = [name for name in result if result[name] != first.get(name)]
            print(f"grading {number} differs from the first in: {', '.join(names)}")
    print(f" lab {lab.number}: {count} gradings of {options.get('MUTANT') or 'the reference'}, {first['points']} points, "
          f"{differing} differ from the first")
    return 1 if differing else 0


def grade_mutant(lab, mutant, right, seed):
    """Grades what the mutant makes of `right`, the reference's text. Returns what is wrong with the grader about this
    mutant, or None, and the result."""
    out = os.path.join(lab.build, "mutants", mutant.name)
    source = os.path.join(out, lab.file)
    write(source, mutant.apply(right))
    result = lab_grade.grade(lab, source, out, seed)
    if "compiler" in result:
        return f"it does not compile:\n{result['compiler']}", result
    failure = lab_grade.first_failure(result)
    said = " ".join([failure["expected"], failure["likely"]] + [line["text"] for line in failure["happened"]]) \
        if failure else ""
    if result["points"] != mutant.points:
        return f"it has {result['points']} points, and should have {mutant.points}", result
    if not re.search(mutant.says, said):
        return f"the message does not match \"{mutant.says}\": {said}", result
    if not failure["likely"]:
        return "a test of the grader came to no end", result
    return None, result


def show_mutants(lab, options):
    seed = seed_of(lab, options)
    wanted = [mutant for mutant in lab.mutants() if options.get("MUTANT") in (None, "", mutant.name)]
    out = os.path.join(lab.build, "reference")
    text, good = lab_grade.build(lab, None if lab.answers else lab.unit, out)  # all that mutants share, once
    if not good:
        raise LabError(text)
    right, wrong = read(lab_grade.reference(lab, out, seed)), 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for mutant, (problem, result) in zip(wanted, pool.map(lambda each: grade_mutant(lab, each, right, seed), wanted)):
            wrong += problem is not None
            failure = lab_grade.first_failure(result)
            print(f" {'✗' if problem else '✓'} {mutant.name:32} {result['points']:3} points  {result['seconds']:4} s  "
                  f"{failure['name'] if failure else ''}")
            if problem:
                print(f"      {problem}")
    print(f" lab {lab.number}: {len(wanted)} mutants, {wrong} not caught as they should be")
    return 1 if wrong or not wanted else 0


def every_lab(command, options):
    labs = [lab_files.find(options["LAB"])] if options.get("LAB") else lab_files.all_labs()
    return max(command(lab, options) for lab in labs)


def new_lab(options):
    """Makes the skeleton of a lab from labs/skeleton: of one in which a student writes the file UNIT=, or, with ANSWERS=1,
    answers."""
    name, unit, answers = options.get("NAME", ""), options.get("UNIT", ""), options.get("ANSWERS") == "1"
    if not re.fullmatch(r"\d\d-[a-z-]+", name) or answers == bool(unit):
        raise LabError("make new-lab NAME=03-task-and-threads UNIT=loader/root/program.c, or, for one in which students "
                       "answer questions about runs, make new-lab NAME=03-task-and-threads ANSWERS=1")
    if os.path.exists(at_root(os.path.join("labs", name))):
        raise LabError(f"labs/{name} is there already")
    if unit and not os.path.isfile(at_root(unit)):
        raise LabError(f"there is no {unit}")
    words = {"@NUMBER@": name[:2], "@TITLE@": name[3:].replace("-", " "), "@NAME@": name, "@UNIT@": unit,
             "@HEADER@": re.sub(r"\.c$", ".h", unit), "@FILE@": os.path.basename(unit)}
    skeleton = os.path.join("labs/skeleton", "answers" if answers else "code")
    for file in sorted(glob.glob("**/*.in", root_dir=at_root(skeleton), recursive=True)):
        text = read(os.path.join(skeleton, file))
        for word, value in words.items():
            text = text.replace(word, value)
        write(os.path.join("labs", name, file.removesuffix(".in")), text)
    os.makedirs(at_root(os.path.join("labs", name, "mutants")), exist_ok=True)
    print(f"labs/{name} is made. labs/README.md says how to go on.")
    return 0


COMMANDS = {"start": start, "lab": show_lab, "run": run, "watch": watch, "gdb": debug, "hint": hint, "grade": grade,
            "reset": reset, "reference": grade_reference, "repeat": repeat}


def main(words):
    if not words or "=" in words[0]:
        print(__doc__, file=sys.stderr)
        return 119
    command = words[0]
    options = dict(word.split("=", 1) for word in words[1:] if "=" in word and not word.endswith("="))
    try:
        if command == "mutants":
            return every_lab(show_mutants, options)
        if command == "new-lab":
            return new_lab(options)
        if command not in COMMANDS:
            raise LabError(f"there is no command {command}; there are {', '.join(COMMANDS)}, mutants and new-lab")
        return COMMANDS[command](lab_files.find(options.get("LAB", "")), options)
    except OSError as error:
        print(f"lab.py: {error.filename}: {error.strerror}", file=sys.stderr)
        return 119
    except LabError as error:
        lines = str(error).splitlines()
        print("\n".join([lab_text.hanging(f"lab.py: {lines[0]}", rest="        ")] + lines[1:]), file=sys.stderr)
        return 119


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `make grade LAB=06 | head` ends without a traceback
    sys.exit(main(sys.argv[1:]))
