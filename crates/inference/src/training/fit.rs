//! One training run: LICN and the image projections together, by AdamW.
//!
//! Losses per task, over the images that carry a label for it: the paper's binary cross-entropy on exp(t) * cos + b, and
//! a cross-entropy between the task's labels on exp(t) * cos, which the ranking gains from when labels exclude each
//! other. All labels of a task compete in every batch, not only those in the batch. Tasks are combined with learned
//! weights: 0.5 / w² * loss + ln(1 + w²).

use std::collections::{BTreeMap, HashMap};

use candle_core::{D, DType, Device, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};
use half::f16;

use crate::image_rows::{self, ImageRows, POOLED};
use crate::licn::{Licn, LicnConfig};
use crate::noise::Noise;

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

/// LICN's shape in the compact pack.
pub(super) fn compact_shape(tasks: usize) -> LicnConfig {
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

/// A picture to learn from.
pub(super) struct Sample<'a> {
    pub(super) pooled: &'a [f16],
    /// A label number a task; [`usize::MAX`] is a label that is too rare to be learnt.
    pub(super) labels: Vec<Option<usize>>,
}

impl<'a> Sample<'a> {
    /// The sample to learn from: labels that are too rare to be learnt ([`usize::MAX`]) left out, `None` if no other is
    /// there.
    pub(super) fn without_unknown_labels(&self) -> Option<Sample<'a>> {
        let labels: Vec<_> = self.labels.iter().map(|label| label.filter(|&label| label != usize::MAX)).collect();
        labels.iter().any(Option::is_some).then_some(Sample { pooled: self.pooled, labels })
    }
}

/// Features of some samples as a batch `[samples, POOLED]`.
pub(super) fn batch(samples: &[&Sample]) -> Result<Tensor> {
    let values: Vec<f32> = samples.iter().flat_map(|sample| sample.pooled.iter().map(|value| value.to_f32())).collect();
    Tensor::from_vec(values, (samples.len(), POOLED), &Device::Cpu)
}

/// A network in training.
pub(super) struct Fit {
    vars: BTreeMap<String, Var>,
    statistics: HashMap<String, Tensor>,
    rows: ImageRows,
    licn: Licn,
    task_weights: Var,
    decaying: AdamW,
    steady: AdamW,
    settings: Settings,
    noise: Noise,
}

impl Fit {
    /// Fresh weights: uniform, by PyTorch's limits for linear layers, from `seed`.
    pub(super) fn new(
        shape: &LicnConfig,
        statistics: HashMap<String, Tensor>,
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
        // Matrices shrink; biases, norms, scalars and task rows do not.
        let shrinks = |name: &str, var: &Var| var.rank() > 1 && !name.ends_with("task_rows");
        let of = |wanted: bool| vars.iter().filter(|(n, v)| shrinks(n, v) == wanted).map(|(_, v)| v.clone()).collect();
        let parameters =
            |weight_decay| ParamsAdamW { lr: settings.learning_rate, weight_decay, ..ParamsAdamW::default() };
        let mut without: Vec<Var> = of(false);
        without.push(task_weights.clone());
        let decaying = AdamW::new(of(true), parameters(settings.weight_decay))?;
        let steady = AdamW::new(without, parameters(0.0))?;
        Ok(Self { vars, statistics, rows, licn, task_weights, decaying, steady, settings, noise })
    }

    /// One pass over `samples` in a random order; the mean loss.
    pub(super) fn epoch(&mut self, epoch: usize, samples: &[Sample], labels: &[LabelRows]) -> Result<f64> {
        let mut order: Vec<&Sample> = samples.iter().collect();
        self.noise.shuffle(&mut order);
        let steps = order.len().div_ceil(self.settings.batch).max(1);
        let mut sum = 0.0;
        for (step, chosen) in order.chunks(self.settings.batch).enumerate() {
            self.set_learning_rate(epoch * steps + step, steps);
            sum += self.step(chosen, labels)?;
        }
        Ok(sum / steps as f64)
    }

    /// Warm-up through the first epoch, then a cosine down to nothing.
    fn set_learning_rate(&mut self, step: usize, steps: usize) {
        let all = (steps * self.settings.epochs) as f64;
        let (step, warm) = (step as f64, steps as f64);
        let share = match step < warm {
            true => (step + 1.0) / warm,
            false => 0.5 * (1.0 + (std::f64::consts::PI * (step - warm) / (all - warm).max(1.0)).cos()),
        };
        self.decaying.set_learning_rate(share * self.settings.learning_rate);
        self.steady.set_learning_rate(share * self.settings.learning_rate);
    }

    fn step(&mut self, samples: &[&Sample], labels: &[LabelRows]) -> Result<f64> {
        let pooled = batch(samples)?;
        let rows = self.rows.forward(&pooled, Some((&mut self.noise, self.settings.feature_dropout)))?;
        let images = self.licn.embed_images(&rows, Some(&mut self.noise))?;
        let mut total = Tensor::zeros((), DType::F32, &Device::Cpu)?;
        for (task, label_rows) in labels.iter().enumerate() {
            let known: Vec<(u32, usize)> =
                samples.iter().enumerate().filter_map(|(at, s)| Some((at as u32, s.labels[task]?))).collect();
            if known.is_empty() {
                continue;
            }
            let at = Tensor::from_iter(known.iter().map(|(at, _)| *at), &Device::Cpu)?;
            let these = images.narrow(1, task, 1)?.squeeze(1)?.contiguous()?.index_select(&at, 0)?;
            let vectors = self.licn.embed_labels(task, &label_rows.rows, &label_rows.absent, Some(&mut self.noise))?;
            let cosines = these.matmul(&vectors.t()?)?;
            let truth: Vec<usize> = known.iter().map(|(_, label)| *label).collect();
            let loss = self.loss(&cosines, &truth)?;
            let weight = self.task_weights.as_tensor().get(task)?.sqr()?;
            total = ((total + ((loss * 0.5)? / &weight)?)? + (weight + 1.0)?.log()?)?;
        }
        let mut gradients = total.backward()?;
        let vars: Vec<&Var> = self.vars.values().chain([&self.task_weights]).collect();
        let mut squares = 0.0f64;
        for var in &vars {
            if let Some(gradient) = gradients.get(var) {
                squares += f64::from(gradient.sqr()?.sum_all()?.to_scalar::<f32>()?);
            }
        }
        let norm = squares.sqrt();
        if norm > self.settings.clip {
            for var in vars {
                if let Some(gradient) = gradients.remove(var) {
                    gradients.insert(var, (gradient * (self.settings.clip / norm))?);
                }
            }
        }
        self.decaying.step(&gradients)?;
        self.steady.step(&gradients)?;
        total.to_scalar::<f32>().map(f64::from)
    }

    fn loss(&self, cosines: &Tensor, truth: &[usize]) -> Result<Tensor> {
        let (images, labels) = cosines.dims2()?;
        let mut one_hot = vec![0f32; images * labels];
        truth.iter().enumerate().for_each(|(image, label)| one_hot[image * labels + label] = 1.0);
        let one_hot = Tensor::from_vec(one_hot, (images, labels), &Device::Cpu)?;
        let smoothing = self.settings.label_smoothing;
        let wanted = ((&one_hot * (1.0 - smoothing))? + smoothing / labels as f64)?;
        let chosen = candle_nn::ops::log_softmax(&self.licn.scaled(cosines)?, D::Minus1)?;
        let between = ((wanted * chosen)?.sum_all()? * (-1.0 / images as f64))?;
        // ln(1 + e^x) - x y, in the form that does not overflow.
        let logits = self.licn.logits(cosines)?;
        let softplus = (logits.relu()? + (logits.abs()?.neg()?.exp()? + 1.0)?.log()?)?;
        between + (softplus - (logits * one_hot)?)?.mean_all()?
    }

    /// Image rows and label vectors as they stand: scaled cosines, a task each.
    pub(super) fn scaled(&self, samples: &[&Sample], labels: &[Tensor]) -> Result<Vec<Tensor>> {
        let images = self.licn.embed_images(&self.rows.forward(&batch(samples)?, None)?, None)?;
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
