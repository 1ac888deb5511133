#!/usr/bin/env bash
# Makes this checkout ready to run: virtual environment, pinned libraries, missing system packages.
# Safe to run at any time; it does only what is missing and says what it does.
#   PYTHON=/usr/bin/python3.12   the Python to use instead of the first one that is new enough
#   LINQU_SYSTEM_PACKAGES=no     leave the system's own packages alone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly VENV=.venv
readonly PINS=requirements.txt
readonly PINS_DONE=$VENV/.pins-installed
readonly PACKAGES_TRIED=$VENV/.system-packages-tried
readonly RETRY_MINUTES=1440

say() { printf 'setup: %s\n' "$*"; }
stop() { printf 'setup: %s\n' "$*" >&2; exit 1; }

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# "sudo", "sudo -n" or nothing at all before apt-get; fails where this user may not install.
root_prefix() {
    [ "${LINQU_SYSTEM_PACKAGES:-yes}" != no ] && command -v apt-get >/dev/null || return 1
    if [ "$(id -u)" -eq 0 ]; then return 0; fi
    command -v sudo >/dev/null && sudo -n true 2>/dev/null && echo "sudo -n"
}

install_packages() {
    local prefix log
    prefix=$(root_prefix) || return 1
    log=$(mktemp)
    say "installing with apt-get: $*"
    # shellcheck disable=SC2086  # the prefix is one word, two or none
    if ! { $prefix apt-get update && $prefix env DEBIAN_FRONTEND=noninteractive \
            apt-get install --yes --no-install-recommends "$@"; } >"$log" 2>&1 </dev/null; then
        say "apt-get failed: $(grep -E '^E:' "$log" | head -n 1 || true)"
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null && new_enough "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

make_environment() {
    local python version
    if [ -x $VENV/bin/python ] && new_enough $VENV/bin/python && [ -x $VENV/bin/pip ]; then return; fi
    python=$(find_python) || stop "Python 3.11 or newer is needed; this machine has $(python3 --version 2>&1 || true)"
    version=$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        install_packages "$version-venv" || install_packages python3-venv \
            || stop "$version cannot make virtual environments here: install the package python3-venv and try again"
    fi
    say "making the virtual environment $VENV with $("$python" --version)"
    "$python" -m venv --clear $VENV
}

install_pins() {
    local wanted
    wanted=$(sha256sum $PINS)
    if [ -f $PINS_DONE ] && [ "$(cat $PINS_DONE)" = "$wanted" ]; then return; fi
    say "installing the libraries pinned in $PINS (some minutes on a slow network)"
    $VENV/bin/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes --requirement $PINS \
        || stop "the libraries could not be installed; is the package index within reach?"
    printf '%s\n' "$wanted" >$PINS_DONE
}

has_zbar() { compgen -G '/usr/lib/*/libzbar.so.0' >/dev/null || compgen -G '/usr/lib/libzbar.so.0' >/dev/null; }
has_chinese_font() {
    [ -n "$(find /usr/share/fonts /usr/local/share/fonts \( -name 'NotoSansCJK*' -o -name 'NotoSansSC*' \
        -o -name 'SourceHanSansSC*' -o -name 'wqy-zenhei*' \) -print -quit 2>/dev/null)" ]
}
has_chromium() { [ -x /usr/bin/chromium ]; }
has_faketime() { compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null; }
has_compiler() { command -v cc >/dev/null && [ -f /usr/include/stdio.h ]; }

missing_packages() {
    has_zbar || echo libzbar0
    has_chinese_font || echo fonts-noto-cjk
    has_chromium || echo chromium
    has_faketime || echo faketime
    command -v ip >/dev/null || echo iproute2
    has_compiler || printf '%s\n' gcc libc6-dev
    command -v strace >/dev/null || echo strace
}

# What goes on working without a package, for whoever cannot install it.
what_it_costs() {
    case $1 in
        libzbar0) echo "the last-resort reader for damaged codes is off" ;;
        fonts-noto-cjk) echo "labels and pictures have no Chinese letters" ;;
        chromium) echo "browser tests and screenshots cannot run" ;;
        iproute2) echo "the test of a flapping link uses a relay instead of a network card" ;;
        faketime) echo "the test of a kiosk whose clock jumps fails" ;;
        gcc | libc6-dev) echo "the tests that cut the power cannot run" ;;
        strace) echo "the tests that let single system calls fail cannot run" ;;
    esac
}

install_system_packages() {
    local missing package
    missing=$(missing_packages | tr '\n' ' ')
    if [ -z "$missing" ]; then return; fi
    # A machine that could not install them a minute ago is not asked again for a day.
    if [ -n "$(find $PACKAGES_TRIED -mmin -$RETRY_MINUTES 2>/dev/null)" ] && [ "$(cat $PACKAGES_TRIED)" = "$missing" ]; then
        say "still missing: $missing(again tomorrow, or after rm $PACKAGES_TRIED)"
        return
    fi
    # shellcheck disable=SC2086  # one word a package
    install_packages $missing || true
    missing=$(missing_packages | tr '\n' ' ')
    printf '%s' "$missing" >$PACKAGES_TRIED
    for package in $missing; do
        say "missing: $package ($(what_it_costs "$package")); as root: apt-get install $package"
    done
}

make_environment
install_pins
install_system_packages
