#!/usr/bin/env python3
"""Says what demand paging cost each program of a run, from its trace.

  faults      page faults of main; behind a plus, those of its region mapper
  messages    sent, delivered as faults and replied in order to resolve them
  pages read  what the file server filled for the program: for its set-up, its faults, its reads
  to main     instructions from opening the program's file to main's first instruction
  in total    instructions from opening the program's file to the program's end
"""

import argparse
import functools
import os
import sys

import trace_reader

FILES_OPEN, DATASPACE_CLOSE = 1, 18  # enum protocol_label of loader/runtime/protocol.h
ARRANGEMENTS = ("external", "internal", "eager")  # enum arrangement of kernel/abi/objects.h
MESSAGES = ("ipc_send", "ipc_reply", "fault_deliver")


@functools.cache
def marks():
    return trace_reader.marks()


def is_mark(event, *names):
    return event.name == "mark" and event.fields["code"] in [marks()[name] for name in names]


def label(event):
    return event.fields["tag"] >> 32 & 0xFFFF


def set_ups(events):
    """Each program that got a task: its task, and the times at which its file was opened and main was started."""
    root = next((event.thread for event in events if is_mark(event, "MARK_STEP_EXECUTABLE")), None)
    result, begin, task = [], None, None
    for event in events:
        if event.thread != root:
            continue
        if event.name == "ipc_send" and label(event) == FILES_OPEN and begin is None:
            begin = event.time
        elif event.name == "ipc_send" and label(event) == DATASPACE_CLOSE:
            begin = None  # of a program that could not be started, or has ended
        elif is_mark(event, "MARK_STEP_TASK"):
            task = event.fields["value"]
        elif is_mark(event, "MARK_STEP_START_MAIN"):
            result.append({"task": task, "program": event.fields["text"], "begin": begin, "started": event.time})
            begin = None
    return result


def first_instruction(events, main):
    """When the thread runs for the first time with its first page there; None: it never does."""
    own = [event for event in events if event.name == "context_switch" and event.fields["to"] == main
           or event.thread == main and event.name == "fault_begin"]
    for switch, after in zip(own, own[1:] + [None]):
        fetches = after is not None and after.name == "fault_begin" and after.fields["address"] == after.fields["ip"]
        if switch.name == "context_switch" and not fetches:
            return switch.time
    return None


def beneficiaries(events, programs):
    """For each event the task that it serves: of the fault that it belongs to, of nested ones the outermost; else of the
    client whose message is being served; else of the program that is being set up. None: nobody's."""
    fault_task, client = {}, {}
    for event in events:
        if event.name == "fault_begin":
            fault_task[event.fault] = fault_task.get(event.fields["parent"], event.task)
        if event.name == "ipc_send":
            client[event.fields["receiver"]] = client.get(event.thread, event.task)
        task = fault_task.get(event.fault) if event.fault else client.get(event.thread, event.task)
        if task not in programs:
            task = next((number for number, program in programs.items()
                         if program["begin"] <= event.time <= program["started"]), None)
        yield event, task


def report(events):
    """A list of dictionaries, one a program that was started."""
    programs = {program["task"]: program for program in set_ups(events)}
    for program in programs.values():
        program.update(arrangement=None, main=None, faults=0, mapper_faults=0, refused=0, messages=0, pages_read=0,
                       to_main=None, total=None)
    for event, task in beneficiaries(events, programs):
        program = programs.get(task)
        if is_mark(event, "MARK_PROGRAM_EXIT", "MARK_PROGRAM_CRASH"):
            program = programs[event.fields["extra"]]
            program["total"] = event.time - program["begin"]
        elif is_mark(event, "MARK_ARRANGEMENT") and event.fields["extra"] in programs:
            programs[event.fields["extra"]]["arrangement"] = ARRANGEMENTS[event.fields["value"]]
        elif event.name == "thread_control" and event.fields["of_task"] in programs:
            control = programs[event.fields["of_task"]]
            control["main"] = control["main"] or event.fields["controlled"]
        elif program is None:
            continue
        elif event.name == "fault_begin" and event.task == task:
            program["faults" if event.thread == program["main"] else "mapper_faults"] += 1
        elif event.name == "fault_refuse":
            program["refused"] += 1
        elif event.name in MESSAGES and event.fault:
            program["messages"] += 1
        elif is_mark(event, "MARK_CACHE_FILL"):
            program["pages_read"] += 1
    for program in programs.values():
        time = first_instruction(events, program["main"])
        program["to_main"] = None if time is None else time - program["begin"]
        for name in ("task", "main", "begin", "started"):
            del program[name]
    return list(programs.values())


def row(program):
    faults = str(program["faults"]) + (f"+{program['mapper_faults']}" if program["mapper_faults"] else "")
    cells = [program["program"], program["arrangement"], faults, *(program[name] for name in ("messages", "pages_read",
                                                                                           "to_main", "total"))]
    return ["-" if cell is None else f"{cell:,}" if isinstance(cell, int) else cell for cell in cells]


def table(rows):
    """Text in columns: the first two to the left, figures to the right."""
    widths = [max(len(line[column]) for line in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) if column < len(line) - 5 else cell.rjust(width)
                               for column, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in rows)


TITLES = ["program", "arrangement", "faults", "messages", "pages read", "to main", "in total"]


def text(programs):
    return table([TITLES] + [row(program) for program in programs])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("traces", nargs="+", metavar="DIR", help="a trace, or what run.py's --out named")
    rows = []
    for path in parser.parse_args().traces:
        inside = os.path.join(path, "trace")
        try:
            rows += [row(program) for program in
                     report(trace_reader.read(inside if os.path.isdir(inside) else path))]
        except OSError as error:
            sys.exit(f"report.py: {error.filename}: {error.strerror}. Is it the --out of a run with a trace?")
    print(table([TITLES] + rows))


if __name__ == "__main__":
    main()
