//! How near is near enough for a label that a curator brings: learnt from painters who were kept from a trial, as if each
//! were new to a library.

use std::collections::BTreeMap;

use super::fit::{self, Sample};
use crate::curator::{self, Decision, LibraryLabels, Surroundings};
use crate::logistic::Logistic;
use crate::noise::Noise;
use crate::trained::{CuratorHead, Trained};
use crate::{InferenceError, MultiVector, Task};

/// Images that go through the projections together.
const BATCH: usize = 256;

/// As many works are confirmed at a time.
const CONFIRMED: [usize; 3] = [5, 10, 20];

/// At least so many works of a painter are asked about.
const ASKED: usize = 3;

/// Painters who fill a library besides the one who is asked about.
const COMPANY: usize = 6;

/// Works of others that are asked about, for each number confirmed.
const OTHERS: usize = 30;

/// Pairs of works whose cosines tell how far works lie from each other.
const PAIRS: usize = 4000;

/// How often a work that is asked about carries the label, of those asked in all.
const SHARE: f32 = 0.2;

/// What the squared weights cost.
const DECAY: f64 = 1e-3;

/// The middle of `samples`' rows, and how far works lie from each other; `nearness` is to be found yet.
pub(super) fn surroundings(trained: &Trained, samples: &[Sample]) -> Result<Surroundings, InferenceError> {
    let rows = rows(trained, samples)?;
    let width = rows.first().map_or(0, |rows| rows.values().len());
    let mut centre = vec![0.0; width];
    for rows in &rows {
        centre.iter_mut().zip(rows.values()).for_each(|(sum, value)| *sum += value / samples.len() as f32);
    }
    let mut noise = Noise::new(1);
    let mut pick = || rows.get((noise.next() % rows.len().max(1) as u64) as usize);
    let mut squares = 0.0;
    for _ in 0..PAIRS {
        let (Some(a), Some(b)) = (pick(), pick()) else { continue };
        squares += curator::cosine(a, b, &centre).powi(2);
    }
    let nearness = Logistic { weights: vec![0.0; 3], bias: 0.0 };
    Ok(Surroundings { centre, deviation: (squares / PAIRS as f32).sqrt(), nearness })
}

/// Fits what a curator's labels are judged by to works of painters whom `trained` has never seen; without enough of them it stays
/// without.
pub(super) fn fit(trained: &mut Trained, samples: &[Sample], seed: u64) -> Result<(), InferenceError> {
    if let Some(surroundings) = &trained.surroundings {
        let nearness = nearness(trained, surroundings, samples, seed)?;
        trained.head.curator = nearness.map(|nearness| CuratorHead { deviation: surroundings.deviation, nearness });
    }
    Ok(())
}

/// The probability that a work carries a label from [`LibraryLabels::measures`], fitted to painters among `samples` whom `trained`
/// has never seen; `None` where there are too few.
fn nearness(
    trained: &Trained,
    surroundings: &Surroundings,
    samples: &[Sample],
    seed: u64,
) -> Result<Option<Logistic>, InferenceError> {
    let rows = rows(trained, samples)?;
    let mut painters: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, sample) in samples.iter().enumerate() {
        if let Some(painter) = sample.painter {
            painters.entry(painter).or_default().push(at);
        }
    }
    painters.retain(|_, works| works.len() >= CONFIRMED[0] + ASKED);
    let names: Vec<&str> = painters.keys().copied().collect();
    let mut noise = Noise::new(seed);
    let mut seen: Vec<([f32; 3], bool)> = Vec::new();
    for &name in &names {
        let mut company: Vec<&str> = names.iter().copied().filter(|other| *other != name).collect();
        noise.shuffle(&mut company);
        let (company, strangers) = company.split_at(COMPANY.min(company.len()));
        let mut works = painters[name].clone();
        noise.shuffle(&mut works);
        let mut others: Vec<usize> = strangers.iter().flat_map(|other| painters[other].iter().copied()).collect();
        noise.shuffle(&mut others);
        others.truncate(OTHERS);
        for confirmed in CONFIRMED.into_iter().filter(|count| works.len() >= count + ASKED) {
            let decided = |painter: &'static str, works: &[usize]| -> Vec<(&'static str, usize)> {
                works.iter().take(confirmed).map(|&work| (painter, work)).collect()
            };
            let mut library = decided(LABEL, &works);
            library.extend(company.iter().flat_map(|other| decided(COMPANIONS, &painters[other])));
            let decisions: Vec<Decision> = library
                .iter()
                .map(|&(label, work)| Decision { rows: &rows[work], task: Task::Artist, label, right: true })
                .collect();
            let library = LibraryLabels::learn(surroundings.clone(), &decisions);
            let mut ask = |work: usize, carries: bool| {
                seen.extend(library.measures(Task::Artist, LABEL, &rows[work]).map(|measures| (measures, carries)));
            };
            works[confirmed..].iter().take(OTHERS).for_each(|&work| ask(work, true));
            others.iter().for_each(|&work| ask(work, false));
        }
    }
    let count = |wanted: bool| seen.iter().filter(|(_, carries)| *carries == wanted).count().max(1) as f32;
    let (with, without) = (SHARE / count(true), (1.0 - SHARE) / count(false));
    let examples: Vec<(&[f32], f32, bool)> = seen
        .iter()
        .map(|(measures, carries)| (measures.as_slice(), if *carries { with } else { without }, *carries))
        .collect();
    Ok(Logistic::fit(&examples, DECAY))
}

/// What the painter who is asked about is called, and all others together.
const LABEL: &str = "the one";
const COMPANIONS: &str = "the others";

fn rows(trained: &Trained, samples: &[Sample]) -> Result<Vec<MultiVector>, InferenceError> {
    let all: Vec<&Sample> = samples.iter().collect();
    let mut rows = Vec::with_capacity(all.len());
    for chunk in all.chunks(BATCH) {
        let batch = trained.rows.forward(&fit::batch(chunk)?, None)?;
        for image in batch.flatten_from(1)?.to_vec2::<f32>()? {
            rows.push(MultiVector::normalised(image, crate::image_rows::ROW_WIDTH)?);
        }
    }
    Ok(rows)
}
