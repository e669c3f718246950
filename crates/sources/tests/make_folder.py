#!/usr/bin/env python3
"""Makes a folder of Markdown and PDF from texts/artpedia.json of a data folder, to measure with. Needs reportlab from PyPI.

    make_folder.py FOLDER DATA      a Markdown file for each painting, and each fifty of them as a PDF in one and in two columns
"""

import html
import json
import sys
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, SimpleDocTemplate


def main():
    folder, data = Path(sys.argv[1]), Path(sys.argv[2])
    works = list(json.loads((data / "texts/artpedia.json").read_text(encoding="utf-8")).values())
    (folder / "notes").mkdir(parents=True, exist_ok=True)
    (folder / "pdf").mkdir(exist_ok=True)
    for number, work in enumerate(works):
        text = f"# {work['title']}\n\n{' '.join(work['visual'])}\n\n## History\n\n{' '.join(work['context'])}\n"
        (folder / "notes" / f"{number:04}.md").write_text(text, encoding="utf-8")
    styles = getSampleStyleSheet()
    justified = styles["BodyText"].clone("justified", alignment=4)
    for start in range(0, len(works), 50):
        story = []
        for work in works[start : start + 50]:
            story.append(Paragraph(html.escape(work["title"]), styles["Heading2"]))
            for part in ("visual", "context"):
                story.append(Paragraph(html.escape(" ".join(work[part])), justified))
        path = str(folder / "pdf" / f"{start:04}.pdf")
        if start % 100 == 0:
            SimpleDocTemplate(path, pagesize=A4, title=f"Paintings {start}").build(story)
        else:
            columns = [Frame(x, 60, 230, 720) for x in (60, 305)]
            document = BaseDocTemplate(path, pagesize=A4, title=f"Paintings {start} in columns")
            document.addPageTemplates([PageTemplate(frames=columns)])
            document.build(story)


if __name__ == "__main__":
    main()
