//! Fitting the linear heads that stand beside LICN: multinomial logistic regression over an image's plain rows.

use candle_core::{D, DType, Device, Tensor};
use half::f16;

use super::fit::{self, Sample, Truth};
use crate::image_rows::{PLAIN_ROWS, ROW_WIDTH};
use crate::trained::{LinearHead, Trained, plain};

type Result<T> = candle_core::Result<T>;

/// Images that go through the projections together.
const BATCH: usize = 256;

/// What half of the squared weights of the standardised numbers may cost, beside the mean cross-entropy: a trial chooses, for each task.
pub(super) const DECAYS: [f32; 4] = [0.003, 0.01, 0.02, 0.04];

/// Passes over all images.
const PASSES: usize = 200;

/// A head for each task with its decay of `decays`, from the rows that `trained` makes of `samples` and of their mirror images, in the precision of what is written.
pub(super) fn fit_all(trained: &Trained, samples: &[Sample], decays: &[f32]) -> Result<Vec<LinearHead>> {
    let mirrored = samples.iter().filter_map(|sample| Some((sample.mirrored?, sample)));
    let pictures: Vec<(&[f16], &Sample)> =
        samples.iter().map(|sample| (sample.numbers, sample)).chain(mirrored).collect();
    let mut rows = Vec::new();
    for chunk in pictures.chunks(BATCH) {
        let chunk = fit::batch_of(chunk.iter().map(|(numbers, _)| *numbers))?;
        rows.push(plain(&trained.rows.forward(&chunk, None)?)?);
    }
    let rows = match rows.is_empty() {
        true => Tensor::zeros((0, PLAIN_ROWS * ROW_WIDTH), DType::F32, &Device::Cpu)?,
        false => Tensor::cat(&rows, 0)?,
    };
    let tasks = trained.head.tasks.iter().zip(decays).enumerate();
    tasks
        .map(|(task, (head, &decay))| {
            let (mut images, mut labels) = (Vec::new(), Vec::new());
            for (image, (_, sample)) in pictures.iter().enumerate() {
                if let Truth::Label(label) = sample.truths[task] {
                    images.push(image as u32);
                    labels.push(label as u32);
                }
            }
            let count = images.len();
            let images = rows.index_select(&Tensor::from_vec(images, count, &Device::Cpu)?, 0)?;
            fit_one(&images, &labels, head.labels.len(), f64::from(decay))
        })
        .collect()
}

/// The head of the least mean cross-entropy between `classes` labels, plus `decay` times half of the squared weights. `images` are `[images, numbers]`.
fn fit_one(images: &Tensor, labels: &[u32], classes: usize, decay: f64) -> Result<LinearHead> {
    let (count, width) = images.dims2()?;
    if count == 0 {
        return LinearHead::new(
            Tensor::zeros((classes, width), DType::F32, &Device::Cpu)?,
            Tensor::zeros(classes, DType::F32, &Device::Cpu)?,
        );
    }
    let mean = images.mean_keepdim(0)?;
    let centred = images.broadcast_sub(&mean)?;
    let deviation = (centred.sqr()?.mean_keepdim(0)?.sqrt()? + 1e-3)?;
    let standard = centred.broadcast_div(&deviation)?;
    let nothing = Tensor::zeros((count, classes), DType::F32, &Device::Cpu)?;
    let (weight, bias) = least_cross_entropy(&standard, &nothing, labels, decay)?;
    // Back to numbers that are not standardised.
    let weight = weight.broadcast_div(&deviation)?;
    let bias = (bias - mean.matmul(&weight.t()?)?)?;
    LinearHead::new(weight, bias.squeeze(0)?)
}

/// The weight `[classes, numbers]` and bias `[1, classes]` whose logits, added to `known` `[images, classes]`, have the least mean cross-entropy, plus `decay` times
/// half of the squared weights. `images` are `[images, numbers]`, at least one.
///
/// Nesterov's accelerated gradient with the step that the problem's curvature allows, as for two classes in `logistic.rs`.
pub(crate) fn least_cross_entropy(
    images: &Tensor,
    known: &Tensor,
    labels: &[u32],
    decay: f64,
) -> Result<(Tensor, Tensor)> {
    let (count, width) = images.dims2()?;
    let classes = known.dim(1)?;
    let wanted: Vec<f32> = labels
        .iter()
        .flat_map(|&label| (0..classes as u32).map(move |class| f32::from(u8::from(class == label))))
        .collect();
    let wanted = Tensor::from_vec(wanted, (count, classes), &Device::Cpu)?;
    // The curvature of a softmax is at most half of the largest eigenvalue of the second moments (Böhning 1992).
    let curvature = 0.5 * (1.0 + largest_eigenvalue(images)?) + decay;
    let start = || Tensor::zeros((classes, width), DType::F32, &Device::Cpu);
    let (mut weight, mut weight_before) = (start()?, start()?);
    let mut bias = Tensor::zeros((1, classes), DType::F32, &Device::Cpu)?;
    let mut bias_before = bias.clone();
    for pass in 0..PASSES {
        let ahead = pass as f64 / (pass as f64 + 3.0);
        let at = (&weight + ((&weight - &weight_before)? * ahead)?)?;
        let bias_at = (&bias + ((&bias - &bias_before)? * ahead)?)?;
        let logits = (images.matmul(&at.t()?)?.broadcast_add(&bias_at)? + known)?;
        let off = ((candle_nn::ops::softmax(&logits, D::Minus1)? - &wanted)? * (1.0 / count as f64))?;
        let slope = (off.t()?.matmul(images)? + (&at * decay)?)?;
        weight_before = std::mem::replace(&mut weight, (&at - (slope * (1.0 / curvature))?)?);
        bias_before = std::mem::replace(&mut bias, (&bias_at - (off.sum_keepdim(0)? * (1.0 / curvature))?)?);
    }
    Ok((weight, bias))
}

/// Of the second moments of the columns, by twenty steps of the power method, and a tenth on top for what they lack.
fn largest_eigenvalue(standard: &Tensor) -> Result<f64> {
    let (count, width) = standard.dims2()?;
    let mut direction = Tensor::ones((width, 1), DType::F32, &Device::Cpu)?;
    let mut value = 0.0;
    for _ in 0..20 {
        let length = f64::from(direction.sqr()?.sum_all()?.to_scalar::<f32>()?).sqrt().max(1e-12);
        let unit = (direction * (1.0 / length))?;
        direction = (standard.t()?.matmul(&standard.matmul(&unit)?)? * (1.0 / count as f64))?;
        value = f64::from((&direction * &unit)?.sum_all()?.to_scalar::<f32>()?);
    }
    Ok(1.1 * value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_that_part_along_a_number_are_told_by_it_alone() {
        // The first number is the class and a little noise, the second is noise.
        let values: Vec<f32> =
            (0..300).flat_map(|at| [(at % 3) as f32 + 0.1 * (at % 7) as f32, (at % 5) as f32]).collect();
        let labels: Vec<u32> = (0..300).map(|at| at % 3).collect();
        let images = Tensor::from_vec(values, (300, 2), &Device::Cpu).unwrap();
        let head = fit_one(&images, &labels, 3, 0.02).unwrap();
        let best = head.logits(&images).unwrap().argmax(1).unwrap().to_vec1::<u32>().unwrap();
        let right = best.iter().zip(&labels).filter(|(best, label)| best == label).count();
        assert!(right > 290, "{right} of 300");
        let weights = head.weight().to_vec2::<f32>().unwrap();
        assert!(weights[2][0] > 1.0 && weights[0][0] < -1.0, "{weights:?}");
        assert!(weights.iter().all(|of_class| of_class[1].abs() < 0.1), "{weights:?}");
    }

    #[test]
    fn without_images_nothing_is_preferred() {
        let images = Tensor::zeros((0, 4), DType::F32, &Device::Cpu).unwrap();
        let head = fit_one(&images, &[], 2, 0.02).unwrap();
        let any = Tensor::ones((1, 4), DType::F32, &Device::Cpu).unwrap();
        assert_eq!(head.logits(&any).unwrap().to_vec2::<f32>().unwrap(), [[0.0, 0.0]]);
    }
}
