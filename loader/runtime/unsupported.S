# Calls that programs are linked with and that a task cannot do. They fail, with an errno that says why; process.c has the
# three functions that stand for all of them. Their types differ, but all return an integer or a pointer in a0, and none
# looks at its arguments: so their names are given here, where there are no types.

    .macro calls target, names:vararg
    .section .text.\target\()_names, "ax", @progbits
    .irp name, \names
    .globl \name
    .type \name, @function
\name:
    .endr
    tail \target
    .endm

# What would change a file: the archive is read-only.
    calls fail_read_only, chmod, chown, fchmod, fchown, ftruncate, lchown, link, mkdir, mkfifo, mknod, pwrite
    calls fail_read_only, rename, rmdir, symlink, truncate, unlink, utime, utimes

# What has no meaning here, or needs what there is not.
    calls fail_unsupported, alarm, chroot, clock_getres, clock_settime, dup, dup2, dup3, fchdir, fcntl, fdatasync, fpathconf
    calls fail_unsupported, execl, execle, execlp, execv, execve, execvp, fork, fsync, getentropy, getgroups, gethostname
    calls fail_unsupported, getpgrp, getppid, getrusage, ioctl, lockf, mmap, mprotect, munmap, nanosleep, nice, pathconf
    calls fail_unsupported, pause, pclose, pipe, poll, readlink, readv, select, setgid, setitimer, setpgid, setsid, setuid
    calls fail_unsupported, settimeofday, sigaction, sigprocmask, sysconf, tcgetattr, tcsetattr, uname, usleep, vfork, wait
    calls fail_unsupported, waitpid, writev

# The same for those that return a pointer or cannot fail: 0 is their answer. User and group are 0 too.
    calls give_nothing, closedir, getegid, geteuid, getgid, getgrgid, getgrnam, getlogin, getpwnam, getpwuid, getuid
    calls give_nothing, opendir, popen, readdir, sync, ttyname, umask
