// The bytes in front of a stream file's records. Shared by the metadata tool (scripts/trace_metadata.c), the reader
// (viz/trace) and the tests' trace writer; the recorder (Python) writes the same 64 bytes.
#ifndef FAULTLINE_VIZ_TRACE_FORMAT_H
#define FAULTLINE_VIZ_TRACE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define TRACE_METADATA_FILE "metadata"
#define TRACE_STREAM_FILE "stream_0"              // one file per hart; there is one hart
#define TRACE_METADATA_FIRST_LINE "/* CTF 1.8 */" // what every CTF 1.8 text metadata begins with
#define TRACE_FORMAT_VERSION 1                    // goes up when the layout of the records changes

#define TRACE_STREAM_MAGIC 0xC1FC1FC1u // CTF's magic number of a packet

// "faultline", version nibble 4 and variant bits as RFC 4122 wants them. The same for every trace: it says that the
// stream belongs to this metadata, and the metadata is always the same.
#define TRACE_UUID_TEXT "6661756c-746c-496e-a501-000000000001"
#define TRACE_UUID_BYTES                                                                                               \
    {                                                                                                                  \
        0x66, 0x61, 0x75, 0x6c, 0x74, 0x6c, 0x49, 0x6e, 0xa5, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01                 \
    }

// Little-endian, as the machine that writes it. CTF: packet.header, packet.context, then padding up to the first
// event, whose header is aligned to 512 bits.
struct trace_stream_prefix {
    uint32_t magic;           // TRACE_STREAM_MAGIC
    uint8_t uuid[16];         // TRACE_UUID_BYTES
    uint32_t stream_id;       // 0
    uint64_t timestamp_begin; // instructions; at most the first record's time, 0 is always right
    uint32_t cpu_id;          // the hart
    uint8_t padding[28];      // 0
};
_Static_assert(sizeof(struct trace_stream_prefix) == 64, "records begin at 64");
_Static_assert(offsetof(struct trace_stream_prefix, timestamp_begin) == 24, "no hole in the prefix");

#endif
