// What must hold in the kernel between any two entries.
#ifndef FAULTLINE_TESTS_KERNEL_CHECK_H
#define FAULTLINE_TESTS_KERNEL_CHECK_H

struct task;

// Panics with a message when an invariant is broken. root: the root task, from which all is reached.
void check_kernel(struct task *root);

#endif
