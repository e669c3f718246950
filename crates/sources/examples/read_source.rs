//! Reads a source to its end and says what it holds and how fast it was read.
//!
//! `cargo run --release -p vitrine-sources --example read_source -- PATH`
//!
//! PATH is a ZIM archive, a folder, or a file of records. The pictures of a ZIM archive are fetched too. The peak memory is the system's figure for this
//! process (VmHWM), where there is one.

use std::collections::HashSet;
use std::path::Path;
use std::time::Instant;

use vitrine_sources::PageReader;
use vitrine_sources::folder::{FolderOptions, FolderReader};
use vitrine_sources::records::{RecordOptions, RecordReader, has_record_extension};
use vitrine_sources::zim::{ZimArchive, ZimReader};

#[allow(clippy::print_stdout, reason = "an example")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("which source?")?;
    let path = Path::new(&path);
    let start = Instant::now();
    let is_zim = path.extension().is_some_and(|ending| ending == "zim");
    let mut reader: Box<dyn PageReader> = match path {
        folder if folder.is_dir() => Box::new(FolderReader::open(folder, &FolderOptions::default(), None)?),
        file if has_record_extension(file) => Box::new(RecordReader::open(file, &RecordOptions::default(), None)?),
        file => Box::new(ZimReader::open(file, None, None)?),
    };
    let opened = start.elapsed();
    let (mut pages, mut fragments, mut links, mut text) = (0, 0, 0, 0);
    let mut images = HashSet::new();
    let mut problems = Vec::new();
    let mut sample = None;
    for page in reader.by_ref() {
        let page = match page {
            Ok(page) => page,
            Err(problem) => {
                problems.push(problem.to_string());
                continue;
            }
        };
        pages += 1;
        fragments += page.fragments.len();
        for fragment in &page.fragments {
            links += fragment.links.len();
            text += fragment.text.len();
            images.extend(fragment.images.iter().map(|image| image.name.clone()));
        }
        if pages % 97 == 1 || sample.is_none() {
            sample = page.fragments.into_iter().next().or(sample);
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let megabytes = reader.progress().bytes_total as f64 / 1e6;
    println!("opened in {:.3} s, read in {seconds:.2} s", opened.as_secs_f64());
    println!(
        "{pages} pages, {fragments} fragments, {links} links, {} images, {:.1} MB of text",
        images.len(),
        text as f64 / 1e6
    );
    println!(
        "{:.0} pages/s, {:.1} MB/s of {megabytes:.1} MB on the disk",
        f64::from(pages) / seconds,
        megabytes / seconds
    );
    if is_zim {
        let start = Instant::now();
        let mut archive = ZimArchive::open(path)?;
        let (mut found, mut bytes) = (0, 0);
        for name in &images {
            if let Some(image) = archive.image(name)? {
                found += 1;
                bytes += image.len();
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        println!("{found} pictures fetched, {:.1} MB, {:.0} a second", bytes as f64 / 1e6, f64::from(found) / seconds);
    }
    println!("{} problems", problems.len());
    problems.iter().take(5).for_each(|problem| println!("  {problem}"));
    if let Some(sample) = sample {
        println!("for example: {sample:#?}");
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(peak) = status.lines().find(|line| line.starts_with("VmHWM")) {
        println!("peak memory {}", peak.trim_start_matches("VmHWM:").trim());
    }
    Ok(())
}
