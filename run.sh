#!/usr/bin/env bash
# Sets Vitrine up and opens it.
#
#   ./run.sh              the window; without a display, a tour of the demonstration scans in the terminal
#   ./run.sh SCAN...      without a display: imports these files and folders, prints what it makes of them, exports records
set -euo pipefail
called_from=$PWD
cd "$(dirname "$0")"
. scripts/setup.sh

need_system_packages $BUILD_PACKAGES
need_rust
need_node
need_models
want_fonts
want_iconclass
want_demonstration

scans=()
for scan in "$@"; do
  case $scan in /*) scans+=("$scan") ;; *) scans+=("$called_from/$scan") ;; esac
done

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  cargo build --release --quiet --bin vitrine
  exec "${CARGO_TARGET_DIR:-target}/release/vitrine" "${scans[@]}"
fi
cargo build --release --quiet -p vitrine-cli
exec "${CARGO_TARGET_DIR:-target}/release/vitrine-cli" tour "${scans[@]}"
