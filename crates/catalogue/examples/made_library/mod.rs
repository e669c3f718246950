//! Libraries of some size, made of a museum's open records: for examples that measure.

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;
use vitrine_catalogue::{Claim, Incoming, Library, NewScan, NewStatement, Pack, Target};

/// Works of one transaction.
const BATCH: usize = 5000;

/// Reads the Metropolitan Museum's open records, a JSON object a line.
pub fn records(file: &str) -> Result<Vec<Value>, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(file)?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

/// The library in `folder` with `size` works, written where they are missing; how long that took, if none was there. A library larger than
/// the records has them again and again, with other titles, numbers and years.
pub fn made(
    folder: &Path,
    records: &[Value],
    size: usize,
) -> Result<(Library, Option<Duration>), Box<dyn std::error::Error>> {
    let library = Library::open_or_create(folder)?;
    let at = Timestamp::from_second(1_790_000_000)?;
    let start = Instant::now();
    let numbers: Vec<usize> = (0..size).collect();
    let there = library.work_ids()?.len();
    for batch in numbers.get(there..).unwrap_or_default().chunks(BATCH) {
        let incoming: Vec<Incoming> = batch
            .iter()
            .filter_map(|number| Some(work(records.get(number % records.len())?, *number, records.len())))
            .collect();
        library.take_in("records", &incoming, Some("Anna"), at)?;
    }
    Ok((library, (there == 0).then(|| start.elapsed())))
}

/// A work made of a record; after the first round through all of them a variation of it.
fn work(record: &Value, number: usize, period: usize) -> Incoming {
    let text = |key: &str| record.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let round = number / period;
    let claim = |property: &str, value: String, waits: bool| Claim {
        statement: NewStatement {
            property: property.into(),
            value: Some(value),
            confidence: waits.then_some(0.4),
            ..NewStatement::default()
        },
        proposed_by: waits.then(|| Pack { id: "compact".into(), version: "1".into(), weights_sha256: "none".into() }),
        undecided: waits,
    };
    let mut claims = Vec::new();
    let title = text("Title").unwrap_or("Untitled");
    claims.push(claim("title", if round == 0 { title.into() } else { format!("{title}, no. {}", round + 1) }, false));
    let fields = [
        ("artist", "Artist Display Name"),
        ("media", "Medium"),
        ("dimensions", "Dimensions"),
        ("credit-line", "Credit Line"),
        ("object-type", "Object Name"),
        ("genre", "Classification"),
        ("location", "Department"),
    ];
    for (property, key) in fields {
        claims.extend(text(key).map(|value| claim(property, value.into(), false)));
    }
    claims.extend(text("Object Number").map(|value| claim("identifier", format!("{value}.{round}"), false)));
    claims.extend(text("Tags").into_iter().flat_map(|tags| tags.split('|')).map(|tag| claim("tag", tag.into(), false)));
    if let Some(year) = record.get("Object Begin Date").and_then(Value::as_i64).filter(|year| *year > 0) {
        claims.push(claim("date", format!("c. {}", year + round as i64), false));
    }
    if number.is_multiple_of(7) {
        claims.push(claim("style", "Impressionism".into(), true));
    }
    let scan = NewScan {
        path: Path::new("/scans").join(format!("{number}.jpg")),
        sha256: format!("{number:064x}"),
        bytes: 1,
        width: 1200,
        height: 900,
        format: "JPEG".into(),
        ..NewScan::default()
    };
    Incoming { target: Target::New(scan), claims }
}
