//! How large what is left over of a row is. It varies several times over from row to row, and once its size is known its numbers are spread normally: so rows are
//! told apart by scales, all levels grow with them, and larger rows have more bits, so that all err about alike (reverse water-filling: Cover and Thomas, Elements
//! of Information Theory, 10.3.3).

use super::basis::BLOCK;
use super::levels::{MOST_BITS, lloyd_error};

/// Scales that are told apart: four bits a row.
pub(crate) const SCALES: usize = 16;
/// The share of rows that may lie beyond the outermost scales, at either end.
const BEYOND: f64 = 0.005;

/// Rows of one scale.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scale {
    /// How large what is left over of them is: one is the root mean square of all rows.
    pub(crate) size: f32,
    /// Bits a number of coarse and fine code together, for each block; one of them is the path's.
    pub(crate) bits: Vec<u8>,
}

/// A block of directions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Block {
    /// Bits a number of the coarse code: the same for rows of every scale.
    pub(crate) coarse_bits: u8,
    /// The root mean square of its numbers.
    pub(crate) deviation: f32,
}

/// The size of what is left over of a row, where numbers of the blocks have these deviations.
pub(crate) fn size_of(rest: &[f32], deviations: impl Iterator<Item = f32>) -> f32 {
    let (mut sum, mut blocks) = (0.0, 0.0f32);
    for (numbers, deviation) in rest.chunks_exact(BLOCK).zip(deviations).filter(|(_, deviation)| *deviation > 0.0) {
        sum += numbers.iter().map(|v| v * v).sum::<f32>() / (deviation * deviation * BLOCK as f32);
        blocks += 1.0;
    }
    (sum / blocks.max(1.0)).sqrt()
}

/// The scale nearest to a size, by their ratio; scales grow.
pub(crate) fn nearest(scales: impl Iterator<Item = f32> + Clone, size: f32) -> u8 {
    let pairs = scales.clone().zip(scales.skip(1));
    pairs.take_while(|(smaller, larger)| size * size > smaller * larger).count() as u8
}

/// The scales that sizes like these are told apart by: each as many times the one before.
pub(crate) fn spread(mut sizes: Vec<f32>) -> [f32; SCALES] {
    sizes.retain(|&size| size > 0.0);
    sizes.sort_unstable_by(f32::total_cmp);
    let at = |share: f64| sizes.get((share * sizes.len() as f64) as usize).copied().unwrap_or(1.0);
    let (low, high) = (at(BEYOND), at(1.0 - BEYOND));
    std::array::from_fn(|number| low * (high / low).powf(number as f32 / (SCALES - 1) as f32))
}

/// Bits of coarse code for each block: each next one goes to the block where it lessens the error of products most. `weights` say what an error of one squared
/// deviation weighs there, `counts` how numbers are spread.
pub(crate) fn coarse_bits(weights: &[f64], counts: &[u64], bits: f32) -> Vec<u8> {
    let errors: Vec<f64> = (0..MOST_BITS).map(|bits| lloyd_error(counts, bits)).collect();
    let gain = |block: usize, bits: u8| weights[block] * (errors[usize::from(bits)] - errors[usize::from(bits) + 1]);
    let mut held = vec![0u8; weights.len()];
    for _ in 0..(bits * weights.len() as f32).round() as usize {
        let open = (0..held.len()).filter(|&block| held[block] + 1 < MOST_BITS);
        let Some(next) = open.max_by(|&a, &b| gain(a, held[a]).total_cmp(&gain(b, held[b])).then(b.cmp(&a))) else {
            break;
        };
        held[next] += 1;
    }
    held
}

/// Bits of coarse and fine code for rows of each scale, so that all rows together have `bits` a number: each next one goes to the block of the scale where
/// it lessens the error most. `shares` are those of the rows that each scale has, `errors` what each number of bits leaves of one squared deviation.
pub(crate) fn scales(
    sizes: [f32; SCALES],
    shares: [f64; SCALES],
    (weights, coarse): (&[f64], &[u8]),
    errors: &[f64],
    bits: f32,
) -> Vec<Scale> {
    let mut scales: Vec<Scale> =
        sizes.iter().map(|&size| Scale { size, bits: coarse.iter().map(|coarse| coarse + 1).collect() }).collect();
    let blocks = coarse.len() as f64;
    let mut held: f64 = coarse.iter().map(|&coarse| f64::from(coarse) + 1.0).sum();
    let gain = |scale: &Scale, block: usize| {
        let bits = usize::from(scale.bits[block]);
        f64::from(scale.size).powi(2) * weights[block] * (errors[bits] - errors[bits + 1])
    };
    loop {
        let room = f64::from(bits) * blocks + 1e-6 - held;
        let open = |&(scale, block): &(usize, usize)| scales[scale].bits[block] < MOST_BITS && shares[scale] <= room;
        let places = (0..SCALES).flat_map(|scale| (0..coarse.len()).map(move |block| (scale, block))).filter(open);
        let next = places.max_by(|a, b| gain(&scales[a.0], a.1).total_cmp(&gain(&scales[b.0], b.1)).then(b.cmp(a)));
        let Some((scale, block)) = next else { return scales };
        scales[scale].bits[block] += 1;
        held += shares[scale];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_apart_by_their_ratios() {
        let scales = spread((1..=1000).map(|i| i as f32 / 100.0).collect());
        assert!(scales.windows(2).all(|pair| pair[1] > pair[0]));
        assert!((scales[0] - 0.06).abs() < 0.02 && (scales[15] - 9.96).abs() < 0.02, "{scales:?}");
        for (number, &scale) in scales.iter().enumerate() {
            for nearby in [0.97, 1.03] {
                assert_eq!(usize::from(nearest(scales.iter().copied(), scale * nearby)), number);
            }
        }
        assert_eq!((nearest(scales.iter().copied(), 0.0), nearest(scales.iter().copied(), 1e9)), (0, 15));
        assert_eq!(spread(vec![0.0; 3]), [1.0; SCALES]);
    }

    #[test]
    fn larger_rows_have_more_bits_and_all_together_as_many_as_wished() {
        let sizes = std::array::from_fn(|number| 0.25 * 1.2f32.powi(number as i32));
        let errors: Vec<f64> = (0..=MOST_BITS).map(|bits| 0.26f64.powi(bits.into())).collect();
        let made = scales(sizes, [1.0 / 16.0; SCALES], (&[2.0, 1.0, 1.0, 0.5], &[2, 1, 1, 0]), &errors, 3.0);
        let all = made.iter().map(|s| s.bits.iter().map(|&b| f64::from(b)).sum::<f64>()).sum::<f64>() / 64.0;
        assert!(all <= 3.0 && all > 2.95, "{all}");
        for pair in made.windows(2) {
            assert!(pair[0].bits.iter().zip(&pair[1].bits).all(|(small, large)| small <= large));
        }
        assert!(made.iter().all(|s| s.bits.iter().zip([2, 1, 1, 0]).all(|(&all, coarse)| all > coarse)));
        assert!(made[15].bits[0] > made[0].bits[0]);
    }
}
