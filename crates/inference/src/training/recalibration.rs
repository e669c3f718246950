//! Calibrating weights that are there, on works that they have not learnt from.

use std::ops::ControlFlow;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::fit::{Sample, Truth};
use super::lesson::{self, Lesson, Parts, Seen};
use super::{
    DataSet, Example, Split, TrainingEvent, TrainingOptions, TrainingReport, kept_works, kept_years, nearness,
};
use crate::trained::{self, Trained};
use crate::{InferenceError, PackManifest, PackPaths, Task};

/// Keeps the weights of `folder` (`classifier.safetensors`, `classifier.json`) and learns anew what their answers are worth:
/// temperatures, scopes, thresholds and the weight of dates, what tells artworks from other pictures, and how near is near enough for a curator's own
/// labels. Writes both files to `options.output`. Weights that come without the places of the works that they learnt from get them, from the
/// training and validation part.
///
/// Of the test part, which the weights have not learnt from, one half is calibrated on and the other measured, by a hash of the file's
/// name. Works of painters who are none of the labels join them, whatever their part; they also stand for the painters of a
/// curator's own. Neither half is of painters who were kept from the weights: only a trial has such.
pub fn recalibrate(
    data: &DataSet,
    paths: &PackPaths,
    folder: &Path,
    options: &TrainingOptions,
    progress: &mut dyn FnMut(TrainingEvent) -> ControlFlow<()>,
) -> Result<TrainingReport, InferenceError> {
    let (mut trained, mut tensors) = Trained::written(folder)?;
    let lesson = Lesson::learnt(&trained.head, data)?;
    for (task, head) in lesson.tasks().zip(&mut trained.head.tasks) {
        head.groups = lesson.groups(task, &head.labels);
    }
    let of_another_hand =
        |example: &Example| example.labels.get(&Task::Artist).is_some_and(|name| !lesson.knows(Task::Artist, name));
    let examples = data.examples.iter().filter(|example| example.split == Split::Test || of_another_hand(example));
    let examples = examples.map(|example| {
        let name = example.image.file_name().unwrap_or_default();
        let measured = Sha256::digest(name.as_encoded_bytes())[0].is_multiple_of(2);
        // What the weights may have learnt of a work is not asked about.
        let mut labels = example.labels.clone();
        labels.retain(|task, _| example.split == Split::Test || *task == Task::Artist);
        let split = if measured { Split::Test } else { Split::Validation };
        Example { split, labels, image: example.image.clone(), made: example.made }
    });
    let needed = DataSet {
        examples: examples.collect(),
        strangers: data.strangers.clone(),
        movements: data.movements.clone(),
        periods: data.periods.clone(),
        artist_disjoint: false,
    };

    let manifest = PackManifest::read(paths)?;
    if trained.learnt_works.iter().all(Option::is_none) {
        let teaches = |example: &&Example| {
            let label = example.labels.get(&kept_works::KEPT);
            example.split != Split::Test && label.is_some_and(|label| lesson.knows(kept_works::KEPT, label))
        };
        let learnt = DataSet {
            examples: data.examples.iter().filter(teaches).cloned().collect(),
            movements: data.movements.clone(),
            periods: data.periods.clone(),
            ..DataSet::default()
        };
        let pooled = super::pooled(&learnt, false, &manifest, paths, options, progress)?;
        let seen = Seen::whitened(pooled, &learnt, Some(&trained));
        let Parts { learn, validation, .. } = lesson.parts(&learnt, &seen);
        let learnt: Vec<Sample> = learn.into_iter().chain(validation).collect();
        kept_works::keep(&mut trained, &learnt)?;
        tensors.extend(kept_works::tensors(&trained)?);
    }
    let pooled = super::pooled(&needed, false, &manifest, paths, options, progress)?;
    let seen = Seen::whitened(pooled, &needed, Some(&trained));
    let parts = lesson.parts(&needed, &seen);
    if parts.validation.is_empty() || parts.test.is_empty() {
        return Err(InferenceError::Training("it needs images of the split test".into()));
    }
    let every_other =
        |first: usize| -> Vec<Sample> { parts.strangers.iter().skip(first).step_by(2).cloned().collect() };
    let hands = of_hands(&parts.validation);
    lesson::bounds(&mut trained, &mut tensors, &hands, &every_other(0))?;
    let calibrate: Vec<Sample> = parts.validation.iter().cloned().chain(every_other(1)).collect();
    let dates = lesson.dates(data);
    let dates = dates.iter().map(|(truths, made)| (truths.as_slice(), *made));
    kept_years::keep(&mut trained.head, dates, &lesson.periods);
    lesson.calibrate(&mut trained, &calibrate)?;
    // A few works of each hand are all there are; none of what is measured below hangs on nearness.
    let all_hands: Vec<Sample> = hands.into_iter().chain(of_hands(&parts.test)).collect();
    nearness::fit(&mut trained, &all_hands, options.seed)?;

    let measured: Vec<Sample> = parts.test.iter().cloned().chain(parts.measured_strangers).collect();
    let answers = lesson.answers(&trained, &measured)?;
    let outside = lesson.outside(&trained.head, &answers);
    let judged = [(trained.head.clone(), answers)];
    Ok(TrainingReport {
        outside,
        figures: lesson.figures(&judged),
        dated: lesson.dated_figures(&judged),
        written: trained::write(&options.output, &trained.head, &tensors)?,
        ..TrainingReport::default()
    })
}

/// Those whose painter is none of the labels.
fn of_hands<'a>(samples: &[Sample<'a>]) -> Vec<Sample<'a>> {
    samples.iter().filter(|sample| sample.truths.first() == Some(&Truth::Outside)).cloned().collect()
}
