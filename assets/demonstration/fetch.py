#!/usr/bin/env python3
"""Puts the demonstration scans together: about twenty masterpieces, reassembled from a puzzle game's tiles.

    fetch.py [FOLDER]        (default: the cache folder that the application looks in)

Debian's and Ubuntu's package `gcompris-qt-data` carries reproductions of works long in the public domain, cut into puzzle pieces:
WebP images in a Qt resource file, and for each puzzle a QML file with the pieces' centres and "painter, title - year". Nothing of it is
part of Vitrine; it is fetched here, once, and stays in the cache. Needs Pillow, `apt-get` and `dpkg-deb`; no rights of root.
"""

import io
import os
import re
import struct
import subprocess
import sys
import tempfile
import unicodedata
import zlib
from pathlib import Path

from PIL import Image, ImageFilter

PACKAGE = "gcompris-qt-data"
RESOURCE = "usr/share/gcompris-qt/rcc/paintings.rcc"
BOARD = (702, 515)  # pixels; the unit of the pieces' centres
COMPRESSED, FOLDER = 1, 2  # flags of an entry in a Qt resource file
# The package's captions, where a name is misspelt.
SPELLING = {"Hokusa,": "Hokusai,", "Pieter Brugel": "Pieter Bruegel", "Vincent Van Gogh": "Vincent van Gogh", "Pieta": "Pietà"}


def default_folder() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "vitrine" / "demonstration"


def download(into: Path) -> bytes:
    """The resource file out of the package, which is unpacked but not installed."""
    subprocess.run(["apt-get", "download", PACKAGE], cwd=into, check=True, capture_output=True)
    package = next(into.glob("*.deb"))
    subprocess.run(["dpkg-deb", "-x", package, into / "unpacked"], check=True, capture_output=True)
    return (into / "unpacked" / RESOURCE).read_bytes()


def resource_files(data: bytes) -> dict[str, bytes]:
    """The files of a Qt binary resource (rcc), by their name without folders.

    Header: "qres", then four big-endian words: version, and the offsets of tree, data and names. A node of the tree has 14 bytes in version 1 and
    22 later: name offset, flags, then for a folder the count and index of its children, for a file country, language and data offset.
    """
    if data[:4] != b"qres":
        raise ValueError(f"{RESOURCE} is not a Qt resource file")
    version, tree, payload, names = struct.unpack_from(">4I", data, 4)
    node_size = 14 if version == 1 else 22
    files = {}

    def visit(index: int) -> None:
        at = tree + index * node_size
        name_at, flags = struct.unpack_from(">IH", data, at)
        if flags & FOLDER:
            count, first = struct.unpack_from(">II", data, at + 6)
            for child in range(first, first + count):
                visit(child)
            return
        (length,) = struct.unpack_from(">H", data, names + name_at)
        name = data[names + name_at + 6 :][: 2 * length].decode("utf-16-be")
        (offset,) = struct.unpack_from(">I", data, at + 10)
        (size,) = struct.unpack_from(">I", data, payload + offset)
        content = data[payload + offset + 4 :][:size]
        # The first four bytes of compressed content are its full length.
        files[name] = zlib.decompress(content[4:]) if flags & COMPRESSED else content

    visit(0)
    return files


def assemble(pieces: list[tuple[bytes, float, float]]) -> Image.Image:
    """One picture of its pieces (content, centre x and y as shares of the board)."""
    board = Image.new("RGBA", BOARD)
    for content, x, y in pieces:
        piece = Image.open(io.BytesIO(content)).convert("RGBA")
        corner = (round(x * BOARD[0] - piece.width / 2), round(y * BOARD[1] - piece.height / 2))
        inside = (max(corner[0], 0), max(corner[1], 0))
        board.alpha_composite(piece.crop((inside[0] - corner[0], inside[1] - corner[1], *piece.size)), inside)
    picture = board.crop(board.getbbox())
    picture = trim_soft_edges(picture)
    # The pieces' anti-aliased seams let a little through: what lies below them is the picture itself, blurred.
    beneath = picture.filter(ImageFilter.GaussianBlur(3)).convert("RGB")
    beneath.paste(picture, mask=picture.getchannel("A"))
    return beneath


def trim_soft_edges(picture: Image.Image) -> Image.Image:
    """Cuts border lines of which more than a twentieth is transparent."""
    left, top, right, bottom = 0, 0, *picture.size
    alpha = picture.getchannel("A")

    def soft(box: tuple[int, int, int, int]) -> bool:
        histogram = alpha.crop(box).histogram()
        return sum(histogram[:250]) * 20 > sum(histogram)

    while right - left > 100 and soft((left, top, left + 1, bottom)):
        left += 1
    while right - left > 100 and soft((right - 1, top, right, bottom)):
        right -= 1
    while bottom - top > 100 and soft((left, top, right, top + 1)):
        top += 1
    while bottom - top > 100 and soft((left, bottom - 1, right, bottom)):
        bottom -= 1
    return picture.crop((left, top, right, bottom))


def file_name(caption: str) -> str:
    """`Painter, title` in ASCII; the year stays out of the name: a scan's name is no statement."""
    for wrong, right in SPELLING.items():
        caption = caption.replace(wrong, right)
    caption = re.sub(r"\s+-\s+\d.*$", "", caption)
    plain = unicodedata.normalize("NFKD", caption).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9,' -]", "", plain).strip() + ".jpg"


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default_folder()
    if folder.is_dir() and any(folder.glob("*.jpg")):
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        os.chmod(scratch, 0o755)  # apt downloads as a user of its own
        files = resource_files(download(Path(scratch)))
    boards = [text.decode() for name, text in files.items() if name.startswith("board") and name.endswith(".qml")]
    for board in boards:
        caption = re.search(r'qsTr\("(.*?)"\)', board).group(1)
        pieces = [
            (files[name], float(x), float(y))
            for name, x, y in re.findall(r'"image/([^"]+\.webp)",\s*"x"\s*:\s*"([\d.]+)",\s*"y"\s*:\s*"([\d.]+)"', board)
        ]
        if pieces:
            assemble(pieces).save(folder / file_name(caption), quality=93)
    print(f"{len(boards)} demonstration scans are in {folder}")


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, KeyError, subprocess.CalledProcessError, StopIteration) as error:
        sys.exit(f"the demonstration scans could not be made ({error}); Vitrine works without them")
