//! The exact rankings that all others are compared with, from all rows in single precision.

use std::fs;
use std::io;
use std::path::Path;

use rayon::prelude::*;
use vitrine_retrieval::{MultiVector, top_k};

use crate::corpus::{Corpus, WIDTH};
use crate::measure::{Truth, gain};

const BEST: usize = 10;

/// The rankings of `chosen` queries over the first `count` documents, each as `of` makes it of its rows. Documents are made one at a time: memory holds no more
/// than their scores.
pub fn truths(
    corpus: &Corpus,
    count: usize,
    chosen: &[usize],
    of: &(dyn Fn(MultiVector) -> MultiVector + Sync),
) -> Vec<(u64, Truth)> {
    let widths: Vec<usize> = chosen.iter().map(|&q| corpus.queries[q].len()).collect();
    let every: Vec<f32> = chosen.iter().flat_map(|&q| corpus.queries[q].values().to_vec()).collect();
    let scores: Vec<Box<[f32]>> = (0..count)
        .into_par_iter()
        .map_init(Vec::new, |products, number| {
            let maxima = maxima(&of(corpus.document(number)), &every, products);
            let mut rest = &maxima[..];
            let sum = |&width: &usize| {
                let taken;
                (taken, rest) = rest.split_at(width);
                taken.iter().sum()
            };
            widths.iter().map(sum).collect()
        })
        .collect();
    chosen
        .iter()
        .enumerate()
        .map(|(at, &query)| {
            let of_query: Vec<f32> = scores.iter().map(|s| s[at]).collect();
            let best: Vec<u64> = top_k(&of_query, BEST).into_iter().map(|r| r.document as u64).collect();
            (query as u64, Truth { gain: gain(&best, query as u64), best })
        })
        .collect()
}

/// For each of the query rows `every` its highest product with a row of the document.
fn maxima(document: &MultiVector, every: &[f32], products: &mut Vec<f32>) -> Vec<f32> {
    let (n, m) = (document.len(), every.len() / WIDTH);
    products.resize(n * m, 0.0);
    // SAFETY: the matrices have the lengths that sizes and strides say.
    unsafe {
        gemm::gemm(
            n,
            m,
            WIDTH,
            products.as_mut_ptr(),
            1,
            m as isize,
            false,
            document.values().as_ptr(),
            1,
            WIDTH as isize,
            every.as_ptr(),
            WIDTH as isize,
            1,
            0.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
    let mut maxima = vec![f32::NEG_INFINITY; m];
    for row in products.chunks_exact(m) {
        maxima.iter_mut().zip(row).for_each(|(held, &v)| *held = if v > *held { v } else { *held });
    }
    maxima
}

/// The rankings in the file at `path`, or those that `make` finds, which are then kept there: they cost minutes where there are many documents.
pub fn kept(path: &Path, make: impl FnOnce() -> Vec<(u64, Truth)>) -> io::Result<Vec<(u64, Truth)>> {
    if let Ok(text) = fs::read_to_string(path) {
        let read = |line: &str| -> Option<(u64, Truth)> {
            let numbers = line.split(' ').map(str::parse).collect::<Result<Vec<u64>, _>>().ok()?;
            let (&query, best) = numbers.split_first()?;
            Some((query, Truth { gain: gain(best, query), best: best.to_vec() }))
        };
        if let Some(truths) = text.lines().map(read).collect() {
            return Ok(truths);
        }
    }
    let truths = make();
    let line = |(query, truth): &(u64, Truth)| {
        let numbers = std::iter::once(query).chain(&truth.best).map(u64::to_string).collect::<Vec<_>>();
        numbers.join(" ") + "\n"
    };
    fs::write(path, truths.iter().map(line).collect::<String>())?;
    Ok(truths)
}
