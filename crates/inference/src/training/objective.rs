//! What a network in training is measured by.
//!
//! Per task, over the images that carry a label for it: the paper's binary cross-entropy on exp(t) * cos + b, a mean over
//! images and labels in which a label may weigh more than another; and, where labels exclude each other, a cross-entropy
//! between the task's labels on exp(t) * cos, which the ranking gains from. Tasks are combined with learned weights:
//! 0.5 / w² * loss + ln(1 + w²). A task that no image of the batch carries a label for adds nothing.

use candle_core::{D, DType, Device, Tensor};

use crate::licn::Licn;

type Result<T> = candle_core::Result<T>;

/// Which losses a task has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Objective {
    /// The paper's alone.
    #[cfg(test)]
    Published,
    /// The paper's and the cross-entropy between the labels, of which `smoothing` is spread evenly over all of them.
    Exclusive {
        /// The share that is spread.
        smoothing: f64,
    },
}

/// What a task's labels should be on those images that carry one.
pub(super) struct Wanted {
    /// Which images of the batch.
    images: Tensor,
    /// `[those images, labels]`: 1 where the label holds, 0 elsewhere.
    labels: Tensor,
}

impl Wanted {
    /// From the labels of every image of a batch, out of `labels` in all; none for an image of which nothing is known. `None`
    /// if nothing is known of any.
    pub(super) fn new<'a>(each: impl Iterator<Item = &'a [usize]>, labels: usize) -> Result<Option<Self>> {
        let (mut images, mut wanted) = (Vec::new(), Vec::new());
        for (image, known) in each.enumerate() {
            let start = wanted.len();
            wanted.resize(start + labels, 0f32);
            known.iter().filter(|&&label| label < labels).for_each(|&label| wanted[start + label] = 1.0);
            match wanted[start..].contains(&1.0) {
                true => images.push(image as u32),
                false => wanted.truncate(start),
            }
        }
        if images.is_empty() {
            return Ok(None);
        }
        let count = images.len();
        let labels = Tensor::from_vec(wanted, (count, labels), &Device::Cpu)?;
        Ok(Some(Self { images: Tensor::from_vec(images, count, &Device::Cpu)?, labels }))
    }
}

impl Objective {
    /// The loss of one task: `seen` are the images' unit vectors for it, `[images, output]`, `named` the labels',
    /// `[labels, output]`. `weights` (`[labels]`) says how much each label counts; `None`: all the same.
    pub(super) fn of_task(
        self,
        licn: &Licn,
        seen: &Tensor,
        named: &Tensor,
        wanted: &Wanted,
        weights: Option<&Tensor>,
    ) -> Result<Tensor> {
        let cosines = seen.index_select(&wanted.images, 0)?.matmul(&named.t()?)?;
        // ln(1 + e^x) - x y, in the form that does not overflow.
        let logits = licn.logits(&cosines)?;
        let softplus = (logits.relu()? + (logits.abs()?.neg()?.exp()? + 1.0)?.log()?)?;
        let binary = (softplus - (logits * &wanted.labels)?)?;
        let binary = match weights {
            Some(weights) => binary.broadcast_mul(weights)?.mean_all()?,
            None => binary.mean_all()?,
        };
        match self {
            #[cfg(test)]
            Self::Published => Ok(binary),
            Self::Exclusive { smoothing } => {
                let (images, labels) = cosines.dims2()?;
                let truth = wanted.labels.broadcast_div(&wanted.labels.sum_keepdim(D::Minus1)?)?;
                let truth = ((truth * (1.0 - smoothing))? + smoothing / labels as f64)?;
                let chosen = candle_nn::ops::log_softmax(&licn.scaled(&cosines)?, D::Minus1)?;
                binary + ((truth * chosen)?.sum_all()? * (-1.0 / images as f64))?
            }
        }
    }
}

/// The losses of tasks, by their number, as one: with the learned weights `[tasks]`.
pub(super) fn together(losses: impl IntoIterator<Item = (usize, Tensor)>, task_weights: &Tensor) -> Result<Tensor> {
    let mut total = Tensor::zeros((), DType::F32, &Device::Cpu)?;
    for (task, loss) in losses {
        let weight = task_weights.get(task)?.sqr()?;
        total = ((total + ((loss * 0.5)? / &weight)?)? + (weight + 1.0)?.log()?)?;
    }
    Ok(total)
}
