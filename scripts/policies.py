#!/usr/bin/env python3
"""Compares the policies of demand paging: runs one program in each arrangement under each policy, and says for each what
it cost (scripts/report.py explains the columns). `make policies` shows wordcount."""

import argparse
import os
import subprocess
import sys

import report
import trace_reader

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
POLICIES = {
    "a page at a time": [],
    "pre-map=entry": ["--pre-map", "entry"],
    "read-ahead=8": ["--read-ahead", "8"],
    "map-pages=8": ["--map-pages", "8"],
    "map-pages=64": ["--map-pages", "64"],
    "all three": ["--pre-map", "entry", "--read-ahead", "8", "--map-pages", "64"],
}
ARRANGEMENTS = ("internal", "external", "eager")


def rows(program, out, options, arguments):
    """A line of the table for each run: the policy, then the report's columns."""
    for arrangement in ARRANGEMENTS:
        for policy, words in POLICIES.items():
            directory = os.path.join(out, f"{arrangement}-{policy.replace(' ', '-')}")
            command = [os.path.join(ROOT, "scripts/run.py"), "--arrangement", arrangement, "--program", program,
                       "--out", directory, *words, *options, "--", *arguments]
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
            if ended.returncode:
                sys.exit(f"policies.py: {' '.join(command)} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
            for program_report in report.report(trace_reader.read(os.path.join(directory, "trace"))):
                yield [policy] + report.row(program_report)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="wordcount", help="what to run (default: wordcount)")
    parser.add_argument("--out", default=os.path.join(ROOT, "build/policies"), metavar="DIR", help="where the runs go")
    parser.add_argument("--option", action="append", default=[], metavar="WORD",
                        help="one more word for run.py, such as --option=--cache-pages=64")
    parser.add_argument("arguments", nargs="*", metavar="ARGS", help="the program's arguments, after --")
    options = parser.parse_args()
    print(report.table([["policy"] + report.TITLES] + list(rows(options.program, options.out, options.option,
                                                                options.arguments))))


if __name__ == "__main__":
    main()
