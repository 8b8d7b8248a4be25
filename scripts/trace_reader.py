"""Reads a trace directory in Python: for tests, benchmarks and small tools that ask a question of a trace.

The kinds of events and the names of their fields come from the trace's own metadata; the numbers behind the names of
marks come from kernel/abi/objects.h. A cut stream is read as far as its records are whole.
"""

import collections
import os
import re
import struct

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RECORD = struct.Struct("<QHHIII40s")
PREFIX_SIZE = 64

EVENT = re.compile(r'event \{\s*name = "(\w+)";\s*id = (\d+);\s*stream_id = 0;\s*fields := struct \{(.*?)\};',
                   re.DOTALL)
FIELD = re.compile(r"(\w+) _(\w+?)(?:\[(\d+)\])?;")

Event = collections.namedtuple("Event", "number time name thread fault task fields")
Flexpage = collections.namedtuple("Flexpage", "address order kind rights")


def flexpage(value):
    """Takes one apart (kernel/abi/ipc.h): address, order, kind, rights."""
    return Flexpage(value & ~0xFFF, value >> 6 & 0x3F, value >> 4 & 3, value & 0xF)


def marks():
    """The codes of marks by name, from the table in kernel/abi/objects.h."""
    with open(os.path.join(ROOT, "kernel/abi/objects.h")) as header:
        return {name: int(code) for name, code in re.findall(r"X\((MARK_\w+), (\d+),", header.read())}


def layouts(metadata):
    """For each event id: its name, the struct that unpacks its arguments, the fields' names."""
    result = {}
    for name, number, body in EVENT.findall(metadata):
        pattern, names = "<", []
        for _, field, characters in FIELD.findall(body):
            pattern += f"{characters}s" if characters else "Q"
            names.append(field)
        result[int(number)] = name, struct.Struct(pattern), names
    return result


def value(field):
    return field.rstrip(b"\0").decode(errors="replace") if isinstance(field, bytes) else field


def read(directory):
    """All events of a trace directory, a list in the order in which they happened."""
    with open(os.path.join(directory, "metadata")) as file:
        layout = layouts(file.read())
    with open(os.path.join(directory, "stream_0"), "rb") as file:
        data = file.read()[PREFIX_SIZE:]
    events = []
    for number, record in enumerate(RECORD.iter_unpack(data[:len(data) // RECORD.size * RECORD.size])):
        time, kind, _hart, thread, fault, task, arguments = record
        name, arguments_struct, names = layout[kind]
        fields = {key: value(field) for key, field in zip(names, arguments_struct.unpack(arguments))}
        events.append(Event(number, time, name, thread, fault, task, fields))
    return events


def named(events, kind, name):
    """The id of the first object of a kind (enum object_kind) that got this name; None if none did."""
    for event in events:
        if event.name == "object_name" and event.fields["kind"] == kind and event.fields["name"] == name:
            return event.fields["object"]
    return None


def main_thread(events):
    """The id of the payload's first thread: "main" of the task that step 2 names."""
    task = payload_task(events)
    for event in events:
        if event.name == "thread_control" and event.fields["of_task"] == task:
            return event.fields["controlled"]
    return None


def payload_task(events):
    """The id of the task of the program that the run was for."""
    code = marks()["MARK_STEP_TASK"]
    for event in events:
        if event.name == "mark" and event.fields["code"] == code:
            return event.fields["value"]
    return None
