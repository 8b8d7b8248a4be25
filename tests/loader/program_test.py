#!/usr/bin/env python3
"""Any program: what kit-cc links runs unchanged, with files, input and output of the host, byte by byte."""
import hashlib
import os
import random
import re
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
sys.dont_write_bytecode = True

import make_cpio  # noqa: E402

COMPILER = os.path.join(ROOT, "scripts", "kit-cc")
LAUNCHER = os.path.join(ROOT, "scripts", "run.py")
ARCHIVE = os.path.join(ROOT, "build", "boot.cpio")
ARCHIVER = "riscv64-unknown-elf-ar"
ARRANGEMENTS = ("external", "internal", "eager")

# Copies its input to its output, in each of the ways that there are, a different number of bytes each time.
COPY = r"""
#include <stdio.h>
#include <unistd.h>
int main(void)
{
    static char buffer[5000];
    size_t size = 1, round = 0, count;
    while ((count = fread(buffer, 1, size, stdin)) > 0) {
        if (round % 3 == 0) fwrite(buffer, 1, count, stdout);
        if (round % 3 == 1) write(STDOUT_FILENO, buffer, count);
        for (size_t i = 0; i < count && round % 3 == 2; i++)
            putchar(buffer[i]);
        size = (size * 7 + 3) % sizeof buffer + 1;
        round++;
    }
    return ferror(stdin);
}
"""
MAIN = r"""
#include <stdio.h>
int twice(int number);
int main(int argc, char **argv)
{
    FILE *file = argc > 1 ? fopen(argv[1], "r") : NULL;
    int number = 0;
    if (!file || fscanf(file, "%d", &number) != 1) return perror(argc > 1 ? argv[1] : "no file"), 1;
    printf("%s says %d and %.2f\n", argv[0], twice(number), number / 3.0);
    return 7;
}
"""
TWICE = "int twice(int number) { return 2 * number; }\n"
# Functions of the C library that are the program's own.
OWN = r"""
#include <stdio.h>
int rename(const char *from, const char *to) { return printf("%s is now %s\n", from, to); }
int access(const char *name, int mode) { return printf("access to %s: %d\n", name, mode); }
int main(void) { return rename("old", "new") + access("all", 7) != 32; }
"""


class Programs(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return self.path(name)

    def compile(self, *words, **environment):
        """Runs kit-cc in the directory. Returns (status, output)."""
        ended = subprocess.run([COMPILER, *words], cwd=self.directory, capture_output=True, text=True, check=False,
                               env={**os.environ, **environment})
        return ended.returncode, ended.stdout + ended.stderr

    def link(self, *words):
        status, output = self.compile("-O2", "-Wall", "-Werror", *words)
        self.assertEqual((status, output), (0, ""))

    def run_program(self, program, *options, arguments=(), arrangement="internal"):
        """Returns (status, output in bytes, what run.py said)."""
        command = [sys.executable, LAUNCHER, "--arrangement", arrangement, "--program", program, "--trace", "off",
                   "--out", self.path("out"), *options, "--", *arguments]
        ended = subprocess.run(command, cwd=self.directory, capture_output=True, timeout=300, check=False)
        return ended.returncode, ended.stdout, ended.stderr.decode()


# Pointers in constants, in data, through functions, to a weak symbol that nobody defines; and a thread-local variable.
POINTERS = r"""
#include <stdio.h>
extern int nobody(void) __attribute__((weak));
static const char *const names[] = {"one", "two", "three"};
static int (*const functions[])(const char *) = {puts};
static int number = 7, *pointer = &number;
static __thread int *local;
int main(void)
{
    local = pointer;
    for (int i = 0; i < 3; i++)
        functions[0](names[i]);
    return *local + (nobody ? nobody() : 1) + ((unsigned long)main < 0x10000000);
}
"""


# A block of thread-local variables that is larger than the page of the UTCB, with messages of its own in between.
LOCALS = r"""
#include <stdio.h>
#include <string.h>
static __thread char first[3000] = {1, 2, 3}, large[SIZE];
static __thread int last = 11, zero;
int main(void)
{
    int bad = zero || last != 11 || first[2] != 3;
    for (size_t i = 0; i < sizeof large; i++)
        bad |= large[i];
    memset(large, 'x', sizeof large - 1);
    printf("%.3s\n", large + sizeof large / 2);
    FILE *file = fopen("text.txt", "r");
    for (size_t i = 0; i < sizeof large - 1; i++)
        bad |= large[i] != 'x';
    return bad || !file || getc(file) == EOF || last != 11;
}
"""


# Reads a file in pieces of an odd size; what cannot be read it passes over, a page at a time.
READ = r"""
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(void)
{
    static char buffer[1000];
    int file = open("content", O_RDONLY), errors = 0;
    long sum = 0, count;
    while ((count = read(file, buffer, sizeof buffer)) != 0) {
        for (long i = 0; i < count; i++)
            sum += (unsigned char)buffer[i];
        if (count > 0) continue;
        printf("%s at %ld\n", strerror(errno), (long)lseek(file, 0, SEEK_CUR));
        lseek(file, 4096, SEEK_CUR);
        errors++;
    }
    printf("sum %ld\n", sum);
    return errors;
}
"""


class Compiler(Programs):
    def test_a_program_of_two_files_and_a_library_runs_in_every_arrangement(self):
        self.write("main.c", MAIN)
        self.write("twice.c", TWICE)
        self.write("number", "21\n")
        self.link("-c", "twice.c")
        subprocess.run([ARCHIVER, "qcs", "libtwice.a", "twice.o"], cwd=self.directory, check=True)
        self.link("-o", "program", "main.c", "-L.", "-ltwice", "-lm")
        for arrangement in ARRANGEMENTS:
            status, output, error = self.run_program("./program", "--file", "number=a/name", arguments=["a/name"],
                                                     arrangement=arrangement)
            self.assertEqual((status, output, error), (7, b"program says 42 and 7.00\n", ""))

    def test_a_program_may_have_functions_of_its_own_by_names_that_the_runtime_has(self):
        self.link("-o", "own", self.write("own.c", OWN))
        self.assertEqual(self.run_program("./own"), (0, b"old is now new\naccess to all: 7\n", ""))

    def test_a_position_independent_program_runs_where_it_is_put(self):
        self.write("pointers.c", POINTERS)
        for name, options, arrangements in (("plain", [], ARRANGEMENTS), ("fpie", ["-fpie"], ["eager"]),
                                            ("fpic", ["-fPIC", "-O0"], ["external"])):
            self.link("-static-pie", "pointers.c", "-o", name, *options)
            with open(self.path(name), "rb") as file:
                self.assertEqual(struct.unpack_from("<H", file.read(), 16)[0], 3)
            for arrangement in arrangements:
                self.assertEqual(self.run_program("./" + name, arrangement=arrangement), (8, b"one\ntwo\nthree\n", ""))

    def test_thread_local_variables_may_be_of_any_size(self):
        self.write("locals.c", LOCALS)
        for name, options, arrangements in (("small", ["-DSIZE=20"], ["internal"]),
                                            ("border", ["-DSIZE=60"], ["eager"]),
                                            ("large", ["-DSIZE=3000000"], ARRANGEMENTS),
                                            ("moved", ["-DSIZE=10000", "-static-pie"], ["external"])):
            self.link("-o", name, "locals.c", *options)
            for arrangement in arrangements:
                self.assertEqual(self.run_program("./" + name, arrangement=arrangement), (0, b"xxx\n", ""))

    def test_a_relocation_that_is_not_relative_is_refused(self):
        self.link("-static-pie", self.write("pointers.c", POINTERS), "-o", "program")
        with open(self.path("program"), "rb") as file:
            elf = file.read()
        entry = elf.index(struct.pack("<Q", 3), 0x2000)  # the type of one: R_RISCV_RELATIVE
        self.write("program", elf[:entry] + struct.pack("<Q", 2) + elf[entry + 8:])
        status, output, _error = self.run_program("./program")
        self.assertEqual(status, 126)
        self.assertIn(b"it has a relocation that is not relative", output)
        self.assertEqual(output.count(b"\n"), 1)

    def test_what_cannot_be_moved_is_not_linked_as_position_independent(self):
        self.write("program.c", "int number; int main(void) { long a; "
                                "__asm__(\"lui %0, %%hi(number)\" : \"=r\"(a)); return a != 0; }")
        status, output = self.compile("-static-pie", "program.c", "-o", "program")
        self.assertEqual(status, 1, output)
        self.assertIn("cannot be position independent: it has an absolute address in code, of number", output)
        self.assertFalse(os.path.exists(self.path("program")))

    def test_calls_that_cannot_be_done_say_so(self):
        with open(os.path.join(ROOT, "loader/runtime/unsupported.S")) as file:
            lists = re.findall(r"^ +calls (\w+), (.*)$", file.read(), re.MULTILINE)
        names = [(name, target) for target, line in lists for name in line.split(", ")]
        self.assertGreater(len(names), 80)
        answers = {"fail_read_only": (-1, "EROFS"), "fail_unsupported": (-1, "ENOSYS"), "give_nothing": (0, "ENOSYS")}
        calls = "".join(f"errno = 0; if ({name}() != {answers[target][0]} || errno != {answers[target][1]}) "
                        f"wrong += puts(\"{name}\");" for name, target in names)
        declarations = "".join(f"long {name}();" for name, _target in names)
        others = "system(0); signal(2, 0); tmpnam(0); setlocale(0, 0); remove(\"x\"); perror(0); fflush(0); abort();"
        self.write("calls.c", f"#include <errno.h>\nint puts(const char *); {declarations} int wrong;"
                              f"int main() {{ {calls} if (wrong) return 1; {others} }}")
        self.assertEqual(self.compile("-std=gnu89", "-w", "-fno-builtin", "-O2", "calls.c", "-o", "calls"), (0, ""))
        status, output, _error = self.run_program("./calls")
        self.assertEqual((status, output), (134, b"Read-only file system\n"))

    def test_it_compiles_preprocesses_and_answers_like_a_compiler(self):
        self.write("twice.c", TWICE)
        for words, expected in ((["-E", "twice.c"], "int twice"), (["-S", "-o", "-", "twice.c"], "twice:"),
                                (["-M", "twice.c"], "twice.o:"), (["--version"], "riscv64-unknown-elf-gcc"),
                                (["-dumpmachine"], "riscv64-unknown-elf"), (["-v"], "gcc version")):
            status, output = self.compile(*words)
            self.assertEqual(status, 0, output)
            self.assertIn(expected, output)

    def test_it_says_what_is_missing(self):
        self.write("main.c", MAIN)
        for words, environment, expected in (
                (["main.c"], {"KIT_RUNTIME": "/nowhere/libruntime.a"}, "is missing: run `make` in"),
                (["main.c"], {"CROSS": "no-such-"}, "no-such-gcc is not installed: `make doctor`"),
                (["-shared", "main.c"], {}, "leave out -shared"), (["main.c"], {}, "undefined reference to `twice'")):
            status, output = self.compile(*words, **environment)
            self.assertEqual(status, 1, output)
            self.assertIn(expected, output)


LOAD, CODE, CONSTANTS, DATA = 1, 5, 4, 6  # type and flags of a program header


def segments_of(elf):
    """The loadable segments: (flags, address, bytes, size in memory)."""
    start, count = struct.unpack_from("<Q", elf, 32)[0], struct.unpack_from("<H", elf, 56)[0]
    headers = [struct.unpack_from("<IIQQQQQQ", elf, start + 56 * number) for number in range(count)]
    return [(flags, address, elf[offset:offset + size], memory)
            for kind, flags, offset, address, _physical, size, memory, _align in headers if kind == LOAD]


def elf_of(elf, segments, offset_of):
    """The same program in another file: offset_of(number) is where a segment's bytes shall lie."""
    headers, body = b"", bytearray(max(offset_of(number) + len(segment[2]) for number, segment in enumerate(segments)))
    for number, (flags, address, content, memory) in enumerate(segments):
        offset = offset_of(number)
        headers += struct.pack("<IIQQQQQQ", LOAD, flags, offset, address, 0, len(content), memory, 3 * number)
        body[offset:offset + len(content)] = content
    body[:64] = elf[:64]
    struct.pack_into("<Q", body, 32, 64)
    struct.pack_into("<H", body, 56, len(segments))
    body[64:64 + len(headers)] = headers
    return bytes(body)


def cut(segment, at):
    """A segment as two; `at` bytes are in the first."""
    flags, address, content, memory = segment
    return [(flags, address, content[:at], at), (flags, address + at, content[at:], memory - at)]


class Layouts(Programs):
    """selftest, in files as no linker of ours makes them."""

    def setUp(self):
        super().setUp()
        with open(os.path.join(ROOT, "build/boot/selftest"), "rb") as file:
            self.elf = file.read()
        self.segments = segments_of(self.elf)

    def check(self, segments, offset_of):
        path = self.write("program", elf_of(self.elf, segments, offset_of))
        for arrangement in ARRANGEMENTS:
            status, output, error = self.run_program(path, "--env", "GREETING=hello", arguments=["argument"],
                                                     arrangement=arrangement)
            self.assertEqual((status, error), (0, ""), output)
            self.assertIn(b"0 claims fail", output)

    def test_segments_may_lie_anywhere_in_the_file_and_in_any_order(self):
        self.assertEqual([segment[0] for segment in self.segments], [CODE, CONSTANTS, DATA])
        code, constants, data = self.segments
        self.check([data, code, constants], lambda number: 1001 + number * 50001)

    def test_segments_may_share_pages(self):
        code, constants, data = self.segments
        parts = cut(code, 0x1234) + cut(constants, 0x10) + cut(data, len(data[2]) - 5)
        # The code's two parts lie as in memory; the others' apart, so that their common pages are put together.
        offsets = [0x1000, 0x2234, 0x20003, 0x28777, 0x30000, 0x38000]
        self.check(parts, offsets.__getitem__)

    def test_the_pages_of_zeros_may_be_segments_of_their_own(self):
        code, constants, data = self.segments
        border = -(-(data[1] + len(data[2])) // 4096) * 4096 - data[1]
        self.check([code, constants, *cut((*data[:2], data[2].ljust(border, b"\0"), data[3]), border)],
                   lambda number: 4096 + number * 0x10000)

    def test_what_would_be_writable_and_executable_is_refused(self):
        code, constants, data = self.segments
        first, second = cut(code, 0x1234)
        for parts, expected in (([first, (DATA, *second[1:]), constants, data], b"would have to be writable and"),
                                ([(DATA | CODE, *code[1:]), constants, data], b"a segment is writable and executable"),
                                ([first, second, constants, data], b"put together from several parts of the file")):
            path = self.write("program", elf_of(self.elf, parts, lambda number: 4096 + number * 0x10000))
            status, output, _error = self.run_program(path)
            self.assertEqual(status, 126)
            self.assertIn(expected, output)
            self.assertEqual(output.count(b"\n"), 1)


class Files(Programs):
    def test_input_and_output_are_exact(self):
        content = random.Random(1).randbytes(100000) + bytes(range(256)) + b"no line feed at the end"
        self.write("content", content)
        self.link("-o", "copy", self.write("copy.c", COPY))
        for arrangement in ARRANGEMENTS:
            status, output, error = self.run_program("./copy", "--stdin", "content", arrangement=arrangement)
            self.assertEqual((status, error), (0, ""))
            self.assertEqual(hashlib.sha256(output).digest(), hashlib.sha256(content).digest())
            with open(self.path("out/console.txt"), "rb") as file:
                self.assertTrue(file.read() == content, "console.txt holds something else")

    def test_standard_input_is_what_the_runtime_reads(self):
        digest = 0
        for byte in b"hello\n":
            digest = digest * 31 + byte
        self.write("input", "hello\n")
        status, output, _error = self.run_program("selftest", "--stdin", "input", "--env", "GREETING=hello",
                                                  arguments=["argument"])
        self.assertEqual(status, 0, output)
        self.assertIn(b"standard input has 6 bytes, digest %x\n" % digest, output)

    def test_what_a_disk_cannot_read_is_an_error_of_read_and_not_a_crash(self):
        content = random.Random(2).randbytes(200 << 10)
        self.write("content", content)
        self.link("-o", "read", self.write("read.c", READ))
        bad = 100 << 10  # the page that cannot be read begins here
        with open(ARCHIVE, "rb") as file:
            archive = list(make_cpio.contents(file.read()).items())
        archive = make_cpio.archive([*archive, ("content", content)])
        sector = archive.index(content) // 512 + bad // 512
        drive = "file.driver=blkdebug,file.image.driver=file,file.image.filename=IMAGE," \
            f"file.inject-error.0.event=none,file.inject-error.0.errno=5,file.inject-error.0.sector={sector}"
        self.write("archive", archive)
        for arrangement in ("internal", "external"):
            status, output, _error = self.run_program("./read", "--archive", "archive", "--disk", "--drive-options",
                                                      drive, arrangement=arrangement)
            self.assertEqual(status, 1, output)
            self.assertIn(b"I/O error at %d\n" % bad, output)
            self.assertIn(b"sum %d\n" % (sum(content) - sum(content[bad:bad + 4096])), output)

    def test_an_added_file_replaces_one_of_the_archive(self):
        self.write("text", "other text\n")
        self.assertEqual(self.run_program("cat", "--file", "text=./text.txt", arguments=["text.txt"])[:2],
                         (0, b"text.txt: 11 bytes\nother text\n"))
        self.assertFalse(os.path.exists(self.path("out/archive.cpio")))

    def test_what_cannot_be_added_is_refused_before_the_guest_starts(self):
        self.write("one", "1")
        os.mkdir(self.path("folder"))
        many = [word for number in range(256) for word in ("--file", f"one={number}")]
        for program, options, status, expected in (
                ("./missing", [], 119, "--program: ./missing does not exist"),
                ("./folder", [], 119, "--program: ./folder is a directory"),
                ("hello", ["--file", "missing"], 119, "--file: missing does not exist"),
                ("hello", ["--file", "one="], 119, "needs a name in the guest, as in one=NAME"),
                ("hello", ["--file", "one", "--file", "folder/../one"], 119, "there is already a file called one"),
                ("hello", ["--file", "one=stdin", "--stdin", "one"], 119, "there is already a file called stdin"),
                ("hello", ["--file", "one=" + "n" * 129], 119, "at most 128 bytes"),
                ("hello", ["--stdin", "missing"], 119, "--stdin: missing does not exist"),
                ("hello", ["--file", "one", "--archive", "one"], 119, "no file can be added to one"),
                ("hello", many, 119, "the guest serves at most 256 files"),
                ("hallo", ["--file", "one"], 127, "did you mean hello?")):
            ended = self.run_program(program, *options)
            self.assertEqual(ended[0], status, ended)
            self.assertIn(expected, ended[2])

    def test_a_file_that_is_no_program_is_refused_by_the_guest(self):
        self.write("words", "#!/bin/sh\n")
        status, output, _error = self.run_program("./words")
        self.assertEqual(status, 126)
        self.assertIn(b"root: words cannot be run: it does not begin like an ELF file", output)


if __name__ == "__main__":
    unittest.main()
