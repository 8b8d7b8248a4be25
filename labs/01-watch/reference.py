#!/usr/bin/env python3
"""reference.py QUESTIONS RUNS: answers the questions of lab 01 from their own words and the traces of the runs.

Who is to learn something does this by hand. It is there for the tests alone, and knows nothing of the grader: what it
finds and what checks.c finds were written apart, and have to agree.
"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts"))
sys.dont_write_bytecode = True

import trace_reader  # noqa: E402

MARK = trace_reader.marks()
LAYOUT_RIGHTS = ((1, "r"), (2, "w"), (4, "x"))


def page(address):
    return address & ~0xFFF


class Fault:
    def __init__(self, run, begin):
        self.run, self.begin, self.id, self.address = run, begin, begin.fault, begin.fields["address"]
        self.events = [event for event in run.events[begin.number:] if event.fault == self.id]
        self.end = next(event for event in self.events if event.name in ("fault_resolve", "fault_refuse"))

    def first(self, kind, **fields):
        return next(event for event in self.events if event.name == kind
                    and all(event.fields[key] == value for key, value in fields.items()))

    def cost(self):
        return self.end.time - self.begin.time


class Run:
    def __init__(self, directory):
        self.events = trace_reader.read(os.path.join(directory, "trace"))
        self.task, self.main = trace_reader.payload_task(self.events), trace_reader.main_thread(self.events)
        self.root = self.events[[event.name for event in self.events].index("task_create")].fields["new_task"]
        self.faults = [Fault(self, event) for event in self.of("fault_begin") if event.thread == self.main]
        self.names = {(event.fields["kind"], event.fields["object"]): event.fields["name"]
                      for event in self.of("object_name")}

    def of(self, kind, **fields):
        return [event for event in self.events if event.name == kind
                and all(event.fields[key] == value for key, value in fields.items())]

    def fault(self, number):
        return self.faults[int(number) - 1]

    def fault_with_id(self, number):
        return Fault(self, next(event for event in self.of("fault_begin") if event.fault == int(number)))

    def thread(self, name):
        return next(number for (_kind, number), text in self.names.items()
                    if text == name and any(event.fields["controlled"] == number for event in self.of("thread_control")))

    def regions(self):
        """(name, start, size) of each, as it was attached for the program. Two may have one name."""
        return [(event.fields["text"], page(event.fields["value"]), event.fields["extra"] & (1 << 40) - 1)
                for event in self.of("mark", code=MARK["MARK_REGION"]) if event.fields["extra"] >> 40 == self.task]

    def region(self, address):
        return next((region for region in self.regions() if region[1] <= address < region[1] + region[2]), None)

    def capability(self, task, index):
        """The event that gave a task the capability at an index."""
        return [event for event in self.of("capability_map", to_task=task) if event.fields["to"] >> 12 == index][-1]


# ---- One function for each question: of its text, its options and rows (text by letter or number), and the runs -------

def kind_of_an_event(text, _options, _rows, runs):
    return runs["internal"].events[int(re.search(r"event (\d+)", text)[1]) - 1].name


def cost_of_a_step(text, _options, _rows, runs):
    step = int(re.search(r"step (\d+)", text)[1])
    ends = {event.fields["code"]: event.time for event in runs["internal"].of("mark") if event.fields["code"] <= 10}
    return ends[step] - ends[step - 1]


def cheapest_fault(text, _options, _rows, runs):
    first, last = map(int, re.search(r"faults (\d+) to (\d+)", text).groups())
    return min(range(first, last + 1), key=lambda number: runs["internal"].fault(number).cost())


def who_pages_whom(_text, options, rows, runs):
    letters = []
    for row in rows.values():
        run = runs["external" if "external" in row else "internal"]
        thread = run.main if row.startswith("main") else run.thread(row.removeprefix("the ").split(",")[0])
        faults = [event for event in run.of("fault_deliver") if event.thread == thread]
        pager = run.names[2, faults[-1].fields["pager"]] if faults else "nobody"
        letters.append(next(letter for letter, option in options.items() if pager in option.split(",")[0]))
    return " ".join(letters)


def label(text, _options, _rows, runs):
    run = runs["internal"]
    gate = run.capability(run.task, int(re.search(r"index (\d+)", text)[1])).fields["object"]
    return run.of("gate_bind", gate=gate)[0].fields["label"]


def pager_index(text, _options, _rows, runs):
    run = runs["internal"]
    thread = run.main if "main thread" in text else run.thread("region mapper")
    return run.of("thread_control", controlled=thread)[-1].fields["pager"]


def fault_of(text, run):
    return run.fault(re.search(r"[Mm]ain's fault (\d+)", text)[1])


def region_name(text, _options, _rows, runs):
    return runs["internal"].region(fault_of(text, runs["internal"]).address)[0]


def page_of_the_fault(text, _options, _rows, runs):
    return hex(page(fault_of(text, runs["internal"]).address))


def page_of_the_dataspace(text, _options, _rows, runs):
    return fault_of(text, runs["internal"]).first("mark", code=MARK["MARK_MAP_REQUEST"]).fields["value"] // 4096


def rights(text, _options, _rows, runs):
    run = runs["internal"]
    landed = fault_of(text, run).first("page_map", to_task=run.task).fields["to"] & 0xF
    return "".join(letter if landed & bit else "-" for bit, letter in LAYOUT_RIGHTS)


BEATS = {"the kernel sends": ("fault_deliver", {}), "the region is found": ("mark", {"code": MARK["MARK_FIND_REGION"]}),
         "the dataspace is asked": ("mark", {"code": MARK["MARK_MAP_REQUEST"]}), "the page is in": ("page_map", {}),
         "main may": ("fault_resolve", {})}


def order_of_beats(text, options, _rows, runs):
    run = runs["internal"]
    fault = fault_of(text, run)
    when = {}
    for letter, option in options.items():
        beat = next((BEATS[start] for start in BEATS if option.startswith(start)), None)
        when[letter] = fault.first(beat[0], **beat[1]).number if beat else fault.first("ipc_reply", receiver=run.main).number
    return " ".join(sorted(when, key=when.get))


def time_of_landing(text, _options, _rows, runs):
    fault = fault_of(text, runs["internal"])
    return fault.first("page_map").time - fault.begin.time


def own_page(text, _options, _rows, runs):
    run = runs["external"]
    return hex(page(fault_of(text, run).first("page_map", to_task=run.root).fields["to"]))


def maps_of_a_fault(text, _options, _rows, runs):
    return sum(event.name == "page_map" for event in fault_of(text, runs[re.search(r'"(\w+)"', text)[1]]).events)


def derived_from(text, options, rows, runs):
    letters = []
    for row in rows.values():
        run = runs[re.search(r'"(\w+)"', row)[1]]
        giver = fault_of(text, run).first("page_map", to_task=run.task).fields["from_task"]
        letters.append(next(letter for letter, option in options.items() if f"task {run.names[1, giver]}" in option))
    return ", ".join(letters)


def whose_address(text, options, _rows, runs):
    run, address = runs["external"], int(re.search(r"0x[0-9a-f]+", text)[0], 16)
    task = next(event.fields["to_task"] for event in run.of("page_map") if page(event.fields["to"]) == address)
    return next(letter for letter, option in options.items() if option.startswith(run.names[1, task]))


def difference(text, _options, _rows, runs):
    return abs(fault_of(text, runs["internal"]).cost() - fault_of(text, runs["external"]).cost())


def parent(text, _options, _rows, runs):
    return runs["small"].events[int(re.search(r"event (\d+)", text)[1]) - 1].fields["parent"]


def nested_count(text, _options, _rows, runs):
    run = runs[re.search(r'"(\w+)"', text)[1]]
    return sum(event.fields["parent"] in {fault.id for fault in run.faults} for event in run.of("fault_begin"))


def order_of_nesting(text, options, _rows, runs):
    run = runs["small"]
    outer, inner = (run.fault_with_id(number) for number in re.findall(r"id (\d+)", text))
    moments = {"main's fault is sent": outer.first("fault_deliver"), "the region mapper faults": inner.begin,
               "the region mapper's page": inner.first("page_map", to_task=run.task),
               "main's page": outer.first("page_map", to_task=run.task), "main goes on": outer.end}
    when = {letter: next(event.number for start, event in moments.items() if option.startswith(start))
            for letter, option in options.items()}
    return "".join(sorted(when, key=when.get))


def why_nested(text, options, _rows, runs):
    address, number = re.search(r"at 0x([0-9a-f]+) in event (\d+)", text).groups()
    run = runs["small"]
    unmaps = [event for event in run.of("page_unmap", from_task=run.task) if event.number < int(number) - 1
              and page(event.fields["from"]) == page(int(address, 16))]
    word = "took it back" if unmaps else "first time"
    return next(letter for letter, option in options.items() if word in option)


def where_from(text, _options, _rows, runs):
    run = runs["internal"]
    return run.capability(run.task, int(re.search(r"capability (\d+)", text)[1])).fields["from"] >> 12


def what_would_go(text, _options, _rows, runs):
    run = runs["internal"]
    index, name = re.search(r"capability (\d+) of (\w+)", text).groups()
    task = next(number for (kind, number), called in run.names.items() if called == name and kind == 1)
    gone = {(task, int(index))}
    for event in run.events[:run.fault(6).begin.number]:
        if event.name == "capability_map" and (event.fields["from_task"], event.fields["from"] >> 12) in gone:
            gone.add((event.fields["to_task"], event.fields["to"] >> 12))
    return len(gone)


def what_control_is_for(_text, options, _rows, _runs):
    return next(letter for letter, option in options.items() if "binds" in option)


def fault_after_eviction(text, _options, _rows, runs):
    event, address = re.search(r"event (\d+) .* 0x([0-9a-f]+)", text).groups()
    return next(number for number, fault in enumerate(runs["small"].faults, 1)
                if fault.begin.number >= int(event) and page(fault.address) == int(address, 16))


def why_refused(text, options, _rows, runs):
    run = runs["refused"]
    fault = fault_of(text, run)
    region = run.region(fault.address)
    asked = any(event.name == "mark" and event.fields["code"] == MARK["MARK_MAP_REQUEST"] for event in fault.events)
    word = "no such page" if asked else "does not allow" if region else "no region holds"
    return next(option for option in options.values() if word in option)


def untouched(text, run):
    """All pages that are a right answer."""
    name = re.search(r'region "(\w+)"', text)[1]
    start, size = next(region[1:] for region in run.regions() if region[0] == name)
    had = {page(event.fields["to"]) for event in run.of("page_map", to_task=run.task)}
    return sorted(set(range(start, start + size, 4096)) - had)


def never_touched(text, _options, _rows, runs):
    return hex(untouched(text, runs["internal"])[-1])


def chain(text, options, _rows, runs):
    run = runs["external"]
    step, owners = fault_of(text, run).first("page_map", to_task=run.task), []
    while True:
        task, address = step.fields["to_task"], page(step.fields["to"])
        owners.insert(0, f"{address:#x} of {run.names[1, task]}")
        giver, given = step.fields["from_task"], page(step.fields["from"])
        behind = [event for event in run.of("page_map", to_task=giver) if event.number < step.number
                  and page(event.fields["to"]) == given]
        if not behind:
            break
        step = behind[-1]
    return " > ".join(next(letter for letter, option in options.items() if option == owner) for owner in owners)


ANSWERS = {
    "1.1": kind_of_an_event, "1.2": cost_of_a_step, "1.3": cheapest_fault, "2.1": who_pages_whom, "2.2": label,
    "2.3": pager_index, "3.1": region_name, "3.2": page_of_the_fault, "3.3": page_of_the_dataspace, "3.4": rights,
    "3.5": order_of_beats, "3.6": time_of_landing, "4.1": own_page, "4.2": maps_of_a_fault, "4.3": derived_from,
    "4.4": whose_address, "4.5": difference, "5.1": parent, "5.2": nested_count, "5.3": order_of_nesting,
    "5.4": why_nested, "6.1": where_from, "6.2": what_would_go, "6.3": what_control_is_for,
    "6.4": fault_after_eviction, "7.1": why_refused, "7.2": never_touched, "7.3": chain,
}


def joined(lines):
    return re.sub(r"\s+", " ", lines).strip()


def answered(block, runs):
    """A block of the file with its answer."""
    number = re.match(r"Question (\S+)", block)[1]
    body = re.split(r"^    Look:", block, flags=re.MULTILINE)[0].split("\n", 1)[1]
    listed = r"^      (%s)[.)] (.*?)(?=^      [\da-f][.)] |\Z)"
    options = {letter: joined(text) for letter, text in re.findall(listed % "[a-f]", body, re.MULTILINE | re.DOTALL)}
    rows = {row: joined(text) for row, text in re.findall(listed % r"\d", body, re.MULTILINE | re.DOTALL)}
    text = joined(re.split(r"^      [\da-f][.)] ", body, flags=re.MULTILINE)[0])
    return re.sub(r"^answer: ?$", lambda _match: f"answer: {ANSWERS[number](text, options, rows, runs)}", block,
                  flags=re.MULTILINE)


def main(questions, directory):
    runs = {name: Run(os.path.join(directory, name)) for name in ("internal", "external", "small", "refused")}
    with open(questions) as file:
        head, *blocks = re.split(r"^(?=Question )", file.read(), flags=re.MULTILINE)
    print(head + "".join(answered(block, runs) for block in blocks), end="")


if __name__ == "__main__":
    main(*sys.argv[1:])
