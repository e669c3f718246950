//! Where the works that a task was learnt from lie, and how near another work comes to those of a label: what tells a painter's hand from
//! others that the logits alone take for his.
//!
//! A place is a work's logits under the task's linear head, less their middle, whitened by how works of one label vary (the within-class
//! covariance of Fisher's discriminant, shrunk towards a multiple of the identity as in Friedman 1989, *Regularized Discriminant Analysis*),
//! at unit length.

use std::collections::HashMap;

use candle_core::{Device, Tensor};
use half::f16;
use nalgebra::{Cholesky, DMatrix, DVector};

use crate::vectors::{dot, unit};

/// What share of the mean variance is added to each variance.
const SHRINKAGE: f64 = 0.1;

/// The nearest works of a label whose mean nearness is one of the numbers.
const NEAREST: usize = 5;

/// How many numbers [`LearntWorks::nearness`] gives.
pub(crate) const NEARNESS: usize = 4;

/// The tensors of a task's learnt works.
fn tensor_names(task: &str) -> [String; 3] {
    ["centre", "whitening", "places"].map(|what| format!("learnt_works.{task}.{what}"))
}

/// The places of the works that a task's labels were learnt from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LearntWorks {
    /// The middle of the works' logits, one a label.
    centre: Vec<f32>,
    /// The inverse of the covariance's Cholesky factor, `[labels, labels]`, row by row; above the diagonal nothing but zeros.
    whitening: Vec<f32>,
    /// The works' places, `labels` numbers each; those of a label one after the other.
    places: Vec<f32>,
    /// How many works each label has.
    counts: Vec<usize>,
    /// The middle of each label's places, at unit length.
    middles: Vec<f32>,
}

impl LearntWorks {
    /// Of works with their label's number and their logits, one for each of `labels`; in the precision that they are written in. `None`
    /// without works, or where numbers are none.
    pub(crate) fn fit(works: &[(usize, Vec<f32>)], labels: usize) -> Option<Self> {
        let count = works.len() as f64;
        let mean = |of: &mut dyn Iterator<Item = &Vec<f32>>| -> DVector<f64> {
            let (mut sum, mut count) = (DVector::zeros(labels), 0.0f64);
            for logits in of {
                sum += wide(logits);
                count += 1.0;
            }
            sum / count.max(1.0)
        };
        let centre = mean(&mut works.iter().map(|(_, logits)| logits));
        let mut covariance = DMatrix::<f64>::zeros(labels, labels);
        for label in 0..labels {
            let own = || works.iter().filter(|(of, _)| *of == label).map(|(_, logits)| logits);
            let middle = mean(&mut own());
            for logits in own() {
                let off = wide(logits) - &middle;
                covariance.ger(1.0 / count.max(1.0), &off, &off, 1.0);
            }
        }
        let variance = covariance.trace() / labels.max(1) as f64;
        if works.is_empty() || variance.is_nan() || variance <= 0.0 {
            return None;
        }
        covariance += DMatrix::identity(labels, labels) * (SHRINKAGE * variance);
        let whitening = Cholesky::new(covariance)?.l().solve_lower_triangular(&DMatrix::identity(labels, labels))?;
        let mut fitted = Self {
            centre: centre.iter().map(|&number| half(number)).collect(),
            // Columns of the transpose are rows.
            whitening: whitening.transpose().iter().map(|&number| half(number)).collect(),
            places: Vec::with_capacity(works.len() * labels),
            counts: vec![0; labels],
            middles: Vec::new(),
        };
        for label in 0..labels {
            for (_, logits) in works.iter().filter(|(of, _)| *of == label) {
                let place = fitted.place(logits);
                fitted.places.extend(place.into_iter().map(|number| half(f64::from(number))));
                fitted.counts[label] += 1;
            }
        }
        fitted.middles = middles(&fitted.places, &fitted.counts);
        Some(fitted)
    }

    /// Reads what [`LearntWorks::tensors`] made, with `counts` works of each label; `None` where there are no such tensors.
    pub(crate) fn load(
        task: &str,
        counts: &[usize],
        found: &HashMap<String, Tensor>,
    ) -> candle_core::Result<Option<Self>> {
        let names = tensor_names(task);
        if counts.is_empty() && names.iter().all(|name| !found.contains_key(name)) {
            return Ok(None);
        }
        let labels = counts.len();
        let works = counts.iter().try_fold(0usize, |sum, &count| sum.checked_add(count));
        let [centre, whitening, places] = match names.each_ref().map(|name| found.get(name)) {
            [Some(centre), Some(whitening), Some(places)]
                if centre.dims() == [labels]
                    && whitening.dims() == [labels, labels]
                    && works.is_some_and(|works| places.dims() == [works, labels]) =>
            {
                [centre, whitening, places]
            }
            _ => candle_core::bail!("tensors {} don't fit the works of each label", names.join(", ")),
        };
        let places: Vec<f32> = places.flatten_all()?.to_vec1()?;
        let middles = middles(&places, counts);
        let (centre, whitening) = (centre.to_vec1()?, whitening.flatten_all()?.to_vec1()?);
        Ok(Some(Self { centre, whitening, places, counts: counts.to_vec(), middles }))
    }

    /// As tensors, to write: `centre` `[labels]`, `whitening` `[labels, labels]`, `places` `[works, labels]`.
    pub(crate) fn tensors(&self, task: &str) -> candle_core::Result<HashMap<String, Tensor>> {
        let labels = self.counts.len();
        let [centre, whitening, places] = tensor_names(task);
        let tensor = |values: &[f32], shape: &[usize]| Tensor::from_slice(values, shape, &Device::Cpu);
        Ok(HashMap::from([
            (centre, tensor(&self.centre, &[labels])?),
            (whitening, tensor(&self.whitening, &[labels, labels])?),
            (places, tensor(&self.places, &[self.counts.iter().sum(), labels])?),
        ]))
    }

    /// How many works each label has.
    pub(crate) fn counts(&self) -> &[usize] {
        &self.counts
    }

    /// The place of a work with these logits of the linear head, one a label.
    pub(crate) fn place(&self, logits: &[f32]) -> Vec<f32> {
        let off: Vec<f32> = logits.iter().zip(&self.centre).map(|(logit, centre)| logit - centre).collect();
        unit(self.whitening.chunks_exact(self.centre.len().max(1)).map(|row| dot(row, &off)).collect())
    }

    /// How near a place lies to the works of `label`, and to those of others, as cosines: of the nearest of its works, the mean of its
    /// [`NEAREST`] nearest ones, of the nearest work of another label, and of the middle of its works. -1 where there are none.
    pub(crate) fn nearness(&self, place: &[f32], label: usize) -> [f32; NEARNESS] {
        let width = self.counts.len().max(1);
        let first: usize = self.counts.iter().take(label).sum();
        let own = first..first + self.counts.get(label).copied().unwrap_or(0);
        let (mut near, mut other) = (Vec::with_capacity(own.len()), -1.0f32);
        for (at, learnt) in self.places.chunks_exact(width).enumerate() {
            let cosine = dot(learnt, place);
            match own.contains(&at) {
                true => near.push(cosine),
                false => other = other.max(cosine),
            }
        }
        near.sort_by(|a, b| b.total_cmp(a));
        near.truncate(NEAREST);
        let Some(&nearest) = near.first() else { return [-1.0, -1.0, other, -1.0] };
        let middle = &self.middles[label * width..][..width];
        [nearest, near.iter().sum::<f32>() / near.len() as f32, other, dot(middle, place)]
    }
}

/// The middle of each label's places, at unit length; zeros of a label without works.
fn middles(places: &[f32], counts: &[usize]) -> Vec<f32> {
    let width = counts.len();
    let mut rest = places.chunks_exact(width.max(1));
    let each = counts.iter().flat_map(|&count| {
        let mut sum = vec![0.0f32; width];
        for place in rest.by_ref().take(count) {
            sum.iter_mut().zip(place).for_each(|(sum, number)| *sum += number);
        }
        unit(sum)
    });
    each.collect()
}

fn wide(logits: &[f32]) -> DVector<f64> {
    DVector::from_iterator(logits.len(), logits.iter().copied().map(f64::from))
}

/// In 16 bits, as it is written.
fn half(number: f64) -> f32 {
    f16::from_f64(number).to_f32()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::Noise;

    const LABELS: usize = 3;

    /// Works of three labels: each around a middle of its own, and twenty times as far apart along the first number as along the others.
    fn works(of_each: [usize; LABELS]) -> Vec<(usize, Vec<f32>)> {
        let mut noise = Noise::new(5);
        let mut work = |label: usize| {
            let mut logits: Vec<f32> = noise.uniform(&[LABELS], 0.5).unwrap().to_vec1().unwrap();
            logits[0] *= 20.0;
            logits[label] += 4.0;
            (label, logits)
        };
        (0..LABELS).flat_map(|label| (0..of_each[label]).map(move |_| label)).map(&mut work).collect()
    }

    #[test]
    fn a_work_is_near_to_those_of_its_label() {
        let (learnt, asked) = works([30, 30, 30]).into_iter().partition::<Vec<_>, _>(|(_, logits)| logits[1] < 3.9);
        let fitted = LearntWorks::fit(&learnt, LABELS).unwrap();
        assert!(asked.len() > 10);
        for (label, logits) in asked.iter().filter(|(label, _)| *label > 0) {
            let place = fitted.place(logits);
            let [nearest, near, other, middle] = fitted.nearness(&place, *label);
            assert!(nearest >= near && nearest <= 1.001 && middle <= 1.001, "{nearest} {near} {middle}");
            let [_, near_wrong, ..] = fitted.nearness(&place, 3 - label);
            assert!(near > near_wrong && nearest > 0.5, "{near} {near_wrong} {other}");
        }
    }

    #[test]
    fn nearness_is_counted_by_hand() {
        // No whitening and no middle: places are the logits at unit length.
        let fitted = LearntWorks {
            centre: vec![0.0; 2],
            whitening: vec![1.0, 0.0, 0.0, 1.0],
            places: vec![1.0, 0.0, 0.6, 0.8, 0.0, 1.0],
            counts: vec![2, 1],
            middles: middles(&[1.0, 0.0, 0.6, 0.8, 0.0, 1.0], &[2, 1]),
        };
        let place = fitted.place(&[3.0, 4.0]);
        let close = |found: [f32; NEARNESS], wanted: [f32; NEARNESS]| {
            assert!(found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?} {wanted:?}");
        };
        // Cosines with the three works are 0.6, 1 and 0.8; the first two have their middle at (0.8, 0.4), of length √0.8.
        close(fitted.nearness(&place, 0), [1.0, 0.8, 0.8, 0.8 / 0.8f32.sqrt()]);
        close(fitted.nearness(&place, 1), [0.8, 0.8, 1.0, 0.8]);
    }

    #[test]
    fn works_of_a_label_vary_alike_in_every_direction_of_the_places() {
        let learnt = works([200, 200, 200]);
        let fitted = LearntWorks::fit(&learnt, LABELS).unwrap();
        let whitened = |logits: &[f32]| -> Vec<f32> {
            let off: Vec<f32> = logits.iter().zip(&fitted.centre).map(|(logit, centre)| logit - centre).collect();
            fitted.whitening.chunks_exact(LABELS).map(|row| dot(row, &off)).collect()
        };
        let of_one: Vec<Vec<f32>> =
            learnt.iter().filter(|(label, _)| *label == 1).map(|(_, logits)| whitened(logits)).collect();
        let mean = |at: usize| of_one.iter().map(|place| place[at]).sum::<f32>() / of_one.len() as f32;
        let covariance = |a: usize, b: usize| {
            let products = of_one.iter().map(|place| (place[a] - mean(a)) * (place[b] - mean(b)));
            products.sum::<f32>() / of_one.len() as f32
        };
        // What is added to each variance is a tenth of their mean: little to that of the large number, more than there is to the others.
        assert!((0.7..1.2).contains(&covariance(0, 0)), "{}", covariance(0, 0));
        for small in [1, 2] {
            assert!(covariance(small, small) < 0.2, "{}", covariance(small, small));
            assert!(covariance(0, small).abs() < 0.15, "{}", covariance(0, small));
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let fitted = LearntWorks::fit(&works([4, 0, 7]), LABELS).unwrap();
        assert_eq!(fitted.counts(), [4, 0, 7]);
        assert_eq!(fitted.nearness(&[1.0, 0.0, 0.0], 1)[0], -1.0, "a label without works is near to nothing");
        let tensors = fitted.tensors("artist").unwrap();
        assert_eq!(LearntWorks::load("artist", fitted.counts(), &tensors).unwrap(), Some(fitted));
        assert!(LearntWorks::load("artist", &[4, 0, 6], &tensors).is_err(), "other counts are refused");
        assert!(LearntWorks::load("artist", &[usize::MAX, 1, 11], &tensors).is_err());
        assert!(LearntWorks::load("artist", &[], &tensors).is_err(), "places without counts are refused");
        assert_eq!(LearntWorks::load("style", &[], &tensors).unwrap(), None);
    }

    #[test]
    fn without_works_or_with_numbers_that_are_none_nothing_is_kept() {
        assert_eq!(LearntWorks::fit(&[], LABELS), None);
        let mut broken = works([3, 3, 3]);
        broken[4].1[1] = f32::NAN;
        assert_eq!(LearntWorks::fit(&broken, LABELS), None);
        let alike: Vec<(usize, Vec<f32>)> =
            (0..6).map(|at| (at % LABELS, vec![(at % LABELS) as f32; LABELS])).collect();
        assert_eq!(LearntWorks::fit(&alike, LABELS), None, "works that don't differ say nothing of how they vary");
    }
}
