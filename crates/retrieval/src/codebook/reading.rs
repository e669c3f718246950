//! Fine codes to bytes: several documents side by side, sixteen rows of each at once.

use super::alphabet::{TOTAL, TOTAL_BITS};
use super::basis::BLOCK;
use super::paths::Paths;
use super::scales::SCALES;
use super::stream::{BEHIND, BYTE, Coded, FREQUENCY, HIGHER_BIT, LANES, LEAST_STATE, Tables, least_bytes, order};
use crate::kernels::{Instructions, fetch};

/// Documents that are read side by side, so that the processor need not wait for the levels that one of them looks up.
pub(crate) const AT_ONCE: usize = 4;

/// Hands `done` the bytes of all numbers of the rows of each document, `[rows, padded]`, as soon as they are read; nothing for a document whose codes are too short. `coarse_bits` are
/// those of each block. What a damaged stream says is of no use, and does no harm.
pub(super) fn read(tables: &Tables, coarse_bits: &[u8], coded: &[Coded<'_>], done: impl FnMut(usize, Option<&[u8]>)) {
    read_with(tables, coarse_bits, coded, done, Instructions::best());
}

pub(super) fn read_with(
    tables: &Tables,
    coarse_bits: &[u8],
    coded: &[Coded<'_>],
    mut done: impl FnMut(usize, Option<&[u8]>),
    instructions: Instructions,
) {
    let shape = Shape::new(tables, coarse_bits, instructions);
    let mut next = 0;
    let mut reading: Vec<Reading<'_>> = Vec::with_capacity(AT_ONCE);
    let mut spare = Vec::new();
    loop {
        while reading.len() < AT_ONCE && next < coded.len() {
            if shape.fits(&coded[next]) {
                reading.push(Reading::new(next, coded[next], shape.padded, spare.pop().unwrap_or_default()));
            } else {
                done(next, None);
            }
            next += 1;
            if let Some(waiting) = coded.get(next) {
                // On their way while those before it are read.
                fetch(waiting.coarse);
                fetch(waiting.stream);
            }
        }
        match &mut reading[..] {
            [one, two, three, four] => shape.read_rows([one, two, three, four]),
            [one, two, three] => shape.read_rows([one, two, three]),
            [one, two] => shape.read_rows([one, two]),
            [one] => shape.read_rows([one]),
            _ => return,
        }
        for place in (0..reading.len()).rev() {
            if reading[place].order.is_empty() {
                let Reading { number, out, .. } = reading.swap_remove(place);
                done(number, Some(&out));
                spare.push(out);
            }
        }
    }
}

/// A document that is being read. Its code and its output are long enough for all its rows.
pub(super) struct Reading<'a> {
    /// Which of the documents it is.
    number: usize,
    pub(super) coded: Coded<'a>,
    /// The rows that are still to come, the next ones last.
    order: Vec<u32>,
    pub(super) out: Vec<u8>,
    /// What is left of the stream, and the states of its lanes.
    pub(super) words: &'a [[u8; 2]],
    pub(super) states: [u32; LANES],
    /// How many rows are read together; which ones, their scales, and their paths so far.
    pub(super) lanes: usize,
    pub(super) rows: [u32; LANES],
    pub(super) scales: [u32; LANES],
    pub(super) paths: Paths,
}

impl<'a> Reading<'a> {
    /// The codes must be long enough. `out` is memory to use again.
    fn new(number: usize, coded: Coded<'a>, padded: usize, mut out: Vec<u8>) -> Self {
        let mut order = order(coded.scales);
        order.reverse();
        out.resize(order.len() * padded, 0);
        let (first, words) = coded.stream.split_at(least_bytes(order.len()));
        let mut states = [0; LANES];
        states.iter_mut().zip(first.as_chunks().0).for_each(|(state, bytes)| *state = u32::from_le_bytes(*bytes));
        let words = words.as_chunks().0;
        let (lanes, rows, scales, paths) = (0, [0; LANES], [0; LANES], Paths::default());
        Self { number, coded, order, out, words, states, lanes, rows, scales, paths }
    }

    /// On to the next rows that are read together.
    fn turn(&mut self) {
        let next = self.order.drain(self.order.len().saturating_sub(LANES)..).rev();
        self.lanes = next.len();
        self.rows.iter_mut().zip(next).for_each(|(to, row)| *to = row);
        let scale = |row: u32| u32::from(self.coded.scales[row as usize]) % SCALES as u32;
        self.scales[..self.lanes].iter_mut().zip(self.rows).for_each(|(to, row)| *to = scale(row));
        self.paths = Paths::default();
    }

    /// The planes of a block of the coarse code, the highest bit's first, of all lanes.
    #[cfg(target_arch = "x86_64")]
    #[inline]
    pub(super) fn planes<const BITS: usize>(&self, block: Block<'_>) -> [[u32; LANES]; BITS] {
        let mut planes = [[0; LANES]; BITS];
        for (lane, &row) in self.rows[..self.lanes].iter().enumerate() {
            let of_row = &self.coded.coarse[row as usize * block.coarse.1 + block.coarse.0..][..4 * BITS];
            let words = planes.iter_mut().zip(of_row.as_chunks().0);
            words.for_each(|(plane, word)| plane[lane] = u32::from_le_bytes(*word));
        }
        planes
    }

    /// Writes four bytes of each lane to its row.
    #[cfg(target_arch = "x86_64")]
    #[inline]
    pub(super) fn write_quads(&mut self, block: Block<'_>, quad: usize, quads: &[u32; LANES]) {
        for (&row, quads) in self.rows[..self.lanes].iter().zip(quads) {
            let out = &mut self.out[row as usize * block.out.1 + block.out.0 + 4 * quad..][..4];
            out.copy_from_slice(&quads.to_le_bytes());
        }
    }
}

/// A block of numbers, of all rows.
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    /// See [`Tables`]; the beginnings are those of the block's numbers.
    pub(super) levels: &'a [u32],
    pub(super) begins: &'a [[u32; SCALES]],
    /// Bits of coarse code a number.
    pub(super) bits: usize,
    /// Where the block's words begin in a row's coarse code, and how long that is.
    pub(super) coarse: (usize, usize),
    /// Where its bytes begin in a row's output, and how long that is.
    pub(super) out: (usize, usize),
}

/// What is the same for all documents.
#[derive(Clone, Copy)]
struct Shape<'a> {
    tables: &'a Tables,
    coarse_bits: &'a [u8],
    /// Bytes a row of the coarse code and of the output.
    coarse_bytes: usize,
    padded: usize,
    instructions: Instructions,
}

impl<'a> Shape<'a> {
    fn new(tables: &'a Tables, coarse_bits: &'a [u8], instructions: Instructions) -> Self {
        let coarse_bytes = coarse_bits.iter().map(|&bits| usize::from(bits) * 4).sum();
        Self { tables, coarse_bits, coarse_bytes, padded: coarse_bits.len() * BLOCK, instructions }
    }

    /// Whether the codes are long enough for their rows.
    fn fits(&self, coded: &Coded<'_>) -> bool {
        let rows = coded.scales.len();
        coded.coarse.len() >= rows * self.coarse_bytes && coded.stream.len() >= least_bytes(rows)
    }

    /// Reads the next rows of each document.
    fn read_rows<const N: usize>(&self, mut documents: [&mut Reading<'_>; N]) {
        documents.iter_mut().for_each(|document| document.turn());
        let mut coarse_begin = 0;
        for (number, &bits) in self.coarse_bits.iter().enumerate() {
            let bits = usize::from(bits);
            let block = Block {
                levels: &self.tables.levels,
                begins: &self.tables.begins[number * BLOCK..][..BLOCK],
                bits,
                coarse: (coarse_begin, self.coarse_bytes),
                out: (number * BLOCK, self.padded),
            };
            coarse_begin += 4 * bits;
            self.read_block(block, &mut documents);
            documents.iter_mut().for_each(|document| document.paths.turn());
        }
    }

    #[allow(unsafe_code)]
    fn read_block<const N: usize>(&self, block: Block<'_>, documents: &mut [&mut Reading<'_>; N]) {
        match self.instructions {
            #[cfg(target_arch = "x86_64")]
            Instructions::Vnni | Instructions::Amx
                if is_x86_feature_detected!("avx512f")
                    && documents.iter().all(|document| i32::try_from(document.coded.coarse.len()).is_ok()) =>
            {
                // SAFETY: the processor has AVX-512, the beginnings are those of these tables for so many bits, codes and outputs are as long as documents promise, and every place
                // in the codes is a number of 32 bits.
                unsafe { super::reading_avx512::read_block(block, documents) }
            }
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 | Instructions::Vnni | Instructions::Amx if is_x86_feature_detected!("avx2") => {
                // SAFETY: the processor has AVX2, and the beginnings are those of these tables for so many bits.
                unsafe { super::reading_avx2::read_block(block, documents) }
            }
            _ => documents.iter_mut().for_each(|document| read_block(block, document)),
        }
    }
}

/// Calls `$read::<$n, BITS>` for a block with so many bits.
#[cfg(target_arch = "x86_64")]
macro_rules! by_bits {
    ($read:ident, $n:ident, $block:ident, $documents:ident) => {
        match $block.bits {
            0 => $read::<$n, 0>($block, $documents),
            1 => $read::<$n, 1>($block, $documents),
            2 => $read::<$n, 2>($block, $documents),
            3 => $read::<$n, 3>($block, $documents),
            _ => $read::<$n, 4>($block, $documents),
        }
    };
}

#[cfg(target_arch = "x86_64")]
pub(super) use by_bits;

/// The last words of a stream, fewer than are read at once, and nothing behind them.
#[cfg(target_arch = "x86_64")]
#[cold]
pub(super) fn last_words<const N: usize>(words: &[[u8; 2]]) -> [[u8; 2]; N] {
    let mut last = [[0; 2]; N];
    last.iter_mut().zip(words).for_each(|(to, word)| *to = *word);
    last
}

/// Reads the numbers of a block of the rows that are read together.
fn read_block(block: Block<'_>, document: &mut Reading<'_>) {
    let mut next = 0;
    for (at, begins) in block.begins.iter().enumerate() {
        let (odd, mut high) = (document.paths.odd(at), 0);
        for (lane, &row) in document.rows[..document.lanes].iter().enumerate() {
            let (row, state) = (row as usize, &mut document.states[lane]);
            let planes = &document.coded.coarse[row * block.coarse.1 + block.coarse.0..][..4 * block.bits];
            let bit = |plane: &[u8; 4]| u32::from_le_bytes(*plane) >> at & 1;
            let run = planes.as_chunks().0.iter().fold(0, |run, plane| run << 1 | bit(plane));
            let of_group = run << 1 | u32::from(odd >> lane & 1);
            let place = begins[document.scales[lane] as usize] + (of_group << TOTAL_BITS) + (*state & (TOTAL - 1));
            let level = block.levels[place as usize];
            let left = (level & FREQUENCY) * (*state >> TOTAL_BITS) + (level >> BEHIND & (TOTAL - 1));
            // Without a branch, which would be foreseen wrongly as often as not.
            let word = document.words.get(next).map_or(0, |word| u32::from(u16::from_le_bytes(*word)));
            let reads = left < LEAST_STATE;
            *state = if reads { left << 16 | word } else { left };
            next += usize::from(reads);
            high |= u16::from(level & HIGHER_BIT != 0) << lane;
            document.out[row * block.out.1 + block.out.0 + at] = (level >> BYTE) as u8;
        }
        document.paths.push(at, high);
    }
    document.words = document.words.get(next..).unwrap_or_default();
}
