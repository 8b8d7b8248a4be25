"""What a lab consists of on disk: its folder, its handout's steps and hints, a student's folder, and mutants. For lab.py."""

import hashlib
import json
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HINT = re.compile(r"<details>\s*<summary>(.*?)</summary>\s*(.*?)</details>", re.DOTALL)
STEP = re.compile(r"^## Step (\d+): (.*)$", re.MULTILINE)


class LabError(Exception):
    """Something that the user can put right; the text says what and how."""


class Lab:
    """A lab of labs/. number: "06"; unit: the kit's file that the student's takes the place of. With "answers" there
    is no such file: the student answers questions about runs, in a file that the grader writes."""

    def __init__(self, name):
        self.name, self.number = name, name.split("-")[0]
        self.folder = os.path.join("labs", name)
        with open(os.path.join(ROOT, self.folder, "lab.json")) as file:
            settings = json.load(file)
        self.title, self.answers = settings["title"], settings.get("answers", False)
        if not self.answers:
            self.unit, self.header = settings["unit"], settings["header"]
            self.run_words, self.breakpoint = settings["run"], settings["break"]
        # Who gets the student's functions while others keep the kit's: see LAB_USERS in the Makefile.
        self.users, self.symbols = settings.get("users", []), settings.get("symbols", [])
        self.file = "answers.txt" if self.answers else os.path.basename(self.unit)
        # The program of the loader that has the student's file in it, as the Makefile says too.
        self.program = "rm" if not self.answers and self.unit.startswith("loader/rm/") else "root"
        # FAULTLINE_WORK: another folder than work/, for tests, which must not touch a student's.
        elsewhere = os.environ.get("FAULTLINE_WORK")
        self.work = os.path.join(elsewhere or "work", name)
        self.build = os.path.join("build/labs", name)
        self.out = os.path.join(elsewhere, "build", name) if elsewhere else os.path.join(self.build, "work")
        self.checks = os.path.join(self.build, "checks")
        # Runs to look at: those of the last grading, or, if they are what is asked about, the student's own.
        self.runs = os.path.join(self.work, "runs") if self.answers else self.out

    def path(self, *parts):
        return os.path.join(ROOT, self.folder, *parts)

    def source(self):
        """The student's file."""
        return os.path.join(self.work, self.file)

    def handout(self):
        with open(self.path("README.md")) as file:
            return file.read()

    def steps(self):
        """The handout's steps: a dictionary from number to (title, text with its hints taken out)."""
        text = self.handout()
        starts = list(STEP.finditer(text))
        steps = {}
        for index, match in enumerate(starts):
            rest = text[match.end():starts[index + 1].start() if index + 1 < len(starts) else len(text)]
            rest = re.split(r"^## ", rest, maxsplit=1, flags=re.MULTILINE)[0]
            steps[int(match[1])] = match[2], rest
        return steps

    def hints(self, step):
        """The hints of a step, from a nudge to nearly the answer: pairs of summary and text."""
        steps = self.steps()
        if step not in steps:
            raise LabError(f"lab {self.number} has the steps {', '.join(map(str, steps))}; make hint LAB={self.number} "
                           "STEP=1")
        return [(summary.strip(), text.strip()) for summary, text in HINT.findall(steps[step][1])]

    def mutants(self):
        folder, ending = self.path("mutants"), ".edit" if self.answers else ".patch"
        return [Mutant(os.path.join(folder, name)) for name in sorted(os.listdir(folder)) if name.endswith(ending)]


def without_hints(text):
    return HINT.sub("", text).strip()


def all_labs():
    folder = os.path.join(ROOT, "labs")
    return [Lab(name) for name in sorted(os.listdir(folder)) if os.path.isfile(os.path.join(folder, name, "lab.json"))]


def find(number):
    """A lab by its number or name."""
    labs = all_labs()
    for lab in labs:
        if number in (lab.number, lab.name) or number.zfill(2) == lab.number:
            return lab
    known = ", ".join(f"{lab.number} ({lab.title})" for lab in labs)
    raise LabError(f"which lab? There are {known}. For example: make start LAB={labs[-1].number}" if not number else
                   f"there is no lab {number}. There are {known}")


def seed_of_name(name):
    return hashlib.sha256(name.encode()).hexdigest()[:4]


class Mutant:
    """A wrong solution: what is changed in the reference. Lines "key: value" before that say what it is: what (the
    mistake), points (what is left), says (a regular expression that the message must match). In NAME.patch a diff of
    the kit's file follows; in NAME.edit a few lines of Python, which change `text`, a file with right answers."""

    def __init__(self, path):
        self.name, ending = os.path.splitext(os.path.basename(path))
        with open(path) as file:
            head, _, body = file.read().partition("\n---")
        self.fields = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
        missing = {"what", "points", "says"} - set(self.fields)
        if missing:
            raise LabError(f"{path} does not say: {', '.join(sorted(missing))}")
        self.what, self.points, self.says = self.fields["what"], int(self.fields["points"]), self.fields["says"]
        self.change = edit if ending == ".edit" else apply
        self.body = body if ending == ".edit" else "---" + body

    def apply(self, text):
        return self.change(text, self.body, self.name)


def answer_of(text, number):
    """What a file says to question number "3.2"."""
    return re.search(rf"^Question {re.escape(number)}$.*?^answer: ?(.*?)$", text, re.DOTALL | re.MULTILINE)[1]


def with_answer(text, number, answer):
    return re.sub(rf"(^Question {re.escape(number)}$.*?^answer:).*?$", lambda match: f"{match[1]} {answer}", text,
                  count=1, flags=re.DOTALL | re.MULTILINE)


def edit(text, code, name):
    """Runs the lines of a NAME.edit. Their words: text, answer(number), give(number, answer)."""
    words = {"re": re, "text": text}
    words["answer"] = lambda number: answer_of(words["text"], number)
    words["give"] = lambda number, answer: words.update(text=with_answer(words["text"], number, answer))
    exec(compile(code, name, "exec"), words)
    return words["text"]


def apply(text, diff, name):
    """Applies a unified diff whose context must be there exactly once; line numbers are not looked at."""
    for hunk in re.split(r"^@@.*\n", diff, flags=re.MULTILINE)[1:]:
        lines = [line for line in hunk.splitlines(keepends=True) if line[:1] in " +-"]
        old = "".join(line[1:] for line in lines if line[0] in " -")
        new = "".join(line[1:] for line in lines if line[0] in " +")
        if text.count(old) != 1:
            raise LabError(f"mutant {name}: its context is there {text.count(old)} times, not once:\n{old}")
        text = text.replace(old, new)
    return text
