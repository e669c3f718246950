//! Products of f32 matrices: the `gemm` crate's inner loops, shared out over our threads.

#![allow(unsafe_code)]

use gemm::Parallelism;

use crate::{KernelError, Pool, error::expect_length, pool::Disjoint};

/// A matrix somewhere in memory: element (i, j) lies at `start + i · row + j · column`.
#[derive(Clone, Copy)]
pub(crate) struct Strided {
    pub(crate) start: *const f32,
    pub(crate) row: usize,
    pub(crate) column: usize,
}

/// `output [m, n] = input [m, k] · weightᵀ [k, n] (+ bias [n])`, where `weight` lies as `[n, k]`: outputs, inputs, as checkpoints hold it.
#[allow(clippy::too_many_arguments, reason = "two matrices, a vector, their sizes")]
pub fn linear(
    input: &[f32],
    weight: &[f32],
    bias: Option<&[f32]>,
    m: usize,
    k: usize,
    n: usize,
    output: &mut [f32],
    pool: &Pool,
) -> Result<(), KernelError> {
    expect_length("the input of a product", m.checked_mul(k), input.len())?;
    expect_length("the weights of a product", n.checked_mul(k), weight.len())?;
    expect_length("the output of a product", m.checked_mul(n), output.len())?;
    if let Some(bias) = bias {
        expect_length("the bias of a product", Some(n), bias.len())?;
    }
    if m == 0 || n == 0 {
        return Ok(());
    }
    // Tiles of the output. Tall ones, as the weights' share of a tile is rearranged for each; but enough of them for all threads.
    let (tall, wide) =
        if m >= 64 * pool.threads() { (256.min(m.div_ceil(pool.threads())), n.min(1024)) } else { (m, 256.min(n)) };
    let across = n.div_ceil(wide);
    let output = Disjoint::new(output);
    pool.run(m.div_ceil(tall) * across, &|item| {
        let (top, left) = (item / across * tall, item % across * wide);
        let (height, width) = (tall.min(m - top), wide.min(n - left));
        if let Some(bias) = bias {
            for row in top..top + height {
                // SAFETY: tiles don't overlap, and neither do a tile's rows.
                unsafe { output.part(row * n + left, width) }.copy_from_slice(&bias[left..left + width]);
            }
        }
        let a = Strided { start: input[top * k..].as_ptr(), row: k, column: 1 };
        let b = Strided { start: weight[left * k..].as_ptr(), row: 1, column: k };
        // SAFETY: the tile lies within the output, the rows and columns within input and weights, by the lengths checked above.
        unsafe { product(a, b, (height, k, width), output.start_at(top * n + left), n, bias.is_some()) };
    });
    Ok(())
}

/// `output [m, n] (+)= a [m, k] · b [k, n]` on this thread; `sizes` is (m, k, n), rows of `output` lie `stride` apart.
///
/// # Safety
/// All elements that the sizes span can be read, those of the output written, and no other thread touches the latter.
pub(crate) unsafe fn product(
    a: Strided,
    b: Strided,
    sizes: (usize, usize, usize),
    output: *mut f32,
    stride: usize,
    add: bool,
) {
    let (m, k, n) = sizes;
    // SAFETY: passed on to the caller; strides of slices in memory fit isize.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            output,
            1,
            stride as isize,
            add,
            a.start,
            a.column as isize,
            a.row as isize,
            b.start,
            b.column as isize,
            b.row as isize,
            if add { 1.0 } else { 0.0 },
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_equal_plain_sums() {
        let pool = Pool::new(2);
        let wave = |count: usize, step: f64| -> Vec<f32> {
            (0..count).map(|i| ((i as f64 * step).sin() * 43758.5453).fract() as f32).collect()
        };
        for (m, k, n) in [(1, 1, 1), (1, 64, 1030), (3, 17, 5), (130, 40, 70), (300, 33, 257), (7, 0, 3), (0, 4, 3)] {
            let (input, weight, bias) = (wave(m * k, 12.9898), wave(n * k, 78.233), wave(n, 3.7));
            for bias in [None, Some(&bias[..])] {
                let mut output = vec![f32::NAN; m * n];
                linear(&input, &weight, bias, m, k, n, &mut output, &pool).unwrap();
                for i in 0..m {
                    for j in 0..n {
                        let sum: f32 = (0..k).map(|x| input[i * k + x] * weight[j * k + x]).sum();
                        let expected = sum + bias.map_or(0.0, |bias| bias[j]);
                        assert!((output[i * n + j] - expected).abs() < 1e-4, "{m} {k} {n}: {i} {j}");
                    }
                }
            }
        }
        assert!(linear(&[0.0; 6], &[0.0; 6], None, 2, 3, 2, &mut [0.0; 5], &pool).is_err());
        assert!(linear(&[0.0; 6], &[0.0; 6], None, usize::MAX, 3, 2, &mut [0.0; 4], &pool).is_err());
    }
}
