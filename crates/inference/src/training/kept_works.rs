//! Keeping where the works that a network has learnt from lie ([`LearntWorks`]).

use std::collections::HashMap;

use candle_core::Tensor;

use super::fit::{self, Sample, Truth};
use crate::learnt_works::LearntWorks;
use crate::trained::{Trained, plain};
use crate::{InferenceError, Task};

/// Images that go through the projections together.
const BATCH: usize = 256;

/// The task whose works are kept: a painter's works are so alike that what is far from all of them is likely another's, while what is far
/// from the works of a style is likely by a painter of whom none was learnt.
pub(super) const KEPT: Task = Task::Artist;

/// Keeps in `trained`, whose linear heads are fitted, where those of `samples` lie that carry a label.
pub(super) fn keep(trained: &mut Trained, samples: &[Sample]) -> Result<(), InferenceError> {
    trained.learnt_works = (0..trained.head.tasks.len()).map(|_| None).collect();
    for at in 0..trained.head.tasks.len() {
        let head = &trained.head.tasks[at];
        let Some(linear) = trained.linear.get(at).and_then(Option::as_ref) else { continue };
        if head.task != KEPT.property() {
            continue;
        }
        let learnt: Vec<(usize, &Sample)> = samples
            .iter()
            .filter_map(|sample| match sample.truths.get(at) {
                Some(Truth::Label(label)) => Some((*label, sample)),
                _ => None,
            })
            .collect();
        let mut works = Vec::with_capacity(learnt.len());
        for chunk in learnt.chunks(BATCH) {
            let pictures = fit::batch_of(chunk.iter().map(|(_, sample)| sample.numbers))?;
            let logits = linear.logits(&plain(&trained.rows.forward(&pictures, None)?)?)?.to_vec2::<f32>()?;
            works.extend(chunk.iter().map(|(label, _)| *label).zip(logits));
        }
        let learnt_works = LearntWorks::fit(&works, head.labels.len());
        let counts = learnt_works.as_ref().map(|learnt_works| learnt_works.counts().to_vec());
        trained.head.tasks[at].learnt_works = counts.unwrap_or_default();
        trained.learnt_works[at] = learnt_works;
    }
    Ok(())
}

/// The tensors of what was kept, to write.
pub(super) fn tensors(trained: &Trained) -> candle_core::Result<HashMap<String, Tensor>> {
    let mut tensors = HashMap::new();
    for (head, learnt_works) in trained.head.tasks.iter().zip(&trained.learnt_works) {
        if let Some(learnt_works) = learnt_works {
            tensors.extend(learnt_works.tensors(&head.task)?);
        }
    }
    Ok(tensors)
}
