//! Prints what becomes of every file of a folder, beside what other programs make of it, as rows of a Markdown table.
//!
//! `cargo run --release -p vitrine-imaging --example compare -- FOLDER...`, where each folder was written by `tests/make_fixtures.py`.

#![allow(clippy::print_stdout)]

#[path = "../tests/oracle/mod.rs"]
mod oracle;

use std::path::PathBuf;

use oracle::{Expectation, difference, read, rows};
use vitrine_imaging::{Limits, ScanFile};

fn main() {
    println!("| file | page | judged by | colours | largest | mean | ΔE2000 largest | mean | |");
    println!("|---|---|---|---|---|---|---|---|---|");
    let (mut as_expected, mut all) = (0, 0);
    for folder in std::env::args_os().skip(1).map(PathBuf::from) {
        for row in rows(&folder) {
            let path = folder.join(&row.file);
            let answer = read(&path, row.page);
            let (measured, verdict, is_right) = match (&row.expectation, &answer) {
                (Expectation::Picture(theirs), Ok(ours)) => match difference(ours, theirs) {
                    None => {
                        let sizes = format!("{:?} where {:?} is expected", ours.dimensions(), theirs.dimensions());
                        ("| | | ".to_owned(), sizes, false)
                    }
                    Some(found) => {
                        let is_right = found.largest <= row.allowed.0 && found.mean <= row.allowed.1;
                        let measured = format!(
                            "{} | {:.2} | {:.2} | {:.3}",
                            found.largest, found.mean, found.largest_delta_e, found.mean_delta_e
                        );
                        (measured, if is_right { "same" } else { "differs" }.to_owned(), is_right)
                    }
                },
                (Expectation::Picture(_), Err(error)) => ("| | | ".into(), format!("refused: {error}"), false),
                (Expectation::Refusal(words), Err(error)) => {
                    ("| | | ".into(), format!("refused: {error}"), error.to_string().contains(words))
                }
                (Expectation::Refusal(_), Ok(ours)) => {
                    ("| | | ".into(), format!("read, {} x {} pixels", ours.width(), ours.height()), false)
                }
            };
            all += 1;
            as_expected += u32::from(is_right);
            let oracle = if row.oracle.is_empty() { "–" } else { &row.oracle };
            println!("| {} | {} | {oracle} | {} | {measured} | {verdict} |", row.file, row.page + 1, row.way);
            let problems = ScanFile::read(&path, &Limits::default()).map(|file| file.metadata().problems);
            for problem in problems.unwrap_or_default() {
                println!("| | | | | | | | | {problem} |");
            }
        }
    }
    println!("\n{as_expected} of {all} as expected.");
}
