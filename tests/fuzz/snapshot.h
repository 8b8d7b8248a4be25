// A running kernel that can be set back: its variables, and as much of the guest's RAM as it has used. Booting a few
// thousand times a second would cost more than all that is to be tested; copying some hundred kilobytes does not.
#ifndef FAULTLINE_TESTS_FUZZ_SNAPSHOT_H
#define FAULTLINE_TESTS_FUZZ_SNAPSHOT_H

// Remembers the kernel as it is, and the machine around it. \pre Booted, and no kernel memory was given back yet.
void snapshot_take(void);
// Sets everything back to that moment.
void snapshot_restore(void);

#endif
