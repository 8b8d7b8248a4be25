// What a fuzzer's input must not break: aborts and says where.
#ifndef FAULTLINE_TESTS_MUST_H
#define FAULTLINE_TESTS_MUST_H

#include <stdio.h>
#include <stdlib.h>

#define MUST(what)                                                                                                     \
    do {                                                                                                               \
        if (!(what)) {                                                                                                 \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #what);                                  \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

#endif
