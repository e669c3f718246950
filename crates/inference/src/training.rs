//! Training the compact pack's classifier on a folder of labelled images.

mod assess;
mod cache;
mod fit;

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use half::f16;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use self::assess::Answers;
use self::fit::{Fit, LabelRows, Sample, Settings};
use crate::compact::BACKBONE;
use crate::efficientnet::EfficientNetLite2;
use crate::image_rows::{self, ROW_WIDTH};
use crate::text::TextEncoder;
use crate::trained::{self, Head, TaskHead, Trained};
use crate::{InferenceError, PackManifest, PackPaths, Task};

/// Which part of a data set a picture belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Split {
    /// Fitted on.
    Train,
    /// Chooses settings, calibrates; learnt from too in the second pass.
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
        let spelling = Spelling::read(&paths.manifest.join("labels.toml"))?;
        let path = folder.join("manifest.csv");
        let broken = |cause: csv::Error| InferenceError::Training(format!("{} can't be read: {cause}", path.display()));
        let mut reader = csv::Reader::from_path(&path).map_err(broken)?;
        let mut examples = Vec::new();
        for record in reader.deserialize() {
            let row: Row = record.map_err(broken)?;
            let split = match row.split.as_str() {
                "train" => Split::Train,
                "val" => Split::Validation,
                "test" => Split::Test,
                _ => continue,
            };
            let named = [(Task::Artist, row.artist), (Task::Genre, row.genre), (Task::Style, row.style)];
            let labels = named
                .into_iter()
                .filter(|(_, raw)| !raw.is_empty())
                .map(|(task, raw)| (task, spelling.shown(task, &raw)))
                .collect();
            examples.push(Example { image: folder.join(row.file), split, labels });
        }
        Ok(Self { examples })
    }

    /// The same pictures split by painter, so that validation and test show only painters who were never learnt from: a
    /// fifth of the painters each, by a hash of the name. Pictures without a painter are learnt from. Only what is not the painter's
    /// name can be measured on it.
    pub fn artist_disjoint(mut self) -> Self {
        for example in &mut self.examples {
            let painter = example.labels.get(&Task::Artist).map(|name| Sha256::digest(name.as_bytes())[0] % 5);
            example.split = match painter {
                Some(0) => Split::Test,
                Some(1) => Split::Validation,
                _ => Split::Train,
            };
        }
        self
    }
}

/// A line of `manifest.csv`; an empty cell is an unknown.
#[derive(Deserialize)]
struct Row {
    file: String,
    split: String,
    artist: String,
    style: String,
    genre: String,
}

/// How labels are shown: `labels.toml`, a table a task, from the data's spelling to the proper one. A label that is not
/// in it is right as it is.
#[derive(Deserialize)]
struct Spelling(BTreeMap<String, BTreeMap<String, String>>);

impl Spelling {
    fn read(path: &Path) -> Result<Self, InferenceError> {
        let text = std::fs::read_to_string(path).map_err(|cause| InferenceError::file(path, cause))?;
        toml::from_str(&text).map_err(|cause| InferenceError::broken(path, cause.message()))
    }

    fn shown(&self, task: Task, raw: &str) -> String {
        self.0.get(task.property()).and_then(|table| table.get(raw)).map_or(raw, |shown| shown).to_owned()
    }
}

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
    /// The trial's figures on the validation part. Its temperatures were fitted there, so its calibration error is on the
    /// friendly side. Empty where an earlier trial's calibration was taken over.
    pub trial: Vec<TaskFigures>,
    /// The figures on the test part of what was written; empty after a trial only.
    pub figures: Vec<TaskFigures>,
    /// The files written.
    pub written: Vec<PathBuf>,
}

/// Trains LICN and the image projection, and writes the weights to `options.output`.
///
/// In two passes. The *trial* learns from the training part; temperatures and thresholds are fitted to its answers on the
/// validation part, which it has never seen. What is written learns anew from both parts, with the same settings and as
/// many epochs, and keeps the trial's temperatures and thresholds: on pictures that it has learnt from its answers would
/// look surer than they are. The test part is measured last, and its calibration error shows whether they still hold.
///
/// `progress` may break to cancel, between images or epochs, which ends in [`InferenceError::Cancelled`].
pub fn train(
    data: &DataSet,
    paths: &PackPaths,
    options: &TrainingOptions,
    progress: &mut dyn FnMut(TrainingEvent) -> ControlFlow<()>,
) -> Result<TrainingReport, InferenceError> {
    let manifest = PackManifest::read(paths)?;
    let network = EfficientNetLite2::load(&manifest.path(paths, BACKBONE)?, &manifest.bytes(paths, BACKBONE)?)?;
    let images: Vec<&Path> = data.examples.iter().map(|example| example.image.as_path()).collect();
    let backbone = manifest.files.iter().find(|file| file.name == BACKBONE).map_or("", |file| &file.sha256);
    let pooled = cache::pooled_features(&images, &network, backbone, &options.cache, progress)?;

    let lesson = Lesson::new(data, &TextEncoder::load(&manifest, paths)?)?;
    let [learn, validation, test] = lesson.parts(data, &pooled);
    if learn.is_empty() || validation.is_empty() {
        return Err(InferenceError::Training("it needs images of the splits train and val".into()));
    }

    let (calibration, trial_figures) = match &options.calibration {
        Some(file) => (lesson.calibration_of(file)?, Vec::new()),
        None => {
            let (mut trial, _) = lesson.fit(&learn, &validation, options, progress)?;
            let answers = lesson.answers(&trial, &validation)?;
            for (head, answers) in trial.head.tasks.iter_mut().zip(&answers) {
                head.inverse_temperature = answers.known().inverse_temperature();
                head.threshold = answers.threshold(head.inverse_temperature);
            }
            let figures = lesson.figures(&trial.head, &answers);
            (trial.head, figures)
        }
    };
    if options.trial_only {
        return Ok(TrainingReport { trial: trial_figures, figures: Vec::new(), written: Vec::new() });
    }

    let both: Vec<Sample> = learn.into_iter().chain(validation).collect();
    let (mut trained, tensors) = lesson.fit(&both, &[], options, progress)?;
    trained.head = calibration;
    let figures = lesson.figures(&trained.head, &lesson.answers(&trained, &test)?);
    let written = trained::write(&options.output, &trained.head, &tensors)?;
    Ok(TrainingReport { trial: trial_figures, figures, written })
}

/// What is to be learnt: a task's labels, how many images of the training and validation parts carry each, and their
/// names as rows.
struct Lesson {
    tasks: Vec<(Task, Vec<String>)>,
    counts: Vec<Vec<usize>>,
    label_rows: Vec<LabelRows>,
}

impl Lesson {
    fn new(data: &DataSet, text: &TextEncoder) -> Result<Self, InferenceError> {
        let frequent = TASKS.map(|task| frequent_labels(data, task));
        let counts = frequent.iter().map(|task| task.values().copied().collect()).collect();
        let tasks: Vec<(Task, Vec<String>)> =
            TASKS.into_iter().zip(frequent.map(|labels| labels.into_keys().collect())).collect();
        if let Some((task, labels)) = tasks.iter().find(|(_, labels)| labels.len() < 2) {
            let cause =
                format!("{} labels for {} have {LEAST_IMAGES} images, two are needed", labels.len(), task.property());
            return Err(InferenceError::Training(cause));
        }
        let label_rows = tasks.iter().map(|(_, labels)| label_rows(text, labels)).collect::<Result<_, _>>()?;
        Ok(Self { tasks, counts, label_rows })
    }

    /// Temperatures and thresholds of an earlier trial, as `file` (a `classifier.json`) keeps them.
    fn calibration_of(&self, file: &Path) -> Result<Head, InferenceError> {
        let text = std::fs::read(file).map_err(|cause| InferenceError::file(file, cause))?;
        let head: Head = serde_json::from_slice(&text).map_err(|cause| InferenceError::broken(file, cause))?;
        let same = |(head, (task, labels)): (&TaskHead, &(Task, Vec<String>))| {
            head.task == task.property() && head.labels == *labels
        };
        if head.licn != fit::compact_shape(self.tasks.len()) || !head.tasks.iter().zip(&self.tasks).all(same) {
            let cause = format!("{} is of another network or other labels; make a trial anew", file.display());
            return Err(InferenceError::Training(cause));
        }
        Ok(head)
    }

    /// The images of each part, in the order of [`Split`]; those that could not be read are left out.
    fn parts<'a>(&self, data: &DataSet, pooled: &'a [Option<Vec<f16>>]) -> [Vec<Sample<'a>>; 3] {
        let mut parts: [Vec<Sample>; 3] = Default::default();
        for (example, pooled) in data.examples.iter().zip(pooled) {
            let Some(pooled) = pooled else { continue };
            let labels = self.tasks.iter().map(|(task, labels)| {
                let label = example.labels.get(task)?;
                // A label that is too rare to be learnt still says that none of the others is right.
                Some(labels.iter().position(|known| known == label).unwrap_or(usize::MAX))
            });
            parts[example.split as usize].push(Sample { pooled, labels: labels.collect() });
        }
        parts
    }

    /// Fits a fresh network to `samples`, and tells after each epoch how it answers on `validation`. What comes back has
    /// the precision of what is written, 16 bits, and is not calibrated; with it the tensors to write.
    fn fit(
        &self,
        samples: &[Sample],
        validation: &[Sample],
        options: &TrainingOptions,
        progress: &mut dyn FnMut(TrainingEvent) -> ControlFlow<()>,
    ) -> Result<(Trained, HashMap<String, Tensor>), InferenceError> {
        let samples: Vec<Sample> = samples.iter().filter_map(Sample::without_unknown_labels).collect();
        let settings = Settings::default();
        let epochs = options.epochs.unwrap_or(settings.epochs).max(1);
        let settings = Settings { epochs, ..settings };
        let shape = fit::compact_shape(self.tasks.len());
        let wide: Vec<Vec<f32>> =
            samples.iter().step_by(STATISTICS_STEP).map(|s| s.pooled.iter().map(|v| v.to_f32()).collect()).collect();
        let statistics = image_rows::statistics(wide.iter().map(Vec::as_slice))?;
        let mut fit = Fit::new(&shape, statistics, settings, options.seed)?;
        for epoch in 0..epochs {
            let loss = fit.epoch(epoch, &samples, &self.label_rows)?;
            let mut top1 = BTreeMap::new();
            if !validation.is_empty() {
                let vectors = fit.label_vectors(&self.label_rows)?;
                let answers = assess::answers(validation, &self.tasks, |samples| fit.scaled(samples, &vectors))?;
                top1.extend(TASKS.into_iter().zip(answers.iter().map(|answers| answers.known().top(1))));
            }
            cache::hear(progress, TrainingEvent::Epoch { epoch: epoch + 1, epochs, loss, validation: top1 })?;
        }

        let vectors = fit.label_vectors(&self.label_rows)?;
        let mut tensors = fit.tensors();
        tensors.extend(self.tasks.iter().zip(vectors).map(|((task, _), v)| (format!("labels.{}", task.property()), v)));
        for tensor in tensors.values_mut() {
            *tensor = tensor.to_dtype(DType::F16)?;
        }
        let heads = self.tasks.iter().map(|(task, labels)| TaskHead {
            task: task.property().to_owned(),
            labels: labels.clone(),
            inverse_temperature: 1.0,
            threshold: 0.0,
        });
        Ok((Trained::new(Head { licn: shape, tasks: heads.collect() }, tensors.clone())?, tensors))
    }

    fn answers(&self, trained: &Trained, samples: &[Sample]) -> Result<Vec<Answers>, InferenceError> {
        assess::answers(samples, &self.tasks, |samples| {
            trained.scaled(&trained.rows.forward(&fit::batch(samples)?, None)?)
        })
    }

    /// The figures of each task's answers; of styles also among the frequent ones.
    fn figures(&self, head: &Head, answers: &[Answers]) -> Vec<TaskFigures> {
        let mut figures = Vec::new();
        for (((head, answers), (task, labels)), counts) in
            head.tasks.iter().zip(answers).zip(&self.tasks).zip(&self.counts)
        {
            figures.push(answers.known().figures(*task, labels.len(), head.inverse_temperature));
            let frequent: Vec<usize> = (0..labels.len()).filter(|&label| counts[label] >= MANY_IMAGES).collect();
            if *task == Task::Style && (2..labels.len()).contains(&frequent.len()) {
                figures.push(answers.among(&frequent).figures(*task, frequent.len(), head.inverse_temperature));
            }
        }
        figures
    }
}

/// What is learnt, in the order of LICN's task rows.
const TASKS: [Task; 3] = [Task::Artist, Task::Genre, Task::Style];

/// Labels with fewer images in the training and validation parts are not learnt.
const LEAST_IMAGES: usize = 20;

/// Every fourth image is enough for means and deviations.
const STATISTICS_STEP: usize = 4;

/// Styles are also measured among the labels that have this many.
const MANY_IMAGES: usize = 100;

/// A task's labels with at least [`LEAST_IMAGES`] images, in alphabetical order, with how many they have.
fn frequent_labels(data: &DataSet, task: Task) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for example in data.examples.iter().filter(|example| example.split != Split::Test) {
        if let Some(label) = example.labels.get(&task) {
            *counts.entry(label.clone()).or_insert(0usize) += 1;
        }
    }
    counts.retain(|_, count| *count >= LEAST_IMAGES);
    counts
}

/// The retriever's rows of the labels' names, padded to the longest.
fn label_rows(text: &TextEncoder, labels: &[String]) -> Result<LabelRows, InferenceError> {
    let rows =
        labels.iter().map(|label| Ok(text.embed_passage(label)?.rows)).collect::<Result<Vec<_>, InferenceError>>()?;
    let longest = rows.iter().map(|rows| rows.len()).max().unwrap_or(0).max(1);
    let mut values = vec![0f32; labels.len() * longest * ROW_WIDTH];
    let mut absent = vec![1f32; labels.len() * longest];
    for (label, rows) in rows.iter().enumerate() {
        values[label * longest * ROW_WIDTH..][..rows.values().len()].copy_from_slice(rows.values());
        absent[label * longest..][..rows.len()].fill(0.0);
    }
    Ok(LabelRows {
        rows: Tensor::from_vec(values, (labels.len(), longest, ROW_WIDTH), &Device::Cpu)?,
        absent: Tensor::from_vec(absent, (labels.len(), longest), &Device::Cpu)?,
    })
}
