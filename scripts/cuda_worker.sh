#!/usr/bin/env bash
# Builds `vitrine-worker` for NVIDIA GPUs, on any x86-64 Linux machine: neither a GPU nor a driver nor an installed CUDA toolkit is needed to build.
#
#   scripts/cuda_worker.sh
#
#   OUT                where the worker and the libraries it needs go        [target/cuda-worker]
#   CUDA_COMPUTE_CAP   the GPU's compute capability without its point         [this machine's GPU, else 80]
#                      (75 T4, 80 A100, 86 RTX 30, 89 RTX 40, 90 H100); newer GPUs run it too, older ones do not
#   CUDA_HOME          an installed toolkit, 12.0 to 13.4                     [NVIDIA's wheels, put in a virtual environment]
#   VENV               that virtual environment (1.1 GB)                      [~/.cache/vitrine/cuda]
#   LIBRARIES          link | copy: the libraries beside the worker are links into CUDA_HOME, or copies (0.7 GB) that can be passed on   [link]
#
# Everything else (CARGO_TARGET_DIR, PIP_*, CARGO_BUILD_JOBS) is what cargo and pip make of it. docs/gpu.md says what comes of it.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

OUT=$(realpath -m "${OUT:-${CARGO_TARGET_DIR:-target}/cuda-worker}")
VENV=${VENV:-$VITRINE_CACHE/cuda}

# Versions that belong together; the bindings that candle uses know no compiler newer than 13.4.
WHEELS="nvidia-cuda-nvcc==13.2.* nvidia-nvvm==13.2.* nvidia-cuda-crt==13.2.* nvidia-cuda-runtime==13.2.* nvidia-cuda-cccl==13.2.*
  nvidia-cuda-nvrtc==13.2.* nvidia-cublas==13.4.* nvidia-curand==10.4.*"

# toolkit_from_wheels: the wheels hold a toolkit in all but the names that a linker looks for.
toolkit_from_wheels() {
  if ! compgen -G "$VENV/lib/python3*/site-packages/nvidia/cu13/bin/nvcc" >/dev/null; then
    say "Fetching NVIDIA's compiler and libraries into $VENV"
    python3 -m venv "$VENV" || fail "Python's venv is missing; install python3-venv, or set CUDA_HOME to an installed toolkit."
    "$VENV/bin/pip" install -q $WHEELS || fail "NVIDIA's wheels could not be installed; see the message above."
  fi
  CUDA_HOME=$(echo "$VENV"/lib/python3*/site-packages/nvidia/cu13)
  [ -e "$CUDA_HOME/lib64" ] || ln -s lib "$CUDA_HOME/lib64"
  local library plain
  for library in "$CUDA_HOME"/lib/*.so.*; do
    plain=${library%%.so.*}.so
    [ -e "$plain" ] || ln -s "$(basename "$library")" "$plain"
  done
}

# stub_driver FOLDER: a library with the driver's names, for the linker's eyes only. The real one comes with the driver; should this one ever be
# loaded in its stead, each function says so by the error code 34, as NVIDIA's own stub does.
stub_driver() {
  mkdir -p "$1"
  grep -ohE '\bcu[A-Z][A-Za-z0-9_]*' "$CUDA_HOME/include/cuda.h" | sort -u | sed 's/.*/int &(void) { return 34; }/' >"$1/cuda.c"
  cc -shared -fPIC -w -Wl,-soname,libcuda.so.1 -o "$1/libcuda.so" "$1/cuda.c" || fail "the C compiler failed; install build-essential."
}

need_rust
[ -n "${CUDA_HOME:-}" ] || toolkit_from_wheels
[ -x "$CUDA_HOME/bin/nvcc" ] || fail "$CUDA_HOME holds no bin/nvcc; set CUDA_HOME to the folder of a CUDA toolkit, or unset it."
if [ -z "${CUDA_COMPUTE_CAP:-}" ]; then
  CUDA_COMPUTE_CAP=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -n 1 | tr -d . || true)
  CUDA_COMPUTE_CAP=${CUDA_COMPUTE_CAP:-80}
fi
export CUDA_HOME CUDA_PATH=$CUDA_HOME CUDA_COMPUTE_CAP PATH=$CUDA_HOME/bin:$PATH

stub=$OUT/stub
stub_driver "$stub"
say "Building for compute capability $CUDA_COMPUTE_CAP with $("$CUDA_HOME/bin/nvcc" --version | sed -n 's/.*release \([0-9.]*\).*/CUDA \1/p')"
# The worker looks for NVIDIA's libraries in the folder `cuda` beside it first.
cargo rustc --release --locked -p vitrine-worker --bin vitrine-worker --features cuda -- \
  -L "native=$stub" -C "link-arg=-Wl,-rpath,\$ORIGIN/cuda"

mkdir -p "$OUT/cuda"
cp "${CARGO_TARGET_DIR:-target}/release/vitrine-worker" "$OUT/"
for library in cudart cublas cublasLt curand; do
  for file in "$CUDA_HOME/lib64/lib$library".so.*; do
    if [ "${LIBRARIES:-link}" = copy ]; then cp -L "$file" "$OUT/cuda/"; else ln -sf "$file" "$OUT/cuda/"; fi
  done
done
rm -r "$stub"
say "$OUT/vitrine-worker is ready. Start Vitrine with VITRINE_WORKER=$OUT/vitrine-worker, or put it and its folder cuda beside Vitrine's executable."
