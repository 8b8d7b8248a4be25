"""A program whose files do not fit into the page cache: the right answer, and pages that come and go as they may.

`wordcount` reads 8 MB through 64 frames. Judged by what the host counts in the same text, and by the trace, in which every
page that appears and disappears in a task is an event.
"""

import collections
import os
import re
import subprocess
import sys
import unittest

import guest
import trace_reader

TASK = 1  # enum object_kind
READ, WRITE, EXECUTE = 1, 2, 4
PAGE = 4096
MARK = trace_reader.marks()
CACHE_PAGES = 64
PIECE, PIECES = 1000003, 8  # bytes; no multiple of a page, so that no two pages are alike


TEXT_PAGES = PIECE * PIECES // PAGE


def text():
    generator = os.path.join(guest.ROOT, "loader/programs/make_text.py")
    piece = subprocess.run([sys.executable, generator, "--bytes", str(PIECE), "--seed", "5"], capture_output=True,
                           check=True).stdout
    return piece * PIECES


def expected_lines(content):
    """What wordcount shall say about text.txt with this content."""
    words = [word.rstrip("'").lower() for word in re.findall(r"[A-Za-z][A-Za-z']*", content.decode("ascii"))]
    counts = collections.Counter(words)
    first = f"text.txt: {len(content)} bytes, {len(words)} words, {len(counts)} different ones"
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:20]
    return first, [(word, str(count)) for word, count in most]


class Pages:
    """Who has which frame, followed through a trace. Left out: the file server's own pages and boot memory."""

    def __init__(self, events):
        self.server = trace_reader.named(events, TASK, "fs")
        self.root = trace_reader.named(events, TASK, "root")
        self.own = []  # the file server's: address, size, frame
        self.holders = collections.defaultdict(dict)  # frame: {(task, address): rights}
        self.writable = set()  # frames that a program ever had writable

    def frame(self, address):
        """Of a page in the file server."""
        return next(frame + address - start for start, size, frame in self.own if start <= address < start + size)

    def programs(self, frame):
        return {task for task, _ in self.holders[frame] if task != self.root}

    def follow(self, event):
        fields = event.fields
        if event.name == "page_map" and fields["to_task"] == self.server:
            page = trace_reader.flexpage(fields["to"])
            self.own.append((page.address, 1 << page.order, fields["frame"]))
        elif event.name == "page_map" and fields["from_task"]:
            page = trace_reader.flexpage(fields["to"])
            self.holders[fields["frame"]][fields["to_task"], page.address] = page.rights
            if page.rights & WRITE:
                self.writable.add(fields["frame"])
            return page.rights
        elif event.name == "page_unmap" and not fields["remaining"] & READ:
            place = fields["from_task"], trace_reader.flexpage(fields["from"]).address
            self.holders[fields["frame"]].pop(place, None)
        return 0


class Eviction(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        content = text()
        cls.archive = guest.archive_with("eviction", {"text.txt": content, "disk": guest.boot_file("disk")})
        cls.first_line, cls.lines = expected_lines(content)

    def run_with(self, arrangement, *options):
        return guest.run(arrangement, "wordcount", ["--cache-pages", str(CACHE_PAGES), *options], archive=self.archive)

    def check_answer(self, run):
        self.assertEqual(run.status, 0, run.stdout + run.stderr)
        lines = run.stdout.splitlines()
        self.assertEqual(lines[0], self.first_line)
        self.assertEqual([tuple(line.split()[1:3]) for line in lines[1:]], self.lines)

    def check_pages(self, events):
        """Nothing is writable and executable, what goes is gone from everywhere, what comes was nowhere, and nobody
        shares what anybody may write. Returns how many pages of the text went."""
        pages, filled, evictions = Pages(events), set(), 0
        for event in events:
            rights = pages.follow(event)
            self.assertNotEqual(rights & (WRITE | EXECUTE), WRITE | EXECUTE, event)
            if event.name == "page_map" and event.fields["from_task"] == pages.server:
                frame = event.fields["frame"]
                if frame in pages.writable:
                    self.assertLessEqual(len(pages.programs(frame)), 1, event)
            if event.name != "mark" or event.task != pages.server:
                continue
            code, frame = event.fields["code"], event.fields["extra"]
            if code == MARK["MARK_CACHE_EVICT"]:
                frame = pages.frame(frame)
                self.assertEqual(pages.holders[frame], {}, event)
                filled.remove(frame)
                evictions += event.fields["text"] == "text.txt"
            elif code == MARK["MARK_CACHE_FILL"]:
                frame = pages.frame(frame)
                self.assertEqual(pages.holders[frame], {}, event)
                self.assertNotIn(frame, filled)
                filled.add(frame)
        return evictions

    def check_faults(self, events):
        begun = [event.fault for event in events if event.name == "fault_begin"]
        resolved = [event.fault for event in events if event.name == "fault_resolve"]
        self.assertEqual(sorted(begun), sorted(resolved))
        return len(begun)

    def test_a_text_of_thirty_times_the_cache_is_counted_as_on_the_host(self):
        for arrangement in ("internal", "external"):
            with self.subTest(arrangement=arrangement):
                run = self.run_with(arrangement)
                self.check_answer(run)
                self.assertEqual(run.result()["trace"]["lost"], 0)
                events = run.events()
                self.assertGreater(self.check_pages(events), TEXT_PAGES - CACHE_PAGES)
                self.assertGreater(self.check_faults(events), TEXT_PAGES)

    def test_what_was_mapped_in_advance_and_evicted_comes_back_by_a_fault(self):
        """Mapping all in advance, "eager" fills the cache thirty times over before main reads its first page."""
        run = self.run_with("eager")
        self.check_answer(run)
        events = run.events()
        self.assertGreater(self.check_pages(events), 2 * TEXT_PAGES - 2 * CACHE_PAGES)
        self.assertGreater(self.check_faults(events), TEXT_PAGES - CACHE_PAGES)

    def test_from_a_disk_with_blocks_and_read_ahead_the_answer_is_the_same(self):
        run = self.run_with("internal", "--disk", "--map-pages", "4", "--read-ahead", "16")
        self.check_answer(run)
        events = run.events()
        self.assertGreater(self.check_pages(events), TEXT_PAGES - CACHE_PAGES)
        self.assertLess(self.check_faults(events), TEXT_PAGES // 3)
        requests = [event for event in events if event.name == "mark" and event.fields["code"] == MARK["MARK_DISK_READ"]]
        self.assertLess(len(requests), TEXT_PAGES // 3)

    def test_two_programs_share_clean_pages_and_nothing_else(self):
        run = guest.run("internal", "wordcount", ["--cache-pages", str(CACHE_PAGES), "--program", "wordcount"])
        alone = guest.payload("internal", "wordcount").stdout.splitlines()
        self.assertEqual((run.status, [run.stdout.count(line + "\n") for line in alone]), (0, [2] * len(alone)))
        events = run.events()
        self.assertGreater(self.check_pages(events), 1000000 // PAGE - CACHE_PAGES)
        pages, shared = Pages(events), set()
        for event in events:
            pages.follow(event)
            if event.name == "page_map" and len(pages.programs(event.fields["frame"])) == 2:
                shared.add(event.fields["frame"])
        self.assertGreater(len(shared), 4)
        self.assertFalse(shared & pages.writable)

    def test_programs_that_wait_for_a_disk_together_get_on_with_eight_pages_each(self):
        more = ["--program", "wordcount"] * 3
        run = guest.run("internal", "wordcount", [*more, "--cache-pages", "32", "--disk", "--trace", "off"])
        alone = guest.payload("internal", "wordcount").stdout.splitlines()
        self.assertEqual((run.status, [run.stdout.count(line + "\n") for line in alone]), (0, [4] * len(alone)))

    def test_the_smallest_cache_is_enough(self):
        for arrangement in ("internal", "external"):
            run = guest.run(arrangement, "wordcount", ["--cache-pages", "16", "--trace", "off"])
            self.assertEqual(run.stdout, guest.payload(arrangement, "wordcount").stdout)


if __name__ == "__main__":
    unittest.main()
