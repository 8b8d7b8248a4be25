// Where the thread-local block lies in the UTCB's page. It goes on behind
// that page if it has to; the creating task sees to that. Shared by entry.S, init.c and loader/root/executable.c.
#ifndef FAULTLINE_RUNTIME_LAYOUT_H
#define FAULTLINE_RUNTIME_LAYOUT_H

#define UTCB_THREAD_LOCALS 1024 // bytes from the start of the page; struct utcb lies below

#endif
