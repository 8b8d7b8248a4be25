// Line-buffered output to the console capability. Used by the runtime's files, and by _exit.
#ifndef FAULTLINE_RUNTIME_CONSOLE_H
#define FAULTLINE_RUNTIME_CONSOLE_H

#include <stddef.h>

// Collects bytes, whatever they are; a newline or a full buffer sends them. Without a console capability they are
// dropped. stdout, stderr and write(2) share the buffer, so that all comes out in the order in which it was written.
void console_put(char character);
void console_put_all(const char *bytes, size_t size);
void console_flush(void);

#endif
