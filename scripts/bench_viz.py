"""Measures the visualizer on a made-up trace, and the same file with babeltrace2: `make bench-viz`.

    scripts/bench_viz.py [--events 10000000] [--seed 1] [--trace DIR]

Seconds differ between machines and hours, so what counts are ratios: both readers run here, in turns, on the same file,
and the best of each counts. CPU time of one thread, unless "wall" is said.
"""
import argparse
import os
import pty
import resource
import select
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BIN = os.path.join(ROOT, "build", "bin")
ANCHOR = 2.05e6  # events a second of babeltrace2's dummy sink, where it is not installed: 1.8 to 2.3 million were seen
RUNS = 5


def cpu_of(command):
    """CPU seconds and output of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"bench-viz: {' '.join(command)} ended with status {done.returncode}: {done.stderr.strip()}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def measure_both(trace, events):
    """The best of some runs of build/bin/bench-viz, as a dictionary; events a second of babeltrace2's dummy sink, and
    whether that was measured."""
    best, seconds = {}, events / ANCHOR
    measured = shutil.which("babeltrace2") is not None
    if measured:
        seconds = float("inf")
    for _ in range(RUNS):
        for line in cpu_of([os.path.join(BIN, "bench-viz"), trace])[1].splitlines():
            name, value = line.split()
            best[name] = min(float(value), best.get(name, float("inf")))
        if measured:
            seconds = min(seconds, cpu_of(["babeltrace2", trace, "-c", "sink.utils.dummy"])[0])
    return best, events / seconds, measured


def ticks(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def drain(terminal, seconds):
    """What the program writes until it has been silent for that long."""
    written = b""
    while select.select([terminal], [], [], seconds)[0]:
        try:
            written += os.read(terminal, 65536)
        except OSError:  # the program has ended
            break
    return written


def measure_terminal(trace, anew):
    """Opens the trace for the first time, or where it was left the last time. Wall time to the first frame, CPU clock ticks in an idle second, and RssAnon, of the program in a terminal."""
    if anew and os.path.exists(trace + ".bookmarks"):
        os.remove(trace + ".bookmarks")
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8", LINES="60", COLUMNS="200")
        os.execv(os.path.join(BIN, "faultline-viz"), ["faultline-viz", trace])
    begin, seen, first = time.monotonic(), b"", None
    while first is None and time.monotonic() - begin < 60:
        if select.select([terminal], [], [], 1)[0]:
            seen += os.read(terminal, 65536)
        if b"quit" in seen:  # the footer, which is drawn last
            first = time.monotonic() - begin
    drain(terminal, 2)  # a long trace is read on after the first frame
    before = ticks(pid)
    time.sleep(1)
    idle = ticks(pid) - before
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        anonymous = next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))
    os.write(terminal, b"q")
    drain(terminal, 1)
    os.waitpid(pid, 0)
    os.close(terminal)
    return first if first is not None else float("inf"), idle, anonymous


def row(what, value, target, good):
    print(f"  {what:<46} {value:>16}   {target:<10} {'yes' if good else 'NO'}")
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trace", default=os.path.join(ROOT, "build", "bench", "trace"), help="where it is written")
    options = parser.parse_args()
    os.makedirs(os.path.dirname(options.trace), exist_ok=True)
    subprocess.run([os.path.join(BIN, "trace-generate"), "--events", str(options.events), "--seed", str(options.seed),
                    "--metadata", os.path.join(ROOT, "build", "trace", "metadata"), options.trace], check=True)
    ours, peer, measured = measure_both(options.trace, options.events)
    first, idle, anonymous = min(measure_terminal(options.trace, True) for _ in range(RUNS))
    again = min(measure_terminal(options.trace, False) for _ in range(RUNS))[0]
    rate = ours["events"] / ours["apply_all"]
    worst_frame = max(value for name, value in ours.items() if name.startswith("frame_"))
    worst_jump = max(ours["jump_forward"], ours["jump_backward"])
    memory = max(anonymous, ours["anonymous_kib"]) / 1024
    print(f"{options.events:,} events, {int(ours['faults']):,} faults, seed {options.seed}\n")
    print(f"  {'':<46} {'measured':>16}   {'target':<10} met")
    row("babeltrace2's dummy sink" + ("" if measured else " (not installed)"), f"{peer / 1e6:.2f} M/s", "", True)
    good = [
        row("decode and apply all events", f"{rate / 1e6:.2f} M/s", "", True),
        row("  as a multiple of babeltrace2", f"{rate / peer:.1f}", ">= 10", rate / peer >= 10),
        row("first frame (wall)", f"{first:.3f} s", "<= 0.3 s", first <= 0.3),
        row("  opened again, where it was left", f"{again:.3f} s", "<= 0.3 s", again <= 0.3),
        row("jump forward, worst", f"{ours['jump_forward'] * 1e3:.1f} ms", "<= 16 ms", ours["jump_forward"] <= 0.016),
        row("jump backward, worst", f"{ours['jump_backward'] * 1e3:.1f} ms", "<= 16 ms", worst_jump <= 0.016),
        row("jump, on average", f"{ours['jump_average'] * 1e3:.1f} ms", "", True),
        row("frame at 200x60, worst of all views", f"{worst_frame * 1e3:.2f} ms", "<= 2 ms", worst_frame <= 0.002),
        row("memory beside the file", f"{memory:.1f} MB", "<= 64 MB", memory <= 64),
        row("CPU in an idle second", f"{idle} ticks", "0", idle == 0),
    ]
    print("\n  every target is met" if all(good) else "\n  not every target is met")
    return 0


if __name__ == "__main__":
    sys.exit(main())
