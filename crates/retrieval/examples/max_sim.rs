//! Exact MaxSim three ways on the same shapes, on one thread: single precision over the `gemm` crate, bytes by the best instructions, bytes in plain Rust.
//!
//!     cargo run --release -p vitrine-retrieval --example max_sim
//!
//! Prints billions of multiplications a second for each, and the ratio of bytes to `gemm`. Documents together are larger than the nearer caches.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use vitrine_retrieval::{ByteQuery, ByteRows, ByteScratch, Instructions, MultiVector};

const WIDTH: usize = 128;
const DOCUMENTS: usize = 200;

fn rows(count: usize, seed: &mut u64) -> MultiVector {
    let mut next = || {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        (*seed >> 40) as f32 / (1u32 << 23) as f32 - 1.0
    };
    let values = (0..count * WIDTH).map(|_| next()).collect();
    MultiVector::normalised(values, WIDTH).unwrap()
}

/// The best of several rounds, in seconds.
fn best(mut run: impl FnMut()) -> f64 {
    let rounds = (0..15).map(|_| {
        let started = Instant::now();
        run();
        started.elapsed()
    });
    rounds.min().unwrap_or(Duration::ZERO).as_secs_f64()
}

fn with_gemm(query: &MultiVector, document: &MultiVector, products: &mut Vec<f32>, maxima: &mut Vec<f32>) -> f32 {
    let (n, m) = (document.len(), query.len());
    products.resize(n * m, 0.0);
    // SAFETY: the matrices have the lengths that sizes and strides say.
    #[allow(unsafe_code)]
    unsafe {
        gemm::gemm(
            m,
            n,
            WIDTH,
            products.as_mut_ptr(),
            m as isize,
            1,
            false,
            query.values().as_ptr(),
            1,
            WIDTH as isize,
            document.values().as_ptr(),
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
    maxima.clear();
    maxima.resize(m, f32::NEG_INFINITY);
    for row in products.chunks_exact(m) {
        maxima.iter_mut().zip(row).for_each(|(held, &v)| *held = if v > *held { v } else { *held });
    }
    maxima.iter().sum()
}

fn main() {
    let mut seed = 0x9e37_79b9_7f4a_7c15;
    println!("{:?}, one thread, rows of {WIDTH}", Instructions::best());
    println!(
        "| query x document rows | gemm f32, G/s | bytes, G/s | bytes, plain, G/s | bytes / gemm | largest difference a row |"
    );
    println!("|---|---|---|---|---|---|");
    for (query_rows, document_rows) in [(32, 150), (32, 300), (32, 768), (16, 150), (64, 768)] {
        let query = rows(query_rows, &mut seed);
        let documents: Vec<MultiVector> = (0..DOCUMENTS).map(|_| rows(document_rows, &mut seed)).collect();
        let coded: Vec<ByteRows> = documents.iter().map(ByteRows::from).collect();
        let (mut products, mut maxima, mut scratch) = (Vec::new(), Vec::new(), ByteScratch::default());
        let prepared = ByteQuery::from(&query);
        let mut difference = 0.0f32;
        for (document, coded) in documents.iter().zip(&coded) {
            let exact = with_gemm(&query, document, &mut products, &mut maxima);
            difference = difference.max((prepared.max_sim(coded, &mut scratch).unwrap() - exact).abs());
        }
        let work = (query_rows * document_rows * WIDTH * DOCUMENTS) as f64 / 1e9;
        let float = work
            / best(|| {
                for document in &documents {
                    let _ = black_box(with_gemm(&query, document, &mut products, &mut maxima));
                }
            });
        let mut bytes = |instructions| {
            work / best(|| {
                for document in &coded {
                    let _ = black_box(prepared.max_sim_with(document, &mut scratch, instructions));
                }
            })
        };
        let (quick, plain) = (bytes(Instructions::best()), bytes(Instructions::Portable));
        println!(
            "| {query_rows} x {document_rows} | {float:.1} | {quick:.1} | {plain:.1} | {:.2} | {:.5} |",
            quick / float,
            difference / query_rows as f32
        );
    }
}
