#!/usr/bin/env python3
"""Writes the visualizer's manual page, or its completion for bash, out of what `faultline-viz --help` says: so the three
cannot disagree. The Makefile calls it.

    viz_manual.py man|completion build/bin/faultline-viz > FILE
"""

import os
import re
import subprocess
import sys
import textwrap

DATE = "2026-11-26"
TEXT_COLUMN = 20  # of the options' texts in --help
KEYS_COLUMN = 14

DESCRIPTION = """\
opens one or two traces that Faultline's kernel recorded, and shows step by step how each page fault of the program was
resolved: the message to its pager, the pager's search for the region, the request to the dataspace, and the page that
arrives. Everything can be stepped through forward and backward. Two traces are kept in step by the program's faults, not
by time.

Without an option that says otherwise it takes the terminal's full screen. The other forms write to standard output."""

EXIT_STATUS = [("0", "It worked; with --diff: the traces are the same."),
               ("1", "With --diff: they differ; else a failure while writing."),
               ("2", "The words make no sense, a trace cannot be read, or there is no terminal for the full screen.")]
ENVIRONMENT = [("XDG_CONFIG_HOME", "Where faultline/viz.conf lies, instead of ~/.config."),
               ("NO_COLOR", "If it is not empty: no colours."),
               ("TERM", "The terminal's type. On \"dumb\" there is no full screen."),
               ("LC_ALL, LC_CTYPE, LANG", "Glyphs beyond ASCII are used in UTF-8 locales only.")]
FILES = [("~/.config/faultline/viz.conf",
          ["A theme, colours and keys of your own; below XDG_CONFIG_HOME, if that is set. Lines that begin with # are "
           "comments. A wrong line is named with what it may be, so a name that does not exist makes all names known.",
           "theme light",
           "colour absent #9aa4b2",
           "colour faulting #000000 on #ffdf5d bold underline",
           "key x next-fault",
           "key PageDown end",
           "key q none"]),
         ("DIR.bookmarks",
          ["Beside the trace DIR (for the OUT of a run: OUT/trace.bookmarks): bookmarks and the position where the full "
           "screen was left. What does not fit the trace, because another run was made there, is left out."])]
EXAMPLES = [("Two arrangements side by side:", "faultline-viz build/demo/internal build/demo/external"),
            ("The fourth beat of main's fault 12 as a picture:",
             "faultline-viz --snapshot svg --at fault:12.4 --size 120x36 DIR > fault.svg"),
            ("What a changed pager does differently:", "faultline-viz --diff reference mine"),
            ("Each page that was mapped, by jq:",
             "faultline-viz --json DIR | jq -c 'select(.kind == \"page_map\") | .text'")]
SEE_ALSO = "babeltrace2(1), asciinema(1)"


class Help:
    """What --help says: forms (command, text), options (name, text), keys (keys, text)."""

    def __init__(self, text):
        self.forms, self.options, self.keys = [], [], []
        rows = None
        for line in text.splitlines():
            form = re.match(r"(?:usage:|      ) (faultline-viz .*?)  +(.*)$", line)
            if form:
                self.forms.append(form.groups())
            elif line.endswith("Keys:"):
                rows, column = self.keys, KEYS_COLUMN
            elif not line or not line.startswith(" "):
                rows, column = (self.options, TEXT_COLUMN) if not self.options else (rows, column)
            elif line[:column].isspace():
                rows[-1] = rows[-1][0], f"{rows[-1][1]} {line.strip()}"
            else:
                if len(line) >= column and (line[column - 1] != " " or not line.startswith("  ")):
                    sys.exit(f"viz_manual.py: a line of --help has its text in another column: {line}")
                rows.append((line[2:column].strip(), line[column:].strip()))

    def words(self):
        """All options, each with the name of its value or ""."""
        result = {option: value for name, _ in self.options
                  for option, value in re.findall(r"(--[a-z-]+)(?: ([A-Z]\w*))?", name)}
        for form, _ in self.forms:
            for option in re.findall(r"--[a-z-]+", form):
                result.setdefault(option, "")
        return result

    def choices(self, option):
        """The words that an option's text lists: "text, ansi (...) or svg"."""
        for name, text in self.options:
            listed = re.sub(r"\([^)]*\)", "", text).split(";")[0].split(":")[0]
            words = [word.strip() for word in re.split(r",| or ", listed)]
            if name.split(" ")[0] == option and len(words) > 1 and all(re.fullmatch(r"[\w-]+", word) for word in words):
                return words
        return []


# ---- The manual page --------------------------------------------------------------------------------------------------

def roff(text, literal=False):
    """Text for roff. literal: what is typed: its hyphens stay what they are."""
    text = text.replace("\\", "\\e")
    if literal:
        text = text.replace("-", "\\-").replace("'", "\\(aq").replace("~", "\\(ti")
    text = "".join(char if char.isascii() else f"\\[u{ord(char):04X}]" for char in text)
    return "\\&" + text if text[:1] in (".", "'") else text


def prose(text):
    """Lines of sentences in which options keep their hyphens."""
    lines = textwrap.wrap(text, 74, break_on_hyphens=False, break_long_words=False)
    return [re.sub(r"--[a-z-]+", lambda match: match[0].replace("-", "\\-"), roff(line)) for line in lines]


def bold_command(form):
    """The words that are typed as they are in bold, the others in italics."""
    words = []
    for word in form.split(" "):
        font = "B" if word.startswith("-") or word == "faultline-viz" else "I"
        words.append(f"\\f{font}{roff(word, True)}\\fR")
    return " ".join(words)


def items(rows, literal=True):
    return [line for name, text in rows
            for line in (".TP", bold_command(name) if literal else f"\\fB{roff(name, True)}\\fR", *prose(text))]


def manual(told, version):
    out = [".\\\" Made by scripts/viz_manual.py out of faultline-viz --help.",
           f".TH FAULTLINE\\-VIZ 1 {DATE} \"{roff(version)}\" \"User Commands\"",
           ".SH NAME", "faultline\\-viz \\- see a page fault think", ".SH SYNOPSIS", ".nf"]
    out += [bold_command(form) for form, _ in told.forms]
    out += [".fi", ".SH DESCRIPTION", ".B faultline\\-viz"]
    for number, paragraph in enumerate(DESCRIPTION.split("\n\n")):
        out += [".PP"] * (number > 0) + prose(paragraph)
    out += [".SS Forms"] + items(told.forms) + [".SH OPTIONS"] + items(told.options)
    out += [".SH KEYS"] + items(told.keys, literal=False)
    out += [".SH EXIT STATUS"] + items(EXIT_STATUS, literal=False)
    out += [".SH ENVIRONMENT"] + items(ENVIRONMENT, literal=False)
    if FILES:
        out += [".SH FILES"]
        for name, text in FILES:
            out += [".TP", f"\\fI{roff(name, True)}\\fR"] + prose(text[0]) + [".RS", ".PP", ".nf"]
            out += [f"\\fB{roff(line, True)}\\fR" for line in text[1:]] + [".fi", ".RE"]
    out += [".SH EXAMPLES"]
    for number, (text, command) in enumerate(EXAMPLES):
        out += [".PP"] * (number > 0) + [roff(text), ".PP", ".RS", ".nf", f"\\fB{roff(command, True)}\\fR", ".fi", ".RE"]
    out += [".SH SEE ALSO", re.sub(r"(\w+)\((\d)\)", r"\\fB\1\\fR(\2)", SEE_ALSO)]
    return "\n".join(out) + "\n"


# ---- The completion ---------------------------------------------------------------------------------------------------

def completion(told):
    words = told.words()
    cases = ""
    for option, value in words.items():
        choices = told.choices(option)
        if choices:
            cases += f'    {option}) COMPREPLY=($(compgen -W "{" ".join(choices)}" -- "$word")); return ;;\n'
        elif value:
            cases += f"    {option}) return ;;\n"
    return f"""\
# bash completion for faultline-viz. Made by scripts/viz_manual.py out of faultline-viz --help.
_faultline_viz()
{{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}}
    COMPREPLY=()
    case $before in
{cases}    esac
    if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "{" ".join(sorted(words))}" -- "$word"))
        return
    fi
    compopt -o filenames 2>/dev/null
    local IFS=$'\\n'
    COMPREPLY=($(compgen -d -- "$word"))
}}
complete -F _faultline_viz faultline-viz
"""


def ask(program, word):
    environment = dict(os.environ, LC_ALL="C.UTF-8")
    return subprocess.run([program, word], capture_output=True, check=True, env=environment).stdout.decode()


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("man", "completion"):
        sys.exit("usage: viz_manual.py man|completion build/bin/faultline-viz")
    told = Help(ask(sys.argv[2], "--help"))
    written = completion(told) if sys.argv[1] == "completion" else manual(told, ask(sys.argv[2], "--version").strip())
    sys.stdout.write(written)


if __name__ == "__main__":
    main()
