"""Tiles and thumbnails of large scans: this crate beside libvips' dzsave and thumbnail, one after the other, with the ratio.

    cargo build --release -p vitrine-imaging --example pyramid
    python pyramid.py SCRATCH

Needs the command `vips` (Debian's libvips-tools), and numpy, tifffile, imagecodecs. The pictures are made up: soft colours with the grain of a
paper or canvas in the JPEG, that of a scanner in the others. Time and peak memory are those of the whole process.
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
RUNS = 3


def rows(width, height, dtype, grain):
    random = np.random.default_rng(1)
    most = np.iinfo(dtype).max
    x = np.linspace(0, 9, width)
    for top in range(0, height, 64):
        y = np.linspace(top, top + 63, 64)[:, None] / 900
        soft = np.stack([0.5 + 0.3 * np.sin(x + y), 0.5 + 0.3 * np.cos(x * y / 5), 0.4 + 0.2 * np.sin(x - y)], axis=-1)
        noise = random.normal(0, grain, soft.shape)
        yield np.clip((soft + noise) * most, 0, most).astype(dtype)[: height - top]


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
    """Seconds and megabytes of the quickest of some runs; the file is in the system's cache."""
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
            best = (seconds, usage.ru_maxrss / 1000)
    return best


def main():
    print("| | ours | libvips | libvips/ours |\n|---|---|---|---|")
    for name, path in scans(SCRATCH):
        image = path if path.suffix == ".jpg" else f"{path}[access=sequential]"
        for what, ours, theirs in (
            ("tiles", [PROGRAM, "tiles", path, SCRATCH / "tiles"], ["vips", "dzsave", image, SCRATCH / "tiles", "--tile-size", 512, "--overlap", 0, "--suffix", ".jpg[Q=85]"]),
            ("thumbnail of 512", [PROGRAM, "thumbnail", path, SCRATCH / "ours.jpg"], ["vips", "thumbnail", path, SCRATCH / "theirs.jpg[Q=82]", 512]),
        ):
            (seconds, memory), (their_seconds, their_memory) = measured(ours), measured(theirs)
            print(f"| {name}: {what} | {seconds:.2f} s, {memory:.0f} MB | {their_seconds:.2f} s, {their_memory:.0f} MB | {their_seconds / seconds:.2f} |", flush=True)


if __name__ == "__main__":
    SCRATCH = pathlib.Path(sys.argv[1])
    SCRATCH.mkdir(parents=True, exist_ok=True)
    main()
