"""Prints a package's `copyright` in Debian's machine-readable form: our own licences, the shipped font's and Iconclass's, and what
pack.toml says of each fetched file."""

from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:  # Python before 3.11; pip brings its own copy
    from pip._vendor import tomli as tomllib

root = Path(__file__).parent.parent


def text(name):
    lines = (root / name).read_text(encoding="utf-8").splitlines()
    return "\n".join(f" {line}" if line.strip() else " ." for line in lines)


paragraphs = [
    "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: Vitrine",
    "Files: *\nCopyright: the Vitrine authors\nLicense: MIT or Apache-2.0",
]
for file in tomllib.loads((root / "models/compact/pack.toml").read_text(encoding="utf-8"))["files"]:
    if file["place"] == "fetched":
        paragraphs.append(
            f"Files: usr/lib/Vitrine/models/compact/fetched/{file['name']}\n"
            f"Copyright: the authors of {file['source']['package']} {file['source']['version']}\n"
            f"License: {file['licence']}\n"
            f"Comment: {file['what']}"
        )
paragraphs.append(
    "Files: assets/fonts/NotoSans.ttf\nCopyright: The Noto Project Authors\nLicense: OFL-1.1\n"
    "Comment: Noto Sans, which is within the programs and draws fragment pages"
)
iconclass = tomllib.loads((root / "assets/iconclass/iconclass.toml").read_text(encoding="utf-8"))
paragraphs.append(
    f"Files: usr/lib/Vitrine/assets/iconclass/*\nCopyright: the editors of Iconclass\nLicense: {iconclass['licence']}\n"
    "Comment: Iconclass, dedicated to the public domain; https://creativecommons.org/publicdomain/zero/1.0/ has the text"
)
paragraphs.append(f"License: OFL-1.1\n{text('assets/fonts/OFL.txt')}")
paragraphs += [f"License: MIT\n{text('LICENSE-MIT')}", f"License: Apache-2.0\n{text('LICENSE-APACHE')}"]
print("\n\n".join(paragraphs))
