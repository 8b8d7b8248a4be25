"""Follows the file that the guest's serial line goes to, and passes on what comes after the firmware's banner.

Used by run.py. The banner is the firmware's, not the kit's: it goes neither to the terminal nor into console.txt.
"""

FIRMWARE_LAST_LINE = b"Boot HART MEDELEG"


class Console:
    """serial: path of the file that QEMU writes; copy: path of the file that keeps the guest's output; screen: a
    binary stream that gets it too."""

    def __init__(self, serial, copy, screen):
        self.serial = open(serial, "rb")
        self.copy = open(copy, "wb")
        self.screen = screen
        self.banner = b""  # what is withheld so far; None once the banner is over

    def follow(self, ended=False):
        """Passes on what is new. ended: nothing will come any more, so nothing is withheld."""
        data = self.serial.read()
        if self.banner is not None:
            data = self.after_banner(data, ended)
        if data:
            self.copy.write(data)
            self.copy.flush()
            self.screen.write(data)
            self.screen.flush()

    def after_banner(self, data, ended):
        self.banner += data
        start = self.banner.find(FIRMWARE_LAST_LINE)
        end = self.banner.find(b"\n", start) if start >= 0 else -1
        if end < 0 and not ended:
            return b""
        data, self.banner = self.banner[end + 1:], None
        return data

    def close(self):
        self.serial.close()
        self.copy.close()
