#!/usr/bin/env python3
"""`make demo`: runs wordcount with the internal and with the external pager, then shows both traces side by side.

With standard output not a terminal it prints the visualizer's summary of each instead.
"""

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VIZ = "build/bin/faultline-viz"
ARRANGEMENTS = ("internal", "external")


def out(arrangement):
    return os.path.join("build/demo", arrangement)


def run(arrangement):
    print(f"== wordcount, {arrangement} pager", flush=True)
    return subprocess.run(["scripts/run.py", "--arrangement", arrangement, "--program", "wordcount",
                           "--out", out(arrangement)], check=False).returncode


def main():
    os.chdir(ROOT)
    for arrangement in ARRANGEMENTS:
        code = run(arrangement)
        if code != 0:
            print(f"demo.py: wordcount with the {arrangement} pager ended with status {code}; scripts/run.py --help "
                  "says what that means.", file=sys.stderr)
            return code
    traces = [os.path.join(out(arrangement), "trace") for arrangement in ARRANGEMENTS]
    if sys.stdin.isatty() and sys.stdout.isatty():
        return subprocess.run([VIZ] + traces, check=False).returncode
    for arrangement, trace in zip(ARRANGEMENTS, traces):
        print(f"\n== what the {arrangement} pager did", flush=True)
        code = subprocess.run([VIZ, "--summary", trace], check=False).returncode
        if code != 0:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
