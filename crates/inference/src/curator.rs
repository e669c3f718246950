//! Labels that a library's curator has confirmed, used at once: also such as the pack has never learnt.
//!
//! A label becomes a *prototype*: the mean direction of the works on which it was confirmed, away from those on which it was
//! rejected (Rocchio 1971). How near a new work lies is told on a scale of the label's own: 0 is as near as works with other
//! labels lie on average, 1 as near as its own works lie to the prototype of the others among them. A logistic regression,
//! fitted to labels that a network had not learnt, makes a probability of it. No weight of the pack changes: learning is a
//! few sums over the rows of the works.

use std::collections::BTreeMap;

use vitrine_retrieval::MultiVector;

use crate::logistic::Logistic;
use crate::vectors::{dot, unit};
use crate::{RankedLabel, Task, TaskPrediction};

/// Works on which a label must have been confirmed before it is proposed.
pub const LEAST_WORKS: usize = 5;

/// How much works on which the label was rejected push its prototype away.
const REJECTED: f32 = 0.25;

/// How many works without the label the pack's own figures of such works stand for.
const PRIOR_WORKS: f32 = 20.0;

/// From this confidence on a label of the library is named.
const NAMED_FROM: f32 = 0.5;

/// What a curator decided on one work.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'a> {
    /// The rows of the work's image.
    pub rows: &'a MultiVector,
    /// What was decided about.
    pub task: Task,
    /// The label.
    pub label: &'a str,
    /// Whether it was confirmed; otherwise it was rejected.
    pub right: bool,
}

/// What the pack knows of works in general: where their rows lie, and what a distance says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Surroundings {
    /// The mean of many works' rows.
    pub(crate) centre: Vec<f32>,
    /// The deviation of cosines between works that have nothing to do with each other.
    pub(crate) deviation: f32,
    /// The probability that a work carries a label, from [`LibraryLabel::measures`].
    pub(crate) nearness: Logistic,
}

/// A library's own labels.
pub struct LibraryLabels {
    surroundings: Surroundings,
    tasks: BTreeMap<Task, Vec<LibraryLabel>>,
}

/// One of them.
struct LibraryLabel {
    label: String,
    works: usize,
    prototype: Vec<f32>,
    /// Mean and deviation of the cosines of works without the label to the prototype.
    others: (f32, f32),
    /// The mean cosine of each of its works to the prototype of its other works.
    own: f32,
}

impl LibraryLabels {
    /// Learns from all decisions of a library. A label that was confirmed on fewer than [`LEAST_WORKS`] works is left out.
    pub(crate) fn learn(surroundings: Surroundings, decisions: &[Decision]) -> Self {
        let mut works: BTreeMap<Task, Vec<(&Decision, Vec<f32>)>> = BTreeMap::new();
        for decision in decisions.iter().filter(|decision| decision.rows.values().len() == surroundings.centre.len()) {
            let direction = direction(decision.rows, &surroundings.centre);
            works.entry(decision.task).or_default().push((decision, direction));
        }
        let tasks = works.into_iter().map(|(task, works)| {
            let mut names: Vec<&str> = works.iter().filter(|(of, _)| of.right).map(|(of, _)| of.label).collect();
            names.sort_unstable();
            names.dedup();
            let labels = names.into_iter().filter_map(|name| LibraryLabel::learn(name, &works, surroundings.deviation));
            (task, labels.collect())
        });
        Self { tasks: tasks.collect(), surroundings }
    }

    /// The labels of a task with how many works stand for each.
    pub fn labels(&self, task: Task) -> impl Iterator<Item = (&str, usize)> {
        self.tasks.get(&task).into_iter().flatten().map(|label| (label.label.as_str(), label.works))
    }

    /// The library's labels for an image with the probability of each, best first. The odds of each compete with those of all others and
    /// with none being right, so that they add up to less than 1.
    pub fn ranked(&self, task: Task, image: &MultiVector) -> Vec<(&str, f32)> {
        if image.values().len() != self.surroundings.centre.len() {
            return Vec::new();
        }
        let direction = direction(image, &self.surroundings.centre);
        let labels = self.tasks.get(&task).into_iter().flatten();
        let mut ranked: Vec<(&str, f32)> = labels
            .map(|label| {
                let odds = self.surroundings.nearness.log_odds(&label.measures(&direction)).exp();
                (label.label.as_str(), odds)
            })
            .collect();
        let all = 1.0 + ranked.iter().map(|(_, odds)| odds).sum::<f32>();
        ranked.iter_mut().for_each(|(_, odds)| *odds /= all);
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }

    /// What [`Surroundings::nearness`] makes a probability of, for one label and an image; `None` if the library has no such label.
    pub(crate) fn measures(&self, task: Task, label: &str, image: &MultiVector) -> Option<[f32; 3]> {
        let found = self.tasks.get(&task)?.iter().find(|of_library| of_library.label == label)?;
        Some(found.measures(&direction(image, &self.surroundings.centre)))
    }

    /// The pack's `predictions` for an image with the library's labels among them, each with at most `top` labels. What the library's
    /// labels claim, the pack's lose; a label that both know keeps the larger confidence. Where a label of the library comes out
    /// best and likelier than not, the pack's abstention no longer holds.
    pub fn merge(&self, image: &MultiVector, predictions: Vec<TaskPrediction>, top: usize) -> Vec<TaskPrediction> {
        predictions.into_iter().map(|prediction| self.merged(image, prediction, top)).collect()
    }

    fn merged(&self, image: &MultiVector, prediction: TaskPrediction, top: usize) -> TaskPrediction {
        let own: BTreeMap<&str, f32> = self.ranked(prediction.task, image).into_iter().collect();
        let TaskPrediction { task, mut ranked, mut abstention, dated } = prediction;
        let claimed: f32 = own.values().sum();
        for label in &mut ranked {
            label.confidence = match own.get(label.label.as_str()) {
                Some(known) => known.max(label.confidence),
                None => label.confidence * (1.0 - claimed),
            };
        }
        let new: Vec<RankedLabel> = own
            .iter()
            .filter(|(name, _)| ranked.iter().all(|label| label.label != **name))
            .map(|(name, &confidence)| RankedLabel {
                label: (*name).to_owned(),
                confidence,
                raw_confidence: confidence,
            })
            .collect();
        ranked.extend(new);
        ranked.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        if let Some(best) = ranked.first()
            && let Some(&known) = own.get(best.label.as_str())
        {
            abstention = match known >= NAMED_FROM {
                true => None,
                false => abstention.or_else(|| {
                    Some(format!("Not sure enough: nearest to what this library has under {}.", best.label))
                }),
            };
        }
        ranked.truncate(top.max(1));
        TaskPrediction { task, ranked, abstention, dated }
    }
}

impl LibraryLabel {
    fn learn(name: &str, works: &[(&Decision, Vec<f32>)], deviation: f32) -> Option<Self> {
        let is = |of: &Decision, right: bool| of.label == name && of.right == right;
        let own: Vec<&[f32]> = works.iter().filter(|(of, _)| is(of, true)).map(|(_, d)| d.as_slice()).collect();
        let rejected: Vec<&[f32]> = works.iter().filter(|(of, _)| is(of, false)).map(|(_, d)| d.as_slice()).collect();
        if own.len() < LEAST_WORKS {
            return None;
        }
        let away = mean(&rejected, own[0].len());
        let towards = |own: &[&[f32]]| {
            let mean = mean(own, away.len());
            unit(mean.iter().zip(&away).map(|(own, away)| own - REJECTED * away).collect())
        };
        let prototype = towards(&own);
        let without = |left_out: usize| -> Vec<&[f32]> {
            own.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, work)| *work).collect()
        };
        let each = own.iter().enumerate().map(|(at, work)| dot(work, &towards(&without(at))));
        let own_cosine = each.sum::<f32>() / own.len() as f32;

        // Works that carry another label, or on which this one was rejected.
        let others = works.iter().filter(|(of, _)| is(of, false) || (of.right && of.label != name));
        let cosines: Vec<f32> = others.map(|(_, direction)| dot(direction, &prototype)).collect();
        let count = cosines.len() as f32 + PRIOR_WORKS;
        let mean = cosines.iter().sum::<f32>() / count;
        let squares: f32 = cosines.iter().map(|cosine| (cosine - mean).powi(2)).sum();
        let deviation = ((squares + PRIOR_WORKS * (deviation.powi(2) + mean.powi(2))) / count).sqrt().max(1e-4);
        Some(Self { label: name.to_owned(), works: own.len(), prototype, others: (mean, deviation), own: own_cosine })
    }

    /// Of a work's direction: where it lies between works without the label (0) and with it (1), by how many deviations it
    /// stands out of the first, and the logarithm of how many works speak for the label.
    fn measures(&self, direction: &[f32]) -> [f32; 3] {
        let (mean, deviation) = self.others;
        let beyond = dot(direction, &self.prototype) - mean;
        let place = (beyond / (self.own - mean).max(0.05)).clamp(-1.0, 2.0);
        [place, (beyond / deviation).clamp(-4.0, 8.0), (self.works as f32).ln()]
    }
}

/// The cosine between two works' directions.
pub(crate) fn cosine(a: &MultiVector, b: &MultiVector, centre: &[f32]) -> f32 {
    dot(&direction(a, centre), &direction(b, centre))
}

/// The rows of a work, less those of the middle of all works, as one unit vector.
fn direction(rows: &MultiVector, centre: &[f32]) -> Vec<f32> {
    unit(rows.values().iter().zip(centre).map(|(row, centre)| row - centre).collect())
}

/// 0 of nothing.
fn mean(each: &[&[f32]], width: usize) -> Vec<f32> {
    let mut mean = vec![0.0; width];
    for values in each {
        mean.iter_mut().zip(*values).for_each(|(mean, value)| *mean += value / each.len() as f32);
    }
    mean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::Noise;

    const WIDTH: usize = 16;

    /// Works around directions of their own: work `number` of hand `hand`.
    fn work(hand: usize, number: u64) -> MultiVector {
        let mut rows: Vec<f32> =
            Noise::new(100 * hand as u64 + number).uniform(&[2 * WIDTH], 0.6).unwrap().to_vec1().unwrap();
        rows[hand] += 2.0;
        rows[WIDTH + hand + 1] += 1.5;
        MultiVector::normalised(rows, WIDTH).unwrap()
    }

    fn surroundings() -> Surroundings {
        // As likely as not at two fifths of the way, the likelier the further.
        let nearness = Logistic { weights: vec![10.0, 0.0, 0.0], bias: -4.0 };
        Surroundings { centre: vec![0.0; 2 * WIDTH], deviation: 0.2, nearness }
    }

    fn learnt(hands: &[(usize, &'static str, u64)]) -> LibraryLabels {
        let works: Vec<(MultiVector, &str)> = hands
            .iter()
            .flat_map(|&(hand, label, count)| (0..count).map(move |number| (work(hand, number), label)))
            .collect();
        let decisions: Vec<Decision> =
            works.iter().map(|(rows, label)| Decision { rows, task: Task::Artist, label, right: true }).collect();
        LibraryLabels::learn(surroundings(), &decisions)
    }

    fn from_pack(abstention: Option<&str>) -> TaskPrediction {
        let label =
            |label: &str, confidence| RankedLabel { label: label.into(), confidence, raw_confidence: confidence };
        TaskPrediction {
            task: Task::Artist,
            ranked: vec![label("Claude Monet", 0.3), label("Paul Cézanne", 0.2)],
            abstention: abstention.map(str::to_owned),
            dated: false,
        }
    }

    #[test]
    fn five_works_make_a_label_and_four_do_not() {
        let library = learnt(&[(0, "Anna Ancher", 5), (1, "Emil Nolde", 4)]);
        assert_eq!(library.labels(Task::Artist).collect::<Vec<_>>(), [("Anna Ancher", 5)]);
        assert_eq!(library.labels(Task::Style).count(), 0);
    }

    #[test]
    fn new_works_of_a_hand_are_told_from_those_of_others() {
        let library = learnt(&[(0, "Anna Ancher", 8), (1, "Emil Nolde", 8)]);
        for number in 50..60 {
            assert_eq!(library.ranked(Task::Artist, &work(0, number))[0].0, "Anna Ancher");
            assert_eq!(library.ranked(Task::Artist, &work(1, number))[0].0, "Emil Nolde");
            assert!(library.ranked(Task::Artist, &work(0, number))[0].1 > 0.5);
            assert!(library.ranked(Task::Artist, &work(5, number))[0].1 < 0.5, "a third hand is neither");
        }
    }

    #[test]
    fn what_the_library_claims_the_pack_loses() {
        let library = learnt(&[(0, "Anna Ancher", 8), (1, "Emil Nolde", 8)]);
        let merged = library.merge(&work(0, 70), vec![from_pack(Some("Outside what this pack knows."))], 3);
        let merged = &merged[0];
        assert_eq!((merged.ranked[0].label.as_str(), merged.abstention.as_deref()), ("Anna Ancher", None));
        assert_eq!(merged.ranked.len(), 3);
        assert!(merged.ranked.iter().map(|label| label.confidence).sum::<f32>() <= 1.0 + 1e-6);
        assert!(merged.ranked.iter().all(|label| label.label != "Claude Monet" || label.confidence < 0.3));
        let stranger = &library.merge(&work(5, 70), vec![from_pack(Some("Outside."))], 3)[0];
        assert_eq!(stranger.ranked[0].label, "Claude Monet");
        assert_eq!(stranger.abstention.as_deref(), Some("Outside."), "the pack's abstention stands");
    }

    #[test]
    fn a_label_of_the_pack_gains_from_the_library() {
        let library = learnt(&[(0, "Paul Cézanne", 8), (1, "Emil Nolde", 8)]);
        let merged = &library.merge(&work(0, 70), vec![from_pack(Some("Not sure."))], 5)[0];
        assert_eq!((merged.ranked[0].label.as_str(), merged.abstention.as_deref()), ("Paul Cézanne", None));
        assert_eq!(merged.ranked.iter().filter(|label| label.label == "Paul Cézanne").count(), 1);
    }

    #[test]
    fn rejected_works_push_a_label_away() {
        let works: Vec<MultiVector> = (0..6).map(|number| work(0, number)).collect();
        let wrong: Vec<MultiVector> = (0..6).map(|number| work(3, number)).collect();
        let decided = |rows, right| Decision { rows, task: Task::Style, label: "Skagen", right };
        let mut decisions: Vec<Decision> = works.iter().map(|rows| decided(rows, true)).collect();
        let before = LibraryLabels::learn(surroundings(), &decisions);
        decisions.extend(wrong.iter().map(|rows| decided(rows, false)));
        let after = LibraryLabels::learn(surroundings(), &decisions);
        let of = |library: &LibraryLabels| library.ranked(Task::Style, &work(3, 40))[0].1;
        assert!(of(&after) < of(&before), "{} {}", of(&after), of(&before));
    }

    #[test]
    fn nothing_decided_changes_nothing_and_other_rows_are_left_alone() {
        let nothing = LibraryLabels::learn(surroundings(), &[]);
        let same = nothing.merge(&work(0, 1), vec![from_pack(None)], 6);
        assert_eq!(same[0].ranked, from_pack(None).ranked);
        let library = learnt(&[(0, "Anna Ancher", 8)]);
        let narrow = MultiVector::normalised(vec![1.0; WIDTH], WIDTH).unwrap();
        assert!(library.ranked(Task::Artist, &narrow).is_empty());
    }
}
