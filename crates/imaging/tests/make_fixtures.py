"""Makes the files of tests/fixtures, and what other programs make of them.

    python make_fixtures.py fixtures                    # the committed files
    python make_fixtures.py OUT --judge FOLDER          # instead: what others make of every file below FOLDER, which must stay out of the repository

Needs pillow, pyvips[binary], numpy, tifffile, imagecodecs, psd-tools.

Every file has a row in oracle.tsv: file, page, expectation (a PNG in `expected`, or words of the sentence that refuses it), the oracle,
the colours' way, largest and mean difference that are allowed in steps of 8 bits. Files are made with one library and read back with another;
where the pixels are known, that other library must find exactly these, or the script stops.
"""

import argparse
import io
import pathlib
import struct
import sys
import warnings

import imagecodecs
import numpy as np
import psd_tools
import pyvips
import tifffile
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

WIDTH, HEIGHT = 37, 29  # odd, so that tiles and bits do not come out even
ROWS = []


def picture(depth=8, channels=3):
    """Smooth colours over the whole range, and a corner of hard edges."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] / [[[HEIGHT - 1]], [[WIDTH - 1]]]
    planes = [x, y, 1 - x, (x + y) / 2, 0.3 + 0.4 * x * y][:channels]
    values = np.stack(planes, axis=-1)
    values[:6, :6] = (np.indices((6, 6)).sum(axis=0) % 2)[..., None]
    return np.round(values * (2**depth - 1)).astype(np.uint8 if depth <= 8 else np.uint16)


# Profiles, written byte by byte, so that no one else's file is needed.

def s15(value):
    return struct.pack(">i", round(value * 65536))


def icc(space, tags, device=b"mntr", pcs=b"XYZ "):
    """A version 2 profile of `tags`: signature -> content."""
    table, body, offset = b"", b"", 128 + 4 + 12 * len(tags)
    for signature, content in tags.items():
        content += b"\0" * (-len(content) % 4)
        table += struct.pack(">4sII", signature, offset + len(body), len(content))
        body += content
    head = struct.pack(">I4sI4s4s4s", offset + len(body), b"\0" * 4, 0x02400000, device, space, pcs)
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 4 + struct.pack(">I", 0) + b"\0" * 16
    head += struct.pack(">I", 0) + s15(0.9642) + s15(1.0) + s15(0.8249)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def text(words):
    words = words.encode() + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(words)) + words + b"\0" * (4 + 4 + 2 + 1 + 67)


def xyz(values):
    return b"XYZ \0\0\0\0" + b"".join(map(s15, values))


def gamma(value):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))


def matrix_profile(name, columns, exponent):
    tags = {b"desc": text(name), b"cprt": b"text\0\0\0\0none\0", b"wtpt": xyz((0.9642, 1, 0.8249))}
    for letter, column in zip("rgb", columns):
        tags[f"{letter}XYZ".encode()] = xyz(column)
        tags[f"{letter}TRC".encode()] = gamma(exponent)
    return icc(b"RGB ", tags)


# Colorants adapted to D50: those of Adobe RGB (1998) and ROMM RGB, from their specifications.
ADOBE = matrix_profile("like Adobe RGB", [(0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)], 2.2)
WIDE = matrix_profile("like ROMM RGB", [(0.79767, 0.28804, 0.0), (0.13519, 0.71188, 0.0), (0.03134, 0.00009, 0.82491)], 1.8)
GREY = icc(b"GRAY", {b"desc": text("grey 1.8"), b"cprt": b"text\0\0\0\0none\0", b"wtpt": xyz((0.9642, 1, 0.8249)), b"kTRC": gamma(1.8)})


def lab_of(light):
    """Linear light of a made-up press or scanner, rows of X, Y, Z against D50, as L*a*b*."""
    t = light / np.array([0.9642, 1, 0.8249])
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def lut_profile(space, inputs, grid, model, device, wide):
    """A profile with a table from the device to L*a*b*: 8-bit (mft1) or 16-bit (mft2)."""
    axes = np.meshgrid(*[np.linspace(0, 1, grid)] * inputs, indexing="ij")
    lab = lab_of(model(np.stack(axes, axis=-1).reshape(-1, inputs)))
    identity = b"".join(s15(v) for v in (1, 0, 0, 0, 1, 0, 0, 0, 1))
    head = (b"mft2" if wide else b"mft1") + b"\0" * 4 + bytes([inputs, 3, grid, 0]) + identity
    if wide:
        codes = np.clip(np.round(np.stack([lab[:, 0] * 652.8, (lab[:, 1] + 128) * 256, (lab[:, 2] + 128) * 256], -1)), 0, 65535)
        curve = struct.pack(">2H", 0, 65535)
        table = head + struct.pack(">2H", 2, 2) + curve * inputs + codes.astype(">u2").tobytes() + curve * 3
    else:
        codes = np.clip(np.round(np.stack([lab[:, 0] * 2.55, lab[:, 1] + 128, lab[:, 2] + 128], -1)), 0, 255)
        curve = bytes(range(256))
        table = head + curve * inputs + codes.astype(np.uint8).tobytes() + curve * 3
    tags = {b"desc": text("table"), b"cprt": b"text\0\0\0\0none\0", b"wtpt": xyz((0.9642, 1, 0.8249)), b"A2B0": table}
    return icc(space, tags, device, b"Lab ")


def press(inks):
    """Neugebauer's model of a press with a dot gain: paper and full tones mixed by the area that each covers."""
    area = inks + 0.8 * inks * (1 - inks)
    tones = np.array([[0.15, 0.22, 0.55], [0.32, 0.16, 0.12], [0.68, 0.74, 0.07], [0.03, 0.03, 0.025]]) / [0.9642, 1, 0.8249]
    light = np.ones((len(inks), 3)) * 0.87
    for ink in range(4):
        light *= 1 - area[:, ink : ink + 1] * (1 - tones[ink])
    return light * [0.9642, 1, 0.8249]


def scanner(rgb):
    return (rgb**2.0) @ np.array([[0.43, 0.22, 0.02], [0.38, 0.70, 0.10], [0.14, 0.06, 0.70]])


CMYK_TABLE = lut_profile(b"CMYK", 4, 5, press, b"prtr", False)
RGB_TABLE = lut_profile(b"RGB ", 3, 7, scanner, b"scnr", True)


# What should come out.

def eight(values):
    return values if values.dtype == np.uint8 else np.round(values.astype(float) / 257).astype(np.uint8)


def through_profile(values, profile, mode):
    """lcms2's answer through Pillow; perceptual intent, no black point compensation. Without its optimisation, which computes tables anew and is off by
    a ΔE2000 of up to 3 here. Of 16 bits only those are right that are 8 bits repeated, as Pillow hands 8 to lcms2."""
    if values.dtype == np.uint16:
        assert np.all(values == (values >> 8) * 257)
        values = (values >> 8).astype(np.uint8)
    no_optimisation = ImageCms.Flags(0x0100)
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB", 0, flags=no_optimisation)
    return np.asarray(ImageCms.applyTransform(Image.fromarray(np.ascontiguousarray(values), mode), transform))


def plain_inks(inks):
    bare = 1 - inks.astype(float) / np.iinfo(inks.dtype).max
    return np.round(bare[..., :3] * bare[..., 3:] * 255).astype(np.uint8)


def lab_to_srgb(lab8):
    """By lcms2 through Pillow; `lab8`: L* of 0 to 255, a* and b* from 0 with 128 for none."""
    bands = [Image.fromarray(np.ascontiguousarray(lab8[..., i])) for i in range(3)]
    image = Image.merge("RGB", bands)
    raw = image.tobytes()
    lab = Image.frombytes("LAB", image.size, (np.frombuffer(raw, np.uint8).reshape(-1, 3) ^ np.array([0, 128, 128], np.uint8)).tobytes())
    transform = ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB", 0, flags=ImageCms.Flags(0x0100))
    return np.asarray(ImageCms.applyTransform(lab, transform))


def over_white(rgba):
    most = np.iinfo(rgba.dtype).max
    alpha = rgba[..., 3:].astype(float) / most
    return eight(np.round(rgba[..., :3] * alpha + most * (1 - alpha)).astype(rgba.dtype))


def grey_rgb(grey):
    return np.repeat(eight(grey)[..., None], 3, axis=-1)


class Folder:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.expected = self.path / "expected"
        self.expected.mkdir(parents=True, exist_ok=True)
        self.names = {}

    def row(self, *fields):
        ROWS.append("\t".join(map(str, fields)))

    def expect(self, name, rgb, oracle, way="sRGB", most=1, mean=0.6, page=0):
        """Pictures that several files share are kept once."""
        rgb = np.ascontiguousarray(rgb[..., :3], dtype=np.uint8)
        key = rgb.shape, rgb.tobytes()
        if key not in self.names:
            self.names[key] = f"{name}-{page}.png" if page else f"{name}.png"
            Image.fromarray(rgb).save(self.expected / self.names[key], optimize=True)
        self.row(name, page, self.names[key], oracle, way, most, mean)

    def refuse(self, name, words):
        self.row(name, 0, "refused: " + words, "", "", "", "")


def verified(path, values, readers):
    """The library that finds exactly `values` in the file."""
    for reader in readers:
        try:
            found = {"tifffile": lambda: tifffile.imread(path), "libvips": lambda: pyvips.Image.new_from_file(str(path)).numpy(),
                     "Pillow": lambda: np.asarray(Image.open(path))}[reader]()
        except Exception as error:
            print(f"  {path.name}: {reader}: {error}")
            continue
        found = np.squeeze(found)
        if found.shape == np.squeeze(values).shape and np.array_equal(found, np.squeeze(values)):
            return reader
        print(f"  {path.name}: {reader} finds {found.dtype} {found.shape}")
    sys.exit(f"{path}: no library finds the pixels that were written")


def raw_tiff(path, tags, strip):
    """A TIFF of one strip with any tags, for what no library writes. `tags`: number -> (type, values)."""
    tags = dict(tags)
    tags[273], tags[279] = (4, [0]), (4, [len(strip)])
    sizes = {1: "B", 3: "H", 4: "I", 7: "B"}
    entries, extra = [], b""
    base = 8 + 2 + 12 * len(tags) + 4
    packed = {}
    for tag, (kind, values) in sorted(tags.items()):
        data = b"".join(struct.pack("<2I", *v) for v in values) if kind == 5 else struct.pack(f"<{len(values)}{sizes[kind]}", *values)
        packed[tag] = kind, len(values), data
        if len(data) > 4:
            extra += data + b"\0" * (len(data) % 2)
    strip_at = base + len(extra)
    packed[273] = 4, 1, struct.pack("<I", strip_at)
    at = base
    for tag, (kind, count, data) in sorted(packed.items()):
        field = data.ljust(4, b"\0") if len(data) <= 4 else struct.pack("<I", at)
        if len(data) > 4:
            at += len(data) + len(data) % 2
        entries.append(struct.pack("<2HI", tag, kind, count) + field)
    path.write_bytes(struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + b"".join(entries) + b"\0" * 4 + extra + strip)


def tiffs(folder):
    rgb, deep, readers = picture(), picture(16), ["libvips", "Pillow", "tifffile"]
    truth, deep_truth = rgb, eight(deep)

    def write(name, values, expected, way="sRGB", most=1, mean=0.6, check=True, **options):
        path = folder.path / name
        options.setdefault("photometric", "rgb")
        options.setdefault("metadata", None)
        tifffile.imwrite(path, values, **options)
        stored = np.moveaxis(values, 0, -1) if options.get("planarconfig") == "separate" and values.ndim == 3 else values
        oracle = verified(path, stored, readers) if check else "the writer's pixels"
        folder.expect(name, expected, oracle, way, most, mean)

    planar, deep_planar = np.moveaxis(rgb, -1, 0), np.moveaxis(deep, -1, 0)
    write("rgb8-strips.tif", rgb, truth, rowsperstrip=7)
    write("rgb8-big-endian.tif", rgb, truth, rowsperstrip=7, byteorder=">")
    write("rgb8-lzw-predictor.tif", rgb, truth, compression="lzw", predictor=True, rowsperstrip=8)
    write("rgb8-deflate-tiles.tif", rgb, truth, compression="zlib", tile=(16, 16))
    write("rgb8-packbits.tif", rgb, truth, compression="packbits", rowsperstrip=10)
    write("rgb8-zstd.tif", rgb, truth, compression="zstd", rowsperstrip=10)
    write("rgb8-lzma.tif", rgb, truth, compression="lzma", rowsperstrip=10)
    write("rgb8-planar-lzw.tif", planar, truth, compression="lzw", planarconfig="separate", rowsperstrip=9)
    write("rgb8-planar-tiles.tif", planar, truth, compression="zlib", planarconfig="separate", tile=(16, 16))
    write("rgb8-bigtiff-tiles.tif", rgb, truth, bigtiff=True, tile=(16, 32))
    write("rgb16-deflate-predictor.tif", deep, deep_truth, compression="zlib", predictor=True)
    write("rgb16-lzw-big-endian.tif", deep, deep_truth, compression="lzw", predictor=True, byteorder=">")
    write("rgb16-planar.tif", deep_planar, deep_truth, planarconfig="separate", rowsperstrip=9)
    floats = (deep / 65535).astype(np.float32)
    write("rgb32f.tif", floats, deep_truth, rowsperstrip=6, compression="zlib")
    write("rgb32f-predictor.tif", floats, deep_truth, compression="zlib", predictor=3, tile=(16, 16))
    write("rgb64f-big-endian.tif", floats.astype(np.float64), deep_truth, byteorder=">", compression="zlib")
    write("rgb32u.tif", deep.astype(np.uint32) * 65537, deep_truth, compression="zlib", predictor=True)
    alpha = picture(channels=4)
    write("rgba8.tif", alpha, over_white(alpha), extrasamples="unassalpha", compression="lzw", predictor=True)
    associated = alpha.copy()
    associated[..., :3] = np.round(alpha[..., :3] * (alpha[..., 3:] / 255.0))
    write("rgba8-premultiplied.tif", associated, over_white(alpha), most=2, extrasamples="assocalpha")
    write("rgb8-extra-sample.tif", alpha, truth, extrasamples="unspecified", compression="zlib", predictor=True)
    grey, grey16 = rgb[..., 0], deep[..., 0]
    write("grey8-white-is-zero.tif", grey, grey_rgb(255 - grey), photometric="miniswhite", check=False)
    write("grey16.tif", grey16, grey_rgb(grey16), photometric="minisblack", compression="zlib", tile=(16, 16))
    write("grey12.tif", grey16 >> 4, grey_rgb(np.round((grey16 >> 4) * (65535 / 4095)).astype(np.uint16)), photometric="minisblack", bitspersample=12)
    write("grey32f.tif", floats[..., 1], grey_rgb(deep[..., 1]), photometric="minisblack")
    inks = picture(channels=4) // 2
    inks16, repeated = inks.astype(np.uint16) * 257, rgb.astype(np.uint16) * 257
    write("cmyk8.tif", inks, plain_inks(inks), "CMYK by formula", photometric="separated", compression="lzw")
    write("cmyk16-planar.tif", np.moveaxis(inks16, -1, 0), plain_inks(inks16), "CMYK by formula", photometric="separated", planarconfig="separate", compression="zlib")
    write("cmyk8-profile.tif", inks, through_profile(inks, CMYK_TABLE, "CMYK"), "CMYK table profile", 3, 0.6, photometric="separated", compression="zlib", iccprofile=CMYK_TABLE)
    write("cmyk16-profile.tif", inks16, through_profile(inks16, CMYK_TABLE, "CMYK"), "CMYK table profile", 3, 0.6, photometric="separated", compression="zlib", iccprofile=CMYK_TABLE)
    write("rgb8-adobe-profile.tif", rgb, through_profile(rgb, ADOBE, "RGB"), "matrix profile", 2, iccprofile=ADOBE)
    write("rgb16-wide-profile.tif", repeated, through_profile(repeated, WIDE, "RGB"), "matrix profile", 2, iccprofile=WIDE)
    write("rgb8-table-profile.tif", rgb, through_profile(rgb, RGB_TABLE, "RGB"), "RGB table profile", 3, iccprofile=RGB_TABLE)
    write("rgb16-table-profile.tif", repeated, through_profile(repeated, RGB_TABLE, "RGB"), "RGB table profile", 3, iccprofile=RGB_TABLE)
    write("grey8-profile.tif", grey, through_profile(grey, GREY, "L"), "grey profile", 2, photometric="minisblack", iccprofile=GREY)
    write("rgb8-wrong-profile.tif", rgb, truth, "profile of another model", iccprofile=GREY)
    write("rgb8-broken-profile.tif", rgb, truth, "broken profile", iccprofile=ADOBE[:200])
    # L*a*b*: 8-bit signed, 16-bit signed, 8-bit of ICC.
    lab = picture()
    signed = lab ^ np.array([0, 128, 128], np.uint8)
    write("lab8.tif", signed, lab_to_srgb(lab), "L*a*b*", 3, 0.6, photometric="cielab", check=False)
    write("lab8-icc.tif", lab, lab_to_srgb(lab), "L*a*b*", 3, 0.6, photometric="icclab", check=False)
    lab16 = lab.astype(np.uint16) * np.array([257, 256, 256]) ^ np.array([0, 0x8000, 0x8000])
    write("lab16.tif", lab16.astype(np.uint16), lab_to_srgb(lab), "L*a*b*", 3, 0.6, photometric="cielab", check=False)
    # JPEG inside: both Pillow and libvips decode it by libjpeg-turbo.
    def judge_tiff(name, most, mean, **options):
        path = folder.path / name
        tifffile.imwrite(path, rgb, metadata=None, **options)
        folder.expect(name, np.asarray(Image.open(path).convert("RGB")), "Pillow", "sRGB", most, mean)
    judge_tiff("rgb8-jpeg-ycbcr.tif", 4, 1, photometric="ycbcr", compression="jpeg", compressionargs={"level": 90}, subsampling=(1, 1), rowsperstrip=16)
    judge_tiff("rgb8-jpeg-tiles.tif", 3, 1, photometric="rgb", compression="jpeg", compressionargs={"level": 95, "outcolorspace": "RGB"}, tile=(16, 16))
    # YCbCr without JPEG, 2 x 2.
    padded = np.pad(rgb, ((0, 1), (0, 1), (0, 0)), mode="edge").astype(float)
    y = padded @ [0.299, 0.587, 0.114]
    chroma = [(padded[..., i] - y) / (2 - 2 * w) + 128 for i, w in ((2, 0.114), (0, 0.299))]
    block = lambda plane: plane.reshape(15, 2, 19, 2).swapaxes(1, 2).reshape(15, 19, 4)
    units = np.concatenate([block(y), *[block(c).mean(axis=-1, keepdims=True) for c in chroma]], axis=-1)
    strip = np.clip(np.round(units), 0, 255).astype(np.uint8).tobytes()
    tags = {256: (4, [WIDTH]), 257: (4, [HEIGHT]), 258: (3, [8, 8, 8]), 259: (3, [1]), 262: (3, [6]), 277: (3, [3]), 278: (4, [HEIGHT]),
            284: (3, [1]), 530: (3, [2, 2]), 532: (5, [(0, 1), (255, 1), (128, 1), (255, 1), (128, 1), (255, 1)])}
    path = folder.path / "rgb8-ycbcr-2x2.tif"
    raw_tiff(path, tags, strip)
    folder.expect(path.name, pyvips.Image.new_from_file(str(path)).numpy(), "libvips", "sRGB", 2, 0.8)
    # Bits.
    bilevel = Image.fromarray(grey).convert("1")
    bits = np.asarray(bilevel)
    for name, compression in (("grey1-fax4.tif", "group4"), ("grey1-fax3.tif", "group3"), ("grey1-packbits.tif", "packbits")):
        bilevel.save(folder.path / name, compression=compression)
        folder.expect(name, grey_rgb(bits.astype(np.uint8) * 255), verified(folder.path / name, bits, ["Pillow"]))
    raw_tiff(folder.path / "grey4-white-is-zero.tif", {256: (4, [WIDTH]), 257: (4, [HEIGHT]), 258: (3, [4]), 259: (3, [1]), 262: (3, [0]), 277: (3, [1]), 278: (4, [HEIGHT])},
             b"".join(bytes((int(a) << 4) | int(b) for a, b in zip(row[::2], row[1::2])) for row in np.pad(grey >> 4, ((0, 0), (0, 1)))))
    folder.expect("grey4-white-is-zero.tif", grey_rgb(255 - (grey >> 4) * 17), "the writer's pixels")
    raw_tiff(folder.path / "grey1-reversed-bits.tif", {256: (4, [WIDTH]), 257: (4, [HEIGHT]), 258: (3, [1]), 259: (3, [1]), 262: (3, [1]), 266: (3, [2]), 277: (3, [1]), 278: (4, [HEIGHT])},
             np.packbits(bits, axis=1, bitorder="little").tobytes())
    folder.expect("grey1-reversed-bits.tif", grey_rgb(bits.astype(np.uint8) * 255), verified(folder.path / "grey1-reversed-bits.tif", bits, ["Pillow"]))
    palette = Image.fromarray(rgb).quantize(50)
    palette.save(folder.path / "palette8.tif", compression="tiff_lzw")
    folder.expect("palette8.tif", np.asarray(palette.convert("RGB")), "Pillow")
    # Pages.
    with tifffile.TiffWriter(folder.path / "pages3.tif") as out:
        for page in range(3):
            out.write(np.roll(rgb, 5 * page, axis=1), photometric="rgb", compression="zlib", metadata=None)
    for page in range(3):
        folder.expect("pages3.tif", np.roll(rgb, 5 * page, axis=1), "the writer's pixels", page=page)
    pyvips.Image.new_from_array(np.tile(rgb, (3, 3, 1))).copy(interpretation="srgb").tiffsave(str(folder.path / "pyramid.tif"), tile=True, tile_width=64, tile_height=64, pyramid=True, compression="deflate")
    folder.expect("pyramid.tif", np.tile(rgb, (3, 3, 1)), "the writer's pixels")
    for turn in (3, 6, 8):
        tifffile.imwrite(folder.path / f"turned{turn}.tif", rgb, photometric="rgb", metadata=None, compression="zlib", extratags=[(274, 3, 1, turn, True)])
        folder.expect(f"turned{turn}.tif", np.asarray(ImageOps.exif_transpose(Image.open(folder.path / f"turned{turn}.tif"))), "Pillow")
    tifffile.imwrite(folder.path / "rgb8-cut-off.tif", rgb, photometric="rgb", metadata=None, rowsperstrip=7)
    whole = (folder.path / "rgb8-cut-off.tif").read_bytes()
    (folder.path / "rgb8-cut-off.tif").write_bytes(whole[: len(whole) - 700])
    folder.refuse("rgb8-cut-off.tif", "incomplete")
    tifffile.imwrite(folder.path / "rgb16s.tif", deep.astype(np.int16), photometric="rgb", metadata=None)
    folder.refuse("rgb16s.tif", "signed samples")


def others(folder):
    rgb, deep = picture(), picture(16)
    smooth = Image.fromarray(np.ascontiguousarray(np.kron(picture()[8:, 8:], np.ones((2, 2, 1), np.uint8))))
    save = lambda name, image, **options: image.save(folder.path / name, **options)

    def judge(name, most, mean, way="sRGB"):
        with Image.open(folder.path / name) as image:
            folder.expect(name, np.asarray(ImageOps.exif_transpose(image).convert("RGB")), "Pillow", way, most, mean)

    for name, options in {"rgb-444.jpg": dict(subsampling=0), "rgb-422.jpg": dict(subsampling=1), "rgb-420.jpg": dict(subsampling=2), "progressive.jpg": dict(progressive=True, subsampling=0)}.items():
        save(name, smooth, quality=92, **options)
        judge(name, 12 if "42" in name else 4, 1.2)
    save("grey.jpg", smooth.convert("L"), quality=92)
    judge("grey.jpg", 3, 1)
    # Adobe's CMYK: Pillow hands the inks over the right way up, and the formula is ours.
    inks = Image.fromarray(picture(channels=4) // 2, "CMYK")
    save("cmyk.jpg", inks, quality=95)
    folder.expect("cmyk.jpg", plain_inks(np.asarray(Image.open(folder.path / "cmyk.jpg"))), "Pillow", "CMYK by formula", 6, 1)
    save("cmyk-profile.jpg", inks, quality=95, icc_profile=CMYK_TABLE)
    folder.expect("cmyk-profile.jpg", through_profile(np.asarray(Image.open(folder.path / "cmyk-profile.jpg")), CMYK_TABLE, "CMYK"), "Pillow, lcms2", "CMYK table profile", 6, 1)
    upside_down = 255 - np.asarray(inks)
    (folder.path / "ycck.jpg").write_bytes(imagecodecs.jpeg_encode(upside_down, level=95, colorspace="CMYK", outcolorspace="YCCK", subsampling="444"))
    folder.expect("ycck.jpg", plain_inks(np.asarray(Image.open(folder.path / "ycck.jpg"))), "Pillow", "CMYK by formula", 6, 1.2)
    (folder.path / "rgb-untransformed.jpg").write_bytes(imagecodecs.jpeg_encode(rgb, level=95, colorspace="RGB", outcolorspace="RGB"))
    judge("rgb-untransformed.jpg", 4, 1)
    save("adobe-profile.jpg", smooth, quality=95, subsampling=0, icc_profile=ADOBE)
    folder.expect("adobe-profile.jpg", through_profile(np.asarray(Image.open(folder.path / "adobe-profile.jpg")), ADOBE, "RGB"), "Pillow, lcms2", "matrix profile", 6, 1)
    (folder.path / "twelve-bits.jpg").write_bytes(imagecodecs.jpeg_encode(deep >> 4, bitspersample=12, level=90))
    folder.refuse("twelve-bits.jpg", "12 bits a sample")
    (folder.path / "lossless.jpg").write_bytes(imagecodecs.jpeg_encode(rgb, lossless=True, predictor=1))
    folder.refuse("lossless.jpg", "lossless")
    whole = (folder.path / "rgb-444.jpg").read_bytes()
    (folder.path / "cut-off.jpg").write_bytes(whole[: len(whole) // 2])
    folder.refuse("cut-off.jpg", "incomplete")

    save("rgb8.png", Image.fromarray(rgb))
    judge("rgb8.png", 0, 0)
    alpha = picture(channels=4)
    save("rgba8.png", Image.fromarray(alpha))
    folder.expect("rgba8.png", over_white(alpha), "Pillow")
    (folder.path / "rgb16.png").write_bytes(imagecodecs.png_encode(deep))
    folder.expect("rgb16.png", eight(deep), verified(folder.path / "rgb16.png", deep, ["libvips"]))
    save("palette.png", Image.fromarray(rgb).quantize(20))
    judge("palette.png", 0, 0)
    save("bits.png", Image.fromarray(rgb[..., 0]).convert("1"))
    judge("bits.png", 0, 0)
    save("wide-profile.png", Image.fromarray(rgb), icc_profile=WIDE)
    folder.expect("wide-profile.png", through_profile(rgb, WIDE, "RGB"), "lcms2", "matrix profile", 2)
    pyvips.Image.new_from_array(rgb).copy(interpretation="srgb").pngsave(str(folder.path / "interlaced.png"), interlace=True)
    judge("interlaced.png", 0, 0)

    save("lossless.webp", Image.fromarray(rgb), lossless=True)
    judge("lossless.webp", 0, 0)
    save("lossy-profile.webp", smooth, quality=90, icc_profile=ADOBE)
    folder.expect("lossy-profile.webp", through_profile(np.asarray(Image.open(folder.path / "lossy-profile.webp").convert("RGB")), ADOBE, "RGB"), "Pillow, lcms2", "matrix profile", 6, 1)
    save("alpha.webp", Image.fromarray(alpha), lossless=True, exact=True)
    folder.expect("alpha.webp", over_white(alpha), "Pillow")

    def decoded(name, data, values, expected, most=1, mean=0.6):
        (folder.path / name).write_bytes(data)
        found = imagecodecs.imread(folder.path / name)
        if values is not None and not np.array_equal(np.squeeze(found), values):
            sys.exit(f"{name}: imagecodecs does not find what was written")
        folder.expect(name, eight(found) if expected is None else expected, "imagecodecs", "sRGB", most, mean)

    decoded("lossless.jxl", imagecodecs.jpegxl_encode(rgb, lossless=True), rgb, rgb)
    # The encoder says of 16 bits that they are linear light.
    light = deep / 65535
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    decoded("lossless16.jxl", imagecodecs.jpegxl_encode(deep, lossless=True), deep, np.round(255 * encoded).astype(np.uint8))
    decoded("container.jxl", imagecodecs.jpegxl_encode(rgb, lossless=True, usecontainer=True), rgb, rgb)
    decoded("lossy.jxl", imagecodecs.jpegxl_encode(np.asarray(smooth), level=92), None, None, 3, 0.8)
    decoded("grey.jxl", imagecodecs.jpegxl_encode(rgb[..., 0], lossless=True), rgb[..., 0], grey_rgb(rgb[..., 0]))
    decoded("lossless.jp2", imagecodecs.jpeg2k_encode(rgb, reversible=True), rgb, rgb)
    decoded("lossless16.jp2", imagecodecs.jpeg2k_encode(deep, reversible=True), deep, eight(deep))
    decoded("lossy.jp2", imagecodecs.jpeg2k_encode(np.asarray(smooth), level=40), None, None, 2, 0.6)
    decoded("codestream.j2k", imagecodecs.jpeg2k_encode(rgb, reversible=True, codecformat="j2k"), rgb, rgb)
    decoded("grey.jp2", imagecodecs.jpeg2k_encode(rgb[..., 0], reversible=True), rgb[..., 0], grey_rgb(rgb[..., 0]))
    for name in ("lossless.jxl", "lossless.jp2"):
        whole = (folder.path / name).read_bytes()
        (folder.path / f"cut-off-{name}").write_bytes(whole[: len(whole) * 2 // 3])
        folder.refuse(f"cut-off-{name}", "")

    for name, image, expected, way in (
        ("rgb.psd", Image.fromarray(rgb), rgb, "sRGB"),
        ("grey.psd", Image.fromarray(rgb[..., 0]), grey_rgb(rgb[..., 0]), "sRGB"),
        ("cmyk.psd", inks, plain_inks(np.asarray(inks)), "CMYK by formula"),
    ):
        mode = {"RGB": 3, "L": 1, "CMYK": 4}[image.mode]
        photoshop(folder.path / name, np.asarray(image) if image.mode != "CMYK" else 255 - np.asarray(image), mode)
        with Image.open(folder.path / name) as back:
            found = plain_inks(np.asarray(back)) if way != "sRGB" else np.asarray(back.convert("RGB"))
        if not np.array_equal(found, expected):
            sys.exit(f"{name}: Pillow does not find what was written")
        folder.expect(name, expected, "Pillow", way)
    photoshop(folder.path / "rgb16.psb", deep, 3, large=True)
    folder.expect("rgb16.psb", eight(deep), "the writer's pixels")
    lab = picture()
    photoshop(folder.path / "lab.psd", lab, 9)
    folder.expect("lab.psd", lab_to_srgb(lab), "lcms2", "L*a*b*", 3)
    photoshop(folder.path / "profile.psd", rgb, 3, resources={0x040F: ADOBE})
    folder.expect("profile.psd", through_profile(rgb, ADOBE, "RGB"), "lcms2", "matrix profile", 2)
    photoshop(folder.path / "not-merged.psd", rgb, 3, resources={0x0421: struct.pack(">IBII", 1, 0, 0, 0)})
    folder.refuse("not-merged.psd", "maximise compatibility")

    for name, image_format in (("animation.gif", "GIF"), ("windows.bmp", "BMP"), ("picture.avif", "AVIF")):
        save(name, Image.fromarray(rgb), format=image_format)
        folder.refuse(name, image_format)
    (folder.path / "picture.heic").write_bytes(b"\0\0\0\x1cftypheic\0\0\0\0mif1heic" + b"\0" * 40)
    folder.refuse("picture.heic", "HEIC")


XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:Credit="Städtisches Museum">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Harbour &amp; mill</rdf:li></rdf:Alt></dc:title>
<dc:subject><rdf:Bag><rdf:li>harbour</rdf:li><rdf:li>mill</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()


def metadata(folder):
    """One small picture with the same words in every format's own way, by Pillow."""
    image = Image.fromarray(picture()[:8, :12])
    exif = Image.Exif()
    exif.update({270: "Harbour, by EXIF", 271: "Maker", 272: "Scanner 9", 305: "A program", 315: "A. Photographer", 33432: "(c) A museum"})
    exif.update({282: (600, 1), 283: (600, 1), 296: 2})
    exif.get_ifd(34665).update({36867: "2019:07:08 09:10:11", 36868: "2020:01:02 03:04:05"})
    field = lambda number, value: struct.pack(">BBBH", 0x1C, 2, number, len(value)) + value
    iptc = field(80, b"B. Engraver") + field(120, "Mühle am Hafen".encode()) + field(55, b"19050000")
    resources = lambda numbered: b"".join(b"8BIM" + struct.pack(">HHI", n, 0, len(d)) + d + b"\0" * (len(d) % 2) for n, d in numbered.items())
    image.save(folder.path / "metadata.jpg", exif=exif, xmp=XMP, quality=90)
    data = (folder.path / "metadata.jpg").read_bytes()
    block = b"Photoshop 3.0\0" + resources({0x0404: iptc})
    (folder.path / "metadata.jpg").write_bytes(data[:2] + b"\xff\xed" + struct.pack(">H", len(block) + 2) + block + data[2:])
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    image.save(folder.path / "metadata.png", exif=exif, pnginfo=text, dpi=(600, 600))
    image.save(folder.path / "metadata.webp", exif=exif, xmp=XMP, lossless=True)
    tifffile.imwrite(folder.path / "metadata.tif", picture()[:8, :12], photometric="rgb", metadata=None, description="Harbour, by EXIF", software="A program", resolution=(600, 600), resolutionunit="inch",
                     extratags=[(271, 2, 0, "Maker", True), (272, 2, 0, "Scanner 9", True), (315, 2, 0, "A. Photographer", True), (33432, 2, 0, "(c) A museum", True), (700, 1, len(XMP), XMP, True), (33723, 7, len(iptc), iptc, True)])
    photoshop(folder.path / "metadata.psd", picture()[:8, :12], 3, resources={0x03ED: struct.pack(">IHHIHH", 600 << 16, 1, 1, 600 << 16, 1, 1), 0x0404: iptc, 0x0422: exif.tobytes()[6:], 0x0424: XMP})


def photoshop(path, values, mode, large=False, resources={}):
    """A document of nothing but its merged picture: rows packed for 8 bits, plain for 16."""
    values = values if values.ndim == 3 else values[..., None]
    height, width, channels = values.shape
    depth = 8 * values.dtype.itemsize
    block = b"".join(b"8BIM" + struct.pack(">HHI", number, 0, len(data)) + data + b"\0" * (len(data) % 2) for number, data in resources.items())
    head = b"8BPS" + struct.pack(">H6xHIIHH", 2 if large else 1, channels, height, width, depth, mode) + struct.pack(">I", 0)
    head += struct.pack(">I", len(block)) + block + (struct.pack(">Q", 0) if large else struct.pack(">I", 0))
    planes = np.moveaxis(values, -1, 0)
    if depth == 8:
        rows = [imagecodecs.packbits_encode(row.tobytes()) for plane in planes for row in plane]
        body = struct.pack(">H", 1) + b"".join(struct.pack(">I" if large else ">H", len(row)) for row in rows) + b"".join(rows)
    else:
        body = struct.pack(">H", 0) + planes.astype(">u2").tobytes()
    path.write_bytes(head + body)


def judged(path, page):
    """Another program's picture of a page of an unknown file: the library's name, the colours' way, the pixels."""
    if path.suffix.lower() in (".psb", ".psd"):
        document = psd_tools.PSDImage.open(path)
        merged = document.topil()
        return "psd-tools", "sRGB", np.asarray(merged.convert("RGBA") if "A" in merged.mode else merged.convert("RGB"))
    image = Image.open(path)
    image.seek(page)
    profile, mode = image.info.get("icc_profile"), image.mode
    if mode == "LAB":
        lab = np.asarray(image)
        # Pillow has a* and b* signed in its bytes where the file has.
        return "Pillow, lcms2", "L*a*b*", lab_to_srgb(lab ^ np.array([0, 128, 128], np.uint8))
    if mode.startswith("I;16") or mode == "I":
        values = np.asarray(image).astype(np.uint16)
        shift = 16 - image.tag_v2.get(258, (16,))[0]
        return "Pillow", "sRGB", grey_rgb(values if shift == 0 else np.round(values * (65535 / (2 ** (16 - shift) - 1))).astype(np.uint16))
    upright = ImageOps.exif_transpose(image)
    if mode == "CMYK":
        inks = np.asarray(upright)
        if profile:
            return "Pillow, lcms2", "CMYK table profile", through_profile(inks, profile, "CMYK")
        return "Pillow", "CMYK by formula", plain_inks(inks)
    if profile and mode in ("RGB", "L"):
        try:
            return "Pillow, lcms2", "profile", through_profile(np.asarray(upright), profile, mode)
        except ImageCms.PyCMSError:
            pass
    return "Pillow", "sRGB", np.asarray(upright.convert("RGB"))


def judge(out, folder):
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if not path.is_file() or path.suffix == ".icc":
            continue
        target = out.path / path.name
        if not target.exists():
            target.symlink_to(path.resolve())
        pages = 1
        try:
            with tifffile.TiffFile(path) as tiff:
                pages = sum(1 for page in tiff.pages if not page.is_reduced)
        except Exception:
            pass
        for page in range(min(pages, 4)):
            try:
                oracle, way, values = judged(path, page)
                if values.shape[-1] == 4:
                    values = over_white(values)
                out.expect(path.name, values, oracle, way, 6, 1.5, page)
            except Exception as error:
                print(f"{path.name}: {error}")
                ROWS.append("\t".join([path.name, str(page), "refused: ", f"Pillow: {type(error).__name__}", "", "", ""]))


def main():
    warnings.filterwarnings("ignore")
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder")
    arguments.add_argument("--judge")
    options = arguments.parse_args()
    folder = Folder(options.folder)
    if options.judge:
        judge(folder, options.judge)
    else:
        tiffs(folder)
        others(folder)
        metadata(folder)
    (folder.path / "oracle.tsv").write_text("\n".join(ROWS) + "\n")
    print(len(ROWS), "rows")


if __name__ == "__main__":
    main()
