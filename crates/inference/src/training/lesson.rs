//! What is to be learnt from a data set, and fitting fresh networks to it.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use half::f16;
use rayon::prelude::*;

use super::assess::{self, Answers};
use super::fit::{self, Fit, LabelRows, Sample, Settings, Truth};
use super::{
    DataSet, DatedFigures, Example, OutsideFigures, Split, TaskFigures, TrainingEvent, TrainingOptions, cache,
    calibration, kept_works, linear_head, nearness,
};
use crate::image_rows::{self, ROW_WIDTH};
use crate::logistic::Logistic;
use crate::second_order::Whitening;
use crate::text::TextEncoder;
use crate::trained::{
    ARTWORK_BIAS, ARTWORK_WEIGHTS, CENTRE, Head, LinearHead, Measured, Measures, TaskHead, Trained, linear_tensors,
};
use crate::{InferenceError, Task, Years};

/// What is learnt, in the order of LICN's task rows.
const TASKS: [Task; 3] = [Task::Artist, Task::Genre, Task::Style];

/// Labels with fewer images in the training and validation parts are not learnt.
const LEAST_IMAGES: usize = 20;

/// Epochs without a gain on the validation part after which a trial stops.
const PATIENCE: usize = 3;

/// Every fourth image is enough for means and deviations.
const STATISTICS_STEP: usize = 4;

/// Styles are also measured among the labels that have this many.
const MANY_IMAGES: usize = 100;

/// Images that go through the projections together.
const BATCH: usize = 256;

/// About so many artworks are enough to tell artworks from other pictures.
const ARTWORKS: usize = 3000;

/// What the squared weights cost of what tells artworks from other pictures.
const ARTWORK_DECAY: f64 = 1e-2;

/// In which fifth of the painters, by a hash of the name, they are who are kept from the trial.
const HELD_FIFTH: u8 = 1;

/// A task's labels, how many images of the training and validation parts carry each, and their names as rows.
pub(super) struct Lesson {
    tasks: Vec<(Task, Vec<String>)>,
    counts: Vec<Vec<usize>>,
    label_rows: Vec<LabelRows>,
    /// Styles to their movement.
    movements: BTreeMap<String, String>,
    /// When works of a label were made by what books say.
    pub(super) periods: BTreeMap<String, Years>,
}

/// What the backbone sees in a data set's pictures, ready for the rows.
pub(super) struct Seen {
    /// [`image_rows::numbers`] of the examples, then of the strangers, then, where they are learnt from, of those of the examples in a mirror that
    /// are not of the test part; `None` for one that could not be read.
    pub(super) numbers: Vec<Option<Vec<f16>>>,
    /// What the covariances were whitened with.
    pub(super) whitening: Whitening,
}

impl Seen {
    /// Whitens pooled features, in the order of [`Seen::numbers`]: with what `trained` was, or with the whitening of every fourth example of
    /// the training part.
    pub(super) fn whitened(pooled: Vec<Option<Vec<f16>>>, data: &DataSet, trained: Option<&Trained>) -> Self {
        let learnt = data.examples.iter().zip(&pooled).filter(|(example, _)| example.split == Split::Train);
        let whitening = match trained {
            Some(trained) => trained.rows.whitening().clone(),
            None => image_rows::whitening(learnt.filter_map(|(_, pooled)| pooled.as_deref()).step_by(STATISTICS_STEP)),
        };
        let numbers = |pooled: Vec<f16>| -> Vec<f16> {
            let pooled = pooled.into_iter().map(f16::to_f32).collect();
            image_rows::numbers(pooled, &whitening).into_iter().map(f16::from_f32).collect()
        };
        let numbers = pooled.into_par_iter().map(|pooled| pooled.map(numbers)).collect();
        Self { numbers, whitening }
    }
}

/// The images of a data set, by what they are for. Those that could not be read are left out.
pub(super) struct Parts<'a> {
    pub(super) learn: Vec<Sample<'a>>,
    pub(super) validation: Vec<Sample<'a>>,
    pub(super) test: Vec<Sample<'a>>,
    /// Pictures that are no artworks, to learn from.
    pub(super) strangers: Vec<Sample<'a>>,
    /// Pictures that are no artworks, to measure on.
    pub(super) measured_strangers: Vec<Sample<'a>>,
    /// What their covariances were whitened with.
    pub(super) whitening: &'a Whitening,
}

impl<'a> Parts<'a> {
    /// Without any image.
    fn new(whitening: &'a Whitening) -> Self {
        let none = Vec::new;
        Self {
            learn: none(),
            validation: none(),
            test: none(),
            strangers: none(),
            measured_strangers: none(),
            whitening,
        }
    }
}

/// What a network is fitted to.
pub(super) struct Taught<'a> {
    pub(super) samples: &'a [Sample<'a>],
    /// What it is held against after each epoch; perhaps nothing.
    pub(super) validation: &'a [Sample<'a>],
    /// Pictures that are no artworks.
    pub(super) strangers: &'a [Sample<'a>],
    /// What the covariances of all of them were whitened with.
    pub(super) whitening: &'a Whitening,
}

/// The images of a trial.
pub(super) struct Trial<'a> {
    pub(super) learn: Vec<Sample<'a>>,
    pub(super) strangers: Vec<Sample<'a>>,
    pub(super) calibrate: Vec<Sample<'a>>,
}

impl Lesson {
    pub(super) fn new(data: &DataSet, text: &TextEncoder) -> Result<Self, InferenceError> {
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
        Ok(Self { tasks, counts, label_rows, movements: data.movements.clone(), periods: data.periods.clone() })
    }

    /// What a trained network has learnt, to be asked about `data`; nothing can be fitted to it.
    pub(super) fn learnt(head: &Head, data: &DataSet) -> Result<Self, InferenceError> {
        let tasks = head.tasks.iter().zip(TASKS).map(|(head, task)| match head.task == task.property() {
            true => Ok((task, head.labels.clone())),
            false => Err(InferenceError::Training(format!(
                "the weights are of the task {}, not {}",
                head.task,
                task.property()
            ))),
        });
        let tasks: Vec<(Task, Vec<String>)> = tasks.collect::<Result<_, _>>()?;
        let count = |task: &Task, label: &String| {
            let of_label = |example: &&Example| example.split != Split::Test && example.labels.get(task) == Some(label);
            data.examples.iter().filter(of_label).count()
        };
        let counts =
            tasks.iter().map(|(task, labels)| labels.iter().map(|label| count(task, label)).collect()).collect();
        Ok(Self {
            tasks,
            counts,
            label_rows: Vec::new(),
            movements: data.movements.clone(),
            periods: data.periods.clone(),
        })
    }

    /// The movement of each style; nothing where one has none, and for other tasks.
    pub(super) fn groups(&self, task: Task, labels: &[String]) -> Vec<String> {
        if task != Task::Style {
            return Vec::new();
        }
        labels.iter().map(|label| self.movements.get(label).cloned()).collect::<Option<_>>().unwrap_or_default()
    }

    /// Whether the network names this label.
    pub(super) fn knows(&self, task: Task, label: &str) -> bool {
        self.tasks.iter().any(|(known, labels)| *known == task && labels.iter().any(|known| known == label))
    }

    /// Temperatures, scopes and thresholds of an earlier trial, as `file` (a `classifier.json`) keeps them.
    pub(super) fn calibration_of(&self, file: &Path) -> Result<Head, InferenceError> {
        let text = std::fs::read(file).map_err(|cause| InferenceError::file(file, cause))?;
        let head: Head = serde_json::from_slice(&text).map_err(|cause| InferenceError::broken(file, cause))?;
        let same = |(head, (task, labels)): (&TaskHead, &(Task, Vec<String>))| {
            let keeps_works = !head.learnt_works.is_empty();
            head.task == task.property() && head.labels == *labels && keeps_works == (*task == kept_works::KEPT)
        };
        if head.licn != fit::compact_shape(self.tasks.len()) || !head.tasks.iter().zip(&self.tasks).all(same) {
            let cause = format!("{} is of another network or other labels; make a trial anew", file.display());
            return Err(InferenceError::Training(cause));
        }
        Ok(head)
    }

    /// What is known of an example, a task each.
    fn truths(&self, example: &Example) -> Vec<Truth> {
        let each = self.tasks.iter().map(|(task, labels)| match example.labels.get(task) {
            None => Truth::Unknown,
            Some(label) => labels.iter().position(|known| known == label).map_or(Truth::Outside, Truth::Label),
        });
        each.collect()
    }

    /// Of the training and validation part of `data` what its pictures show and when they were made: what [`kept_years::keep`] learns from
    /// where what the backbone sees in them is not at hand.
    pub(super) fn dates(&self, data: &DataSet) -> Vec<(Vec<Truth>, Option<Years>)> {
        let learnt = data.examples.iter().filter(|example| example.split != Split::Test);
        learnt.map(|example| (self.truths(example), example.made)).collect()
    }

    /// The images of `data`, which are `seen`.
    pub(super) fn parts<'a>(&self, data: &'a DataSet, seen: &'a Seen) -> Parts<'a> {
        let mut parts = Parts::new(&seen.whitening);
        let (examples, others) = seen.numbers.split_at(data.examples.len());
        let (strangers, mirrored) = others.split_at(data.strangers.len());
        let mut mirrored = mirrored.iter();
        for (example, numbers) in data.examples.iter().zip(examples) {
            let mirrored = if example.split == Split::Test { None } else { mirrored.next() };
            let Some(numbers) = numbers else { continue };
            let truths = self.truths(example);
            let fifth = example.fifth();
            let held = match data.artist_disjoint {
                true => example.split != Split::Train,
                false => fifth == Some(HELD_FIFTH),
            };
            let part = match example.split {
                Split::Train => &mut parts.learn,
                Split::Validation => &mut parts.validation,
                Split::Test => &mut parts.test,
            };
            let mirrored = mirrored.and_then(|mirrored| mirrored.as_deref());
            let painter = example.labels.get(&Task::Artist).map(String::as_str);
            part.push(Sample { numbers, mirrored, truths, artwork: true, painter, fifth, held, made: example.made });
        }
        for (stranger, numbers) in data.strangers.iter().zip(strangers) {
            let Some(numbers) = numbers else { continue };
            let truths = vec![Truth::Outside; self.tasks.len()];
            let part = if stranger.measured { &mut parts.measured_strangers } else { &mut parts.strangers };
            part.push(Sample {
                numbers,
                mirrored: None,
                truths,
                artwork: false,
                painter: None,
                fifth: None,
                held: false,
                made: None,
            });
        }
        parts
    }

    /// Fits a fresh network to those of the samples that carry a label, and tells after each epoch how it answers on the validation part;
    /// then what tells artworks from other pictures. What comes back has the precision of what is written, 16 bits, and is
    /// not calibrated; with it the tensors to write, and the epoch that the weights are of.
    ///
    /// Where there is a validation part, the weights are those of the epoch with the most right answers on it, and after
    /// [`PATIENCE`] epochs without a gain it stops. Elsewhere it stops after `stop` epochs, on the same schedule.
    pub(super) fn fit(
        &self,
        taught: &Taught,
        stop: Option<usize>,
        options: &TrainingOptions,
        progress: &mut dyn FnMut(TrainingEvent) -> ControlFlow<()>,
    ) -> Result<(Trained, HashMap<String, Tensor>, usize), InferenceError> {
        let &Taught { samples, validation, strangers, whitening } = taught;
        let samples: Vec<Sample> = samples.iter().filter(|sample| sample.teaches()).cloned().collect();
        let settings = Settings::default();
        let epochs = options.epochs.unwrap_or(settings.epochs).max(1);
        let settings = Settings { epochs, ..settings };
        let stop = stop.unwrap_or(epochs).clamp(1, epochs);
        let shape = fit::compact_shape(self.tasks.len());
        let wide: Vec<Vec<f32>> =
            samples.iter().step_by(STATISTICS_STEP).map(|s| s.numbers.iter().map(|v| v.to_f32()).collect()).collect();
        let statistics = image_rows::statistics(wide.iter().map(Vec::as_slice), whitening)?;
        let mut fit = Fit::new(&shape, statistics, samples.len(), settings, options.seed)?;
        // The epoch with the most right answers on the validation part, their mean share over the tasks, and its weights.
        let mut best = None;
        let mut last = stop;
        for epoch in 0..stop {
            let loss = fit.epoch(&samples, &self.label_rows)?;
            let mut top1 = BTreeMap::new();
            if !validation.is_empty() {
                let vectors = fit.label_vectors(&self.label_rows)?;
                let answers = assess::answers(validation, TASKS.len(), |samples| {
                    let measured = |logits: Vec<f32>| Measured { measures: Measures::of(&logits, 0.0, None), logits };
                    let tasks = fit.scaled(samples, &vectors)?.into_iter();
                    tasks.map(|task| Ok(task.to_vec2()?.into_iter().map(measured).collect())).collect()
                })?;
                top1.extend(TASKS.into_iter().zip(answers.iter().map(Answers::top1)));
            }
            let right = top1.values().sum::<f64>();
            cache::hear(progress, TrainingEvent::Epoch { epoch: epoch + 1, epochs, loss, validation: top1 })?;
            if validation.is_empty() {
                continue;
            }
            match &best {
                Some((_, most, _)) if right <= *most => {}
                _ => best = Some((epoch + 1, right, fit.keep()?)),
            }
            if best.as_ref().is_some_and(|(of, ..)| epoch + 1 >= of + PATIENCE) {
                break;
            }
        }
        if let Some((epoch, _, weights)) = &best {
            fit.put_back(weights)?;
            last = *epoch;
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
            groups: self.groups(*task, labels),
            linear_share: 0.0,
            linear_decay: 0.0,
            inverse_temperature: 1.0,
            learnt_works: Vec::new(),
            years: None,
            scope: None,
            threshold: 0.0,
        });
        let mut trained = Trained::new(Head { licn: shape, tasks: heads.collect(), curator: None }, tensors.clone())?;
        bounds(&mut trained, &mut tensors, &samples, strangers)?;
        Ok((trained, tensors, last))
    }

    /// Fits the linear heads to `samples`, each with the decay that its task's head names.
    pub(super) fn fit_linear(&self, trained: &mut Trained, samples: &[Sample]) -> Result<(), InferenceError> {
        let decays: Vec<f32> = trained.head.tasks.iter().map(|head| head.linear_decay).collect();
        trained.linear = linear_head::fit_all(trained, samples, &decays)?.into_iter().map(Some).collect();
        Ok(())
    }

    /// Chooses for each task with which decay its linear head is fitted to `learn`: that under which the truths of `samples`, which were not learnt from, are likeliest.
    pub(super) fn choose_linear(
        &self,
        trained: &mut Trained,
        learn: &[Sample],
        samples: &[Sample],
    ) -> Result<(), InferenceError> {
        let mut best: Vec<(f64, f32, Option<LinearHead>)> =
            trained.head.tasks.iter().map(|_| (f64::INFINITY, 0.0, None)).collect();
        for decay in linear_head::DECAYS {
            trained.head.tasks.iter_mut().for_each(|head| head.linear_decay = decay);
            self.fit_linear(trained, learn)?;
            let unlikelihoods = self.choose_shares(trained, samples)?;
            for ((unlikelihood, best), head) in unlikelihoods.into_iter().zip(&mut best).zip(&mut trained.linear) {
                if unlikelihood < best.0 {
                    *best = (unlikelihood, decay, head.take());
                }
            }
        }
        trained.linear.clear();
        for (head, (_, decay, linear)) in trained.head.tasks.iter_mut().zip(best) {
            head.linear_decay = decay;
            trained.linear.push(linear);
        }
        Ok(())
    }

    /// Chooses how much each linear head counts: so much that the truths of `samples` are likeliest. Returns how unlikely they are then.
    fn choose_shares(&self, trained: &mut Trained, samples: &[Sample]) -> Result<Vec<f64>, InferenceError> {
        let mut best = vec![(f64::INFINITY, 0.0); trained.head.tasks.len()];
        for share in calibration::LINEAR_SHARES {
            trained.head.tasks.iter_mut().for_each(|head| head.linear_share = share);
            let answers = self.answers(trained, samples)?;
            for ((task, answers), best) in self.tasks().zip(&answers).zip(&mut best) {
                let unlikelihood = calibration::unlikelihood(task, answers);
                if unlikelihood < best.0 {
                    *best = (unlikelihood, share);
                }
            }
            if trained.linear.iter().all(Option::is_none) {
                break;
            }
        }
        trained.head.tasks.iter_mut().zip(&best).for_each(|(head, (_, share))| head.linear_share = *share);
        Ok(best.into_iter().map(|(unlikelihood, _)| unlikelihood).collect())
    }

    /// Calibrates `trained` on `samples`, which it has not learnt from: how much the linear heads count, then what the answers are worth.
    /// Returns the answers.
    pub(super) fn calibrate(&self, trained: &mut Trained, samples: &[Sample]) -> Result<Vec<Answers>, InferenceError> {
        self.choose_shares(trained, samples)?;
        let answers = self.answers(trained, samples)?;
        calibration::calibrate_all(self.tasks(), &mut trained.head, &answers);
        Ok(answers)
    }

    pub(super) fn answers(&self, trained: &Trained, samples: &[Sample]) -> Result<Vec<Answers>, InferenceError> {
        assess::answers(samples, TASKS.len(), |samples| {
            trained.answers(&trained.rows.forward(&fit::batch(samples)?, None)?)
        })
    }

    /// What dates are worth: the figures of those answers whose work has one, without it and with it. `None` where no network learnt from dates.
    pub(super) fn dated_figures(&self, networks: &[(Head, Vec<Answers>)]) -> Option<DatedFigures> {
        let of_networks = |of: fn(&Answers, &TaskHead) -> Answers| -> Vec<(Head, Vec<Answers>)> {
            let each = networks.iter().map(|(head, answers)| {
                (head.clone(), head.tasks.iter().zip(answers).map(|(head, answers)| of(answers, head)).collect())
            });
            each.collect()
        };
        let without = of_networks(|answers, head| answers.only(|answer| answer.dated(head).is_some()));
        let with =
            of_networks(|answers, head| Answers(answers.0.iter().filter_map(|answer| answer.dated(head)).collect()));
        let figures = |networks: &[(Head, Vec<Answers>)]| {
            let mut figures = self.figures(networks);
            figures.retain(|figures| figures.images > 0);
            figures
        };
        let outside = |networks: &[(Head, Vec<Answers>)]| -> Vec<OutsideFigures> {
            let of_one = |(head, answers): &(Head, Vec<Answers>)| self.outside(head, answers);
            let mut outside = if let [one] = networks { of_one(one) } else { Vec::new() };
            outside.retain(|task| task.right > 0);
            outside
        };
        let (figures_without, figures_with) = (figures(&without), figures(&with));
        (!figures_with.is_empty()).then(|| DatedFigures {
            without: figures_without,
            with: figures_with,
            outside_without: outside(&without),
            outside_with: outside(&with),
        })
    }

    /// The tensors of the linear heads, to write.
    pub(super) fn linear_tensors(&self, trained: &Trained) -> HashMap<String, Tensor> {
        let mut tensors = HashMap::new();
        for ((task, _), head) in self.tasks.iter().zip(&trained.linear) {
            let Some(head) = head else { continue };
            let [weight, bias] = linear_tensors(task.property());
            tensors.insert(weight, head.weight().clone());
            tensors.insert(bias, head.bias().clone());
        }
        tensors
    }

    /// The figures of each task's answers on labelled works, of some networks together, each with a head that says what its answers are
    /// worth; of styles also among the frequent ones and in groups.
    pub(super) fn figures(&self, networks: &[(Head, Vec<Answers>)]) -> Vec<TaskFigures> {
        let mut figures = Vec::new();
        for (at, ((task, labels), counts)) in self.tasks.iter().zip(&self.counts).enumerate() {
            let judged: Vec<(&TaskHead, &Answers)> =
                networks.iter().map(|(head, answers)| (&head.tasks[at], &answers[at])).collect();
            let mut measure = |labels: usize, of: &dyn Fn(&Answers, &TaskHead) -> Answers| {
                let each: Vec<(&TaskHead, Answers)> =
                    judged.iter().map(|&(head, answers)| (head, of(answers, head))).collect();
                figures.push(assess::figures(*task, labels, &each));
            };
            measure(labels.len(), &|answers, _| answers.clone());
            let frequent: Vec<usize> = (0..labels.len()).filter(|&label| counts[label] >= MANY_IMAGES).collect();
            if *task == Task::Style && (2..labels.len()).contains(&frequent.len()) {
                measure(frequent.len(), &|answers, _| answers.among(&frequent));
            }
            let groups = judged.first().map_or(0, |(head, _)| head.members().len());
            if groups > 0 {
                measure(groups, &|answers, head| answers.in_groups(head));
            }
        }
        figures
    }

    /// What becomes of what is outside the labels, a task each.
    pub(super) fn outside(&self, head: &Head, answers: &[Answers]) -> Vec<OutsideFigures> {
        let each = head.tasks.iter().zip(answers).zip(&self.tasks);
        each.map(|((head, answers), (task, _))| answers.outside(*task, head)).collect()
    }

    /// What the trial learns from, and what it is calibrated on: works of the validation part, of painters who are kept from the
    /// trial (to whom, for it, no label belongs), and every other picture that is no artwork.
    pub(super) fn trial<'a>(&self, parts: &Parts<'a>) -> Trial<'a> {
        let (held, learn): (Vec<Sample>, Vec<Sample>) = parts.learn.iter().cloned().partition(|sample| sample.held);
        let mut calibrate: Vec<Sample> = parts.validation.iter().cloned().chain(held).collect();
        let artist = TASKS.iter().position(|task| *task == Task::Artist);
        for sample in calibrate.iter_mut().filter(|sample| sample.held) {
            if let Some(truth) = artist.and_then(|at| sample.truths.get_mut(at)) {
                *truth = if *truth == Truth::Unknown { Truth::Unknown } else { Truth::Outside };
            }
        }
        let every_other = |first: usize| parts.strangers.iter().skip(first).step_by(2).cloned();
        calibrate.extend(every_other(1));
        Trial { learn, strangers: every_other(0).collect(), calibrate }
    }

    /// The task of each of a network's heads.
    pub(super) fn tasks(&self) -> impl Iterator<Item = Task> {
        self.tasks.iter().map(|(task, _)| *task)
    }
}

/// Learns what a network's limits are told by, from rows of `artworks` and of `strangers`: what tells the ones from the others, and
/// where works lie in general. Both go into `trained` and `tensors`.
pub(super) fn bounds(
    trained: &mut Trained,
    tensors: &mut HashMap<String, Tensor>,
    artworks: &[Sample],
    strangers: &[Sample],
) -> Result<(), InferenceError> {
    if let Some(artwork) = artwork(trained, artworks, strangers)? {
        let half = |values: &[f32]| Tensor::new(values, &Device::Cpu)?.to_dtype(DType::F16);
        tensors.insert(ARTWORK_WEIGHTS.into(), half(&artwork.weights)?);
        tensors.insert(ARTWORK_BIAS.into(), half(&[artwork.bias])?);
        trained.artwork = Some(artwork);
    }
    let surroundings = nearness::surroundings(trained, artworks)?;
    let centre: Vec<f16> = surroundings.centre.iter().map(|&value| f16::from_f32(value)).collect();
    tensors.insert(CENTRE.into(), Tensor::new(centre.as_slice(), &Device::Cpu)?);
    trained.surroundings = Some(surroundings);
    Ok(())
}

/// What tells artworks from other pictures, fitted to rows of both, in 16 bits; `None` without other pictures.
fn artwork(trained: &Trained, artworks: &[Sample], strangers: &[Sample]) -> Result<Option<Logistic>, InferenceError> {
    let step = (artworks.len() / ARTWORKS).max(1);
    let all: Vec<&Sample> = artworks.iter().step_by(step).chain(strangers).collect();
    if strangers.is_empty() {
        return Ok(None);
    }
    let mut rows: Vec<Vec<f32>> = Vec::with_capacity(all.len());
    for chunk in all.chunks(BATCH) {
        rows.extend(trained.rows.forward(&fit::batch(chunk)?, None)?.flatten_from(1)?.to_vec2::<f32>()?);
    }
    let (artworks, strangers) = (all.iter().filter(|sample| sample.artwork).count() as f32, strangers.len() as f32);
    let examples: Vec<(&[f32], f32, bool)> = rows
        .iter()
        .zip(&all)
        .map(|(rows, sample)| {
            (rows.as_slice(), 1.0 / if sample.artwork { artworks } else { strangers }, sample.artwork)
        })
        .collect();
    let fitted = Logistic::fit(&examples, ARTWORK_DECAY);
    let half = |value: f32| f16::from_f32(value).to_f32();
    Ok(fitted.map(|Logistic { weights, bias }| Logistic {
        weights: weights.into_iter().map(half).collect(),
        bias: half(bias),
    }))
}

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
