//! The weights that we train, as files: projections, LICN and places of learnt works (f16), and what belongs to their numbers.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::curator::Surroundings;
use crate::image_rows::{ImageRows, LEARNT_ROWS, PLAIN_ROWS, ROW_WIDTH, ROWS};
use crate::learnt_works::{LearntWorks, NEARNESS};
use crate::learnt_years::LearntYears;
use crate::licn::{Licn, LicnConfig};
use crate::logistic::Logistic;
use crate::{InferenceError, PackManifest, PackPaths, Years};

/// The weights: tensors of the image projections, of LICN (prefix `licn.`), `labels.<task>`, linear heads (`linear.<task>`) and places of learnt works
/// (`learnt_works.<task>`), f16.
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
    /// How many [`LearntWorks`] each label has; empty where the task has none.
    #[serde(default)]
    pub(crate) learnt_works: Vec<usize>,
    /// When the works of each label were made that were learnt from; without it, a date says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) years: Option<LearntYears>,
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
        self.scope.as_ref().map_or(1.0, |scope| scope.probability(&measures.values, measures.date))
    }

    /// What is `said` of a picture, with what it says besides that the work was `made` then; `None` where that says nothing.
    pub(crate) fn dated(&self, said: &Measured, made: Option<&Years>) -> Option<Measured> {
        let years = self.years.as_ref()?;
        let odds = years.log_odds(made?)?;
        // A share after temperature scaling times the odds is one of a logit to which their logarithm was added before.
        let logits: Vec<f32> =
            said.logits.iter().zip(&odds).map(|(logit, odds)| logit + odds / self.inverse_temperature).collect();
        let together = |(label, share): (usize, f32)| share * odds[label].exp();
        let date: f32 = ranked(&said.logits, self.inverse_temperature).into_iter().map(together).sum();
        let measures = Measures { date: said.measures.date + years.weight_within * date.ln(), ..said.measures.clone() };
        Some(Measured { logits, measures })
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
pub(crate) struct Measures {
    /// What a scope reads.
    pub(crate) values: Vec<f32>,
    /// How much likelier its date makes it, as a logarithm; 0 without one.
    pub(crate) date: f32,
}

/// What is said of an image in one task.
#[derive(Clone)]
pub(crate) struct Measured {
    /// One a label.
    pub(crate) logits: Vec<f32>,
    /// Of these logits.
    pub(crate) measures: Measures,
}

/// As many measures there are without the nearness to learnt works.
const MEASURES: usize = 4;

impl Measures {
    /// Of a task's logits, and of how much the image looks like an artwork (log-odds): the energy (the logarithm of the
    /// sum of the exponentials), the largest logit, its lead over the second, and the log-odds, within bounds. Where the task has learnt
    /// works, and the image a place among them, how near it is to those of the best label ([`LearntWorks::nearness`]).
    pub(crate) fn of(logits: &[f32], artwork: f32, place: Option<(&LearntWorks, &[f32])>) -> Self {
        let (mut best, mut second, mut label) = (f32::NEG_INFINITY, f32::NEG_INFINITY, 0);
        for (at, &value) in logits.iter().enumerate() {
            if value > best {
                (best, second, label) = (value, best, at);
            } else if value > second {
                second = value;
            }
        }
        let energy = best + logits.iter().map(|value| (value - best).exp()).sum::<f32>().ln();
        let lead = if second.is_finite() { best - second } else { 0.0 };
        let mut measures = vec![energy, best, lead, artwork.clamp(-FURTHEST_ODDS, FURTHEST_ODDS)];
        measures.extend(place.iter().flat_map(|(learnt, place)| learnt.nearness(place, label)));
        Self { values: measures, date: 0.0 }
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
    /// One a task, where their places were kept.
    pub(crate) learnt_works: Vec<Option<LearntWorks>>,
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
        let linear: Vec<Option<LinearHead>> = linear.collect::<candle_core::Result<_>>()?;
        let learnt_works = head.tasks.iter().zip(&linear).map(|(task, linear)| {
            let counts = &task.learnt_works;
            match counts.is_empty() || (counts.len() == task.labels.len() && linear.is_some()) {
                true => LearntWorks::load(&task.task, counts, &rows),
                false => candle_core::bail!("the learnt works of the {} are not of its labels", task.task),
            }
        });
        let learnt_works: Vec<Option<LearntWorks>> = learnt_works.collect::<candle_core::Result<_>>()?;
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
        if let Some(task) =
            head.tasks.iter().find(|task| task.years.as_ref().is_some_and(|y| !y.fits(task.labels.len())))
        {
            candle_core::bail!("the learnt years of the {} are not of its labels", task.task);
        }
        if head.tasks.iter().any(|task| !task.groups.is_empty() && task.groups.len() != task.labels.len()) {
            candle_core::bail!("a task's labels don't have a group each");
        }
        let (image_rows, licn) = (ImageRows::load(&rows)?, Licn::load(&head.licn, &licn)?);
        let trained = Self { rows: image_rows, licn, labels, linear, learnt_works, artwork, surroundings, head };
        trained.check_scopes()?;
        Ok(trained)
    }

    /// Refuses a scope that is of other measures than are taken.
    pub(crate) fn check_scopes(&self) -> candle_core::Result<()> {
        for (task, learnt_works) in self.head.tasks.iter().zip(&self.learnt_works) {
            let measures = MEASURES + if learnt_works.is_some() { NEARNESS } else { 0 };
            if task.scope.as_ref().is_some_and(|scope| scope.weights.len() != measures) {
                candle_core::bail!("the scope of the {} is not of {measures} measures", task.task);
            }
        }
        Ok(())
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

    /// Where images lie among the works that were learnt from: rows `[images, ROWS, 128]` to a place an image, a task each; nothing for a
    /// task without learnt works.
    pub(crate) fn places(&self, rows: &Tensor) -> candle_core::Result<Vec<Option<Vec<Vec<f32>>>>> {
        let numbers = plain(rows)?;
        let tasks = self.learnt_works.iter().zip(&self.linear);
        tasks
            .map(|(learnt_works, linear)| {
                let (Some(learnt_works), Some(linear)) = (learnt_works, linear) else { return Ok(None) };
                let logits = linear.logits(&numbers)?.to_vec2::<f32>()?;
                Ok(Some(logits.iter().map(|logits| learnt_works.place(logits)).collect()))
            })
            .collect()
    }

    /// What is said of images and what it is worth: rows `[images, ROWS, 128]` to logits with their measures, a task each, an image each.
    pub(crate) fn answers(&self, rows: &Tensor) -> candle_core::Result<Vec<Vec<Measured>>> {
        let (places, artwork) = (self.places(rows)?, self.artwork(rows)?);
        let tasks = self.logits(rows)?.into_iter().zip(&places).enumerate();
        tasks
            .map(|(task, (logits, places))| {
                let images = logits.to_vec2::<f32>()?.into_iter().zip(artwork.iter().enumerate());
                let answers = images.map(|(logits, (image, &artwork))| {
                    let place = places.as_ref().map(|places| places[image].as_slice());
                    Measured { measures: self.measures(task, &logits, place, artwork), logits }
                });
                Ok(answers.collect())
            })
            .collect()
    }

    /// What of an image's answer in the task of this number shows whether the truth is among its labels: from its logits, its place
    /// ([`Trained::places`]), and how much it looks like an artwork.
    pub(crate) fn measures(&self, task: usize, logits: &[f32], place: Option<&[f32]>, artwork: f32) -> Measures {
        let learnt_works = self.learnt_works.get(task).and_then(Option::as_ref);
        Measures::of(logits, artwork, learnt_works.zip(place))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image_rows;
    use crate::noise::Noise;
    use crate::training::compact_shape;

    const WIDTH: usize = PLAIN_ROWS * ROW_WIDTH;

    fn rows(noise: &mut Noise, images: usize) -> Tensor {
        noise.uniform(&[images, ROWS, ROW_WIDTH], 0.3).unwrap()
    }

    /// Two painters, with five learnt works of the one and three of the other, in weights that are noise.
    fn with_learnt_works(noise: &mut Noise) -> (Head, HashMap<String, Tensor>) {
        let shape = compact_shape(1);
        let mut tensors: HashMap<String, Tensor> = HashMap::new();
        for (name, dims) in shape.tensors() {
            tensors.insert(format!("licn.{name}"), noise.uniform(&dims, 0.05).unwrap());
        }
        for (name, dims) in image_rows::tensors() {
            tensors.insert(name, noise.uniform(&dims, 0.05).unwrap());
        }
        tensors.insert("labels.artist".into(), noise.uniform(&[2, shape.output], 0.05).unwrap());
        let (weight, bias) = (noise.uniform(&[2, WIDTH], 0.5).unwrap(), noise.uniform(&[2], 0.5).unwrap());
        let linear = LinearHead::new(weight.clone(), bias.clone()).unwrap();
        let logits = linear.logits(&plain(&rows(noise, 8)).unwrap()).unwrap().to_vec2::<f32>().unwrap();
        let works: Vec<(usize, Vec<f32>)> = (0..8).map(|work| usize::from(work > 4)).zip(logits).collect();
        let learnt_works = LearntWorks::fit(&works, 2).unwrap();
        tensors.extend(learnt_works.tensors("artist").unwrap());
        let [weight_name, bias_name] = linear_tensors("artist");
        tensors.extend([(weight_name, weight), (bias_name, bias)]);
        let head = TaskHead {
            task: "artist".into(),
            labels: vec!["Claude Monet".into(), "Paul Cézanne".into()],
            groups: Vec::new(),
            linear_share: 1.0,
            linear_decay: 0.0,
            inverse_temperature: 1.0,
            learnt_works: learnt_works.counts().to_vec(),
            years: None,
            scope: None,
            threshold: 0.5,
        };
        (Head { licn: shape, tasks: vec![head], curator: None }, tensors)
    }

    #[test]
    fn nearness_to_the_works_of_the_best_label_is_among_the_measures() {
        let mut noise = Noise::new(9);
        let (head, tensors) = with_learnt_works(&mut noise);
        let trained = Trained::new(head, tensors).unwrap();
        let rows = rows(&mut noise, 6);
        let linear = trained.linear[0].as_ref().unwrap().logits(&plain(&rows).unwrap()).unwrap().to_vec2().unwrap();
        let learnt_works = trained.learnt_works[0].as_ref().unwrap();
        let answers = trained.answers(&rows).unwrap();
        assert_eq!(answers[0].len(), 6);
        for (Measured { logits, measures }, linear) in answers[0].iter().zip(linear) {
            let best = usize::from(logits[1] > logits[0]);
            assert_eq!(measures.values[..MEASURES], Measures::of(logits, 0.0, None).values);
            assert_eq!(measures.values[MEASURES..], learnt_works.nearness(&learnt_works.place(&linear), best));
        }
    }

    #[test]
    fn a_date_changes_the_odds_by_bayes_rule() {
        let works = (0..60).flat_map(|work| [(0, Years::of(1870 + work)), (1, Years::of(1620 + work))]);
        let years = LearntYears::of(works, vec![None, None]).unwrap();
        let (mut head, _) = with_learnt_works(&mut Noise::new(9));
        let head = &mut head.tasks[0];
        head.inverse_temperature = 0.5;
        head.scope = Some(Logistic { weights: vec![0.25; MEASURES], bias: -0.5 });
        head.years = Some(years.clone());
        let logits = vec![1.5, 1.0];
        let said = Measured { measures: Measures::of(&logits, 0.0, None), logits };
        let before = head.ranked(&said.logits, &said.measures);
        let made = Years { first: 1640, last: 1645 };
        let after = |head: &TaskHead| {
            let Measured { logits, measures } = head.dated(&said, Some(&made)).unwrap();
            head.ranked(&logits, &measures)
        };
        // The odds of each label and of none of them, as they were, times how much likelier the date is for them.
        let odds = years.log_odds(&made).unwrap();
        let none = 1.0 - before.iter().map(|(_, confidence)| confidence).sum::<f32>();
        let each: Vec<f32> = before.iter().map(|&(label, confidence)| confidence * odds[label].exp()).collect();
        let all = none + each.iter().sum::<f32>();
        for ((label, _), wanted) in before.iter().zip(&each) {
            let found = after(head).into_iter().find(|(found, _)| found == label).unwrap().1;
            assert!((found - wanted / all).abs() < 1e-5, "{label}: {found} instead of {}", wanted / all);
        }
        assert_eq!((before[0].0, after(head)[0].0), (0, 1));
        // Where it counts only between labels, all of them together stay as sure as they were.
        let mut between = years;
        between.weight_within = 0.0;
        head.years = Some(between);
        let together: f32 = after(head).iter().map(|(_, confidence)| confidence).sum();
        assert!((together - (1.0 - none)).abs() < 1e-5, "{together}");
        assert!(head.dated(&said, None).is_none());
        head.years = None;
        assert!(head.dated(&said, Some(&made)).is_none());
    }

    #[test]
    fn a_scope_has_a_weight_for_each_measure_that_is_taken() {
        let (mut head, tensors) = with_learnt_works(&mut Noise::new(9));
        let mut scope = |weights: usize| {
            head.tasks[0].scope = Some(Logistic { weights: vec![0.1; weights], bias: 0.0 });
            Trained::new(head.clone(), tensors.clone()).map(|_| ()).map_err(|error| error.to_string())
        };
        assert_eq!(scope(MEASURES + NEARNESS), Ok(()));
        assert!(scope(MEASURES).unwrap_err().contains("the scope of the artist is not of 8 measures"));
        let counts = &mut head.tasks[0].learnt_works;
        *counts = vec![5, 3, 0];
        assert!(Trained::new(head.clone(), tensors.clone()).is_err(), "counts of a label that is not there");
        // Weights of before version 7 have none.
        head.tasks[0].learnt_works.clear();
        head.tasks[0].scope = Some(Logistic { weights: vec![0.1; MEASURES], bias: 0.0 });
        let without = tensors.into_iter().filter(|(name, _)| !name.starts_with("learnt_works.")).collect();
        assert!(Trained::new(head, without).unwrap().learnt_works[0].is_none());
    }
}
