"""The kernel's objects and its system call, message by message and error by error, as an ordinary payload sees them.

Each loader/programs/test-*.c makes its claims itself: a line per claim, and status 0 only if all hold and none is
missing. Here each runs with the trace on, where the kernel goes the long way, and with the trace off, where it takes
its short ways: a program must not be able to tell the two apart.
"""

import glob
import os
import unittest

import guest

BUDGET = "400000000"  # instructions: a program that waits for an interrupt that never comes shall not wait long
LETTERS = "".join(chr(ord("a") + i % 26) for i in range(503))


def run(program, trace="on", arguments=()):
    return guest.run("internal", program, ["--append", "grant=kernel-objects", "--trace", trace, "--budget", BUDGET],
                     arguments)


def claims(output):
    return [line for line in output.splitlines() if line.startswith(("ok:", "FAILED:"))]


class Programs(unittest.TestCase):
    def check(self, program):
        outputs = []
        for trace in ("on", "off"):
            with self.subTest(trace=trace):
                ran = run(program, trace)
                outputs.append(claims(ran.stdout))
                failed = [line for line in outputs[-1] if line.startswith("FAILED:")]
                self.assertEqual(failed, [], f"{program}: claims that do not hold")
                self.assertEqual(ran.status, 0, ran.stdout[-1500:] + ran.stderr)
                self.assertRegex(ran.stdout, rf"(?m)^{len(outputs[-1])} claims, 0 failed$")
        self.assertEqual(*outputs)

    def test_system_call(self):
        self.check("test-ipc")

    def test_faults_and_exceptions(self):
        self.check("test-faults")

    def test_factory(self):
        self.check("test-factory")

    def test_task(self):
        self.check("test-task")

    def test_thread(self):
        self.check("test-thread")

    def test_gate(self):
        self.check("test-gate")

    def test_irq(self):
        self.check("test-irq")

    def test_console(self):
        self.check("test-console")

    def test_file_server(self):
        self.check("test-files")

    def test_every_program_is_run_here_but_that_of_the_disk(self):
        there = {os.path.basename(path).split(".")[0] for path in glob.glob(
            os.path.join(guest.ROOT, "loader/programs/test-*"))}
        with open(__file__) as file:
            here = file.read()
        missing = [program for program in sorted(there) if f'self.check("{program}")' not in here]
        self.assertEqual(missing, ["test-disk"])  # disk_test.py


class Grant(unittest.TestCase):
    def test_without_the_kernel_objects_a_program_says_what_it_needs(self):
        ran = guest.run("internal", "test-gate")
        self.assertEqual(ran.status, 1)
        self.assertIn("append grant=kernel-objects", ran.stdout)

    def test_with_an_external_pager_the_claims_hold_too(self):
        ran = guest.run("external", "test-task", ["--append", "grant=kernel-objects", "--budget", BUDGET])
        self.assertEqual(ran.status, 0, ran.stdout[-1500:] + ran.stderr)


class Console(unittest.TestCase):
    """What the console object does shows outside of the guest."""

    def test_text_is_printed_as_long_as_it_was_said_to_be(self):
        lines = run("test-console").stdout.splitlines()
        for text in ("sixteen letters", "short", LETTERS, "printed with RIGHT_SEND alone"):
            self.assertIn(text, lines)
        self.assertNotIn("never printed", lines)
        self.assertNotIn("but this is not", lines)

    def test_marks_are_in_the_trace_and_words_not_sent_are_zero(self):
        marks = {event.fields["code"]: event for event in run("test-console").events()
                 if event.name == "mark" and event.fields["code"] > 64}
        self.assertEqual(sorted(marks), [65, 66])
        self.assertEqual([marks[65].fields[field] for field in ("value", "extra")], [4711, 4712])
        self.assertEqual([marks[66].fields[field] for field in ("value", "extra")], [4711, 0])

    def test_a_name_is_in_the_trace(self):
        names = [event.fields["name"] for event in run("test-console").events() if event.name == "object_name"]
        self.assertIn("gate of the console test", names)

    def test_power_off_halts_the_machine_with_the_status(self):
        ran = run("test-console", arguments=["37"])
        self.assertEqual((ran.status, claims(ran.stdout)), (37, []))


if __name__ == "__main__":
    unittest.main()
