//! One training run: LICN and the image projections together.

use std::collections::{BTreeMap, HashMap};

use candle_core::{DType, Device, Tensor, Var};
use half::f16;

use super::objective::{Objective, Wanted, together};
use super::steps::{Pace, Steps};
use crate::Years;
use crate::image_rows::{self, ImageRows, NUMBERS};
use crate::licn::{Licn, LicnConfig};
use crate::noise::Noise;
use crate::trained::learnt;

type Result<T> = candle_core::Result<T>;

/// A run's settings. They are the compact pack's; a run with others is another pack.
pub(super) struct Settings {
    pub(super) epochs: usize,
    pub(super) batch: usize,
    pub(super) learning_rate: f64,
    pub(super) weight_decay: f64,
    /// Share of standardised features dropped before the projections.
    pub(super) feature_dropout: f64,
    pub(super) label_smoothing: f64,
    pub(super) clip: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            epochs: 12,
            batch: 128,
            learning_rate: 1.5e-3,
            weight_decay: 0.05,
            feature_dropout: 0.3,
            label_smoothing: 0.1,
            clip: 1.0,
        }
    }
}

impl Settings {
    fn steps_an_epoch(&self, samples: usize) -> usize {
        samples.div_ceil(self.batch).max(1)
    }
}

/// LICN's shape in the compact pack.
pub(crate) fn compact_shape(tasks: usize) -> LicnConfig {
    LicnConfig {
        row_width: image_rows::ROW_WIDTH,
        layers: 2,
        heads: 8,
        feed_forward: 256,
        output: 512,
        tasks,
        shared_encoder: false,
        dropout: 0.1,
    }
}

/// A task's labels as padded rows `[labels, rows, 128]`, and where rows are absent `[labels, rows]`.
pub(super) struct LabelRows {
    pub(super) rows: Tensor,
    pub(super) absent: Tensor,
}

/// What is known of a picture in one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    /// Nothing.
    Unknown,
    /// That none of the labels is right: its label is too rare to be learnt, or it is no artwork.
    Outside,
    /// The label of this number.
    Label(usize),
}

/// A picture to learn from or to be asked about.
#[derive(Clone)]
pub(super) struct Sample<'a> {
    /// As [`image_rows::numbers`] makes them.
    pub(super) numbers: &'a [f16],
    /// The same of the picture seen in a mirror, where it is learnt from: nothing that is learnt tells left from right.
    pub(super) mirrored: Option<&'a [f16]>,
    /// One a task.
    pub(super) truths: Vec<Truth>,
    /// Whether it is an artwork.
    pub(super) artwork: bool,
    /// Whose work it is.
    pub(super) painter: Option<&'a str>,
    /// In which fifth of all painters its painter falls, where one is known.
    pub(super) fifth: Option<u8>,
    /// Whether its painter is kept from the trial.
    pub(super) held: bool,
    /// When it was made, where that is known.
    pub(super) made: Option<Years>,
}

impl Sample<'_> {
    /// Whether a label is known that can be learnt.
    pub(super) fn teaches(&self) -> bool {
        self.truths.iter().any(|truth| matches!(truth, Truth::Label(_)))
    }
}

/// The numbers of some samples as a batch `[samples, NUMBERS]`.
pub(super) fn batch(samples: &[&Sample]) -> Result<Tensor> {
    batch_of(samples.iter().map(|sample| sample.numbers))
}

/// Numbers as a batch `[pictures, NUMBERS]`.
pub(super) fn batch_of<'a>(pictures: impl ExactSizeIterator<Item = &'a [f16]>) -> Result<Tensor> {
    let count = pictures.len();
    let values: Vec<f32> = pictures.flat_map(|numbers| numbers.iter().map(|value| value.to_f32())).collect();
    Tensor::from_vec(values, (count, NUMBERS), &Device::Cpu)
}

/// A network in training.
pub(super) struct Fit {
    vars: BTreeMap<String, Var>,
    statistics: HashMap<String, Tensor>,
    rows: ImageRows,
    licn: Licn,
    task_weights: Var,
    steps: Steps,
    settings: Settings,
    noise: Noise,
}

impl Fit {
    /// Fresh weights: uniform, by PyTorch's limits for linear layers, from `seed`. `samples` is how many will be learnt from.
    pub(super) fn new(
        shape: &LicnConfig,
        statistics: HashMap<String, Tensor>,
        samples: usize,
        settings: Settings,
        seed: u64,
    ) -> Result<Self> {
        let mut noise = Noise::new(seed);
        let mut vars = BTreeMap::new();
        let licn = shape.tensors().into_iter().map(|(name, shape)| (format!("licn.{name}"), shape));
        let projections = image_rows::tensors().into_iter().filter(|(name, _)| !statistics.contains_key(name));
        for (name, shape) in licn.chain(projections) {
            vars.insert(name.clone(), Var::from_tensor(&initial(&name, &shape, &mut noise)?)?);
        }
        let tensors = |prefix: &str| -> HashMap<String, Tensor> {
            vars.iter()
                .filter_map(|(name, var)| Some((name.strip_prefix(prefix)?.to_owned(), var.as_tensor().clone())))
                .collect()
        };
        let licn = Licn::load(shape, &tensors("licn."))?;
        let mut projections = tensors("");
        projections.extend(statistics.clone());
        let rows = ImageRows::load(&projections)?;
        let task_weights = Var::ones(shape.tasks, DType::F32, &Device::Cpu)?;
        let pace = Pace {
            learning_rate: settings.learning_rate,
            weight_decay: settings.weight_decay,
            clip: settings.clip,
            warm: settings.steps_an_epoch(samples),
            all: settings.steps_an_epoch(samples) * settings.epochs,
        };
        let learned = vars.iter().map(|(name, var)| (name.as_str(), var)).chain([("task_weights", &task_weights)]);
        let steps = Steps::new(learned, pace)?;
        Ok(Self { vars, statistics, rows, licn, task_weights, steps, settings, noise })
    }

    /// One pass over `samples` in a random order; the mean loss. The rate of learning rises through the first pass.
    pub(super) fn epoch(&mut self, samples: &[Sample], labels: &[LabelRows]) -> Result<f64> {
        let mut order: Vec<&Sample> = samples.iter().collect();
        self.noise.shuffle(&mut order);
        let mut sum = 0.0;
        for chosen in order.chunks(self.settings.batch) {
            sum += self.step(chosen, labels)?;
        }
        Ok(sum / self.settings.steps_an_epoch(samples.len()) as f64)
    }

    fn step(&mut self, samples: &[&Sample], labels: &[LabelRows]) -> Result<f64> {
        let noise = &mut self.noise;
        let pictures: Vec<&[f16]> = samples
            .iter()
            .map(|sample| sample.mirrored.filter(|_| noise.next() >> 63 == 1).unwrap_or(sample.numbers))
            .collect();
        let pictures = batch_of(pictures.into_iter())?;
        let rows = self.rows.forward(&pictures, Some((&mut self.noise, self.settings.feature_dropout)))?;
        let images = self.licn.embed_images(&learnt(&rows)?, None, Some(&mut self.noise))?;
        let objective = Objective::Exclusive { smoothing: self.settings.label_smoothing };
        let mut losses = Vec::new();
        for (task, label_rows) in labels.iter().enumerate() {
            let known: Vec<&[usize]> = samples
                .iter()
                .map(|sample| match &sample.truths[task] {
                    Truth::Label(label) => std::slice::from_ref(label),
                    _ => &[],
                })
                .collect();
            let Some(wanted) = Wanted::new(known.into_iter(), label_rows.rows.dim(0)?)? else { continue };
            let seen = images.narrow(1, task, 1)?.squeeze(1)?.contiguous()?;
            let named = self.licn.embed_labels(task, &label_rows.rows, &label_rows.absent, Some(&mut self.noise))?;
            losses.push((task, objective.of_task(&self.licn, &seen, &named, &wanted, None)?));
        }
        let loss = together(losses, self.task_weights.as_tensor())?;
        self.steps.take(&loss)?;
        loss.to_scalar::<f32>().map(f64::from)
    }

    /// Image rows and label vectors as they stand: scaled cosines, a task each.
    pub(super) fn scaled(&self, samples: &[&Sample], labels: &[Tensor]) -> Result<Vec<Tensor>> {
        let images = self.licn.embed_images(&learnt(&self.rows.forward(&batch(samples)?, None)?)?, None, None)?;
        let tasks = labels.iter().enumerate();
        tasks
            .map(|(task, labels)| {
                let these = images.narrow(1, task, 1)?.squeeze(1)?.contiguous()?;
                self.licn.scaled(&these.matmul(&labels.t()?)?)
            })
            .collect()
    }

    /// The label vectors as they stand, a task each.
    pub(super) fn label_vectors(&self, labels: &[LabelRows]) -> Result<Vec<Tensor>> {
        let tasks = labels.iter().enumerate();
        tasks.map(|(task, l)| Ok(self.licn.embed_labels(task, &l.rows, &l.absent, None)?.detach())).collect()
    }

    /// A copy of all weights as they stand.
    pub(super) fn keep(&self) -> Result<BTreeMap<String, Tensor>> {
        self.vars.iter().map(|(name, var)| Ok((name.clone(), var.as_tensor().copy()?))).collect()
    }

    /// Puts back what [`Fit::keep`] kept.
    pub(super) fn put_back(&mut self, kept: &BTreeMap<String, Tensor>) -> Result<()> {
        self.vars.iter().zip(kept.values()).try_for_each(|((_, var), tensor)| var.set(tensor))
    }

    /// All tensors, as [`crate::trained::Trained::new`] takes them but for the label vectors.
    pub(super) fn tensors(&self) -> HashMap<String, Tensor> {
        let learned = self.vars.iter().map(|(name, var)| (name.clone(), var.as_tensor().detach()));
        self.statistics.clone().into_iter().chain(learned).collect()
    }
}

fn initial(name: &str, shape: &[usize], noise: &mut Noise) -> Result<Tensor> {
    let constant = |value: f32| Tensor::full(value, shape, &Device::Cpu);
    match shape {
        _ if name.ends_with("log_scale") => constant(16f32.ln()),
        _ if name == "licn.bias" => constant(-10.0),
        _ if name.contains(".norm") && name.ends_with("weight") => constant(1.0),
        _ if name.ends_with("task_rows") => noise.uniform(shape, 0.15),
        [outputs, inputs] if name.contains("in_proj") => noise.uniform(shape, (6.0 / (outputs + inputs) as f32).sqrt()),
        [_, inputs] => noise.uniform(shape, 1.0 / (*inputs as f32).sqrt()),
        _ => constant(0.0),
    }
}
