#!/usr/bin/env python3
"""The runtime and the file server, from inside programs that run under QEMU: selftest's claims and rogue's messages."""
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ARRANGEMENTS = ("external", "internal", "eager")


def run(arrangement, program, *arguments, options=()):
    """Returns (exit status, output) of a program."""
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, os.path.join(ROOT, "scripts", "run.py"), "--arrangement", arrangement, "--program",
                   program, "--out", directory, *options, "--", *arguments]
        result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        return result.returncode, result.stdout


class Runtime(unittest.TestCase):
    def test_every_claim_of_selftest_holds_in_every_arrangement(self):
        outputs = set()
        for arrangement in ARRANGEMENTS:
            status, output = run(arrangement, "selftest", "argument", options=("--env", "GREETING=hello"))
            self.assertEqual(status, 0, output)
            self.assertNotIn("FAILS", output)
            self.assertGreaterEqual(output.count("holds: "), 30)
            self.assertIn("standard input has 0 bytes, digest 0\n", output)
            self.assertIn("standard error and standard output share a line\n", output)
            self.assertIn("0 claims fail, and this line has no endexit runs its functions\n", output)
            outputs.add(output)
        self.assertEqual(len(outputs), 1, "the output depends on the arrangement")

    def test_the_claims_of_selftest_can_fail(self):
        status, output = run("internal", "selftest")  # without the argument and the variable
        self.assertEqual(status, 2, output)
        self.assertEqual(output.count("FAILS: "), 2)

    def test_the_file_server_survives_a_rogue_client(self):
        for seed in ("1", "2", "3"):
            status, output = run("internal", "rogue", seed, options=("--trace", "off"))
            self.assertEqual(status, 0, output)
            self.assertIn("the file server still serves", output)

    def test_a_heap_larger_than_the_memory_is_an_error_of_malloc_and_not_a_fault(self):
        for arrangement in ARRANGEMENTS:
            status, output = run(arrangement, "sort", options=("--memory-pages", "600"))
            self.assertEqual(status, 1, output)
            self.assertIn("sort: no memory for 100000 records", output)

    def test_cat_prints_a_file_whole_and_says_which_one_is_missing(self):
        status, output = run("internal", "cat", "text.txt", "missing", "empty.txt")
        with open(os.path.join(ROOT, "build", "boot", "text.txt"), encoding="ascii") as file:
            text = file.read()
        self.assertEqual(status, 1)
        self.assertIn(f"text.txt: {len(text)} bytes\n{text}cat: cannot open missing: No such file", output)
        self.assertIn("empty.txt: 0 bytes\n", output)


if __name__ == "__main__":
    unittest.main()
