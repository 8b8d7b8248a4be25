#!/usr/bin/env python3
"""The visualizer's manual page, its completion, and what `make install` does."""

import os
import re
import stat
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VIZ = os.path.join(ROOT, "build/bin/faultline-viz")
MANUAL = os.path.join(ROOT, "build/man/faultline-viz.1")
COMPLETION = os.path.join(ROOT, "build/man/faultline-viz.bash")
INSTALLED = {"bin/faultline-viz": 0o755, "share/man/man1/faultline-viz.1": 0o644,
             "share/bash-completion/completions/faultline-viz": 0o644}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def told():
    environment = dict(os.environ, LC_ALL="C.UTF-8")
    return subprocess.run([VIZ, "--help"], capture_output=True, check=True, env=environment).stdout.decode()


def plain(manual):
    """The page's words without its markup."""
    text = re.sub(r"\\\[u([0-9A-F]{4})\]", lambda match: chr(int(match[1], 16)), manual)
    for markup, words in ((r"\\f[BIR]", ""), (r"\\-", "-"), (r"\\\(aq", "'"), (r"\\\(ti", "~"), (r"\\&", ""),
                          (r"\\e", r"\\")):
        text = re.sub(markup, words, text)
    return " ".join(text.split())


class Manual(unittest.TestCase):
    def test_all_that_help_says_is_in_it(self):
        page = plain(read(MANUAL))
        for line in told().splitlines():
            if line.startswith((" ", "usage:")) and line.strip():
                for words in re.split(r" {2,}", line.removeprefix("usage:").strip()):
                    self.assertIn(words if len(words) < 40 else words[:40], page)

    def test_it_has_only_requests_and_escapes_of_man_pages_and_only_ascii(self):
        page = read(MANUAL)
        self.assertTrue(page.isascii())
        for line in page.splitlines():
            self.assertRegex(line, r"^(\.(TH|SH|SS|TP|PP|RS|RE|nf|fi|B)\b.*|\.\\\".*|[^.'\s].*|\\&.*)$")
            without = line if line.startswith('.\\"') else re.sub(r"\\(f[BIR]|-|e|&|\((aq|ti)|\[u[0-9A-F]{4}\])", "", line)
            self.assertNotIn("\\", without.removeprefix('.\\"'))
        for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "KEYS", "EXIT STATUS", "ENVIRONMENT", "EXAMPLES"):
            self.assertIn(f"\n.SH {section}\n", page)

    def test_its_examples_name_options_that_exist(self):
        for option in re.findall(r"--[a-z-]+", plain(read(MANUAL))):
            self.assertIn(option, told())


class Completion(unittest.TestCase):
    def complete(self, *words):
        script = (f"source {COMPLETION}; COMP_WORDS=(faultline-viz \"$@\"); COMP_CWORD=$#; _faultline_viz; "
                  "printf '%s\\n' \"${COMPREPLY[@]}\"")
        done = subprocess.run(["bash", "--norc", "-c", script, "bash", *words], capture_output=True, check=True, cwd=ROOT)
        return done.stdout.decode().split("\n")[:-1]

    def test_options_are_completed(self):
        self.assertEqual(self.complete("--sn"), ["--snapshot"])
        offered = self.complete("--")
        for option in set(re.findall(r"--[a-z-]+", told())):
            self.assertIn(option, offered)

    def test_values_are_completed(self):
        self.assertEqual(self.complete("--snapshot", ""), ["text", "ansi", "svg"])
        self.assertEqual(self.complete("--view", "arr"), ["arrangement"])
        self.assertEqual(self.complete("--theme", ""), ["dark", "light", "safe", "mono"])
        self.assertEqual(self.complete("--at", ""), [""])

    def test_every_view_of_the_program_is_offered(self):
        refused = subprocess.run([VIZ, "--view", "nothing", "."], capture_output=True, check=False).stderr.decode()
        listed = re.search(r"there are: ([\w ]+)", refused)[1].split()
        self.assertEqual(sorted(self.complete("--view", "")), sorted(listed))

    def test_other_words_are_folders(self):
        self.assertEqual(self.complete("viz/mod"), ["viz/model"])


class Install(unittest.TestCase):
    def make(self, *words):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        subprocess.run(["make", "-s", *words], cwd=ROOT, check=True, env=environment, stdout=subprocess.DEVNULL)

    def test_files_land_below_destdir_and_prefix_and_are_taken_away_again(self):
        with tempfile.TemporaryDirectory() as directory:
            where = [f"DESTDIR={directory}", "PREFIX=/opt/kit"]
            self.make("install", *where)
            found = {}
            for folder, _, names in os.walk(directory):
                for name in names:
                    path = os.path.join(folder, name)
                    found[os.path.relpath(path, directory + "/opt/kit")] = stat.S_IMODE(os.stat(path).st_mode)
            self.assertEqual(found, INSTALLED)
            version = subprocess.run([directory + "/opt/kit/bin/faultline-viz", "--version"], capture_output=True,
                                     check=True, cwd="/")
            self.assertIn(b"faultline-viz", version.stdout)
            self.make("uninstall", *where)
            self.assertEqual([names for _, _, names in os.walk(directory) if names], [])


if __name__ == "__main__":
    unittest.main()
