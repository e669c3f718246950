//! What a library gains from its curator: works of painters whom a pack does not know are asked about before and after
//! twenty others of the same painter were confirmed; and styles of such works before and after learning thoroughly from others.
//!
//! ```sh
//! cargo run --release -p vitrine-inference --example curator -- PACK DATA
//! ```
//!
//! `PACK` is the folder of a compact pack that has not learnt from painters with thirty works and more of `DATA` (the folder with
//! `manifest.csv`): one that `vitrine-cli train --artist-disjoint` made. Nothing is drawn by chance: works are taken in the order of a
//! hash of their file names.

#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use sha2::{Digest, Sha256};
use vitrine_imaging::{Limits, read_scan};
use vitrine_inference::adaptation::Confirmed;
use vitrine_inference::curator::{Decision, LibraryLabels};
use vitrine_inference::training::DataSet;
use vitrine_inference::{Classifier, CompactPack, MultiVector, PackPaths, Retriever, Task, TaskPrediction};

/// Works confirmed, and works asked about.
const CONFIRMED: usize = 20;
const ASKED: usize = 10;

/// Painters who are new.
const PAINTERS: usize = 6;

/// Works of painters whom the pack knows, which are asked about too.
const KNOWN: usize = 60;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [pack, data] = arguments.as_slice() else {
        return Err("give the folder of a pack and that of the data".into());
    };
    let paths = PackPaths { manifest: pack.clone(), fetched: PackPaths::compact(None)?.fetched };
    let data = DataSet::read(data, &paths)?;
    let pack = CompactPack::load(&paths)?;
    let tasks = pack.classifier.tasks();
    let labels: Vec<String> = tasks.into_iter().find(|(task, _)| *task == Task::Artist).map_or(Vec::new(), |t| t.1);

    let mut works: BTreeMap<&str, Vec<&Path>> = BTreeMap::new();
    for example in &data.examples {
        if let Some(painter) = example.labels.get(&Task::Artist) {
            works.entry(painter).or_default().push(&example.image);
        }
    }
    let hash = |text: &[u8]| -> [u8; 32] { Sha256::digest(text).into() };
    for of_painter in works.values_mut() {
        of_painter.sort_by_key(|work| hash(work.file_name().unwrap_or_default().as_encoded_bytes()));
    }
    let known: Vec<&Path> =
        labels.iter().filter_map(|label| works.get(label.as_str())).filter_map(|w| w.first().copied()).collect();
    works.retain(|painter, works| works.len() >= CONFIRMED + ASKED && labels.iter().all(|label| label != painter));
    let mut painters: Vec<&str> = works.keys().copied().collect();
    painters.sort_by_key(|painter| hash(painter.as_bytes()));
    painters.truncate(PAINTERS);
    println!("the pack knows {} painters; {} of {} new ones are taken", labels.len(), painters.len(), works.len());

    let look = |work: &Path| -> Result<MultiVector, Box<dyn Error>> {
        Ok(pack.retriever.embed_image(&read_scan(work, &Limits::default())?.image)?)
    };
    let mut confirmed: Vec<(&str, MultiVector)> = Vec::new();
    let mut asked: Vec<(Option<&str>, MultiVector)> = Vec::new();
    for &painter in &painters {
        let (learn, ask) = works[painter].split_at(CONFIRMED);
        for work in learn {
            confirmed.push((painter, look(work)?));
        }
        for work in &ask[..ASKED] {
            asked.push((Some(painter), look(work)?));
        }
    }
    for work in known.into_iter().take(KNOWN) {
        asked.push((None, look(work)?));
    }

    let predictions: Vec<Vec<TaskPrediction>> =
        asked.iter().map(|(_, rows)| pack.classifier.classify(rows, None, usize::MAX)).collect::<Result<_, _>>()?;
    println!("\nbefore: a name on {} of {} works of new painters", named(&predictions, &asked), painters.len() * ASKED);
    println!("\nafter {CONFIRMED} works of one painter were confirmed");
    println!("painter                         right  named  precision  recall  learning ms  a work ms");
    for &painter in &painters {
        let only: Vec<&(&str, MultiVector)> = confirmed.iter().filter(|(name, _)| *name == painter).collect();
        report(&pack, painter, &only, &asked, &predictions)?;
    }
    println!("\nafter {CONFIRMED} works of every one of them were confirmed");
    println!("painter                         right  named  precision  recall  learning ms  a work ms");
    for &painter in &painters {
        report(&pack, painter, &confirmed.iter().collect::<Vec<_>>(), &asked, &predictions)?;
    }
    thoroughly(&pack, &data, &labels, look)
}

/// Learns styles from works of painters whom the pack does not know, all but those that are held back.
fn thoroughly(
    pack: &CompactPack,
    data: &DataSet,
    known: &[String],
    look: impl Fn(&Path) -> Result<MultiVector, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let mut works: Vec<(String, MultiVector, &str)> = Vec::new();
    for example in &data.examples {
        let (Some(painter), Some(style)) = (example.labels.get(&Task::Artist), example.labels.get(&Task::Style)) else {
            continue;
        };
        if !known.contains(painter) && Sha256::digest(painter.as_bytes())[0].is_multiple_of(5) {
            works.push((example.image.display().to_string(), look(&example.image)?, style));
        }
    }
    let confirmed: Vec<Confirmed> =
        works.iter().map(|(work, rows, label)| Confirmed { work, rows, task: Task::Style, label }).collect();
    let start = Instant::now();
    let adaptation = pack.classifier.adapt(&confirmed, &mut |_, _| true)?;
    println!("\nlearning styles thoroughly took {:.1} s", start.elapsed().as_secs_f64());
    for account in &adaptation.tasks {
        println!(
            "{} works learnt from, {} held back: {} right before, {} after; mean loss {:.3} and {:.3}; used: {}",
            account.learnt,
            account.judged,
            account.right_before,
            account.right_after,
            account.loss_before,
            account.loss_after,
            account.used
        );
    }
    Ok(())
}

/// How many works of new painters have a name.
fn named(predictions: &[Vec<TaskPrediction>], asked: &[(Option<&str>, MultiVector)]) -> usize {
    let new = predictions.iter().zip(asked).filter(|(_, (painter, _))| painter.is_some());
    new.filter(|(of_work, _)| artist(of_work).is_some()).count()
}

/// The artist that is named.
fn artist(predictions: &[TaskPrediction]) -> Option<&str> {
    let artist = predictions.iter().find(|prediction| prediction.task == Task::Artist)?;
    artist.abstention.is_none().then(|| artist.ranked.first().map(|label| label.label.as_str())).flatten()
}

fn report(
    pack: &CompactPack,
    painter: &str,
    confirmed: &[&(&str, MultiVector)],
    asked: &[(Option<&str>, MultiVector)],
    predictions: &[Vec<TaskPrediction>],
) -> Result<(), Box<dyn Error>> {
    let decisions: Vec<Decision> =
        confirmed.iter().map(|(label, rows)| Decision { rows, task: Task::Artist, label, right: true }).collect();
    let start = Instant::now();
    let library: LibraryLabels = pack.classifier.library_labels(&decisions).ok_or("the pack can't take new labels")?;
    let learning = start.elapsed().as_secs_f64() * 1e3;
    let start = Instant::now();
    let merged: Vec<Vec<TaskPrediction>> =
        asked.iter().zip(predictions).map(|((_, rows), of_pack)| library.merge(rows, of_pack.clone(), 6)).collect();
    let each = start.elapsed().as_secs_f64() * 1e3 / asked.len().max(1) as f64;
    let is_named = |of_work: &Vec<TaskPrediction>| artist(of_work) == Some(painter);
    let named = merged.iter().filter(|of_work| is_named(of_work)).count();
    let right = merged.iter().zip(asked).filter(|(of_work, (truth, _))| is_named(of_work) && *truth == Some(painter));
    let right = right.count();
    let share = |of: usize| if of == 0 { f64::NAN } else { right as f64 / of as f64 };
    println!(
        "{painter:<30} {right:>6} {named:>6}  {:>9.2}  {:>6.2}  {learning:>11.1}  {each:>9.2}",
        share(named),
        share(ASKED)
    );
    Ok(())
}
