//! A library on a real disk, used as the workbench uses it.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod audit;
mod batch_edit;
mod concepts;
mod conversations;
mod dates;
mod deciding;
mod grid;
mod judged;
mod log;
mod measures;
mod names;
mod on_disk;
mod places;
mod profiles;
mod regions;
mod safety;
mod scan_places;
mod search;
mod suggesting;
mod term_lists;
mod waiting;
mod work_lists;

use std::path::PathBuf;

use jiff::Timestamp;
use vitrine_catalogue::{Added, Alternative, Library, NewScan, NewStatement, Pack, Source, WorkId};

/// A library in a folder that goes away with it.
struct Shelf {
    folder: tempfile::TempDir,
    library: Library,
}

fn shelf() -> Shelf {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::open_or_create(folder.path()).unwrap();
    Shelf { folder, library }
}

/// A moment, seconds after some start.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

fn scan(name: &str) -> NewScan {
    NewScan {
        path: PathBuf::from("/scans").join(name),
        sha256: format!("hash of {name}"),
        bytes: 1234,
        width: 300,
        height: 200,
        format: "JPEG".into(),
        ..NewScan::default()
    }
}

fn work(library: &Library, name: &str) -> WorkId {
    match library.add_work(&scan(name), at(0)).unwrap() {
        Added::New { work, .. } => work,
        Added::Duplicate { .. } => panic!("{name} is new"),
    }
}

fn pack(version: &str) -> Pack {
    Pack { id: "compact".into(), version: version.into(), weights_sha256: format!("weights {version}") }
}

fn compact() -> Source {
    Source::Pack(pack("1"))
}

fn says(property: &str, value: &str, confidence: f32) -> NewStatement {
    NewStatement {
        property: property.into(),
        value: Some(value.into()),
        confidence: Some(confidence),
        raw_confidence: Some(confidence / 2.0),
        alternatives: vec![
            Alternative { value: format!("{value} revival"), confidence: confidence / 4.0 },
            Alternative { value: format!("early {value}"), confidence: confidence / 8.0 },
        ],
        ..NewStatement::default()
    }
}

fn abstains(property: &str) -> NewStatement {
    NewStatement {
        property: property.into(),
        reason: Some("outside what this pack knows".into()),
        ..NewStatement::default()
    }
}
