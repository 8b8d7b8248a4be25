// The calls of picolibc that concern processes and time. A task has no processes to name or signal, so most of them
// only say ENOSYS; clock reads the instruction counter.
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>
#include "loader/runtime/runtime.h"
#include "loader/runtime/start.h"

#define INSTRUCTIONS_PER_MICROSECOND 1000ul // of the deterministic runs: one instruction is one nanosecond

static int unsupported(void)
{
    errno = ENOSYS;
    return -1;
}

clock_t clock(void)
{
    return instructions() / INSTRUCTIONS_PER_MICROSECOND * (CLOCKS_PER_SEC / 1000) / 1000;
}

pid_t getpid(void)
{
    return (pid_t)start_block()->task_id;
}

// raise and abort come here. The only task that a program can end is itself; the status is the shell's for a signal.
int kill(pid_t process, int signal)
{
    if (process == getpid() && signal) _exit(128 + signal);
    return unsupported();
}

clock_t times(struct tms *result)
{
    (void)result;
    return (clock_t)unsupported();
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)now, (void)zone;
    return unsupported();
}

int stat(const char *restrict name, struct stat *restrict status)
{
    (void)name, (void)status;
    return unsupported();
}

int unlink(const char *name)
{
    (void)name;
    return unsupported();
}
