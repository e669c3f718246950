"""Gathers pictures that are no artworks, for `vitrine-cli train --strangers OUT`: a folder a kind.

    strangers.py OUT [WORDS]     needs pillow and numpy, and apt-get for the pictures of Debian's packages

Documents, colour targets and textures are drawn, from a fixed seed, documents with the words of the text file WORDS
(default: this repository's README). Photographs, pictures of the sky, figures, screenshots and wallpapers are taken
out of Debian's packages, which are downloaded and not installed. Every picture is shrunk to 512 pixels.
"""

import glob
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIDE = 512
DRAWN = {"document": 90, "target": 60, "texture": 50}

# Kind, package, where the pictures lie in it, how many, and parts of names to leave out (they show paintings or nothing).
TAKEN = [
    ("photograph", "opencv-doc", "usr/share/doc/opencv-doc/examples/data/*.[jp][pn]g", 60, ("starry", "left", "right", "pic")),
    ("photograph", "opencv-doc", "usr/share/doc/opencv-doc/examples/text/*.jpg", 15, ()),
    ("photograph", "mate-backgrounds", "usr/share/backgrounds/mate/nature/*.jpg", 16, ()),
    ("photograph", "python3-skimage", "usr/lib/python3/dist-packages/skimage/data/*.[jp][pn]g", 30, ("truncated",)),
    ("sky", "stellarium-data", "usr/share/stellarium/nebulae/default/*.png", 40, ()),
    ("figure", "opencv-doc", "usr/share/doc/opencv-doc/opencv4/html/*.jpg", 40, ()),
    ("screenshot", "debian-handbook", "usr/share/doc/debian-handbook/html/en-US/images/*.png", 50, ()),
    ("screenshot", "gnome-user-docs", "usr/share/help/C/gnome-help/figures/*.png", 20, ()),
    ("wallpaper", "propaganda-debian", "usr/share/wallpapers/*.JPG", 22, ()),
]

# The sRGB levels of a common chart's 24 patches.
CHART = [
    (115, 82, 68), (194, 150, 130), (98, 122, 157), (87, 108, 67), (133, 128, 177), (103, 189, 170),
    (214, 126, 44), (80, 91, 166), (193, 90, 99), (94, 60, 108), (157, 188, 64), (224, 163, 46),
    (56, 61, 150), (70, 148, 73), (175, 54, 60), (231, 199, 31), (187, 86, 149), (8, 133, 161),
    (243, 243, 242), (200, 200, 200), (160, 160, 160), (122, 122, 121), (85, 85, 85), (52, 52, 52),
]  # fmt: skip


def photographed(image, chance):
    """As a camera would have it: a tint, uneven light, noise, sometimes askew."""
    levels = np.asarray(image).astype("f4")
    across = np.linspace(-0.5, 0.5, levels.shape[1])[None, :, None]
    levels = levels * chance.uniform([0.86, 0.82, 0.74], [1, 1, 1]) * (1 - chance.uniform(0, 0.12) * across)
    levels += chance.normal(0, chance.uniform(0, 5), levels.shape)
    image = Image.fromarray(levels.clip(0, 255).astype("u1"))
    if chance.random() < 0.5:
        image = image.rotate(chance.uniform(-4, 4), expand=True, fillcolor=(int(chance.integers(0, 90)),) * 3)
    return image


def document(chance, fonts, words):
    width, height = [(620, 877), (620, 800), (877, 620), (560, 560), (400, 700)][chance.integers(5)]
    image = Image.new("RGB", (width, height), "white")
    draw, size = ImageDraw.Draw(image), int(chance.integers(10, 23))
    font = ImageFont.truetype(fonts[chance.integers(len(fonts))], size)
    heading = ImageFont.truetype(fonts[chance.integers(len(fonts))], 2 * size)
    word = lambda: words[chance.integers(len(words))]  # noqa: E731
    draw.text((40, 40), " ".join(word() for _ in range(4)), fill="black", font=heading)
    kind, top = chance.choice(["letter", "columns", "table", "form", "card"]), 40 + 3 * size
    if kind == "table":
        columns = int(chance.integers(3, 7))
        step = (width - 80) // columns
        for y in range(top, height - 60, 2 * size):
            for x in range(40, 40 + columns * step, step):
                draw.rectangle((x, y, x + step, y + 2 * size), outline="black")
                draw.text((x + 4, y + size // 3), word()[:12], fill="black", font=font)
    elif kind == "form":
        for y in range(top, height - 60, int(2.2 * size)):
            draw.text((40, y), word()[:14] + ":", fill="black", font=font)
            draw.line((40 + width // 3, y + size, width - 40, y + size), fill="gray")
            if chance.random() < 0.6:
                draw.text((44 + width // 3, y - 2), f"{word()} {word()}", fill=(20, 20, 120), font=font)
    else:
        columns = 2 if kind == "columns" else 1
        wide = (width - 80 - 20 * (columns - 1)) // columns
        stop = top + 8 * size if kind == "card" else height - 50
        for left in range(40, 40 + columns * (wide + 20), wide + 20):
            x, y = left, top
            while y < stop:
                text = word() + " "
                long = draw.textlength(text, font=font)
                if x + long > left + wide and x > left:
                    x, y = left, y + int(1.35 * size)
                    continue
                draw.text((x, y), text, fill=(20, 20, 20), font=font)
                x += long
    return photographed(image, chance)


def target(chance):
    kind = chance.choice(["chart", "wedge", "many"])
    if kind == "chart":
        columns, rows, patches = 6, 4, list(CHART)
        if chance.random() < 0.3:
            chance.shuffle(patches)
    elif kind == "wedge":
        columns, rows = [(12, 1), (21, 1), (8, 2), (16, 1)][chance.integers(4)]
        patches = [(int(255 * at / (columns * rows - 1)),) * 3 for at in range(columns * rows)]
    else:
        columns, rows = [(14, 10), (22, 12), (10, 8), (9, 2)][chance.integers(4)]
        patches = [tuple(int(level) for level in chance.integers(0, 256, 3)) for _ in range(columns * rows)]
    ground = [(20, 20, 20), (128, 128, 128), (240, 240, 235), (60, 50, 45)][chance.integers(4)]
    side, gap, margin = (int(chance.integers(*limits)) for limits in ((20, 60), (0, 10), (10, 40)))
    size = (2 * margin + columns * (side + gap), 2 * margin + rows * (side + gap) + int(chance.integers(0, 40)))
    image = Image.new("RGB", size, ground)
    draw = ImageDraw.Draw(image)
    for at in range(columns * rows):
        x, y = margin + at % columns * (side + gap), margin + at // columns * (side + gap)
        draw.rectangle((x, y, x + side, y + side), fill=tuple(int(level) for level in patches[at]))
    if chance.random() < 0.3:
        image = image.rotate(90, expand=True)
    return photographed(image, chance)


def texture(chance):
    size = 400
    y, x = np.mgrid[0:size, 0:size] / size

    def clouds(cells):
        levels = chance.random((cells, cells)) * 255
        return np.asarray(Image.fromarray(levels.astype("u1")).resize((size, size), Image.BICUBIC)).astype("f4") / 255

    kind = chance.choice(["clouds", "wood", "weave", "slope", "stripes", "plain"])
    if kind == "clouds":
        value = sum(clouds(2**octave) * 0.6**octave for octave in range(2, 8))
    elif kind == "wood":
        value = np.sin((x * chance.integers(5, 20) + clouds(8) * chance.uniform(1, 4)) * 2 * np.pi)
    elif kind == "weave":
        threads = chance.integers(20, 80) * 2 * np.pi
        value = (np.sin(x * threads) * np.sin(y * threads) > 0) * 0.6 + clouds(64) * 0.4
    elif kind == "slope":
        value = x * chance.uniform(-1, 1) + y * chance.uniform(-1, 1) + chance.normal(0, 0.02, x.shape)
    elif kind == "stripes":
        value = (x * chance.integers(4, 40) % 1 > 0.5).astype("f4")
    else:
        value = chance.normal(0, 1, x.shape)
    share = ((value - value.min()) / (np.ptp(value) + 1e-6))[..., None]
    one, other = chance.uniform(0, 255, (2, 3))
    return Image.fromarray((share * one + (1 - share) * other).astype("u1"))


def taken(package, pattern, count, without, folder):
    """Some pictures of a package, in an order that hangs on nothing but their names."""
    inside = folder / package
    if not inside.is_dir():
        subprocess.run(["apt-get", "download", "-q", package], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (archive,) = folder.glob(f"{package}_*.deb")
        subprocess.run(["dpkg", "-x", archive, inside], check=True)
        archive.unlink()
    files = sorted(path for path in inside.glob(pattern) if path.is_file() and path.stat().st_size > 3000)
    random.Random(1).shuffle(files)
    given = 0
    for file in files:
        try:
            image = Image.open(file)
            image.load()
        except OSError:
            continue
        if given < count and min(image.size) >= 150 and not any(part in file.name for part in without):
            given += 1
            yield f"{package}-{file.stem}", image


def main():
    out = Path(sys.argv[1])
    text = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).parents[2] / "README.md"
    words = text.read_text(encoding="utf-8", errors="replace").split()
    fonts = sorted(glob.glob("/usr/share/fonts/**/*.ttf", recursive=True))
    if not fonts:
        sys.exit("strangers.py: there are no fonts under /usr/share/fonts; install fonts-dejavu")

    def write(kind, name, image):
        folder = out / kind
        folder.mkdir(parents=True, exist_ok=True)
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
        image.thumbnail((SIDE, SIDE))
        image.save(folder / f"{name}.jpg", quality=90)

    for kind, count in DRAWN.items():
        chance = np.random.default_rng([1, len(kind)])
        for at in range(count):
            made = {"document": lambda: document(chance, fonts, words), "target": lambda: target(chance), "texture": lambda: texture(chance)}
            write(kind, f"{kind}-{at}", made[kind]())
    with tempfile.TemporaryDirectory() as folder:
        for kind, package, pattern, count, without in TAKEN:
            for name, image in taken(package, pattern, count, without, Path(folder)):
                write(kind, name, image)
    for kind in sorted(out.iterdir()):
        print(f"{kind.name}: {len(list(kind.iterdir()))}")


if __name__ == "__main__":
    main()
