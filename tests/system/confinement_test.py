"""Whatever an unprivileged task does (loader/programs/rogue-kernel.c: random system calls with hostile values), it gains
no page and no capability that nobody gave it, stops neither the kernel nor another task, and spends no quota but its own.

Judged from outside: by the trace of pages, capabilities and objects, and by the guest's memory at the end, where the last
rogue's page table and capability table still are. The witness inside judges its own memory, faults and quota.
"""

import os
import re
import struct
import subprocess
import unittest

import guest
import trace_reader
from page_table_test import RAM_START, Ram, from_trace, words

CHECKING = os.path.join(guest.ROOT, "build/kernel/checking.elf")
DIRECT_MAP_OFFSET = 0xffffffc000000000
MASK = 0x10f  # enum trace_group: system, objects, capabilities, pages, marks
CALLS, CHECKED_CALLS = "40000", "4000"
TASK, CAPABILITY = 1, 2  # enum object_kind; enum flexpage_kind
CREATIONS = {"task_create": "new_task", "thread_create": "new_thread", "gate_create": "gate",
             "factory_create": "new_factory", "irq_create": "irq"}
WELL = re.compile(r"^rogue-kernel: (\d+) calls in (\d+) lives, (\d+) messages to the victim: the witness is well$",
                  re.MULTILINE)
LONGEST = re.compile(r"^faultline: longest entry (\d+) instructions: (.+)$", re.MULTILINE)
CHECKED = re.compile(r"^faultline: (\d+) entries, (\d+) of them checked$", re.MULTILINE)

OFFSETS = r"""
    #include <stdio.h>
    #include "kernel/object/task.h"
    #include "kernel/object/thread.h"
    #define SHOW(type, field) printf("%zu ", offsetof(struct type, field))
    int main(void) {
        SHOW(thread, alive); SHOW(thread, task); SHOW(task, object.id); SHOW(task, slots);
        SHOW(mapping, task); SHOW(mapping, page); SHOW(mapping, object); SHOW(object, id);
        printf("%zu %u %u", sizeof(struct mapping), SLOTS_PER_BLOCK, SLOT_BLOCKS);
    }"""
ALIVE, THREAD_TASK, TASK_ID, SLOTS, NODE_TASK, NODE_PAGE, NODE_OBJECT, OBJECT_ID, NODE_SIZE, PER_BLOCK, BLOCKS = range(11)


def run(count, *options, kernel=guest.KERNEL):
    words_of_root = ["--append", "grant=kernel-objects", *options]
    return guest.run("internal", "rogue-kernel", words_of_root, [count], kernel=kernel, again=str(os.getpid()))


def layout():
    """Where the fields are, by the names above; the host lays structs out as the guest does."""
    path = os.path.join(guest.ROOT, "build/tests/system/kernel-layout")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    subprocess.run(["cc", "-I.", "-x", "c", "-", "-o", path], input=OFFSETS, text=True, cwd=guest.ROOT, check=True)
    return [int(word) for word in subprocess.run([path], capture_output=True, check=True).stdout.split()]


def symbol(name):
    shown = subprocess.run(["riscv64-unknown-elf-nm", guest.KERNEL], capture_output=True, text=True, check=True).stdout
    return next(int(line.split()[0], 16) for line in shown.splitlines() if line.split()[-1] == name)


class Memory(Ram):
    """The kernel's structures in the guest's memory, by the kernel's own addresses."""

    def __init__(self, path):
        super().__init__(path)
        self.layout = layout()

    def word(self, address, code="<Q"):
        self.file.seek(address - DIRECT_MAP_OFFSET - RAM_START)
        return struct.unpack(code, self.file.read(struct.calcsize(code)))[0]

    def tasks(self):
        """Of all threads: {id: address}."""
        result, head = {}, self.word(symbol("threads_alive"))
        link = head
        while True:
            task = self.word(link - self.layout[ALIVE] + self.layout[THREAD_TASK])
            if task:
                result[self.word(task + self.layout[TASK_ID], "<I")] = task
            link = self.word(link)  # struct link: next
            if link == head:
                return result

    def capabilities(self, task):
        """Of the task at an address: {index: (object's id, rights)}."""
        result = {}
        for block in range(self.layout[BLOCKS]):
            slots = self.word(task + self.layout[SLOTS] + 8 * block)
            for i in range(self.layout[PER_BLOCK] if slots else 0):
                slot = slots + i * self.layout[NODE_SIZE]
                if self.word(slot + self.layout[NODE_TASK]):
                    found = self.word(self.word(slot + self.layout[NODE_OBJECT]) + self.layout[OBJECT_ID], "<I")
                    rights = self.word(slot + self.layout[NODE_PAGE]) & 0xF
                    result[block * self.layout[PER_BLOCK] + i] = found, rights
        return result


def rogues(events):
    """The ids of all tasks that are the rogue's: those that the witness named so, and what they made themselves."""
    result = {event.fields["object"] for event in events if event.name == "object_name"
              and event.fields["kind"] == TASK and event.fields["name"] == "rogue"}
    for event in events:
        if event.name == "task_create" and event.task in result:
            result.add(event.fields["new_task"])
    return result


class Confinement(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.ended = run(CALLS, "--append", f"trace-mask={MASK}", "--keep-ram")
        cls.events = cls.ended.events()
        cls.rogues = rogues(cls.events)
        cls.witness = trace_reader.payload_task(cls.events)
        named = [event.fields["object"] for event in cls.events if event.name == "object_name"]
        cls.last = max(cls.rogues.intersection(named))

    @classmethod
    def tearDownClass(cls):
        os.remove(os.path.join(cls.ended.directory, "ram"))  # 128 MiB

    def of(self, name):
        return [event for event in self.events if event.name == name]

    def memory(self):
        return Memory(os.path.join(self.ended.directory, "ram"))

    def test_the_witness_is_well_and_so_is_the_rest(self):
        self.assertEqual(self.ended.status, 0, self.ended.stdout + self.ended.stderr)
        calls, lives, served = map(int, WELL.search(self.ended.stdout).groups())
        self.assertGreaterEqual(calls, int(CALLS))
        self.assertGreater(lives, 10)
        self.assertGreater(served, 100)
        self.assertEqual(self.of("lost"), [])
        ended = {int(task) for task in re.findall(r'thread \d+ ".*" of task (\d+) ".*" ends', self.ended.stdout)}
        self.assertLessEqual(ended, self.rogues)

    def test_the_rogue_is_no_harmless_one(self):
        """It maps, takes back and makes objects; else the other claims would be empty."""
        for name, least in {"page_map": 100, "page_unmap": 20, "capability_map": 100, "capability_unmap": 20,
                            "gate_create": 20, "thread_create": 5}.items():
            own = [event for event in self.of(name) if event.task in self.rogues]
            self.assertGreater(len(own), least, name)

    def test_pages_come_to_the_rogue_from_the_witness_or_itself_or_are_its_utcbs(self):
        givers = self.rogues | {self.witness, 0}
        for event in self.of("page_map"):
            if event.fields["to_task"] in self.rogues:
                self.assertIn(event.fields["from_task"], givers, event)
                if event.task in self.rogues:
                    self.assertIn(event.fields["from_task"], self.rogues | {0}, event)

    def test_capabilities_come_to_the_rogue_from_the_witness_or_itself(self):
        for event in self.of("capability_map"):
            if event.fields["to_task"] in self.rogues:
                self.assertIn(event.fields["from_task"], self.rogues | {self.witness}, event)
                if event.task in self.rogues:
                    self.assertIn(event.fields["from_task"], self.rogues, event)

    def test_nobody_else_gets_or_loses_anything_by_the_rogue(self):
        for event in self.events:
            if event.task not in self.rogues:
                continue
            if event.name in ("page_map", "capability_map"):
                self.assertIn(event.fields["to_task"], self.rogues, event)
            if event.name in ("page_unmap", "capability_unmap"):
                self.assertIn(event.fields["from_task"], self.rogues, event)

    def granted_pages(self):
        """What the witness gave to the last rogue and what became its UTCB: {frame: rights}."""
        granted = {}
        for event in self.of("page_map"):
            if event.fields["to_task"] == self.last and event.fields["from_task"] not in self.rogues:
                rights = trace_reader.flexpage(event.fields["to"]).rights
                granted[event.fields["frame"]] = granted.get(event.fields["frame"], 0) | rights
        return granted

    def test_the_last_page_table_shows_granted_frames_only_with_no_more_rights(self):
        creation = next(event for event in self.of("task_create") if event.fields["new_task"] == self.last)
        granted = self.granted_pages()
        with self.memory() as ram:
            pages = ram.walk(creation.fields["page_table"])
        self.assertGreater(len(pages), 10)
        for address, (frame, order, rights) in pages.items():
            self.assertEqual(order, 12, hex(address))
            self.assertIn(frame, granted, hex(address))
            self.assertEqual(rights & ~granted[frame], 0, hex(address))
        self.assertEqual(words(from_trace(self.events, self.last)), words(pages))

    def granted_objects(self):
        """{object: rights} that the witness gave to the last rogue or that it made: all of what it made is its own."""
        granted = {}
        for event in self.events:
            if event.name == "capability_map" and event.fields["to_task"] == self.last \
                    and event.fields["from_task"] not in self.rogues:
                rights = trace_reader.flexpage(event.fields["to"]).rights
                granted[event.fields["object"]] = granted.get(event.fields["object"], 0) | rights
            elif event.name in CREATIONS and event.task in self.rogues:
                granted[event.fields[CREATIONS[event.name]]] = 0xF
        return granted

    def test_the_last_capability_table_names_what_was_given_or_made_with_no_more_rights(self):
        granted = self.granted_objects()
        with self.memory() as ram:
            capabilities = ram.capabilities(ram.tasks()[self.last])
        self.assertGreater(len(capabilities), 5)
        for index, (found, rights) in capabilities.items():
            self.assertIn(found, granted, index)
            self.assertEqual(rights & ~granted[found], 0, index)

    def test_the_rogue_makes_objects_of_its_purse_only(self):
        purses = {event.fields["new_factory"] for event in self.of("factory_create")
                  if event.task == self.witness or event.task in self.rogues}
        for name in CREATIONS:
            for event in self.of(name):
                if event.task in self.rogues:
                    self.assertIn(event.fields["factory"], purses, event)


class Checked(unittest.TestCase):
    """The same under the kernel that walks all its invariants after every entry (tests/kernel/checking.c)."""

    def test_no_call_breaks_an_invariant(self):
        checked = run(CHECKED_CALLS, "--trace", "off", kernel=CHECKING)
        self.assertEqual(checked.status, 0, checked.stdout + checked.stderr)
        self.assertIsNotNone(WELL.search(checked.stdout), checked.stdout)
        entries, checks = map(int, CHECKED.search(checked.stdout).groups())
        self.assertEqual(entries, checks)
        self.assertGreater(entries, int(CHECKED_CALLS))
        self.assertIsNotNone(LONGEST.search(checked.stdout), checked.stdout)


if __name__ == "__main__":
    unittest.main()
