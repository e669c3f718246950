"""Tiles of large TIFFs: this crate beside libvips' dzsave, one after the other, with the ratio.

    cargo build --release -p vitrine-imaging --example pyramid
    python pyramid.py SCRATCH [MEGAPIXELS]

Needs numpy, tifffile, imagecodecs, pyvips[binary]. The pictures are made up: soft colours with the noise of a scanner.
"""

import pathlib
import shutil
import subprocess
import sys

import numpy as np
import tifffile

PROGRAM = pathlib.Path(__file__).resolve().parents[3] / "target/release/examples/pyramid"
PEER = """
import pyvips, resource, sys, time
start = time.time()
image = pyvips.Image.new_from_file(sys.argv[1], access="sequential")
image = image if image.format == "uchar" else image.colourspace("srgb")
image.dzsave(sys.argv[2], tile_size=512, overlap=0, suffix=".jpg[Q=85]")
print(f"{time.time() - start:.2f} s, {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000} MB")
"""


def rows(width, height, dtype):
    random = np.random.default_rng(1)
    most = np.iinfo(dtype).max
    x = np.linspace(0, 9, width)
    for top in range(0, height, 64):
        y = np.linspace(top, top + 63, 64)[:, None] / 900
        soft = np.stack([0.5 + 0.3 * np.sin(x + y), 0.5 + 0.3 * np.cos(x * y / 5), 0.4 + 0.2 * np.sin(x - y)], axis=-1)
        noise = random.normal(0, 0.004, soft.shape)
        yield np.clip((soft + noise) * most, 0, most).astype(dtype)[: height - top]


def main():
    scratch, megapixels = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 300
    scratch.mkdir(parents=True, exist_ok=True)
    side = int((megapixels * 1_000_000) ** 0.5)
    for name, dtype, compression in (("8-bit", np.uint8, None), ("8-bit LZW", np.uint8, "lzw"), ("16-bit", np.uint16, None)):
        path = scratch / f"{name.replace(' ', '-')}-{megapixels}.tif"
        if not path.exists():
            tifffile.imwrite(path, rows(side, side, dtype), shape=(side, side, 3), dtype=dtype, photometric="rgb", rowsperstrip=64,
                             compression=compression, predictor=bool(compression) or None, metadata=None)
        answers = {}
        for who, command in (("ours", [PROGRAM]), ("libvips", [sys.executable, "-c", PEER])):
            shutil.rmtree(scratch / "tiles", ignore_errors=True)
            shutil.rmtree(scratch / "tiles_files", ignore_errors=True)
            answers[who] = subprocess.run([*command, path, scratch / "tiles"], check=True, capture_output=True, text=True).stdout.strip()
        seconds = {who: float(answer.split()[0]) for who, answer in answers.items()}
        print(f"{name}, {megapixels} MP: ours {answers['ours']}; libvips {answers['libvips']}; libvips/ours {seconds['libvips'] / seconds['ours']:.2f}")


if __name__ == "__main__":
    main()
