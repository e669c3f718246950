#!/usr/bin/env bash
# Sets up and runs every check: format, lints, the interface's types, all tests, the real window included.
set -euo pipefail
cd "$(dirname "$0")"
. scripts/setup.sh

need_system_packages $BUILD_PACKAGES webkit2gtk-driver xvfb xauth dbus libxml2-utils
need_rust
need_node
need_models
want_fonts
want_iconclass
want_demonstration
command -v cargo-nextest >/dev/null || cargo install --locked cargo-nextest

step() { say ""; say "== $*"; }

step "Interface: types and build"
(cd ui && npm ci --no-audit --no-fund && npm run check && npm test && npm run build)

step "Format"
cargo fmt --all --check

step "Lints"
cargo clippy --workspace --all-targets --locked -- -D warnings

step "Tests"
xvfb-run -a cargo nextest run --workspace --locked --no-fail-fast
