"""Fetches the upstream source of a Debian package, through apt and from the mirror that this machine uses.

apt checks what it gets: the signature on the archive's index, and the index's SHA-256 of the file. This machine's own
apt is left as it is: a copy of its list of mirrors, made into one of sources, lies in the working directory.
"""

import glob
import os
import re
import subprocess
import tarfile


class FetchError(Exception):
    """What is wrong, and what to do."""


def apt(directory, words, here):
    options = [f"Dir::Etc::SourceList={directory}/sources.list", f"Dir::Etc::SourceParts={directory}/mirrors",
               f"Dir::State::Lists={directory}/lists", f"Dir::Cache={directory}/cache", "APT::Sandbox::User=root"]
    command = ["apt-get", "--quiet=2"] + [word for option in options for word in ("-o", option)] + words
    ended = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise FetchError(f"apt-get {' '.join(words)}: {(ended.stdout + ended.stderr).strip()}. Is there a network?")


def distribution_files():
    """The files in /etc/apt that name the mirrors of the distribution itself, not those of others."""
    listing = subprocess.run(["apt-get", "indextargets", "--format", "$(LABEL)|$(SOURCESENTRY)"], capture_output=True,
                             text=True, check=False).stdout
    entries = [line.split("|") for line in listing.splitlines()]
    files = {entry.rpartition(":")[0] for label, entry in entries if label in ("Debian", "Ubuntu")}
    if not files:
        raise FetchError("apt knows no mirror of Debian or Ubuntu: `apt-get update` makes it look")
    return sorted(files)


def as_sources(text, is_stanzas):
    """A list of mirrors for programs as one for sources."""
    if is_stanzas:
        return re.sub(r"(?m)^Types:.*$", "Types: deb-src", text)
    return "".join(re.sub(r"^deb\s", "deb-src ", line) for line in text.splitlines(True) if re.match(r"deb\s", line))


def fetch_index(directory):
    """Once: what there is to fetch, and from where."""
    ready = os.path.join(directory, "ready")
    if os.path.exists(ready):
        return
    for name in ("lists/partial", "cache/archives/partial", "mirrors"):
        os.makedirs(os.path.join(directory, name), exist_ok=True)
    for path in distribution_files():
        is_stanzas = path.endswith(".sources")
        with open(path) as file:
            text = as_sources(file.read(), is_stanzas)
        name = "mirrors/" + os.path.basename(os.path.splitext(path)[0]) + (".sources" if is_stanzas else ".list")
        with open(os.path.join(directory, name), "w") as file:
            file.write(text)
    open(os.path.join(directory, "sources.list"), "w").close()
    apt(directory, ["update"], directory)
    open(ready, "w").close()


def unpack(package, directory, into):
    """Fetches the package's upstream source, unless it is there, and unpacks it afresh into a folder, whose path is
    returned. directory: an absolute path, of what is fetched."""
    downloads = os.path.join(directory, package)
    pattern = os.path.join(downloads, "*.orig.tar.*[!c]")  # not its signature, .asc
    if not glob.glob(pattern):
        fetch_index(directory)
        os.makedirs(downloads, exist_ok=True)
        apt(directory, ["source", "--tar-only", "--download-only", package], downloads)
    with tarfile.open(glob.glob(pattern)[0]) as archive:
        archive.extractall(into)
        top = archive.getnames()[0].split("/")[0]
    return os.path.join(into, top)
