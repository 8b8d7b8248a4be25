"""The one place that knows how to start QEMU. run.py uses it; so should whatever else wants a guest.

The options make a run a function of its inputs: `icount` without `sleep` derives all time from the number of
instructions, `seed` and `rtc` fix what would come from the host, and the serial line goes to a file, which never makes
the guest wait. All guest memory is a file made afresh, since it keeps its old content.
"""

import ctypes
import os
import shutil
import signal
import subprocess

PROGRAM = "qemu-system-riscv64"
RAM_SIZE = 128 << 20
PARENT_DEATH_SIGNAL = 1  # prctl(2), PR_SET_PDEATHSIG


def quoted(path):
    """A comma in an option's value is doubled."""
    return path.replace(",", ",,")


def disk(image, source):
    """The options of a virtio block device, read-only, in the first virtio-mmio slot. image: a raw file. source: QEMU's
    block options for how to come by the content, in which IMAGE stands for that file; as it is, if not given."""
    source = (source or "file.driver=file,file.filename=IMAGE").replace("IMAGE", quoted(image))
    return ["-global", "virtio-mmio.force-legacy=false",  # the interface of the standard, not the one before it
            "-drive", f"if=none,id=disk,readonly=on,driver=raw,{source}",
            "-device", "virtio-blk-device,drive=disk,bus=virtio-mmio-bus.0"]


def command(kernel, archive, ram, serial, append, devices=()):
    """The command line. ram, serial: files that QEMU writes; append: the guest's command line; devices: more options."""
    memory = f"memory-backend-file,id=ram,size={RAM_SIZE},mem-path={quoted(ram)},share=on"
    return [PROGRAM, "-machine", "virt,memory-backend=ram", "-object", memory, "-m", "128M", "-smp", "1",
            "-icount", "shift=0,sleep=off", "-seed", "42", "-rtc", "base=2026-01-01,clock=vm",
            "-display", "none", "-monitor", "none", "-serial", f"file:{quoted(serial)}", "-no-reboot",
            "-kernel", kernel, "-initrd", archive, "-append", append, *devices]


def missing():
    """Is QEMU not installed?"""
    return shutil.which(PROGRAM) is None


def fresh_file(path, size):
    if os.path.lexists(path):
        os.remove(path)
    with open(path, "xb") as file:
        file.truncate(size)


def start(kernel, archive, ram, serial, errors, append, devices=()):
    """Starts the guest; returns its subprocess.Popen. QEMU ends with this process, however that ends."""
    fresh_file(ram, RAM_SIZE)
    fresh_file(serial, 0)
    prctl = ctypes.CDLL(None).prctl

    def end_with_parent():
        prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)

    with open(errors, "wb") as error_file:
        return subprocess.Popen(command(kernel, archive, ram, serial, append, devices), stdin=subprocess.DEVNULL,
                                stdout=error_file, stderr=error_file, start_new_session=True,
                                preexec_fn=end_with_parent)
