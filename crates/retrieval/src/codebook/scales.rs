//! How large what is left over of a row is. It varies several times over from row to row, and once its size is known its numbers are spread normally: so rows are
//! told apart by scales, and what codes can say of a number depends on the scale of its row (see [`super::symbols`]).

use super::levels::MOST_BITS;

/// Scales that are told apart: four bits a row.
pub(crate) const SCALES: usize = 16;
/// The share of rows that may lie beyond the outermost scales, at either end.
const BEYOND: f64 = 0.005;

/// The size of what is left over of a row, whose numbers have these deviations over all rows.
pub(crate) fn size_of(rest: &[f32], deviations: &[f32]) -> f32 {
    let (mut sum, mut numbers) = (0.0, 0.0f32);
    for (number, deviation) in rest.iter().zip(deviations).filter(|(_, deviation)| **deviation > 0.0) {
        sum += (number / deviation).powi(2);
        numbers += 1.0;
    }
    (sum / numbers.max(1.0)).sqrt()
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

/// Bits of coarse code for each block: each next one goes where most of the error of products is left, of which every bit leaves a quarter. `weights` say what an error
/// of one squared deviation weighs in a block.
pub(crate) fn coarse_bits(weights: &[f64], bits: f32) -> Vec<u8> {
    let mut held = vec![0u8; weights.len()];
    let left = |block: usize, held: u8| weights[block] * 0.25f64.powi(held.into());
    for _ in 0..(bits * weights.len() as f32).round() as usize {
        let open = (0..held.len()).filter(|&block| held[block] + 1 < MOST_BITS);
        let Some(next) = open.max_by(|&a, &b| left(a, held[a]).total_cmp(&left(b, held[b])).then(b.cmp(&a))) else {
            break;
        };
        held[next] += 1;
    }
    held
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
    fn coarse_bits_go_where_most_is_left() {
        assert_eq!(coarse_bits(&[9.0, 3.0, 1.0, 0.3], 1.0), [2, 1, 1, 0]);
        assert_eq!(coarse_bits(&[1.0, 0.0], 4.0), [4, 4]);
    }
}
