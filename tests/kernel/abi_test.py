#!/usr/bin/env python3
"""The page of the ABI, kernel/abi/README.md, agrees with the headers; and scripts/abi_page.py would notice if not."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ABI = os.path.join(ROOT, "kernel/abi")
SCRIPT = os.path.join(ROOT, "scripts/abi_page.py")
sys.path.insert(0, os.path.join(ROOT, "scripts"))
sys.dont_write_bytecode = True

import abi_page  # noqa: E402


def run(*arguments):
    """Returns exit status and output."""
    result = subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False)
    return result.returncode, result.stdout + result.stderr


def c_program(headers):
    """Prints what a compiler makes of the headers: a line "name value" per constant and per place of a field."""
    values = {name: name for name in headers.constants}
    for struct, fields in headers.structs.items():
        values.update({f"{struct}.{field.name}": f"offsetof(struct {struct}, {field.name})" for field in fields})
        values[struct] = f"sizeof(struct {struct})"
    prints = [f'printf("{name} %lu\\n", (unsigned long)({value}));' for name, value in values.items()]
    includes = [f'#include "kernel/abi/{name}"' for name in abi_page.HEADERS]
    return "\n".join(["#include <stddef.h>", "#include <stdio.h>", *includes, "int main(void)", "{", *prints, "}"])


def compiled(program):
    """The lines that it prints, as a dictionary."""
    with tempfile.TemporaryDirectory() as folder:
        binary = os.path.join(folder, "program")
        command = ["cc", "-I", ROOT, "-x", "c", "-", "-o", binary]
        subprocess.run(command, input=program, text=True, check=True)
        lines = subprocess.run([binary], capture_output=True, text=True, check=True).stdout.splitlines()
    return {name: int(value) for name, value in (line.split() for line in lines)}


class Page(unittest.TestCase):
    maxDiff = None

    def test_the_page_agrees_with_the_headers(self):
        self.assertEqual(run(), (0, "the page and the headers agree\n"))

    def test_the_script_reads_the_numbers_offsets_and_sizes_that_a_compiler_reads(self):
        headers = abi_page.Headers(ABI)
        expected = {name: abi_page.number(one.literal) for name, one in headers.constants.items()}
        for struct, fields in headers.structs.items():
            expected.update({f"{struct}.{field.name}": field.offset for field in fields})
            expected[struct] = headers.sizes[f"struct {struct}"]
        self.assertEqual(compiled(c_program(headers)), expected)

    def test_the_script_overlooks_no_constant_and_no_struct(self):
        """Told by a coarser look: every word that an enum, a table or a #define may define, every struct."""
        headers = abi_page.Headers(ABI)
        for name in abi_page.HEADERS:
            with open(os.path.join(ABI, name)) as file:
                code = re.sub(r"//.*|/\*.*?\*/|\"[^\"]*\"", "", file.read())
            names = set(re.findall(r"^#define ([A-Z]\w+) +[^\s\\]", code, re.MULTILINE))
            names |= set(re.findall(r"\b([A-Z]\w+) = ", code)) | set(re.findall(r"X\(([A-Z]\w+),", code))
            self.assertGreater(len(names), 5, name)
            self.assertLessEqual(names, set(headers.constants), name)
            self.assertLessEqual(set(re.findall(r"^struct (\w+) \{", code, re.MULTILINE)), set(headers.structs), name)


class Checker(unittest.TestCase):
    """On a copy, in which something is changed."""

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copytree(ABI, self.folder, dirs_exist_ok=True)
        self.assertEqual(run(self.folder)[0], 0)

    def text(self, name="README.md"):
        with open(os.path.join(self.folder, name)) as file:
            return file.read()

    def change(self, name, old, new):
        text = self.text(name)
        self.assertIn(old, text)
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(text.replace(old, new, 1))

    def line_of(self, text):
        return self.text()[:self.text().index(text)].count("\n") + 1

    def assert_found(self, *problems):
        """Each problem is a part of one line of the output."""
        status, output = run(self.folder)
        self.assertEqual(status, 1, output)
        for problem in problems:
            self.assertIn(problem, output)

    def test_a_wrong_number_in_a_table_is_found(self):
        self.change("README.md", "| `IPC_E_QUOTA` | 5 |", "| `IPC_E_QUOTA` | 6 |")
        line = self.line_of("| `IPC_E_QUOTA` | 6 |")
        self.assert_found(f"README.md:{line}: IPC_E_QUOTA: expected 5 (ipc.h), found 6\n")

    def test_a_wrong_number_in_the_text_is_found(self):
        self.change("README.md", "## Limits\n", "## Limits\n\nA task has `CAPABILITY_COUNT` (4095) indices.\n")
        line = self.line_of("A task has")
        self.assert_found(f"README.md:{line}: CAPABILITY_COUNT: expected 4096 (objects.h), found 4095\n")

    def test_a_missing_constant_is_found(self):
        kept = [line for line in self.text().splitlines() if not line.startswith("| `ROOT_CONSOLE` |")]
        self.change("README.md", self.text(), "\n".join(kept) + "\n")
        self.assert_found("README.md: ROOT_CONSOLE: expected 4 (boot.h), found nothing\n")

    def test_an_unknown_constant_is_found(self):
        self.change("README.md", "## Limits\n", "## Limits\n\nSee `IPC_MAX_WINDOWS` and `UNWILLING`.\n")
        line = self.line_of("See `IPC_MAX_WINDOWS`")
        self.assert_found(f"README.md:{line}: IPC_MAX_WINDOWS: no header defines it\n",
                          f"README.md:{line}: UNWILLING: no header defines it\n")

    def test_a_wrong_offset_or_word_in_a_table_is_found(self):
        for old, new in (("| 640 | 8 | `memory_window` |", "| 648 | 8 | `memory_window` |"),
                         ("1: stack pointer", "1: argument")):
            self.change("README.md", old, new)
            self.assert_found(f"README.md:{self.line_of(new)}: --write would make this ")
            self.change("README.md", new, old)

    def test_a_new_constant_of_a_header_is_missed_wherever_it_is_defined(self):
        self.change("ipc.h", "    IPC_YIELD = 6,\n",
                    "    IPC_YIELD = 6,\n    // Sleeps. Errors: none.\n    IPC_SLEEP = 7,\n")
        self.change("ipc.h", "#define IPC_MAX_ITEMS ", "#define IPC_MAX_THINGS 9u\n#define IPC_MAX_ITEMS ")
        self.change("ipc.h", "    X(IPC_E_RIGHTS, ", '    X(IPC_E_TIRED, 40, "tired") \\\n    X(IPC_E_RIGHTS, ')
        self.assert_found(*(f"README.md: {constant} (ipc.h), found nothing\n" for constant in (
            "IPC_SLEEP: expected 7", "IPC_MAX_THINGS: expected 9", "IPC_E_TIRED: expected 40")))

    def test_a_message_whose_comment_does_not_say_its_errors_is_refused(self):
        self.change("objects.h", "    GATE_BIND = 0xff00,\n",
                    "    GATE_BIND = 0xff00,\n    // Cuts. Words: none. Reply: none.\n    GATE_CUT = 0xff01,\n")
        self.assert_found('objects.h: the comment of GATE_CUT has no "Needs: "\n',
                          'objects.h: the comment of GATE_CUT has no "Errors: "\n')

    def test_a_comment_that_names_what_does_not_exist_is_refused(self):
        self.change("objects.h", "Errors: UNBOUND (no thread", "Errors: LONELY (by UNMAP_ALL, no thread")
        self.assert_found("objects.h: the comment of IRQ_ACKNOWLEDGE has the error LONELY, which does not exist\n",
                          "objects.h: the comment of IRQ_ACKNOWLEDGE names UNMAP_ALL, which does not exist\n")

    def test_a_number_that_the_script_cannot_read_is_refused(self):
        self.change("objects.h", "    OBJECT_IRQ = 6,\n", "    OBJECT_IRQ,\n")
        self.assert_found("objects.h: enum object_kind: an enumerator without a plain number: OBJECT_IRQ")

    def test_write_brings_a_change_of_the_headers_onto_the_page_and_changes_nothing_else(self):
        before = self.text()
        self.change("objects.h", "FACTORY_QUOTA = 2", "FACTORY_QUOTA = 9")
        self.change("objects.h", "Reply: quota in bytes; bytes used.", "Reply: quota in bytes; bytes used; bytes left.")
        self.assert_found("FACTORY_QUOTA: expected 9 (objects.h), found 2\n")
        self.assertEqual(run("--write", self.folder)[0], 0)
        expected = before.replace("`FACTORY_QUOTA` | 2", "`FACTORY_QUOTA` | 9")
        self.assertEqual(self.text(), expected.replace("1: bytes used", "1: bytes used<br>2: bytes left"))

    def test_a_marker_for_what_no_header_has_is_found(self):
        self.change("README.md", "<!-- generated: struct utcb -->", "<!-- generated: struct tcb -->")
        self.assert_found('no header has "struct tcb"')


if __name__ == "__main__":
    unittest.main()
