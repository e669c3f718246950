//! Lengths of vectors and angles between them.

/// The vector at unit length; zeros stay zeros.
pub(crate) fn unit(mut values: Vec<f32>) -> Vec<f32> {
    let length = dot(&values, &values).sqrt().max(1e-12);
    values.iter_mut().for_each(|value| *value /= length);
    values
}

/// The product of two vectors of one width.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
