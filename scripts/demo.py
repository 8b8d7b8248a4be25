#!/usr/bin/env python3
"""`make demo`: runs wordcount with the internal and with the external pager, then shows both traces side by side.

Without a terminal that can show the visualizer it prints the visualizer's summary of each instead. Its last line says
where the traces lie.
"""

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VIZ = "build/bin/faultline-viz"
ARRANGEMENTS = ("internal", "external")
VIZ_REFUSES = 2  # the visualizer's status when, among others, it does not know the terminal's type


def out(arrangement):
    return os.path.join("build/demo", arrangement)


def run(arrangement):
    print(f"== wordcount, {arrangement} pager", flush=True)
    return subprocess.run(["scripts/run.py", "--arrangement", arrangement, "--program", "wordcount",
                           "--out", out(arrangement)], check=False).returncode


def full_screen(traces):
    """Opens the visualizer, if this is a terminal that can show it. Returns its status."""
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb")
    return subprocess.run([VIZ] + traces, check=False).returncode if is_terminal else VIZ_REFUSES


def summaries(traces):
    for arrangement, trace in zip(ARRANGEMENTS, traces):
        print(f"\n== what the {arrangement} pager did", flush=True)
        code = subprocess.run([VIZ, "--summary", trace], check=False).returncode
        if code != 0:
            return code
    return 0


def main():
    os.chdir(ROOT)
    for arrangement in ARRANGEMENTS:
        code = run(arrangement)
        if code != 0:
            print(f"demo.py: wordcount with the {arrangement} pager ended with status {code}; scripts/run.py --help "
                  "says what that means.", file=sys.stderr)
            return code
    traces = [os.path.join(out(arrangement), "trace") for arrangement in ARRANGEMENTS]
    code = full_screen(traces)
    if code == VIZ_REFUSES:
        code = summaries(traces)
    if code == 0:
        print(f"\nThe traces stay in build/demo. To open them again: {VIZ} {' '.join(traces)}")
    return code


if __name__ == "__main__":
    sys.exit(main())
