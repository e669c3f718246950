//! The fine code of a document: what its alphabets leave open, as one stream of 16-bit words (range asymmetric numeral systems: Duda, 2009; interleaved as by Giesen, 2014).
//!
//! A level takes as many bits as it is unlikely among those of its parity and run (see [`super::alphabet`]); the parity is known from the path so far, the run from the coarse code.
//! Rows are taken in the order of their scales, sixteen at a time, each a lane with a state of its own; all lanes read from one stream, one number after the other. It begins with the
//! lanes' states, and is filled up to whole words of four bytes.

use super::alphabet::{Alphabet, TOTAL, TOTAL_BITS};
use super::basis::BLOCK;
use super::levels::MOST_BITS;
use super::scales::SCALES;
use super::symbols::Symbols;
use super::trellis::Path;
use crate::kernels::{FINE_CENTRE, Instructions};

/// Rows that are decoded together.
pub(super) const LANES: usize = 16;
/// A state below that reads another word.
pub(super) const LEAST_STATE: u32 = 1 << 16;

/// What a decoder looks up.
#[derive(Debug, Clone)]
pub(super) struct Tables {
    /// For each place among the frequencies of a group of levels the level that has it: its frequency (10 bits), how far the place lies behind its beginning (9), its byte (8), and
    /// the higher bit of its subset.
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
            let nothing = |place: u32| TOTAL | place << 10 | (FINE_CENTRE as u32) << 19;
            levels.extend((0..alphabet.groups()).flat_map(|_| (0..TOTAL).map(nothing)));
            for (level, from) in alphabet.begins().into_iter().enumerate() {
                let (byte, frequency) = (alphabet.bytes[level], u32::from(alphabet.frequencies[level]));
                let group = begin + (alphabet.group(level) << TOTAL_BITS);
                for place in 0..frequency {
                    levels[group + usize::from(from) + place as usize] =
                        frequency | place << 10 | u32::from(byte) << 19 | (level as u32 >> 1 & 1) << 27;
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
    let mut order: Vec<u32> = (0..scales.len() as u32).collect();
    order.sort_by_key(|&row| scales[row as usize]);
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

/// Writes the bytes of all numbers of the rows of some documents to `out`, `[rows, padded]` each: so many documents at once that the processor need not wait for the levels that
/// one of them looks up. `coarse_bits` are those of each block. `false` for a document whose codes are too short; what a damaged stream says is of no use, and does no harm.
pub(super) fn read<const N: usize>(
    tables: &Tables,
    coarse_bits: &[u8],
    coded: [Coded<'_>; N],
    out: [&mut [u8]; N],
) -> [bool; N] {
    read_with(tables, coarse_bits, coded, out, Instructions::best())
}

fn read_with<const N: usize>(
    tables: &Tables,
    coarse_bits: &[u8],
    coded: [Coded<'_>; N],
    out: [&mut [u8]; N],
    instructions: Instructions,
) -> [bool; N] {
    let coarse_bytes: usize = coarse_bits.iter().map(|&bits| usize::from(bits) * 4).sum();
    let padded = coarse_bits.len() * BLOCK;
    let whole = std::array::from_fn(|at| {
        let rows = coded[at].scales.len();
        coded[at].coarse.len() >= rows * coarse_bytes
            && out[at].len() >= rows * padded
            && coded[at].stream.len() >= least_bytes(rows)
    });
    let orders = coded.map(|coded| order(coded.scales));
    let mut documents: Vec<Reading<'_>> = Vec::with_capacity(N);
    for (((coded, out), order), whole) in coded.into_iter().zip(out).zip(&orders).zip(whole) {
        if whole {
            documents.push(Reading::new(coded, order, out));
        }
    }
    let shape = Shape { tables, coarse_bits, coarse_bytes, instructions };
    while documents.len() > 1 && documents.iter().all(|document| !document.order.is_empty()) {
        let Ok(all) = <&mut [Reading<'_>; N]>::try_from(&mut documents[..]) else { break };
        shape.read_groups(all.each_mut());
    }
    for document in &mut documents {
        while !document.order.is_empty() {
            shape.read_groups([document]);
        }
    }
    whole
}

/// A document that is being read.
pub(super) struct Reading<'a> {
    coded: Coded<'a>,
    /// The rows that are still to come.
    order: &'a [u32],
    out: &'a mut [u8],
    /// What is left of the stream, and the states of its lanes.
    pub(super) words: &'a [[u8; 2]],
    pub(super) states: [u32; LANES],
    /// Of the rows that are read together: how many they are, their scales, and their paths so far.
    pub(super) rows: usize,
    pub(super) scales: [u32; LANES],
    pub(super) paths: [Path; LANES],
    /// The planes of the coarse code of the block that is read, the highest bit's first, of all lanes.
    pub(super) planes: [[u32; LANES]; MOST_BITS as usize],
    /// The bytes of that block: four numbers of each lane in a word, the first one lowest.
    pub(super) bytes: [[u32; LANES]; BLOCK / 4],
}

impl<'a> Reading<'a> {
    /// The codes must be long enough.
    fn new(coded: Coded<'a>, order: &'a [u32], out: &'a mut [u8]) -> Self {
        let (first, words) = coded.stream.split_at(least_bytes(order.len()));
        let mut states = [0; LANES];
        states.iter_mut().zip(first.as_chunks().0).for_each(|(state, bytes)| *state = u32::from_le_bytes(*bytes));
        Self {
            coded,
            order,
            out,
            words: words.as_chunks().0,
            states,
            rows: 0,
            scales: [0; LANES],
            paths: [Path::default(); LANES],
            planes: [[0; LANES]; MOST_BITS as usize],
            bytes: [[0; LANES]; BLOCK / 4],
        }
    }
}

/// What is the same for all documents.
#[derive(Clone, Copy)]
struct Shape<'a> {
    tables: &'a Tables,
    coarse_bits: &'a [u8],
    coarse_bytes: usize,
    instructions: Instructions,
}

impl Shape<'_> {
    /// The next rows of each document.
    #[allow(unsafe_code)]
    fn read_groups<const N: usize>(self, mut documents: [&mut Reading<'_>; N]) {
        let padded = self.coarse_bits.len() * BLOCK;
        let mut groups: [&[u32]; N] = [&[]; N];
        for (group, document) in groups.iter_mut().zip(&mut documents) {
            (*group, document.order) = document.order.split_at(document.order.len().min(LANES));
            document.rows = group.len();
            document.paths = [Path::default(); LANES];
            let scales = document.scales.iter_mut().zip(*group);
            scales.for_each(|(scale, &row)| *scale = u32::from(document.coded.scales[row as usize]) % SCALES as u32);
        }
        let mut begin = 0;
        for (block, &bits) in self.coarse_bits.iter().enumerate() {
            let bits = usize::from(bits);
            for (group, document) in groups.iter().zip(&mut documents) {
                for (lane, &row) in group.iter().enumerate() {
                    let of_row = &document.coded.coarse[row as usize * self.coarse_bytes + begin..][..4 * bits];
                    let planes = document.planes.iter_mut().zip(of_row.as_chunks().0);
                    planes.for_each(|(plane, word)| plane[lane] = u32::from_le_bytes(*word));
                }
            }
            begin += 4 * bits;
            let begins = &self.tables.begins[block * BLOCK..][..BLOCK];
            #[cfg(target_arch = "x86_64")]
            let vectors = self.instructions != Instructions::Portable && is_x86_feature_detected!("avx512f");
            #[cfg(target_arch = "x86_64")]
            if vectors {
                // SAFETY: the processor has AVX-512, and the begins are those of these tables, for so many bits.
                unsafe { super::stream_x86::read_block(&self.tables.levels, begins, bits, &mut documents) };
            }
            #[cfg(not(target_arch = "x86_64"))]
            let vectors = false;
            if !vectors {
                documents.iter_mut().for_each(|document| read_block(&self.tables.levels, begins, bits, document));
            }
            for (group, document) in groups.iter().zip(&mut documents) {
                for (lane, &row) in group.iter().enumerate() {
                    let out = &mut document.out[row as usize * padded + block * BLOCK..][..BLOCK];
                    let quads = out.as_chunks_mut().0.iter_mut().zip(&document.bytes);
                    quads.for_each(|(quad, words)| *quad = words[lane].to_le_bytes());
                }
            }
        }
    }
}

/// Reads the numbers of one block of some rows, which has `bits` of coarse code. `begins` are the block's, see [`Tables::begins`].
fn read_block(levels: &[u32], begins: &[[u32; SCALES]], bits: usize, document: &mut Reading<'_>) {
    let mut next = 0;
    document.bytes = Default::default();
    for (at, begins) in begins.iter().enumerate() {
        for lane in 0..document.rows {
            let (state, path) = (&mut document.states[lane], &mut document.paths[lane]);
            let run = document.planes[..bits].iter().fold(0, |run, plane| run << 1 | plane[lane] >> at & 1);
            let of_group = run << 1 | path.parity();
            let place = begins[document.scales[lane] as usize] + (of_group << TOTAL_BITS) + (*state & (TOTAL - 1));
            let level = levels[place as usize];
            let left = (level & 0x3ff) * (*state >> TOTAL_BITS) + (level >> 10 & (TOTAL - 1));
            // Without a branch, which would be foreseen wrongly as often as not.
            let word = document.words.get(next).map_or(0, |word| u32::from(u16::from_le_bytes(*word)));
            let reads = left < LEAST_STATE;
            *state = if reads { left << 16 | word } else { left };
            next += usize::from(reads);
            path.push(level >> 27);
            document.bytes[at / 4][lane] |= (level >> 19 & 0xff) << (at % 4 * 8);
        }
    }
    document.words = document.words.get(next..).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::trellis::Trellis;
    use super::super::{Codebook, CodebookOptions, Random, planes};
    use super::*;
    use crate::MultiVector;

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
            scales in proptest::collection::vec(0u8..16, 0..50),
            others in proptest::collection::vec(0u8..16, 0..40),
            seed in any::<u64>(),
        ) {
            let (book, documents) = (book(), [&scales, &others]);
            let made: Vec<_> = documents.iter().map(|scales| coded(&book, scales, seed)).collect();
            for instructions in [Instructions::Portable, Instructions::best()] {
                let mut bytes = documents.map(|scales| vec![0; scales.len() * book.padded()]);
                let codes = [0, 1].map(|at| Coded { scales: documents[at], coarse: &made[at].1, stream: &made[at].2 });
                let out = bytes.each_mut().map(Vec::as_mut_slice);
                let read = read_with(&book.symbols.tables, &book.coarse_bits, codes, out, instructions);
                prop_assert_eq!(read, [true; 2]);
                for ((bytes, scales), (levels, ..)) in bytes.iter().zip(documents).zip(&made) {
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
                let mut bytes = vec![0; scales.len() * book.padded()];
                let read = read_with(&book.symbols.tables, &book.coarse_bits, [coded], [&mut bytes], instructions);
                (read, bytes)
            };
            let plain = read(Instructions::Portable);
            prop_assert_eq!(plain.0, [stream.len() >= 4 * scales.len().min(LANES)]);
            prop_assert_eq!(read(Instructions::best()), plain);
        }
    }
}
