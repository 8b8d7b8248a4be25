// The calls of picolibc that concern the process and time, which is the instruction counter: the same in each run.
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>
#include "loader/runtime/runtime.h"
#include "loader/runtime/start.h"

#define INSTRUCTIONS_PER_MICROSECOND 1000ul // of the deterministic runs: one instruction is one nanosecond
#define POWER_ON 1767225600 // 2026-01-01 00:00:00 UTC, the -rtc base of scripts/qemu.py, in seconds since 1970

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
    errno = ENOSYS;
    return -1;
}

clock_t times(struct tms *result)
{
    clock_t now = clock();
    *result = (struct tms){.tms_utime = now};
    return now;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    uint64_t microseconds = instructions() / INSTRUCTIONS_PER_MICROSECOND;
    *now = (struct timeval){POWER_ON + (time_t)(microseconds / 1000000), (suseconds_t)(microseconds % 1000000)};
    return 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    struct timeval time;
    (void)clock; // all clocks are the one
    (void)gettimeofday(&time, NULL);
    *now = (struct timespec){time.tv_sec, time.tv_usec * 1000l};
    return 0;
}

// Nothing waits for a time here. As if a signal had come at once: all of it is left.
unsigned sleep(unsigned seconds)
{
    errno = ENOSYS;
    return seconds;
}

// The calls of unsupported.S come here.
long fail_read_only(void);
long fail_read_only(void)
{
    errno = EROFS;
    return -1;
}
long fail_unsupported(void);
long fail_unsupported(void)
{
    errno = ENOSYS;
    return -1;
}
long give_nothing(void);
long give_nothing(void)
{
    errno = ENOSYS;
    return 0;
}
