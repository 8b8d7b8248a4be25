// Where the thread-local block lies in the UTCB's page. Shared by entry.S, init.c and program.ld's check of its size.
#ifndef FAULTLINE_RUNTIME_LAYOUT_H
#define FAULTLINE_RUNTIME_LAYOUT_H

#define UTCB_THREAD_LOCALS 1024 // bytes from the start of the page; struct utcb lies below

#endif
