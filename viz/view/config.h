// The user's own theme and keys: ~/.config/faultline/viz.conf, or below XDG_CONFIG_HOME. Read once by main.c, before
// anything is drawn.
//
//     # a comment
//     theme light
//     colour absent #9aa4b2              a style of style.h, here STYLE_ABSENT
//     colour faulting #000000 on #ffdf5d bold underline reverse
//     key x next-fault                   a command of commands.h, here COMMAND_NEXT_FAULT; or none
//     key PageDown end
#ifndef FAULTLINE_VIEW_CONFIG_H
#define FAULTLINE_VIEW_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

// Applies all lines of `file`, called `name` in messages. \return false at the first line that makes no sense: `error`
// says which and what to do; the lines before it are applied.
bool config_read(FILE *file, const char *name, char *error, size_t size) __attribute__((warn_unused_result));
// The user's file; no file is no error.
bool config_read_users(char *error, size_t size) __attribute__((warn_unused_result));

#endif
