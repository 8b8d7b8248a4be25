// wait: waits for a message that nobody can send. Everybody else waits for this program, so nothing can ever happen any
// more: the kernel finds that out, says who waits for whom, and halts.
#include <stdio.h>
#include "loader/runtime/ipc.h"

int main(void)
{
    struct message message = {0};
    printf("wait: waiting for a message; nobody has a gate to send one through\n");
    fflush(stdout);
    enum ipc_error error = ipc_receive(&message);
    printf("wait: a message came after all, error %u\n", (unsigned)error);
    return 1;
}
