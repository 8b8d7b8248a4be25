"""What `make demo` shows: the visualizer where a terminal can show it, else a summary of each trace; at the end always
where the traces lie.
"""

import os
import pty
import select
import subprocess
import sys
import time
import unittest

import guest

COMMAND = [sys.executable, os.path.join(guest.ROOT, "scripts/demo.py")]
REOPEN = "build/bin/faultline-viz build/demo/internal/trace build/demo/external/trace"
SWITCH_TO_FULL_SCREEN = b"\x1b[?1049h"
WALL_SECONDS = 120


def on_terminal(kind):
    """Runs the demo on a terminal of this kind; presses q until it ends. Returns its status and what it showed."""
    ours, its = pty.openpty()
    with subprocess.Popen(COMMAND, stdin=its, stdout=its, stderr=its, start_new_session=True,
                          env={**os.environ, "TERM": kind, "LINES": "40", "COLUMNS": "120"}) as process:
        os.close(its)
        shown, end = b"", time.monotonic() + WALL_SECONDS
        while time.monotonic() < end:
            if not select.select([ours], [], [], 0.2)[0]:
                if SWITCH_TO_FULL_SCREEN in shown:
                    os.write(ours, b"q")
                continue
            try:
                shown += os.read(ours, 65536)
            except OSError:  # the last one that wrote has ended
                break
        else:
            process.kill()
    os.close(ours)
    return process.returncode, shown


class Demo(unittest.TestCase):
    def last_line_says_how_to_reopen(self, shown):
        self.assertIn(REOPEN, shown.strip().splitlines()[-1])

    def test_in_a_pipe_it_prints_two_summaries_and_where_the_traces_lie(self):
        ended = subprocess.run(COMMAND, stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        self.assertEqual(ended.stdout.count("== what the "), 2)
        self.last_line_says_how_to_reopen(ended.stdout)

    def test_a_terminal_that_cannot_show_the_visualizer_gets_the_summaries(self):
        for kind in ("dumb", "no-such-terminal"):
            status, shown = on_terminal(kind)
            with self.subTest(kind=kind):
                self.assertEqual(status, 0, shown)
                self.assertEqual(shown.count(b"== what the "), 2)
                self.last_line_says_how_to_reopen(shown.decode())

    def test_after_the_visualizer_it_says_where_the_traces_lie(self):
        status, shown = on_terminal("xterm")
        self.assertEqual(status, 0, shown[-2000:])
        self.assertIn(SWITCH_TO_FULL_SCREEN, shown)
        self.last_line_says_how_to_reopen(shown.decode(errors="replace"))


if __name__ == "__main__":
    unittest.main()
