//! How long searches and facets take in libraries of some sizes.
//!
//!     cargo run --release -p vitrine-catalogue --example search_times -- FOLDER RECORDS.jsonl 1000 10000 100000
//!
//! Libraries are made in FOLDER where they are missing, and kept there. RECORDS.jsonl are the Metropolitan Museum's open records, a JSON object a line. Each query is asked 40 times, in an order that mixes them; printed are the times of a page of
//! 60 works by title with the total, and of all facets with 20 values each.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod made_library;

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use vitrine_catalogue::{Facet, Search, WorkSort};

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
    let records = made_library::records(&file)?;
    println!("| works | written | search p50 | p95 | worst | facets p50 | p95 | worst | file |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for size in arguments {
        measure(&Path::new(&folder).join(&size), &records, size.parse()?)?;
    }
    Ok(())
}

fn measure(folder: &Path, records: &[Value], size: usize) -> Result<(), Box<dyn std::error::Error>> {
    let (library, written) = made_library::made(folder, records, size)?;
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
    let written = written.map_or_else(|| "earlier".into(), |written| format!("{:.1} s", written.as_secs_f64()));
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
