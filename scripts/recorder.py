"""Carries the trace out of the guest: from the buffer at the top of its RAM file into a CTF directory, while it runs.

Used by run.py. The layouts are those of kernel/abi/trace.h (header, records) and viz/trace/format.h (the stream's
first 64 bytes); tests/system/failure_test.py compares the numbers with these headers.

The directory is readable at any moment: the file of events only ever grows by whole records that the guest has
declared complete. The one record that the guest changes afterwards, the last slot of a full buffer, waits for the end.
"""

import os
import shutil
import struct

RECORD_SIZE = 64
HEADER_SIZE = 4096
HEADER_MAGIC = 0x45434152544C4C46
HEADER_VERSION = 2
HEADER = struct.Struct("<QIIQQQIIQQQ")
HEADER_FIELDS = ("magic", "version", "record_size", "capacity", "end", "lost", "halted", "halt_status", "mask",
                 "entry_time", "root_time")

STREAM_MAGIC = 0xC1FC1FC1
STREAM_UUID = bytes.fromhex("6661756c746c496ea501000000000001")
STREAM_PREFIX = struct.pack("<I16sIQI28x", STREAM_MAGIC, STREAM_UUID, 0, 0, 0)
CHUNK_RECORDS = 16384
TRACE_FILES = ("metadata", "stream_0")


class TraceDirectoryError(Exception):
    """The trace cannot be written; the text says why and what to do."""


def remove_old_trace(directory):
    """Takes an earlier trace away, and nothing else: a reader of CTF takes every file there for a stream."""
    if not os.path.isdir(directory):
        return
    foreign = sorted(set(os.listdir(directory)) - set(TRACE_FILES))
    if foreign:
        raise TraceDirectoryError(f"{directory} holds a file that is not of a trace: {foreign[0]}. Move it away, or "
                                  "choose another --out.")
    shutil.rmtree(directory)


class Recorder:
    """ram: path of the guest's RAM file; directory: where the trace goes, None for no trace."""

    def __init__(self, ram, ram_size, trace_size, directory, metadata):
        self.offset = ram_size - trace_size
        self.limit = (trace_size - HEADER_SIZE) // RECORD_SIZE
        self.ram = os.open(ram, os.O_RDONLY)
        self.written = 0
        self.stream = None
        if directory is not None:
            os.makedirs(directory)
            shutil.copyfile(metadata, os.path.join(directory, "metadata"))
            self.stream = open(os.path.join(directory, "stream_0"), "wb", buffering=0)
            self.stream.write(STREAM_PREFIX)

    def header(self):
        """What the kernel says of its trace, as a dictionary; None as long as there is no header that makes sense."""
        data = os.pread(self.ram, HEADER.size, self.offset)
        if len(data) < HEADER.size:
            return None
        header = dict(zip(HEADER_FIELDS, HEADER.unpack(data)))
        known = (header["magic"] == HEADER_MAGIC and header["version"] == HEADER_VERSION
                 and header["record_size"] == RECORD_SIZE and 0 < header["capacity"] <= self.limit
                 and HEADER_SIZE <= header["end"] <= HEADER_SIZE + header["capacity"] * RECORD_SIZE)
        header["count"] = (header["end"] - HEADER_SIZE) // RECORD_SIZE
        return header if known else None

    def drain(self, ended=False):
        """Appends the records that are complete. ended: the guest will not run again. Returns how many came."""
        header = self.header()
        if header is None or self.stream is None:
            return 0
        complete = header["count"]
        if not ended:
            complete = min(complete, header["capacity"] - 1)
        before = self.written
        while self.written < complete:
            records = min(complete - self.written, CHUNK_RECORDS)
            at = self.offset + HEADER_SIZE + self.written * RECORD_SIZE
            data = os.pread(self.ram, records * RECORD_SIZE, at)
            if len(data) < records * RECORD_SIZE:
                break  # the RAM file is cut: what is whole is written
            self.stream.write(data)
            self.written += records
        return self.written - before

    def close(self):
        os.close(self.ram)
        if self.stream is not None:
            self.stream.close()
