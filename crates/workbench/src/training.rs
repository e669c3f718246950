//! Training the compact pack's classifier, for the front doors.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use serde::Serialize;
pub use vitrine_inference::training::TrainingEvent as Event;
use vitrine_inference::training::{DataSet, TaskFigures, TrainingOptions, train};

use crate::{Settings, WorkbenchError};

/// How to train.
#[derive(Debug, Clone)]
pub struct Options {
    /// Fixes initial weights and the order of the examples.
    pub seed: u64,
    /// Whether validation and test shall show only painters who were never learnt from.
    pub artist_disjoint: bool,
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
    /// Figures on the test part of what was written, a task each; empty after a trial only.
    pub figures: Vec<Figures>,
    /// The files written.
    pub written: Vec<String>,
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
    /// Share with the right label among the best three.
    pub top3: f64,
    /// Mean F1 over labels.
    pub macro_f1: f64,
    /// Expected calibration error.
    pub calibration_error: f64,
}

impl From<TaskFigures> for Figures {
    fn from(f: TaskFigures) -> Self {
        let TaskFigures { task, labels, images, top1, top3, macro_f1, calibration_error } = f;
        Self { task: task.property(), labels, images, top1, top3, macro_f1, calibration_error }
    }
}

/// Trains on the labelled images of the folder `data`. `hear` follows, and may break to stop.
pub fn run(
    settings: &Settings,
    data: &Path,
    options: Options,
    hear: &mut dyn FnMut(Event) -> ControlFlow<()>,
) -> Result<Report, WorkbenchError> {
    let paths = settings.pack.as_ref().ok_or(WorkbenchError::NoPack)?;
    let data = DataSet::read(data, paths)?;
    let data = if options.artist_disjoint { data.artist_disjoint() } else { data };
    let cache = options.cache.unwrap_or_else(|| dirs::cache_dir().unwrap_or_default().join("vitrine").join("training"));
    let Options { seed, trial_only, calibration, epochs, output, .. } = options;
    let options = TrainingOptions { seed, epochs, trial_only, calibration, cache, output };
    let report = train(&data, paths, &options, hear)?;
    let listed = |figures: Vec<TaskFigures>| figures.into_iter().map(Figures::from).collect();
    Ok(Report {
        trial: listed(report.trial),
        figures: listed(report.figures),
        written: report.written.iter().map(|file| file.display().to_string()).collect(),
    })
}
