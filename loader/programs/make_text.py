#!/usr/bin/env python3
"""Writes deterministic pseudo-English text to standard output: the input of the payload `wordcount`.

The frequency of the words follows Zipf's law, as in real text. The same --bytes and --seed give the same text
everywhere: the generator of random numbers is this file's own.

    make_text.py --bytes 1100000 --seed 1 > text.txt
"""
import argparse
import bisect
import itertools
import sys

COMMON = ("the of and a to in is that it was for on as with his he be at by this had not are but from or have an they "
          "which one you were her all she there would their we him been has when who will more no if out so said what "
          "up its about into than them can only other new some could time these two may then do first any my now such "
          "like our over man me even most made after also did many before must through back years where much your way "
          "well down should because each just those people how too little state good very make world still own see men "
          "work long get here between both life being under never day same another know while last might us great old "
          "year off come since against go came right used take three").split()
STARTS = "b br c ch cl d dr f fl g gr h j k l m n p pl qu r s sh st t th tr v w".split()
MIDDLES = "a ai e ea ee i ie o oa ou u".split()
ENDS = "b ck d ft g l ld m mp n nd ng nt p r rd rn s ss st t th x".split()
SUFFIXES = ("", "", "", "er", "ing", "ed", "ly", "ness", "able", "ment")
VOCABULARY = 6000


class Random:
    """xorshift64*, so that the text does not depend on the version of Python."""

    def __init__(self, seed):
        self.state = (seed * 0x9E3779B97F4A7C15 + 0x2545F4914F6CDD1D) % 2**64 or 1

    def below(self, limit):
        state = self.state
        state ^= state >> 12
        state ^= state << 25 & 2**64 - 1
        state ^= state >> 27
        self.state = state
        return (state * 0x2545F4914F6CDD1D % 2**64 >> 16) % limit

    def choice(self, items):
        return items[self.below(len(items))]


def make_word(random):
    word = "".join(random.choice(STARTS) + random.choice(MIDDLES) for _ in range(1 + random.below(2)))
    return word + random.choice(ENDS) + random.choice(SUFFIXES)


def make_vocabulary(random):
    words = dict.fromkeys(COMMON)
    while len(words) < VOCABULARY:
        words[make_word(random)] = None
    return list(words)


def sentences(random):
    """Yields sentences for ever; the word of rank r comes up in proportion to 1 / (r + 2)."""
    words = make_vocabulary(random)
    weights = list(itertools.accumulate(10**9 // (rank + 2) for rank in range(1, len(words) + 1)))
    while True:
        sentence = [words[bisect.bisect_right(weights, random.below(weights[-1]))] for _ in range(4 + random.below(17))]
        if len(sentence) > 10:
            sentence[len(sentence) // 2] += random.choice((",", ",", ";"))
        text = " ".join(sentence)
        yield text[0].upper() + text[1:] + random.choice("......?!")


def paragraphs(random):
    """Yields paragraphs of a few sentences, in lines of at most 78 characters."""
    source = sentences(random)
    while True:
        line, lines = "", []
        for word in " ".join(itertools.islice(source, 3 + random.below(6))).split():
            if line and len(line) + 1 + len(word) > 78:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}" if line else word
        yield "\n".join(lines + [line]) + "\n\n"


def make_text(size, seed):
    parts, length = [], 0
    for paragraph in paragraphs(Random(seed)):
        parts.append(paragraph)
        length += len(paragraph)
        if length >= size:
            return "".join(parts)[:size - 1] + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bytes", type=int, default=1 << 20, help="size of the text (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="another seed gives another text (default: %(default)s)")
    options = parser.parse_args()
    if options.bytes < 0:
        parser.error("--bytes must not be negative")
    if options.bytes:
        sys.stdout.write(make_text(options.bytes, options.seed))


if __name__ == "__main__":
    main()
