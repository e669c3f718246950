"""Holds what was exported against schemas: validate.py linked-art|iiif|bagit PATH SCHEMAS.

Exit code 77 where what is needed for it is missing (`pip install jsonschema bagit setuptools`)."""

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


def main():
    kind, folder, schemas = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    try:
        sound = {"linked-art": linked_art, "iiif": iiif, "bagit": bag}[kind](folder, schemas)
    except ImportError as missing:
        skip(f"{missing}; pip install jsonschema bagit setuptools")
    count = sum(1 for _ in folder.rglob("*") if _.is_file())
    print(f"{count} files, {'valid' if sound else 'not valid'}")
    sys.exit(0 if sound else 1)


main()
