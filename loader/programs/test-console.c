// Claims about the console object (kernel/abi/objects.h, enum console_message): every message, every error. What shows
// outside, tests/system/objects_test.py looks at: text on the console, events in the trace, and the machine's status.
//
//   test-console              the claims
//   test-console STATUS       powers the machine off with this status
#include "loader/programs/object_test.h"

#define CLAIMS (COMMON_ERRORS + 21u)

static enum ipc_error write_words(unsigned words, uint64_t bytes, const char *text)
{
    struct message message = {.tag = ipc_tag(CONSOLE_WRITE, words, 0), .words = {bytes}};
    for (unsigned i = 1; i < IPC_REGISTER_WORDS; i++)
        message.words[i] = ipc_text_word(text, i - 1);
    for (unsigned i = IPC_REGISTER_WORDS; i < IPC_MAX_WORDS; i++)
        this_utcb()->words[i] = ipc_text_word(text, i - 1);
    return ipc_call(console, &message);
}

static void check_write(void)
{
    static char long_text[CONSOLE_WRITE_MAX + 1];
    for (unsigned i = 0; i < CONSOLE_WRITE_MAX; i++)
        long_text[i] = (char)('a' + i % 26);
    long_text[CONSOLE_WRITE_MAX - 1] = '\n';
    claim_error(IPC_OK, write_words(3, 16, "sixteen letters\n"), "bytes that just fit into the words are printed");
    claim_error(IPC_OK, write_words(4, 6, "short\nbut this is not"),
                "only as many bytes are printed as were asked for");
    claim_error(IPC_OK, write_words(IPC_MAX_WORDS, CONSOLE_WRITE_MAX, long_text), "504 bytes fit into one message");
    claim_error(IPC_OK, write_words(1, 0, "nothing"), "no bytes need no words");
    claim_error(IPC_E_ARGUMENT, write_words(0, 0, "never"), "without a number of bytes it is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, write_words(2, 9, "never printed"), "more bytes than the words hold is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, write_words(IPC_MAX_WORDS, CONSOLE_WRITE_MAX + 1, "never printed"),
                "more bytes than any message holds is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, write_words(2, UINT64_MAX, "never printed"), "the largest number is ARGUMENT");
}

static enum ipc_error mark(unsigned words, uint64_t code)
{
    struct message message = {.tag = ipc_tag(CONSOLE_MARK, words, 0),
                              .words = {code, 4711, 4712, ipc_text_word("a mark of a test", 0)}};
    this_utcb()->words[4] = ipc_text_word("a mark of a test", 1);
    return ipc_call(console, &message);
}

static void check_mark(void)
{
    claim_error(IPC_OK, mark(5, MARK_USER + 1), "a mark can be put into the trace");
    claim_error(IPC_OK, mark(2, MARK_USER + 2), "one with fewer words is no error");
    claim_error(IPC_OK, mark(0, MARK_USER + 3), "nor is one with none");
}

static void check_name(void)
{
    uint64_t gate = new_gate(), empty = capability_allocate();
    uint64_t first = ipc_text_word("gate of the console test", 0),
             second = ipc_text_word("gate of the console test", 1);
    uint64_t third = ipc_text_word("gate of the console test", 2);
    claim_error(IPC_OK, ipc_call_words(console, CONSOLE_NAME, 4, gate, first, second, third, NULL),
                "an object can be named");
    claim_error(IPC_E_NO_CAPABILITY, ipc_call_words(console, CONSOLE_NAME, 4, empty, first, second, third, NULL),
                "nothing at the index is NO_CAPABILITY");
    claim_error(IPC_E_NO_CAPABILITY, ask(console, CONSOLE_NAME), "and so is no index at all");
    capability_free(empty);
    drop(gate);
}

// Every capability has RIGHT_SEND, so that nothing can lack it for the three messages above.
static void check_rights(void)
{
    uint64_t weak = copy_of(console, RIGHT_SEND), empty = capability_allocate();
    claim_error(IPC_E_RIGHTS, task_map_capability(own_task, console, empty, RIGHT_CONTROL),
                "nobody gets a console without RIGHT_SEND");
    claim_error(IPC_E_RIGHTS, console_power_off(weak, 1), "CONSOLE_POWER_OFF without RIGHT_CONTROL is RIGHTS");
    claim_error(IPC_OK, ask(weak, CONSOLE_MARK), "RIGHT_SEND is enough for a mark");
    claim_error(IPC_OK, console_write_text(weak, "printed with RIGHT_SEND alone\n"), "and to print");
    claim_error(IPC_E_ARGUMENT, console_power_off(console, 256), "status 256 is ARGUMENT");
    claim_error(IPC_E_ARGUMENT, console_power_off(console, UINT64_MAX), "and so is the largest number");
    drop(weak);
    claim_error(IPC_OK, ask(console, CONSOLE_MARK), "the console stays when a copy goes");
}

int main(int argc, char **argv)
{
    begin_test();
    if (argc > 1) {
        enum ipc_error error = console_power_off(console, strtoul(argv[1], NULL, 0));
        printf("FAILED: the machine goes on: %s\n", error_name(error));
        return EXIT_FAILURE;
    }
    claim_common_errors(console, CONSOLE_MARK);
    check_write();
    check_mark();
    check_name();
    check_rights();
    return end_test(CLAIMS);
}
