#!/usr/bin/env python3
"""Keeps the page of the ABI, kernel/abi/README.md, and the headers beside it in agreement.

    abi_page.py [FOLDER]            says what is wrong, with file and line, and exits with 1 if anything is
    abi_page.py --write [FOLDER]    makes the page's tables anew first

The headers say everything once, in their code and in its comments. Between the page's markers,

    <!-- generated: enum NAME | struct NAME | numbers NAME... | comment SECTION -->  ...  <!-- end -->

lies what follows from them; the rest is written by hand. Checked are

- the headers: this script can read each number; the comment of each message has the clauses that it needs, as in
  "Words: index; label."; what the comments name exists; errors are errors.
- what is between the markers: exactly what the headers say.
- the whole page: each constant is on it (but those of OTHER_PAGES); each name in backticks that looks like a constant
  is one, or an error without IPC_E_; where a number follows, as in `NAME` = 1, it is the right one.
"""

import argparse
import collections
import itertools
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HEADERS = ("ipc.h", "objects.h", "boot.h")
OTHER_PAGES = ("mark_code", "arrangement")  # enums: the loader's and the visualizer's
CLAUSES = {"ipc_operation": ("Errors",), "kernel_message": ("Words", "Reply")}
CLAUSES_OF_OBJECTS = ("Needs", "Words", "Reply", "Errors")  # of the other enums named ..._message

DEFINE = re.compile(r"^#define ([A-Z]\w*) ([^\n/]*[^\n/ ]) *(?://([^\n]*))?$", re.MULTILINE)
TABLE = re.compile(r"#define (\w+)\(X\)((?:[^\n]*\\\n)*[^\n]*)")
TABLE_ROW = re.compile(r'X\((\w+), (\w+), "([^"]*)"\)')
TABLE_ENUM = re.compile(r"enum (\w+) \{\n#define \w+\(name, number, text\) name = number,\n *(\w+)\(")
ENUM = re.compile(r"^enum (\w+) \{([^#]*?)\};", re.MULTILINE)
ENUMERATOR = re.compile(r"//(?P<comment>[^\n]*)|(?P<name>\w+) = (?P<literal>\w+)")
STRUCT = re.compile(r"^struct (\w+) \{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
FIELD = re.compile(r"^ *((?:struct )?\w+) ([^;/]+);(?: *//([^\n]*))?$", re.MULTILINE)
SECTION = re.compile(r"^// ---- (.+?) -+\n\n?((?://[^\n]*\n)+)", re.MULTILINE)
CLAUSE = re.compile(r"(?:^|(?<=[.] ))(Needs|Words|Reply|Errors): ")

BLOCK = re.compile(r"^<!-- generated: (\w+) (.*?) -->\n(.*?)^<!-- end -->$", re.MULTILINE | re.DOTALL)
CONSTANT = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*(?:_\*)?")
CODE = re.compile(r"`([^`\n]+)`")
CLAIM = re.compile(r"`([A-Z]\w*)`(?: \| | = | \()(\d\w*)")

Constant = collections.namedtuple("Constant", "name literal comment header enum")
Field = collections.namedtuple("Field", "name type offset size comment")


def number(literal):
    """The value of a C literal such as 0x10u; None if it is none."""
    try:
        return int(literal.rstrip("ul"), 0)
    except ValueError:
        return None


def clauses(comment):
    """A comment by its clauses; "" is what comes before them."""
    parts = CLAUSE.split(comment)
    return {"": parts[0].strip(), **{name: text.strip() for name, text in zip(parts[1::2], parts[2::2])}}


def items(clause):
    """What semicolons separate, but not those in parentheses; without the full stop."""
    return [item for item in re.split(r"; (?![^()]*\))", re.sub(r"\.$", "", clause)) if item]


# ---- The headers ----------------------------------------------------------------------------------------------------


class Headers:
    """By name: constants; enums, lists of constants; structs, lists of fields; sections, lines of a comment."""

    def __init__(self, folder):
        self.constants, self.enums, self.structs, self.sections, self.problems = {}, {}, {}, {}, []
        self.sizes = {"uint64_t": 8, "uint32_t": 4, "flexpage_t": 8, "char": 1}
        sections = []
        for name in HEADERS:
            with open(os.path.join(folder, name)) as file:
                sections += self.read(name, file.read())
        for constant in self.constants.values():
            wanted = CLAUSES_OF_OBJECTS if constant.enum.endswith("_message") else ()
            self.check(constant.header, constant.name, constant.comment, CLAUSES.get(constant.enum, wanted))
        for header, title in sections:
            self.check(header, f'section "{title}"', " ".join(" ".join(self.sections[title]).split()), ())

    def complain(self, header, text):
        self.problems.append(f"{header}: {text}")

    def read(self, header, text):
        """Returns its sections."""
        tables = {name: TABLE_ROW.findall(body) for name, body in TABLE.findall(text)}
        enums = [(name, tables[table]) for name, table in TABLE_ENUM.findall(text)]
        enums += [(name, self.enumerators(header, name, body)) for name, body in ENUM.findall(text)]
        for row in DEFINE.findall(text):
            self.add(header, "", *row)
        for name, rows in enums:
            self.enums[name] = [self.add(header, name, *row) for row in rows]
        for name, body in STRUCT.findall(text):
            self.structs[name] = self.fields(name, body)
        sections = {title: [line[2:] for line in comment.splitlines()] for title, comment in SECTION.findall(text)}
        self.sections.update(sections)
        return [(header, title) for title in sections]

    def add(self, header, enum, name, literal, comment):
        if number(literal) is None:
            self.complain(header, f"{name} = {literal} is no number that this script can read")
        self.constants[name] = Constant(name, literal.rstrip("ul"), comment.strip(), header, enum)
        return self.constants[name]

    def enumerators(self, header, enum, body):
        """Rows (name, literal, comment). The comment stands above an enumerator, or behind it on its line."""
        rows, above, end = [], [], 0
        for match in ENUMERATOR.finditer(body):
            if match["name"]:
                rows.append((match["name"], match["literal"], " ".join(above)))
                above = []
            elif rows and "\n" not in body[end:match.start()]:
                rows[-1] = (*rows[-1][:2], match["comment"])
            else:
                above.append(match["comment"].strip())
            end = match.end()
        rest = re.search(r"\w.*", ENUMERATOR.sub("", body))
        if rest:
            self.complain(header, f"enum {enum}: an enumerator without a plain number: {rest[0]}")
        return rows

    def fields(self, struct, body):
        """They lie as in C: each at a multiple of its element's size, a struct at one of 8 bytes."""
        fields, offset = [], 0
        for kind, names, comment in FIELD.findall(body):
            for declared in names.split(", "):
                name, _, dimension = declared.rstrip("]").partition("[")
                count = number(self.constants[dimension].literal if dimension in self.constants else dimension or "1")
                offset += -offset % min(self.sizes[kind], 8)
                size = self.sizes[kind] * count
                fields.append(Field(name, kind + declared[len(name):], offset, size, comment.strip()))
                offset += size
        self.sizes[f"struct {struct}"] = offset + -offset % 8
        return fields

    def is_known(self, name):
        """A constant; an error without IPC_E_; or, with a star, the beginning of some."""
        if name.endswith("_*"):
            return any(constant.startswith(name[:-1]) for constant in self.constants)
        return name in self.constants or "IPC_E_" + name in self.constants

    def check(self, header, what, comment, wanted):
        for name in wanted:
            if name not in clauses(comment):
                self.complain(header, f'the comment of {what} has no "{name}: "')
        for item in items(clauses(comment).get("Errors", "")):
            first = item.split()[0]
            if first not in ("none", "those", "any") and "IPC_E_" + first not in self.constants:
                self.complain(header, f"the comment of {what} has the error {first}, which does not exist")
        for name in CONSTANT.findall(comment):
            if "_" in name and not self.is_known(name):
                self.complain(header, f"the comment of {what} names {name}, which does not exist")


# ---- The page's tables ----------------------------------------------------------------------------------------------


class Tables:
    """What the page says between its markers: a function for each kind of marker, which returns lines of Markdown."""

    def __init__(self, headers):
        self.headers = headers

    def block(self, kind, names):
        """None: the headers have nothing of that name."""
        headers = self.headers
        known = {"enum": headers.enums, "struct": headers.structs, "comment": headers.sections}.get(kind, ())
        if kind == "numbers" and all(name in headers.constants for name in names.split()):
            return self.numbers(names)
        return getattr(self, kind)(names) if names in known else None

    def code(self, text):
        """Names of constants, errors, enums and structs become code."""
        def mark(match):
            return f"`{match[0]}`" if match[0][0].islower() or self.headers.is_known(match[0]) else match[0]
        return re.sub(r"\b(?:enum|struct) \w+|" + CONSTANT.pattern, mark, text).replace("|", "\\|")

    def cell(self, lines):
        return "<br>".join(self.code(line) for line in lines if line)

    @staticmethod
    def table(head, rows):
        """Without the columns that are empty in all rows."""
        used = [i for i in range(len(head)) if any(row[i] for row in rows)]
        return ["| " + " | ".join(row[i] for i in used) + " |" for row in [head, ["---"] * len(head), *rows]]

    def numbers(self, names):
        constants = [self.headers.constants[name] for name in names.split()]
        rows = [(f"`{one.name}`", one.literal, self.code(one.comment)) for one in constants]
        return self.table(("constant", "value", "meaning"), rows)

    def enum(self, name):
        constants = self.headers.enums[name]
        if not any(one.comment for one in constants):
            return [", ".join(f"`{one.name}` = {one.literal}" for one in constants) + "."]
        head = ("message", "label", "needs", "what it does; its words", "reply", "errors")
        if not name.endswith("_message"):
            head = ("name", "number", "", "meaning", "", "errors")
        return self.table(head, [self.message(one) for one in constants])

    def message(self, constant):
        clause = collections.defaultdict(str, clauses(constant.comment))
        words = ["no words"] if clause["Words"] == "none." else self.words(clause["Words"])
        reply = self.words(clause["Reply"]) if "; " in clause["Reply"] else items(clause["Reply"])
        return (f"`{constant.name}`", constant.literal, self.cell(items(clause["Needs"])),
                self.cell([clause[""], *words]), self.cell(reply), self.cell(items(clause["Errors"])))

    @staticmethod
    def words(clause):
        """Each with its number."""
        numbered = [f"{i}: {item}" for i, item in enumerate(items(clause))]
        return [line.replace(": from here on:", " and up:") for line in numbered]

    def struct(self, name):
        rows = [(str(field.offset), str(field.size), f"`{field.name}`", f"`{field.type}`", self.code(field.comment))
                for field in self.headers.structs[name]]
        return self.table(("offset", "bytes", "field", "type", "meaning"), rows)

    def comment(self, title):
        """Indented lines are a picture, errors a table; what is left is text."""
        lines = []
        for picture, group in itertools.groupby(self.headers.sections[title], lambda line: line.startswith("   ")):
            if picture:
                lines += ["```text", *(line[3:] for line in group), "```"]
            else:
                lines += [self.code(line.strip()) for line in group]
        text, _, errors = "\n".join(lines).strip().partition("Errors: ")
        split = [item.partition(" (") for item in items(" ".join(errors.split()))]
        table = self.table(("error", "why"), [(error, why[:-1]) for error, _, why in split]) if split else []
        return text.splitlines() + table


# ---- The check ------------------------------------------------------------------------------------------------------


def written(tables, text):
    """The page's text with its tables made anew."""
    def replace(match):
        lines = tables.block(match[1], match[2])
        if lines is None:
            return match[0]
        return f"<!-- generated: {match[1]} {match[2]} -->\n\n" + "\n".join(lines) + "\n\n<!-- end -->"
    return BLOCK.sub(replace, text)


def check_names(headers, text):
    """Problems with names and numbers, as (line number, text)."""
    for count, line in enumerate(text.splitlines(), 1):
        for code in CODE.findall(line):
            for name in CONSTANT.findall(code):
                if ("_" in name or name == code) and not headers.is_known(name):
                    yield count, f"{name}: no header defines it"
        for name, found in CLAIM.findall(line):
            constant = headers.constants.get(name)
            if constant and number(found) != number(constant.literal):
                yield count, f"{name}: expected {constant.literal} ({constant.header}), found {found}"
    named = {name for code in CODE.findall(text) for name in CONSTANT.findall(code)}
    for one in headers.constants.values():
        if one.name not in named and one.enum not in OTHER_PAGES:
            yield 0, f"{one.name}: expected {one.literal} ({one.header}), found nothing"


def check_blocks(tables, text):
    """The first line of each block that is not as it would be written."""
    for match in BLOCK.finditer(text):
        start = text[:match.start()].count("\n") + 1
        if tables.block(match[1], match[2]) is None:
            yield start, f'no header has "{match[1]} {match[2]}"'
        expected, found = written(tables, match[0]).splitlines(), match[0].splitlines()
        for i in range(max(len(expected), len(found))):
            if expected[i:i + 1] != found[i:i + 1]:
                yield start + i, f"--write would make this {expected[i:i + 1]}, found {found[i:i + 1]}"
                break


def check(folder, write):
    """All that is wrong, one line each."""
    headers = Headers(folder)
    tables = Tables(headers)
    path = os.path.join(folder, "README.md")
    with open(path) as file:
        text = file.read()
    if write and text != written(tables, text):
        text = written(tables, text)
        with open(path, "w") as file:
            file.write(text)
    problems = sorted([*check_names(headers, text), *check_blocks(tables, text)])
    lines = [f"README.md:{line}: {problem}" if line else f"README.md: {problem}" for line, problem in problems]
    return [os.path.join(os.path.relpath(folder), line) for line in headers.problems + lines]


def main():
    parser = argparse.ArgumentParser(description="Checks kernel/abi/README.md against the headers beside it.")
    parser.add_argument("--write", action="store_true", help="make the page's tables anew first")
    parser.add_argument("folder", nargs="?", default=os.path.join(ROOT, "kernel/abi"), help="has headers and page")
    arguments = parser.parse_args()
    problems = check(arguments.folder, arguments.write)
    print("\n".join(problems) or "the page and the headers agree")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
