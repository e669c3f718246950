#!/usr/bin/env python3
"""Fetches the fonts that fonts.toml lists as fetched, and checks them against it.

    fetch.py [FOLDER]     default: $XDG_CACHE_HOME/vitrine/fonts, else ~/.cache/vitrine/fonts

Needs Python's standard library and pip. What is there and right is left alone.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "scripts"))
import fetching  # noqa: E402

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else fetching.cache() / "fonts"
fetching.run("the fonts", folder, lambda: fetching.listed(HERE / "fonts.toml")["fetched"])
