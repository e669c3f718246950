//! What a registrar waits for in libraries of some sizes: opening, looking at a work, deciding, changing many, exporting all.
//!
//!     cargo run --release -p vitrine-workbench --example library_sizes -- FOLDER RECORDS.jsonl 1000 10000 100000
//!
//! Libraries are made in FOLDER where they are missing, and kept there, as `search_times` of the catalogue makes them; what is decided in
//! them is taken back. Everything goes through the workbench, as in the window, on one thread. *Opened* is until the first page of works,
//! the counts beside it and what records hold are there; the file is in the system's cache. Decisions are on the disk when they end. Memory
//! is what the program held at most while it exported, beyond what it held before.

#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../../catalogue/examples/made_library/mod.rs"]
mod made_library;

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::Value;
use vitrine_workbench::{
    Settings, Workbench,
    view::{BatchChangeView, BatchRequest, ExportFormat, ExportRequest, WorkFilter, WorkSort},
};

/// Works that are looked at and decided on.
const LOOKED_AT: usize = 200;
/// Works that are changed together.
const TOGETHER: usize = 1_000;
/// How often a library is opened.
const OPENED: usize = 5;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let mut arguments = env::args().skip(1);
    let folder = arguments.next().ok_or("name a folder for the libraries, the file of records, and sizes")?;
    let records = made_library::records(&arguments.next().ok_or("name the file of records, and sizes")?)?;
    for size in arguments {
        let size: usize = size.parse()?;
        println!("\n| {size} works | median | 95 % | slowest |\n|---|---|---|---|");
        measure(&Path::new(&folder).join(size.to_string()), &records, size)?;
    }
    Ok(())
}

fn measure(folder: &Path, records: &[Value], size: usize) -> Outcome<()> {
    drop(made_library::made(folder, records, size)?);
    let mut opened = Vec::new();
    for _ in 0..OPENED {
        let start = Instant::now();
        let bench = open(folder)?;
        bench.library()?;
        bench.works(&WorkFilter { limit: 100, ..WorkFilter::default() })?;
        bench.facets(&WorkFilter::default(), 7, Some("object-id"))?;
        bench.record_plan()?;
        opened.push(start.elapsed());
        bench.close();
    }
    row("opened", opened);

    let bench = open(folder)?;
    let all: Vec<i64> = bench.works(&WorkFilter::default())?.works.iter().map(|card| card.id).collect();
    let some: Vec<i64> = (0..LOOKED_AT).filter_map(|n| all.get(n * 7_919 % all.len()).copied()).collect();
    let mut looked = Vec::new();
    for work in &some {
        let start = Instant::now();
        bench.work(*work)?;
        bench.completeness(*work, "object-id")?;
        looked.push(start.elapsed());
    }
    row("a work with its completeness", looked);
    deciding(&bench, &some)?;

    let start = Instant::now();
    let page = WorkFilter { sort: WorkSort::Title, offset: all.len() as u64 / 2, limit: 100, ..WorkFilter::default() };
    bench.works(&page)?;
    row("100 works from the middle, by title", vec![start.elapsed()]);
    together(&bench, all.get(..TOGETHER.min(all.len())).unwrap_or_default())?;
    let start = Instant::now();
    bench.back_up()?;
    row("a backup, checked", vec![start.elapsed()]);
    exporting(&bench, folder)?;
    bench.close();
    Ok(())
}

/// Accepts, edits, adds, and takes all of it back.
fn deciding(bench: &Workbench, works: &[i64]) -> Outcome<()> {
    let (mut accepted, mut edited, mut added, mut undone) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let waits = WorkFilter { text: "suggested:impressionism".into(), limit: LOOKED_AT as u64, ..WorkFilter::default() };
    for card in bench.works(&waits)?.works {
        let statements = bench.work(card.id)?.statements;
        let Some(waiting) = statements.into_iter().find(|statement| statement.property == "style") else { continue };
        accepted.push(timed(|| bench.accept(waiting.id))?);
    }
    for work in works {
        let statements = bench.work(*work)?.statements;
        if let Some(title) = statements.into_iter().find(|statement| statement.property == "title") {
            edited.push(timed(|| bench.edit(title.id, "Another title", None))?);
        }
        added.push(timed(|| bench.add_statement(*work, "note", "seen again"))?);
    }
    for _ in 0..accepted.len() + edited.len() + added.len() {
        undone.push(timed(|| bench.undo())?);
    }
    row("accept", accepted);
    row("edit", edited);
    row("add", added);
    row("undo", undone);
    Ok(())
}

fn together(bench: &Workbench, works: &[i64]) -> Outcome<()> {
    let change =
        BatchChangeView::Set { value: "Print room".into(), qualifier: None, keep_qualifier: false, settle: false };
    let request = BatchRequest { works: works.to_vec(), property: "location".into(), change };
    let named = |what: &str| format!("{what} {} works", works.len());
    row(&named("preview of a change to"), vec![timed(|| bench.batch_preview(&request, 100))?]);
    row(&named("changing"), vec![timed(|| bench.batch_edit(&request, 100, None))?]);
    row(&named("undo of a change to"), vec![timed(|| bench.undo())?]);
    row(&named("putting on a list"), vec![timed(|| bench.put_on_list("Measured", works))?]);
    row(&named("giving up a list of"), vec![timed(|| bench.give_up_list("Measured"))?]);
    Ok(())
}

fn exporting(bench: &Workbench, folder: &Path) -> Outcome<()> {
    println!("\n| all of them as | time | memory | size |\n|---|---|---|---|");
    let exports = folder.join("exports");
    let request = |formats: Vec<ExportFormat>| ExportRequest {
        works: Vec::new(),
        formats,
        folder: exports.display().to_string(),
        include_suggestions: false,
        base_uri: None,
    };
    for (name, format) in [
        ("CSV", ExportFormat::Csv),
        ("LIDO 1.1", ExportFormat::Lido),
        ("Linked Art", ExportFormat::LinkedArt),
        ("Dublin Core", ExportFormat::DublinCore),
    ] {
        let before = memory("VmRSS:");
        forget_peak();
        let start = Instant::now();
        let job = bench.export(&request(vec![format]))?;
        let took = start.elapsed();
        let peak = memory("VmHWM:").zip(before).map(|(peak, before)| peak.saturating_sub(before) / 1000);
        if !job.failures.is_empty() {
            return Err(job.failures.iter().map(|failure| failure.reason.clone()).collect::<Vec<_>>().join(" ").into());
        }
        let peak = peak.map_or_else(|| "not known here".into(), |peak| format!("{peak} MB"));
        println!("| {name} | {:.1} s | {peak} | {} MB |", took.as_secs_f64(), bytes_below(&exports)? / 1_000_000);
        fs::remove_dir_all(&exports)?;
    }
    let start = Instant::now();
    bench.export_preview(&request(vec![ExportFormat::Lido]))?;
    println!("| a preview of LIDO | {:.1} s | | |", start.elapsed().as_secs_f64());
    Ok(())
}

/// A library as the window opens it, without a model and without what the window begins in the background (a backup a day, the knowledge base).
fn open(folder: &Path) -> Outcome<Workbench> {
    let settings = Settings { pack: None, suggest_on_import: false, person: "Anna".into(), ..Settings::discover(None) };
    Ok(Workbench::at(folder, settings, Arc::new(|_| {}))?)
}

fn timed<T, E>(deed: impl FnOnce() -> Result<T, E>) -> Result<Duration, E> {
    let start = Instant::now();
    deed().map(|_| start.elapsed())
}

fn row(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| {
        let time = times.get((times.len().max(1) - 1) * share / 100).map_or(0.0, |time| time.as_secs_f64() * 1000.0);
        if time < 1000.0 { format!("{time:.1} ms") } else { format!("{:.1} s", time / 1000.0) }
    };
    match times.len() {
        0 => println!("| {what} | none | | |"),
        1 => println!("| {what} | {} | | |", at(50)),
        _ => println!("| {what} | {} | {} | {} |", at(50), at(95), at(100)),
    }
}

/// Kilobytes of this program's memory, where the system tells (Linux).
fn memory(line: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|text| text.strip_prefix(line))?.split_whitespace().next()?.parse().ok()
}

/// Lets the system count the most memory that was held from now on.
fn forget_peak() {
    // Where that is not possible the figure is that of the whole run, which is more.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

fn bytes_below(folder: &Path) -> Outcome<u64> {
    let mut bytes = 0;
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let found = entry.metadata()?;
            if found.is_dir() { folders.push(entry.path()) } else { bytes += found.len() }
        }
    }
    Ok(bytes)
}
