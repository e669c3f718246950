//! Loops over the lanes of a query, in plain Rust, compiled once more for AVX2: the compiler makes vectors of them by itself.
#![allow(clippy::needless_range_loop, reason = "loops over lanes, each over several arrays at once")]

use super::{Instructions, TO_INTEGER};

/// Query rows whose rough scores stand together: a vector of bytes.
pub(crate) const GROUP: usize = 32;

/// Rough scores of one group of query rows with every centroid.
pub(crate) type Rough = [[u8; GROUP]];

macro_rules! twice {
    ($(#[$about:meta])* $name:ident, $avx2:ident, $portable:ident, ($($argument:ident: $kind:ty),*)) => {
        $(#[$about])*
        #[allow(unsafe_code)]
        #[inline]
        pub(crate) fn $name($($argument: $kind),*) {
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") {
                // SAFETY: the processor has AVX2; the function is a safe one but for that.
                return unsafe { $avx2($($argument),*) };
            }
            $portable($($argument),*);
        }

        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2")]
        fn $avx2($($argument: $kind),*) {
            $portable($($argument),*);
        }
    };
}

pub(crate) use twice;

twice! {
    /// Raises each lane of `maxima` to its highest score among the centroids named (two bytes each).
    raise_bytes, raise_bytes_avx2, raise_bytes_portable, (rough: &Rough, centroids: &[[u8; 2]], maxima: &mut [u8; GROUP])
}

#[inline(always)]
fn raise_bytes_portable(rough: &Rough, centroids: &[[u8; 2]], maxima: &mut [u8; GROUP]) {
    let Some(last) = rough.len().checked_sub(1) else { return };
    let mut held = *maxima;
    for number in centroids {
        let scores = &rough[usize::from(u16::from_le_bytes(*number)).min(last)];
        for (held, &score) in held.iter_mut().zip(scores) {
            *held = (*held).max(score);
        }
    }
    *maxima = held;
}

twice! {
    /// Marks the rows whose centroid scores at least what `least` says for rows of their kind, in any lane.
    mark_rows, mark_rows_avx2, mark_rows_portable,
    (rough: &Rough, centroids: &[[u8; 2]], kinds: &[u8], least: &[[u8; GROUP]; KINDS], marked: &mut [u8])
}

/// Kinds of rows that [`mark_rows`] tells apart: their numbers are taken by the rest that this leaves.
pub(crate) const KINDS: usize = 16;

#[inline(always)]
fn mark_rows_portable(
    rough: &Rough,
    centroids: &[[u8; 2]],
    kinds: &[u8],
    least: &[[u8; GROUP]; KINDS],
    marked: &mut [u8],
) {
    let Some(last) = rough.len().checked_sub(1) else { return };
    for ((number, kind), marked) in centroids.iter().zip(kinds).zip(marked) {
        let scores = &rough[usize::from(u16::from_le_bytes(*number)).min(last)];
        let least = &least[usize::from(*kind) % KINDS];
        *marked |= scores.iter().zip(least).fold(0, |any, (score, least)| any | u8::from(score >= least));
    }
}

/// Products of codes with query rows, `lanes` blocks a row, and what one is worth: `scales` of its lane times `sizes` of its row.
#[derive(Clone, Copy)]
pub(crate) struct CodeProducts<'a> {
    pub(crate) sums: &'a [[i32; 8]],
    pub(crate) lanes: usize,
    pub(crate) scales: &'a [[f32; 8]],
    pub(crate) sizes: &'a [f32],
}

/// Raises `maxima` (up to one group's blocks of lanes) to a base and what the products are worth, row after row: a row's base is its centroid's byte, of which
/// each is worth `step`; the group's products are those from block `from` on. Every one of `numbers` is a centroid's.
#[allow(unsafe_code)]
pub(crate) fn raise_from_bytes(
    maxima: &mut [[f32; 8]],
    (rough, numbers, from): (&Rough, &[u32], usize),
    step: f32,
    products: CodeProducts<'_>,
) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has AVX-512; the function is a safe one but for that.
        return unsafe { super::lanes_avx512::raise_from_bytes(maxima, (rough, numbers, from), step, products) };
    }
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2; the function is a safe one but for that.
        return unsafe { super::lanes_avx2::raise_from_bytes(maxima, (rough, numbers, from), step, products) };
    }
    let CodeProducts { sums, lanes, scales, sizes } = products;
    for ((&number, &size), sums) in numbers.iter().zip(sizes).zip(sums.chunks_exact(lanes)) {
        let bases = rough[number as usize].as_chunks::<8>().0;
        let blocks = scales[from..].iter().zip(&sums[from..]);
        for ((maxima, base), (scales, sums)) in maxima.iter_mut().zip(bases).zip(blocks) {
            for lane in 0..8 {
                let score = f32::from(base[lane]) * step + scales[lane] * size * sums[lane] as f32;
                maxima[lane] = if score > maxima[lane] { score } else { maxima[lane] };
            }
        }
    }
}

/// What the upper one of a number's two bytes is worth, beside the lower.
pub(crate) const UPPER: i32 = 126;

twice! {
    /// What products with query rows in two bytes a number are worth, row after row: `sums` holds those with all upper bytes, `scales.len()` blocks of lanes, and then
    /// those with all lower ones; a step of the lower ones is worth `scales` times the row's step.
    score_two_bytes, score_two_bytes_avx2, score_two_bytes_portable,
    (scores: &mut [[f32; 8]], sums: &[[i32; 8]], steps: &[f32], scales: &[[f32; 8]])
}

#[inline(always)]
fn score_two_bytes_portable(scores: &mut [[f32; 8]], sums: &[[i32; 8]], steps: &[f32], scales: &[[f32; 8]]) {
    let blocks = scales.len().max(1);
    let rows = scores.chunks_exact_mut(blocks).zip(sums.chunks_exact(2 * blocks)).zip(steps);
    for ((scores, sums), &step) in rows {
        let (upper, lower) = sums.split_at(blocks);
        for (((scores, upper), lower), scales) in scores.iter_mut().zip(upper).zip(lower).zip(scales) {
            for lane in 0..8 {
                scores[lane] = scales[lane] * step * (upper[lane] * UPPER + lower[lane]) as f32;
            }
        }
    }
}

/// Raises `maxima` to a base and what the products of codes are worth together, row after row: a row's base are `maxima.len()` blocks of `scores` from its
/// place on, counted in as many.
#[allow(unsafe_code)]
pub(crate) fn raise_from_bases(
    maxima: &mut [[f32; 8]],
    (scores, places): (&[[f32; 8]], &[u32]),
    codes: CodeProducts<'_>,
) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has AVX-512; the function is a safe one but for that.
        return unsafe { super::lanes_avx512::raise_from_bases(maxima, (scores, places), codes) };
    }
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2; the function is a safe one but for that.
        return unsafe { super::lanes_avx2::raise_from_bases(maxima, (scores, places), codes) };
    }
    let blocks = codes.lanes;
    for ((&place, &size), sums) in places.iter().zip(codes.sizes).zip(codes.sums.chunks_exact(blocks)) {
        let bases = &scores[place as usize * blocks..][..blocks];
        for (((maxima, base), sums), scales) in maxima.iter_mut().zip(bases).zip(sums).zip(codes.scales) {
            for lane in 0..8 {
                let score = base[lane] + scales[lane] * size * sums[lane] as f32;
                maxima[lane] = if score > maxima[lane] { score } else { maxima[lane] };
            }
        }
    }
}

/// Raises `maxima` to `sums` times the row's step, row after row; `sums` holds `maxima.len()` blocks of lanes a row. With `instructions` plain ones,
/// in plain Rust.
#[allow(unsafe_code)]
pub(crate) fn raise_stepped(maxima: &mut [[f32; 8]], steps: &[f32], sums: &[[i32; 8]], instructions: Instructions) {
    #[cfg(target_arch = "x86_64")]
    if matches!(instructions, Instructions::Vnni | Instructions::Amx) && is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has AVX-512; the function is a safe one but for that.
        return unsafe { super::lanes_avx512::raise_stepped(maxima, steps, sums) };
    }
    #[cfg(target_arch = "x86_64")]
    if instructions != Instructions::Portable && is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2; the function is a safe one but for that.
        return unsafe { super::lanes_avx2::raise_stepped(maxima, steps, sums) };
    }
    let _ = instructions;
    let lanes = maxima.len().max(1);
    for (&step, sums) in steps.iter().zip(sums.chunks_exact(lanes)) {
        for (maxima, sums) in maxima.iter_mut().zip(sums) {
            for lane in 0..8 {
                let score = sums[lane] as f32 * step;
                maxima[lane] = if score > maxima[lane] { score } else { maxima[lane] };
            }
        }
    }
}

twice! {
    /// Widens the range from `low` to `high` by `sums * scales` times the row's step, row after row.
    widen_range, widen_range_avx2, widen_range_portable,
    (low: &mut [f32; 8], high: &mut [f32; 8], sums: &[[i32; 8]], steps: &[f32], scales: &[[f32; 8]])
}

#[inline(always)]
fn widen_range_portable(
    low: &mut [f32; 8],
    high: &mut [f32; 8],
    sums: &[[i32; 8]],
    steps: &[f32],
    scales: &[[f32; 8]],
) {
    let lanes = scales.len().max(1);
    for (block, scales) in scales.iter().enumerate() {
        let (mut lowest, mut highest) = (*low, *high);
        for (&step, sums) in steps.iter().zip(sums.chunks_exact(lanes)) {
            let sums = &sums[block];
            for lane in 0..8 {
                let score = sums[lane] as f32 * (scales[lane] * step);
                lowest[lane] = if score < lowest[lane] { score } else { lowest[lane] };
                highest[lane] = if score > highest[lane] { score } else { highest[lane] };
            }
        }
        (*low, *high) = (lowest, highest);
    }
}

twice! {
    /// Scores as bytes: `(sums * scales * step - low) * scale`, rounded and cut to 0..=255, for up to a group of lanes of each row. `sums` holds
    /// `scales.len()` lanes a row, of which the group's begin at `from`.
    roughen, roughen_avx2, roughen_portable,
    (out: &mut Rough, sums: &[[i32; 8]], steps: &[f32], scales: &[[f32; 8]], from: usize, low: f32, scale: f32)
}

#[inline(always)]
fn roughen_portable(
    out: &mut Rough,
    sums: &[[i32; 8]],
    steps: &[f32],
    scales: &[[f32; 8]],
    from: usize,
    low: f32,
    scale: f32,
) {
    let lanes = scales.len().max(1);
    for ((out, sums), &step) in out.iter_mut().zip(sums.chunks_exact(lanes)).zip(steps) {
        let blocks = out.as_chunks_mut::<8>().0.iter_mut();
        for (out, (sums, scales)) in blocks.zip(sums.iter().zip(scales).skip(from)) {
            for lane in 0..8 {
                let value = (sums[lane] as f32 * (scales[lane] * step) - low) * scale;
                out[lane] = (value.clamp(0.0, 255.0) + TO_INTEGER).to_bits() as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Products, a base or step, and a centroid's byte.
    type Row = ([i16; 8], f32, u8);

    proptest! {
        #[test]
        fn bytes_are_raised_and_rows_marked_as_the_definition_says(
            rough in proptest::collection::vec(any::<[u8; GROUP]>(), 1..40),
            numbers in proptest::collection::vec(0u16..50, 0..60),
            margin in 0u8..60,
        ) {
            let centroids: Vec<[u8; 2]> = numbers.iter().map(|n| n.to_le_bytes()).collect();
            let of = |n: &u16| &rough[usize::from(*n).min(rough.len() - 1)];
            let mut maxima = [3; GROUP];
            raise_bytes(&rough, &centroids, &mut maxima);
            for lane in 0..GROUP {
                prop_assert_eq!(maxima[lane], numbers.iter().map(|n| of(n)[lane]).max().unwrap_or(0).max(3));
            }
            let least: [[u8; GROUP]; KINDS] =
                std::array::from_fn(|kind| maxima.map(|m| m.saturating_sub(margin / 16 * kind as u8)));
            let kinds: Vec<u8> = numbers.iter().map(|number| (number % 19) as u8).collect();
            let mut marked = vec![0; numbers.len()];
            mark_rows(&rough, &centroids, &kinds, &least, &mut marked);
            for ((number, kind), marked) in numbers.iter().zip(kinds).zip(marked) {
                let least = &least[usize::from(kind) % KINDS];
                prop_assert_eq!(marked, u8::from((0..GROUP).any(|lane| of(number)[lane] >= least[lane])));
            }
        }

        #[test]
        fn floats_are_raised_as_the_definition_says(
            lanes in 1usize..5,
            rows in proptest::collection::vec((any::<[i16; 8]>(), -1.0f32..1.0, any::<u8>()), 0..20),
        ) {
            let scales: Vec<[f32; 8]> = (0..lanes).map(|l| [1e-4 * (l + 1) as f32; 8]).collect();
            let sums: Vec<[i32; 8]> = rows.iter().flat_map(|r| vec![r.0.map(i32::from); lanes]).collect();
            let steps: Vec<f32> = rows.iter().map(|r| r.1).collect();
            let mut maxima = [vec![[f32::MIN; 8]; lanes], vec![[f32::MIN; 8]; lanes], vec![[f32::MIN; 8]; lanes]];
            // A row's step is not negative.
            let steps: Vec<f32> = steps.iter().map(|s| s.abs()).collect();
            let products = CodeProducts { sums: &sums, lanes, scales: &scales, sizes: &steps };
            let halves: Vec<f32> = steps.iter().map(|s| s / 2.0).collect();
            let both: Vec<[i32; 8]> = rows
                .iter()
                .flat_map(|r| [vec![r.0.map(|v| i32::from(v) / 3); lanes], vec![[i32::from(r.2); 8]; lanes]].concat())
                .collect();
            let mut bases = vec![[0.0; 8]; lanes * rows.len()];
            score_two_bytes(&mut bases, &both, &halves, &scales);
            // Bases stand in any order.
            let places: Vec<u32> = (0..rows.len() as u32).rev().collect();
            let bases: Vec<[f32; 8]> = bases.chunks(lanes).rev().flatten().copied().collect();
            raise_from_bases(&mut maxima[0], (&bases, &places), products);
            raise_stepped(&mut maxima[1], &steps, &sums, Instructions::best());
            let rough: Vec<[u8; GROUP]> = rows.iter().map(|r| [r.2; GROUP]).collect();
            let numbers: Vec<u32> = (0..rows.len() as u32).collect();
            raise_from_bytes(&mut maxima[2], (&rough, &numbers, 0), 0.01, products);
            for (at, lane) in (0..lanes).flat_map(|at| (0..8).map(move |lane| (at, lane))) {
                let best = |score: &dyn Fn(&Row) -> f32| rows.iter().map(score).fold(f32::MIN, f32::max);
                let sum = |r: &Row| f32::from(r.0[lane]);
                let scale = scales[at][lane];
                let base = |r: &Row| (i32::from(r.0[lane]) / 3 * UPPER + i32::from(r.2)) as f32;
                prop_assert_eq!(
                    maxima[0][at][lane],
                    best(&|r| scale * (r.1.abs() / 2.0) * base(r) + scale * r.1.abs() * sum(r))
                );
                prop_assert_eq!(maxima[1][at][lane], best(&|r| sum(r) * r.1.abs()));
                prop_assert_eq!(maxima[2][at][lane], best(&|r| f32::from(r.2) * 0.01 + scale * r.1.abs() * sum(r)));
            }
        }

        #[test]
        fn rough_scores_are_rounded_and_cut(sums in proptest::collection::vec(any::<[i16; 8]>(), 1..6), low in -1.0f32..1.0) {
            let sums: Vec<[i32; 8]> = sums.iter().map(|s| s.map(i32::from)).collect();
            let scales = vec![[1e-4; 8]; sums.len()];
            for from in (0..sums.len()).step_by(GROUP / 8) {
                let mut out = [[9; GROUP]];
                roughen(&mut out, &sums, &[0.5], &scales, from, low, 100.0);
                for (lane, &byte) in out[0].iter().enumerate() {
                    let expected = sums.get(from + lane / 8).map(|s| (s[lane % 8] as f32 * (1e-4 * 0.5) - low) * 100.0);
                    let expected = expected.map_or(9.0, |e| e.clamp(0.0, 255.0).round());
                    prop_assert!((f32::from(byte) - expected).abs() <= 1.0, "{byte} for {expected}");
                }
            }
        }
    }
}
