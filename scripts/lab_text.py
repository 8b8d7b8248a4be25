"""Text for a terminal, as wide as that is. For lab.py and lab_grade.py."""

import re
import shutil
import textwrap

WIDEST = 120
ITEM = re.compile(r"(?:[-*]|\d+\.) +")


def width():
    """The columns that lines may have: the terminal's, or 80 if the output goes elsewhere and COLUMNS does not say."""
    return max(40, min(WIDEST, shutil.get_terminal_size((80, 24)).columns))


def hanging(text, first="", rest=None):
    """`text` in lines behind `first`, the later ones behind `rest` or as many spaces. A word is never cut: it may be a
    path or a command that somebody copies."""
    rest = " " * len(first) if rest is None else rest
    return textwrap.fill(text, width(), initial_indent=first, subsequent_indent=rest, break_long_words=False,
                         break_on_hyphens=False) or first


def blocks_of(text):
    """The paragraphs, items and rows of a handout's Markdown, each in one line; lines of code as they are. Pairs of text
    and how far later lines stand to the right of the first; None: it must not be wrapped, for somebody may copy it."""
    blocks, fenced, goes_on = [], False, False
    for line in text.splitlines():
        words = line.strip()
        item, fence = ITEM.match(words), words.startswith("```")
        if fenced or fence or not words:
            blocks.append((line, None))
        elif goes_on and not item and not words.startswith("|"):
            blocks[-1] = f"{blocks[-1][0]} {words}", blocks[-1][1]
        else:
            blocks.append((line, len(item[0]) if item else 4 if words[0] == "|" or line.startswith("    ") else 0))
        goes_on = bool(words) and not fence and not fenced and words[0] != "|" and not line.startswith("    ")
        fenced ^= fence
    return blocks


def reflowed(text, margin=""):
    """A handout's Markdown as wide as the terminal; the later lines of an item stand under its text."""
    lines = []
    for block, further in blocks_of(text):
        indent = margin + block[:len(block) - len(block.lstrip())]
        lines.append((margin + block).rstrip() if further is None else
                     hanging(block.lstrip(), indent, indent + " " * further))
    return "\n".join(lines)
