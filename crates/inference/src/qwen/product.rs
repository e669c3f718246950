//! Matrix products of f32 on the CPU, the `gemm` crate's behind an interface that checks what it is given.
#![allow(unsafe_code)]

/// to (+)= scale * left right; numbers of a row of `to` and of `left` lie together.
pub(super) struct Product<'a> {
    /// Rows of the result, its columns, and what is summed over.
    pub(super) size: (usize, usize, usize),
    /// The result, the way from one of its rows to the next, whether the product is added.
    pub(super) to: (&'a mut [f32], usize, bool),
    /// The left matrix and the way from one of its rows to the next.
    pub(super) left: (&'a [f32], usize),
    /// The right matrix, the way from one of its rows to the next and that from column to column.
    pub(super) right: (&'a [f32], usize, usize),
    pub(super) scale: f32,
    /// How many threads may share the work.
    pub(super) threads: usize,
}

/// Computes it. Slices too short for the strides are a programming error and panic.
pub(super) fn product(product: Product) {
    let Product { size: (rows, columns, inner), to, left, right, scale, threads } = product;
    if rows == 0 || columns == 0 || inner == 0 {
        return;
    }
    assert!((rows - 1) * to.1 + columns <= to.0.len());
    assert!((rows - 1) * left.1 + inner <= left.0.len());
    assert!((inner - 1) * right.1 + (columns - 1) * right.2 < right.0.len());
    let parallelism = if threads > 1 { gemm::Parallelism::Rayon(threads) } else { gemm::Parallelism::None };
    // SAFETY: every number that the strides reach lies within its slice, as was just checked, and `to` is borrowed alone.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            inner,
            to.0.as_mut_ptr(),
            1,
            to.1 as isize,
            to.2,
            left.0.as_ptr(),
            1,
            left.1 as isize,
            right.0.as_ptr(),
            right.2 as isize,
            right.1 as isize,
            if to.2 { 1.0f32 } else { 0.0 },
            scale,
            false,
            false,
            false,
            parallelism,
        );
    }
}
