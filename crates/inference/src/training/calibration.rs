//! From a network's answers to confidences that hold: temperature, the share of doubt that is the pack's own limits, and
//! the confidence from which on a label is named.
//!
//! The confidence of a label is P(the truth is among the labels) times its share after temperature scaling. The first factor
//! is a logistic regression on [`Measures`](crate::trained::Measures), fitted to answers on works with a label and of other hands as they come, and on
//! as many pictures that are no artworks: how many of those a museum will show it nobody knows.

use super::assess::{Answer, Answers};
use super::fit::Truth;
use crate::Task;
use crate::logistic::Logistic;
use crate::trained::{Head, TaskHead};

/// What share of the answers above the threshold shall be right.
const WANTED_PRECISION: f64 = 0.75;

/// What share of the works and pictures outside the labels shall stay below the threshold.
const WANTED_REFUSALS: f64 = 0.92;

/// Nothing is named below this confidence, where [`crate::Likelihood`] begins to say "doubtful".
const LEAST_CONFIDENCE: f32 = 0.35;

/// Answers that a temperature or a threshold must rest on.
const LEAST_ANSWERS: usize = 20;

/// Works of painters who were kept from the trial that a temperature must rest on; with fewer it rests on all.
const LEAST_HELD: usize = 200;

/// How much a linear head may count beside LICN.
pub(super) const LINEAR_SHARES: [f32; 8] = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 8.0];

/// How much the date of a work may count beside its picture.
const DATE_WEIGHTS: [f32; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

/// What the squared weights of the logistic regression cost.
const DECAY: f64 = 1e-3;

/// [`calibrate`] for every task.
pub(super) fn calibrate_all(tasks: impl Iterator<Item = Task>, head: &mut Head, answers: &[Answers]) {
    for ((task, head), answers) in tasks.zip(&mut head.tasks).zip(answers) {
        calibrate(task, head, answers);
    }
}

/// Fits a task's temperature, scope, threshold and the weight of dates to answers of a network that has not learnt from these images. What tells an
/// artist is what tells his works, so artists are calibrated on works of painters who were learnt from, everything else on
/// works of painters who were not, where there are enough.
pub(super) fn calibrate(task: Task, head: &mut TaskHead, answers: &Answers) {
    (_, head.inverse_temperature) = temper(&basis(task, answers));
    head.scope = scope(answers);
    head.threshold = threshold(head, answers);
    weigh_years(head, answers);
}

/// Lets the date of a work count so much that what is known of works with a date is likeliest. The threshold is for works without; with a
/// date a confidence means the same.
fn weigh_years(head: &mut TaskHead, answers: &Answers) {
    if head.years.is_none() {
        return;
    }
    let dated = answers.only(|answer| answer.made.is_some());
    let enough = dated.labelled().0.len() >= LEAST_ANSWERS;
    let pairs = DATE_WEIGHTS.iter().flat_map(|&weight| DATE_WEIGHTS.iter().map(move |&within| (weight, within)));
    let mut best = (f64::INFINITY, (0.0, 0.0));
    for pair in pairs.filter(|_| enough) {
        set_weights(head, pair);
        let with_date = |answer: &Answer| unlikely(head, &answer.dated(head).unwrap_or_else(|| answer.clone()));
        let unlikely = dated.0.iter().map(with_date).sum();
        if unlikely < best.0 {
            best = (unlikely, pair);
        }
    }
    set_weights(head, best.1);
}

fn set_weights(head: &mut TaskHead, (weight, within): (f32, f32)) {
    if let Some(years) = &mut head.years {
        (years.weight, years.weight_within) = (weight, within);
    }
}

/// How unlikely the truth is under an answer: the negative logarithm of its confidence, or, if none of the labels is right, of what is left
/// by all of them.
fn unlikely(head: &TaskHead, answer: &Answer) -> f64 {
    let ranked = head.ranked(&answer.logits, &answer.measures);
    let probability = match answer.truth {
        Truth::Label(truth) => ranked.iter().find(|(label, _)| *label == truth).map_or(0.0, |found| found.1),
        Truth::Outside if head.scope.is_some() => 1.0 - ranked.iter().map(|(_, confidence)| confidence).sum::<f32>(),
        _ => 1.0,
    };
    -f64::from(probability.max(1e-6)).ln()
}

/// The answers that a temperature rests on.
fn basis(task: Task, answers: &Answers) -> Answers {
    let known = answers.labelled();
    let unseen = known.only(|answer| answer.held);
    if task != Task::Artist && unseen.0.len() >= LEAST_HELD { unseen } else { known }
}

/// How unlikely a task's truths are under the answers at their best temperature: the sum of negative logarithms.
pub(super) fn unlikelihood(task: Task, answers: &Answers) -> f64 {
    temper(&basis(task, answers)).0
}

/// The factor under which the truth is likeliest (Guo and others 2017, temperature scaling), after how unlikely it is then: a
/// search in steps of 5 % between 0.1 and 10.
fn temper(answers: &Answers) -> (f64, f32) {
    let unlikelihood = |factor: f32| -> f64 {
        let each = answers.0.iter().map(|answer| {
            let Truth::Label(truth) = answer.truth else { return 0.0 };
            let ranked = crate::trained::ranked(&answer.logits, factor);
            let share = ranked.into_iter().find(|(label, _)| *label == truth).map_or(0.0, |found| found.1);
            -f64::from(share.max(1e-12)).ln()
        });
        each.sum()
    };
    let factors = (-47..=47).map(|step| 1.05f32.powi(step));
    factors.map(|f| (unlikelihood(f), f)).min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((0.0, 1.0))
}

/// `None` where there are not enough answers of either kind.
fn scope(answers: &Answers) -> Option<Logistic> {
    let count = |wanted: fn(&Answer) -> bool| answers.0.iter().filter(|answer| wanted(answer)).count();
    let enough = |found: usize| if found < LEAST_ANSWERS { 0 } else { found };
    let inside = count(|answer| answer.truth != Truth::Outside);
    let (hands, strangers) = (enough(count(Answer::is_of_another_hand)), enough(count(Answer::is_no_artwork)));
    if inside < LEAST_ANSWERS || hands + strangers == 0 {
        return None;
    }
    // A work of another hand weighs as much as one of a label: most works in a museum are by other hands. Other pictures together weigh as
    // much as what is inside.
    let examples: Vec<(&[f32], f32, bool)> = answers
        .0
        .iter()
        .filter_map(|answer| {
            let outside = answer.truth == Truth::Outside;
            let alike = match (outside, answer.is_no_artwork()) {
                (false, _) => inside,
                (true, true) => strangers,
                (true, false) if hands > 0 => inside,
                (true, false) => 0,
            };
            (alike > 0).then(|| (answer.measures.values.as_slice(), 1.0 / alike as f32, !outside))
        })
        .collect();
    Logistic::fit(&examples, DECAY)
}

/// The lowest confidence from which on [`WANTED_PRECISION`] of the answers on works are right, were half of them by other hands,
/// and below which [`WANTED_REFUSALS`] of other hands and of pictures that are no artworks stay, but not below
/// [`LEAST_CONFIDENCE`]; 1 if there is none.
fn threshold(head: &TaskHead, answers: &Answers) -> f32 {
    let mut sure: Vec<(f32, &Answer)> = answers.0.iter().map(|answer| (answer.best(head).1, answer)).collect();
    sure.sort_by(|a, b| b.0.total_cmp(&a.0));
    let count = |wanted: fn(&Answer) -> bool| answers.0.iter().filter(|answer| wanted(answer)).count();
    let inside = count(|answer| answer.truth != Truth::Outside);
    let (all_hands, all_strangers) = (count(Answer::is_of_another_hand), count(Answer::is_no_artwork));
    let few = all_hands < LEAST_ANSWERS;
    let a_hand = if few { 1.0 } else { inside as f64 / all_hands as f64 };
    let may = |all: usize| (1.0 - WANTED_REFUSALS) * all as f64;
    let (mut right, mut labelled, mut hands, mut strangers) = (0usize, 0usize, 0usize, 0usize);
    let mut lowest = 1.0;
    for (confidence, answer) in sure {
        match (answer.is_no_artwork(), answer.truth == Truth::Outside) {
            (true, _) => strangers += 1,
            (false, true) => hands += 1,
            (false, false) => {
                labelled += 1;
                right += usize::from(answer.is_right(head));
            }
        }
        if (hands as f64 > may(all_hands) && !few) || strangers as f64 > may(all_strangers) {
            break;
        }
        let named = labelled as f64 + a_hand * hands as f64;
        if labelled + hands >= LEAST_ANSWERS && right as f64 >= WANTED_PRECISION * named {
            lowest = confidence;
        }
    }
    lowest.max(LEAST_CONFIDENCE)
}
