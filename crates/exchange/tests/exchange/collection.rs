//! The works that exports are tried on: some made for the difficulties they have, and real ones where the Metropolitan Museum's open
//! records are at hand (`met_paintings.jsonl.gz` in ../shared/data/texts or `VITRINE_TEST_DATA`).

use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;
use vitrine_catalogue::{Added, Alternative, Change, Library, NewScan, State, WorkId};

use crate::{NASTY, at, compact, says};

/// How many real records are taken along.
const REAL: usize = 200;

/// A library of worked records, with scans that can be read for some, and of real ones.
pub struct Collection {
    pub folder: tempfile::TempDir,
    pub library: Library,
    pub works: Vec<WorkId>,
    pub real: usize,
}

pub fn collection() -> Collection {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::open_or_create(&folder.path().join("library")).unwrap();
    let mut works: Vec<WorkId> =
        WORKED.iter().enumerate().map(|(number, said)| worked(&library, folder.path(), number, said)).collect();
    works.push(machine_made(&library, folder.path()));
    works.push(undecided(&library, folder.path()));
    let listed = scan(&library, folder.path(), 1501);
    crate::concepts::listed(&library, listed);
    works.push(listed);
    let worked = works.len();
    for record in met() {
        works.push(real(&library, works.len(), &record));
    }
    Collection { folder, library, real: works.len() - worked, works }
}

/// A worked record: properties with their values and qualifiers.
type Said = &'static [(&'static str, &'static str, Option<&'static str>)];

const WORKED: &[Said] = &[
    &[("artist", "Rembrandt van Rijn", None), ("artist", "Govert Flinck", None), ("title", "An Old Man", None)],
    &[
        ("artist", "Rembrandt van Rijn", Some("attributed to")),
        ("artist", "Govert Flinck", Some("formerly attributed to")),
    ],
    &[("artist", "Peter Paul Rubens", Some("workshop of")), ("date", "c. 1620", None)],
    &[("artist", "workshop of Peter Paul Rubens (painter)", None), ("artist", "Lucas Vorsterman (engraver)", None)],
    &[("artist", "Titian", Some("copy after")), ("date", "before 1700", None)],
    &[("artist", "Frans Hals", Some("in the vicinity of")), ("date", "1650?", None)],
    &[("artist", "葛飾北斎", None), ("title", "神奈川沖浪裏", None), ("date", "c. 1831", None), ("tag", "波", None)],
    &[("title", "صورة شخصية", None), ("artist", "كمال الدين بهزاد", None), ("date", "late 15th century", None)],
    &[("title", "תמונה \u{200f}(1)", None), ("inscription", "שלום \u{202e}abc\u{202c}", None)],
    &[("title", NASTY, None), ("artist", NASTY, Some("after \"<")), ("tag", NASTY, None), ("note", NASTY, None)],
    &[("title", "<script>alert(1)</script>", None), ("description", "<b>bold</b> & \"quoted\" ]]>", None)],
    &[
        ("title", "=HYPERLINK(\"http://x\")", None),
        ("tag", "@x", None),
        ("tag", "a | b", None),
        ("tag", "c || d|", None),
    ],
    &[("title", "\u{1}\u{2}control\u{b}characters\u{7f}", None), ("note", "line\r\nline\rline", None)],
    &[("title", "Two titles", None), ("title", "Zwei Titel", None), ("title", "Due titoli", None)],
    &[("date", "400 BC", None), ("date", "5th century BC", None), ("object-type", "vase", None)],
    &[("date", "1650-03-XX", None), ("object-type", "print", None)],
    &[("date", "when he was young", None), ("dimensions", "as large as a hand", None)],
    &[("date", "after 1650", None), ("dimensions", "65 × 48 in. (165.1 × 121.9 cm); framed: 80 × 60 in.", None)],
    &[
        ("dimensions", "H. 30 cm; Diam. 12 cm; Circ. 38 cm", None),
        ("dimensions", "Wt. 2 kg", None),
        ("media", "bronze", None),
    ],
    &[
        ("rights", "https://creativecommons.org/publicdomain/zero/1.0/", None),
        ("credit-line", "Gift of Anna, 1950", None),
    ],
    &[("rights", "ask the artist's family", None), ("rights", "In Copyright", None)],
    &[("style", "http://vocab.getty.edu/aat/300000000", None), ("tag", "https://example.com/evil", None)],
    &[
        ("identifier", "1950.12 a–c", None),
        ("identifier", "old 7", None),
        ("repository", "Print Room", None),
        ("location", "Shelf 3", None),
    ],
    &[("watermark", "a crown", None), ("watermark", "an anchor", None), ("title", "Sheet", None)],
    &[
        ("provenance", "Anna; by descent\nto Ben; sold 1950", None),
        ("inscription", "signed and dated, lower left: A 1950", None),
    ],
    &[
        ("distinguishing-features", "a tear, upper right", None),
        ("subject", "Saint Jerome", None),
        ("tag", "lion", None),
    ],
    &[("title", "𝔙 é ñ 🎨 \u{200d}\u{feff}", None), ("media", "oil on canvas", None), ("genre", "portrait", None)],
    &[],
];

fn scan(library: &Library, folder: &Path, number: usize) -> WorkId {
    let name = match number {
        3 => "100% näturé & <b>.jpg".to_owned(),
        _ => format!("scan {number}.jpg"),
    };
    let path = folder.join(name);
    // Every third has a picture; the others' files have been moved since they were imported.
    let (mut bytes, mut sha256) = (4321, format!("{number:064x}"));
    if number.is_multiple_of(3) {
        let picture =
            image::RgbImage::from_fn(700, 300, |x, y| image::Rgb([(x % 256) as u8, (y % 256) as u8, number as u8]));
        picture.save(&path).unwrap();
        let read = vitrine_imaging::read_scan(&path, &vitrine_imaging::Limits::default()).unwrap();
        (bytes, sha256) = (read.bytes, read.sha256);
    }
    let scan = NewScan { path, sha256, bytes, width: 700, height: 300, format: "JPEG".into(), ..NewScan::default() };
    match library.add_work(&scan, at(0)).unwrap() {
        Added::New { work, .. } => work,
        Added::Duplicate { .. } => panic!("{number} is new"),
    }
}

fn add(work: WorkId, property: &str, value: &str, qualifier: Option<&str>) -> Change {
    Change::Add {
        work,
        property: property.into(),
        value: value.into(),
        qualifier: qualifier.map(str::to_owned),
        concept: None,
    }
}

fn worked(library: &Library, folder: &Path, number: usize, said: Said) -> WorkId {
    let work = scan(library, folder, number);
    let changes: Vec<Change> =
        said.iter().map(|(property, value, qualifier)| add(work, property, value, *qualifier)).collect();
    if !changes.is_empty() {
        library.act(&changes, "Anna", at(1)).unwrap();
    }
    work
}

/// All that a model proposed and a person accepted, took from a list, or requalified.
fn machine_made(library: &Library, folder: &Path) -> WorkId {
    let work = scan(library, folder, 1000);
    let mut style = says("style", "Rococo", 0.4);
    style.alternatives = vec![Alternative { value: "Impressionism".into(), confidence: 0.35 }];
    let said = [
        says("artist", "Claude Monet", 0.5),
        style,
        says("genre", "landscape", 0.8),
        says("media", "oil on panel", 0.7),
        says("tag", "water", 0.6),
        says("title", "Water Lilies", 0.3),
        says("date", "c. 1906", 0.3),
        says("tag", "rejected-by-anna", 0.2),
        says("object-type", "painting", 0.9),
        says("dimensions", "H. 90 cm", 0.9),
    ];
    let ids = library.suggest(work, &compact(), &said, at(2)).unwrap();
    for id in ids {
        match library.statement(id).unwrap().value.as_deref() {
            Some("Claude Monet") => drop(library.edit(id, "Claude Monet", Some("style of"), "Anna", at(3)).unwrap()),
            Some("Rococo") => drop(library.take_alternative(id, 0, "Anna", at(3)).unwrap()),
            Some("rejected-by-anna") => drop(library.reject(id, "Anna", at(3)).unwrap()),
            _ => drop(library.accept(id, "Anna", at(3)).unwrap()),
        }
    }
    work
}

/// A model's word that waits, beside a person's.
fn undecided(library: &Library, folder: &Path) -> WorkId {
    let work = scan(library, folder, 1001);
    let said = ["title", "artist", "style", "tag", "date", "media", "note"]
        .map(|property| says(property, "undecided-word", 0.4));
    library.suggest(work, &compact(), &said, at(2)).unwrap();
    library.add_statement(work, "genre", "portrait", None, "Anna", at(3)).unwrap();
    work
}

fn met() -> Vec<Value> {
    let file = std::env::var_os("VITRINE_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from)
        .join("texts/met_paintings.jsonl.gz");
    let Ok(packed) = std::fs::read(&file) else {
        eprintln!("without real records: none at {} (set VITRINE_TEST_DATA)", file.display());
        return Vec::new();
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
    // Spread over the whole file, not its beginning.
    let lines: Vec<&str> = text.lines().collect();
    let step = (lines.len() / REAL).max(1);
    lines.iter().step_by(step).take(REAL).map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn real(library: &Library, number: usize, record: &Value) -> WorkId {
    let work = match library
        .add_work(
            &NewScan {
                path: PathBuf::from(format!("/scans/{number}.jpg")),
                sha256: format!("{number:064x}"),
                bytes: 1000,
                width: 1200,
                height: 900,
                format: "JPEG".into(),
                ..NewScan::default()
            },
            at(0),
        )
        .unwrap()
    {
        Added::New { work, .. } => work,
        Added::Duplicate { .. } => panic!("{number} is new"),
    };
    // One act for each record: a write to the disk for each of its statements takes minutes for all.
    let mut changes = Vec::new();
    let mut say = |property: &str, value: &str, qualifier: Option<&str>| {
        if !value.trim().is_empty() {
            changes.push(add(work, property, value, qualifier));
        }
    };
    let text = |key: &str| record.get(key).and_then(Value::as_str).unwrap_or_default();
    for (property, key) in [
        ("identifier", "Object Number"),
        ("object-type", "Object Name"),
        ("title", "Title"),
        ("date", "Object Date"),
        ("media", "Medium"),
        ("dimensions", "Dimensions"),
        ("genre", "Classification"),
        ("credit-line", "Credit Line"),
        ("repository", "Repository"),
        ("location", "Department"),
    ] {
        say(property, text(key), None);
    }
    let prefixes: Vec<&str> = text("Artist Prefix").split('|').collect();
    for (index, name) in text("Artist Display Name").split('|').enumerate() {
        let prefix = prefixes.get(index).map(|prefix| prefix.trim()).filter(|prefix| !prefix.is_empty());
        say("artist", name, prefix);
    }
    text("Tags").split('|').for_each(|tag| say("tag", tag, None));
    if record.get("Is Public Domain").and_then(Value::as_bool) == Some(true) {
        say("rights", "http://creativecommons.org/publicdomain/zero/1.0/", None);
    }
    library.act(&changes, "Anna", at(1)).unwrap();
    work
}

/// Accepts what waits and has a value, one by one, as a person would.
pub fn accept_one_by_one(library: &Library, person: &str, minute: i64) {
    for work in library.work_ids().unwrap() {
        for statement in library.statements(work).unwrap() {
            if statement.state == State::Suggested && statement.value.is_some() {
                library.accept(statement.id, person, at(minute)).unwrap();
            }
        }
    }
}

/// A statement of each property of the core record, and of one's own, with words that are found again in any format.
pub fn one_of_each(library: &Library, folder: &Path) -> WorkId {
    let work = scan(library, folder, 2000);
    for property in vitrine_catalogue::CORE_RECORD {
        let value = match property.key {
            "date" => "c. 1651".to_owned(),
            "dimensions" => "51 × 61 cm".to_owned(),
            "rights" => "http://rightsstatements.org/vocab/CNE/1.0/".to_owned(),
            key => format!("word-of-{key}"),
        };
        library.add_statement(work, property.key, &value, None, "Anna", at(1)).unwrap();
    }
    library.add_statement(work, "watermark", "word-of-watermark", None, "Anna", at(1)).unwrap();
    for property in ["title", "description", "identifier", "tag"] {
        library.add_statement(work, property, &format!("second-{property}"), None, "Anna", at(2)).unwrap();
    }
    work
}
