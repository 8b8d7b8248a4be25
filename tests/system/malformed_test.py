"""Executables that are malformed in more than 500 ways: each ends in one line that says what is wrong, and then a good
program runs. What is malformed is decided here, from the ELF specification, not by asking the reader."""

import random
import unittest

import guest

NOT_EXECUTABLE = 126
WANTED = 500
PER_RUN = 105  # programs in one guest: what its command line has room for
LOWEST, LIMIT, READABLE = 0x10000, 0x20000000, 4 * 4096  # loader/root/layout.h; how far into a file headers may lie
PAGE = 4096
HEADER = {"magic": (0, 4), "class": (4, 1), "data": (5, 1), "type": (16, 2), "machine": (18, 2), "entry": (24, 8),
          "phoff": (32, 8), "phentsize": (54, 2), "phnum": (56, 2)}
PROGRAM = {"p_type": (0, 4), "p_flags": (4, 4), "p_offset": (8, 8), "p_vaddr": (16, 8), "p_filesz": (32, 8),
           "p_memsz": (40, 8)}
VALUES = [0, 1, 2, 3, 5, 7, 0x38, 0x40, 0xFFF, 0x1000, 0x1001, 0xFFFF, 0x10000, 0x10001, 0x11000, 0x12000, 0x12FFF, 0x13000,
          0x13438, 0x1FFFF000, 0x20000000, 0x3D00000000, 2**31, 2**32 - 1, 2**32, 2**38, 2**47, 2**63 - 1, 2**63,
          2**64 - PAGE, 2**64 - 1]


def get(data, offset, size):
    return int.from_bytes(data[offset:offset + size], "little")


def put(data, offset, size, value):
    data[offset:offset + size] = (value % 256**size).to_bytes(size, "little")


class Segment:
    def __init__(self, data, at):
        self.type, self.flags, self.offset, self.address, self.file_size, self.size = (
            get(data, at + offset, size) for offset, size in PROGRAM.values())
        self.end = self.address + self.size

    def pages(self):
        return self.address // PAGE, (self.end + PAGE - 1) // PAGE


def wrong_headers(data):
    """What is wrong with the ELF header; None: nothing."""
    if len(data) < 64 or data[:4] != b"\x7fELF":
        return "no ELF header"
    field = {name: get(data, *place) for name, place in HEADER.items()}
    if (field["class"], field["data"], field["machine"]) != (2, 1, 243) or field["type"] not in (2, 3):
        return "another kind"
    if field["phnum"] == 0 or field["phentsize"] != 56:
        return "no program headers of that size"
    end = field["phoff"] + 56 * field["phnum"]
    return "headers outside" if end > len(data) or end > READABLE else None


def wrong_segments(data):
    """What is wrong with the program headers; None: nothing, or nothing that the specification alone can decide."""
    start, count, moves = get(data, *HEADER["phoff"]), get(data, *HEADER["phnum"]), get(data, *HEADER["type"]) == 3
    segments = [Segment(data, start + 56 * number) for number in range(count)]
    if any(segment.type == 3 for segment in segments):
        return "a dynamic linker"
    loaded = [segment for segment in segments if segment.type == 1 and (segment.size or segment.file_size)]
    if not 0 < len(loaded) <= 8:
        return "no segment, or too many"
    for segment in loaded:
        if segment.flags & 7 == 0 or segment.flags & 3 == 3:
            return "rights"
        if segment.file_size > segment.size or segment.offset + segment.file_size > len(data):
            return "outside of the file"
        if not moves and (segment.address < LOWEST or segment.end > LIMIT):
            return "outside of the range"
    loaded.sort(key=lambda segment: segment.address)
    if moves and loaded[-1].end - loaded[0].address > LIMIT - LOWEST:
        return "larger than the range"
    for one, next_one in zip(loaded, loaded[1:]):
        if one.end > next_one.address:
            return "overlap"
        if one.pages()[1] > next_one.pages()[0] and (one.flags | next_one.flags) & 3 == 3:
            return "a page writable and executable"
    entry = get(data, *HEADER["entry"])
    if entry % 2 or not any(segment.flags & 1 and 0 <= entry - segment.address < segment.file_size for segment in loaded):
        return "entry"
    return None


def is_malformed(data):
    return wrong_headers(data) or wrong_segments(data)


def mutations(good):
    """Copies with one field changed, cut short, and then, without end, with several fields changed."""
    for length in [0, 1, 3, 4, 16, 32, 63, 64, 65, 119, 120, 300, 0x1000, 0x3000, 0x4000, len(good) - 0x1000]:
        yield bytearray(good[:length])
    places = list(HEADER.values())
    start = get(good, *HEADER["phoff"])
    for number in range(get(good, *HEADER["phnum"])):
        places += [(start + 56 * number + offset, size) for offset, size in PROGRAM.values()]
    for place in places:
        for value in VALUES:
            data = bytearray(good)
            put(data, *place, value)
            yield data
    chance = random.Random(4)
    while True:
        data = bytearray(good)
        for place in chance.sample(places, chance.randint(2, 4)):
            put(data, *place, chance.choice(VALUES) + chance.choice((-1, 0, 0, 1)))
        yield data


def malformed(good, count):
    """So many different ones."""
    seen, result = {bytes(good)}, []
    for data in mutations(good):
        if bytes(data) not in seen and is_malformed(data):
            result.append(bytes(data))
        seen.add(bytes(data))
        if len(result) == count:
            return result


class Malformed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.good = guest.boot_file("hello")
        cls.bad = malformed(cls.good, WANTED)

    def test_the_good_file_is_not_malformed(self):
        self.assertIsNone(is_malformed(self.good))

    def test_each_is_refused_with_one_line_and_a_good_program_runs(self):
        for start in range(0, WANTED, PER_RUN):
            batch = {f"m{start + number}": data for number, data in enumerate(self.bad[start:start + PER_RUN])}
            arrangement = ("internal", "external", "eager")[start // PER_RUN % 3]
            names = list(batch)
            options = ["--trace", "off"] + [word for name in names[1:] + ["hello"] for word in ("--program", name)]
            with self.subTest(names[0], arrangement=arrangement):
                run = guest.run(arrangement, names[0], options, archive=guest.archive_with(f"malformed-{start}", batch))
                self.assertEqual(run.status, NOT_EXECUTABLE, run.stderr)
                lines = run.stdout.splitlines()
                for name in names:
                    about = [line for line in lines if f" {name} " in line]
                    why = is_malformed(batch[name])
                    self.assertEqual(len(about), 1, f"{name} ({why}): {about}")
                    self.assertRegex(about[0], rf"^root: {name} cannot be run: .* \(at byte \d+ of the file\)$|"
                                     rf"^root: {name} cannot be run: it is empty", f"{name} ({why})")
                self.assertIn("root: hello ended with status 0", lines)
                self.assertIn("Hello, I am hello.", lines)


if __name__ == "__main__":
    unittest.main()
