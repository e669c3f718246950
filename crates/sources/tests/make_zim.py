#!/usr/bin/env python3
"""Makes ZIM archives for tests and measurements. Needs libzim from PyPI; with --artpedia also Pillow.

    make_zim.py FIXTURE.zim                         the small archive beside this script, tests/harbour.zim
    make_zim.py ARTPEDIA.zim --artpedia DATA        from texts/artpedia.json and artworks/ of a data folder: a page for each painting, its
                                                    sentences as paragraphs, and a picture (any, resized) for each second one
"""

import argparse
import csv
import html
import io
import json
from pathlib import Path

from libzim.writer import Compression, Creator, Hint, Item, StringProvider


class Content(Item):
    """Something under a path."""

    def __init__(self, path, title, mimetype, content, front):
        super().__init__()
        self.path, self.title, self.mimetype, self.content, self.front = path, title, mimetype, content, front

    def get_path(self):
        return self.path

    def get_title(self):
        return self.title

    def get_mimetype(self):
        return self.mimetype

    def get_contentprovider(self):
        return StringProvider(self.content)

    def get_hints(self):
        return {Hint.FRONT_ARTICLE: self.front, Hint.COMPRESS: self.mimetype.startswith("text/")}


def page(title, body, language="en"):
    head = f'<head><meta charset="utf-8"><title>{html.escape(title)}</title></head>'
    return (
        f'<!DOCTYPE html><html lang="{language}">{head}<body class="mw-body"><h1 id="firstHeading">{html.escape(title)}</h1>'
        f'<div id="mw-content-text"><div class="mw-parser-output">{body}</div></div></body></html>'
    )


def archive(path, metadata, articles, pictures, redirects, cluster_size):
    Path(path).unlink(missing_ok=True)
    creator = Creator(Path(path)).config_indexing(False, "eng").config_clustersize(cluster_size)
    creator.config_compression(Compression.zstd)
    creator.set_mainpath(articles[0][0])
    with creator:
        for name, value in metadata.items():
            creator.add_metadata(name, value)
        for at, title, content in articles:
            creator.add_item(Content(at, title, "text/html", content, True))
        for at, content in pictures:
            creator.add_item(Content(at, "", "image/webp" if at.endswith("webp") else "image/jpeg", content, False))
        for at, title, to in redirects:
            creator.add_redirection(at, title, to, {Hint.FRONT_ARTICLE: False})


def fixture(path):
    long = "The canvas shows the harbour at daybreak, with cranes and masts dissolved in haze and one small boat in front of them."
    body = (
        '<div role="note" class="hatnote">For other harbours, see there.</div>'
        f'<p>{long} <a href="./Boats_and_Quays" title="Boats">Boats</a><sup class="reference"><a href="#c">[1]</a></sup>.</p>'
        '<h2 id="History">History</h2><figure typeof="mw:File/Thumb"><a href="./File:Port.jpg"><img src="./_assets_/Port.jpg" width="220"/></a>'
        f"<figcaption>The port</figcaption></figure><p>{long}</p>"
        f'<h2>References</h2><ol class="references"><li>{long}</li></ol><script>alert(1)</script>'
    )
    articles = [("Harbour", "Harbour", page("Harbour", body)), ("Boats_and_Quays", "Boats and Quays", page("Boats", f"<p>{long * 2}</p>"))]
    articles += [(f"Study_{n}", f"Study {n}", page(f"Study {n}", f"<p>Study number {n}. {long}</p>")) for n in range(30)]
    metadata = {
        "Title": "Harbours",
        "Name": "harbours_en",
        "Language": "eng",
        "Date": "2024-05-01",
        "License": "CC0",
        "Creator": "Vitrine's tests",
        "Publisher": "Vitrine",
        "Description": "Pages for tests",
    }
    pictures = [("_assets_/Port.jpg", bytes(range(256)) * 4)]
    archive(path, metadata, articles, pictures, [("Port", "Port", "Harbour")], 4096)


def artpedia(path, data):
    from PIL import Image

    data = Path(data)
    works = json.loads((data / "texts/artpedia.json").read_text(encoding="utf-8"))
    with open(data / "artworks/manifest.csv", encoding="utf-8", newline="") as file:
        files = [data / "artworks" / row["file"] for row in csv.DictReader(file)]
    articles, pictures = [], []
    for number, (key, work) in enumerate(works.items()):
        body = ""
        if number % 2 == 0:
            picture = Image.open(files[number % len(files)]).convert("RGB")
            picture.thumbnail((320, 320))
            raw = io.BytesIO()
            picture.save(raw, "WEBP", quality=75)
            name = f"_assets_/{number}.jpg.webp"
            pictures.append((name, raw.getvalue()))
            body += f'<figure><img src="./{name}" width="{picture.width}"><figcaption>{html.escape(work["title"])}</figcaption></figure>'
        for heading, part in (("Description", "visual"), ("History", "context")):
            text = " ".join(work[part])
            if text:
                body += f"<h2>{heading}</h2><p>{html.escape(text)}</p>"
        articles.append((f"{work['title'].replace(' ', '_').replace('/', '-')}_{number}", work["title"], page(work["title"], body)))
    metadata = {
        "Title": "Artpedia",
        "Name": "artpedia_en",
        "Language": "eng",
        "Date": "2024-05-01",
        "License": "CC BY-SA 3.0",
        "Creator": "Wikipedia",
        "Publisher": "Vitrine",
        "Description": "Paintings",
    }
    archive(path, metadata, articles, pictures, [], 2 << 20)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path")
    parser.add_argument("--artpedia", metavar="DATA")
    arguments = parser.parse_args()
    if arguments.artpedia:
        artpedia(arguments.path, arguments.artpedia)
    else:
        fixture(arguments.path)


if __name__ == "__main__":
    main()
