//! Records of a real library, written, read back and held against the schema.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod collection;
mod concepts;
mod csv_table;
mod folder;
mod import;
mod lido;
mod linked_art_in;
mod pdf;
mod regions;
mod rules;
mod valid;
mod workbook;

use std::collections::BTreeMap;

use jiff::Timestamp;
use vitrine_catalogue::{Added, Alternative, Library, NewScan, NewStatement, Pack, Source, WorkId};
use vitrine_exchange::Issuer;

struct Shelf {
    /// Kept, since the library goes with it.
    _folder: tempfile::TempDir,
    library: Library,
}

fn shelf() -> Shelf {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::open_or_create(folder.path()).unwrap();
    Shelf { _folder: folder, library }
}

fn at(minutes: i64) -> Timestamp {
    "2026-11-22T10:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_mins(minutes)
}

fn issuer() -> Issuer {
    Issuer {
        name: "Print Room".into(),
        id_prefix: "print-room".into(),
        language: "en".into(),
        base_uri: "https://example.org/print-room".into(),
        own_labels: BTreeMap::from([("watermark".to_owned(), "Wasserzeichen".to_owned())]),
        fonts: None,
    }
}

fn work(library: &Library, name: &str) -> WorkId {
    let scan = NewScan {
        path: std::path::Path::new("/home/anna/scans").join(name),
        sha256: name.bytes().map(|byte| format!("{byte:02x}")).collect(),
        bytes: 4321,
        width: 1200,
        height: 900,
        format: "JPEG".into(),
        ..NewScan::default()
    };
    match library.add_work(&scan, at(0)).unwrap() {
        Added::New { work, .. } => work,
        Added::Duplicate { .. } => panic!("{name} is new"),
    }
}

fn compact() -> Source {
    Source::Pack(Pack { id: "compact".into(), version: "1".into(), weights_sha256: "abcd".into() })
}

fn says(property: &str, value: &str, confidence: f32) -> NewStatement {
    NewStatement {
        property: property.into(),
        value: Some(value.into()),
        confidence: Some(confidence),
        ..NewStatement::default()
    }
}

/// Two works: one reviewed in every way there is, one as it came from the pack.
fn reviewed(library: &Library) -> [WorkId; 2] {
    let one = work(library, "renoir.jpg");
    let mut artist = says("artist", "Pierre-Auguste Renoir", 0.71);
    artist.qualifier = Some("style of".into());
    let mut style = says("style", "Rococo", 0.4);
    style.alternatives = vec![Alternative { value: "Impressionism".into(), confidence: 0.35 }];
    let abstention =
        NewStatement { property: "date".into(), reason: Some("no idea".into()), ..NewStatement::default() };
    let said = [
        artist,
        style,
        says("genre", "genre painting", 0.9),
        says("media", "oil on canvas", 0.55),
        says("tag", "swing", 0.5),
        says("tag", "garden", 0.45),
        says("tag", "boat", 0.2),
        abstention,
    ];
    let ids = library.suggest(one, &compact(), &said, at(1)).unwrap();
    library.accept(ids[0], "Anna", at(2)).unwrap();
    library.take_alternative(ids[1], 0, "Anna", at(3)).unwrap();
    library.edit(ids[2], "figure painting", None, "Ben", at(4)).unwrap();
    library.accept(ids[4], "Anna", at(5)).unwrap();
    library.accept(ids[5], "Anna", at(5)).unwrap();
    library.reject(ids[6], "Anna", at(5)).unwrap();
    library.add_statement(one, "title", "The Swing", None, "Anna", at(6)).unwrap();
    library.add_statement(one, "date", "1876", None, "Anna", at(6)).unwrap();
    library.add_statement(one, "object-type", "painting", None, "Anna", at(6)).unwrap();
    library.add_statement(one, "inscription", "Renoir 76", None, "Anna", at(6)).unwrap();
    let iptc = Source::File { name: "IPTC".into(), file: "renoir.jpg".into() };
    let described = library.suggest(one, &iptc, &[says("description", "A swing.", 1.0)], at(7)).unwrap();
    library.accept(described[0], "Anna", at(8)).unwrap();

    let two = work(library, "unseen.jpg");
    let said = [says("artist", "Claude Monet", 0.3), says("style", "Impressionism", 0.626)];
    library.suggest(two, &compact(), &said, at(9)).unwrap();
    [one, two]
}

/// Text that breaks careless writers: markup, quotes, right-to-left with its marks, CJK, beyond the basic plane, a separator,
/// control characters that XML cannot carry, and a carriage return.
const NASTY: &str = "<b>&amp;\"'</b> ]]> עברית \u{202e}mark\u{202c} 神奈川 𝔙 é a | b \u{0}\u{1b}\u{fffe}x\r\ny";
/// The same as any format gives it back.
const TAMED: &str = "<b>&amp;\"'</b> ]]> עברית \u{202e}mark\u{202c} 神奈川 𝔙 é a | b x\ny";
