"""The disk: its driver, message by message; programs that come from it; and disks that fail. A disk answers in the
host's time, so nothing here looks at times, and each claim holds however early or late an answer comes.
"""

import collections
import os
import re
import struct
import subprocess
import sys
import unittest

import guest
import make_cpio
import trace_reader

SECTOR, WORDS = 512, 64
BUFFER_SECTORS = 128
PAGE, RAM = 4096, 0x80000000
READ, WRITE = 1, 2  # enum flexpage_rights
TASK, THREAD = 1, 2  # enum object_kind
ARCHIVE_ADDRESS = 0x1000000000  # loader/root/layout.h: where the file server sees the buffer
GOOD, HAS_A_BAD_SECTOR, FALLS_SILENT = range(3)  # enum disk_behaviour of loader/programs/test-disk.c
SET_UP_FAILED, NOT_FOUND, CRASHED = 125, 127, 139
USAGE = 119
DISK_READ = trace_reader.marks()["MARK_DISK_READ"]

PART = guest.boot_file("text.txt")[:30000]

# QEMU's block layer as a disk with a fault. The throttle lets so many bytes pass, and then a byte a second.
BAD_SECTOR = "file.driver=blkdebug,file.image.driver=file,file.image.filename=IMAGE,file.inject-error.0.event=none," \
    "file.inject-error.0.errno=5,file.inject-error.0.sector="
SILENT_AT_ONCE = "file.driver=file,file.filename=IMAGE,throttling.bps-read=1"
SILENT_AFTER = SILENT_AT_ONCE + ",throttling.bps-read-max="
SLOW = "file.driver=file,file.filename=IMAGE,throttling.iops-total=200"
IMPATIENT = ["--append", "disk-timeout=100"]  # a hundred million instructions: a second


def scratch(name):
    path = os.path.join(guest.ROOT, "build/tests/system", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


def write(name, data):
    path = scratch(name)
    with open(path, "wb") as file:
        file.write(data)
    return path


def image(name, sectors, behaviour, where=0):
    """A disk whose words count up; but the last two of its first sector tell test-disk what to expect."""
    words = list(range(sectors * WORDS))
    words[WORDS - 2:WORDS] = behaviour, where
    return write(name, struct.pack(f"<{len(words)}Q", *words))


def driver_run(name, sectors, behaviour, where=0, options=()):
    """Runs the driver with test-disk in the file server's place."""
    archive = write("test-disk.cpio", make_cpio.archive([("fs", guest.boot_file("test-disk")),
                                                         ("disk", guest.boot_file("disk"))]))
    disk = image(name, sectors, behaviour, where)
    return guest.run("internal", "none", ["--disk-image", disk, *options], archive=archive)


def archive_of_cat():
    """With a text that is printed in no time."""
    return guest.archive_with("cat", {"cat": guest.boot_file("cat"), "disk": guest.boot_file("disk"), "text.txt": None,
                                      "part.txt": PART})


def from_disk(arrangement, program, options=(), arguments=(), again=""):
    return guest.run(arrangement, program, ["--disk", *options], arguments, again=again)


class Driver(unittest.TestCase):
    def check(self, run, claims):
        self.assertIn(f"\n{claims} claims, 0 failed\n", run.stdout)
        self.assertNotIn("FAILED", run.stdout)
        self.assertEqual(run.status, SET_UP_FAILED)
        self.assertIn("root: cannot get an answer from the file server: the partner refuses the request", run.stdout)

    def test_each_message_and_each_of_its_errors(self):
        run = driver_run("good.img", 1000, GOOD)
        self.check(run, 28)
        self.assertIn("the disk has 1000 sectors", run.stdout)
        self.assertNotIn("disk: ", run.stdout)

    def test_a_read_error_is_an_error_of_the_request_and_of_no_other_and_is_told_once(self):
        run = driver_run("bad.img", 1000, HAS_A_BAD_SECTOR, 500, ["--drive-options", BAD_SECTOR + "500"])
        self.check(run, 12)
        self.assertEqual(re.findall("disk: cannot read .*", run.stdout), [
            f"disk: cannot read {count} sectors from sector {first}: the device reports an error"
            for first, count in ((500, 1), (498, 4))])

    def test_a_device_that_never_answers_is_given_up_for_good(self):
        run = driver_run("silent.img", 1000, FALLS_SILENT, 100,
                         IMPATIENT + ["--drive-options", SILENT_AFTER + str(20 * BUFFER_SECTORS * SECTOR)])
        self.check(run, 12)
        self.assertEqual(re.findall("disk: .*", run.stdout), [
            "disk: cannot read 128 sectors from sector 0: the device does not answer; it is given up"])


class Rights(unittest.TestCase):
    """What the trace says of who gets what."""

    def setUp(self):
        self.events = from_disk("internal", "hello").events()
        self.driver, self.server, self.root = (trace_reader.named(self.events, TASK, name)
                                               for name in ("disk", "fs", "root"))

    def frames(self, task):
        """The physical pages mapped into a task, with the rights that it has to each."""
        found = {}
        for event in self.events:
            if event.name == "page_map" and event.fields["to_task"] == task:
                to = trace_reader.flexpage(event.fields["to"])
                for offset in range(0, 1 << to.order, PAGE):
                    found[event.fields["frame"] + offset] = to.rights
        return found

    def test_the_driver_has_one_page_of_the_slot_one_of_the_clock_and_no_other_device(self):
        devices = {frame: rights for frame, rights in self.frames(self.driver).items() if frame < RAM}
        self.assertEqual(devices, {0x101000: READ | WRITE, 0x10001000: READ | WRITE})

    def test_the_driver_has_five_capabilities(self):
        names = {event.fields["object"]: event.fields["name"] for event in self.events if event.name == "object_name"}
        given = [names[event.fields["object"]] for event in self.events
                 if event.name == "capability_map" and event.fields["to_task"] == self.driver]
        self.assertEqual(sorted(given), ["clock irq", "console", "device irq", "disk driver", "disk interrupts"])

    def test_the_file_server_can_only_read_the_buffer_and_nobody_else_has_it(self):
        windows = [event.fields for event in self.events if event.name == "page_map"
                   and event.fields["to_task"] == self.server
                   and trace_reader.flexpage(event.fields["to"]).address >> 32 == ARCHIVE_ADDRESS >> 32]
        self.assertEqual({trace_reader.flexpage(fields["to"]).rights for fields in windows}, {READ})
        buffer = {fields["frame"] for fields in windows}
        self.assertEqual(len(buffer), BUFFER_SECTORS * SECTOR // PAGE)
        tasks = {event.fields["to_task"] for event in self.events if event.name == "page_map"
                 and event.fields["frame"] in buffer and event.fields["to_task"] != self.root}
        self.assertEqual(tasks, {self.server})

    def test_driver_and_file_server_share_no_page(self):
        self.assertEqual(self.frames(self.driver).keys() & self.frames(self.server).keys(), set())

    def test_its_interrupts_arrive_and_every_request_is_answered(self):
        numbers = {event.fields["number"] for event in self.events if event.name == "irq"}
        self.assertIn(1, numbers)
        self.assertLessEqual(numbers, {1, 11})


class Programs(unittest.TestCase):
    def same(self, program, arguments=(), **more):
        for arrangement in guest.ARRANGEMENTS:
            with self.subTest(program=program, arrangement=arrangement):
                disk, initrd = (guest.run(arrangement, program, options, arguments, **more)
                                for options in (["--disk"], []))
                self.assertEqual((disk.status, disk.stdout), (0, initrd.stdout))
                self.assertEqual(initrd.status, 0)

    def test_from_the_disk_they_print_the_same_as_from_the_initrd(self):
        self.same("hello", ["one", "two"])
        self.same("wordcount")
        self.same("sort")

    def test_so_does_one_that_seeks_and_reads(self):
        self.same("cat", ["part.txt"], archive=archive_of_cat())

    def test_several_at_once_print_the_same_from_a_slow_disk_too(self):
        def lines(options):
            run = guest.run("internal", "hello", ["--program", "wordcount", "--arrangement", "external", "--program",
                                                  "sort", "--arrangement", "eager", *options])
            return run.status, sorted(run.stdout.splitlines())
        initrd = lines([])
        self.assertEqual(initrd[0], 0)
        self.assertEqual(lines(["--disk"]), initrd)
        self.assertEqual(lines(["--disk", "--read-ahead", "60", "--drive-options", SLOW]), initrd)

    def test_the_result_says_where_the_archive_was(self):
        self.assertEqual(from_disk("internal", "hello").result()["medium"], "disk")
        self.assertEqual(guest.payload("internal", "hello").result()["medium"], "initrd")

    def test_a_slow_disk_changes_nothing(self):
        """Main then faults long before its region mapper, which waits for the disk too, is there to serve it."""
        for arrangement in guest.ARRANGEMENTS:
            run = from_disk(arrangement, "hello", ["--drive-options", SLOW])
            self.assertEqual((run.status, run.stdout), (0, guest.run(arrangement, "hello").stdout))

    def test_of_what_is_not_needed_only_the_headers_are_read(self):
        archive = make_cpio.read(guest.ARCHIVE)
        events = from_disk("external", "hello").events()
        read = {sector for event in events if event.name == "mark" and event.fields["code"] == DISK_READ
                for sector in range(event.fields["value"], event.fields["value"] + event.fields["extra"])}
        text = archive.index(guest.boot_file("text.txt"))
        inside = set(range(text // SECTOR + BUFFER_SECTORS, (text + 1000000) // SECTOR))
        self.assertEqual(read & inside, set())
        self.assertIn(0, read)
        self.assertLess(len(read) * SECTOR, len(archive) / 2)

    def test_two_runs_have_the_same_events_in_the_same_order(self):
        """Of each thread, but for the driver's: when the device answers decides who runs meanwhile."""
        def stories(run):
            events, told = run.events(), collections.defaultdict(list)
            drivers = {trace_reader.named(events, THREAD, name) for name in ("disk driver", "disk interrupts")}
            for event in events:
                if event.thread not in drivers and event.name not in ("context_switch", "irq"):
                    told[event.thread].append(event[2:])
            return told
        first, second = (stories(from_disk("external", "hello", again=again)) for again in ("", "again"))
        self.assertGreater(len(first), 4)
        self.assertEqual(first, second)

    def test_every_fault_is_resolved(self):
        for arrangement in guest.ARRANGEMENTS:
            events = from_disk(arrangement, "wordcount").events()
            begun, resolved = (sorted(event.fault for event in events if event.name == name)
                               for name in ("fault_begin", "fault_resolve"))
            self.assertEqual(begun, resolved)

    def test_a_deadlock_is_seen_although_interrupts_could_arrive(self):
        run = from_disk("internal", "wait")
        self.assertEqual(run.status, guest.run("internal", "wait").status)
        self.assertIn("every thread waits, and nothing can ever wake one", run.stdout)


class Failures(unittest.TestCase):
    def check(self, run, status, *texts):
        self.assertEqual(run.status, status, run.stdout + run.stderr)
        for text in texts:
            self.assertRegex(run.stdout, text)
        self.assertEqual(run.events()[-1].name, "halt")

    def sector_of(self, name, offset):
        """The sector in which a byte of a file lies."""
        return (make_cpio.read(guest.ARCHIVE).index(guest.boot_file(name)) + offset) // SECTOR

    def test_a_read_error_in_the_directory(self):
        run = from_disk("internal", "hello", ["--drive-options", BAD_SECTOR + "0"])
        self.check(run, NOT_FOUND, "^disk: cannot read .* sectors from sector 0: the device reports an error",
                   "fs: the directory .* cannot be read", "root: the boot archive has no program called hello")

    def test_a_read_error_in_the_program(self):
        sector = self.sector_of("hello", 0x1000)
        for arrangement, status in (("internal", CRASHED), ("external", CRASHED), ("eager", SET_UP_FAILED)):
            with self.subTest(arrangement=arrangement):
                run = from_disk(arrangement, "hello", ["--drive-options", BAD_SECTOR + str(sector)])
                self.check(run, status, "disk: cannot read .*: the device reports an error",
                           "the device failed, or does not answer")

    def test_a_read_error_in_a_file(self):
        sector = self.sector_of("text.txt", 500000)
        for arrangement in guest.ARRANGEMENTS:
            with self.subTest(arrangement=arrangement):
                run = from_disk(arrangement, "wordcount", ["--drive-options", BAD_SECTOR + str(sector)])
                self.assertNotEqual(run.status, 0)
                self.check(run, run.status, "disk: cannot read .*: the device reports an error")
                self.assertEqual(run.stdout.count("disk: "), 1)

    def test_a_program_that_reads_files_learns_of_it(self):
        archive = archive_of_cat()
        sector = (make_cpio.read(archive).index(PART) + 20000) // SECTOR
        options = ["--disk", "--drive-options", BAD_SECTOR + str(sector)]
        # In "eager" the whole file is mapped when it is opened, so that is what fails.
        for arrangement, text in (("internal", "cat: part.txt has 30000 bytes, but .* could be read"),
                                  ("external", "cat: part.txt has 30000 bytes, but .* could be read"),
                                  ("eager", "cat: cannot open part.txt: I/O error")):
            with self.subTest(arrangement=arrangement):
                self.check(guest.run(arrangement, "cat", options, ["part.txt"], archive=archive), 1, text)

    def test_a_disk_that_ends_before_its_directory_says(self):
        archive = make_cpio.read(guest.ARCHIVE)
        short = write("short.img", archive[:archive.index(guest.boot_file("text.txt")) + 5 * SECTOR])
        run = guest.run("internal", "wordcount", ["--disk-image", short])
        self.check(run, 1, "fs: the boot archive is cut short", "cannot read text.txt")
        self.check(guest.run("internal", "hello", ["--disk-image", short]), 0, "fs: the boot archive is cut short")

    def test_an_empty_disk(self):
        empty = write("zeros.img", bytes(64 * SECTOR))
        run = guest.run("internal", "hello", ["--disk-image", empty])
        self.check(run, NOT_FOUND, "fs: the boot archive has no cpio newc header", "root: the boot archive has no program")

    def test_a_device_that_never_answers(self):
        run = from_disk("internal", "hello", IMPATIENT + ["--drive-options", SILENT_AT_ONCE])
        self.check(run, NOT_FOUND, "disk: cannot read .*: the device does not answer; it is given up",
                   "fs: the directory .* cannot be read", "root: the boot archive has no program called hello")

    def test_a_device_that_falls_silent_while_the_program_runs(self):
        for arrangement in guest.ARRANGEMENTS:
            with self.subTest(arrangement=arrangement):
                run = from_disk(arrangement, "wordcount", IMPATIENT + ["--drive-options", SILENT_AFTER + "400000"])
                self.assertNotEqual(run.status, 0)
                self.check(run, run.status, "disk: cannot read .*: the device does not answer; it is given up")
                self.assertEqual(run.stdout.count("disk: "), 1)

    def test_no_device(self):
        run = guest.run("internal", "hello", ["--append", "disk=on"])
        self.check(run, SET_UP_FAILED, "^root: disk=on, but no virtio slot has a block device")

    def test_no_driver(self):
        run = guest.run("internal", "hello", ["--disk"], archive=guest.archive_with("usual", {}))
        self.check(run, SET_UP_FAILED, r"^root: the boot archive has no disk driver \(disk\)")

    def test_options_that_make_no_sense_are_refused_before_the_guest_starts(self):
        for options, text in ((["--drive-options", SLOW], "give --disk too"),
                              (["--disk-image", "absent.img"], "absent.img is not a file"),
                              (["--disk", "--append", "idle=wfi"], "leave out --disk or idle=wfi")):
            run = subprocess.run([sys.executable, guest.LAUNCHER, "--arrangement", "internal", "--program", "hello",
                                  "--out", scratch("refused"), *options], capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, USAGE)
            self.assertIn(text, run.stderr)


if __name__ == "__main__":
    unittest.main()
