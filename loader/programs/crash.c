// crash [ADDRESS]: follows a list whose last node points to an address that lies in no region, to show what becomes of
// a fault that its pager refuses. On its way it touches several pages of data whose faults are resolved.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_ADDRESS 0xdead0000ul
#define NODES 600u

struct node {
    uint64_t value; // first, so that the last node's address is the one read
    const volatile struct node *next;
};
static struct node nodes[NODES];

// Each node is followed by the one 7 further on, so that the way crosses the pages again and again.
static void make_list(uint64_t last)
{
    unsigned at = 0;
    for (unsigned i = 0; i < NODES - 1; i++, at = (at + 7) % NODES)
        nodes[at] = (struct node){i, &nodes[(at + 7) % NODES]};
    nodes[at] = (struct node){NODES - 1, (const struct node *)last};
}

int main(int argc, char **argv)
{
    char *end = "";
    uint64_t address = argc > 1 ? strtoul(argv[1], &end, 0) : DEFAULT_ADDRESS;
    if (*end || address % sizeof(uint64_t)) {
        fprintf(stderr, "crash: \"%s\" is no address of a node (a multiple of 8)\n", argv[1]);
        return EXIT_FAILURE;
    }
    make_list(address);
    printf("crash: following a list of %u nodes; the last one points to 0x%lx, which lies in no region\n", NODES,
           (unsigned long)address);
    uint64_t sum = 0;
    const volatile struct node *node = nodes;
    for (unsigned i = 0; i < NODES; i++, node = node->next)
        sum += node->value;
    printf("crash: the nodes add up to %lu\n", (unsigned long)sum);
    printf("crash: read %lu there; so the address lies in a region after all\n", (unsigned long)node->value);
    return EXIT_FAILURE;
}
