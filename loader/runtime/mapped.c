// map_file and unmap_file: whole archived files in this program's memory. Called by programs and by files.c.
#include "loader/runtime/mapped.h"
#include <errno.h>
#include "kernel/abi/objects.h"
#include "loader/runtime/runtime.h"
#include "loader/runtime/services.h"
#include "loader/runtime/start.h"

#define MAPPED_FILES 16

struct mapping {
    uint64_t address;   // 0: free
    uint64_t dataspace; // capability
};
static struct mapping mappings[MAPPED_FILES];
static const char empty_file[1];

static int errno_of(enum ipc_error error)
{
    switch (error) {
    case IPC_E_NOT_FOUND:
        return ENOENT;
    case IPC_E_QUOTA:
        return ENOMEM;
    case IPC_E_RIGHTS:
        return EACCES;
    default:
        return EIO;
    }
}

static struct mapping *free_mapping(void)
{
    for (size_t i = 0; i < MAPPED_FILES; i++)
        if (!mappings[i].address) return &mappings[i];
    return NULL;
}

static void close_dataspace(uint64_t dataspace)
{
    if (!dataspace_close(dataspace)) capability_free(dataspace); // else the slot is lost, which harms nobody
}

// The whole file as a dataspace; if that fails, the index is free again.
static enum ipc_error open_file(const char *name, uint64_t dataspace, uint64_t sizes[2])
{
    const struct file_view whole = {.rights = RIGHT_READ};
    enum ipc_error error = files_open(capability_named("files"), name, &whole, dataspace, sizes);
    if (error) capability_free(dataspace);
    return error;
}

// Opens and attaches; *address stays 0 for an empty file, whose dataspace is closed again.
static enum ipc_error attach_file(const char *name, uint64_t dataspace, uint64_t *address, size_t *size)
{
    uint64_t sizes[2];
    enum ipc_error error = open_file(name, dataspace, sizes);
    if (error) return error;
    *size = sizes[0];
    if (*size) error = region_attach(capability_named("regions"), name, address, *size, 0, RIGHT_READ, dataspace);
    if (error || !*size) close_dataspace(dataspace);
    return error;
}

const char *map_file(const char *name, size_t *size)
{
    struct mapping *mapping = free_mapping();
    uint64_t dataspace = mapping ? capability_allocate() : CAPABILITY_NULL;
    if (!dataspace) {
        errno = EMFILE;
        return NULL;
    }
    uint64_t address = 0;
    enum ipc_error error = attach_file(name, dataspace, &address, size);
    if (error) {
        errno = errno_of(error);
        return NULL;
    }
    if (!*size) return empty_file;
    *mapping = (struct mapping){address, dataspace};
    return (const char *)address;
}

static struct mapping *mapping_at(const char *address)
{
    for (size_t i = 0; i < MAPPED_FILES; i++)
        if (address && mappings[i].address == (uint64_t)address) return &mappings[i];
    return NULL;
}

void unmap_file(const char *address)
{
    struct mapping *mapping = mapping_at(address);
    if (!mapping || region_detach(capability_named("regions"), mapping->address)) return; // still there: keep the entry
    close_dataspace(mapping->dataspace);
    *mapping = (struct mapping){0};
}

size_t mapped_fetch(const char *address, size_t offset, size_t size)
{
    const struct mapping *mapping = mapping_at(address);
    uint64_t fetched = 0;
    enum ipc_error error = mapping ? dataspace_fetch(mapping->dataspace, offset, size, &fetched) : IPC_E_ARGUMENT;
    if (!error && fetched) return fetched;
    errno = errno_of(error);
    return 0;
}

bool archived_size(const char *name, size_t *size)
{
    uint64_t dataspace = capability_allocate(), sizes[2];
    enum ipc_error error = dataspace ? open_file(name, dataspace, sizes) : IPC_E_QUOTA;
    if (error) {
        errno = errno_of(error);
        return false;
    }
    *size = sizes[1];
    close_dataspace(dataspace);
    return true;
}
