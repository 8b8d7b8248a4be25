"""The trace is complete: from it alone follows every page table, as the guest's memory holds it at the end."""

import os
import struct
import unittest

import guest
import trace_reader

RAM_START = 0x80000000
READ, WRITE, EXECUTE = 1, 2, 4  # enum flexpage_rights
PTE_VALID, PTE_READ, PTE_WRITE, PTE_EXECUTE, PTE_USER = 1, 2, 4, 8, 16
USER_ENTRIES = 256  # of the root table: the lower half of Sv39


def from_trace(events, task):
    """The pages of a task at the end: {address: (frame, order, hardware rights)}."""
    pages = {}
    for event in events:
        if event.name == "page_map" and event.fields["to_task"] == task:
            page = trace_reader.flexpage(event.fields["to"])
            pages[page.address] = event.fields["frame"], page.order, hardware(page.rights)
        elif event.name == "page_unmap" and event.fields["from_task"] == task:
            page, remaining = trace_reader.flexpage(event.fields["from"]), event.fields["remaining"]
            frame = pages.pop(page.address)[0]
            if remaining:
                pages[page.address] = frame, page.order, hardware(remaining)
    return pages


def hardware(rights):
    """A writable page is never executable (kernel/abi/ipc.h, RIGHT_EXECUTE)."""
    return (rights & ~EXECUTE if rights & WRITE else rights) & (READ | WRITE | EXECUTE)


class Ram:
    def __init__(self, path):
        self.file = open(path, "rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def table(self, physical):
        self.file.seek(physical - RAM_START)
        return struct.unpack("<512Q", self.file.read(4096))

    def walk(self, root):
        """The user's half of a Sv39 page table (privileged specification 1.12, 4.4), as from_trace gives it."""
        pages = {}
        self.walk_level(root, 2, 0, pages)
        return pages

    def walk_level(self, physical, level, base, pages):
        entries = self.table(physical)
        for index in range(USER_ENTRIES if level == 2 else 512):
            entry, order = entries[index], 12 + 9 * level
            address, frame = base + (index << order), entry >> 10 << 12
            if not entry & PTE_VALID:
                continue
            if entry & (PTE_READ | PTE_WRITE | PTE_EXECUTE):
                bits = ((PTE_READ, READ), (PTE_WRITE, WRITE), (PTE_EXECUTE, EXECUTE))
                rights = sum(right for bit, right in bits if entry & bit)
                pages[address] = frame, order, rights if entry & PTE_USER else None
            else:
                self.walk_level(frame, level - 1, address, pages)


def words(pages):
    """For messages: one line per page."""
    return [f"{address:#x}: frame {frame:#x}, 2^{order} bytes, rights {rights}"
            for address, (frame, order, rights) in sorted(pages.items())]


class PageTables(unittest.TestCase):
    maxDiff = None

    @classmethod
    def tearDownClass(cls):
        for arrangement in guest.ARRANGEMENTS:  # 128 MiB each
            for program in ("wordcount", "crash"):
                os.remove(os.path.join(cls.run_of(arrangement, program).directory, "ram"))

    @staticmethod
    def run_of(arrangement, program):
        return guest.run(arrangement, program, ["--keep-ram"], again=str(os.getpid()))

    def compare(self, arrangement, program):
        run = self.run_of(arrangement, program)
        events = run.events()
        creations = [event.fields for event in events if event.name == "task_create"]
        self.assertIn(trace_reader.payload_task(events), [fields["new_task"] for fields in creations])
        with Ram(os.path.join(run.directory, "ram")) as ram:
            for fields in creations:
                with self.subTest(arrangement=arrangement, program=program, task=fields["new_task"]):
                    derived = from_trace(events, fields["new_task"])
                    self.assertGreater(len(derived), 1)
                    self.assertEqual(words(derived), words(ram.walk(fields["page_table"])))

    def test_the_trace_alone_gives_every_page_table_page_by_page(self):
        for arrangement in guest.ARRANGEMENTS:
            self.compare(arrangement, "wordcount")

    def test_the_same_holds_after_a_crash(self):
        for arrangement in guest.ARRANGEMENTS:
            self.compare(arrangement, "crash")

    def test_the_payload_has_code_constants_and_data_each_with_its_rights(self):
        events = self.run_of("internal", "wordcount").events()
        rights = {page[2] for page in from_trace(events, trace_reader.payload_task(events)).values()}
        self.assertEqual(rights, {READ, READ | WRITE, READ | EXECUTE})

    def test_nothing_is_used_that_the_trace_does_not_show_being_made(self):
        events = self.run_of("internal", "wordcount").events()
        tasks = {event.fields["new_task"] for event in events if event.name == "task_create"}
        threads = {event.fields["new_thread"] for event in events if event.name == "thread_create"}
        gates = {event.fields["gate"] for event in events if event.name == "gate_create"}
        self.assertEqual({event.task for event in events} - tasks, {0})
        self.assertEqual({event.thread for event in events} - threads, {0})
        self.assertLessEqual({event.fields["gate"] for event in events if event.name == "gate_bind"}, gates)


if __name__ == "__main__":
    unittest.main()
