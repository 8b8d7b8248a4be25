// One main for all Check programs of the kernel.
#ifndef FAULTLINE_TESTS_KERNEL_SUITE_H
#define FAULTLINE_TESTS_KERNEL_SUITE_H

#include <check.h>

// Runs all tests of a case in the order given; returns main's status.
int run_suite(const char *name, TCase *tests);

#endif
