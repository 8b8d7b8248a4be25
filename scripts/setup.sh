#!/bin/sh
# Installs what Faultline needs and this machine lacks, through apt, after saying so. For `make demo` and `make test`.
# With --doctor it changes nothing: it shows each tool, the version found, and what to install.
# It is a shell script because a fresh machine has no Python.
set -u

# tool or file, how to ask for its version, Debian and Ubuntu package
needed() {
    cat <<'END'
gcc|gcc --version|gcc libc6-dev
python3|python3 --version|python3
pkg-config|pkg-config --version|pkg-config
qemu-system-riscv64|qemu-system-riscv64 --version|qemu-system-misc
riscv64-unknown-elf-gcc|riscv64-unknown-elf-gcc --version|gcc-riscv64-unknown-elf
/usr/lib/picolibc/riscv64-unknown-elf/lib/rv64imac/lp64/libc.a|package picolibc-riscv64-unknown-elf|picolibc-riscv64-unknown-elf
/usr/include/check.h|package check|check
/usr/include/ncurses.h|package libncurses-dev|libncurses-dev
babeltrace2|babeltrace2 --version|babeltrace2
/usr/include/vterm.h|package libvterm-dev|libvterm-dev
tmux|tmux -V|tmux
asciinema|asciinema --version|asciinema
END
}
# Good to have; nothing installs them.
optional() {
    cat <<'END'
git|git --version|git
gdb-multiarch|gdb-multiarch --version|gdb-multiarch
clang-format|clang-format --version|clang-format
cppcheck|cppcheck --version|cppcheck
clang|clang --version|clang
rsvg-convert|rsvg-convert --version|librsvg2-bin
END
}

present() {
    case $1 in
    /*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

# The version of what is present: the first number with a dot in the first line.
version() {
    case $1 in
    package\ *) text=$(dpkg-query -W -f '${Version}' "${1#package }" 2>/dev/null) ;;
    *) text=$($1 2>/dev/null | head -n 1) ;;
    esac
    number=$(printf '%s\n' "$text" | grep -oE '[0-9]+(\.[0-9]+)+' | tail -n 1)
    printf '%s' "${number:-unknown version}"
}

missing_packages() {
    needed | while IFS='|' read -r tool _ packages; do
        present "$tool" || printf '%s ' "$packages"
    done
}

show() {
    while IFS='|' read -r tool ask packages; do
        if present "$tool"; then
            printf '  ok       %-28s %s\n' "${tool##*/riscv64-unknown-elf/}" "$(version "$ask")"
        else
            printf '  MISSING  %-28s %s: apt-get install %s\n' "${tool##*/riscv64-unknown-elf/}" "$1" "$packages"
        fi
    done
}

doctor() {
    echo "needed to build, run and test:"
    needed | show "install it with"
    echo "good to have:"
    optional | show "if you want it"
    packages=$(missing_packages)
    if [ -z "$packages" ]; then
        echo "Everything that is needed is there."
        return 0
    fi
    echo "Install what is missing: make setup, or apt-get install $packages"
    return 1
}

give_up() {
    echo "setup: $1" >&2
    exit 1
}

install_missing() {
    packages=$(missing_packages)
    [ -z "$packages" ] && return 0
    echo "setup: missing on this machine: $packages"
    command -v apt-get >/dev/null 2>&1 ||
        give_up "there is no apt-get here. Install what these Debian packages hold by other means, then try again."
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 ||
            give_up "installing needs root, and there is no sudo. As root: apt-get install $packages"
        as_root="sudo "
    fi
    install="${as_root}env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages"
    echo "setup: installing with: $install"
    # shellcheck disable=SC2086 # words on purpose
    if ! $install </dev/null; then
        echo "setup: that failed; fetching the lists of packages and trying once more"
        ${as_root}apt-get update </dev/null ||
            give_up "apt-get update failed: is there a network, and a mirror in /etc/apt?"
        $install </dev/null || give_up "apt-get could not install: $packages. Its message above says why."
    fi
    packages=$(missing_packages)
    [ -z "$packages" ] || give_up "still missing after installing: $packages. Is this Debian 12 or 13, or a recent Ubuntu?"
    echo "setup: everything that is needed is there"
}

case ${1-} in
'') install_missing ;;
--doctor) doctor ;;
*) give_up "unknown option $1; --doctor is the only one" ;;
esac
