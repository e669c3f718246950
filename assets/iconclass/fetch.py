#!/usr/bin/env python3
"""Fetches the files of Iconclass that iconclass.toml lists, and checks them against it.

    fetch.py [FOLDER]     default: $VITRINE_ICONCLASS, else $XDG_CACHE_HOME/vitrine/iconclass, else ~/.cache/vitrine/iconclass

Needs Python's standard library and pip. What is there and right is left alone.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "scripts"))
import fetching  # noqa: E402


def entries():
    iconclass = fetching.listed(HERE / "iconclass.toml")
    source = iconclass["source"]
    inside = lambda name: {**source, "file": f"{source['archive']}!{name}"}
    return [{**entry, "source": inside(entry["name"])} for entry in iconclass["files"]]


own = os.environ.get("VITRINE_ICONCLASS")
folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(own) if own else fetching.cache() / "iconclass"
fetching.run("Iconclass", folder, entries)
