#!/usr/bin/env python3
"""The labs: the kit's files get all points, starters nearly none, wrong solutions what they deserve; handouts are true."""

import glob
import io
import os
import re
import runpy
import shutil
import struct
import subprocess
import sys
import unittest
import unittest.mock

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
sys.dont_write_bytecode = True

import lab  # noqa: E402
import lab_files  # noqa: E402
import lab_grade  # noqa: E402
import lab_text  # noqa: E402

WORK = os.path.join(ROOT, "build/tests/labs")
SEEDS = ("1", "7c1f")
# Of each kind of mistake one; `make mutants` runs all.
SOME_MUTANTS = {"01": ("page-after", "rows-mixed-up", "neighbours-question", "answered-twice", "ten-megabytes"),
                "02": ("flags-as-they-are", "range-wraps", "entry-stays", "forges-marks", "overflows-its-stack"),
                "06": ("end-of-region", "read-only-reply", "error-not-looked-at", "loops-for-ever", "forges-marks",
                       "leaks-a-page", "exhausts-kernel-memory", "leaves-the-kernel-no-room", "large-local-array"),
                "07": ("window-at-region-start", "reply-before-request", "gives-up-after-a-refusal", "touches-mains-page",
                       "ends-the-program")}

IN_BACKTICKS = re.compile(r"`([^`\n]+)`")


def text_of(path):
    with open(os.path.join(ROOT, path)) as file:
        return file.read()


def command(*words, columns=120):
    return subprocess.run([sys.executable, "scripts/lab.py", *words], cwd=ROOT, capture_output=True, text=True, check=False,
                          env={**os.environ, "FAULTLINE_WORK": WORK, "NO_COLOR": "1", "COLUMNS": str(columns)})


def said(*words):
    """What the command says, without the ends of its lines, which are where the length of the clone's path puts them."""
    return " ".join(command(*words).stdout.split())


class Grading(unittest.TestCase):
    def test_the_kits_own_files_get_all_points(self):
        for each in lab_files.all_labs():
            for seed in SEEDS:
                with self.subTest(lab=each.name, seed=seed):
                    out = os.path.join(WORK, each.number, "reference")
                    result = lab_grade.grade(each, lab_grade.reference(each, out, seed), out, seed)
                    self.assertEqual(result["points"], 100, lab_grade.first_failure(result))
                    self.assertEqual(result["tests_run"], result["tests_expected"])

    def test_the_same_file_and_seed_give_the_same_result_also_when_all_is_built_anew(self):
        for each in lab_files.all_labs():
            with self.subTest(lab=each.name):
                out = os.path.join(WORK, each.number, "again")
                starter = lab_grade.starter(each, os.path.join(WORK, each.number, "first"), "5")
                results = []
                for fresh in (True, False, True):
                    if fresh:
                        shutil.rmtree(out, ignore_errors=True)
                    results.append(lab_grade.lasting(lab_grade.grade(each, starter, out, "5")))
                self.assertTrue(results[0]["tests"])
                self.assertEqual(results[0], results[1])
                self.assertEqual(results[0], results[2])

    def test_starters_compile_without_a_warning_and_get_at_most_ten_points(self):
        for each in lab_files.all_labs():
            with self.subTest(lab=each.name):
                out = os.path.join(WORK, each.number, "starter")
                result = lab_grade.grade(each, lab_grade.starter(each, out, "1"), out, "1")
                self.assertLessEqual(result["points"], 10)
                self.assertTrue(result["tests"], result.get("compiler"))
                self.assertEqual(result["warnings"], "")

    def test_wrong_solutions_lose_exactly_their_points_and_are_told_why(self):
        for number, names in SOME_MUTANTS.items():
            each = lab_files.find(number)
            mutants = {mutant.name: mutant for mutant in each.mutants()}
            right = text_of(lab_grade.reference(each, os.path.join(WORK, number, "right"), "1"))
            for name in names:
                with self.subTest(lab=number, mutant=name):
                    problem, _result = lab.grade_mutant(each, mutants[name], right, "1")
                    self.assertIsNone(problem)

    def test_who_always_asks_for_the_first_page_is_found_out_by_the_first_faults(self):
        each = lab_files.find("06")
        out, text = os.path.join(WORK, "06/first-page"), text_of(each.unit)
        for old, new in (("    return region_request_page(region, ROOT_CONSOLE, page, pager_own_address(region, page), order);",
                          "    uint64_t own = pager_own_address(region, page);\n"
                          "    region_mark(ROOT_CONSOLE, MARK_MAP_REQUEST, 0, own, region);\n"
                          "    return dataspace_map(region->dataspace, 0, region->rights, own, order);"),
                         ("return ipc_tag(0, 0, 1);", "return ipc_tag_error(IPC_E_REFUSED);")):
            self.assertIn(old, text)
            text = text.replace(old, new)
        os.makedirs(out, exist_ok=True)
        with open(os.path.join(out, each.file), "w") as file:
            file.write(text)
        for seed in ("6", "2a"):
            failure = lab_grade.first_failure(lab_grade.grade(each, file.name, out, seed, 2))
            self.assertEqual(failure["step"], 2)
            self.assertIn("offset 0x0 was asked for", failure["happened"][0]["text"])

    def test_a_wrong_window_is_said_once_and_not_also_as_the_page_that_did_not_come(self):
        each = lab_files.find("07")
        for mutant in each.mutants():
            if mutant.name not in ("no-window", "window-off-by-a-page"):
                continue
            out = os.path.join(WORK, "07/window")
            with open(os.path.join(WORK, "window.c"), "w") as file:
                file.write(mutant.apply(text_of(each.unit)))
            result = lab_grade.grade(each, file.name, out, "1", 3)
            failed = [test for test in result["tests"] if test["result"] == "failed"]
            self.assertEqual([test["step"] for test in failed], [3, 3])
            with io.StringIO() as shown:
                lab_grade.print_result(each, result, out, shown)
                self.assertEqual(shown.getvalue().count("happened"), 1, shown.getvalue())

    def test_a_panic_of_the_kernel_is_quoted_and_gets_no_points(self):
        """No program can make the kernel panic, so here its code is damaged where it takes apart a task that has ended."""
        each = lab_files.find("06")
        out, starter = os.path.join(WORK, "06/panic"), lab_grade.starter(each, None, None)
        _text, good = lab_grade.build(each, starter, out)  # its programs end by a crash, of which the kernel tells, too
        self.assertTrue(good)
        kernel, damaged = lab_grade.kernel_of(each, out), os.path.join(out, "damaged.elf")
        symbols = subprocess.run(["riscv64-unknown-elf-nm", kernel], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        address = int(re.search(r"^(\w+) \w task_destroy$", symbols, re.MULTILINE)[1], 16)
        with open(os.path.join(ROOT, kernel), "rb") as file:
            code = bytearray(file.read())
        segment = struct.unpack_from("<Q", code, 32)[0]  # of the ELF header: where the first program header lies
        offset, start = struct.unpack_from("<QQ", code, segment + 8)
        code[address - start + offset:address - start + offset + 2] = bytes(2)  # an illegal instruction
        with open(os.path.join(ROOT, damaged), "wb") as file:
            file.write(code)
        with unittest.mock.patch("lab_grade.kernel_of", return_value=damaged):
            result = lab_grade.run_checks(each, out, "1", None, starter)
        failure = lab_grade.first_failure(result)
        self.assertEqual(result["points"], 0)
        self.assertEqual(failure["expected"], "a kernel that goes on, whatever its tasks do")
        self.assertRegex(failure["happened"][0]["text"], "^kernel panic: illegal instruction inside the kernel")
        self.assertIn("halt reason=the kernel found an error in itself", failure["around"][-1]["text"])
        self.assertRegex(failure["likely"], "an error in the kernel.*console.txt")

    def test_a_file_of_the_region_mapper_is_in_the_boot_archive_and_the_kernel_is_the_kits(self):
        each = lab_files.find("07")
        out = os.path.join(WORK, "07/archive")
        self.assertTrue(lab_grade.build(each, lab_grade.starter(each, out, "1"), out)[1])
        self.assertEqual(lab_grade.file_hash(f"{out}/faultline.elf"), lab_grade.file_hash("build/kernel/faultline.elf"))
        self.assertNotEqual(lab_grade.file_hash(f"{out}/boot.cpio"), lab_grade.file_hash("build/boot.cpio"))

    def test_a_helper_by_the_name_of_a_library_function_is_nobody_elses(self):
        each = lab_files.find("07")
        out = os.path.join(WORK, "07/helper")
        os.makedirs(out, exist_ok=True)
        source = os.path.join(out, each.file)
        with open(source, "w") as file:
            file.write(text_of(each.unit) + "void *memset(void *to, int value, size_t size)\n"
                       "{\n    return value || size ? NULL : to;\n}\n"
                       "void region_mapper_run(void)\n{\n    for (;;)\n        ;\n}\n")
        self.assertEqual(lab_grade.grade(each, source, out, "1")["points"], 100)

    def test_there_are_a_dozen_mutants_to_a_lab_and_each_changes_the_reference(self):
        for each in lab_files.all_labs():
            mutants = each.mutants()
            right = text_of(lab_grade.reference(each, os.path.join(WORK, each.number, "right"), "1"))
            self.assertGreaterEqual(len(mutants), 12)
            for mutant in mutants:
                self.assertNotEqual(mutant.apply(right), right)
                self.assertLess(mutant.points, 100)

    def test_the_guide_counts_the_mutants_right(self):
        guide = dict(re.findall(r"^\| \[(\d\d) .* \| (\d+) \|$", text_of("labs/README.md"), re.MULTILINE))
        self.assertEqual(guide, {each.number: str(len(each.mutants())) for each in lab_files.all_labs()})

    def test_a_grader_that_runs_no_test_gives_no_result(self):
        each = lab_files.find("06")
        out = os.path.join(WORK, "no-tests")
        os.makedirs(out, exist_ok=True)
        each.checks = os.path.join(out, "checks")
        with open(each.checks, "w") as file:
            file.write("#!/bin/sh\necho '{\"tests_run\": 0, \"tests_expected\": 0, \"points\": 100}' > "
                       f"{out}/tests.json\n")
        os.chmod(each.checks, 0o755)
        with self.assertRaisesRegex(lab_files.LabError, "nothing it says counts"):
            lab_grade.run_checks(each, out, "1", None, None)


class Answers(unittest.TestCase):
    """Lab 01, whose student hands in answers: what is written in another way is as right, what is made up is not."""

    @classmethod
    def setUpClass(cls):
        cls.lab, cls.out = lab_files.find("01"), os.path.join(WORK, "01/answers")
        cls.right = text_of(lab_grade.reference(cls.lab, cls.out, "2"))

    def graded(self, text, seed="2"):
        path = os.path.join(self.out, "handed-in.txt")
        with open(path, "w", newline="") as file:
            file.write(text)
        return lab_grade.grade(self.lab, path, self.out, seed)

    def given(self, changes):
        text = self.right
        for number, change in changes.items():
            text = lab_files.with_answer(text, number, change(lab_files.answer_of(text, number)))
        return text

    def require(self, text, points=100):
        result = self.graded(text)
        self.assertEqual(result["points"], points, lab_grade.first_failure(result))
        return result

    def test_ends_of_lines_tabs_capitals_and_the_order_of_questions_do_not_matter(self):
        head, *blocks = re.split(r"^(?=Question )", self.right, flags=re.MULTILINE)
        blocks = [block.rstrip("\n") + "\n\n" for block in reversed(blocks)]
        text = (head + "".join(blocks)).replace("answer: ", "\tANSWER:\t ").replace("\n", " \t\r\n")
        self.require(text + "Question 1.1\r\nanswer:\r\n")  # an empty copy

    def test_an_answer_may_be_written_in_many_ways(self):
        self.require(self.given({
            "1.1": lambda kind: f'the event "{kind}".'.replace("event ", ""), "1.2": lambda count: f"{int(count):,}",
            "1.3": lambda number: f"main's fault {number}.", "2.1": lambda letters: letters.replace(" ", ""),
            "2.2": lambda label: hex(int(label)), "3.1": lambda name: f"`{name.upper()}`",
            "3.2": lambda page: page[2:].upper() + "h", "3.4": {"rw-": "read and write", "r-x": "read, execute"}.get,
            "3.5": lambda letters: letters.replace(" ", " > "), "4.1": lambda page: f"{page[:5]}_{page[5:]}",
            "4.4": lambda letter: letter.upper() + ")", "7.2": lambda page: str(int(page, 16))}))

    def test_thousands_may_stand_apart_and_words_of_a_name_be_joined_otherwise(self):
        for separator in (".", " ", ","):
            apart = {number: (lambda count: f"{int(count):,} instructions.".replace(",", separator))
                     for number in ("1.2", "3.6", "4.5")}
            self.require(self.given({**apart, "1.1": lambda kind: kind.replace("_", "-")}))
        self.require(self.given({"1.1": lambda kind: kind.replace("_", " ").upper()}))
        for wrong in ("{} 17", "{} 1234", "7 {}", "{}.5", "{}.1234"):
            self.assertLess(self.graded(self.given({"1.2": wrong.format}))["points"], 100, wrong)

    def test_any_page_that_was_never_there_is_right(self):
        words = runpy.run_path(self.lab.path("reference.py"))
        question = self.right[self.right.index("Question 7.2"):]
        pages = words["untouched"](question, words["Run"](os.path.join(self.out, "internal")))
        for page in {pages[0], pages[len(pages) // 2]}:
            self.require(self.given({"7.2": lambda _page, right=page: hex(right)}))

    def test_answers_of_another_seed_are_told_to_be_that(self):
        other = text_of(lab_grade.reference(self.lab, os.path.join(WORK, "01/other"), "3"))
        result = self.graded(other)
        self.assertLess(result["points"], 50)
        told = [test for test in result["tests"] if test["happened"] and "not this seed's" in test["happened"][0]["text"]]
        self.assertGreater(len(told), 10)

    def test_no_message_tells_the_right_answer(self):
        wrong = {test: (lambda answer: "0x123000") for test in ("3.2", "4.1")} | \
            {test: (lambda answer: "987654321") for test in ("1.2", "2.2", "3.3", "3.6", "4.5", "5.1", "6.1", "6.4")} | \
            {"1.1": lambda answer: "fault_dance", "3.1": lambda answer: "heap"}
        result = self.graded(self.given(wrong))
        messages = {test["expected"].split()[1].rstrip(":"): test for test in result["tests"] if test["result"] == "failed"}
        self.assertEqual(set(messages), set(wrong))
        for number in ("1.1", "1.2", "3.2", "3.6", "4.1", "4.5"):
            right, test = lab_files.answer_of(self.right, number), messages[number]
            self.assertNotIn(right, " ".join([test["expected"], test["likely"]] + [line["text"] for line in test["happened"]]))
            self.assertFalse(test["around"])

    def test_gradings_are_counted_and_a_result_of_ones_own_counts_for_nothing(self):
        before = self.graded(self.right)["gradings"]
        with open(os.path.join(ROOT, self.out, "result.json"), "w") as file:
            file.write('{"points": 100, "tests": [], "gradings": %d}' % before)
        result = self.graded("")
        self.assertEqual((result["points"], result["gradings"]), (0, before + 1))

    def test_a_file_that_is_none_gets_a_sentence(self):
        os.makedirs(os.path.join(self.out, "folder"), exist_ok=True)
        result = lab_grade.run_checks(self.lab, self.out, "2", None, os.path.join(self.out, "folder"))
        self.assertEqual(result["points"], 0)
        self.assertIn("cannot be read", lab_grade.first_failure(result)["happened"][0]["text"])

    def test_a_folder_in_the_place_of_the_file_and_one_that_cannot_be_read_get_a_sentence(self):
        for each in (self.lab, lab_files.find("06")):
            folder = os.path.join(self.out, "folder", each.file)
            os.makedirs(folder, exist_ok=True)
            with self.assertRaisesRegex(lab_files.LabError, "is a folder"):
                lab_grade.grade(each, folder, self.out, "2")
        with unittest.mock.patch("builtins.open", side_effect=PermissionError(13, "Permission denied")):
            with self.assertRaisesRegex(lab_files.LabError, "cannot be read: Permission denied"):
                lab_grade.file_hash(self.lab.path("checks.c"))


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shutil.rmtree(os.path.join(WORK, "06-external-pager"), ignore_errors=True)

    def test_a_student_is_led_from_step_to_step_and_loses_no_work(self):
        file = os.path.join(WORK, "06-external-pager/external_fault.c")
        self.assertIn("seed 7c1f", said("start", "LAB=06", "SEED=7c1f"))
        graded = command("grade", "LAB=06")
        self.assertEqual(graded.returncode, 1)
        self.assertRegex(graded.stdout, r"1 ✗ finds the region of an address +0 / 15")
        self.assertRegex(graded.stdout, r"2 – brings .* waits for step 1")
        event = re.search(r"make watch LAB=06 RUN=(\w+) EVENT=(\d+)", graded.stdout)
        self.assertIn("refuse", said("watch", "LAB=06", f"RUN={event[1]}", f"EVENT={event[2]}"))
        shown = command("lab", "LAB=06", columns=80).stdout + command("grade", "LAB=06", columns=80).stdout
        self.assertIn("Next: step 1", shown)
        self.assertEqual([line for line in shown.splitlines() if len(line) > 80 and WORK not in line], [])
        self.assertRegex(shown, r"\n      expected   for fault.*\n {17}\S")
        first, second = (command("hint", "LAB=06").stdout for _time in range(2))
        self.assertIn("hint 1 of", first)
        self.assertIn("hint 2 of", second)
        with open(file, "a") as student:
            student.write("this is no C\n")
        self.assertIn("it does not compile", said("grade", "LAB=06"))
        self.assertIn("stays as it is", said("start", "LAB=06"))
        self.assertIn("this is no C", text_of(file))
        self.assertIn("external_fault.c.1", said("reset", "LAB=06"))
        self.assertIn("this is no C", text_of(file + ".1"))
        self.assertEqual(text_of(file), text_of("labs/06-external-pager/starter.c"))

    def test_an_older_file_that_is_moved_back_is_the_one_that_is_graded(self):
        each, out = lab_files.find("06"), os.path.join(WORK, "06/older")
        source = os.path.join(ROOT, out, each.file)
        os.makedirs(os.path.dirname(source), exist_ok=True)
        shutil.copy(os.path.join(ROOT, each.path("starter.c")), source)
        self.assertEqual(lab_grade.grade(each, source, out, "1", 1)["points"], 0)
        shutil.copy(os.path.join(ROOT, each.unit), source)
        os.utime(source, (1, 1))
        self.assertEqual(lab_grade.grade(each, source, out, "1", 1)["points"], 15)

    def test_a_program_runs_with_the_students_region_mapper(self):
        shutil.rmtree(os.path.join(WORK, "07-internal-pager"), ignore_errors=True)
        command("start", "LAB=07", "SEED=1")
        refused = command("run", "LAB=07")
        self.assertEqual(refused.returncode, 139)
        self.assertRegex(refused.stdout, 'refused by its pager; pager: thread .* "region mapper"')
        shutil.copy(os.path.join(ROOT, lab_files.find("07").unit), os.path.join(WORK, "07-internal-pager"))
        self.assertIn("Hello, I am hello.", said("run", "LAB=07"))

    def test_answers_are_asked_for_judged_and_kept(self):
        shutil.rmtree(os.path.join(WORK, "01-watch"), ignore_errors=True)
        file = os.path.join(WORK, "01-watch/answers.txt")
        self.assertIn("seed 7c1f", said("start", "LAB=01", "SEED=7c1f"))
        asked = text_of(file)
        self.assertIn("no answer yet: 1.1, 1.2, 1.3", said("grade", "LAB=01", "STEP=1"))
        with open(file, "w") as student:
            student.write(lab_files.with_answer(asked, "3.2", "0x123"))
        graded = command("grade", "LAB=01").stdout
        event = re.search(r"make watch LAB=01 RUN=(\w+) EVENT=(\d+)", graded)
        self.assertIn("touches", said("watch", "LAB=01", f"RUN={event[1]}", f"EVENT={event[2]}"))
        self.assertIn("external ─", said("watch", "LAB=01", "RUN=internal external"))
        self.assertIn("Next: step 1", said("lab", "LAB=01"))
        self.assertIn("the runs are in", said("run", "LAB=01"))
        for run in ("internal", "external", "small", "refused"):  # the folder is whole: labs/README.md, to hand it out
            self.assertTrue(os.path.exists(os.path.join(WORK, "01-watch/runs", run, "trace/metadata")), run)
        self.assertIn("no code of yours", command("gdb", "LAB=01").stderr)
        self.assertIn("stays as it is", said("start", "LAB=01"))
        self.assertIn("answers.txt.1", said("reset", "LAB=01"))
        self.assertIn("0x123", text_of(file + ".1"))
        self.assertEqual(text_of(file), asked)

    def test_wrong_words_get_a_sentence(self):
        for words, sentence in ((("grade", "LAB=77"), "there is no lab 77"), (("grade",), "which lab"),
                                (("hint", "LAB=06", "STEP=99"), "steps|make start"),
                                (("fly", "LAB=06"), "no command fly")):
            ended = command(*words)
            self.assertEqual(ended.returncode, 119)
            self.assertRegex(ended.stderr, sentence)

    def test_a_new_lab_is_made_of_the_skeleton_and_grades_its_file(self):
        folder = os.path.join(ROOT, "labs/98-made-by-a-test")
        shutil.rmtree(folder, ignore_errors=True)
        try:
            made = command("new-lab", "NAME=98-made-by-a-test", "UNIT=loader/root/external_fault.c")
            self.assertEqual(made.returncode, 0, made.stderr)
            result = lab_grade.grade(lab_files.find("98"), "loader/root/external_fault.c", os.path.join(WORK, "98"), "1")
            self.assertEqual(result["points"], 100)
        finally:
            shutil.rmtree(folder)

    def test_a_new_lab_with_answers_asks_grades_and_has_a_mutant(self):
        folder, out = os.path.join(ROOT, "labs/97-made-by-a-test"), os.path.join(WORK, "97")
        shutil.rmtree(folder, ignore_errors=True)
        try:
            made = command("new-lab", "NAME=97-made-by-a-test", "ANSWERS=1")
            self.assertEqual(made.returncode, 0, made.stderr)
            each = lab_files.find("97")
            for seed in SEEDS:
                right = lab_grade.reference(each, out, seed)
                self.assertEqual(lab_grade.grade(each, right, out, seed)["points"], 100)
                self.assertEqual(lab_grade.grade(each, lab_grade.starter(each, out, seed), out, seed)["points"], 0)
                problem, _result = lab.grade_mutant(each, each.mutants()[0], text_of(right), seed)
                self.assertIsNone(problem)
            self.assertEqual(list(each.steps()), [1])
            self.assertIn("is there already", command("new-lab", "NAME=97-made-by-a-test", "ANSWERS=1").stderr)
        finally:
            shutil.rmtree(folder)
        make = subprocess.run(["make", "-n", "new-lab", "NAME=97-made", "ANSWERS=1"], cwd=ROOT, capture_output=True, text=True,
                              check=True)
        self.assertRegex(make.stdout, 'new-lab .*"ANSWERS=1"')
        both = command("new-lab", "NAME=96-neither", "ANSWERS=1", "UNIT=loader/root/stacks.c")
        self.assertIn("ANSWERS=1", both.stderr)


class Terminal(unittest.TestCase):
    """What the commands print is as wide as the terminal."""

    @staticmethod
    def reflowed(text, columns):
        with unittest.mock.patch.dict(os.environ, {"COLUMNS": str(columns)}):
            return lab_text.reflowed(text)

    def test_paragraphs_are_filled_and_items_keep_their_indent(self):
        text = "Some words\nand more of them, all in a paragraph.\n\n- an item of a list that\n  goes on\n- another"
        self.assertEqual(self.reflowed(text, 40), "Some words and more of them, all in a\nparagraph.\n\n"
                         "- an item of a list that goes on\n- another")
        self.assertEqual(self.reflowed("1. words that do not go into a line of forty", 40),
                         "1. words that do not go into a line of\n   forty")

    def test_commands_to_copy_stay_whole(self):
        text = "```\nmake run PROGRAM=hello ARRANGEMENT=internal TRACE=off\n  more\n```"
        self.assertEqual(self.reflowed(text, 40), text)

    def test_no_line_of_a_step_or_hint_is_wider_and_none_loses_a_word(self):
        for each in lab_files.all_labs():
            texts = [lab_files.without_hints(text) for _title, text in each.steps().values()]
            texts += [text for number in each.steps() for _summary, text in each.hints(number)]
            for text in texts:
                for columns in (60, 80, 120, 500):
                    shown = self.reflowed(text, columns)
                    self.assertEqual(shown.split(), text.split())
                    code = re.findall(r"^```.*?^```", shown, re.DOTALL | re.MULTILINE)
                    wide = [line for line in shown.splitlines() if len(line) > min(columns, 120)]
                    self.assertEqual([line for line in wide if line not in "".join(code)], [], each.name)


class Handouts(unittest.TestCase):
    """Every command, file, symbol and step that a handout names is there."""

    @classmethod
    def setUpClass(cls):
        folders = ("kernel", "loader", "viz", "labs", "scripts", "tests")
        cls.sources = "".join(text_of(path) for folder in folders for ending in ("c", "h", "py")
                              for path in glob.glob(f"{folder}/**/*.{ending}", root_dir=ROOT, recursive=True))
        cls.makefile = text_of("Makefile")

    def handouts(self):
        return [("labs/README.md", text_of("labs/README.md"))] + \
            [(os.path.join(each.folder, "README.md"), each.handout()) for each in lab_files.all_labs()]

    def test_commands_exist(self):
        targets = set(re.search(r"^lab_commands := (.*)$", self.makefile, re.MULTILINE)[1].split())
        targets |= set(" ".join(re.findall(r"^([a-z -]+):", self.makefile, re.MULTILINE)).split())
        for path, text in self.handouts():
            for name in re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE):
                self.assertIn(name, targets, path)

    def exists(self, folder, word):
        return any(os.path.exists(os.path.join(ROOT, start, word)) for start in ("", folder, "labs", "loader"))

    def test_files_exist(self):
        for path, text in self.handouts():
            words = [word for quoted in IN_BACKTICKS.findall(text) for word in quoted.split() if "/" in word]
            for word in words:
                if re.search(r"[…=]|NN|NAME|\.md\)|^(work|build)/|^labs/04", word):
                    continue
                self.assertTrue(self.exists(os.path.dirname(path), word.rstrip(".,:")), f"{path}: {word}")

    def test_symbols_exist(self):
        for path, text in self.handouts():
            for quoted in IN_BACKTICKS.findall(text):
                for name in re.findall(r"\b[a-z]\w*_\w+\b|\b[A-Z][A-Z0-9]+_[A-Z_0-9]+\b", quoted):
                    known = name in self.sources or name in self.makefile
                    self.assertTrue(known or "/" in quoted, f"{path}: {name}")

    def test_what_hints_name_exists(self):
        for each in lab_files.all_labs():
            for _summary, text in lab_files.HINT.findall(each.handout()):
                for name in re.findall(r"\b[a-z]+_[a-z_]+\b", re.sub(r"<code>.*?</code>", "", text, flags=re.DOTALL)):
                    self.assertIn(name, self.sources, each.name)

    def test_keys_exist(self):
        keys = " ".join(re.findall(r'"([^"]*)", "[^"]*", +\\?\s*"[^"]*"\)', text_of("viz/view/commands.h"))).split()
        self.assertIn("Tab", keys)
        for path, text in self.handouts():
            for row in re.findall(r"^\| key \|.*?\n\n", text, re.MULTILINE | re.DOTALL):
                for cell in re.findall(r"^\| (`.*?) \|", row, re.MULTILINE):
                    for key in IN_BACKTICKS.findall(cell):
                        self.assertIn(key, keys, path)

    def test_messages_that_a_handout_explains_are_said(self):
        sources = re.sub(r'"\s*\n\s*"', "", text_of("labs/grading/answers.c") +
                         "".join(text_of(path) for path in glob.glob("labs/01-watch/*.c", root_dir=ROOT)))
        table = re.search(r"^\| what you see \|.*?\n\n", lab_files.find("01").handout(), re.MULTILINE | re.DOTALL)[0]
        for message in re.findall(r"^\| (?!what)([^|`-][^|]*) \|", table, re.MULTILINE):
            self.assertIn(re.sub(r"\d+", "%u", message), sources)

    def test_steps_are_those_of_the_grader_and_have_hints(self):
        for each in lab_files.all_labs():
            checks = text_of(os.path.join(each.folder, "checks.c"))
            named = re.findall(r'\{"([^"]+)", \d+\}', checks)
            self.assertEqual([title for title, _text in each.steps().values()], named)
            for number in each.steps():
                self.assertGreaterEqual(len(each.hints(number)), 2, f"{each.name}, step {number}")

    def test_points_are_what_the_handout_says(self):
        for each in lab_files.all_labs():
            checks = text_of(os.path.join(each.folder, "checks.c"))
            points = {}
            for step, worth in re.findall(r"(?:\{(?=\d+, \d+, &)|X\()(\d+), (\d+), ", checks):
                points[int(step)] = points.get(int(step), 0) + int(worth)
            self.assertEqual(sum(points.values()), 100)
            for number, (_title, text) in each.steps().items():
                self.assertIn(f"{points[number]} points", text.strip().splitlines()[0])


if __name__ == "__main__":
    unittest.main()
