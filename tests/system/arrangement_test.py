"""What the trace says of the three arrangements: who resolves a fault of main, and how the page gets there."""

import re
import os
import unittest

import guest
import trace_reader

PROGRAMS = ("hello", "wordcount", "sort")
MEMORY = 1  # enum flexpage_kind
RESOLVE_FLEXPAGE, RESOLVE_EMPTY_REPLY = 1, 2
PAGE = 4096
MARK = trace_reader.marks()


class Story:
    """One fault: its begin, and all events that serve it, in order."""

    def __init__(self, begin):
        self.begin, self.events = begin, []

    def all(self, name):
        return [event for event in self.events if event.name == name]

    def one(self, name):
        found = self.all(name)
        if len(found) != 1:
            raise AssertionError(f"fault {self.begin.fault} has {len(found)} events {name}, not one")
        return found[0]


def stories(events, thread):
    """The faults of a thread with all that happened on their behalf."""
    result = {event.fault: Story(event) for event in events if event.name == "fault_begin" and event.thread == thread}
    for event in events:
        if event.fault in result:
            result[event.fault].events.append(event)
    return list(result.values())


def page_of(address):
    return address & ~(PAGE - 1)


def marks_of(events, name):
    return [event for event in events if event.name == "mark" and event.fields["code"] == MARK[name]]


class Internal(unittest.TestCase):
    def test_every_fault_is_resolved_in_the_receive_window_and_by_an_empty_reply(self):
        for program in PROGRAMS:
            events = guest.payload("internal", program).events()
            main, task = trace_reader.main_thread(events), trace_reader.payload_task(events)
            mapper = next(event.fields["controlled"] for event in events if event.name == "thread_control"
                          and event.fields["of_task"] == task and event.fields["controlled"] != main)
            faults = stories(events, main)
            self.assertGreater(len(faults), 5)
            for story in faults:
                with self.subTest(program=program, fault=story.begin.fault):
                    self.check(story, mapper, task)

    def check(self, story, mapper, task):
        address = story.begin.fields["address"]
        deliver, resolve = story.one("fault_deliver"), story.one("fault_resolve")
        self.assertEqual((deliver.fields["pager"], deliver.fields["pager_task"]), (mapper, task))
        self.assertEqual((resolve.fields["how"], resolve.fields["item"]), (RESOLVE_EMPTY_REPLY, 0))
        windows = [event for event in story.all("receive_window") if event.thread == mapper]
        window = trace_reader.flexpage(windows[-1].fields["memory"])
        self.assertEqual((window.kind, window.address, 1 << window.order), (MEMORY, page_of(address), PAGE))
        maps = [event for event in story.all("page_map") if event.fields["to_task"] == task
                and trace_reader.flexpage(event.fields["to"]).address == page_of(address)]
        self.assertEqual(len(maps), 1)
        self.assertLess(windows[-1].number, maps[0].number)
        self.assertLess(maps[0].number, resolve.number)
        self.assertNotEqual(maps[0].fields["from_task"], task)
        self.assertNotEqual(maps[0].thread, mapper)  # whoever replies to the mapper brings it
        reply = [event for event in story.all("ipc_reply") if event.thread == mapper][-1]
        self.assertEqual(reply.fields["tag"] >> 8 & 0xFF, 0)

    def test_the_region_mapper_is_paged_by_the_external_pager(self):
        events = guest.payload("internal", "wordcount").events()
        main, task = trace_reader.main_thread(events), trace_reader.payload_task(events)
        own = [event for event in events if event.name == "fault_begin" and event.task == task and event.thread != main]
        self.assertGreater(len(own), 0)
        for story in stories(events, own[0].thread):
            self.assertNotEqual(story.one("fault_deliver").fields["pager_task"], task)
            self.assertEqual(story.one("fault_resolve").fields["how"], RESOLVE_FLEXPAGE)


class External(unittest.TestCase):
    def test_every_fault_is_resolved_by_the_flexpage_of_the_reply(self):
        for program in PROGRAMS:
            events = guest.payload("external", program).events()
            main, task = trace_reader.main_thread(events), trace_reader.payload_task(events)
            faults = stories(events, main)
            self.assertGreater(len(faults), 5)
            for story in faults:
                with self.subTest(program=program, fault=story.begin.fault):
                    self.check(story, task)

    def check(self, story, task):
        address = story.begin.fields["address"]
        deliver, resolve = story.one("fault_deliver"), story.one("fault_resolve")
        pager, pager_task = deliver.fields["pager"], deliver.fields["pager_task"]
        self.assertNotEqual(pager_task, task)
        self.assertEqual((resolve.fields["how"], resolve.fields["pager"]), (RESOLVE_FLEXPAGE, pager))
        item = trace_reader.flexpage(resolve.fields["item"])
        maps = [event for event in story.all("page_map") if event.fields["to_task"] == task]
        self.assertEqual(len(maps), 1)
        fields = maps[0].fields
        self.assertEqual(trace_reader.flexpage(fields["to"]).address, page_of(address))
        source = trace_reader.flexpage(fields["from"]).address
        self.assertEqual((fields["from_task"], source), (pager_task, item.address))
        reply = [event for event in story.all("ipc_reply") if event.thread == pager][-1]
        self.assertEqual(reply.fields["tag"] >> 8 & 0xFF, 1)
        self.assertLess(reply.number, maps[0].number)
        self.assertLess(maps[0].number, resolve.number)

    def test_the_content_was_brought_into_the_pagers_own_memory_before(self):
        events = guest.payload("external", "wordcount").events()
        for story in stories(events, trace_reader.main_thread(events)):
            pager_task = story.one("fault_deliver").fields["pager_task"]
            source = trace_reader.flexpage(story.one("fault_resolve").fields["item"]).address
            arrivals = [event.number for event in events if event.name == "page_map"
                        and event.fields["to_task"] == pager_task
                        and trace_reader.flexpage(event.fields["to"]).address == source]
            self.assertTrue(arrivals and arrivals[0] < story.one("fault_resolve").number)


class Eager(unittest.TestCase):
    def test_main_takes_no_fault(self):
        for program in PROGRAMS:
            events = guest.payload("eager", program).events()
            self.assertEqual(stories(events, trace_reader.main_thread(events)), [])

    def test_its_pages_are_there_before_main_starts(self):
        events = guest.payload("eager", "hello").events()
        main, task = trace_reader.main_thread(events), trace_reader.payload_task(events)
        start = next(event for event in events if event.name == "thread_start" and event.fields["started"] == main)
        before = {trace_reader.flexpage(event.fields["to"]).address for event in events[:start.number]
                  if event.name == "page_map" and event.fields["to_task"] == task}
        self.assertIn(page_of(start.fields["ip"]), before)
        self.assertIn(page_of(start.fields["sp"]), before)


class Steps(unittest.TestCase):
    NAMES = ("MARK_STEP_EXECUTABLE", "MARK_STEP_TASK", "MARK_STEP_THREADS", "MARK_STEP_STACKS",
             "MARK_STEP_POPULATE_STACKS", "MARK_STEP_CAPABILITIES", "MARK_STEP_GATE", "MARK_STEP_PAGERS",
             "MARK_STEP_START_REGION_MAPPER", "MARK_STEP_START_MAIN")

    def test_the_ten_steps_are_marked_once_each_and_in_order(self):
        codes = [MARK[name] for name in self.NAMES]
        self.assertEqual(codes, list(range(1, 11)))
        for arrangement in guest.ARRANGEMENTS:
            events = guest.payload(arrangement, "wordcount").events()
            seen = [event.fields["code"] for event in events if event.name == "mark" and event.fields["code"] in codes]
            self.assertEqual(seen, codes, arrangement)

    def test_each_step_did_what_its_mark_says(self):
        events = guest.payload("internal", "wordcount").events()
        main, task = trace_reader.main_thread(events), trace_reader.payload_task(events)
        at = [marks_of(events, name)[0].number for name in self.NAMES]

        def within(step, name, **fields):
            """The events of a step (1..10): those between the mark before and its own."""
            span = events[at[step - 2] if step > 1 else 0:at[step - 1]]
            return [event for event in span if event.name == name
                    and all(event.fields[key] == content for key, content in fields.items())]

        self.assertEqual(len(within(2, "task_create", new_task=task)), 1)
        self.assertEqual(len(within(3, "thread_create")), 2)
        self.assertGreater(len(within(6, "capability_map", to_task=task)), 3)
        gates = [event.fields["gate"] for event in within(7, "gate_create")]
        self.assertTrue(any(event.fields["object"] in gates for event in within(7, "capability_map", to_task=task)))
        control = within(8, "thread_control", controlled=main)
        self.assertEqual([(event.fields["pager"] != 0, event.fields["handler"] != 0) for event in control],
                         [(True, True)])
        self.assertEqual(len(within(9, "thread_start")), 1)
        self.assertEqual(len(within(10, "thread_start", started=main)), 1)

    def test_main_faults_at_its_first_instruction(self):
        for arrangement in ("internal", "external"):
            events = guest.payload(arrangement, "wordcount").events()
            main = trace_reader.main_thread(events)
            start = next(event for event in events if event.name == "thread_start" and event.fields["started"] == main)
            first = stories(events, main)[0].begin
            self.assertEqual((first.fields["address"], first.fields["ip"]), (start.fields["ip"], start.fields["ip"]))

    def test_the_region_mapper_binds_the_gate_that_is_mains_pager(self):
        events = guest.payload("internal", "wordcount").events()
        main, task = trace_reader.main_thread(events), trace_reader.payload_task(events)
        gate = stories(events, main)[0].one("fault_deliver").fields["gate"]
        binds = [event for event in events if event.name == "gate_bind" and event.fields["gate"] == gate]
        mapper = binds[-1].thread
        self.assertEqual((binds[-1].task, {event.fields["receiver"] for event in binds}), (task, {mapper}))


class Causality(unittest.TestCase):
    def test_every_fault_that_begins_is_delivered_and_resolved_or_refused_once(self):
        for arrangement in guest.ARRANGEMENTS:
            for program in guest.PAYLOADS:
                events = guest.payload(arrangement, program).events()
                for begin in (event for event in events if event.name == "fault_begin"):
                    ends = [event.name for event in events if event.fault == begin.fault
                            and event.name in ("fault_resolve", "fault_refuse")]
                    self.assertEqual(len(ends), 1, f"fault {begin.fault} of {program}, {arrangement}")

    def test_time_never_goes_back_and_the_last_event_is_the_halt(self):
        events = guest.payload("internal", "sort").events()
        times = [event.time for event in events]
        self.assertEqual(times, sorted(times))
        self.assertEqual((events[0].name, events[-1].name), ("boot", "halt"))

    def test_the_layout_of_the_table_of_events_reaches_the_reader(self):
        with open(os.path.join(guest.ROOT, "kernel/abi/trace.h")) as header:
            kinds = re.findall(r"X\(TRACE_\w+, (\d+), TRACE_GROUP_\w+, (\w+),", header.read())
        with open(os.path.join(guest.payload("internal", "hello").trace, "metadata")) as metadata:
            layouts = trace_reader.layouts(metadata.read())
        self.assertEqual({int(number): name for number, name in kinds},
                         {number: layout[0] for number, layout in layouts.items()})


if __name__ == "__main__":
    unittest.main()
