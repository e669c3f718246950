//! How long searches and facets take in libraries of some sizes.
//!
//!     cargo run --release -p vitrine-catalogue --example search_times -- FOLDER RECORDS.jsonl 1000 10000 100000
//!
//! Libraries are made in FOLDER where they are missing, and kept there. RECORDS.jsonl are the Metropolitan Museum's open records, a JSON object a line. A library larger than that has them again and again,
//! with other titles, numbers and years. Each query is asked 40 times, in an order that mixes them; printed are the times of a page of
//! 60 works by title with the total, and of all facets with 20 values each.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;
use vitrine_catalogue::{Claim, Facet, Incoming, Library, NewScan, NewStatement, Pack, Search, Target, WorkSort};

/// Works of one transaction.
const BATCH: usize = 5000;

const QUERIES: &[&str] = &[
    "",
    "portrait",
    "oil",
    "oil on canvas",
    "woman OR man",
    "portrait NOT woman",
    "\"oil on canvas\"",
    "\"portrait of a man\"",
    "por*",
    "s*",
    "title:madonna",
    "artist:rembrandt",
    "artist:\"van gogh\"",
    "gogh",
    "media:wood date:1400..1500",
    "date:1600..1650",
    "date:1800..",
    "landscape has:artist",
    "lacks:artist",
    "(river OR sea OR lake) NOT portrait",
    "suggested:impressionism",
    "qwertz",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("name a folder for the libraries, the file of records, and sizes")?;
    let file = arguments.next().ok_or("name the file of records, and sizes")?;
    let text = std::fs::read_to_string(file)?;
    let records: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    println!("| works | written | search p50 | p95 | worst | facets p50 | p95 | worst | file |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for size in arguments {
        measure(&Path::new(&folder).join(&size), &records, size.parse()?)?;
    }
    Ok(())
}

fn measure(folder: &Path, records: &[Value], size: usize) -> Result<(), Box<dyn std::error::Error>> {
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
    let written = start.elapsed();
    let (mut searches, mut facets) = (Vec::new(), Vec::new());
    for round in 0..40 {
        for step in 0..QUERIES.len() {
            let text = QUERIES[(step * 5 + round) % QUERIES.len()];
            let mut search = Search { text: text.into(), sort: WorkSort::Title, limit: Some(60), ..Search::default() };
            if round % 4 == 3 {
                search.facets.push((Facet::Century, "1800".into()));
            }
            let start = Instant::now();
            let page = library.search(&search)?;
            searches.push((start.elapsed(), text));
            let start = Instant::now();
            let counted = library.facets(&search, 20)?;
            facets.push((start.elapsed(), text));
            std::hint::black_box((page, counted));
        }
    }
    let bytes = std::fs::metadata(folder.join(vitrine_catalogue::LIBRARY_FILE))?.len();
    let (search, worst) = figures(searches);
    let (facet, worst_facet) = figures(facets);
    let written = if there == 0 { format!("{:.1} s", written.as_secs_f64()) } else { "earlier".into() };
    println!("| {size} | {written} | {search} | {facet} | {} MB |", bytes / 1_000_000);
    eprintln!("{size}: the slowest search was {worst:?}, the slowest facets {worst_facet:?}");
    Ok(())
}

fn figures(mut times: Vec<(Duration, &str)>) -> (String, &str) {
    times.sort_unstable();
    let at =
        |share: usize| times.get((times.len() - 1) * share / 100).map_or(0.0, |time| time.0.as_secs_f64() * 1000.0);
    let worst = times.last().map_or("", |time| time.1);
    (format!("{:.1} ms | {:.1} ms | {:.1} ms", at(50), at(95), at(100)), worst)
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
