//! The weights that we train, as files: projections and LICN (f16), and what belongs to their numbers.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::curator::Surroundings;
use crate::image_rows::{ImageRows, LEARNT_ROWS, PLAIN_ROWS, ROW_WIDTH, ROWS};
use crate::licn::{Licn, LicnConfig};
use crate::logistic::Logistic;
use crate::{InferenceError, PackManifest, PackPaths};

/// The weights: tensors of the image projections, of LICN (prefix `licn.`) and `labels.<task>`, f16.
pub(crate) const WEIGHTS: &str = "classifier.safetensors";

/// Tensors of [`Trained::artwork`].
pub(crate) const ARTWORK_WEIGHTS: &str = "artwork.weight";
pub(crate) const ARTWORK_BIAS: &str = "artwork.bias";

/// Tensors of a task's [`LinearHead`].
pub(crate) fn linear_tensors(task: &str) -> [String; 2] {
    [format!("linear.{task}.weight"), format!("linear.{task}.bias")]
}

/// The tensor of [`Surroundings::centre`].
pub(crate) const CENTRE: &str = "curator.centre";

/// What the numbers mean: [`Head`] as JSON.
pub(crate) const HEAD: &str = "classifier.json";

/// The classifier's shape, labels, calibration and thresholds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// LICN's shape.
    pub(crate) licn: LicnConfig,
    /// One a task, in the order of LICN's task rows.
    pub(crate) tasks: Vec<TaskHead>,
    /// For labels that a curator brings; without it there are none.
    #[serde(default)]
    pub(crate) curator: Option<CuratorHead>,
}

/// What a distance between works says: parts of [`Surroundings`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CuratorHead {
    /// [`Surroundings::deviation`].
    pub(crate) deviation: f32,
    /// [`Surroundings::nearness`].
    pub(crate) nearness: Logistic,
}

/// A task's labels and how far to believe it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TaskHead {
    /// [`crate::Task::property`].
    pub(crate) task: String,
    /// As shown; row n of the tensor `labels.<task>` is label n.
    pub(crate) labels: Vec<String>,
    /// The broad group of each label, by its name; empty where labels have none.
    #[serde(default)]
    pub(crate) groups: Vec<String>,
    /// How much the linear head counts beside LICN's scaled cosines; without one, nothing.
    #[serde(default)]
    pub(crate) linear_share: f32,
    /// What the squared weights of the linear head cost when it was fitted; a trial chose it.
    #[serde(default)]
    pub(crate) linear_decay: f32,
    /// What the logits are multiplied with before the softmax.
    pub(crate) inverse_temperature: f32,
    /// The probability that the truth is one of the labels, from [`Measures`]; without it, that is taken as certain.
    #[serde(default)]
    pub(crate) scope: Option<Logistic>,
    /// Below this calibrated confidence the classifier abstains.
    pub(crate) threshold: f32,
}

impl TaskHead {
    /// The groups that labels belong to, each with its labels' numbers, in alphabetical order.
    pub(crate) fn members(&self) -> BTreeMap<&str, Vec<usize>> {
        let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (label, group) in self.groups.iter().enumerate() {
            members.entry(group).or_default().push(label);
        }
        members
    }

    /// The probability that the truth is one of the labels.
    pub(crate) fn within(&self, measures: &Measures) -> f32 {
        self.scope.as_ref().map_or(1.0, |scope| scope.probability(&measures.0))
    }

    /// Label numbers with their calibrated confidence, best first. What is missing to 1 is the chance that none is right.
    pub(crate) fn ranked(&self, logits: &[f32], measures: &Measures) -> Vec<(usize, f32)> {
        let within = self.within(measures);
        let ranked = ranked(logits, self.inverse_temperature);
        ranked.into_iter().map(|(label, share)| (label, within * share)).collect()
    }
}

/// What of an answer shows whether the truth is among the labels at all.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measures(pub(crate) [f32; MEASURES]);

const MEASURES: usize = 4;

impl Measures {
    /// Of a task's logits, and of how much the image looks like an artwork (log-odds): the energy (the logarithm of the
    /// sum of the exponentials), the largest logit, its lead over the second, and the log-odds, within bounds.
    pub(crate) fn of(logits: &[f32], artwork: f32) -> Self {
        let (mut best, mut second) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
        for &value in logits {
            if value > best {
                (best, second) = (value, best);
            } else if value > second {
                second = value;
            }
        }
        let energy = best + logits.iter().map(|value| (value - best).exp()).sum::<f32>().ln();
        let lead = if second.is_finite() { best - second } else { 0.0 };
        Self([energy, best, lead, artwork.clamp(-FURTHEST_ODDS, FURTHEST_ODDS)])
    }
}

/// Log-odds further out than this say no more.
const FURTHEST_ODDS: f32 = 8.0;

/// A linear classifier over an image's plain rows, beside LICN. It learns a painter's hand from twenty works better than
/// LICN does, which in turn knows better what styles of unknown painters have in common. The rows that LICN has shaped by the labels of the same images are kept from it: on those
/// images they are surer than on others.
pub(crate) struct LinearHead {
    /// `[labels, PLAIN_ROWS * ROW_WIDTH]`.
    weight: Tensor,
    /// `[labels]`.
    bias: Tensor,
}

impl LinearHead {
    /// In 16 bits, as it is written.
    pub(crate) fn new(weight: Tensor, bias: Tensor) -> candle_core::Result<Self> {
        let half = |tensor: Tensor| tensor.to_dtype(DType::F16)?.to_dtype(DType::F32);
        Ok(Self { weight: half(weight)?, bias: half(bias)? })
    }

    /// Numbers of plain rows `[images, PLAIN_ROWS * ROW_WIDTH]` to logits `[images, labels]`.
    pub(crate) fn logits(&self, numbers: &Tensor) -> candle_core::Result<Tensor> {
        numbers.matmul(&self.weight.t()?)?.broadcast_add(&self.bias)
    }

    pub(crate) fn weight(&self) -> &Tensor {
        &self.weight
    }

    pub(crate) fn bias(&self) -> &Tensor {
        &self.bias
    }
}

/// Everything that was trained, ready to answer.
pub(crate) struct Trained {
    pub(crate) head: Head,
    pub(crate) rows: ImageRows,
    pub(crate) licn: Licn,
    /// A task each: unit label vectors `[labels, output]`.
    pub(crate) labels: Vec<Tensor>,
    /// One a task, where it was learnt.
    pub(crate) linear: Vec<Option<LinearHead>>,
    /// What tells artworks from other pictures, from an image's rows; `None` if that was not learnt.
    pub(crate) artwork: Option<Logistic>,
    /// What labels that a curator brings are judged by; `None` if that was not learnt.
    pub(crate) surroundings: Option<Surroundings>,
}

impl Trained {
    /// Reads both files of the pack.
    pub(crate) fn load(manifest: &PackManifest, paths: &PackPaths) -> Result<Self, InferenceError> {
        let at = |name: &str| manifest.path(paths, name);
        let head = serde_json::from_slice(&manifest.bytes(paths, HEAD)?)
            .map_err(|cause| at(HEAD).map_or_else(|error| error, |path| InferenceError::broken(&path, cause)))?;
        let tensors = candle_core::safetensors::load_buffer(&manifest.bytes(paths, WEIGHTS)?, &Device::Cpu)?;
        Self::new(head, tensors)
            .map_err(|cause| at(WEIGHTS).map_or_else(|error| error, |path| InferenceError::broken(&path, cause)))
    }

    /// Reads both files from a folder that [`write`] has written; with the tensors.
    pub(crate) fn written(folder: &Path) -> Result<(Self, HashMap<String, Tensor>), InferenceError> {
        let (weights, head) = (folder.join(WEIGHTS), folder.join(HEAD));
        let text = std::fs::read(&head).map_err(|cause| InferenceError::file(&head, cause))?;
        let head = serde_json::from_slice(&text).map_err(|cause| InferenceError::model_file(&head, cause))?;
        let tensors = candle_core::safetensors::load(&weights, &Device::Cpu)
            .map_err(|cause| InferenceError::model_file(&weights, cause))?;
        let trained = Self::new(head, tensors.clone()).map_err(|cause| InferenceError::model_file(&weights, cause))?;
        Ok((trained, tensors))
    }

    /// From tensors of any float type.
    pub(crate) fn new(head: Head, tensors: HashMap<String, Tensor>) -> candle_core::Result<Self> {
        let mut rows = HashMap::new();
        let mut licn = HashMap::new();
        for (name, tensor) in tensors {
            let tensor = tensor.to_dtype(DType::F32)?;
            match name.strip_prefix("licn.") {
                Some(inner) => licn.insert(inner.to_owned(), tensor),
                None => rows.insert(name, tensor),
            };
        }
        let labels = head.tasks.iter().map(|task| {
            let name = format!("labels.{}", task.task);
            match rows.get(&name) {
                Some(tensor) if tensor.dims() == [task.labels.len(), head.licn.output] => Ok(tensor.clone()),
                _ => candle_core::bail!("tensor {name} is missing or is not one row a label"),
            }
        });
        let labels = labels.collect::<candle_core::Result<_>>()?;
        let linear = head.tasks.iter().map(|task| {
            let [weight, bias] = linear_tensors(&task.task);
            match (rows.get(&weight), rows.get(&bias)) {
                (Some(weight), Some(bias))
                    if weight.dims() == [task.labels.len(), PLAIN_ROWS * ROW_WIDTH]
                        && bias.dims() == [task.labels.len()] =>
                {
                    Ok(Some(LinearHead::new(weight.clone(), bias.clone())?))
                }
                (None, None) if task.linear_share == 0.0 => Ok(None),
                _ => candle_core::bail!("tensors {weight} and {bias} don't fit an image's rows and the task's labels"),
            }
        });
        let linear = linear.collect::<candle_core::Result<_>>()?;
        let artwork = match (rows.get(ARTWORK_WEIGHTS), rows.get(ARTWORK_BIAS)) {
            (Some(weights), Some(bias)) if weights.dims() == [ROWS * ROW_WIDTH] && bias.dims() == [1] => {
                Some(Logistic { weights: weights.to_vec1()?, bias: bias.get(0)?.to_scalar()? })
            }
            (None, None) => None,
            _ => candle_core::bail!("tensors {ARTWORK_WEIGHTS} and {ARTWORK_BIAS} don't fit an image's rows"),
        };
        let surroundings = match (rows.get(CENTRE), &head.curator) {
            (Some(centre), Some(CuratorHead { deviation, nearness }))
                if centre.dims() == [ROWS * ROW_WIDTH] && nearness.weights.len() == 3 =>
            {
                Some(Surroundings { centre: centre.to_vec1()?, deviation: *deviation, nearness: nearness.clone() })
            }
            (_, None) => None,
            _ => candle_core::bail!("tensor {CENTRE} and what belongs to it don't fit an image's rows"),
        };
        if head.tasks.iter().any(|task| !task.groups.is_empty() && task.groups.len() != task.labels.len()) {
            candle_core::bail!("a task's labels don't have a group each");
        }
        if head.tasks.iter().any(|task| task.scope.as_ref().is_some_and(|scope| scope.weights.len() != MEASURES)) {
            candle_core::bail!("a task's scope is not of {MEASURES} measures");
        }
        let (image_rows, licn) = (ImageRows::load(&rows)?, Licn::load(&head.licn, &licn)?);
        Ok(Self { rows: image_rows, licn, labels, linear, artwork, surroundings, head })
    }

    /// How much images look like artworks, as log-odds: rows `[images, ROWS, 128]`. 0 for all where that was not learnt.
    pub(crate) fn artwork(&self, rows: &Tensor) -> candle_core::Result<Vec<f32>> {
        let Some(artwork) = &self.artwork else { return Ok(vec![0.0; rows.dim(0)?]) };
        let each = rows.flatten_from(1)?.to_vec2::<f32>()?;
        Ok(each.iter().map(|rows| artwork.log_odds(rows)).collect())
    }

    /// Image rows `[images, ROWS, 128]` to logits, a task each: `[images, labels]`. They are LICN's scaled cosines and its
    /// share of the linear head's logits.
    pub(crate) fn logits(&self, rows: &Tensor) -> candle_core::Result<Vec<Tensor>> {
        self.with_linear(&self.scaled(rows)?, rows)
    }

    /// [`Trained::logits`] from the scaled cosines of the same rows.
    pub(crate) fn with_linear(&self, scaled: &[Tensor], rows: &Tensor) -> candle_core::Result<Vec<Tensor>> {
        let numbers = plain(rows)?;
        let tasks = scaled.iter().zip(&self.head.tasks).zip(&self.linear);
        tasks
            .map(|((scaled, head), linear)| match linear {
                Some(linear) if head.linear_share != 0.0 => {
                    scaled + (linear.logits(&numbers)? * f64::from(head.linear_share))?
                }
                _ => Ok(scaled.clone()),
            })
            .collect()
    }

    /// Image rows `[images, ROWS, 128]` to LICN's scaled cosines, a task each: `[images, labels]`.
    pub(crate) fn scaled(&self, rows: &Tensor) -> candle_core::Result<Vec<Tensor>> {
        let images = self.licn.embed_images(&learnt(rows)?, None, None)?;
        let tasks = self.labels.iter().enumerate();
        tasks
            .map(|(task, labels)| {
                let image = images.narrow(1, task, 1)?.squeeze(1)?.contiguous()?;
                self.licn.scaled(&image.matmul(&labels.t()?)?)
            })
            .collect()
    }
}

/// Of image rows `[images, ROWS, 128]` those that LICN reads.
pub(crate) fn learnt(rows: &Tensor) -> candle_core::Result<Tensor> {
    rows.narrow(1, 0, LEARNT_ROWS)?.contiguous()
}

/// Of image rows `[images, ROWS, 128]` the numbers that linear heads read `[images, PLAIN_ROWS * ROW_WIDTH]`.
pub(crate) fn plain(rows: &Tensor) -> candle_core::Result<Tensor> {
    rows.narrow(1, LEARNT_ROWS, PLAIN_ROWS)?.contiguous()?.flatten_from(1)
}

/// Rows of one image as a batch.
pub(crate) fn batch_of_one(rows: &[f32], width: usize) -> candle_core::Result<Tensor> {
    Tensor::from_slice(rows, (1, rows.len() / width, width), &Device::Cpu)
}

/// Writes both files into `folder`, the weights as f16.
pub(crate) fn write(
    folder: &Path,
    head: &Head,
    tensors: &HashMap<String, Tensor>,
) -> Result<Vec<std::path::PathBuf>, InferenceError> {
    std::fs::create_dir_all(folder).map_err(|cause| InferenceError::file(folder, cause))?;
    let half = tensors
        .iter()
        .map(|(name, tensor)| Ok((name.clone(), tensor.to_dtype(DType::F16)?)))
        .collect::<candle_core::Result<HashMap<_, _>>>()?;
    let (weights, json) = (folder.join(WEIGHTS), folder.join(HEAD));
    candle_core::safetensors::save(&half, &weights)?;
    let text = serde_json::to_string_pretty(head).map_err(|cause| InferenceError::Training(cause.to_string()))?;
    std::fs::write(&json, text + "\n").map_err(|cause| InferenceError::file(&json, cause))?;
    Ok(vec![weights, json])
}

/// Softmax of `inverse_temperature * logits` for one image, largest first, with label numbers.
pub(crate) fn ranked(logits: &[f32], inverse_temperature: f32) -> Vec<(usize, f32)> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f32> = logits.iter().map(|value| ((value - largest) * inverse_temperature).exp()).collect();
    let sum: f32 = weights.iter().sum();
    let mut ranked: Vec<(usize, f32)> = weights.iter().map(|weight| weight / sum).enumerate().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranked
}
