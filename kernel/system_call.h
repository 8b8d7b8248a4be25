// The way of a system call into the kernel.
#ifndef FAULTLINE_SYSTEM_CALL_H
#define FAULTLINE_SYSTEM_CALL_H

struct thread;

// The current thread executed ecall; its registers hold the message, and will hold what comes of it.
void system_call_handle(struct thread *thread);

#endif
