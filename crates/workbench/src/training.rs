//! Training the compact pack's classifier, for the front doors.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use serde::Serialize;
pub use vitrine_inference::training::TrainingEvent as Event;
use vitrine_inference::training::{
    DataSet, DatedFigures, OutsideFigures, TaskFigures, TrainingOptions, every_painter_unseen, recalibrate, train,
};

use crate::{
    Settings, Workbench, WorkbenchError,
    training_report::{self, History},
};

/// How to train.
#[derive(Debug, Clone)]
pub struct Options {
    /// Fixes initial weights and the order of the examples.
    pub seed: u64,
    /// Whether validation and test shall show only painters who were never learnt from.
    pub artist_disjoint: bool,
    /// A folder of pictures that are no artworks, a folder a kind, so that it can say so of others.
    pub strangers: Option<PathBuf>,
    /// A folder of trained weights that are kept and only calibrated anew; none to learn from nothing.
    pub recalibrate: Option<PathBuf>,
    /// Whether to learn several times, each time without some of the painters, and measure on those; no weights are written.
    pub every_painter: bool,
    /// Only the trial on the training part, measured on the validation part; nothing is written.
    pub trial_only: bool,
    /// A `classifier.json` of an earlier trial, whose calibration is kept instead of making a trial.
    pub calibration: Option<PathBuf>,
    /// Passes over the data; none for the pack's own setting.
    pub epochs: Option<usize>,
    /// Where what the backbone sees is kept between runs; none for the user's cache.
    pub cache: Option<PathBuf>,
    /// The folder that the trained weights are written to.
    pub output: PathBuf,
}

/// What a training run ends with.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Figures on the validation part of the network that learnt from the training part alone, a task each.
    pub trial: Vec<Figures>,
    /// Its figures on works of painters who were kept from it.
    pub trial_unseen: Vec<Figures>,
    /// Its figures on what is outside its labels, a task each.
    pub trial_outside: Vec<Outside>,
    /// Figures on works of all painters, each of whom the network that is asked has never learnt from.
    pub every_painter: Vec<Figures>,
    /// Figures on the test part of what was written, a task each; empty after a trial only.
    pub figures: Vec<Figures>,
    /// The same of what is outside the labels.
    pub outside: Vec<Outside>,
    /// What it is worth to know when works were made, on those of the last figures whose date is known; none where no dates were learnt from.
    pub dated: Option<Dated>,
    /// The files written.
    pub written: Vec<String>,
}

/// Figures of works whose date is known, without it and with it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Dated {
    /// Of what is said without their dates.
    pub without: Vec<Figures>,
    /// Of what is said with them.
    pub with: Vec<Figures>,
    /// Of what is outside the labels, without dates; empty where several networks were asked.
    pub outside_without: Vec<Outside>,
    /// The same with them.
    pub outside_with: Vec<Outside>,
}

/// The figures of one task; shares between 0 and 1.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// `artist`, `genre` or `style`.
    pub task: &'static str,
    /// How many labels competed.
    pub labels: usize,
    /// How many of the images carry one of them.
    pub images: usize,
    /// Share whose best label is right.
    pub top1: f64,
    /// Share with the right label among the best two.
    pub top2: f64,
    /// Share with the right label among the best three.
    pub top3: f64,
    /// Mean F1 over labels.
    pub macro_f1: f64,
    /// Expected calibration error, works with labels that were not learnt among them.
    pub calibration_error: f64,
    /// Share of all works that can be answered with 95 % right.
    pub sure: f64,
}

/// What becomes of answers at the threshold from which on a label is named; shares between 0 and 1.
#[derive(Debug, Clone, Serialize)]
pub struct Outside {
    /// `artist`, `genre` or `style`.
    pub task: &'static str,
    /// How many answers are right.
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

impl From<OutsideFigures> for Outside {
    fn from(f: OutsideFigures) -> Self {
        let OutsideFigures { task, right, right_named, hands, hands_refused, strangers, strangers_refused } = f;
        Self { task: task.property(), right, right_named, hands, hands_refused, strangers, strangers_refused }
    }
}

impl From<DatedFigures> for Dated {
    fn from(f: DatedFigures) -> Self {
        let (without, with) = (figures(f.without), figures(f.with));
        Self { without, with, outside_without: outside(f.outside_without), outside_with: outside(f.outside_with) }
    }
}

fn figures(of: Vec<TaskFigures>) -> Vec<Figures> {
    of.into_iter().map(Figures::from).collect()
}

fn outside(of: Vec<OutsideFigures>) -> Vec<Outside> {
    of.into_iter().map(Outside::from).collect()
}

impl From<TaskFigures> for Figures {
    fn from(f: TaskFigures) -> Self {
        let TaskFigures { task, labels, images, top1, top2, top3, macro_f1, calibration_error, sure, answers: _ } = f;
        Self { task: task.property(), labels, images, top1, top2, top3, macro_f1, calibration_error, sure }
    }
}

/// What to learn from.
pub enum Data<'a> {
    /// A folder of labelled images with its `manifest.csv`.
    Folder(&'a Path),
    /// The works of a library, by what people stand by.
    Library(&'a Workbench),
}

/// Trains on labelled images. `hear` follows, and may break to stop.
pub fn run(
    settings: &Settings,
    data: Data<'_>,
    options: Options,
    hear: &mut dyn FnMut(Event) -> ControlFlow<()>,
) -> Result<Report, WorkbenchError> {
    let paths = settings.pack.as_ref().ok_or(WorkbenchError::NoPack)?;
    let data = match data {
        Data::Folder(folder) => DataSet::read(folder, paths)?,
        Data::Library(bench) => DataSet::of(bench.labelled_scans()?, paths)?,
    };
    let data = if options.artist_disjoint { data.artist_disjoint() } else { data };
    let data = match &options.strangers {
        Some(folder) => data.with_strangers(folder)?,
        None => data,
    };
    let cache = options.cache.unwrap_or_else(|| dirs::cache_dir().unwrap_or_default().join("vitrine").join("training"));
    let out = options.output.clone();
    let Options { seed, every_painter, trial_only, calibration, epochs, output, recalibrate: weights, .. } = options;
    let options = TrainingOptions { seed, epochs, trial_only, calibration, cache, output };
    let mut history = History::default();
    let hear = &mut |event: Event| {
        // Five runs of different networks make no curve.
        if !every_painter {
            history.note(&event);
        }
        hear(event)
    };
    let report = match weights {
        Some(weights) => recalibrate(&data, paths, &weights, &options, hear)?,
        None if every_painter => every_painter_unseen(&data, paths, &options, hear)?,
        None => train(&data, paths, &options, hear)?,
    };
    let page = (!options.trial_only).then(|| training_report::write(&out, &history, &report)).transpose()?;
    Ok(Report {
        trial: figures(report.trial),
        trial_unseen: figures(report.trial_unseen),
        trial_outside: outside(report.trial_outside),
        every_painter: figures(report.every_painter),
        figures: figures(report.figures),
        outside: outside(report.outside),
        dated: report.dated.map(Dated::from),
        written: report.written.iter().chain(&page).map(|file| file.display().to_string()).collect(),
    })
}
