#!/usr/bin/env python3
"""The mouse in a pseudo-terminal: what a terminal sends for a click or the wheel reaches the session."""

import curses
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/system"))
sys.dont_write_bytecode = True

import guest  # noqa: E402

VIZ = os.path.join(ROOT, "build/bin/faultline-viz")
COLUMNS, ROWS = 100, 30
LEFT, RIGHT, WHEEL_UP, WHEEL_DOWN = 0, 2, 64, 65
WALL_SECONDS = 30


class Terminal:
    def __init__(self, *words):
        self.main, self.other = pty.openpty()
        fcntl.ioctl(self.other, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        environment = dict(os.environ, TERM="xterm-256color", LC_ALL="C.UTF-8", XDG_CONFIG_HOME="/nowhere")
        self.process = subprocess.Popen([VIZ, *words], stdin=self.other, stdout=self.other, stderr=self.other,
                                        env=environment, start_new_session=True)
        self.seen = ""

    def wait_for(self, pattern):
        """Reads on until the pattern was written; returns what was written up to it."""
        limit = time.monotonic() + WALL_SECONDS
        while not re.search(pattern, self.seen):
            assert time.monotonic() < limit, self.seen[-2000:]
            if select.select([self.main], [], [], 0.1)[0]:
                self.seen += os.read(self.main, 65536).decode(errors="replace")
        found, self.seen = self.seen, ""
        return found

    def mouse(self, button, column, row):
        """A press and, of a button, its release, as the terminal's description has it: by numbers or, the older way, by
        bytes."""
        curses.setupterm("xterm-256color", self.other)
        by_numbers = curses.tigetstr("kmous").endswith(b"<")
        for released in (False, True)[:2 if button in (LEFT, RIGHT) else 1]:
            if by_numbers:
                os.write(self.main, f"\x1b[<{button};{column + 1};{row + 1}{'m' if released else 'M'}".encode())
            else:
                os.write(self.main, b"\x1b[M" + bytes((35 if released else 32 + button, 33 + column, 33 + row)))

    def end(self):
        self.process.kill()
        self.process.wait()
        os.close(self.main)
        os.close(self.other)


class Mouse(unittest.TestCase):
    def setUp(self):
        self.trace = guest.payload("internal", "hello").trace
        self.terminal = Terminal("--at", "100", self.trace)
        self.addCleanup(self.terminal.end)
        self.terminal.wait_for("quit")

    def rows(self):
        done = subprocess.run([VIZ, "--snapshot", "text", "--size", f"{COLUMNS}x{ROWS}", "--at", "100", self.trace],
                              capture_output=True, check=True, env=dict(os.environ, LC_ALL="C.UTF-8"))
        return done.stdout.decode().splitlines()

    def footer_column(self, label):
        return self.rows()[-1].index(label)

    def click_on_the_program(self, button):
        edge = next(number for number, row in enumerate(self.rows()) if "the program" in row)
        self.terminal.mouse(button, 30, edge)

    def test_a_click_on_quit_in_the_footer_quits(self):
        self.terminal.mouse(LEFT, self.footer_column("q quit") + 3, ROWS - 1)
        self.assertEqual(self.terminal.process.wait(WALL_SECONDS), 0)

    def test_the_wheel_steps_events(self):
        self.terminal.mouse(WHEEL_DOWN, 40, 10)
        self.terminal.wait_for("1")
        self.terminal.mouse(WHEEL_UP, 40, 10)
        self.terminal.mouse(WHEEL_UP, 40, 10)
        # Events 101, 100 and 99: the number that the title shows loses its third digit.
        self.assertRegex(self.terminal.wait_for("99"), "99")

    def test_a_click_on_a_box_explains_it(self):
        self.click_on_the_program(LEFT)
        self.terminal.wait_for("address space")

    def test_a_click_and_a_question_mark_explain_what_it_is_now(self):
        self.click_on_the_program(LEFT)
        self.terminal.wait_for("tells more")
        os.write(self.terminal.main, b"?")
        self.terminal.wait_for("not created yet")

    def test_a_click_with_the_right_button_explains_at_once(self):
        self.click_on_the_program(RIGHT)
        self.terminal.wait_for("not created yet")

    def test_a_click_where_nothing_is_does_nothing(self):
        self.terminal.mouse(LEFT, COLUMNS - 1, ROWS - 1)
        self.terminal.mouse(LEFT, self.footer_column("q quit") + 3, ROWS - 1)
        self.assertEqual(self.terminal.process.wait(WALL_SECONDS), 0)


if __name__ == "__main__":
    unittest.main()
