//! All exports of the collection, held against schemas and read by other programs, where those are at hand:
//!
//! * xmllint and Python with `jsonschema`, `bagit` and `pikepdf` (`VITRINE_TEST_PYTHON`, or python3), with the schemas of LIDO, Linked Art and IIIF in
//!   ../shared/schemas or `VITRINE_TEST_SCHEMAS`;
//! * exiftool (`VITRINE_TEST_EXIFTOOL`, or on the path);
//! * veraPDF (`VITRINE_TEST_VERAPDF`, a class path, see docs/formats.md), by a Java development kit's `java`.

use std::path::{Path, PathBuf};
use std::process::Command;

use vitrine_exchange::{Exported, Format, records, write_into_folder};

use crate::collection::{Collection, collection};
use crate::{at, issuer};

pub fn schemas() -> PathBuf {
    std::env::var_os("VITRINE_TEST_SCHEMAS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/schemas"), PathBuf::from)
}

fn program(variable: &str, name: &str) -> std::ffi::OsString {
    std::env::var_os(variable).unwrap_or_else(|| name.into())
}

pub fn export(collection: &Collection, format: Format, out: &Path, suggestions: bool) -> Exported {
    let records = records(&collection.library, &collection.works, suggestions).unwrap();
    let stem = format!("{} {suggestions}", format.name());
    write_into_folder(format, &records, &issuer(), at(60), out, &stem).unwrap()
}

/// Runs a program that must find nothing wrong, if it is there.
fn passes(what: &str, command: &mut Command) {
    match command.output() {
        Err(_) => eprintln!("skipped: no program for {what}"),
        Ok(output) if output.status.code() == Some(77) => {
            eprintln!("skipped: {what}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{what}: {said}{}", String::from_utf8_lossy(&output.stdout));
            eprintln!("{what}: {}", String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default());
        }
    }
}

pub fn python(what: &str, path: &Path) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validate.py");
    let python = program("VITRINE_TEST_PYTHON", "python3");
    passes(what, Command::new(python).arg(script).arg(what).arg(path).arg(schemas()));
}

/// Asks veraPDF, if there is a class path with it.
pub fn vera_pdf(file: &Path) {
    let Some(archive) = std::env::var_os("VITRINE_TEST_VERAPDF") else {
        return eprintln!("skipped: no veraPDF (set VITRINE_TEST_VERAPDF)");
    };
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/VeraPdf.java");
    passes("veraPDF", Command::new("java").arg("-cp").arg(archive).arg(source).arg(file));
}

#[test]
fn every_lido_is_valid() {
    let collection = collection();
    let out = tempfile::tempdir().unwrap();
    for (format, schema) in [(Format::Lido, "lido/lido-v1.1.xsd"), (Format::Lido10, "lido/lido-v1.0.xsd")] {
        let schema = schemas().join(schema);
        if !schema.is_file() {
            eprintln!("skipped: no schema at {} (set VITRINE_TEST_SCHEMAS)", schema.display());
            continue;
        }
        for suggestions in [false, true] {
            let file = export(&collection, format, out.path(), suggestions).path;
            passes(
                format.name(),
                Command::new("xmllint").args(["--nonet", "--noout", "--schema"]).arg(&schema).arg(file),
            );
        }
    }
    eprintln!("{} works, {} of them real", collection.works.len(), collection.real);
}

#[test]
fn every_document_of_linked_art_and_iiif_is_valid() {
    let collection = collection();
    let out = tempfile::tempdir().unwrap();
    for suggestions in [false, true] {
        python("linked-art", &export(&collection, Format::LinkedArt, out.path(), suggestions).path);
    }
    let exported = export(&collection, Format::Iiif, out.path(), true);
    python("iiif", &exported.path);
    assert_eq!(exported.problems.len(), collection.works.len() - WITH_PICTURES, "each scan that is missing is named");
    assert!(
        exported.problems.iter().all(|problem| problem.reason.contains(&problem.file)),
        "{:?}",
        exported.problems[0]
    );
}

/// How many works of the collection have a scan that can be read.
const WITH_PICTURES: usize = 10;

#[test]
fn the_bag_is_a_bag() {
    let collection = collection();
    let out = tempfile::tempdir().unwrap();
    let moved = collection.folder.path().join("scan 6.jpg");
    let mut bytes = std::fs::read(&moved).unwrap();
    bytes.extend(b"changed since");
    std::fs::write(&moved, bytes).unwrap();
    let exported = export(&collection, Format::BagIt, out.path(), false);
    python("bagit", &exported.path);
    let changed: Vec<&str> =
        exported.problems.iter().filter(|p| p.reason.contains("no longer the file")).map(|p| p.file.as_str()).collect();
    assert_eq!(changed, ["scan 6.jpg"]);
    let originals = std::fs::read_dir(exported.path.join("data/originals")).unwrap().count();
    assert_eq!(originals, WITH_PICTURES);
}

#[test]
fn exiftool_reads_the_sidecars() {
    let collection = collection();
    let out = tempfile::tempdir().unwrap();
    let exported = export(&collection, Format::Xmp, out.path(), false);
    let tool = program("VITRINE_TEST_EXIFTOOL", "exiftool");
    let Ok(output) = Command::new(tool).args(["-json", "-struct", "-r", "-ext", "xmp"]).arg(&exported.path).output()
    else {
        eprintln!("skipped: no exiftool (set VITRINE_TEST_EXIFTOOL)");
        return;
    };
    let read: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(read.len(), collection.works.len());
    let warned: Vec<&serde_json::Value> = read.iter().filter(|file| file.get("Warning").is_some()).collect();
    assert!(warned.is_empty(), "{:#?}", warned[0]);
    let with = |key: &str, text: &str| {
        read.iter()
            .find(|file| file.get(key).is_some_and(|value| value.to_string().contains(text)))
            .unwrap_or_else(|| panic!("{key}: {text}"))
    };
    let wave = with("Title", "神奈川沖浪裏");
    assert!(wave["Creator"].to_string().contains("葛飾北斎"), "{wave}");
    assert_eq!(wave["ArtworkOrObject"][0]["AOCircaDateCreated"], "c. 1831");
    assert!(with("Origin", "Impressionism — suggested by compact 1, accepted by Anna")["Batch"].as_str().is_some());
    with("WebStatement", "creativecommons.org/publicdomain/zero/1.0");
    with("Title", "<script>alert(1)</script>");
}

#[test]
fn level_0_images_are_where_their_description_says() {
    let collection = collection();
    let out = tempfile::tempdir().unwrap();
    let folder = export(&collection, Format::Iiif, out.path(), false).path.join("image/1");
    let info: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("info.json")).unwrap()).unwrap();
    assert_eq!((info["width"].as_u64(), info["height"].as_u64()), (Some(700), Some(300)));
    let size = |name: &str| image::image_dimensions(folder.join(name)).unwrap();
    for told in info["sizes"].as_array().unwrap() {
        let (width, height) = (told["width"].as_u64().unwrap(), told["height"].as_u64().unwrap());
        assert_eq!(size(&format!("full/{width},{height}/0/default.jpg")), (width as u32, height as u32));
    }
    assert_eq!(size("full/max/0/default.jpg"), (700, 300));
    assert_eq!(size("0,0,512,300/512,300/0/default.jpg"), (512, 300));
    assert_eq!(size("512,0,188,300/188,300/0/default.jpg"), (188, 300));
    assert_eq!(info["tiles"][0]["scaleFactors"], serde_json::json!([1, 2]));
}
