#!/usr/bin/env python3
"""Fetches the fonts that fonts.toml lists as fetched, and checks them against it.

    fetch.py [FOLDER]     default: $XDG_CACHE_HOME/vitrine/fonts, else ~/.cache/vitrine/fonts

Needs Python's standard library and pip. What is there and right is left alone.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:  # Python before 3.11; pip brings its own copy
    from pip._vendor import tomli as tomllib


class Failure(Exception):
    """Something that ends the work, as one sentence for whoever set Vitrine up."""


def download(package, version, folder):
    """The wheel of a package, by pip."""
    wanted = f"{package}=={version}"
    run = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        + ["--no-deps", "--only-binary", ":all:", "--dest", str(folder), wanted],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    wheels = list(Path(folder).glob("*.whl"))
    if run.returncode != 0 or len(wheels) != 1:
        said = [line for line in run.stdout.splitlines() if line.strip()] or ["it said nothing"]
        raise Failure(f"pip could not download {wanted}; check the network and run this again. pip said: {said[-1].strip()}")
    return wheels[0]


def is_right(path, entry):
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"]


def fetch(folder):
    entries = tomllib.loads((Path(__file__).parent / "fonts.toml").read_text(encoding="utf-8"))["fetched"]
    missing = [entry for entry in entries if not is_right(folder / entry["name"], entry)]
    folder.mkdir(parents=True, exist_ok=True)
    for package, version in sorted({(e["source"]["package"], e["source"]["version"]) for e in missing}):
        print(f"Fetching {package} {version}", file=sys.stderr, flush=True)
        # Beside the target, so that putting a finished file in its place is a rename.
        with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as temporary:
            wheel = zipfile.ZipFile(download(package, version, temporary))
            for entry in missing:
                if entry["source"]["package"] != package:
                    continue
                unfinished = Path(temporary, entry["name"])
                unfinished.write_bytes(wheel.read(entry["source"]["file"]))
                if not is_right(unfinished, entry):
                    raise Failure(f"{entry['name']} out of {package} {version} is not what fonts.toml records; it is not used")
                os.replace(unfinished, folder / entry["name"])


def main():
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else cache / "vitrine" / "fonts"
    try:
        fetch(folder)
    except Failure as failure:
        sys.exit(f"fetch.py: {failure}")
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        sys.exit(f"fetch.py: the fonts could not be put into {folder}: {type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
