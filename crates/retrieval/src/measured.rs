//! How near the kernels of a search over codes come to what the processor can do. Exact MaxSim on bytes has a program of its own, `examples/max_sim.rs`.
//!
//!     cargo test --release -p vitrine-retrieval --lib measured -- --ignored --nocapture

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::MultiVector;
use crate::codebook::{Codebook, CodebookOptions, Coded, Random, decode};
use crate::kernels::lanes::{
    CodeProducts, GROUP, mark_rows, raise_bytes, raise_from_bases, raise_from_bytes, roughen, widen_range,
};
use crate::kernels::{FINE_CENTRE, Instructions, LANES, Table, products};

const WIDTH: usize = 128;
const CENTROIDS: usize = 8192;
/// Rows whose products stand in memory at once in a search.
const ROWS: usize = 64;

/// The best of several rounds: how often a second `run` does what it does `times` times.
fn rate(times: usize, mut run: impl FnMut()) -> f64 {
    let rounds = (0..25).map(|_| {
        let started = Instant::now();
        run();
        started.elapsed()
    });
    times as f64 / rounds.min().unwrap_or(Duration::ZERO).as_secs_f64()
}

/// What one thread can do at most where nothing waits for memory: operations a second.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod limits {
    use std::arch::x86_64::*;

    use super::*;

    const TURNS: usize = 200_000;
    /// Operations that do not wait for each other.
    const AT_ONCE: usize = 16;

    /// So that no vector lies across two lines of the cache.
    #[repr(align(64))]
    struct Memory([u8; 64 * AT_ONCE]);

    /// A limit of this name, where the processor has the features: [`TURNS`] times [`AT_ONCE`] operations, each on what is held from the one as many before and on
    /// the place of one of as many vectors of so many bytes in memory.
    macro_rules! limit {
        ($(#[$about:meta])* $name:ident, $features:literal, $bytes:literal, $nothing:expr, |$held:ident, $place:ident| $operation:expr) => {
            $(#[$about])*
            pub(super) fn $name() -> Option<f64> {
                #[target_feature(enable = $features)]
                unsafe fn turns(memory: &mut Memory) {
                    let mut all = [$nothing; AT_ONCE];
                    for _ in 0..TURNS {
                        let vectors = black_box(&mut *memory).0.as_mut_ptr();
                        for (at, $held) in all.iter_mut().enumerate() {
                            // SAFETY: there are as many vectors of up to 64 bytes.
                            let $place = unsafe { vectors.add($bytes * at) };
                            $operation
                        }
                    }
                    black_box(all);
                }
                let has = |feature: &str| match feature {
                    "avx2" => is_x86_feature_detected!("avx2"),
                    "avx512vnni" => is_x86_feature_detected!("avx512vnni"),
                    _ => is_x86_feature_detected!("avx512f"),
                };
                let mut memory = Memory([1; 64 * AT_ONCE]);
                // SAFETY: the features are there.
                $features.split(',').all(has).then(|| rate(TURNS * AT_ONCE, || unsafe { turns(&mut memory) }))
            }
        };
    }

    limit!(
        /// Vectors of 32 bytes read and compared.
        maxima, "avx2", 32, _mm256_setzero_si256(),
        // SAFETY: 32 bytes.
        |held, place| *held = _mm256_max_epu8(*held, unsafe { _mm256_loadu_si256(place.cast()) })
    );
    limit!(
        /// Vectors of 32 bytes written.
        stores, "avx2", 32, _mm256_set1_epi8(3),
        // SAFETY: 32 bytes.
        |held, place| unsafe { _mm256_storeu_si256(place.cast(), *held) }
    );
    limit!(
        /// Vectors of 64 bytes read.
        loads, "avx512f", 64, _mm512_setzero_si512(),
        // SAFETY: 64 bytes.
        |held, place| *held = _mm512_or_si512(*held, unsafe { _mm512_loadu_si512(place.cast()) })
    );
    limit!(
        /// Sixteen numbers looked up in the nearest cache.
        gathers, "avx512f", 64, _mm512_setzero_si512(),
        |held, place| {
            let places = _mm512_and_si512(*held, _mm512_set1_epi32(15));
            // SAFETY: the sixteen numbers of a vector.
            *held = unsafe { _mm512_i32gather_epi32::<4>(places, place.cast()) };
        }
    );
    limit!(
        /// Additions of sixteen numbers of single precision.
        additions, "avx512f", 64, _mm512_set1_ps(0.5),
        |held, _place| *held = _mm512_add_ps(*held, _mm512_set1_ps(0.5))
    );
    limit!(
        /// Sums of products of 64 bytes.
        products, "avx512f,avx512vnni", 64, _mm512_setzero_si512(),
        |held, _place| *held = _mm512_dpbusd_epi32(*held, _mm512_set1_epi8(3), _mm512_set1_epi8(3))
    );
}

#[cfg(not(target_arch = "x86_64"))]
mod limits {
    macro_rules! unknown {
        ($($name:ident),*) => { $(pub(super) fn $name() -> Option<f64> { None })* };
    }
    unknown!(maxima, stores, loads, gathers, additions, products);
}

fn told(name: &str, rows: f64, each: f64, (bound, limit): (&str, Option<f64>)) {
    let share = limit.map_or("unknown".to_owned(), |limit| format!("{:.0} %", 100.0 * rows * each / limit));
    println!("| {name} | {:.1} | {each} {bound} | {share} |", rows / 1e6);
}

#[test]
#[ignore = "a measurement: prints what share of the processor's limits each kernel of a search reaches"]
#[allow(clippy::print_stdout)]
fn kernels_beside_the_limits_of_the_processor() {
    let mut random = Random::new(1);
    let mut byte = |below: usize| (random.next() % below as u64) as u8;
    let (maxima, stores, loads) = (limits::maxima(), limits::stores(), limits::loads());
    let (gathers, additions, multiplied) = (limits::gathers(), limits::additions(), limits::products());
    let rough: Vec<[u8; GROUP]> = (0..CENTROIDS).map(|_| std::array::from_fn(|_| byte(256))).collect();
    let mut number = || (usize::from(byte(256)) << 8 | usize::from(byte(256))) % CENTROIDS;
    let numbers: Vec<u32> = (0..150 * 200).map(|_| number() as u32).collect();
    let two_bytes: Vec<[u8; 2]> = numbers.iter().map(|&n| (n as u16).to_le_bytes()).collect();
    println!("\n{:?}, 32 query rows, rows of {WIDTH}, one thread\n", Instructions::best());
    println!("| kernel | million rows a second | at least, a row | share of the limit |\n|---|---|---|---|");

    // A document at a time, as a search goes through them.
    let rows = rate(numbers.len(), || {
        for document in two_bytes.chunks(150) {
            let mut best = [0; GROUP];
            raise_bytes(&rough, document, &mut best);
            black_box(best);
        }
    });
    told("a row's centroid: its products with all query rows, their maxima", rows, 1.0, ("reads of 32 bytes", maxima));
    let (kinds, mut marked) = (vec![3; 150], vec![0; 150]);
    let rows = rate(numbers.len(), || {
        for document in two_bytes.chunks(150) {
            mark_rows(&rough, document, &kinds, &[[250; GROUP]; 16], &mut marked);
        }
        black_box(&marked);
    });
    told("rows to look at, by their centroids", rows, 1.0, ("reads of 32 bytes", maxima));

    let mut normal = Random::new(2);
    let rows = (0..400 * WIDTH).map(|_| normal.normal() as f32).collect();
    let document = MultiVector::normalised(rows, WIDTH).unwrap();
    for (name, options) in
        [("for_rows", CodebookOptions::for_rows(400_000)), ("small", CodebookOptions::small(400_000))]
    {
        let options = CodebookOptions { centroids: Some(32), near: 0.0, ..options };
        let book = Codebook::train(std::slice::from_ref(&document), &options).unwrap();
        let rows = rate(document.len(), || drop(black_box(book.encode(&document))));
        // Two walks, 64 states with two ways to each.
        told(&format!("a row's codes made, {name}"), rows, 2.0 * 128.0 * 128.0 / 16.0, ("additions of 16", additions));
        let codes = book.encode(&document);
        let (decoding, _) = book.coarse_decoding();
        let chosen: Vec<u32> = (0..ROWS as u32).collect();
        let mut bytes = vec![0; ROWS * WIDTH];
        let rows = rate(100 * ROWS, || {
            for _ in 0..100 {
                decode(&decoding, &chosen, &codes.coarse, &mut bytes);
                black_box(&mut bytes);
            }
        });
        told(&format!("a row's bytes from its coarse code, {name}"), rows, 4.0, ("writes of 32 bytes", stores));
        let coded = Coded { scales: &codes.scales, coarse: &codes.coarse, stream: &codes.fine };
        let look = |_: usize, bytes: Option<&[u8]>| assert!(black_box(bytes).is_some());
        let rows = rate(8 * document.len(), || book.decode_full(&[coded; 8], look));
        let each = WIDTH as f64 / 16.0;
        told(&format!("a row's bytes from both codes, {name}"), rows, each, ("look-ups of 16 numbers", gathers));
    }

    const LANE_BLOCKS: usize = GROUP / LANES;
    let query: Vec<i8> = (0..GROUP * WIDTH).map(|at| (at * 37 % 127) as i8 - 63).collect();
    let bytes: Vec<u8> = (0..ROWS * WIDTH).map(|at| (at * 91 % 255) as u8).collect();
    let mut sums = vec![0i32; ROWS * GROUP];
    for lanes in (LANES..=GROUP).step_by(LANES) {
        let table = Table::from_bytes(&query[..lanes * WIDTH], WIDTH, &[], FINE_CENTRE);
        let rows = rate(100 * ROWS, || {
            for _ in 0..100 {
                products(&table, &bytes, &mut sums, Instructions::best());
                black_box(&mut sums);
            }
        });
        let each = (lanes * WIDTH / 64) as f64;
        let name = format!("products of a row's bytes with {lanes} query rows");
        told(&name, rows, each, ("sums of 64 products", multiplied));
    }
    let (scales, sizes) = (vec![[1e-4; LANES]; LANE_BLOCKS], vec![0.8; ROWS]);
    let blocks = sums.as_chunks().0;
    let (mut low, mut high) = ([f32::MAX; LANES], [f32::MIN; LANES]);
    let rows = rate(100 * ROWS, || {
        for _ in 0..100 {
            widen_range(&mut low, &mut high, blocks, &sizes, &scales);
            black_box(&mut low);
        }
    });
    told("the range of a centroid's products", rows, 2.0, ("reads of 64 bytes", loads));
    let mut rough_of = vec![[0; GROUP]; ROWS];
    let rows = rate(100 * ROWS, || {
        for _ in 0..100 {
            roughen(&mut rough_of, blocks, &sizes, &scales, 0, -1.0, 100.0);
            black_box(&mut rough_of);
        }
    });
    told("a centroid's products as bytes", rows, 2.0, ("reads of 64 bytes", loads));
    let of_codes = CodeProducts { sums: sums.as_chunks().0, lanes: LANE_BLOCKS, scales: &scales, sizes: &sizes };
    let bases: Vec<[f32; LANES]> = vec![[0.5; LANES]; ROWS * LANE_BLOCKS];
    let places: Vec<u32> = (0..ROWS as u32).map(|row| row * 37 % ROWS as u32).collect();
    let mut best = [[f32::MIN; LANES]; LANE_BLOCKS];
    let rows = rate(100 * ROWS, || {
        for _ in 0..100 {
            raise_from_bytes(&mut best, (&rough, &numbers[..ROWS], 0), 0.01, of_codes);
            black_box(&mut best);
        }
    });
    told("maxima of coarse scores", rows, 2.5, ("reads of 64 bytes", loads));
    let rows = rate(100 * ROWS, || {
        for _ in 0..100 {
            raise_from_bases(&mut best, (&bases, &places), of_codes);
            black_box(&mut best);
        }
    });
    told("maxima of full scores", rows, 4.0, ("reads of 64 bytes", loads));
    assert!(best.as_flattened().iter().all(|score| score.is_finite()));
}
