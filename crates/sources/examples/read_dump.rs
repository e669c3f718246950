//! How fast a dump is read: pages and megabytes a second, and the most memory that it took.
//!
//! `read_dump DUMP [--index INDEX] [--category NAME] [--depth N] [--title TITLE] [--query WORDS] [--show N] [--explanations FOLDER]`

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use vitrine_sources::PageReader;
use vitrine_sources::dump::Dump;
use vitrine_sources::explanation_pairs::ExplanationFiles;
use vitrine_sources::subject::{CategoryTree, Subject};

#[allow(clippy::print_stdout)]
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("usage: read_dump DUMP [options]")?;
    let mut dump = Dump::open(Path::new(&file))?;
    let mut subject = Subject::everything();
    let mut show = 0;
    let mut explanations = None;
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{option} lacks a value"))?;
        match option.as_str() {
            "--index" => dump = dump.with_index(Path::new(&value)),
            "--category" => subject.categories.push(value),
            "--depth" => subject.depth = value.parse()?,
            "--title" => subject.titles.push(value),
            "--query" => subject.queries.push(value),
            "--explanations" => explanations = Some(ExplanationFiles::create(Path::new(&value), 1)?),
            "--show" => show = value.parse()?,
            _ => return Err(format!("{option} is not known").into()),
        }
    }
    println!("{} threads; {}, {}", rayon::current_num_threads(), dump.site().name, dump.site().key);
    let started = Instant::now();
    let tree = if subject.needs_categories() { dump.categories()? } else { CategoryTree::default() };
    let selection = subject.select(&tree);
    if subject.needs_categories() {
        println!(
            "{} categories, {} of them taken, in {:.1} s",
            tree.len(),
            selection.category_count(),
            started.elapsed().as_secs_f64()
        );
    }
    let started = Instant::now();
    let mut reader = dump.read(selection)?;
    let (mut text, mut links, mut images) = (0, 0, 0);
    for page in reader.by_ref() {
        match page {
            Ok(page) => {
                if let Some(files) = &mut explanations {
                    files.add(&page)?;
                }
                for fragment in &page.fragments {
                    text += fragment.text.len();
                    links += fragment.links.len();
                    images += fragment.images.len();
                    if show > 0 {
                        show -= 1;
                        println!(
                            "{} {} > {}\n  {}\n  {:?}",
                            fragment.id,
                            fragment.title,
                            fragment.section.join(" > "),
                            fragment.text,
                            fragment.images
                        );
                    }
                }
            }
            Err(problem) => println!("{problem}"),
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    let counts = reader.counts();
    let all = counts.pages + counts.redirects + counts.other_namespaces + counts.other_subjects;
    let megabytes = reader.progress().bytes_total as f64 / 1e6;
    println!("{counts:?}");
    println!("{links} links, {images} images, {:.1} MB of text", text as f64 / 1e6);
    println!(
        "{all} pages in {seconds:.2} s: {:.0} pages/s, {:.2} MB/s of the file",
        all as f64 / seconds,
        megabytes / seconds
    );
    if let Some(files) = explanations {
        let (counts, left_out) = files.finish()?;
        println!("explanation pairs: {counts:?}; {left_out} pages without an image");
    }
    if let Some(busy) = processor_seconds() {
        println!("{busy:.1} s of processors: {:.0} pages a second of one", all as f64 / busy);
    }
    if let Some(memory) = peak_memory() {
        println!("most memory: {:.0} MB", memory as f64 / 1e6);
    }
    Ok(())
}

/// What all threads computed, the categories included, where the system tells: that does not depend on what else the machine does.
fn processor_seconds() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/stat").ok()?;
    let numbers: Vec<&str> = status.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = numbers.get(11)?.parse::<f64>().ok()? + numbers.get(12)?.parse::<f64>().ok()?;
    Some(ticks / 100.0)
}

/// Bytes, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}
