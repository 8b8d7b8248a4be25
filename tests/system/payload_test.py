"""Every payload in every arrangement: the same output, the right output, the right status, the same trace twice."""

import collections
import filecmp
import os
import re
import subprocess
import unittest

import guest


class Payloads(unittest.TestCase):
    def test_every_payload_ends_with_its_status_in_every_arrangement(self):
        for program in guest.PAYLOADS:
            for arrangement in guest.ARRANGEMENTS:
                with self.subTest(program=program, arrangement=arrangement):
                    run = guest.payload(arrangement, program)
                    self.assertEqual(run.status, guest.STATUS[program], run.stdout + run.stderr)

    def test_the_output_does_not_depend_on_the_arrangement(self):
        for program in guest.PAYLOADS:
            outputs = [own_lines(program, guest.payload(arrangement, program).stdout)
                       for arrangement in guest.ARRANGEMENTS]
            with self.subTest(program=program):
                self.assertGreaterEqual(len(outputs[0]), 2)
                self.assertEqual(outputs[0], outputs[1])
                self.assertEqual(outputs[0], outputs[2])

    def test_hello_shows_its_arguments_environment_and_capabilities(self):
        output = guest.payload("internal", "hello").stdout
        for text in ("one", "two", "LANGUAGE=plain", "COURSE=os", "console", "files", "parent", "regions"):
            self.assertIn(text, output)

    def test_wordcount_counts_what_the_text_has(self):
        text = guest.boot_file("text.txt").decode("ascii")
        self.assertGreaterEqual(len(text), 1000000)
        words = [word.rstrip("'").lower() for word in re.findall(r"[A-Za-z][A-Za-z']*", text)]
        counts = collections.Counter(words)
        expected = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:20]
        lines = guest.payload("internal", "wordcount").stdout.splitlines()
        self.assertEqual(lines[0], f"text.txt: {len(text)} bytes, {len(words)} words, {len(counts)} different ones")
        self.assertEqual([tuple(line.split()[1:3]) for line in lines[1:]],
                         [(word, str(count)) for word, count in expected])

    def test_sort_sorts_a_hundred_thousand_records(self):
        lines = guest.payload("external", "sort").stdout.splitlines()
        self.assertEqual(lines[0], "sorted 100000 records")
        keys = [int(line.split()[1]) for line in lines[1:4]]
        self.assertEqual(keys, sorted(keys))

    def test_the_console_file_holds_what_the_launcher_prints(self):
        run = guest.payload("internal", "hello")
        with open(os.path.join(run.directory, "console.txt")) as file:
            self.assertEqual(file.read(), run.stdout)


def own_lines(program, output):
    """Of a crash, only what the program itself says: the kernel's message names the pager, and so the arrangement."""
    lines = output.splitlines()
    return [line for line in lines if line.startswith("crash:")] if program == "crash" else lines


class Traces(unittest.TestCase):
    def test_two_runs_of_the_same_command_leave_the_same_bytes(self):
        for program, arrangement in (("hello", "internal"), ("wordcount", "external"), ("crash", "eager")):
            with self.subTest(program=program, arrangement=arrangement):
                first, second = (guest.payload(arrangement, program, again=again) for again in ("", "again"))
                self.assertNotEqual(first.directory, second.directory)
                for name in ("trace/stream_0", "trace/metadata", "console.txt", "result.json"):
                    one, other = (os.path.join(run.directory, name) for run in (first, second))
                    self.assertTrue(filecmp.cmp(one, other, shallow=False), name)

    def test_babeltrace2_reads_every_trace_without_a_warning(self):
        for program in guest.PAYLOADS:
            for arrangement in guest.ARRANGEMENTS:
                with self.subTest(program=program, arrangement=arrangement):
                    run = guest.payload(arrangement, program)
                    reader = subprocess.run(["babeltrace2", run.trace], capture_output=True, check=False)
                    self.assertEqual((reader.returncode, reader.stderr), (0, b""))
                    self.assertEqual(reader.stdout.count(b"\n"), run.result()["trace"]["count"])

    def test_nothing_is_lost(self):
        for program in guest.PAYLOADS:
            self.assertEqual(guest.payload("internal", program).result()["trace"]["lost"], 0)


if __name__ == "__main__":
    unittest.main()
