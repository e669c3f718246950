//! Training the compact pack's classifier on a folder of labelled images.

mod assess;
mod cache;
mod calibration;
mod data_set;
mod every_painter;
mod fit;
mod kept_works;
mod kept_years;
mod lesson;
mod linear_head;
mod nearness;
mod objective;
#[cfg(test)]
mod parity;
mod recalibration;
mod steps;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use half::f16;

use self::assess::Answers;
use self::cache::View;
pub use self::data_set::{DataSet, Example, Split, Stranger};
pub use self::every_painter::every_painter_unseen;
use self::fit::Sample;
#[cfg(test)]
pub(crate) use self::fit::compact_shape;
use self::lesson::{Lesson, Parts, Seen, Taught};
pub(crate) use self::linear_head::least_cross_entropy;
pub use self::recalibration::recalibrate;
use crate::compact::BACKBONE;
use crate::efficientnet::EfficientNetLite2;
use crate::text::TextEncoder;
use crate::trained::{self, Head};
use crate::{InferenceError, PackManifest, PackPaths, Task};

/// How to train.
#[derive(Debug, Clone)]
pub struct TrainingOptions {
    /// Fixes the initial weights and the order of the examples.
    pub seed: u64,
    /// Passes over the data; `None` for the pack's own setting.
    pub epochs: Option<usize>,
    /// Only the trial, to choose settings by: it is measured on the validation part, the test part stays unseen, and
    /// nothing is written.
    pub trial_only: bool,
    /// A `classifier.json` whose temperatures and thresholds are kept instead of making a trial. They must come from a trial
    /// on the same data with the same settings: from a network that had not learnt from the validation part.
    pub calibration: Option<PathBuf>,
    /// Where the backbone's rows are kept between runs.
    pub cache: PathBuf,
    /// The folder that the trained weights are written to (`classifier.safetensors`, `classifier.json`).
    pub output: PathBuf,
}

/// What happens while training.
#[derive(Debug, Clone, PartialEq)]
pub enum TrainingEvent {
    /// Backbone rows of `done` of `total` images are there.
    Rows {
        /// Images finished.
        done: usize,
        /// Images in all.
        total: usize,
    },
    /// An epoch ended.
    Epoch {
        /// Counted from 1.
        epoch: usize,
        /// Of how many.
        epochs: usize,
        /// The mean training loss.
        loss: f64,
        /// Top-1 accuracy on the validation part, a task each; empty in the pass that learns from that part.
        validation: BTreeMap<Task, f64>,
    },
    /// An image could not be read and was left out.
    LeftOut {
        /// The file.
        image: PathBuf,
        /// Why.
        reason: String,
    },
}

/// The figures of one task.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskFigures {
    /// The task.
    pub task: Task,
    /// How many labels competed.
    pub labels: usize,
    /// How many of the images carry one of them.
    pub images: usize,
    /// Share of these whose best label is right.
    pub top1: f64,
    /// Share with the right label among the best two.
    pub top2: f64,
    /// Share with the right label among the best three.
    pub top3: f64,
    /// Mean F1 over labels.
    pub macro_f1: f64,
    /// Expected calibration error of the calibrated confidence, 15 bins, on all works of which something is known in this task: one
    /// with a label that was not learnt counts as wrong.
    pub calibration_error: f64,
    /// Share of all these works that can be answered, surest first, with 95 % right.
    pub sure: f64,
    /// The confidence of each of these answers, and whether it is right.
    pub answers: Vec<(f64, bool)>,
}

/// What becomes of answers at the threshold from which on a label is named, in one task.
#[derive(Debug, Clone, PartialEq)]
pub struct OutsideFigures {
    /// The task.
    pub task: Task,
    /// How many answers are right, whatever their confidence.
    pub right: usize,
    /// Share of them that are named.
    pub right_named: f64,
    /// Works with a label that was not learnt.
    pub hands: usize,
    /// Share of them of which nothing is named.
    pub hands_refused: f64,
    /// Pictures that are no artworks.
    pub strangers: usize,
    /// Share of them of which nothing is named.
    pub strangers_refused: f64,
}

/// What it is worth to know when works were made: figures of works whose date is known.
#[derive(Debug, Clone, PartialEq)]
pub struct DatedFigures {
    /// Of what is said without their dates.
    pub without: Vec<TaskFigures>,
    /// Of what is said with them.
    pub with: Vec<TaskFigures>,
    /// Of what is outside the labels, without dates; empty where several networks were asked.
    pub outside_without: Vec<OutsideFigures>,
    /// The same with them.
    pub outside_with: Vec<OutsideFigures>,
}

/// What a training run ends with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrainingReport {
    /// The trial's figures on the validation part, without the painters who were kept from it. Its temperatures were fitted there, so its
    /// calibration error is on the friendly side. Empty where an earlier trial's calibration was taken over.
    pub trial: Vec<TaskFigures>,
    /// The trial's figures on works of painters who were kept from it.
    pub trial_unseen: Vec<TaskFigures>,
    /// The trial's figures on what is outside its labels; thresholds were chosen there.
    pub trial_outside: Vec<OutsideFigures>,
    /// The figures on works of all painters, each of whom the network that is asked has never learnt from; empty where that was not asked for.
    pub every_painter: Vec<TaskFigures>,
    /// The figures on the test part of what was written; empty after a trial only.
    pub figures: Vec<TaskFigures>,
    /// The figures on the test part, and on pictures that were not learnt from, of what is outside the labels.
    pub outside: Vec<OutsideFigures>,
    /// What dates are worth, on the works of the last figures that there are; `None` where no dates were learnt from.
    pub dated: Option<DatedFigures>,
    /// The files written.
    pub written: Vec<PathBuf>,
}

/// Trains LICN and the image projection, and writes the weights to `options.output`.
///
/// In two passes. The *trial* learns from the training part without a fifth of the painters; temperatures, scopes and
/// thresholds are fitted to its answers on the validation part, on works of those painters, and on pictures that are no
/// artworks, none of which it has seen. What is written learns anew from both parts and all painters, with the same settings
/// and as many epochs, and keeps the trial's calibration: on pictures that it has learnt from its answers would look surer than
/// they are. It also stops at the epoch at which the trial was best. The test part is measured last, and its calibration error shows whether they still hold.
///
/// `progress` may break to cancel, between images or epochs, which ends in [`InferenceError::Cancelled`].
pub fn train(
    data: &DataSet,
    paths: &PackPaths,
    options: &TrainingOptions,
    progress: &mut dyn FnMut(TrainingEvent) -> ControlFlow<()>,
) -> Result<TrainingReport, InferenceError> {
    let (lesson, seen) = prepare(data, paths, options, progress)?;
    let parts = lesson.parts(data, &seen);
    if parts.learn.is_empty() || parts.validation.is_empty() {
        return Err(InferenceError::Training("it needs images of the splits train and val".into()));
    }
    let mut report = TrainingReport::default();
    let (calibration, stop) = match &options.calibration {
        Some(file) => (lesson.calibration_of(file)?, None),
        None => {
            let (calibration, epoch) = trial(&lesson, &parts, options, progress, &mut report)?;
            (calibration, Some(epoch))
        }
    };
    if options.trial_only {
        return Ok(report);
    }

    let Parts { learn, validation, test, strangers, measured_strangers, whitening } = parts;
    let both: Vec<Sample> = learn.into_iter().chain(validation).collect();
    let taught = Taught { samples: &both, validation: &[], strangers: &strangers, whitening };
    let (mut trained, mut tensors, _) = lesson.fit(&taught, stop, options, progress)?;
    trained.head = calibration;
    lesson.fit_linear(&mut trained, &both)?;
    kept_works::keep(&mut trained, &both)?;
    kept_years::keep_of(&mut trained.head, &both, &lesson.periods);
    trained.check_scopes()?;
    tensors.extend(lesson.linear_tensors(&trained));
    tensors.extend(kept_works::tensors(&trained)?);
    let measured: Vec<Sample> = test.into_iter().chain(measured_strangers).collect();
    let answers = lesson.answers(&trained, &measured)?;
    report.outside = lesson.outside(&trained.head, &answers);
    let judged = [(trained.head.clone(), answers)];
    report.figures = lesson.figures(&judged);
    report.dated = lesson.dated_figures(&judged);
    report.written = trained::write(&options.output, &trained.head, &tensors)?;
    Ok(report)
}

/// What is to be learnt, and what the backbone sees in all pictures and in those in a mirror that are learnt from.
fn prepare(
    data: &DataSet,
    paths: &PackPaths,
    options: &TrainingOptions,
    progress: &mut dyn FnMut(TrainingEvent) -> ControlFlow<()>,
) -> Result<(Lesson, Seen), InferenceError> {
    let manifest = PackManifest::read(paths)?;
    let lesson = Lesson::new(data, &TextEncoder::load(&manifest, paths)?)?;
    let pooled = pooled(data, true, &manifest, paths, options, progress)?;
    Ok((lesson, Seen::whitened(pooled, data, None)))
}

/// What the backbone sees in a data set's examples, then in its strangers, then, if `mirrored`, in a mirror in those examples that are not of the test part.
fn pooled(
    data: &DataSet,
    mirrored: bool,
    manifest: &PackManifest,
    paths: &PackPaths,
    options: &TrainingOptions,
    progress: &mut dyn FnMut(TrainingEvent) -> ControlFlow<()>,
) -> Result<Vec<Option<Vec<f16>>>, InferenceError> {
    let network = EfficientNetLite2::load(&manifest.path(paths, BACKBONE)?, &manifest.bytes(paths, BACKBONE)?)?;
    let examples = data.examples.iter().map(|example| example.image.as_path());
    let plain = examples.chain(data.strangers.iter().map(|stranger| stranger.image.as_path()));
    let learnt = data.examples.iter().filter(|example| mirrored && example.split != Split::Test);
    let views: Vec<View> = plain
        .map(|image| View { image, mirrored: false })
        .chain(learnt.map(|example| View { image: &example.image, mirrored: true }))
        .collect();
    let backbone = manifest.files.iter().find(|file| file.name == BACKBONE).map_or("", |file| &file.sha256);
    cache::pooled_features(&views, &network, backbone, &options.cache, progress)
}

/// Makes the trial and calibrates it; its figures go into `report`. Also returns the epoch at which it was best.
fn trial(
    lesson: &Lesson,
    parts: &Parts,
    options: &TrainingOptions,
    progress: &mut dyn FnMut(TrainingEvent) -> ControlFlow<()>,
    report: &mut TrainingReport,
) -> Result<(Head, usize), InferenceError> {
    let trial = lesson.trial(parts);
    let (samples, strangers) = (&trial.learn, &trial.strangers);
    let taught = Taught { samples, validation: &parts.validation, strangers, whitening: parts.whitening };
    let (mut trained, _, epoch) = lesson.fit(&taught, None, options, progress)?;
    lesson.choose_linear(&mut trained, &trial.learn, &trial.calibrate)?;
    kept_works::keep(&mut trained, &trial.learn)?;
    kept_years::keep_of(&mut trained.head, &trial.learn, &lesson.periods);
    let answers = lesson.calibrate(&mut trained, &trial.calibrate)?;
    let held: Vec<Sample> = trial.calibrate.iter().filter(|sample| sample.held).cloned().collect();
    nearness::fit(&mut trained, &held, options.seed)?;
    let of = |held: bool| -> Vec<Answers> {
        answers.iter().map(|answers| answers.only(|answer| answer.held == held && !answer.is_no_artwork())).collect()
    };
    let judged = [(trained.head.clone(), of(false))];
    report.trial = lesson.figures(&judged);
    report.dated = lesson.dated_figures(&judged);
    report.trial_unseen = lesson.figures(&[(trained.head.clone(), of(true))]);
    report.trial_outside = lesson.outside(&trained.head, &answers);
    Ok((trained.head, epoch))
}
