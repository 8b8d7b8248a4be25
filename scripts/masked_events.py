"""Finds in a kernel's machine code what an event costs whose group is not recorded: the test of trace_mask that stands
in line before each call of trace_write. bench.py uses it.

A guest cannot measure that: the same code without the test does not exist. So each function is followed along all its
ways, with the registers that hold trace_mask's address or something made from trace_mask. A test is what a branch on
the latter takes, say auipc, load, and, branch; what the compiler put between them is not counted. An address that
serves several tests counts with each of them: on some way it was made for that one alone.
"""

import collections
import re
import subprocess

OBJDUMP = "riscv64-unknown-elf-objdump"
SYMBOL = re.compile(r"^([0-9a-f]+) .* (trace_mask|__global_pointer\$)$", re.MULTILINE)
FUNCTION = re.compile(r"^[0-9a-f]+ <(.+)>:\n((?:.+\n)+)", re.MULTILINE)
INSTRUCTION = re.compile(r"^ *([0-9a-f]+):\t(\S+)(?:\t([^#<\n]*))?", re.MULTILINE)
MEMORY, NUMBER = re.compile(r"^(-?\d+)\((\w+)\)$"), re.compile(r"^-?\d+$")
LOAD, STORE = re.compile(r"^l[bhwd]u?$"), re.compile(r"^s[bhwd]$")
BRANCH, CALL = re.compile(r"^b(eq|ne|lt|ge|gt|le)u?z?$"), re.compile(r"^(jalr?|ecall)$")
PRESERVED = re.compile(r"^(s\d+|[sgt]p)$")  # by a call
REACH = range(-2048, 2048)  # bytes, of an instruction's offset
LONGEST = 8  # instructions of a test: what takes more, a loop for example, makes something else from trace_mask

Instruction = collections.namedtuple("Instruction", "address name operands")
Value = collections.namedtuple("Value", "address cost")  # address None: made from trace_mask; cost: of making it
Test = collections.namedtuple("Test", "function address cost")


def auipc(instruction):
    upper = int(instruction.operands[1], 0)
    return instruction.address + ((upper - (1 << 20) if upper >> 19 else upper) << 12)


def result(instruction, registers, mask):
    """The Value that an instruction leaves in its first operand, None for all that is of no interest here."""
    name, operands = instruction.name, instruction.operands
    memory = MEMORY.match(operands[-1])
    sources = [memory[2]] if memory else operands[1:]
    address, cost = next((registers[source] for source in sources if source in registers), (0, 0))
    if name == "auipc":
        address = auipc(instruction)
    elif memory:
        if not LOAD.match(name) or not address or address + int(memory[1]) - mask not in range(8):
            return None
        address = None
    elif address and name == "add" and NUMBER.match(operands[2]):
        address += int(operands[2])
    elif address and name != "mv":
        return None
    near = address is None or mask - address in REACH
    return Value(address, min(cost, LONGEST) + 1) if near else None


def step(instruction, registers, mask):
    """Changes the registers as an instruction does. Returns what a test that ends here costs, or None."""
    name, operands = instruction.name, instruction.operands
    if BRANCH.match(name):
        made = [registers[operand] for operand in operands if operand in registers]
        return max((value.cost + 1 for value in made if value.address is None), default=None)
    if CALL.match(name):
        for register in [register for register in registers if not PRESERVED.match(register)]:
            del registers[register]
    elif not STORE.match(name):
        value = result(instruction, registers, mask)
        registers.pop(operands[0], None)
        if value:
            registers[operands[0]] = value
    return None


def costs(instructions, mask, start):
    """Follows a function along all its ways, `start` in its registers. Returns the tests' costs by branch address."""
    index = {instruction.address: i for i, instruction in enumerate(instructions)}
    found, seen, pending, at_table = {}, set(), [(0, start)], start
    unreached = set(index.values())
    while pending or unreached:
        # What no other way leads to is in a table of addresses.
        i, registers = pending.pop() if pending else (min(unreached), at_table)
        unreached.discard(i)
        state = i, frozenset(registers.items())
        if state in seen or i == len(instructions):
            continue
        seen.add(state)
        instruction, registers = instructions[i], dict(registers)
        cost = step(instruction, registers, mask)
        if cost:
            found[instruction.address] = max(cost, found.get(instruction.address, 0))
        if instruction.name == "jr":
            at_table = registers
        if BRANCH.match(instruction.name) or instruction.name == "j":
            pending += [(index[target], registers) for target in [int(instruction.operands[-1], 16)] if target in index]
        if instruction.name not in ("j", "jr", "ret", "sret"):
            pending.append((i + 1, registers))
    return {address: cost for address, cost in found.items() if cost <= LONGEST}


def tests(kernel):
    """The tests of trace_mask in a kernel's ELF file; [] when there are none, or no trace_mask."""
    listing = subprocess.run([OBJDUMP, "--syms", "--disassemble", "--no-show-raw-insn", kernel], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    symbols = {name: int(address, 16) for address, name in SYMBOL.findall(listing)}
    mask, pointer = symbols.get("trace_mask"), symbols.get("__global_pointer$")
    if mask is None:
        return []
    start = {"gp": Value(pointer, 0)} if pointer is not None and mask - pointer in REACH else {}
    found = []
    for function, body in FUNCTION.findall(listing):
        instructions = [Instruction(int(address, 16), name, [operand.strip() for operand in operands.split(",")])
                        for address, name, operands in INSTRUCTION.findall(body)]
        found += [Test(function, *test) for test in costs(instructions, mask, start).items()]
    return found
