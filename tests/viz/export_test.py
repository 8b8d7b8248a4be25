#!/usr/bin/env python3
"""What the visualizer writes for other programs, of a real run: against the formats' documents, against babeltrace2 and
against scripts/trace_reader.py, which share no code with it."""

import itertools
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/system"))
sys.dont_write_bytecode = True

import guest  # noqa: E402

TOKEN = "\u25cf"
VIZ = os.path.join(ROOT, "build/bin/faultline-viz")


def viz(*words, **environment):
    done = subprocess.run([VIZ, *words], capture_output=True, check=True, env=dict(os.environ, XDG_CONFIG_HOME="/nowhere", **environment))
    return done.stdout.decode("utf-8", errors="strict")


def refuse(word):
    raise ValueError(f"{word} is no JSON")


def once(pairs):
    """RFC 8259: the names within an object should be unique."""
    result = dict(pairs)
    assert len(result) == len(pairs), pairs
    return result


def strict(text):
    return json.loads(text, parse_constant=refuse, object_pairs_hook=once)


def number(value):
    """A number of the JSON lines: those from 2^53 on are strings."""
    return int(value, 16) if isinstance(value, str) else value


class OfARun(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = guest.payload("internal", "hello")
        cls.trace = cls.run_.trace
        cls.events = cls.run_.events()


class Events(OfARun):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lines = [strict(line) for line in viz("--json", cls.trace).splitlines()]

    def test_json_lines_agree_with_a_reader_that_shares_no_code_with_it(self):
        self.assertEqual(len(self.lines), len(self.events))
        for line, event in zip(self.lines, self.events):
            self.assertEqual((line["event"] - 1, number(line["time"]), line["kind"], line["thread"], line["fault"],
                              line["task"]), event[:6])
            for name, value in event.fields.items():
                if name.startswith("unused"):
                    continue
                mine = line["fields"][name]
                self.assertEqual(mine if isinstance(value, str) else number(mine), value, (line, name))

    def test_the_event_list_agrees_with_babeltrace2_event_by_event(self):
        foreign = subprocess.run(["babeltrace2", self.trace], capture_output=True, check=True).stdout.decode()
        pattern = re.compile(r"\[(\d+):(\d+):(\d+)\.(\d{9})\] \S+ (\w+): \{[^}]*\}, "
                             r"\{ hart = (\d+), thread = (\d+), fault = (\d+), task = (\d+) \}, \{ (.*) \}$")
        field = re.compile(r'(\w+) = ("(?:[^"\\]|\\.)*"|\w+)')
        listed = viz("--events", self.trace).splitlines()
        foreign = foreign.splitlines()
        self.assertEqual(len(foreign), len(listed))
        self.assertEqual(len(foreign), len(self.lines))
        for theirs, mine, line in zip(foreign, listed, self.lines):
            hours, minutes, seconds, part, kind, hart, thread, fault, task, fields = pattern.match(theirs).groups()
            time = ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 10**9 + int(part)
            words = re.match(r" *([\d,]+) +(\d+)  (?:\[fault id (\d+)\] )?(.*?): (\w+) ?(.*)$", mine)
            self.assertEqual((int(words[2]), int(words[3] or 0), words[5]), (time, int(fault), kind))
            self.assertEqual((line["hart"], line["thread"], line["task"]), (int(hart), int(thread), int(task)))
            for name, value in field.findall(fields):
                if name.startswith("unused"):
                    continue
                if value.startswith('"'):
                    self.assertEqual(value[1:-1].replace('\\"', '"'), line["fields"][name], theirs)
                else:
                    self.assertEqual(int(value, 0), number(line["fields"][name]), theirs)
            # The words of the list are those that the JSON lines put beside the numbers just compared.
            self.assertEqual(words[6], " ".join(f"{name}={text}" for name, text in line["text"].items()))


class Perfetto(OfARun):
    """The rules of the document "Trace Event Format", for the kinds of events that are used."""

    REQUIRED = {"B": {"name", "cat", "args"}, "E": set(), "X": {"name", "cat", "dur"}, "i": {"name", "cat", "s"},
                "s": {"name", "cat", "id"}, "f": {"name", "cat", "id", "bp"}, "M": {"name", "args"}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.whole = strict(viz("--perfetto", cls.trace))
        cls.slices = cls.whole["traceEvents"]

    def test_each_event_has_the_members_of_its_phase_and_no_unknown_ones(self):
        self.assertEqual(self.whole["displayTimeUnit"], "ns")
        for event in self.slices:
            self.assertEqual(set(event) - {"args"}, ({"ph", "ts", "pid", "tid"} | self.REQUIRED[event["ph"]]) - {"args"})
            self.assertGreaterEqual(event["ts"], 0)
            self.assertIsInstance(event["pid"], int)
            self.assertIsInstance(event["tid"], int)
            self.assertIsInstance(event.get("args", {}), dict)
            self.assertIn(event.get("s", "t"), ("g", "p", "t"))
            if event["ph"] == "M":
                self.assertIn(event["name"], ("process_name", "thread_name"))

    def test_slices_of_a_track_are_closed_and_lie_one_inside_the_other(self):
        open_, last = {}, 0
        for event in self.slices:
            track = event["pid"], event["tid"]
            if event["ph"] in "BEisf":
                self.assertGreaterEqual(event["ts"], last)
                last = event["ts"]
            if event["ph"] == "B":
                open_.setdefault(track, []).append(event)
            if event["ph"] == "E":
                self.assertTrue(open_.get(track), event)
                open_[track].pop()
        self.assertFalse(any(open_.values()))

    def test_each_arrow_begins_and_ends_inside_a_slice(self):
        depth, arrows, ended = {}, {}, 0
        for event in self.slices:
            track = event["pid"], event["tid"]
            depth[track] = depth.get(track, 0) + {"B": 1, "E": -1}.get(event["ph"], 0)
            if event["ph"] in "sf":
                self.assertGreater(depth[track], 0, event)
            if event["ph"] == "s":
                self.assertNotIn(event["id"], arrows)
                arrows[event["id"]] = event
            if event["ph"] == "f":
                start = arrows[event["id"]]
                self.assertEqual((start["name"], start["cat"]), (event["name"], event["cat"]))
                ended += 1
        self.assertEqual(ended, len(arrows))
        self.assertGreater(ended, 40)

    def test_every_fault_is_a_slice_and_a_nested_one_lies_inside_the_service_for_its_parent(self):
        begun = [event for event in self.events if event.name == "fault_begin"]
        slices = [event for event in self.slices if event["ph"] == "B" and event["cat"] == "fault"]
        self.assertEqual([(event.fault, event.fields["parent"]) for event in begun],
                         [(event["args"]["id"], event["args"]["parent"]) for event in slices])
        stack, nested = {}, 0
        for event in self.slices:
            track = stack.setdefault((event["pid"], event["tid"]), [])
            if event["ph"] == "B":
                if event["cat"] == "fault" and event["args"]["parent"]:
                    nested += 1
                    self.assertRegex(track[-1]["name"], "^FAULT .* from main$")
                track.append(event)
            if event["ph"] == "E":
                track.pop()
        self.assertGreater(nested, 0)

    def test_every_mark_is_an_instant(self):
        marks = [event for event in self.slices if event["ph"] == "i" and event["cat"] == "mark"]
        self.assertEqual(len(marks), sum(event.name == "mark" for event in self.events))


class Screen:
    """As much of a terminal as a cast of ours may use; anything else is an error."""

    SEQUENCE = re.compile(r"\x1b\[(\?25[lh]|2J|K|\d+;1H|[\d;]*m)|([^\x1b\x00-\x1f]+)|(.)", re.DOTALL)

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, [[" "] * columns for _ in range(rows)]
        self.x = self.y = 0

    def write(self, text):
        for sequence, characters, other in self.SEQUENCE.findall(text):
            assert not other, repr(other)
            if sequence == "2J":
                self.rows = [[" "] * self.columns for _ in self.rows]
            elif sequence == "K":
                self.rows[self.y][self.x:] = [" "] * (self.columns - self.x)
            elif sequence.endswith("H"):
                self.x, self.y = 0, int(sequence.split(";")[0]) - 1
            for character in characters:
                self.rows[self.y][self.x] = character
                self.x += 1

    def text(self):
        return "".join("".join(row).rstrip() + "\n" for row in self.rows)


class Cast(OfARun):
    """asciicast v2: https://docs.asciinema.org/manual/asciicast/v2/"""

    def cast(self, *words, **environment):
        lines = viz("--cast", "--size", "100x30", *words, self.trace, **environment).splitlines()
        return strict(lines[0]), [strict(line) for line in lines[1:]]

    def play(self, events):
        screen = Screen(100, 30)
        for _, _, data in events:
            screen.write(data)
        return screen.text()

    def test_header_and_events_are_those_of_the_format(self):
        header, events = self.cast("--from", "fault:2", "--to", "fault:3")
        self.assertEqual((header["version"], header["width"], header["height"]), (2, 100, 30))
        self.assertIsInstance(header["title"], str)
        self.assertTrue(set(header) <= {"version", "width", "height", "timestamp", "duration", "title", "env"})
        last = 0
        for time, code, data in events:
            self.assertIsInstance(time, (int, float))
            self.assertGreaterEqual(time, last)
            self.assertEqual(code, "o")
            self.assertIsInstance(data, str)
            last = time
        self.assertGreater(len(events), 20)
        self.assertGreater(last, 3)

    def test_played_it_ends_in_the_picture_of_its_last_event(self):
        for place in ("fault:2.5", "fault:3", "end"):
            _, events = self.cast("--from", "fault:2.3", "--to", place)
            picture = viz("--snapshot", "text", "--size", "100x30", "--at", place, self.trace, LC_ALL="C.UTF-8")
            played = self.play(events)
            self.assertEqual([len(text.splitlines()) for text in (played, picture)], [30, 30])
            # The title says whether it plays, and the token is further on its way.
            for mine, theirs in list(zip(played.splitlines(), picture.splitlines()))[1:]:
                for pair in itertools.zip_longest(mine, theirs):
                    self.assertTrue(pair[0] == pair[1] or TOKEN in pair, (mine, theirs))

    def test_asciinema_replays_it(self):
        _, events = self.cast("--from", "fault:2.3", "--to", "fault:2.5")
        with tempfile.TemporaryDirectory() as home:
            path = os.path.join(home, "fault.cast")
            with open(path, "w", encoding="utf-8") as file:
                file.write(viz("--cast", "--size", "100x30", "--from", "fault:2.3", "--to", "fault:2.5", self.trace))
            done = subprocess.run(["asciinema", "play", "-s", "1000000", path], capture_output=True, check=False,
                                  stdin=subprocess.DEVNULL, env=dict(os.environ, HOME=home, LC_ALL="C.UTF-8"))
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn("".join(data for _, _, data in events), done.stdout.decode())

    def test_it_needs_no_colours_and_no_glyphs_beyond_ascii(self):
        _, events = self.cast("--ascii", "--from", "fault:2", "--to", "fault:2.3", NO_COLOR="1")
        for _, _, data in events:
            self.assertTrue(data.isascii())
            self.assertNotIn("38;5;", data)

    def test_a_range_that_ends_before_it_begins_is_an_error(self):
        done = subprocess.run([VIZ, "--cast", "--from", "fault:3", "--to", "fault:2", self.trace], capture_output=True,
                              check=False)
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(b"--to lies before --from", done.stderr)


class Pixels:
    """A PNG as rsvg-convert writes it: 8 bits of red, green, blue and opacity, not interlaced."""

    def __init__(self, data):
        assert data[:8] == b"\x89PNG\r\n\x1a\n"
        at, packed = 8, b""
        while at < len(data):
            length, kind = struct.unpack_from(">I4s", data, at)
            body = data[at + 8:at + 8 + length]
            if kind == b"IHDR":
                self.width, self.height, depth, colours, _, _, interlaced = struct.unpack(">IIBBBBB", body)
                assert (depth, colours, interlaced) == (8, 6, 0)
            packed += body if kind == b"IDAT" else b""
            at += length + 12
        raw, stride, self.rows = zlib.decompress(packed), 4 * self.width, []
        for y in range(self.height):
            start = y * (stride + 1)
            self.rows.append(self.unfilter(raw[start], bytearray(raw[start + 1:start + 1 + stride]),
                                           self.rows[-1] if y else bytes(stride)))

    @staticmethod
    def unfilter(kind, row, above):
        for i in range(len(row) if kind else 0):
            a, b, c = (row[i - 4], above[i], above[i - 4]) if i >= 4 else (0, above[i], 0)
            nearest = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            row[i] = (row[i] + (0, a, b, (a + b) // 2, nearest)[kind]) & 255
        return row

    def colour(self, x, y):
        return "#" + self.rows[int(y)][4 * int(x):4 * int(x) + 3].hex()


class Svg(OfARun):
    """Only elements and attributes of SVG 1.1 that every renderer knows, with values in their ranges."""

    ATTRIBUTES = {"svg": {"width", "height", "viewBox"},
                  "g": {"font-family", "font-size", "stroke-width", "fill",
                        "{http://www.w3.org/XML/1998/namespace}space"},
                  "rect": {"x", "y", "width", "height", "rx", "fill", "fill-opacity"},
                  "text": {"x", "y", "text-anchor", "textLength", "lengthAdjust", "fill", "font-weight", "text-decoration"},
                  "path": {"d", "stroke"}}

    def rendered(self, svg, root):
        """rsvg-convert draws it, and what has no words on it has its colour. (It comes with 80 MB of libraries, so the
        set-up does not ask for it: where it is missing, the picture is checked as a document only.)"""
        done = subprocess.run(["rsvg-convert"], input=svg.encode(), capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        picture, compared = Pixels(done.stdout), 0
        self.assertEqual((picture.width, picture.height), (int(root.get("width")), int(root.get("height"))))
        for element in root.iter("{http://www.w3.org/2000/svg}rect"):
            box = [float(element.get(name, "nan").rstrip("%")) for name in ("x", "y", "width", "height")]
            if box[2] < 9 and "fill-opacity" not in element.attrib:  # a page, or a part of one
                self.assertEqual(picture.colour(box[0] + box[2] / 2, box[1] + box[3] / 2), element.get("fill"))
                compared += 1
        self.assertGreater(compared, 4)

    def test_the_picture_is_well_formed_lies_inside_its_frame_and_can_be_rendered(self):
        for place, theme, size in (("fault:1.4", "dark", "120x36"), ("fault:2.5", "light", "120x36"),
                                   ("fault:2.4", "safe", "80x24"), ("end", "mono", "120x36")):
            svg = viz("--snapshot", "svg", "--size", size, "--theme", theme, "--at", place, self.trace)
            root = xml.etree.ElementTree.fromstring(svg)
            if size == "80x24" and shutil.which("rsvg-convert"):
                self.rendered(svg, root)
            width, height = float(root.get("width")), float(root.get("height"))
            for element in root.iter():
                name = element.tag.removeprefix("{http://www.w3.org/2000/svg}")
                self.assertIn(name, self.ATTRIBUTES)
                self.assertTrue(set(element.attrib) <= self.ATTRIBUTES[name], element.attrib)
                for colour in (element.get("fill", "none"), element.get("stroke", "none")):
                    self.assertRegex(colour, r"^(none|#[0-9a-f]{6})$")
                if name == "path":
                    self.assertRegex(element.get("d"), r"^(M[\d.]+ [\d.]+[HV][\d.]+)+$")
                if name == "rect" and element.get("x"):
                    self.assertLessEqual(float(element.get("x")) + float(element.get("width")), width)
                    self.assertLessEqual(float(element.get("y")) + float(element.get("height")), height)
                if name == "text":
                    self.assertTrue(element.text)
                    self.assertLess(float(element.get("x")) + float(element.get("textLength", 0)), width)
                    self.assertLess(float(element.get("y")), height)


class Difference(unittest.TestCase):
    """--diff of real runs."""

    def diff(self, one, other):
        done = subprocess.run([VIZ, "--diff", one.trace, other.trace], capture_output=True, check=False)
        return done.returncode, done.stdout.decode()

    def test_two_runs_from_a_disk_are_the_same_though_their_traces_are_not(self):
        # The disk answers in its own time, so who runs meanwhile may differ. A word that nobody knows on the command line
        # costs some instructions at boot: all times differ for certain.
        one, other = (guest.run("internal", "hello", ["--disk", *words]) for words in ([], ["--append", "unknown=word"]))
        self.assertNotEqual(one.events()[0].time, other.events()[0].time)
        status, text = self.diff(one, other)
        self.assertEqual(status, 0, text)

    def test_two_arrangements_have_the_same_faults_and_serve_them_differently(self):
        status, text = self.diff(guest.payload("internal", "hello"), guest.payload("external", "hello"))
        self.assertEqual(status, 1)
        self.assertIn("mark code=the arrangement is decided value=0x1", text)
        self.assertRegex(text, r"main's faults +(\d+) +\1   \1 in both, 0 only in A, 0 only in B")
        self.assertIn("went differently", text)


if __name__ == "__main__":
    unittest.main()
