// Waiting for interrupts while a client waits for its answer.
//
// Who receives a message gives up the caller that it has not answered yet (kernel/abi/ipc.h, IPC_RECEIVE), and an
// interrupt is a message. So the thread that serves the clients cannot receive interrupts in the middle of a request.
// A second thread does nothing but that:
//
//   server thread                         interrupt thread                  kernel
//   request: start the device
//   suspend itself ──────────────────────▶ receive ◀──────────────────────── interrupt
//   go on, look at the device ◀─────────── note which one, resume the server
//   answer the client                      receive
//
// No wake-up is lost, because root gave the interrupt thread the lower priority: it runs only while the server thread
// cannot, so it never resumes a server that is about to suspend itself but has not done so yet.
#ifndef FAULTLINE_DISK_INTERRUPTS_H
#define FAULTLINE_DISK_INTERRUPTS_H

#include <stdbool.h>
#include <stdint.h>

// The labels with which root binds the irqs to the interrupt thread.
enum interrupt { INTERRUPT_DEVICE, INTERRUPT_CLOCK, INTERRUPT_COUNT };

// Starts the interrupt thread. Both indices are capabilities of threads: of this one, and of that one. irqs: of each
// interrupt. Returns false when a capability is not good for it.
bool interrupts_start(uint64_t server, uint64_t thread, const uint64_t irqs[INTERRUPT_COUNT]);

// Opens a line, if it is closed: an interrupt closes its own.
void interrupt_open(enum interrupt number);

// Sleeps until an interrupt arrives.
void interrupts_await(void);

// Has this one arrived since it was asked for last?
bool interrupt_take(enum interrupt number);

// start.S: where the thread begins, and what it runs.
void interrupt_thread_start(void);
_Noreturn void interrupt_thread_run(void);

#endif
