//! Answers of a network beside the truth: figures.

use super::fit::{Sample, Truth};
use super::{OutsideFigures, TaskFigures};
use crate::metrics::{coverage_at_precision, expected_calibration_error, macro_f1, top_k_accuracy};
use crate::trained::{Measured, Measures, TaskHead};
use crate::{InferenceError, Task, Years};

/// Images that go through the network together.
const BATCH: usize = 256;

/// Bins of the calibration error.
const BINS: usize = 15;

/// The precision at which the coverage is told.
const SURE: f64 = 0.95;

/// What a network said about one image in one task.
#[derive(Clone)]
pub(super) struct Answer {
    /// Logits, one a label.
    pub(super) logits: Vec<f32>,
    /// Of all its logits.
    pub(super) measures: Measures,
    pub(super) truth: Truth,
    /// Whether its painter was kept from the trial.
    pub(super) held: bool,
    /// When it was made, where that is known; not yet part of what was said.
    pub(super) made: Option<Years>,
    /// Whether it is an artwork.
    is_artwork: bool,
}

impl Answer {
    /// A work with a label that the network was not taught.
    pub(super) fn is_of_another_hand(&self) -> bool {
        self.is_artwork && self.truth == Truth::Outside
    }

    /// A picture of something else.
    pub(super) fn is_no_artwork(&self) -> bool {
        !self.is_artwork
    }

    /// The best label with its confidence.
    pub(super) fn best(&self, head: &TaskHead) -> (usize, f32) {
        head.ranked(&self.logits, &self.measures).into_iter().next().unwrap_or((usize::MAX, 0.0))
    }

    /// The same with what its date says; `None` where that is nothing.
    pub(super) fn dated(&self, head: &TaskHead) -> Option<Answer> {
        let said = Measured { logits: self.logits.clone(), measures: self.measures.clone() };
        let Measured { logits, measures } = head.dated(&said, self.made.as_ref())?;
        Some(Answer { logits, measures, ..self.clone() })
    }

    /// Whether the best label is the truth.
    pub(super) fn is_right(&self, head: &TaskHead) -> bool {
        self.truth == Truth::Label(self.best(head).0)
    }
}

/// A task's answers on all images of which something is known in it.
#[derive(Clone)]
pub(super) struct Answers(pub(super) Vec<Answer>);

/// Asks a network about all samples, a task each. `ask` gives for some samples the logits with their measures, a task each, a sample each.
pub(super) fn answers(
    samples: &[Sample],
    tasks: usize,
    mut ask: impl FnMut(&[&Sample]) -> candle_core::Result<Vec<Vec<Measured>>>,
) -> Result<Vec<Answers>, InferenceError> {
    let mut all = vec![Answers(Vec::new()); tasks];
    for chunk in samples.chunks(BATCH) {
        let chunk: Vec<&Sample> = chunk.iter().collect();
        for (task, (answers, said)) in all.iter_mut().zip(ask(&chunk)?).enumerate() {
            let known = chunk.iter().zip(said).filter(|(sample, _)| sample.truths[task] != Truth::Unknown);
            answers.0.extend(known.map(|(sample, Measured { logits, measures })| Answer {
                measures,
                logits,
                truth: sample.truths[task],
                held: sample.held,
                made: sample.made,
                is_artwork: sample.artwork,
            }));
        }
    }
    Ok(all)
}

impl Answers {
    /// Those for which `wanted` holds.
    pub(super) fn only(&self, wanted: impl Fn(&Answer) -> bool) -> Answers {
        Answers(self.0.iter().filter(|answer| wanted(answer)).cloned().collect())
    }

    /// Those whose truth the network can name.
    pub(super) fn labelled(&self) -> Answers {
        self.only(|answer| matches!(answer.truth, Truth::Label(_)))
    }

    /// As if only the labels `kept` competed, about images that carry one of them; labels are numbered anew.
    pub(super) fn among(&self, kept: &[usize]) -> Answers {
        let each = self.0.iter().filter_map(|answer| {
            let Truth::Label(truth) = answer.truth else { return None };
            let truth = Truth::Label(kept.iter().position(|&label| label == truth)?);
            let logits = kept.iter().map(|&label| answer.logits[label]).collect();
            Some(Answer { logits, truth, ..answer.clone() })
        });
        Answers(each.collect())
    }

    /// As if only groups of labels were asked about, of images whose label belongs to one; numbered in alphabetical order.
    pub(super) fn in_groups(&self, head: &TaskHead) -> Answers {
        let members: Vec<Vec<usize>> = head.members().into_values().collect();
        let factor = head.inverse_temperature;
        let each = self.0.iter().filter_map(|answer| {
            let Truth::Label(truth) = answer.truth else { return None };
            let truth = Truth::Label(members.iter().position(|members| members.contains(&truth))?);
            // The logit under which a group has its labels' shares together.
            let together = |members: &Vec<usize>| {
                let most = members.iter().map(|&label| answer.logits[label]).fold(f32::NEG_INFINITY, f32::max);
                let sum: f32 = members.iter().map(|&label| ((answer.logits[label] - most) * factor).exp()).sum();
                most + sum.ln() / factor
            };
            Some(Answer { logits: members.iter().map(together).collect(), truth, ..answer.clone() })
        });
        Answers(each.collect())
    }

    /// Share of labelled images with the truth as the best label.
    pub(super) fn top1(&self) -> f64 {
        let known = self.labelled();
        let (ranked, truth): (Vec<_>, Vec<_>) = known.0.iter().map(|answer| (numbers(answer), truth(answer))).unzip();
        top_k_accuracy(&ranked, &truth, 1)
    }

    /// What becomes of right answers, of other hands and of other things at the threshold.
    pub(super) fn outside(&self, task: Task, head: &TaskHead) -> OutsideFigures {
        let named = |answer: &&Answer| answer.best(head).1 >= head.threshold;
        let share = |answers: Vec<&Answer>, wanted: bool| {
            let count = answers.iter().filter(|answer| named(answer) == wanted).count();
            (answers.len(), if answers.is_empty() { 0.0 } else { count as f64 / answers.len() as f64 })
        };
        let those = |wanted: &dyn Fn(&Answer) -> bool| self.0.iter().filter(|answer| wanted(answer)).collect();
        let (right, right_named) = share(those(&|answer| answer.is_right(head)), true);
        let (hands, hands_refused) = share(those(&Answer::is_of_another_hand), false);
        let (strangers, strangers_refused) = share(those(&Answer::is_no_artwork), false);
        OutsideFigures { task, right, right_named, hands, hands_refused, strangers, strangers_refused }
    }
}

/// The figures of answers on labelled works, between `labels` labels: of some networks together, each with the head that says what its answers
/// are worth.
pub(super) fn figures(task: Task, labels: usize, judged: &[(&TaskHead, Answers)]) -> TaskFigures {
    let known = || judged.iter().flat_map(|(_, answers)| answers.labelled().0);
    let ranked: Vec<Vec<usize>> = known().map(|answer| numbers(&answer)).collect();
    let truth: Vec<usize> = known().map(|answer| truth(&answer)).collect();
    let best: Vec<usize> = ranked.iter().filter_map(|labels| labels.first().copied()).collect();
    // Confidence is judged on all works, so that it has to know its limits.
    let works = judged.iter().flat_map(|(head, answers)| answers.0.iter().map(move |answer| (*head, answer)));
    let (confidence, right): (Vec<f64>, Vec<bool>) = works
        .filter(|(_, answer)| !answer.is_no_artwork())
        .map(|(head, answer)| (f64::from(answer.best(head).1), answer.is_right(head)))
        .unzip();
    TaskFigures {
        task,
        labels,
        images: truth.len(),
        top1: top_k_accuracy(&ranked, &truth, 1),
        top2: top_k_accuracy(&ranked, &truth, 2),
        top3: top_k_accuracy(&ranked, &truth, 3),
        macro_f1: macro_f1(&best, &truth, labels),
        calibration_error: expected_calibration_error(&confidence, &right, BINS),
        sure: coverage_at_precision(&confidence, &right, SURE),
        answers: confidence.into_iter().zip(right).collect(),
    }
}

fn truth(answer: &Answer) -> usize {
    match answer.truth {
        Truth::Label(label) => label,
        _ => usize::MAX,
    }
}

/// Label numbers, best first: the same under any temperature.
fn numbers(answer: &Answer) -> Vec<usize> {
    let mut labels: Vec<usize> = (0..answer.logits.len()).collect();
    labels.sort_by(|&a, &b| answer.logits[b].total_cmp(&answer.logits[a]));
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(inverse_temperature: f32) -> TaskHead {
        TaskHead {
            task: "style".into(),
            labels: vec!["Baroque".into(), "Realism".into()],
            groups: Vec::new(),
            linear_share: 0.0,
            linear_decay: 0.0,
            inverse_temperature,
            learnt_works: Vec::new(),
            years: None,
            scope: None,
            threshold: 0.5,
        }
    }

    fn answer(logits: [f32; 2], truth: Truth) -> Answer {
        Answer {
            logits: logits.to_vec(),
            measures: Measures::of(&logits, 0.0, None),
            truth,
            held: true,
            made: None,
            is_artwork: true,
        }
    }

    #[test]
    fn networks_are_measured_together_each_with_its_own_head() {
        let (sure, unsure) = (head(1.0), head(0.0));
        let right = Answers(vec![answer([30.0, 0.0], Truth::Label(0)), answer([0.0, 30.0], Truth::Label(1))]);
        // One of two is right, and under no inverse temperature each label has a half.
        let half = Answers(vec![
            answer([30.0, 0.0], Truth::Label(0)),
            answer([30.0, 0.0], Truth::Label(1)),
            answer([30.0, 0.0], Truth::Outside),
            answer([30.0, 0.0], Truth::Label(0)),
        ]);
        let found = figures(Task::Style, 2, &[(&sure, right), (&unsure, half.clone())]);
        assert_eq!((found.images, found.top1, found.top2), (5, 0.8, 1.0));
        assert!(found.calibration_error < 1e-6, "{}", found.calibration_error);
        // The same answers under a head that believes them.
        let believed = figures(Task::Style, 2, &[(&sure, half)]);
        assert!((believed.calibration_error - 0.5).abs() < 1e-6, "{}", believed.calibration_error);
    }
}
