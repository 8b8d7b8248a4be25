// The end of the main of every Check program.
#ifndef FAULTLINE_TESTS_SUITE_H
#define FAULTLINE_TESTS_SUITE_H

#include <check.h>

// Runs a suite, its cases and tests in the order given; returns main's status.
int run_all(Suite *suite);
// The same for a suite of one case, whose tests may take two minutes each.
int run_suite(const char *name, TCase *tests);

#endif
