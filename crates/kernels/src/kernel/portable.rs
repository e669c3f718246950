//! The products in plain Rust: what every other kernel has to equal, and what runs where there is none.

#![allow(clippy::needless_range_loop, reason = "one index counts through weights, activations and sums alike")]

use crate::{
    activations::{Activations, Numbers},
    format::Format,
    kernel::Tile,
    packing::{
        GROUP, Q4K_BYTES, Q4K_DMIN, Q6K_BYTES, Q6K_SCALES, Q8_BYTES, Q8_NUMBERS, d_of, q4k_number, q4k_scale,
        q6k_number, scale_at,
    },
};

pub(crate) fn tile(format: Format, group: &[u8], activations: &Activations, first: usize, tokens: usize) -> Tile {
    let columns = activations.columns;
    let mut totals = Tile::default();
    match &activations.numbers {
        Numbers::Bytes { q, d, sums16, sums32 } => {
            for (token, totals) in totals[..tokens].iter_mut().enumerate() {
                let totals = &mut totals[..GROUP];
                let at = (first + token) * columns;
                let (q, d) = (&q[at..at + columns], &d[at / 256..]);
                if format == Format::Q4K {
                    let sums = &sums32[at / 32..(at + columns) / 32];
                    let blocks = group.chunks_exact(Q4K_BYTES).zip(q.chunks_exact(256)).zip(sums.chunks_exact(8));
                    for (((block, q), sums), &d) in blocks.zip(d) {
                        q4k(block, q, sums, d, totals);
                    }
                } else {
                    let sums = &sums16[at / 16..(at + columns) / 16];
                    let blocks = group.chunks_exact(Q6K_BYTES).zip(q.chunks_exact(256)).zip(sums.chunks_exact(16));
                    for (((block, q), sums), &d) in blocks.zip(d) {
                        q6k(block, q, sums, d, totals);
                    }
                }
            }
        }
        Numbers::Words { q, d } => {
            for (token, totals) in totals[..tokens].iter_mut().enumerate() {
                let totals = &mut totals[..GROUP];
                let at = (first + token) * columns;
                let blocks = group.chunks_exact(Q8_BYTES).zip(q[at..at + columns].chunks_exact(32));
                for ((block, q), &d) in blocks.zip(&d[at / 32..]) {
                    q8(block, q, d, totals);
                }
            }
        }
    }
    totals
}

fn q4k(block: &[u8], q: &[i8], sums: &[i16], scale: f32, totals: &mut [f32]) {
    for (row, total) in totals.iter_mut().enumerate() {
        let (mut products, mut minima) = (0i32, 0i32);
        for sub in 0..8 {
            let (scale, minimum) = q4k_scale(block, sub, row);
            let mut sum = 0i32;
            for column in sub * 32..sub * 32 + 32 {
                sum += i32::from(q4k_number(block, column, row)) * i32::from(q[column]);
            }
            products += sum * i32::from(scale);
            minima += i32::from(minimum) * i32::from(sums[sub]);
        }
        let d = d_of(block, row).to_f32() * scale;
        let dmin = d_of(&block[Q4K_DMIN..], row).to_f32() * scale;
        *total -= dmin * minima as f32;
        *total += d * products as f32;
    }
}

fn q6k(block: &[u8], q: &[i8], sums: &[i16], scale: f32, totals: &mut [f32]) {
    for (row, total) in totals.iter_mut().enumerate() {
        let mut products = 0i32;
        for sub in 0..16 {
            let scale = i32::from(block[Q6K_SCALES + scale_at(sub, row)] as i8);
            let mut sum = -32 * i32::from(sums[sub]);
            for column in sub * 16..sub * 16 + 16 {
                sum += i32::from(q6k_number(block, column, row)) * i32::from(q[column]);
            }
            products += sum * scale;
        }
        *total += d_of(block, row).to_f32() * scale * products as f32;
    }
}

fn q8(block: &[u8], q: &[i16], scale: f32, totals: &mut [f32]) {
    for (row, total) in totals.iter_mut().enumerate() {
        let mut products = 0i32;
        for (column, &q) in q.iter().enumerate() {
            let weight = block[Q8_NUMBERS + column / 2 * 16 + row * 2 + column % 2] as i8;
            products += i32::from(weight) * i32::from(q);
        }
        *total += d_of(block, row).to_f32() * scale * products as f32;
    }
}
