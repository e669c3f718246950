#!/usr/bin/env bash
# Makes the packages (.deb, .rpm) that a museum installs: window, command line, knowledge base, Iconclass, and the compact pack with the
# backbones that set-up fetched and their licences, so that nothing needs a network afterwards.
#
#   scripts/package.sh [TAURI-BUILD-OPTION...]     e.g. --bundles deb; --debug for a quick, slow one
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

need_system_packages $BUILD_PACKAGES
need_rust
need_node
need_models
want_iconclass

profile=(--release) output=release
for option in "$@"; do
  [ "$option" != --debug ] || profile=() output=debug
done

# What goes in is laid out first as it will lie in /usr/lib/Vitrine. src-tauri/package.conf.json names this folder; everyday builds do not read it, so
# that no old copy of the pack lies beside a program in development.
stage=target/package
pack=$stage/models/compact
rm -rf "$stage"
mkdir -p "$pack/fetched" "$stage/assets"
cp models/compact/*.toml models/compact/*.json models/compact/*.safetensors models/compact/MODEL_CARD.md "$pack/"
cp -r assets/knowledge "$stage/assets/"
cp "${VITRINE_MODELS:-$VITRINE_CACHE/models}"/compact/* "$pack/fetched/"
cp LICENSE-APACHE "$pack/fetched/LICENSE"
iconclass=${VITRINE_ICONCLASS:-$VITRINE_CACHE/iconclass}
if [ -f "$iconclass/notations.txt" ]; then
  mkdir -p "$stage/assets/iconclass"
  cp "$iconclass"/*.txt assets/iconclass/iconclass.toml "$stage/assets/iconclass/"
fi

"$(private_python)" scripts/copyright.py >"$stage/copyright"

cargo build --locked "${profile[@]}" -p vitrine-cli
cp "${CARGO_TARGET_DIR:-target}/$output/vitrine-cli" "$stage/vitrine-cli"
npm exec --yes --package @tauri-apps/cli@2.12.3 -- tauri build --config src-tauri/package.conf.json "$@"
