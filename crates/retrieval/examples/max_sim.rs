//! Exact MaxSim three ways on the same shapes, on one thread: single precision over the `gemm` crate, bytes by the best instructions, bytes in plain Rust.
//!
//!     cargo run --release -p vitrine-retrieval --example max_sim
//!
//! Prints billions of multiplications a second for each, what share that is of what the processor can do where every operand is in a register, and the ratio
//! of bytes to `gemm`. Documents together are larger than the nearer caches.
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

/// What one thread can do at most, in billions of multiplications a second, by instructions of single precision and of bytes. `None` where that is not known
/// how to ask.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod limits {
    use std::arch::x86_64::*;
    use std::hint::black_box;

    const TURNS: usize = 2_000_000;
    /// Sums that do not wait for each other: more than there are instructions under way.
    const SUMS: usize = 16;
    /// Multiplications of one instruction on tiles: 16 rows, 16 lanes, 64 bytes of each.
    #[cfg(target_os = "linux")]
    const TILE: usize = 16 * 16 * 64;

    pub fn floats() -> Option<f64> {
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has AVX-512.
            return Some(rate(16, || unsafe { floats_512() }));
        }
        // SAFETY: the processor has AVX2 and fused multiplications.
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"))
            .then(|| rate(8, || unsafe { floats_256() }))
    }

    pub fn bytes() -> Option<f64> {
        #[cfg(target_os = "linux")]
        if vitrine_retrieval::Instructions::best() == vitrine_retrieval::Instructions::Amx {
            // SAFETY: the processor has AMX, and finding that out asked the system for it.
            return Some(rate(4 * TILE / (SUMS * SUMS), || unsafe { bytes_amx() }));
        }
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni") {
            // SAFETY: the processor has AVX-512 VNNI.
            return Some(rate(64, || unsafe { bytes_512() }));
        }
        // SAFETY: the processor has AVX2.
        is_x86_feature_detected!("avx2").then(|| rate(32, || unsafe { bytes_256() }))
    }

    fn rate(lanes: usize, mut run: impl FnMut()) -> f64 {
        (lanes * SUMS * TURNS) as f64 / 1e9 / super::best(&mut run)
    }

    #[target_feature(enable = "avx512f")]
    fn floats_512() {
        let mut sums = [_mm512_setzero_ps(); SUMS];
        let factor = black_box(_mm512_set1_ps(0.5));
        for _ in 0..TURNS {
            sums.iter_mut().for_each(|s| *s = _mm512_fmadd_ps(*s, factor, factor));
        }
        black_box(sums);
    }

    #[target_feature(enable = "avx2,fma")]
    fn floats_256() {
        let mut sums = [_mm256_setzero_ps(); SUMS];
        let factor = black_box(_mm256_set1_ps(0.5));
        for _ in 0..TURNS {
            sums.iter_mut().for_each(|s| *s = _mm256_fmadd_ps(*s, factor, factor));
        }
        black_box(sums);
    }

    #[target_feature(enable = "avx512f,avx512vnni")]
    fn bytes_512() {
        let mut sums = [_mm512_setzero_si512(); SUMS];
        let factor = black_box(_mm512_set1_epi8(3));
        for _ in 0..TURNS {
            sums.iter_mut().for_each(|s| *s = _mm512_dpbusd_epi32(*s, factor, factor));
        }
        black_box(sums);
    }

    /// Four sums that do not wait for each other, a [`SUMS`]th as many turns as the others take.
    #[cfg(target_os = "linux")]
    unsafe fn bytes_amx() {
        #[repr(align(64))]
        struct Shapes([u8; 64]);
        let mut shapes = Shapes([0; 64]);
        shapes.0[0] = 1;
        for tile in 0..8 {
            (shapes.0[16 + 2 * tile], shapes.0[48 + tile]) = (64, 16);
        }
        // SAFETY: the caller vouches for the instructions; only tiles and the counter are changed.
        unsafe {
            std::arch::asm!(
                "ldtilecfg [{shapes}]",
                "2:",
                "tdpbusd tmm0, tmm6, tmm7",
                "tdpbusd tmm1, tmm6, tmm7",
                "tdpbusd tmm2, tmm6, tmm7",
                "tdpbusd tmm3, tmm6, tmm7",
                "dec {turns}",
                "jnz 2b",
                "tilerelease",
                shapes = in(reg) shapes.0.as_ptr(),
                turns = inout(reg) TURNS / SUMS => _,
                options(nostack, readonly),
            );
        }
    }

    /// Products of pairs, summed in 16 bits: what widens them comes once in a while.
    #[target_feature(enable = "avx2")]
    fn bytes_256() {
        let mut sums = [_mm256_setzero_si256(); SUMS];
        let factor = black_box(_mm256_set1_epi8(3));
        for _ in 0..TURNS {
            sums.iter_mut().for_each(|s| *s = _mm256_add_epi16(*s, _mm256_maddubs_epi16(factor, *s)));
        }
        black_box(sums);
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod limits {
    pub fn floats() -> Option<f64> {
        None
    }

    pub fn bytes() -> Option<f64> {
        None
    }
}

fn main() {
    let (float_limit, byte_limit) = (limits::floats(), limits::bytes());
    let told = |limit: Option<f64>| limit.map_or("unknown".to_owned(), |l| format!("{l:.0} G/s"));
    let share =
        |rate: f64, limit: Option<f64>| limit.map_or(String::new(), |l| format!(" ({:.0} %)", 100.0 * rate / l));
    println!("limits: single precision {}, bytes {}", told(float_limit), told(byte_limit));
    let mut seed = 0x9e37_79b9_7f4a_7c15;
    println!("one thread, rows of {WIDTH}");
    let names = Instructions::available().iter().map(|i| format!("bytes, {i:?} | ")).collect::<String>();
    println!(
        "| query x document rows | gemm f32, G/s | {names}{:?} / gemm | largest difference a row |",
        Instructions::best()
    );
    println!("|---|---|{}---|---|", "---|".repeat(Instructions::available().len()));
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
        let rates: Vec<f64> = Instructions::available().iter().map(|&instructions| bytes(instructions)).collect();
        let best = rates.last().copied().unwrap_or(f64::NAN);
        let told = rates.iter().map(|rate| format!("{rate:.1}{} | ", share(*rate, byte_limit))).collect::<String>();
        println!(
            "| {query_rows} x {document_rows} | {float:.1}{} | {told}{:.2} | {:.5} |",
            share(float, float_limit),
            best / float,
            difference / query_rows as f32
        );
    }
}
