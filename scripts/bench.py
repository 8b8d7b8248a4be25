#!/usr/bin/env python3
"""Measures the kernel's basic operations; prints them beside their targets and two peers' figures. `make bench`.

All figures are instructions retired and exact: two runs give the same ones. Tracing is compiled in, and off unless a
name says otherwise. The payload `bench` measures from user space to user space and prints lines "bench NAME VALUE"; the
others come from the trace's header, from traces, and (trace_off) from the kernel's machine code. Writes
build/bench.json; with --update also tests/system/bench_figures.json, the figures that tests/system/bench_test.py holds
later kernels to.
"""

import argparse
import json
import os
import re
import subprocess
import sys

import masked_events

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KERNEL = os.path.join(ROOT, "build/kernel/faultline.elf")
CHECKING_KERNEL = os.path.join(ROOT, "build/kernel/checking.elf")
RUNS = os.path.join(ROOT, "build/bench")
COMMITTED = os.path.join(ROOT, "tests/system/bench_figures.json")
ARRANGEMENTS = ("internal", "external", "eager")
GROUP_SYSTEM, GROUP_ERROR = 1 << 0, 1 << 7  # enum trace_group of kernel/abi/trace.h
GROWTH_PERCENT = 2   # what a figure may grow by before that is a mistake, or a decision
LONGEST = re.compile(r"^faultline: longest entry (\d+) instructions: ", re.MULTILINE)
LONGEST_RUNS = {"longest": (), "rogue-kernel": ("20000",), "bench": (), "wordcount": ()}  # program: arguments
LINE = re.compile(r"^bench (\w+) (\d+)$", re.MULTILINE)

MEASURES = {
    "ipc_call_reply_0": "IPC call + reply, 0 words, two tasks",
    "ipc_call_reply_4": "the same, 4 words",
    "ipc_call_reply_16": "the same, 16 words",
    "kernel_call": "a message that the kernel itself answers",
    "system_call_error": "a system call that fails: no such capability",
    "fault_external": "page fault, pager in another task, page in the reply",
    "fault_no_map": "the same, empty reply, up to the next fault's arrival",
    "fault_internal": "page fault, pager in the same task, page in its window",
    "map_page": "map one page into another task",
    "unmap_page": "unmap it there",
    "trace_emit": "one trace event (tracing on)",
    "trace_off": "one event that is not recorded: the longest test",
    "interrupt_latency": "the longest kernel entry, in runs that do the worst on purpose too",
    "boot_to_root": "boot: the kernel's first instruction to root's first",
    "fault_file_cold_internal": "a file's page touched: the file server fills it first, from memory",
    "fault_file_cold_external": "the same, external pager",
    "fault_file_warm_internal": "a file's page touched that is in the file server's cache",
    "fault_file_warm_external": "the same, external pager",
    "program_start_internal": "open a small program to the first line of its main",
    "program_start_external": "the same, external pager",
    "program_start_eager": "the same, every page mapped before",
    "megabyte_start_internal": "open a program of 1 MiB to the first line of its main",
    "megabyte_start_external": "the same, external pager",
    "megabyte_start_eager": "the same, every page mapped before",
}
# What must not be exceeded.
TARGETS = {
    "ipc_call_reply_0": 240,
    "ipc_call_reply_4": 260,
    "ipc_call_reply_16": 450,
    "fault_external": 600,
    "fault_no_map": 320,
    "map_page": 300,
    "unmap_page": 250,
    "trace_emit": 25,
    "trace_off": 3,
    "boot_to_root": 50000,
    "fault_file_warm_internal": 1500,
    "fault_file_warm_external": 1500,
    "program_start_internal": 157188,  # a tenth of xv6's fork and exec
    "program_start_external": 157188,
}
# name: (seL4 16.0, xv6-riscv)
PEERS = {
    "ipc_call_reply_0": ("541", "95,769 (pipe)"),
    "ipc_call_reply_4": ("587", ""),
    "ipc_call_reply_16": ("1,827", ""),
    "fault_external": ("2,170", "25,792 (in the kernel)"),
    "fault_no_map": ("1,443", ""),
    "map_page": ("733", ""),
    "unmap_page": ("685", ""),
    "boot_to_root": ("101,941", "428,000,000 (prompt)"),
    "program_start_internal": ("", "1,571,889 (fork, exec)"),
    "program_start_external": ("", "1,571,889 (fork, exec)"),
}
NOTE = """\
Peers: measured on QEMU 7.2 riscv64 `virt`, one hart, `-icount shift=0`, gcc 12.2; unit: instructions retired.
seL4 16.0: fast path, no FPU state in threads; 5 words and more leave its fast path. xv6-riscv: 2022, -O; a pipe
ping-pong, a lazy allocation inside the kernel, and the boot up to the shell's prompt with junk-filled RAM."""


class BenchError(Exception):
    """A run failed; the text says which and how."""


def run(out, arrangement, program, *options):
    """Runs a program; returns its console output and result.json."""
    ended = subprocess.run([os.path.join(ROOT, "scripts/run.py"), "--arrangement", arrangement, "--program", program,
                            "--out", out, *options], stdout=subprocess.PIPE, check=False, text=True)
    if ended.returncode != 0:
        raise BenchError(f"{program} ({out}) ended with status {ended.returncode}. It printed:\n{ended.stdout}")
    with open(os.path.join(out, "result.json")) as file:
        return ended.stdout, json.load(file)


def benched(out, *options):
    output, _ = run(out, "internal", "bench", "--append", "grant=kernel-objects", *options)
    return {measure: int(value) for measure, value in LINE.findall(output)}


def trace_emit(runs):
    """A system call that fails is one event more when errors are recorded, and nothing else; the event's arguments are
    at hand. Not compared with tracing off: that also lets the kernel take its fast path."""
    recorded, not_recorded = (benched(os.path.join(runs, name), "--append", f"trace-mask={mask}")["system_call_error"]
                              for name, mask in (("errors", GROUP_SYSTEM | GROUP_ERROR), ("no-errors", GROUP_SYSTEM)))
    return recorded - not_recorded


def trace_off():
    """The most that the test before an event costs, anywhere in the kernel."""
    tests = masked_events.tests(KERNEL)
    if not tests:
        raise BenchError(f"found no test of trace_mask in {KERNEL}: does scripts/masked_events.py still know the code?")
    return max(test.cost for test in tests)


def interrupt_latency(runs):
    """The longest entry of all runs: that long an interrupt may have to wait. The kernel that remembers it checks nothing
    here (tests/kernel/checking.c)."""
    longest = 0
    for program, arguments in LONGEST_RUNS.items():
        output, _ = run(os.path.join(runs, "longest-" + program), "internal", program, "--trace", "off", "--kernel",
                        CHECKING_KERNEL, "--append", "grant=kernel-objects check-every=0", "--", *arguments)
        longest = max(longest, int(LONGEST.search(output)[1]))
    return longest


def paging(runs, arrangement):
    """What starting a program and paging a file cost in one arrangement; and starting one of a megabyte."""
    small, _ = run(os.path.join(runs, "paging-" + arrangement), arrangement, "bench-paging", "--trace", "off")
    large, _ = run(os.path.join(runs, "megabyte-" + arrangement), arrangement, megabyte_program(runs), "--trace", "off")
    figures = {name: int(value) for name, value in LINE.findall(small)}
    figures["megabyte_start"] = int(dict(LINE.findall(large))["program_start"])
    if arrangement == "eager":  # nothing faults
        figures = {name: value for name, value in figures.items() if name.endswith("_start")}
    return {f"{name}_{arrangement}": value for name, value in figures.items()}


def megabyte_program(runs):
    """bench-paging with so many constants. Returns its path."""
    path = os.path.join(runs, "megabyte")
    os.makedirs(runs, exist_ok=True)
    subprocess.run([os.path.join(ROOT, "scripts/kit-cc"), "-O2", "-I", ROOT, "-DPADDING=1048576", "-o", path,
                    os.path.join(ROOT, "loader/programs/bench-paging.c")], check=True)
    return path


def measure(runs=RUNS):
    """All figures, by name. The guests' runs are left in the folder `runs`."""
    results = benched(os.path.join(runs, "untraced"), "--trace", "off")
    results["trace_emit"] = trace_emit(runs)
    results["trace_off"] = trace_off()
    results["interrupt_latency"] = interrupt_latency(runs)
    _, boot = run(os.path.join(runs, "boot"), "internal", "hello", "--trace", "off")
    results["boot_to_root"] = boot["trace"]["root_time"] - boot["trace"]["entry_time"]
    for arrangement in ARRANGEMENTS:
        results.update(paging(runs, arrangement))
    missing = [name for name in MEASURES if name not in results]
    if missing:
        raise BenchError(f"the payload bench did not report {', '.join(missing)}")
    return results


# ---- Figures and what they are held to ------------------------------------------------------------------------------


def committed():
    """The figures that tests/system/bench_test.py holds a kernel to; {} if there are none yet."""
    if not os.path.exists(COMMITTED):
        return {}
    with open(COMMITTED) as file:
        return json.load(file)


def change(name, old, new):
    return f"{name}: from {old:,} to {new:,} ({100 * (new - old) / old:+.1f} %)"


def grown(results, old):
    """A line for each figure that is more than GROWTH_PERCENT above the old one."""
    return [change(name, old[name], results[name]) for name in results
            if name in old and 100 * results[name] > (100 + GROWTH_PERCENT) * old[name]]


def missed(results):
    """A line for each target that a figure exceeds."""
    return [f"{name}: {results[name]:,}, target {target:,}" for name, target in TARGETS.items()
            if results[name] > target]


def update(results):
    """Commits to these figures; prints what is different from before."""
    old = committed()
    for name in sorted(set(results) | set(old)):
        if name not in old or name not in results:
            print(f"{name}: {'new' if name in results else 'gone'}")
        elif results[name] != old[name]:
            print(change(name, old[name], results[name]))
    write(COMMITTED, dict(sorted(results.items())))


def write(path, content):
    with open(path, "w") as file:
        json.dump(content, file, indent=2)
        file.write("\n")


def print_table(results):
    print(f"{'measure':24}{'instructions':>13}  {'target':<14}{'seL4':>8}  {'xv6':<23}  what")
    for name in list(MEASURES) + sorted(set(results) - set(MEASURES)):
        target = f"{TARGETS[name]:>6,}" if name in TARGETS else ""
        mark = " missed" if results[name] > TARGETS.get(name, results[name]) else ""
        seL4, xv6 = PEERS.get(name, ("", ""))
        print(f"{name:24}{results[name]:>13,}  {target + mark:<14}{seL4:>8}  {xv6:<23}  {MEASURES.get(name, '')}")
    print(f"\n{len(TARGETS) - len(missed(results))} of {len(TARGETS)} targets are met.\n\n{NOTE}")


def main():
    parser = argparse.ArgumentParser(description="Measures the kernel's basic operations, in instructions.")
    parser.add_argument("--update", action="store_true", help="write tests/system/bench_figures.json: from here on no "
                        f"figure may grow by more than {GROWTH_PERCENT} %%")
    options = parser.parse_args()
    try:
        results = measure()
    except BenchError as error:
        print(f"bench.py: {error}", file=sys.stderr)
        return 1
    write(os.path.join(ROOT, "build/bench.json"), {"unit": "instructions", "measures": results})
    print_table(results)
    if options.update:
        update(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
