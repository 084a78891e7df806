#!/usr/bin/env bash
# Sees to what a build needs: Swift 6.3 or newer, and the headers of SQLite and zlib.
# Installs the two headers with apt-get where it can; says what to do where it cannot.
set -euo pipefail

needed_major=6 needed_minor=3

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

check_swift() {
    local version
    command -v "${SWIFT:-swift}" >/dev/null || fail \
        "Ingot needs Swift $needed_major.$needed_minor or newer, and 'swift' is not on the PATH." \
        "Install it from https://www.swift.org/install, then run this again."
    version=$("${SWIFT:-swift}" --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p' | head -n 1)
    local major=${version% *} minor=${version#* }
    [[ $version == *' '* ]] || fail "Cannot tell the version of '$(command -v "${SWIFT:-swift}")' (swift --version)."
    ((major > needed_major || (major == needed_major && minor >= needed_minor))) || fail \
        "Ingot needs Swift $needed_major.$needed_minor or newer; '$(command -v "${SWIFT:-swift}")' is $major.$minor." \
        "Install a newer one from https://www.swift.org/install, then run this again."
}

has_header() {
    [[ -e /usr/include/$1 || -e /usr/local/include/$1 ]] || compgen -G "/usr/include/*/$1" >/dev/null
}

check_headers() {
    local missing=()
    has_header sqlite3.h || missing+=(libsqlite3-dev)
    has_header zlib.h || missing+=(zlib1g-dev)
    ((${#missing[@]})) || return 0
    command -v apt-get >/dev/null || fail \
        "Ingot needs the development files of SQLite and zlib: missing ${missing[*]} (Debian's names)." \
        "Install them with this system's package manager (on Fedora: sqlite-devel zlib-devel), then run this again."
    local as_root=()
    if ((EUID != 0)); then
        # Without a terminal nobody can type a password.
        if command -v sudo >/dev/null && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
            as_root=(sudo)
        else
            fail "Ingot needs ${missing[*]}, and only root can install packages. Run this as root, then try again:" \
                "    apt-get update && apt-get install ${missing[*]}"
        fi
    fi
    echo "Installing ${missing[*]}."
    ${as_root[@]+"${as_root[@]}"} apt-get -q update
    ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive \
        apt-get -q install -y --no-install-recommends "${missing[@]}"
}

check_swift
# macOS brings SQLite and zlib with its SDK.
[[ $(uname -s) == Darwin ]] || check_headers
