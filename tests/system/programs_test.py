"""Several programs in one run, each with its own arrangement: what each prints is what it prints alone, one that cannot
be started or crashes disturbs no other, and the run's status is that of the first one that ends badly."""

import unittest

import guest
import trace_reader

CRASHED, NOT_EXECUTABLE, NOT_FOUND = 139, 126, 127
PLACES = 15  # loader/root/layout.h


def words(*programs):
    """Options of run.py that follow a first program: (arrangement, name, argument...)."""
    result = []
    for arrangement, name, *arguments in programs:
        result += ["--program", name, "--arrangement", arrangement]
        for argument in arguments:
            result += ["--argument", argument]
    return result


def together(*programs):
    """Runs them in one guest."""
    (arrangement, name, *arguments), *others = programs
    options = [word for argument in arguments for word in ("--argument", argument)] + words(*others)
    return guest.run(arrangement, name, options)


class Together(unittest.TestCase):
    PROGRAMS = (("internal", "sort", "500"), ("external", "wordcount", "text.txt"), ("eager", "hello"))

    def test_each_prints_what_it_prints_alone(self):
        run = together(*self.PROGRAMS)
        self.assertEqual(run.status, 0, run.stderr)
        for arrangement, name, *arguments in self.PROGRAMS:
            alone = guest.run(arrangement, name, arguments=arguments)
            for line in alone.stdout.splitlines():
                self.assertIn(line, run.stdout.splitlines())
            self.assertIn(f"root: {name} ended with status 0", run.stdout)

    def test_each_has_its_own_task_arrangement_and_pages(self):
        events = together(*self.PROGRAMS).events()
        marks = trace_reader.marks()
        arrangements = [event.fields["value"] for event in events
                        if event.name == "mark" and event.fields["code"] == marks["MARK_ARRANGEMENT"]]
        self.assertEqual(arrangements, [1, 0, 2])
        faults = [event for event in events if event.name == "fault_begin"]
        over = [event.fault for event in events if event.name in ("fault_resolve", "fault_refuse")]
        self.assertEqual(sorted(event.fault for event in faults), sorted(over))
        self.assertEqual(len({event.task for event in faults}), 2)  # none of the eager one

    def test_what_the_first_to_end_had_is_taken_back(self):
        events = together(("internal", "hello"), ("external", "wordcount", "text.txt")).events()
        tasks = {event.fields["name"]: event.fields["object"] for event in events
                 if event.name == "object_name" and event.fields["name"] in ("hello", "wordcount")}
        gone = [event.fields["object"] for event in events if event.name == "object_destroy"]
        self.assertIn(tasks["hello"], gone)
        self.assertNotIn(tasks["wordcount"], gone)


class Disturbed(unittest.TestCase):
    def test_those_that_cannot_be_started_or_crash_disturb_nobody(self):
        run = together(("external", "sort", "500"), ("external", "text.txt"), ("internal", "crash"),
                       ("internal", "nosuch"), ("eager", "crash"), ("external", "hello"))
        self.assertEqual(run.status, NOT_EXECUTABLE)
        self.assertIn("text.txt cannot be run", run.stdout)
        self.assertIn("no program called nosuch", run.stdout)
        self.assertEqual(run.stdout.count("crash crashed; the rest goes on"), 2)
        self.assertIn("sorted 500 records", run.stdout)
        self.assertIn("root: hello ended with status 0", run.stdout)

    def test_the_first_bad_status_in_the_order_of_the_command_line_is_the_runs(self):
        for programs, status in ((("hello", "nosuch", "crash"), NOT_FOUND), (("crash", "hello", "nosuch"), CRASHED)):
            with self.subTest(programs=programs):
                self.assertEqual(together(*(("internal", name) for name in programs)).status, status)

    def test_more_programs_than_places_run_one_after_the_other(self):
        run = together(*[("internal" if number % 2 else "external", "hello") for number in range(2 * PLACES + 1)])
        self.assertEqual(run.status, 0, run.stdout)
        self.assertEqual(run.stdout.count("root: hello ended with status 0"), 2 * PLACES + 1)


class Policies(unittest.TestCase):
    """map-pages and pre-map change how pages come, never what a program prints."""

    def test_a_premapped_entry_page_takes_no_fault(self):
        for arrangement in ("internal", "external"):
            with self.subTest(arrangement):
                plain, mapped = (guest.run(arrangement, "hello", options) for options in ([], ["--pre-map", "entry"]))
                self.assertEqual(plain.stdout, mapped.stdout)
                counts = []
                for run in (plain, mapped):
                    events = run.events()
                    main = trace_reader.main_thread(events)
                    faults = [event for event in events if event.name == "fault_begin" and event.thread == main]
                    counts.append([event.fields["address"] & ~0xFFF for event in faults].count(0x10000))
                self.assertEqual(counts, [1, 0])

    def test_larger_blocks_take_fewer_faults(self):
        for arrangement in ("internal", "external"):
            faults = []
            for pages in ("1", "8", "64"):
                with self.subTest(arrangement, pages=pages):
                    run = guest.run(arrangement, "wordcount", ["--map-pages", pages], ["text.txt"])
                    self.assertEqual(run.stdout, guest.run(arrangement, "wordcount", (), ["text.txt"]).stdout)
                    faults.append(sum(event.name == "fault_begin" for event in run.events()))
            self.assertEqual(faults, sorted(faults, reverse=True))
            self.assertLess(faults[1], faults[0] / 4)
            self.assertLess(faults[2], faults[1])


if __name__ == "__main__":
    unittest.main()
