//! From the backbone's features to an image's rows: what similar works are found by and what LICN reads.
//!
//! Twenty-three unit rows that are learnt: [`WHOLE_ROWS`] of the whole picture (pooled last map and all style statistics together), nine of
//! its parts (the last map's cells, averaged in three by three parts), six of its style (channel means and deviations of
//! the first six stages), four of its texture (how channels of the middle stages vary together). Each number is standardised over the
//! training images before its projection. Then [`PLAIN_ROWS`] that are not: the standardised numbers of the whole picture as they are, in
//! pieces of a row's width.

use std::collections::HashMap;

use candle_core::{Device, Tensor};
use half::f16;

use crate::efficientnet::{COVARIANCE_CHANNELS, Features, LAST_CHANNELS};
use crate::licn::{drop, linear, unit};
use crate::noise::Noise;
use crate::second_order::{COVARIANCES, DIRECTIONS, ROOTS, Whitening, triangle};

type Result<T> = candle_core::Result<T>;

/// The width of a row.
pub(crate) const ROW_WIDTH: usize = 128;

/// Rows of the picture as a whole.
const WHOLE_ROWS: usize = 4;

/// Rows whose projections are learnt with LICN, which reads them: the first ones.
pub(crate) const LEARNT_ROWS: usize = WHOLE_ROWS + PARTS * PARTS + STYLE_CHANNELS.len() + DIRECTIONS.len();

/// Rows of the picture as a whole that no label has shaped, which the linear heads read: the others. The last one ends in zeros.
pub(crate) const PLAIN_ROWS: usize = (LAST_CHANNELS + STYLE + ROOTS).div_ceil(ROW_WIDTH);

/// All rows of an image.
pub(crate) const ROWS: usize = LEARNT_ROWS + PLAIN_ROWS;

/// Parts of the picture a side.
const PARTS: usize = 3;

/// Channels of the stages that the style statistics describe.
const STYLE_CHANNELS: [usize; 6] = [16, 24, 48, 88, 120, 208];

/// Numbers of the style statistics: a mean and a deviation of each channel.
const STYLE: usize = 2 * (16 + 24 + 48 + 88 + 120 + 208);

/// Where in [`pooled`] numbers the covariances begin: after nine parts and the style statistics.
const FIRST_COVARIANCE: usize = PARTS * PARTS * LAST_CHANNELS + STYLE;

/// How many numbers [`pooled`] makes of an image.
pub(crate) const POOLED: usize = FIRST_COVARIANCE + COVARIANCES;

/// How many numbers [`numbers`] makes of them.
pub(crate) const NUMBERS: usize = FIRST_COVARIANCE + ROOTS;

/// Standardised numbers further out than this are cut: a few channels have long tails.
const FURTHEST: f64 = 5.0;

/// The features as they are kept for training: the nine parts `[9, 1280]` (row by row), then the style statistics, then the covariances.
pub(crate) fn pooled(features: &Features) -> Vec<f32> {
    let map = &features.last;
    let mut values = vec![0.0; PARTS * PARTS * map.channels];
    let mut counts = [0usize; PARTS * PARTS];
    for (place, cell) in map.values.chunks_exact(map.channels).enumerate() {
        let part = place / map.width * PARTS / map.height * PARTS + place % map.width * PARTS / map.width;
        counts[part] += 1;
        let sums = &mut values[part * map.channels..][..map.channels];
        sums.iter_mut().zip(cell).for_each(|(sum, value)| *sum += value);
    }
    for (part, count) in values.chunks_exact_mut(map.channels).zip(counts) {
        part.iter_mut().for_each(|sum| *sum /= count.max(1) as f32);
    }
    values.extend_from_slice(&features.style);
    values.extend_from_slice(&features.covariances);
    values
}

/// What the rows are made of: [`pooled`] numbers with the square roots of the whitened covariances in place of the covariances.
pub(crate) fn numbers(mut pooled: Vec<f32>, whitening: &Whitening) -> Vec<f32> {
    let roots = whitening.roots(&pooled[FIRST_COVARIANCE..]);
    pooled.truncate(FIRST_COVARIANCE);
    pooled.extend(roots);
    pooled
}

/// The whitening of the covariances of [`pooled`] images.
pub(crate) fn whitening<'a>(images: impl Iterator<Item = &'a [f16]>) -> Whitening {
    Whitening::fit(images.map(|pooled| &pooled[FIRST_COVARIANCE..]))
}

/// The names and shapes of the projections' tensors; the last are statistics of the training images, not learned.
pub(crate) fn tensors() -> Vec<(String, Vec<usize>)> {
    let mut all = vec![
        ("whole.weight".into(), vec![WHOLE_ROWS * ROW_WIDTH, LAST_CHANNELS + STYLE]),
        ("whole.bias".into(), vec![WHOLE_ROWS * ROW_WIDTH]),
        ("part.weight".into(), vec![ROW_WIDTH, LAST_CHANNELS]),
        ("part.bias".into(), vec![ROW_WIDTH]),
    ];
    for (stage, channels) in STYLE_CHANNELS.iter().enumerate() {
        all.push((format!("style.{stage}.weight"), vec![ROW_WIDTH, 2 * channels]));
        all.push((format!("style.{stage}.bias"), vec![ROW_WIDTH]));
    }
    for (stage, kept) in DIRECTIONS.iter().enumerate() {
        all.push((format!("texture.{stage}.weight"), vec![ROW_WIDTH, triangle(*kept)]));
        all.push((format!("texture.{stage}.bias"), vec![ROW_WIDTH]));
    }
    all.extend(statistics_tensors());
    all
}

/// Those of [`tensors`] that [`statistics`] makes.
pub(crate) fn statistics_tensors() -> Vec<(String, Vec<usize>)> {
    let mut all = vec![
        ("last.mean".into(), vec![LAST_CHANNELS]),
        ("last.deviation".into(), vec![LAST_CHANNELS]),
        ("style.mean".into(), vec![STYLE]),
        ("style.deviation".into(), vec![STYLE]),
        ("texture.mean".into(), vec![ROOTS]),
        ("texture.deviation".into(), vec![ROOTS]),
    ];
    let stages = COVARIANCE_CHANNELS.iter().zip(DIRECTIONS).enumerate();
    all.extend(stages.map(|(stage, (&channels, kept))| (whitening_tensor(stage), vec![channels, kept])));
    all
}

fn whitening_tensor(stage: usize) -> String {
    format!("texture.{stage}.whitening")
}

/// `whitening`, and mean and deviation over images, whose [`numbers`] were made with it, of the pooled last map's channels, of the style
/// statistics and of the textures.
pub(crate) fn statistics<'a>(
    images: impl Iterator<Item = &'a [f32]>,
    whitening: &Whitening,
) -> Result<HashMap<String, Tensor>> {
    let mut sums = vec![[0.0f64; 2]; LAST_CHANNELS + STYLE + ROOTS];
    let mut count = 0.0f64;
    for image in images {
        count += 1.0;
        for (channel, sum) in sums.iter_mut().enumerate() {
            let value = if channel < LAST_CHANNELS {
                (0..PARTS * PARTS).map(|part| image[part * LAST_CHANNELS + channel]).sum::<f32>()
                    / (PARTS * PARTS) as f32
            } else {
                image[PARTS * PARTS * LAST_CHANNELS + channel - LAST_CHANNELS]
            };
            sum[0] += f64::from(value);
            sum[1] += f64::from(value).powi(2);
        }
    }
    let means: Vec<f32> = sums.iter().map(|sum| (sum[0] / count.max(1.0)) as f32).collect();
    let deviations: Vec<f32> = sums
        .iter()
        .map(|sum| ((sum[1] / count.max(1.0) - (sum[0] / count.max(1.0)).powi(2)).max(0.0).sqrt() + 1e-3) as f32)
        .collect();
    let tensor = |values: &[f32]| Tensor::from_slice(values, values.len(), &Device::Cpu);
    let mut statistics = HashMap::new();
    let mut from = 0;
    for (what, count) in [("last", LAST_CHANNELS), ("style", STYLE), ("texture", ROOTS)] {
        statistics.insert(format!("{what}.mean"), tensor(&means[from..from + count])?);
        statistics.insert(format!("{what}.deviation"), tensor(&deviations[from..from + count])?);
        from += count;
    }
    for (stage, (rows, kept)) in whitening.rows().zip(DIRECTIONS).enumerate() {
        let channels = rows.len() / kept;
        statistics.insert(whitening_tensor(stage), Tensor::from_vec(rows, (channels, kept), &Device::Cpu)?);
    }
    Ok(statistics)
}

/// The learned projections.
pub(crate) struct ImageRows {
    whole: (Tensor, Tensor),
    part: (Tensor, Tensor),
    style: Vec<(Tensor, Tensor)>,
    texture: Vec<(Tensor, Tensor)>,
    last_statistics: (Tensor, Tensor),
    style_statistics: (Tensor, Tensor),
    texture_statistics: (Tensor, Tensor),
    whitening: Whitening,
}

impl ImageRows {
    /// Takes the tensors that [`tensors`] names.
    pub(crate) fn load(found: &HashMap<String, Tensor>) -> Result<Self> {
        for (name, shape) in tensors() {
            match found.get(&name) {
                Some(tensor) if tensor.dims() == shape => {}
                Some(tensor) => candle_core::bail!("tensor {name} is {:?}, not {shape:?}", tensor.dims()),
                None => candle_core::bail!("tensor {name} is missing"),
            }
        }
        let pair = |first: &str, second: &str| (found[first].clone(), found[second].clone());
        let stages = |what: &str, count: usize| {
            (0..count).map(|stage| pair(&format!("{what}.{stage}.weight"), &format!("{what}.{stage}.bias"))).collect()
        };
        let whitening = (0..DIRECTIONS.len())
            .map(|stage| found[&whitening_tensor(stage)].flatten_all()?.to_vec1())
            .collect::<Result<Vec<Vec<f32>>>>()?;
        let Some(whitening) = Whitening::from_rows(&whitening) else {
            candle_core::bail!("the whitening of the textures does not fit the backbone")
        };
        Ok(Self {
            whole: pair("whole.weight", "whole.bias"),
            part: pair("part.weight", "part.bias"),
            style: stages("style", STYLE_CHANNELS.len()),
            texture: stages("texture", DIRECTIONS.len()),
            last_statistics: pair("last.mean", "last.deviation"),
            style_statistics: pair("style.mean", "style.deviation"),
            texture_statistics: pair("texture.mean", "texture.deviation"),
            whitening,
        })
    }

    /// What the covariances of pictures are whitened with.
    pub(crate) fn whitening(&self) -> &Whitening {
        &self.whitening
    }

    /// What the backbone sees in one picture to its unit rows, `[1, ROWS, 128]`.
    pub(crate) fn of(&self, features: &Features) -> Result<Tensor> {
        let numbers = numbers(pooled(features), &self.whitening);
        self.forward(&Tensor::from_vec(numbers, (1, NUMBERS), &Device::Cpu)?, None)
    }

    /// [`numbers`] `[images, NUMBERS]` to unit rows `[images, ROWS, 128]`. While training, `dropped` of the
    /// standardised numbers fall out by chance.
    pub(crate) fn forward(&self, numbers: &Tensor, mut dropped: Option<(&mut Noise, f64)>) -> Result<Tensor> {
        let images = numbers.dim(0)?;
        let parts = PARTS * PARTS;
        let mut thin = |x: Tensor| match &mut dropped {
            Some((noise, share)) => drop(x, *share, Some(&mut **noise)),
            None => Ok(x),
        };
        let standard =
            |x: &Tensor, (mean, deviation): &(Tensor, Tensor)| x.broadcast_sub(mean)?.broadcast_div(deviation);
        let cells =
            numbers.narrow(1, 0, parts * LAST_CHANNELS)?.contiguous()?.reshape((images, parts, LAST_CHANNELS))?;
        let cells = standard(&cells, &self.last_statistics)?;
        let near = |x: Tensor, statistics| standard(&x.contiguous()?, statistics)?.clamp(-FURTHEST, FURTHEST);
        let style = near(numbers.narrow(1, parts * LAST_CHANNELS, STYLE)?, &self.style_statistics)?;
        let texture = near(numbers.narrow(1, FIRST_COVARIANCE, ROOTS)?, &self.texture_statistics)?;

        let whole = Tensor::cat(&[&cells.mean(1)?, &style], 1)?;
        let plain = Tensor::cat(&[&whole, &texture], 1)?;
        let plain = plain.pad_with_zeros(1, 0, PLAIN_ROWS * ROW_WIDTH - (LAST_CHANNELS + STYLE + ROOTS))?;
        let plain = plain.reshape((images, PLAIN_ROWS, ROW_WIDTH))?;
        let whole = thin(whole)?;
        let whole = linear(&whole, &self.whole.0, Some(&self.whole.1))?.reshape((images, WHOLE_ROWS, ROW_WIDTH))?;
        let part = linear(&thin(cells)?, &self.part.0, Some(&self.part.1))?;
        let mut rows = vec![whole, part];
        let stages = [(&style, &self.style), (&texture, &self.texture)];
        for (numbers, stages) in stages {
            let mut from = 0;
            for (weight, bias) in stages {
                let count = weight.dim(1)?;
                let stage = thin(numbers.narrow(1, from, count)?.contiguous()?)?;
                rows.push(linear(&stage, weight, Some(bias))?.unsqueeze(1)?);
                from += count;
            }
        }
        rows.push(plain);
        unit(&Tensor::cat(&rows, 1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::efficientnet::FeatureMap;

    #[test]
    fn parts_are_means_of_their_cells() {
        // 9 x 9 cells; every channel of a cell holds the number of its part, but the first cell is 9 too high.
        let mut values: Vec<f32> =
            (0..81).flat_map(|place| vec![(place / 27 * 3 + place % 9 / 3) as f32; LAST_CHANNELS]).collect();
        values[0] += 9.0;
        let last = FeatureMap { height: 9, width: 9, channels: LAST_CHANNELS, values };
        let pooled = pooled(&Features { style: vec![0.5; STYLE], covariances: vec![0.25; COVARIANCES], last });
        assert_eq!(pooled.len(), POOLED);
        assert_eq!(pooled[0], 1.0);
        for part in 1..9 {
            assert_eq!(pooled[part * LAST_CHANNELS], part as f32);
        }
        assert_eq!(pooled[FIRST_COVARIANCE - 1], 0.5);
        assert_eq!(pooled[FIRST_COVARIANCE..], [0.25; COVARIANCES]);
    }

    #[test]
    fn an_image_has_seventy_one_unit_rows() {
        let mut noise = Noise::new(3);
        let features: Vec<Vec<f32>> =
            (0..2).map(|_| noise.uniform(&[NUMBERS], 2.0).unwrap().to_vec1().unwrap()).collect();
        let whitening = Whitening::fit(std::iter::once([f16::ONE; COVARIANCES].as_slice()));
        let mut weights = statistics(features.iter().map(Vec::as_slice), &whitening).unwrap();
        for (name, shape) in tensors() {
            weights.entry(name).or_insert_with(|| noise.uniform(&shape, 0.1).unwrap());
        }
        let batch = Tensor::from_vec(features.concat(), (2, NUMBERS), &Device::Cpu).unwrap();
        let rows = ImageRows::load(&weights).unwrap().forward(&batch, None).unwrap();
        assert_eq!(rows.dims(), [2, 71, ROW_WIDTH]);
        for length in rows.sqr().unwrap().sum(2).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap() {
            assert!((length - 1.0).abs() < 1e-4, "{length}");
        }
    }
}
