"""Makes a position independent program of one that was linked with --emit-relocs. Called by kit-cc -static-pie.

    position_independent.py count FILE     how many pointers would have to move along with the program
    position_independent.py finish FILE    writes the table of them, for which the linker script left room, and
                                           changes the file's type to ET_DYN

The linker for riscv64-unknown-elf has no -pie. But all code is compiled to reach what it uses relative to the program
counter, so only pointers in memory depend on the address: where the linker has resolved an R_RISCV_64, and in the
global offset table.
Formats: System V ABI, chapter 4 (ELF-64); RISC-V ELF psABI, section 8.5 (relocations).
"""

import struct
import sys

TYPE_DYNAMIC, SECTION_RELOCATIONS, FLAG_ALLOCATED = 3, 4, 2
ABSOLUTE_SYMBOL, UNDEFINED_SYMBOL = 0xFFF1, 0
R_32, R_64, R_RELATIVE, R_TLS_GOT_HI20, R_TLS_GD_HI20, R_HI20, R_LO12_I, R_LO12_S = 1, 2, 3, 21, 22, 26, 27, 28
R_PCREL_HI20, R_PCREL_LO12_I, R_PCREL_LO12_S = 23, 24, 25
LUI = 0x37
NOT_MOVABLE = {R_32: "a pointer of 32 bits", R_TLS_GOT_HI20: "a thread-local variable through the offset table",
               R_TLS_GD_HI20: "a thread-local variable through the offset table", R_HI20: "an absolute address in code",
               R_LO12_I: "an absolute address in code", R_LO12_S: "an absolute address in code"}


class NotMovable(Exception):
    """Why the program cannot be position independent."""


class File:
    """An ELF file with its sections and symbols."""

    def __init__(self, data):
        self.data = bytearray(data)
        start, size, count, names = (*struct.unpack_from("<Q", data, 40), *struct.unpack_from("<HHH", data, 58))
        fields = ("name", "type", "flags", "address", "offset", "size", "link", "info")
        self.sections = [dict(zip(fields, struct.unpack_from("<IIQQQQII", data, start + size * number)))
                         for number in range(count)]
        for section in self.sections:
            section["name"] = self.text(self.sections[names], section["name"])

    def text(self, section, at):
        start = section["offset"] + at
        return self.data[start:self.data.index(0, start)].decode()

    def section(self, name):
        return next(section for section in self.sections if section["name"] == name)

    def symbol(self, table, number):
        """(name, section number, value)"""
        name, _info, _other, section, value = struct.unpack_from("<IBBHQ", self.data, table["offset"] + 24 * number)
        return self.text(self.sections[table["link"]], name), section, value

    def relocations(self):
        """Those of what is in memory at run time: (address, type, symbol, addend)"""
        for section in self.sections:
            applies = (section["type"] == SECTION_RELOCATIONS
                       and self.sections[section["info"]]["flags"] & FLAG_ALLOCATED)
            for at in range(section["offset"], section["offset"] + section["size"], 24) if applies else ():
                address, info, addend = struct.unpack_from("<QQq", self.data, at)
                yield address, info & 0xFFFFFFFF, self.symbol(self.sections[section["link"]], info >> 32), addend

    def value(self, name):
        table = self.section(".symtab")
        for number in range(table["size"] // 24):
            found, _section, value = self.symbol(table, number)
            if found == name:
                return value
        raise NotMovable(f"it was not linked with the kit's linker script: there is no {name}")

    def offset(self, address):
        """Where the file has the bytes of an address."""
        section = next(section for section in self.sections if section["flags"] & FLAG_ALLOCATED
                       and section["address"] <= address < section["address"] + section["size"])
        return section["offset"] + address - section["address"]


def pointers(file):
    """What has to move: the pointers' addresses, and what they point to, by address."""
    found = {}
    for address, kind, (name, section, value), addend in file.relocations():
        if section in (ABSOLUTE_SYMBOL, UNDEFINED_SYMBOL):  # a number, or a weak symbol that nobody defines
            continue
        if kind in NOT_MOVABLE:
            raise NotMovable(f"it has {NOT_MOVABLE[kind]}, of {name or 'a section'}, at {address:#x}")
        if kind == R_64:
            found[address] = value + addend
    for address in range(file.value("__got_start"), file.value("__got_end"), 8):
        target = struct.unpack_from("<Q", file.data, file.offset(address))[0]
        if target not in (0, 2**64 - 1):  # weak symbols, and the entries that are the dynamic linker's
            found[address] = target
    return sorted(found.items())


def set_weak_addresses(file):
    """Code that takes the address of a weak symbol that nobody defines gets 0, which is not relative to anything: so of
    auipc and addi, the first becomes lui rd, 0, and the second adds 0."""
    relocations = list(file.relocations())
    changed = {address for address, kind, (_name, section, _value), _addend in relocations
               if kind == R_PCREL_HI20 and section == UNDEFINED_SYMBOL}
    for address, kind, (_name, _section, value), _addend in relocations:
        at = file.offset(address)
        instruction = struct.unpack_from("<I", file.data, at)[0] if R_PCREL_HI20 <= kind <= R_PCREL_LO12_S else 0
        if kind == R_PCREL_HI20 and address in changed:
            struct.pack_into("<I", file.data, at, instruction & 0xF80 | LUI)
        elif kind == R_PCREL_LO12_I and value in changed:
            struct.pack_into("<I", file.data, at, instruction & 0xFFFFF)
        elif kind == R_PCREL_LO12_S and value in changed:
            struct.pack_into("<I", file.data, at, instruction & 0x1FFF07F)


def finish(file):
    start, end = file.value("__relocations_start"), file.value("__relocations_end")
    table = b"".join(struct.pack("<QQQ", address, R_RELATIVE, target) for address, target in pointers(file))
    if len(table) != end - start:
        raise NotMovable(f"its table of relocations has room for {end - start} bytes and needs {len(table)}")
    if table:
        at = file.offset(start)
        file.data[at:at + len(table)] = table
    set_weak_addresses(file)
    struct.pack_into("<H", file.data, 16, TYPE_DYNAMIC)
    return bytes(file.data)


def main(arguments):
    if len(arguments) != 2 or arguments[0] not in ("count", "finish"):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    try:
        with open(arguments[1], "rb") as stream:
            file = File(stream.read())
        if arguments[0] == "count":
            print(len(pointers(file)))
            return 0
        data = finish(file)
        with open(arguments[1], "r+b") as stream:
            stream.write(data)
    except (NotMovable, OSError) as error:
        print(f"kit-cc: {arguments[1]} cannot be position independent: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
