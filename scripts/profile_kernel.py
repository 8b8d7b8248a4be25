#!/usr/bin/env python3
"""Shows which ways a run takes through the kernel, and how many instructions each function on the way costs.

    scripts/profile_kernel.py [--ways N] [WORDS...]

Runs the guest with these words on its command line (default: the benchmark, without a trace) and lets QEMU log every
instruction of the kernel. A way is what happens from one trap to the return to user space; ways that cost the same in
each function are counted together, and the most frequent N are shown. `make bench` measures; this explains.
"""

import argparse
import bisect
import collections
import os
import re
import subprocess
import sys
import tempfile

import qemu

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KERNEL = "build/kernel/faultline.elf"
DEFAULT_WORDS = "trace=off grant=kernel-objects arrangement=internal program=bench --"
TRAP = "trap_entry"
LOGGED = re.compile(r"^Trace 0: 0x[0-9a-f]+ \[[0-9a-f]+/([0-9a-f]+)/", re.MULTILINE)


class Functions:
    """Names by address."""

    def __init__(self, kernel):
        listing = subprocess.run(["riscv64-unknown-elf-nm", "-n", kernel], capture_output=True, text=True, check=True)
        symbols = [line.split() for line in listing.stdout.splitlines()]
        code = [(int(address, 16), name) for address, kind, name in symbols if kind in "tT"]
        self.addresses, self.names = zip(*code)
        self.end = next(int(address, 16) for address, _, name in symbols if name == "kernel_image_end")

    def name(self, address):
        return self.names[bisect.bisect_right(self.addresses, address) - 1]

    def address(self, name):
        return self.addresses[self.names.index(name)]


def logged_addresses(functions, words):
    """The addresses of all instructions that the kernel executes, in order."""
    with tempfile.TemporaryDirectory() as folder:
        files = {name: os.path.join(folder, name) for name in ("ram", "serial", "log")}
        qemu.fresh_file(files["ram"], qemu.RAM_SIZE)
        command = qemu.command(KERNEL, "build/boot.cpio", files["ram"], files["serial"], words)
        size = functions.end - functions.addresses[0]
        command += ["-singlestep", "-d", "exec,nochain", "-D", files["log"], "-dfilter",
                    f"{functions.addresses[0]:#x}+{size:#x}"]
        subprocess.run(command, check=False)
        with open(files["log"]) as log:
            for line in log:
                found = LOGGED.match(line)
                if found:
                    yield int(found[1], 16)


def ways(functions, addresses):
    """Counts each way: a tuple of (function, instructions), in the order in which they are met."""
    counts, way, trap = collections.Counter(), None, functions.address(TRAP)
    for address in addresses:
        if address == trap:
            if way:
                counts[tuple(map(tuple, way))] += 1
            way = []
        if way is None:
            continue  # the boot
        name = functions.name(address)
        if not way or way[-1][0] != name:
            way.append([name, 0])
        way[-1][1] += 1
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ways", type=int, default=12, metavar="N", help="how many ways to show (default: 12)")
    parser.add_argument("words", nargs="*", help="the guest's command line")
    options = parser.parse_args()
    os.chdir(ROOT)
    if qemu.missing() or not os.path.exists(KERNEL):
        print("profile_kernel.py: needs QEMU and a built kernel: run `make` first", file=sys.stderr)
        return 1
    functions = Functions(KERNEL)
    words = " ".join(options.words) or DEFAULT_WORDS
    for way, count in ways(functions, logged_addresses(functions, words)).most_common(options.ways):
        print(f"{count:7} times {sum(cost for _, cost in way):6} instructions: "
              + ", ".join(f"{name} {cost}" for name, cost in way))
    return 0


if __name__ == "__main__":
    sys.exit(main())
