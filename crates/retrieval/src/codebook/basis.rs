//! The rotation before the codes: principal directions of what the centroids leave over, by how far rows differ there.

/// Directions that share their number of bits of coarse code.
pub(crate) const BLOCK: usize = 32;

/// Eigenvectors of the symmetric `[n, n]` matrix, by falling eigenvalue, one a row of the result: cyclic Jacobi rotations
/// (Golub and Van Loan, Matrix Computations, 8.5).
pub(crate) fn eigenvectors(mut matrix: Vec<f64>, n: usize) -> Vec<f64> {
    let mut vectors = vec![0.0; n * n];
    for i in 0..n {
        vectors[i * n + i] = 1.0;
    }
    for _ in 0..30 {
        let off: f64 = (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| matrix[i * n + j].powi(2)).sum();
        let all: f64 = matrix.iter().map(|v| v * v).sum();
        if off <= 1e-18 * all {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                let apq = matrix[p * n + q];
                if apq == 0.0 {
                    continue;
                }
                let theta = (matrix[q * n + q] - matrix[p * n + p]) / (2.0 * apq);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let t = if theta == 0.0 { 1.0 } else { t };
                let c = 1.0 / (t * t + 1.0).sqrt();
                let s = t * c;
                for k in 0..n {
                    let (a, b) = (matrix[k * n + p], matrix[k * n + q]);
                    matrix[k * n + p] = c * a - s * b;
                    matrix[k * n + q] = s * a + c * b;
                }
                for k in 0..n {
                    let (a, b) = (matrix[p * n + k], matrix[q * n + k]);
                    matrix[p * n + k] = c * a - s * b;
                    matrix[q * n + k] = s * a + c * b;
                    let (a, b) = (vectors[p * n + k], vectors[q * n + k]);
                    vectors[p * n + k] = c * a - s * b;
                    vectors[q * n + k] = s * a + c * b;
                }
            }
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| matrix[b * n + b].total_cmp(&matrix[a * n + a]));
    order.iter().flat_map(|&i| vectors[i * n..(i + 1) * n].to_vec()).collect()
}

/// The sum of the outer products of the rows (`[rows, n]`), divided by their number: `[n, n]`.
pub(crate) fn second_moments(rows: &[f32], n: usize) -> Vec<f64> {
    use rayon::prelude::*;
    let partial = |chunk: &[f32]| {
        let mut sum = vec![0.0f64; n * n];
        for row in chunk.chunks_exact(n) {
            for (i, &a) in row.iter().enumerate() {
                for (cell, &b) in sum[i * n..(i + 1) * n].iter_mut().zip(row) {
                    *cell += f64::from(a * b);
                }
            }
        }
        sum
    };
    let add = |mut a: Vec<f64>, b: Vec<f64>| {
        a.iter_mut().zip(&b).for_each(|(a, b)| *a += b);
        a
    };
    // Summed in one order whatever the number of threads, so that the same rows give the same codebook.
    let parts: Vec<Vec<f64>> = rows.par_chunks(n * 4096).map(partial).collect();
    let count = (rows.len() / n).max(1) as f64;
    parts.into_iter().fold(vec![0.0; n * n], add).into_iter().map(|v| v / count).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Random;
    use super::*;

    fn product(a: &[f64], b: &[f64], n: usize) -> Vec<f64> {
        (0..n * n).map(|at| (0..n).map(|k| a[at / n * n + k] * b[at % n * n + k]).sum()).collect()
    }

    #[test]
    fn eigenvectors_diagonalise_and_fall() {
        let n = 12;
        let mut random = Random::new(3);
        let rows: Vec<f32> = (0..n * 40).map(|i| (random.normal() * (1.0 + (i % n) as f64)) as f32).collect();
        let matrix = second_moments(&rows, n);
        let vectors = eigenvectors(matrix.clone(), n);
        let along: Vec<f64> = product(&product(&vectors, &matrix, n), &vectors, n);
        for i in 0..n {
            assert!(i == 0 || along[i * n + i] <= along[(i - 1) * n + i - 1] + 1e-9);
            for j in 0..i {
                assert!(along[i * n + j].abs() < 1e-6 * along[0], "{i} {j} {}", along[i * n + j]);
            }
        }
    }
}
