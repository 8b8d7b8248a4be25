"""What happens when something is wrong: a program that crashes, an archive that is bad, a launcher that is misused, a
run that is cut short. Always one clear message and its own status, never a hang, and whatever trace there is is whole.
"""

import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

import guest
import trace_reader

ELF_MACHINE_OFFSET = 18  # e_machine
X86_64 = 62
MEGAPAGE = 2 << 20
SET_UP_FAILED, NOT_EXECUTABLE, NOT_FOUND, CRASHED = 125, 126, 127, 139
MISSING_TOOL, USAGE, PANIC, BUDGET, DEADLOCK, QEMU, WALL = range(118, 125)


def launch(*words, environment=None, **more):
    return subprocess.run([sys.executable, guest.LAUNCHER, *words], cwd=guest.ROOT, stdin=subprocess.DEVNULL,
                          capture_output=True, check=False, text=True, env=environment, **more)


def scratch(name):
    path = os.path.join(guest.ROOT, "build/tests/system/scratch", name)
    shutil.rmtree(path, ignore_errors=True)
    return path


class Crash(unittest.TestCase):
    MESSAGE = re.compile(r'^faultline: thread \d+ "main" of task \d+ "crash" ends: load at address (0x[0-9a-f]+), '
                         r'ip (0x[0-9a-f]+): .*pager: thread \d+ "([^"]+)"', re.MULTILINE)

    def test_one_message_names_task_thread_address_access_ip_and_pager(self):
        pagers = {"internal": "region mapper", "external": "external pager", "eager": "external pager"}
        for arrangement in guest.ARRANGEMENTS:
            run = guest.payload(arrangement, "crash")
            with self.subTest(arrangement=arrangement, output=run.stdout):
                self.assertEqual(run.status, CRASHED)
                found = self.MESSAGE.findall(run.stdout)
                self.assertEqual(len(found), 1)
                refusal = [event.fields for event in run.events() if event.name == "fault_refuse"]
                self.assertEqual([(int(found[0][0], 16), int(found[0][1], 16), found[0][2])],
                                 [(fields["address"], fields["ip"], pagers[arrangement]) for fields in refusal])
                self.assertEqual(run.stdout.count("faultline:"), 1)

    def test_the_rest_of_the_system_goes_on(self):
        run = guest.payload("internal", "crash")
        self.assertIn("the rest goes on", run.stdout)
        events = run.events()
        refused = next(event.number for event in events if event.name == "fault_refuse")
        server = trace_reader.named(events, 2, "file server")
        self.assertIsNotNone(server)
        self.assertTrue(any(event.name == "ipc_reply" and event.thread == server for event in events[refused:]))


class BadArchives(unittest.TestCase):
    def refused(self, name, replaced, status, text, program="hello", arguments=()):
        archive = guest.archive_with(name, replaced)
        for arrangement in guest.ARRANGEMENTS:
            run = guest.run(arrangement, program, arguments=arguments, archive=archive)
            with self.subTest(arrangement=arrangement, output=run.stdout):
                self.assertEqual(run.status, status, run.stderr)
                self.assertRegex(run.stdout, text)
                self.assertEqual(run.events()[-1].name, "halt")

    def test_a_damaged_archive_without_the_program(self):
        """Of a whole one the launcher would tell; here root does."""
        path = guest.archive_with("without", {"hello": None})
        with open(path, "rb") as file:
            data = file.read()
        with open(path, "wb") as file:
            file.write(data[:data.rindex(b"070701")])  # the entry that ends it
        for arrangement in guest.ARRANGEMENTS:
            run = guest.run(arrangement, "hello", archive=path)
            with self.subTest(arrangement=arrangement, output=run.stdout):
                self.assertEqual(run.status, NOT_FOUND, run.stderr)
                self.assertRegex(run.stdout, "root: the boot archive has no program called hello")
                self.assertEqual(run.events()[-1].name, "halt")

    def test_an_elf_for_another_machine(self):
        data = bytearray(guest.boot_file("hello"))
        struct.pack_into("<H", data, ELF_MACHINE_OFFSET, X86_64)
        self.refused("machine", {"hello": bytes(data)}, NOT_EXECUTABLE, "hello.*machine")

    def test_an_elf_cut_in_its_segments(self):
        data = guest.boot_file("hello")
        self.refused("cut", {"hello": data[:len(data) // 2]}, NOT_EXECUTABLE, "hello cannot be run")

    def test_an_elf_cut_in_its_header(self):
        self.refused("stub", {"hello": guest.boot_file("hello")[:20]}, NOT_EXECUTABLE, "hello cannot be run")

    def test_a_file_that_is_no_elf(self):
        self.refused("text", {"hello": b"#!/bin/sh\n"}, NOT_EXECUTABLE, "hello cannot be run")

    def test_an_empty_file_as_program(self):
        self.refused("empty", {"hello": b""}, NOT_EXECUTABLE, "hello cannot be run")

    def test_an_archive_without_the_file_server(self):
        self.refused("server", {"fs": None}, SET_UP_FAILED, "no file server")

    def test_a_text_of_zero_length_has_no_words(self):
        self.refused("usual", {}, 0, "empty.txt has 0 bytes and no words", "wordcount", ["empty.txt"])

    def test_a_text_that_is_not_there(self):
        self.refused("usual", {}, 1, "cannot read absent.txt", "wordcount", ["absent.txt"])

    def test_a_file_that_is_no_archive(self):
        path = os.path.join(guest.ROOT, "build/tests/system/noise.cpio")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"no archive" * 1000)
        run = guest.run("internal", "hello", archive=path)
        self.assertGreater(run.status, 0, run.stdout)
        self.assertRegex(run.stdout, "^root: .*archive")


class Launcher(unittest.TestCase):
    def refused(self, status, text, *words, environment=None):
        ended = launch(*words, environment=environment)
        self.assertEqual(ended.returncode, status, ended.stderr)
        self.assertRegex(ended.stderr, text)
        self.assertEqual(ended.stderr.count("\n"), 1, ended.stderr)

    def usual(self, name, *more):
        return "--arrangement", "internal", "--program", "hello", "--out", scratch(name), *more

    def test_a_missing_tool_is_named(self):
        self.refused(MISSING_TOOL, "qemu-system-riscv64 is not installed.*make doctor", *self.usual("tool"),
                     environment={"PATH": "/nonexistent"})

    def test_wrong_usage_is_explained(self):
        self.refused(USAGE, "--arrangement", "--arrangement", "lazy", "--program", "hello", "--out", scratch("usage"))
        self.refused(USAGE, "NAME=VALUE", *self.usual("usage", "--env", "plain"))
        self.refused(USAGE, 'cut at blanks.*for example "two_words"', *self.usual("usage", "--", "two words"))
        self.refused(USAGE, "argument is empty", *self.usual("usage", "--", ""))
        self.refused(USAGE, "printable ASCII", *self.usual("usage", "--", "\u00e9"))
        self.refused(USAGE, "trace-size", *self.usual("usage", "--trace-size", "5000"))
        self.refused(USAGE, "characters", *self.usual("usage", "--", "x" * 3000))

    def test_a_missing_file_is_named(self):
        self.refused(USAGE, "absent.cpio does not exist$", *self.usual("file", "--archive", "absent.cpio"))
        self.refused(USAGE, "absent.elf does not exist$", *self.usual("file", "--kernel", "absent.elf"))
        self.refused(USAGE, "scripts is a directory", *self.usual("file", "--archive", "scripts"))

    def test_what_make_would_build_is_missing_until_it_has(self):
        path = os.path.join(guest.ROOT, "build/tests/system/unbuilt/scripts")
        shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(os.path.join(guest.ROOT, "scripts"), path)
        ended = subprocess.run([sys.executable, os.path.join(path, "run.py"), *self.usual("unbuilt")], check=False,
                               capture_output=True, text=True)
        self.assertEqual(ended.returncode, USAGE)
        self.assertRegex(ended.stderr, "faultline.elf is missing: run `make` first")

    def test_a_mistyped_program_is_told_before_the_guest_starts(self):
        out = scratch("mistyped")
        for program, answer in {"wordcuont": "did you mean wordcount", "xyzzy": "no program called xyzzy\\."}.items():
            self.refused(NOT_FOUND, f"{answer}.* It has: .*hello.*wordcount", "--arrangement", "internal", "--program",
                         program, "--out", out)
        self.assertFalse(os.path.exists(out))

    def test_a_cache_that_is_too_small_is_told_to_be_raised(self):
        run = guest.run("internal", "hello", ["--cache-pages", "15"])
        self.assertEqual(run.status, SET_UP_FAILED, run.stderr)
        self.assertRegex(run.stdout, "^fs: with fewer than 16 pages .*raise --cache-pages")
        self.assertEqual(guest.run("internal", "hello", ["--cache-pages", "16"]).status, 0)

    def test_memory_that_is_too_small_is_told_to_be_raised(self):
        for arrangement in guest.ARRANGEMENTS:
            for pages in ("2", "40"):
                run = guest.run(arrangement, "hello", ["--memory-pages", pages])
                with self.subTest(arrangement=arrangement, pages=pages, output=run.stdout):
                    self.assertEqual(run.status, SET_UP_FAILED, run.stderr)
                    self.assertRegex(run.stdout, "^root: cannot .* (hello|rm): .*raise --memory-pages")

    def test_whatever_the_memory_lacks_root_tells_to_raise_it(self):
        """From too small for the stack to large enough, by way of too small for the data."""
        statuses = []
        for pages in range(62, 74):
            run = guest.run("eager", "hello", ["--memory-pages", str(pages)])
            statuses.append(run.status)
            if run.status != 0:
                self.assertEqual(run.status, SET_UP_FAILED, run.stderr)
                self.assertRegex(run.stdout, "root: cannot .* hello: .*raise --memory-pages")
        self.assertEqual((statuses[0], statuses[-1]), (SET_UP_FAILED, 0))

    def test_a_foreign_file_in_the_trace_directory_is_left_alone(self):
        out = scratch("foreign")
        os.makedirs(os.path.join(out, "trace"))
        with open(os.path.join(out, "trace/notes"), "w") as file:
            file.write("mine")
        words = ("--arrangement", "internal", "--program", "hello", "--out", out)
        self.refused(USAGE, "notes", *words)
        self.assertTrue(os.path.exists(os.path.join(out, "trace/notes")))

    def test_a_budget_ends_the_run(self):
        run = guest.run("external", "sort", ["--budget", "25M"])
        self.assertEqual(run.status, BUDGET, run.stderr)
        self.assertIn("--budget", run.stderr)
        self.assertGreaterEqual(run.events()[-1].time, 25000000)
        self.assertLess(run.events()[-1].time, 25100000)

    def test_the_wall_clock_is_a_last_resort(self):
        ended = launch("--arrangement", "external", "--program", "sort", "--out", scratch("wall"), "--wall", "0.01")
        self.assertEqual(ended.returncode, WALL, ended.stderr)
        self.assertIn("--wall", ended.stderr)

    def test_a_panic_has_its_own_status_and_says_where_to_look(self):
        with open(guest.KERNEL, "rb") as file:
            data = file.read()
        image = next(at for at in range(0, len(data), 4096) if data.startswith(b"FLTLROOT", at))
        path = os.path.join(guest.ROOT, "build/tests/system/damaged.elf")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data[:image] + b"damaged!" + data[image + 8:])
        run = guest.run("internal", "hello", kernel=path)
        self.assertEqual(run.status, PANIC, run.stdout + run.stderr)
        self.assertIn("the root image is damaged", run.stdout)
        self.assertIn("panicked", run.stderr)

    def test_a_kernel_that_cannot_start_with_its_options_says_what_to_change(self):
        run = guest.run("internal", "hello", ["--append", "trace-size=200M"])
        self.assertEqual(run.status, PANIC, run.stdout + run.stderr)
        self.assertRegex(run.stdout, "cannot boot: trace-size=.*give")
        self.assertIn("The console says what to change", run.stderr)

    def test_a_deadlock_has_its_own_status_and_says_who_waits_for_whom(self):
        for arrangement in guest.ARRANGEMENTS:
            run = guest.run(arrangement, "wait")
            with self.subTest(arrangement=arrangement, output=run.stdout):
                self.assertEqual(run.status, DEADLOCK, run.stderr)
                self.assertIn("who waits for whom", run.stderr)
                self.assertRegex(run.stdout, r'thread \d+ "main" of task \d+ "wait" waits for any message')
                self.assertRegex(run.stdout, r'thread \d+ "file server" of task \d+ "fs" waits for any message')
                self.assertEqual(run.events()[-1].name, "halt")

    def test_a_kernel_that_is_no_kernel_is_told_with_qemus_words(self):
        path = os.path.join(guest.ROOT, "build/tests/system/no-kernel")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"\0" * 64)
        ended = launch(*self.usual("kernel", "--kernel", path, "--wall", "2"))
        self.assertIn(ended.returncode, (QEMU, WALL), ended.stderr)

    def test_without_a_trace_there_is_none_and_the_status_is_known(self):
        run = guest.run("internal", "hello", ["--trace", "off"])
        self.assertEqual(run.status, 0, run.stderr)
        self.assertFalse(os.path.exists(run.trace))
        self.assertTrue(run.stdout.startswith("Hello"))
        self.assertFalse(run.result()["traced"])
        self.assertTrue(guest.payload("internal", "hello").result()["traced"])

    def test_without_a_trace_nothing_is_said_about_one(self):
        run = guest.run("external", "sort", ["--budget", "25M", "--trace", "off"])
        self.assertEqual(run.status, BUDGET, run.stdout)
        self.assertNotIn("trace", run.stdout + run.stderr)

    def test_a_full_buffer_ends_in_one_record_that_counts_what_is_lost(self):
        run = guest.run("internal", "wordcount", ["--trace-size", "64K"])
        self.assertEqual(run.status, 0, run.stderr)
        events, header = run.events(), run.result()["trace"]
        self.assertEqual([event.number for event in events if event.name == "lost"], [len(events) - 1])
        whole = guest.payload("internal", "wordcount").result()["trace"]["count"]
        whole += (32 << 20) // MEGAPAGE - 1  # what the smaller buffer leaves to the root task, each mapping an event
        self.assertEqual(events[-1].fields["count"], header["lost"])
        self.assertEqual(len(events) - 1 + header["lost"], whole)
        reader = subprocess.run(["babeltrace2", run.trace], capture_output=True, check=False)
        self.assertEqual((reader.returncode, reader.stderr), (0, b""))


class Make(unittest.TestCase):
    """Goals that are mistyped, or folders' names; a build folder in which somebody else works."""

    def make(self, *words, **more):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")} | more
        return subprocess.run(["make", *words], cwd=guest.ROOT, capture_output=True, check=False, text=True,
                              env=environment)

    def test_a_goal_that_does_not_exist_is_an_error_even_if_a_folder_has_its_name(self):
        for goal in ("dmeo", "scripts", "README.md"):
            ended = self.make(goal)
            with self.subTest(goal=goal):
                self.assertEqual(ended.returncode, 2, ended.stdout)
                self.assertRegex(ended.stderr, f'there is no target "{goal}".*make help')

    def test_dependencies_that_somebody_removes_meanwhile_are_no_goal(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "find"), "w") as find:
                find.write("#!/bin/sh\necho build/removed.d\n")
            os.chmod(find.name, 0o755)
            ended = self.make("-n", "help", PATH=f"{folder}:{os.environ['PATH']}")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))

    def test_the_folders_that_are_goals_are_built(self):
        for goal, wanted in {"kernel": "faultline.elf", "loader": "boot.cpio", "viz": "faultline-viz",
                             "tests": "run-test"}.items():
            ended = self.make("--dry-run", "--always-make", goal)
            with self.subTest(goal=goal):
                self.assertEqual(ended.returncode, 0, ended.stderr)
                self.assertIn(wanted, ended.stdout)


class CutShort(unittest.TestCase):
    """A run that is ended from outside, midway."""

    def start(self, name):
        out = scratch(name)
        process = subprocess.Popen([sys.executable, guest.LAUNCHER, "--arrangement", "internal", "--program", "sort",
                                    "--out", out, "--", "1000000"], cwd=guest.ROOT, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        stream = os.path.join(out, "trace/stream_0")
        end = time.monotonic() + 60
        while not os.path.exists(stream) or os.path.getsize(stream) < 64 * 1000:
            self.assertIsNone(process.poll(), "the run ended before it could be cut short")
            self.assertLess(time.monotonic(), end, "no event in a minute")
            time.sleep(0.01)
        return process, out

    def readable(self, out):
        reader = subprocess.run(["babeltrace2", os.path.join(out, "trace")], capture_output=True, check=False)
        self.assertEqual((reader.returncode, reader.stderr), (0, b""))
        events = trace_reader.read(os.path.join(out, "trace"))
        self.assertEqual(reader.stdout.count(b"\n"), len(events))
        self.assertGreaterEqual(len(events), 999)
        self.assertNotEqual(events[-1].name, "halt")

    def qemu_of(self, process):
        with open(f"/proc/{process.pid}/task/{process.pid}/children") as file:
            return int(file.read().split()[0])

    def test_a_qemu_that_is_killed_leaves_a_readable_trace(self):
        process, out = self.start("killed")
        os.kill(self.qemu_of(process), signal.SIGKILL)
        self.assertEqual(process.wait(60), QEMU)
        self.assertIn("QEMU ended before the guest did", process.stderr.read())
        self.readable(out)

    def test_a_launcher_that_is_asked_to_end_takes_qemu_with_it_and_leaves_a_readable_trace(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            process, out = self.start("stopped")
            child = self.qemu_of(process)
            process.send_signal(number)
            self.assertEqual(process.wait(60), 128 + number)
            self.assertFalse(os.path.exists(f"/proc/{child}"))
            self.assertEqual(sorted(os.listdir(out)), ["console.txt", "result.json", "trace"])
            self.readable(out)

    def test_a_signal_waits_until_what_was_written_is_counted(self):
        script = ("import os, signal, run\n"
                  "signal.signal(signal.SIGTERM, run.stop_on_signal)\n"
                  "counted = 0\n"
                  "try:\n"
                  "    with run.undisturbed():\n"
                  "        os.kill(os.getpid(), signal.SIGTERM)\n"
                  "        counted += 1\n"
                  "    counted += 10\n"
                  "except run.Stop:\n"
                  "    print('stopped', counted)\n")
        ended = subprocess.run([sys.executable, "-c", script], cwd=os.path.dirname(guest.LAUNCHER), capture_output=True,
                               text=True, check=False)
        self.assertEqual((ended.stdout, ended.stderr), ("stopped 1\n", ""))

    def test_a_launcher_that_is_killed_leaves_no_qemu_and_a_readable_trace(self):
        process, out = self.start("orphan")
        child = self.qemu_of(process)
        process.kill()
        process.wait(60)
        end = time.monotonic() + 30
        while running(child):
            self.assertLess(time.monotonic(), end, "QEMU outlives its launcher")
            time.sleep(0.05)
        self.readable(out)


def running(pid):
    """A zombie that nobody has waited for yet does not run."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Layouts(unittest.TestCase):
    """The recorder types layouts a second time; here they are compared with the C headers."""

    def test_the_recorder_and_the_headers_agree(self):
        import recorder
        program = r"""
            #include <stdio.h>
            #include <stddef.h>
            #include "kernel/abi/trace.h"
            #include "viz/trace/format.h"
            #define SHOW(field) printf(" %zu", offsetof(struct trace_header, field))
            int main(void) {
                static const unsigned char uuid[] = TRACE_UUID_BYTES;
                struct trace_stream_prefix prefix = {.magic = TRACE_STREAM_MAGIC, .uuid = TRACE_UUID_BYTES};
                printf("%lu %u %u %zu %zu", TRACE_MAGIC, TRACE_VERSION, TRACE_HEADER_SIZE, sizeof(struct trace_record),
                       sizeof(uuid));
                SHOW(magic); SHOW(version); SHOW(record_size); SHOW(capacity); SHOW(end); SHOW(lost); SHOW(halted);
                SHOW(halt_status); SHOW(mask); SHOW(entry_time); SHOW(root_time);
                printf(" ");
                for (size_t i = 0; i < sizeof(prefix); i++) printf("%02x", ((unsigned char *)&prefix)[i]);
            }"""
        path = os.path.join(guest.ROOT, "build/tests/system/layout")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        subprocess.run(["cc", "-I.", "-x", "c", "-", "-o", path], input=program, text=True, cwd=guest.ROOT, check=True)
        shown = subprocess.run([path], capture_output=True, text=True, check=True).stdout.split()
        offsets, at = [], 0
        for code in recorder.HEADER.format.lstrip("<"):
            offsets.append(str(at))
            at += struct.calcsize("<" + code)
        self.assertEqual(shown, [str(recorder.HEADER_MAGIC), str(recorder.HEADER_VERSION), str(recorder.HEADER_SIZE),
                                 str(recorder.RECORD_SIZE), "16"] + offsets + [recorder.STREAM_PREFIX.hex()])


if __name__ == "__main__":
    unittest.main()
