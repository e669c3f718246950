//! Keeping when the works were made that a network has learnt from ([`LearntYears`]).

use std::collections::BTreeMap;

use super::fit::{Sample, Truth};
use crate::Years;
use crate::learnt_years::LearntYears;
use crate::trained::Head;

/// Keeps in `head` when those of `works` that carry a label were made, a task each, and the `periods` of labels by their name. How much that
/// counts stays as it is, fully where nothing was kept before; a calibration weighs it.
pub(super) fn keep<'a>(
    head: &mut Head,
    works: impl Iterator<Item = (&'a [Truth], Option<Years>)> + Clone,
    periods: &BTreeMap<String, Years>,
) {
    for (at, task) in head.tasks.iter_mut().enumerate() {
        let dated = works.clone().filter_map(|(truths, made)| match truths.get(at) {
            Some(Truth::Label(label)) => Some((*label, made?)),
            _ => None,
        });
        let mut learnt = LearntYears::of(dated, task.labels.iter().map(|label| periods.get(label).copied()).collect());
        if let (Some(learnt), Some(before)) = (&mut learnt, &task.years) {
            (learnt.weight, learnt.weight_within) = (before.weight, before.weight_within);
        }
        task.years = learnt;
    }
}

/// The same of samples.
pub(super) fn keep_of(head: &mut Head, samples: &[Sample], periods: &BTreeMap<String, Years>) {
    keep(head, samples.iter().map(|sample| (sample.truths.as_slice(), sample.made)), periods);
}
