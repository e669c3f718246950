//! The fine code of a document: what its alphabets leave open, as one stream of 16-bit words (range asymmetric numeral systems: Duda, 2009; interleaved as by Giesen, 2014).
//!
//! A level takes as many bits as it is unlikely among those of its parity and run (see [`super::alphabet`]); the parity is known from the path so far, the run from the coarse code.
//! Rows are taken in the order of their scales, sixteen at a time, each a lane with a state of its own; all lanes read from one stream, one number after the other. It begins with the
//! lanes' states, and is filled up to whole words of four bytes.

use super::alphabet::{Alphabet, TOTAL, TOTAL_BITS};
use super::scales::SCALES;
use super::symbols::Symbols;
use crate::kernels::FINE_CENTRE;

/// Rows that are decoded together.
pub(super) const LANES: usize = 16;
/// A state below that reads another word.
pub(super) const LEAST_STATE: u32 = 1 << 16;

/// The bits of what is looked up of a level that hold its frequency,
pub(super) const FREQUENCY: u32 = 2 * TOTAL - 1;
/// from which bit on stands how far the place lies behind the level's beginning,
pub(super) const BEHIND: u32 = TOTAL_BITS + 1;
/// the bit that is the higher one of its subset,
pub(super) const HIGHER_BIT: u32 = 1 << (BEHIND + TOTAL_BITS);
/// and from which bit on its byte stands.
pub(super) const BYTE: u32 = 24;

/// What a decoder looks up.
#[derive(Debug, Clone)]
pub(super) struct Tables {
    /// For each place among the frequencies of a group of levels what is to be known of the level that has it: see [`FREQUENCY`] and what follows there.
    pub(super) levels: Vec<u32>,
    /// Where the groups of each number begin there, in rows of each scale: `[padded][SCALES]`.
    pub(super) begins: Vec<[u32; SCALES]>,
}

impl Tables {
    pub(super) fn new(alphabets: &[Alphabet], of: &[u8], padded: usize) -> Self {
        let mut levels = Vec::new();
        let mut begins_of = Vec::with_capacity(alphabets.len());
        for alphabet in alphabets {
            let begin = levels.len();
            begins_of.push(begin as u32);
            // Groups without levels are named by damaged codes only: any entry will do that keeps the state as it is.
            let nothing = |place: u32| TOTAL | place << BEHIND | (FINE_CENTRE as u32) << BYTE;
            levels.extend((0..alphabet.groups()).flat_map(|_| (0..TOTAL).map(nothing)));
            for (level, from) in alphabet.begins().into_iter().enumerate() {
                let (byte, frequency) = (alphabet.bytes[level], u32::from(alphabet.frequencies[level]));
                let group = begin + (alphabet.group(level) << TOTAL_BITS);
                for place in 0..frequency {
                    let higher = if level & 2 == 0 { 0 } else { HIGHER_BIT };
                    levels[group + usize::from(from) + place as usize] =
                        frequency | place << BEHIND | higher | u32::from(byte) << BYTE;
                }
            }
        }
        let begin = |number: usize| std::array::from_fn(|scale| begins_of[usize::from(of[scale * padded + number])]);
        Self { levels, begins: (0..padded).map(begin).collect() }
    }
}

/// The least bytes that the stream of so many rows has: the states of its lanes.
pub(crate) fn least_bytes(rows: usize) -> usize {
    4 * rows.min(LANES)
}

/// The order that rows of these scales stand in in the stream.
pub(super) fn order(scales: &[u8]) -> Vec<u32> {
    let mut begins = [0u32; 256];
    scales.iter().for_each(|&scale| begins[usize::from(scale)] += 1);
    let mut begin = 0;
    for of_scale in &mut begins {
        begin += std::mem::replace(of_scale, begin);
    }
    let mut order = vec![0; scales.len()];
    for (row, &scale) in (0u32..).zip(scales) {
        let place = &mut begins[usize::from(scale)];
        order[*place as usize] = row;
        *place += 1;
    }
    order
}

/// Appends the stream of a document whose rows, of these scales, have these levels, `[rows, padded]`.
pub(super) fn write(symbols: &Symbols, scales: &[u8], levels: &[u8], out: &mut Vec<u8>) {
    let padded = symbols.weights.len();
    let begins: Vec<Vec<u16>> = symbols.alphabets.iter().map(Alphabet::begins).collect();
    let order = order(scales);
    let mut states = vec![LEAST_STATE; order.len().min(LANES)];
    let mut words: Vec<u16> = Vec::new();
    // What is written last is read first.
    for group in order.chunks(LANES).rev() {
        for number in (0..padded).rev() {
            for (state, &row) in states.iter_mut().zip(group).rev() {
                let row = row as usize;
                let alphabet = usize::from(symbols.of[usize::from(scales[row]) * padded + number]);
                let level = usize::from(levels[row * padded + number]);
                let frequency = u32::from(symbols.alphabets[alphabet].frequencies[level]);
                if u64::from(*state) >= u64::from(frequency) << (32 - TOTAL_BITS) {
                    words.push(*state as u16);
                    *state >>= 16;
                }
                let begin = u32::from(begins[alphabet][level]);
                *state = (*state / frequency) << TOTAL_BITS | (*state % frequency + begin);
            }
        }
    }
    states.iter().for_each(|state| out.extend_from_slice(&state.to_le_bytes()));
    words.iter().rev().for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
    out.resize(out.len().next_multiple_of(4), 0);
}

/// A document's codes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coded<'a> {
    pub(crate) scales: &'a [u8],
    pub(crate) coarse: &'a [u8],
    pub(crate) stream: &'a [u8],
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::reading::read_with;
    use super::super::trellis::Trellis;
    use super::super::{Codebook, CodebookOptions, Random, planes};
    use super::*;
    use crate::MultiVector;
    use crate::kernels::Instructions;

    /// Three blocks wide.
    fn book() -> Codebook {
        let mut random = Random::new(5);
        let values = (0..800 * 96).map(|at| random.normal() as f32 / (1.0 + (at % 96) as f32 / 8.0)).collect();
        let sample = MultiVector::normalised(values, 96).unwrap();
        Codebook::train(&[sample], &CodebookOptions { near: 0.0, ..CodebookOptions::for_rows(800) }).unwrap()
    }

    /// Levels of rows without pattern, and their codes.
    fn coded(book: &Codebook, scales: &[u8], seed: u64) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
        let (mut random, padded) = (Random::new(seed), book.padded());
        let (mut levels, mut coarse, mut stream) = (Vec::new(), Vec::new(), Vec::new());
        for &scale in scales {
            let unit = |number: usize| book.deviations()[number] * book.sizes()[usize::from(scale)];
            let row: Vec<f32> = (0..padded).map(|number| random.normal() as f32 * unit(number)).collect();
            let mut of_row = vec![0; padded];
            book.symbols.quantise(&mut Trellis::default(), &row, scale, &mut of_row);
            let run = |(number, &level): (usize, &u8)| book.symbols.alphabet(scale, number).runs[usize::from(level)];
            let runs: Vec<u8> = of_row.iter().enumerate().map(run).collect();
            planes::write_row(&runs, &book.coarse_bits, &mut coarse);
            levels.extend(of_row);
        }
        write(&book.symbols, scales, &levels, &mut stream);
        (levels, coarse, stream)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn what_is_read_are_the_levels_that_were_written(
            documents in proptest::collection::vec(proptest::collection::vec(0u8..16, 0..50), 0..7),
            seed in any::<u64>(),
        ) {
            let book = book();
            let made: Vec<_> = documents.iter().map(|scales| coded(&book, scales, seed)).collect();
            for &instructions in Instructions::available() {
                let code = |at: usize| Coded { scales: &documents[at], coarse: &made[at].1, stream: &made[at].2 };
                let codes: Vec<_> = (0..documents.len()).map(code).collect();
                let mut bytes = vec![None; documents.len()];
                let done = |at: usize, read: Option<&[u8]>| bytes[at] = read.map(<[u8]>::to_vec);
                read_with(&book.symbols.tables, &book.coarse_bits, &codes, done, instructions);
                for ((bytes, scales), (levels, ..)) in bytes.iter().zip(&documents).zip(&made) {
                    let bytes = bytes.as_ref().expect("codes are long enough");
                    prop_assert_eq!(bytes.len(), scales.len() * book.padded());
                    for (at, (&byte, &level)) in bytes.iter().zip(levels).enumerate() {
                        let alphabet = book.symbols.alphabet(scales[at / book.padded()], at % book.padded());
                        prop_assert_eq!(byte, alphabet.bytes[usize::from(level)]);
                    }
                }
            }
        }

        #[test]
        fn what_is_damaged_is_read_alike_and_does_no_harm(
            scales in proptest::collection::vec(any::<u8>(), 1..40),
            coarse in proptest::collection::vec(any::<u8>(), 40 * 24),
            stream in proptest::collection::vec(any::<u8>(), 0..600),
        ) {
            let book = book();
            let coded = Coded { scales: &scales, coarse: &coarse, stream: &stream };
            let read = |instructions| {
                let mut bytes = Vec::new();
                let done = |_, read: Option<&[u8]>| bytes.push(read.map(<[u8]>::to_vec));
                read_with(&book.symbols.tables, &book.coarse_bits, &[coded], done, instructions);
                bytes
            };
            let plain = read(Instructions::Portable);
            prop_assert_eq!(plain.len(), 1);
            prop_assert_eq!(plain[0].is_some(), stream.len() >= 4 * scales.len().min(LANES));
            for &instructions in Instructions::available() {
                prop_assert_eq!(read(instructions), plain.clone(), "{:?}", instructions);
            }
        }
    }
}
