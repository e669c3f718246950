"""Holds what was exported against schemas and rules: validate.py linked-art|iiif|bagit|pdf PATH SCHEMAS.

For PDF these are rules of PDF/A-2a (ISO 19005-2) and PDF/UA-1 (ISO 14289-1) that can be told from a file, for where Java and with it
veraPDF (VeraPdf.java) is missing. Exit code 77 where what is needed is missing (`pip install jsonschema bagit setuptools pikepdf`)."""

import json
import re
import pathlib
import sys


def skip(reason):
    print(reason, file=sys.stderr)
    sys.exit(77)


def documents(folder):
    for file in sorted(folder.rglob("*.json")):
        yield file, json.loads(file.read_text(encoding="utf-8"))


def check(validator, file, document):
    errors = list(validator.iter_errors(document))
    for error in errors[:3]:
        deepest = error
        while deepest.context:
            deepest = min(deepest.context, key=lambda inner: -len(list(inner.absolute_path)))
        print(f"{file.name}: {list(deepest.absolute_path)}: {deepest.message[:300]}", file=sys.stderr)
    return not errors


def linked_art(folder, schemas):
    from jsonschema import Draft202012Validator, FormatChecker
    from referencing import Registry, Resource

    loaded = {file.name: json.loads(file.read_text()) for file in (schemas / "linked-art").glob("*.json")}
    if not loaded:
        skip(f"no schemas in {schemas}")
    resources = [Resource.from_contents(schema) for schema in loaded.values()]
    registry = Registry().with_resources((r.contents["$id"], r) for r in resources if "$id" in r.contents)
    # Linked Art's context types these fields as xsd:dateTime, which has years before our era; the schemas' "date-time", taken to the letter, has none.
    checker = FormatChecker()
    moment = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
    checker.checks("date-time")(lambda text: not isinstance(text, str) or moment.fullmatch(text) is not None)
    kinds = {"HumanMadeObject": "object.json", "VisualItem": "image.json"}
    validators = {
        kind: Draft202012Validator(loaded[name], registry=registry, format_checker=checker)
        for kind, name in kinds.items()
    }
    return all([check(validators[document["type"]], file, document) for file, document in documents(folder)])


def iiif(folder, schemas):
    from jsonschema import Draft7Validator

    file = schemas / "iiif" / "iiif_3_0.json"
    if not file.is_file():
        skip(f"no schema at {file}")
    validator = Draft7Validator(json.loads(file.read_text()))
    manifests = folder / "manifest"
    return all([check(validator, file, document) for file, document in documents(manifests)])


def bag(folder, _):
    import bagit

    bagit.Bag(str(folder)).validate()
    return True


# Operators that draw something.
DRAWING = {"S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "sh", "Do", "Tj", "TJ", "'", '"', "EI"}
# What a structure element of these may stand in.
PARENTS = {"TR": {"Table", "THead", "TBody", "TFoot"}, "TH": {"TR"}, "TD": {"TR"}, "LI": {"L"}, "LBody": {"LI"}}


def pdf(file, _):
    import pikepdf

    wrong = []
    document = pikepdf.open(file)
    root = document.Root
    need = lambda holds, sentence: None if holds else wrong.append(sentence)

    need(not document.is_encrypted, "it is encrypted")
    need("/AcroForm" not in root and "/OpenAction" not in root and "/AA" not in root, "it has forms or actions")
    need("/JavaScript" not in root.get("/Names", {}), "it has scripts")
    need(str(root.get("/Lang", "")) != "", "no language is said")
    need(bool(root.get("/MarkInfo", {}).get("/Marked")), "it is not tagged")
    need(bool(root.get("/ViewerPreferences", {}).get("/DisplayDocTitle")), "viewers would show the file's name, not the title")
    with document.open_metadata() as metadata:
        need(metadata.get("pdfaid:part") == "2" and metadata.get("pdfaid:conformance") == "A", "it does not say PDF/A-2a")
        need(metadata.get("pdfuaid:part") == "1", "it does not say PDF/UA-1")
        need(bool(metadata.get("dc:title")), "it has no title in its metadata")
        told = str(document.docinfo.get("/Title", ""))
        need(told == metadata.get("dc:title"), f"its title is {told!r} in one place, {metadata.get('dc:title')!r} in another")
    intents = [one for one in root.get("/OutputIntents", []) if one.get("/S") == "/GTS_PDFA1"]
    need(len(intents) == 1 and "/DestOutputProfile" in intents[0], "it has no output intent with a profile")
    if intents and "/DestOutputProfile" in intents[0]:
        profile = bytes(intents[0].DestOutputProfile.read_bytes())
        need(profile[36:40] == b"acsp" and profile[16:20] == b"RGB ", "its output profile is no ICC profile for RGB")

    for number, page in enumerate(document.pages, 1):
        need("/StructParents" in page, f"page {number} leads to no structure")
        need(page.get("/Tabs") == "/S" or "/Annots" not in page, f"page {number} is not tabbed through in the order of its structure")
        depth, bare = 0, 0
        for operands, operator in pikepdf.parse_content_stream(page):
            name = str(operator)
            depth += (name in ("BDC", "BMC")) - (name == "EMC")
            bare += name in DRAWING and depth == 0
        need(depth == 0, f"marked content of page {number} does not end")
        need(bare == 0, f"{bare} things on page {number} are neither content nor artifact")

    fonts = [one for one in document.objects if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/Font"]
    for font in fonts:
        name = str(font.get("/BaseFont"))
        if font.get("/Subtype") == "/Type0":
            need("/ToUnicode" in font, f"the letters of {name} cannot be read out")
        elif font.get("/Subtype") != "/Type3":
            described = font.get("/FontDescriptor", {})
            need(any(key in described for key in ("/FontFile", "/FontFile2", "/FontFile3")), f"{name} is not embedded")
    for one in document.objects:
        if isinstance(one, pikepdf.Stream):
            need(one.get("/Filter") != "/LZWDecode", "a stream is compressed by LZW")
            if one.get("/Subtype") == "/Image":
                need(not one.get("/Interpolate", False), "a picture is interpolated")

    levels, kinds = [], {}

    def walk(element, parent):
        for child in [element.K] if not isinstance(element.get("/K"), pikepdf.Array) and "/K" in element else element.get("/K", []):
            if not isinstance(child, pikepdf.Dictionary) or "/S" not in child:
                continue
            kind = str(child.S)[1:]
            kinds[kind] = kinds.get(kind, 0) + 1
            need(kind not in PARENTS or parent in PARENTS[kind] or kind in ("TH", "TD") and parent == "TR", f"{kind} stands in {parent}")
            if kind == "Figure":
                need(str(child.get("/Alt", "")).strip() != "", "a picture has no words in its place")
            if kind == "TH":
                scopes = child.get("/A", {})
                scopes = scopes if isinstance(scopes, pikepdf.Array) else [scopes]
                need(any("/Scope" in one for one in scopes), "a table's heading does not say what it heads")
            if len(kind) == 2 and kind[0] == "H" and kind[1].isdigit():
                levels.append(int(kind[1]))
            walk(child, kind)

    need("/StructTreeRoot" in root, "it has no structure")
    if "/StructTreeRoot" in root:
        walk(root.StructTreeRoot, "Root")
    need(levels[:1] == [1], "its first heading is not of the first level")
    need(all(later <= earlier + 1 for earlier, later in zip(levels, levels[1:])), "a level of headings is left out")
    for sentence in sorted(set(wrong))[:10]:
        print(sentence, file=sys.stderr)
    print(f"{len(document.pages)} pages, {len(fonts)} fonts, {dict(sorted(kinds.items()))}")
    return not wrong


def main():
    kind, folder, schemas = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    try:
        sound = {"linked-art": linked_art, "iiif": iiif, "bagit": bag, "pdf": pdf}[kind](folder, schemas)
    except ImportError as missing:
        skip(f"{missing}; pip install jsonschema bagit setuptools pikepdf")
    count = sum(1 for one in folder.rglob("*") if one.is_file()) or 1
    print(f"{count} files, {'valid' if sound else 'not valid'}")
    sys.exit(0 if sound else 1)


main()
