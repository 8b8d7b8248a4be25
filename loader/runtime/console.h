// Line-buffered output to the console capability. Used by the runtime's stdio and by _exit.
#ifndef FAULTLINE_RUNTIME_CONSOLE_H
#define FAULTLINE_RUNTIME_CONSOLE_H

// Collects characters; a newline or a full buffer sends them. Without a console capability they are dropped.
void console_put(char character);
void console_flush(void);

#endif
