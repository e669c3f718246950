"""Scans as a studio delivers them, for measuring an import: of 24 to 100 megapixels, JPEG and TIFF, of 8 and 16 bits, no two alike.

    python scans.py FOLDER [COUNT]

makes COUNT files (60), the same ones each time. Needs numpy, tifffile, imagecodecs.
"""

import pathlib
import sys

import imagecodecs
import numpy as np
import tifffile

# Megapixels, how it is written.
KINDS = [(24, "jpeg"), (36, "jpeg"), (45, "tiff16"), (60, "tiff-lzw"), (80, "jpeg"), (100, "tiff16"), (50, "tiff-deflate"), (24, "jpeg"), (100, "tiff-lzw"), (30, "tiff16")]


def strips(width, height, dtype, seed):
    """Rows of a painting of soft colours and patches with a grain, 64 at a time."""
    random = np.random.default_rng(seed)
    most = np.iinfo(dtype).max
    patches = random.uniform(-0.25, 0.25, (24, 24, 3))
    frequencies = random.uniform(2, 9, 3)
    x = np.linspace(0, 1, width)
    # A tile of grain that is shifted about: random numbers for every pixel would take longer than the import.
    grain = random.normal(0, 0.008, (64, 4096, 3))
    for top in range(0, height, 64):
        rows = min(64, height - top)
        y = ((top + np.arange(rows)) / height)[:, None]
        soft = np.stack([0.5 + 0.2 * np.sin(f * (x + y) + f) for f in frequencies], axis=-1)
        soft += patches[(y * 24).astype(int).clip(0, 23), (x * 24).astype(int).clip(0, 23)]
        shift = int(random.integers(4096))
        soft += np.take(grain[:rows], (np.arange(width) + shift) % 4096, axis=1)
        yield (soft.clip(0, 1) * most).astype(dtype)


def write(path, kind, width, height, seed):
    if kind == "jpeg":
        path.write_bytes(imagecodecs.jpeg8_encode(np.concatenate(list(strips(width, height, np.uint8, seed))), level=92))
        return
    dtype = np.uint16 if kind == "tiff16" else np.uint8
    data = strips(width, height, dtype, seed)
    compression = {"tiff-lzw": "lzw", "tiff-deflate": "adobe_deflate"}.get(kind)
    if compression:
        pack = imagecodecs.lzw_encode if compression == "lzw" else imagecodecs.zlib_encode
        data = (pack(imagecodecs.delta_encode(strip, axis=-2)) for strip in data)
    tifffile.imwrite(path, data, shape=(height, width, 3), dtype=dtype, photometric="rgb", rowsperstrip=64,
                     compression=compression, predictor=bool(compression) or None, metadata=None)


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(int(sys.argv[2]) if len(sys.argv) > 2 else 60):
        megapixels, kind = KINDS[number % len(KINDS)]
        width = round((megapixels * 1e6 * 1.4) ** 0.5)
        path = folder / f"{number:02}-{megapixels}MP-{kind}.{'jpg' if kind == 'jpeg' else 'tif'}"
        if not path.exists():
            write(path, kind, width, round(megapixels * 1e6 / width), number)
