//! Training the compact pack's classifier on a folder of labelled images.

mod assess;
mod cache;
mod fit;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use serde::Deserialize;
use sha2::{Digest, Sha256};

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
/// weights to `options.output`. `progress` may break to cancel,
/// between images or epochs, which ends in [`InferenceError::Cancelled`].
pub fn train(
    data: &DataSet,
    paths: &PackPaths,
    options: &TrainingOptions,
    progress: &mut dyn FnMut(TrainingEvent) -> ControlFlow<()>,
) -> Result<TrainingReport, InferenceError> {
    let manifest = PackManifest::read(paths)?;
    let network = EfficientNetLite2::load(&manifest.path(paths, BACKBONE)?, &manifest.bytes(paths, BACKBONE)?)?;
    let text = TextEncoder::load(&manifest, paths)?;
    let images: Vec<&Path> = data.examples.iter().map(|example| example.image.as_path()).collect();
    let backbone = manifest.files.iter().find(|file| file.name == BACKBONE).map_or("", |file| &file.sha256);
    let pooled = cache::pooled_features(&images, &network, backbone, &options.cache, progress)?;

    let frequent = TASKS.map(|task| frequent_labels(data, task));
    let counts: Vec<Vec<usize>> = frequent.iter().map(|task| task.values().copied().collect()).collect();
    let tasks: Vec<(Task, Vec<String>)> =
        TASKS.into_iter().zip(frequent.map(|labels| labels.into_keys().collect())).collect();
    if let Some((task, labels)) = tasks.iter().find(|(_, labels)| labels.len() < 2) {
        let cause =
            format!("{} labels for {} have {LEAST_IMAGES} images, two are needed", labels.len(), task.property());
        return Err(InferenceError::Training(cause));
    }
    let mut parts: [Vec<Sample>; 3] = Default::default();
    for (example, pooled) in data.examples.iter().zip(&pooled) {
        let Some(pooled) = pooled else { continue };
        let labels = tasks.iter().map(|(task, labels)| {
            let label = example.labels.get(task)?;
            // A label that is too rare to be learnt still says that none of the others is right.
            Some(labels.iter().position(|known| known == label).unwrap_or(usize::MAX))
        });
        parts[example.split as usize].push(Sample { pooled, labels: labels.collect() });
    }
    let [learn, validation, test] = parts;
    let learn: Vec<Sample> = learn
        .into_iter()
        .map(|sample| Sample {
            labels: sample.labels.into_iter().map(|label| label.filter(|&label| label != usize::MAX)).collect(),
            ..sample
        })
        .filter(|sample| sample.labels.iter().any(Option::is_some))
        .collect();
    if learn.is_empty() || validation.is_empty() {
        return Err(InferenceError::Training("it needs images of the splits train and val".into()));
    }

    let label_rows =
        tasks.iter().map(|(_, labels)| label_rows(&text, labels)).collect::<Result<Vec<LabelRows>, _>>()?;
    let epochs = options.epochs.unwrap_or(Settings::default().epochs).max(1);
    let settings = Settings { epochs, ..Settings::default() };
    let shape = fit::compact_shape(tasks.len());
    let wide: Vec<Vec<f32>> =
        learn.iter().step_by(STATISTICS_STEP).map(|s| s.pooled.iter().map(|v| v.to_f32()).collect()).collect();
    let statistics = image_rows::statistics(wide.iter().map(Vec::as_slice))?;
    let mut fit = Fit::new(&shape, statistics, settings, options.seed)?;
    for epoch in 0..epochs {
        let loss = fit.epoch(epoch, &learn, &label_rows)?;
        let vectors = fit.label_vectors(&label_rows)?;
        let answers = assess::answers(&validation, &tasks, |samples| fit.scaled(samples, &vectors))?;
        let validation = TASKS.into_iter().zip(answers.iter().map(|a| a.known().top(1))).collect();
        cache::hear(progress, TrainingEvent::Epoch { epoch: epoch + 1, epochs, loss, validation })?;
    }

    // What is calibrated and measured is what is written: numbers of 16 bits.
    let vectors = fit.label_vectors(&label_rows)?;
    let mut tensors = fit.tensors();
    tensors.extend(tasks.iter().zip(vectors).map(|((task, _), v)| (format!("labels.{}", task.property()), v)));
    for tensor in tensors.values_mut() {
        *tensor = tensor.to_dtype(DType::F16)?;
    }
    let heads = tasks.iter().map(|(task, labels)| TaskHead {
        task: task.property().to_owned(),
        labels: labels.clone(),
        inverse_temperature: 1.0,
        threshold: 0.0,
    });
    let mut trained = Trained::new(Head { licn: shape, tasks: heads.collect() }, tensors.clone())?;
    let scaled =
        |trained: &Trained, samples: &[&Sample]| trained.scaled(&trained.rows.forward(&fit::batch(samples)?, None)?);
    let answers = assess::answers(&validation, &tasks, |samples| scaled(&trained, samples))?;
    for (head, answers) in trained.head.tasks.iter_mut().zip(&answers) {
        head.inverse_temperature = answers.known().inverse_temperature();
        head.threshold = answers.threshold(head.inverse_temperature);
    }
    let answers = assess::answers(&test, &tasks, |samples| scaled(&trained, samples))?;
    let mut figures = Vec::new();
    for (((head, answers), (task, labels)), counts) in trained.head.tasks.iter().zip(&answers).zip(&tasks).zip(&counts)
    {
        figures.push(answers.known().figures(*task, labels.len(), head.inverse_temperature));
        let frequent: Vec<usize> = (0..labels.len()).filter(|&label| counts[label] >= MANY_IMAGES).collect();
        if *task == Task::Style && (2..labels.len()).contains(&frequent.len()) {
            figures.push(answers.among(&frequent).figures(*task, frequent.len(), head.inverse_temperature));
        }
    }
    let written = trained::write(&options.output, &trained.head, &tensors)?;
    Ok(TrainingReport { figures, written })
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
