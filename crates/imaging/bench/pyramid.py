"""Tiles and thumbnails of large scans: this crate beside libvips' dzsave and thumbnail, one after the other, with the ratio.

    cargo build --release -p vitrine-imaging --example pyramid
    python pyramid.py SCRATCH [WORDS]

With WORDS only the scans whose names hold them. Needs the command `vips` (Debian's libvips-tools), and numpy, tifffile, imagecodecs. The pictures are made
up: soft colours with the grain of a paper or canvas in the JPEG, that of a scanner in the others. Time and peak memory are those of the whole process; in
brackets the time of all processors together, which says more where other programs run too.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import time

import imagecodecs
import numpy as np
import tifffile

PROGRAM = pathlib.Path(os.environ.get("PROGRAM", pathlib.Path(__file__).resolve().parents[3] / "target/release/examples/pyramid"))
RUNS = int(os.environ.get("RUNS", 3))


def rows(width, height, dtype, grain):
    random = np.random.default_rng(1)
    most = np.float32(np.iinfo(dtype).max)
    x = np.linspace(0, 9, width, dtype=np.float32)
    # A piece of grain that is shifted about: random numbers for a billion pixels would take longer than all that is measured.
    noise = random.normal(0, grain, (64, 8192, 3)).astype(np.float32)
    for top in range(0, height, 64):
        y = np.float32(top / 900)
        soft = np.stack([0.5 + 0.3 * np.sin(x + y), 0.5 + 0.3 * np.cos(x * y / 5), 0.4 + 0.2 * np.sin(x - y)], axis=-1)
        shift = int(random.integers(8192))
        strip = soft[None] + np.take(noise, (np.arange(width) + shift) % 8192, axis=1)
        yield (strip.clip(0, 1) * most).astype(dtype)[: height - top]


def scans(scratch):
    jpeg = scratch / "24-MP.jpg"
    if not jpeg.exists():
        jpeg.write_bytes(imagecodecs.jpeg8_encode(np.concatenate(list(rows(6000, 4000, np.uint8, 0.015))), level=92))
    yield "24 MP JPEG", jpeg
    for name, side, dtype, compression in (
        ("100 MP TIFF, 16 bits", 10_000, np.uint16, None),
        ("300 MP TIFF, LZW strips", 17_320, np.uint8, "lzw"),
        ("1 GP TIFF, LZW strips", 31_623, np.uint8, "lzw"),
    ):
        path = scratch / f"{side}.tif"
        if not path.exists():
            # Strip by strip, so that the generator needs no memory either.
            strips = rows(side, side, dtype, 0.004)
            if compression:
                strips = (imagecodecs.lzw_encode(imagecodecs.delta_encode(strip, axis=-2)) for strip in strips)
            tifffile.imwrite(path, strips, shape=(side, side, 3), dtype=dtype, photometric="rgb", rowsperstrip=64,
                             compression=compression, predictor=bool(compression) or None, metadata=None, bigtiff=side > 20_000)
        yield name, path


def measured(command):
    """Seconds, those of the processors, and megabytes of the quickest of some runs; the file is in the system's cache."""
    best = None
    for _ in range(RUNS):
        for place in ("tiles", "tiles_files"):
            shutil.rmtree(SCRATCH / place, ignore_errors=True)
        start = time.perf_counter()
        child = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        if status:
            sys.exit(f"{command}: status {status}")
        if best is None or seconds < best[0]:
            best = (seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000)
    return best


def main():
    print("| | ours | libvips | libvips/ours: time | of the processors |\n|---|---|---|---|---|")
    for name, path in scans(SCRATCH):
        if WORDS not in name:
            continue
        image = path if path.suffix == ".jpg" else f"{path}[access=sequential]"
        for what, ours, theirs in (
            ("tiles", [PROGRAM, "tiles", path, SCRATCH / "tiles"], ["vips", "dzsave", image, SCRATCH / "tiles", "--tile-size", 512, "--overlap", 0, "--suffix", ".jpg[Q=85]"]),
            ("thumbnail of 512", [PROGRAM, "thumbnail", path, SCRATCH / "ours.jpg"], ["vips", "thumbnail", path, SCRATCH / "theirs.jpg[Q=82]", 512]),
        ):
            own, other = measured(ours), measured(theirs)
            cells = ["{:.2f} s ({:.2f} s), {:.0f} MB".format(*one) for one in (own, other)]
            print(f"| {name}: {what} | {' | '.join(cells)} | {other[0] / own[0]:.2f} | {other[1] / own[1]:.2f} |", flush=True)


if __name__ == "__main__":
    SCRATCH = pathlib.Path(sys.argv[1])
    WORDS = sys.argv[2] if len(sys.argv) > 2 else ""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    main()
