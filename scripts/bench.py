#!/usr/bin/env python3
"""Measures the kernel's basic operations and prints them beside the figures of two peers; `make bench` calls it.

All figures are instructions retired and exact: two runs give the same ones. Tracing is off unless a name says
otherwise. The payload `bench` measures from user space and prints lines "bench NAME VALUE"; the others come from the
trace's header and from traces. Writes build/bench.json.
"""

import json
import os
import re
import subprocess
import sys

import trace_reader

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RUNS = "build/bench"
ARRANGEMENTS = ("internal", "external", "eager")
GROUP_SYSTEM, GROUP_MARK = 1 << 0, 1 << 8  # enum trace_group of kernel/abi/trace.h
FILES_OPEN = 1       # enum protocol_label of loader/runtime/protocol.h
LINE = re.compile(r"^bench (\w+) (\d+)$", re.MULTILINE)

MEASURES = {
    "ipc_call_reply_0": "IPC call + reply, 0 words, two tasks",
    "ipc_call_reply_4": "the same, 4 words",
    "ipc_call_reply_16": "the same, 16 words",
    "kernel_call": "a message that the kernel itself answers",
    "fault_external": "page fault, pager in another task, page in the reply",
    "fault_internal": "page fault, pager in the same task, page in its window",
    "map_page": "map one page",
    "unmap_page": "unmap one page",
    "trace_emit": "one trace event (tracing on)",
    "boot_to_root": "boot: the kernel's first instruction to root's first",
    "program_start_internal": "open the program to main's first instruction (traced)",
    "program_start_external": "open the program to main's first instruction (traced)",
    "program_start_eager": "open the program to main's first instruction (traced)",
}
# name: (seL4 16.0, xv6-riscv)
PEERS = {
    "ipc_call_reply_0": ("541", "95,769 (pipe)"),
    "ipc_call_reply_4": ("587", ""),
    "ipc_call_reply_16": ("1,827", ""),
    "fault_external": ("2,170", "25,792 (in the kernel)"),
    "map_page": ("733", ""),
    "unmap_page": ("685", ""),
    "boot_to_root": ("101,941", "428,000,000 (prompt)"),
}
NOTE = """\
Peers: measured on QEMU 7.2 riscv64 `virt`, one hart, `-icount shift=0`, gcc 12.2; unit: instructions retired.
seL4 16.0: fast path, no FPU state in threads; 5 words and more leave its fast path. xv6-riscv: 2022, -O; a pipe
ping-pong, a lazy allocation inside the kernel, and the boot up to the shell's prompt with junk-filled RAM."""


class BenchError(Exception):
    """A run failed; the text says which and how."""


def run(name, arrangement, program, *options):
    """Runs a program; returns its console output and result.json."""
    out = os.path.join(RUNS, name)
    ended = subprocess.run(["scripts/run.py", "--arrangement", arrangement, "--program", program, "--out", out,
                            *options], stdout=subprocess.PIPE, check=False, text=True)
    if ended.returncode != 0:
        raise BenchError(f"{program} ({name}) ended with status {ended.returncode}. It printed:\n{ended.stdout}")
    with open(os.path.join(out, "result.json")) as file:
        return ended.stdout, json.load(file)


def benched(name, *options):
    output, _ = run(name, "internal", "bench", "--append", "grant=kernel-objects", *options)
    return {measure: int(value) for measure, value in LINE.findall(output)}


def trace_emit():
    """A mark costs one event more when marks are recorded, and nothing else. Not compared with tracing off: that also
    lets the kernel take its fast path."""
    with_marks, without = (benched(name, "--append", f"trace-mask={mask}")["kernel_call"]
                           for name, mask in (("marks", GROUP_MARK), ("no-marks", GROUP_SYSTEM)))
    return with_marks - without


def program_start(arrangement):
    """From root's opening the program's file to main's first instruction: the first fault of main is over, or, where
    it takes none, main runs for the first time."""
    run("start-" + arrangement, arrangement, "hello")
    events = trace_reader.read(os.path.join(RUNS, "start-" + arrangement, "trace"))
    main = trace_reader.main_thread(events)
    root = next(event.thread for event in events if event.name == "mark"
                and event.fields["code"] == trace_reader.marks()["MARK_STEP_EXECUTABLE"])
    begin = next(event for event in events if event.name == "ipc_send" and event.thread == root
                 and event.fields["tag"] >> 32 == FILES_OPEN)
    resolved = [event.number for event in events if event.name == "fault_resolve" and event.thread == main]
    after = resolved[0] if resolved else begin.number
    end = next(event for event in events[after:] if event.name == "context_switch" and event.fields["to"] == main)
    return end.time - begin.time


def measure():
    results = benched("untraced", "--trace", "off")
    results["trace_emit"] = trace_emit()
    _, boot = run("boot", "internal", "hello", "--trace", "off")
    results["boot_to_root"] = boot["trace"]["root_time"] - boot["trace"]["entry_time"]
    for arrangement in ARRANGEMENTS:
        results["program_start_" + arrangement] = program_start(arrangement)
    missing = [name for name in MEASURES if name not in results]
    if missing:
        raise BenchError(f"the payload bench did not report {', '.join(missing)}")
    return results


def print_table(results):
    print(f"{'measure':24}{'instructions':>13}  {'seL4':>8}  {'xv6':<23}  what")
    for name in list(MEASURES) + sorted(set(results) - set(MEASURES)):
        seL4, xv6 = PEERS.get(name, ("", ""))
        print(f"{name:24}{results[name]:>13,}  {seL4:>8}  {xv6:<23}  {MEASURES.get(name, '')}")
    print("\n" + NOTE)


def main():
    os.chdir(ROOT)
    try:
        results = measure()
    except BenchError as error:
        print(f"bench.py: {error}", file=sys.stderr)
        return 1
    with open("build/bench.json", "w") as file:
        json.dump({"unit": "instructions", "measures": results}, file, indent=2)
        file.write("\n")
    print_table(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
