"""Makes fixtures/gamuts: what lcms2 makes of some files of fixtures on screens of wider gamuts, as NAME.GAMUT.png.

    python make_gamut_fixtures.py fixtures

Needs what make_fixtures.py needs.
"""

import io
import pathlib
import struct
import sys

import numpy as np
from PIL import Image, ImageCms

from make_fixtures import icc, matrix_profile, text, xyz


def srgb_curve():
    light = np.linspace(0, 1, 4096)
    decoded = np.where(light <= 0.04045, light / 12.92, ((light + 0.055) / 1.055) ** 2.4)
    return b"curv\0\0\0\0" + struct.pack(">I", len(decoded)) + np.round(decoded * 65535).astype(">u2").tobytes()


def display_p3():
    """The primaries of SMPTE EG 432-1 adapted to D50, with sRGB's curve."""
    tags = {b"desc": text("like Display P3"), b"cprt": b"text\0\0\0\0none\0", b"wtpt": xyz((0.9642, 1, 0.8249))}
    for letter, column in zip("rgb", [(0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)]):
        tags[f"{letter}XYZ".encode()] = xyz(column)
        tags[f"{letter}TRC".encode()] = srgb_curve()
    return icc(b"RGB ", tags)


# Adobe RGB (1998) has the exponent 563/256.
ADOBE_RGB = matrix_profile("like Adobe RGB", [(0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)], 563 / 256)
GAMUTS = {"display-p3": display_p3(), "adobe-rgb": ADOBE_RGB}
FILES = ["rgb8.png", "wide-profile.png", "rgb8-table-profile.tif", "cmyk8-profile.tif", "lab8.tif"]

if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    (folder / "gamuts").mkdir(exist_ok=True)
    for name in FILES:
        picture = Image.open(folder / name)
        own = picture.info.get("icc_profile")
        if own:
            source = ImageCms.ImageCmsProfile(io.BytesIO(own))
        else:
            source = ImageCms.createProfile("LAB" if picture.mode == "LAB" else "sRGB")
        for gamut, profile in GAMUTS.items():
            screen = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            # Perceptual, and without lcms2's optimisation, as in make_fixtures.py.
            transform = ImageCms.buildTransform(source, screen, picture.mode, "RGB", 0, flags=ImageCms.Flags(0x0100))
            ImageCms.applyTransform(picture, transform).save(folder / "gamuts" / f"{name}.{gamut}.png", icc_profile=None)
