"""What the kernel's operations cost is part of what they are: no figure grows unnoticed, and every one is exact."""

import os
import unittest

import guest
import bench  # of scripts/, where guest.py looks too

RUNS = os.path.join(guest.ROOT, "build/tests/system/bench")
TARGETS_ARE_BINDING = True  # until the kernel meets them all, they are only told
HOW_TO_UPDATE = "If it has to be so, `scripts/bench.py --update` writes tests/system/bench_figures.json anew."


class Figures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.figures, cls.again = (bench.measure(os.path.join(RUNS, name)) for name in ("first", "second"))

    def assert_none(self, lines, what, advice=HOW_TO_UPDATE):
        if lines:
            self.fail("\n  ".join([what + ":", *lines]) + "\n" + advice)

    def test_two_runs_give_the_very_same_figures(self):
        self.assertEqual(self.figures, self.again)

    def test_no_figure_has_grown(self):
        self.assert_none(bench.grown(self.figures, bench.committed()),
                         f"instructions grew by more than {bench.GROWTH_PERCENT} %")

    def test_the_committed_figures_are_of_these_measures_and_no_others(self):
        committed = bench.committed()
        self.assert_none(sorted(set(self.figures) - set(committed)), "measured, but not in the file")
        self.assert_none(sorted(set(committed) - set(self.figures)), "in the file, but not measured")

    def test_every_measure_is_explained_and_every_target_is_of_a_measure(self):
        self.assertEqual(set(self.figures), set(bench.MEASURES))
        self.assertLessEqual(set(bench.TARGETS) | set(bench.PEERS), set(bench.MEASURES))

    def test_every_target_is_met(self):
        missed = bench.missed(self.figures)
        if TARGETS_ARE_BINDING:
            self.assert_none(missed, "more instructions than the target", "The targets are in scripts/bench.py.")
        for line in missed:
            print("missed:", line)


class Growth(unittest.TestCase):
    def test_a_figure_may_grow_by_two_percent_and_shrink_at_will(self):
        self.assertEqual(bench.grown({"a": 1020, "b": 1}, {"a": 1000, "b": 1000}), [])

    def test_more_is_told_with_name_both_figures_and_percent(self):
        self.assertEqual(bench.grown({"a": 1021, "b": 4}, {"a": 1000, "b": 3}),
                         ["a: from 1,000 to 1,021 (+2.1 %)", "b: from 3 to 4 (+33.3 %)"])

    def test_a_target_is_missed_by_one_instruction(self):
        met = dict(bench.TARGETS)
        self.assertEqual(bench.missed(met), [])
        self.assertEqual(bench.missed({**met, "trace_off": 4}), ["trace_off: 4, target 3"])


if __name__ == "__main__":
    unittest.main()
