#!/usr/bin/env python3
"""Programs that nobody here wrote: built from their own, unchanged sources with kit-cc, each gives the same output as
the host's build of it, in every arrangement and from every medium, and no page fault of theirs is lost.

`make test-foreign` runs it. The sources come from Debian's packages (fetch.py); everything lies in build/foreign.
"""

import collections
import os
import shutil
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
sys.dont_write_bytecode = True

import trace_reader  # noqa: E402

import fetch  # noqa: E402

BUILD = os.path.join(ROOT, "build/foreign")
LAUNCHER = os.path.join(ROOT, "scripts/run.py")
ARRANGEMENTS = ("internal", "external", "eager")
# Where the guest finds the files: more options for run.py.
MEDIA = {"initrd": (), "disk": ("--disk",)}
PRIVATE_PAGES = 0x2800000000  # from here on they lie in the file server: MEMORY_ADDRESS of loader/root/layout.h
KIT_TOOLS = {"CC": os.path.join(ROOT, "scripts/kit-cc"), "AR": "riscv64-unknown-elf-ar",
             "RANLIB": "riscv64-unknown-elf-ranlib"}
HOST_TOOLS = {"CC": "cc", "AR": "ar", "RANLIB": "ranlib"}

# A script for an interpreter: sorting, strings, numbers, coroutines, errors, and files.
LUA_SCRIPT = r"""
local numbers = {}
for i = 1, 3000 do numbers[i] = (i * 7919) % 3001 end
table.sort(numbers)
print(#numbers, numbers[1], numbers[1500], numbers[3000])
print(string.format("%8.3f %g %.14g %q", math.pi, 1e100, 2^53, "a\nb"), 10 / 3, 7 // 2, -7 % 3, 1e15, math.sin(1))
local text = string.rep("faultline ", 1000):gsub("fault", "page")
print(#text, text:sub(1, 30), text:find("line p", 1, true), select("#", text:byte(1, 10)))
print(pcall(error, {code = 1}) and "no error" or "an error", select(2, pcall(error, "text", 0)))
print(io.read("l"), io.read("n"), #io.read("a"))
local file = assert(io.open(arg[0]))
print(#file:read("a"), file:seek("set", 7), file:read(7))
for line in io.lines(arg[0]) do numbers[#numbers + 1] = line end
print(#numbers, io.open("missing"))
local next_number = coroutine.wrap(function() for i = 1, 10 do coroutine.yield(i * i) end end)
print(next_number(), next_number(), next_number())
collectgarbage()
print(collectgarbage("count") < 4096, os.time{year = 2026, month = 1, day = 2, hour = 0})
"""
# Counts the words of another file.
WORDS_SCRIPT = r"""
local count, words = {}, {}
for line in io.lines(arg[1]) do
    for word in line:gmatch("%a+") do count[word] = (count[word] or 0) + 1 end
end
for word in pairs(count) do words[#words + 1] = word end
table.sort(words, function(a, b) return count[a] > count[b] or count[a] == count[b] and a < b end)
for i = 1, 20 do print(count[words[i]], words[i]) end
"""


def run(command, directory, environment=None):
    """Builds something, without what the kit's own make hands on; its output is shown only when that fails."""
    ours = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    ended = subprocess.run(command, cwd=directory, env={**ours, **(environment or {})}, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, check=False)
    if ended.returncode:
        raise AssertionError(f"{' '.join(command)} in {directory} failed:\n{ended.stdout}")


def make(directory, tools, *goals):
    run(["make", *(f"{name}={value}" for name, value in tools.items()), *goals], directory)


def build_bzip2(directory, tools):
    make(directory, tools, "bzip2")
    return os.path.join(directory, "bzip2")


def build_minigzip(directory, tools):
    run(["./configure", "--static"], directory, tools)
    make(directory, {}, "minigzip")
    return os.path.join(directory, "minigzip")


def build_lua(directory, tools):
    make(os.path.join(directory, "src"), {**tools, "AR": tools["AR"] + " rc"}, "lua")
    return os.path.join(directory, "src/lua")


Built = collections.namedtuple("Built", "source host kit")  # source: the folder of the host's build; two programs
cache = {}


def built(package, build):
    """Fetches a package and builds it twice, once."""
    if package not in cache:
        folders = {}
        for side in ("host", "kit"):
            into = os.path.join(BUILD, side)
            folder = os.path.join(into, package)
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            folders[side] = fetch.unpack(package, os.path.join(BUILD, "sources"), folder)
        cache[package] = Built(folders["host"], build(folders["host"], HOST_TOOLS), build(folders["kit"], KIT_TOOLS))
    return cache[package]


def marks(run_name, name):
    """The marks of that name in an earlier run."""
    code = trace_reader.marks()[name]
    return [event for event in trace_reader.read(os.path.join(BUILD, "runs", run_name, "trace"))
            if event.name == "mark" and event.fields["code"] == code]


class Foreign(unittest.TestCase):
    def check_faults(self, directory):
        """Every fault of the run was resolved or refused, and nothing of its trace is lost."""
        events = trace_reader.read(os.path.join(directory, "trace"))
        begun = {event.fault for event in events if event.name == "fault_begin"}
        ended = {event.fault for event in events if event.name in ("fault_resolve", "fault_refuse")}
        self.assertEqual(begun, ended)
        self.assertFalse([event for event in events if event.name == "lost"])
        return len(begun)

    def compare(self, program, name, arguments, files=(), stdin=None, more=()):
        """files: paths on the host, which are also the names that the arguments may use, without their folder; more:
        options of run.py."""
        arguments = list(arguments)
        added = [word for path in files for word in ("--file", path)] + (["--stdin", stdin] if stdin else [])
        by_name = {os.path.basename(path): path for path in files}
        with open(stdin or os.devnull, "rb") as file:
            expected = subprocess.run([program.host] + [by_name.get(word, word) for word in arguments], stdin=file,
                                      capture_output=True, check=False)
        for medium, options in MEDIA.items():
            for arrangement in ARRANGEMENTS:
                with self.subTest(medium=medium, arrangement=arrangement):
                    directory = os.path.join(BUILD, "runs", f"{name}-{medium}-{arrangement}")
                    command = [sys.executable, LAUNCHER, "--arrangement", arrangement, "--program", program.kit,
                               "--out", directory, *options, *more, *added, "--", *arguments]
                    ended = subprocess.run(command, capture_output=True, timeout=600, check=False)
                    self.assertEqual(ended.stderr.decode(errors="replace"), "")
                    self.assertEqual(ended.returncode, expected.returncode)
                    self.assertTrue(ended.stdout == expected.stdout + expected.stderr, f"see {directory}/console.txt")
                    faults = self.check_faults(directory)
                    self.assertGreater(faults, 20 if arrangement != "eager" else -1)
        return expected.stdout

    def test_bzip2_compresses_as_on_the_host(self):
        program = built("bzip2", build_bzip2)
        for number in (1, 2, 3):
            sample = os.path.join(program.source, f"sample{number}.ref")
            compressed = self.compare(program, f"bzip2-c{number}", [f"-{number}", "-c"], stdin=sample)
            with open(os.path.join(program.source, f"sample{number}.bz2"), "rb") as file:
                self.assertTrue(compressed == file.read(), "not what the package says")

    def test_bzip2_decompresses_as_on_the_host(self):
        program = built("bzip2", build_bzip2)
        for number, options in ((1, ["-dc"]), (3, ["-d", "-s", "-c"])):
            compressed = os.path.join(program.source, f"sample{number}.bz2")
            original = self.compare(program, f"bzip2-d{number}", [*options, os.path.basename(compressed)], [compressed])
            with open(os.path.join(program.source, f"sample{number}.ref"), "rb") as file:
                self.assertTrue(original == file.read(), "not what was compressed")
        self.compare(program, "bzip2-tv", ["-t", "-v"], stdin=os.path.join(program.source, "sample2.bz2"))

    def test_minigzip_compresses_and_decompresses_as_on_the_host(self):
        program = built("zlib", build_minigzip)
        for name, options in (("fast", ["-1"]), ("best", ["-9"]), ("huffman", ["-h"])):
            original = os.path.join(program.source, "deflate.c")
            compressed = self.compare(program, f"minigzip-{name}", options, stdin=original)
            path = os.path.join(BUILD, f"{name}.gz")
            with open(path, "wb") as file:
                file.write(compressed)
            self.compare(program, f"minigzip-{name}-d", ["-d"], stdin=path)
            self.compare(program, f"minigzip-{name}-dc", ["-d", "-c", f"{name}.gz"], [path])

    def test_lua_runs_a_script_as_on_the_host(self):
        program = built("lua5.4", build_lua)
        paths = [os.path.join(BUILD, name) for name in ("script.lua", "input")]
        for path, content in zip(paths, (LUA_SCRIPT, "a line\n42.5 and\nmore\n")):
            with open(path, "w") as file:
                file.write(content)
        output = self.compare(program, "lua", ["script.lua"], paths[:1], stdin=paths[1])
        self.assertIn(b"3000", output)

    def test_lua_runs_with_a_cache_of_a_quarter_of_the_pages_that_it_touches(self):
        program = built("lua5.4", build_lua)
        script, text = os.path.join(BUILD, "words.lua"), os.path.join(BUILD, "words.txt")
        with open(script, "w") as file:
            file.write(WORDS_SCRIPT)
        with open(os.path.join(ROOT, "build/boot/text.txt"), "rb") as file:
            words = file.read(400000)
        with open(text, "wb") as file:
            file.write(words)
        self.compare(program, "words", ["words.lua", "words.txt"], [script, text])
        fills = marks("words-initrd-internal", "MARK_CACHE_FILL")
        touched = sum(fill.fields["extra"] < PRIVATE_PAGES for fill in fills)
        quarter = touched // 4
        self.compare(program, "words-quarter", ["words.lua", "words.txt"], [script, text],
                     more=("--cache-pages", str(quarter)))
        for arrangement in ARRANGEMENTS:
            evicted = marks(f"words-quarter-initrd-{arrangement}", "MARK_CACHE_EVICT")
            self.assertGreaterEqual(len(evicted), touched - quarter)


if __name__ == "__main__":
    unittest.main()
