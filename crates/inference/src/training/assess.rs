//! Answers of a network beside the truth: calibration, thresholds, figures.

use candle_core::Tensor;

use super::TaskFigures;
use super::fit::Sample;
use crate::metrics::{expected_calibration_error, macro_f1, top_k_accuracy};
use crate::trained::ranked;
use crate::{InferenceError, Task};

/// Images that go through the network together.
const BATCH: usize = 256;

/// Bins of the calibration error.
const BINS: usize = 15;

/// What share of the answers above the threshold shall be right.
const WANTED_PRECISION: f64 = 0.75;

/// Answers above the threshold that the choice of it must rest on.
const LEAST_ANSWERS: usize = 20;

/// A task's answers: scaled cosines of every image with a label for it, and the label's number ([`usize::MAX`] for a
/// label that the network does not know).
pub(super) struct Answers {
    scaled: Vec<Vec<f32>>,
    truth: Vec<usize>,
}

/// Asks a network about all samples, a task each.
pub(super) fn answers(
    samples: &[Sample],
    tasks: &[(Task, Vec<String>)],
    mut scaled: impl FnMut(&[&Sample]) -> candle_core::Result<Vec<Tensor>>,
) -> Result<Vec<Answers>, InferenceError> {
    let mut all: Vec<Answers> = tasks.iter().map(|_| Answers { scaled: Vec::new(), truth: Vec::new() }).collect();
    for chunk in samples.chunks(BATCH) {
        let chunk: Vec<&Sample> = chunk.iter().collect();
        for (task, (answers, scaled)) in all.iter_mut().zip(scaled(&chunk)?).enumerate() {
            for (sample, scaled) in chunk.iter().zip(scaled.to_vec2::<f32>()?) {
                if let Some(label) = sample.labels[task] {
                    answers.scaled.push(scaled);
                    answers.truth.push(label);
                }
            }
        }
    }
    Ok(all)
}

impl Answers {
    /// Only those whose truth the network can name.
    pub(super) fn known(&self) -> Answers {
        let kept = self.scaled.iter().zip(&self.truth).filter(|(_, truth)| **truth != usize::MAX);
        let (scaled, truth) = kept.map(|(scaled, truth)| (scaled.clone(), *truth)).unzip();
        Answers { scaled, truth }
    }

    /// As if only the labels `kept` competed, about images that carry one of them; labels are numbered anew.
    pub(super) fn among(&self, kept: &[usize]) -> Answers {
        let pairs = self.scaled.iter().zip(&self.truth).filter_map(|(scaled, truth)| {
            let truth = kept.iter().position(|label| label == truth)?;
            Some((kept.iter().map(|&label| scaled[label]).collect::<Vec<f32>>(), truth))
        });
        let (scaled, truth) = pairs.unzip();
        Answers { scaled, truth }
    }

    /// Share with the truth among the best `k`.
    pub(super) fn top(&self, k: usize) -> f64 {
        top_k_accuracy(&self.ranked(1.0).0, &self.truth, k)
    }

    /// Label numbers best first, and the best one's confidence.
    fn ranked(&self, inverse_temperature: f32) -> (Vec<Vec<usize>>, Vec<f64>) {
        let ranked = self.scaled.iter().map(|scaled| ranked(scaled, inverse_temperature));
        ranked
            .map(|ranked| {
                let confidence = ranked.first().map_or(0.0, |best| f64::from(best.1));
                (ranked.into_iter().map(|(label, _)| label).collect(), confidence)
            })
            .unzip()
    }

    /// The factor under which the truth is likeliest (Guo and others 2017, temperature scaling): a search in steps of 5 %
    /// between 0.1 and 10.
    pub(super) fn inverse_temperature(&self) -> f32 {
        let unlikelihood = |factor: f32| -> f64 {
            let each = self.scaled.iter().zip(&self.truth).map(|(scaled, truth)| {
                let share = ranked(scaled, factor).into_iter().find(|(label, _)| label == truth).map_or(0.0, |r| r.1);
                -f64::from(share.max(1e-12)).ln()
            });
            each.sum()
        };
        let factors = (-47..=47).map(|step| 1.05f32.powi(step));
        factors.map(|f| (unlikelihood(f), f)).min_by(|a, b| a.0.total_cmp(&b.0)).map_or(1.0, |best| best.1)
    }

    /// The lowest confidence from which on [`WANTED_PRECISION`] of the answers are right, those on unknown labels being
    /// wrong; 1 if there is none.
    pub(super) fn threshold(&self, inverse_temperature: f32) -> f32 {
        let (ranked, confidence) = self.ranked(inverse_temperature);
        let mut sure: Vec<(f64, bool)> =
            confidence.iter().zip(&ranked).zip(&self.truth).map(|((c, r), t)| (*c, r.first() == Some(t))).collect();
        sure.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut right = 0;
        let mut lowest = 1.0;
        for (count, (confidence, is_right)) in sure.iter().enumerate() {
            right += usize::from(*is_right);
            if count + 1 >= LEAST_ANSWERS && right as f64 >= WANTED_PRECISION * (count + 1) as f64 {
                lowest = *confidence;
            }
        }
        lowest as f32
    }

    /// The figures of these answers.
    pub(super) fn figures(&self, task: Task, labels: usize, inverse_temperature: f32) -> TaskFigures {
        let (ranked, confidence) = self.ranked(inverse_temperature);
        let best: Vec<usize> = ranked.iter().filter_map(|labels| labels.first().copied()).collect();
        let right: Vec<bool> = best.iter().zip(&self.truth).map(|(answer, truth)| answer == truth).collect();
        TaskFigures {
            task,
            labels,
            images: self.truth.len(),
            top1: top_k_accuracy(&ranked, &self.truth, 1),
            top3: top_k_accuracy(&ranked, &self.truth, 3),
            macro_f1: macro_f1(&best, &self.truth, labels),
            calibration_error: expected_calibration_error(&confidence, &right, BINS),
        }
    }
}
