//! Matrices of quantised weights: made from a file's blocks or from numbers, kept packed, multiplied.

use std::{io::Read, ops::Range};

use crate::{
    Activations, KernelError, Pool,
    error::expect_length,
    format::{Block, Format},
    kernel::Kernel,
    memory::Bytes,
    packing::{GROUP, pack, packed_bytes, unpack},
    pool::Disjoint,
    quantise::quantise,
};

/// Weights that an item of a lone token's product covers at least: enough that taking it costs nothing, little enough that a slow thread doesn't keep the others waiting.
const ITEM_BYTES: usize = 64 << 10;
/// Row groups that one item of a product with many tokens covers, and the tokens that pass through them before the next. Both fit
/// the second-level cache together at 11,008 columns (200 and 180 kB), so weights come from memory once and tokens once an item.
const ITEM_GROUPS: usize = 4;
const PANEL: usize = 16;

/// A matrix `[rows, columns]` (outputs, inputs) of quantised weights, packed for this crate's kernels and held once.
///
/// It takes the file's bits per weight (in Q6_K one percent more), with rows padded to a multiple of eight.
pub struct QuantisedMatrix {
    format: Format,
    rows: usize,
    columns: usize,
    packed: Bytes,
}

impl QuantisedMatrix {
    /// Packs the blocks of a GGUF tensor, row after row, as the file holds them.
    pub fn from_gguf_blocks(format: Format, rows: usize, columns: usize, bytes: &[u8]) -> Result<Self, KernelError> {
        let expected = gguf_bytes(format, rows, columns)?;
        if bytes.len() != expected {
            return Err(KernelError::Bytes { rows, columns, format: format.name(), expected, found: bytes.len() });
        }
        Self::read_gguf_blocks(format, rows, columns, bytes)
    }

    /// The same from a source that is read eight rows at a time, so that file and packed matrix need never be in memory together.
    ///
    /// Memory for the packed matrix is taken before the first read: check sizes that come from a file against the file's length first.
    pub fn read_gguf_blocks(
        format: Format,
        rows: usize,
        columns: usize,
        mut source: impl Read,
    ) -> Result<Self, KernelError> {
        gguf_bytes(format, rows, columns)?;
        let mut matrix = Self::zeroed(format, rows, columns)?;
        let row_bytes = columns / format.block_columns() * format.block_bytes();
        let mut buffer = vec![0; row_bytes * GROUP.min(rows)];
        let mut block = Block::empty();
        for group in 0..rows.div_ceil(GROUP) {
            let count = GROUP.min(rows - group * GROUP);
            let buffer = &mut buffer[..count * row_bytes];
            source.read_exact(buffer).map_err(|error| KernelError::Read { rows, columns, cause: error.to_string() })?;
            let packed = matrix.group_mut(group);
            for (row, bytes) in buffer.chunks_exact(row_bytes).enumerate() {
                let blocks = bytes.chunks_exact(format.block_bytes());
                for (bytes, packed) in blocks.zip(packed.chunks_exact_mut(packed_bytes(format))) {
                    block.read(format, bytes);
                    pack(format, &block, row, packed);
                }
            }
        }
        Ok(matrix)
    }

    /// Quantises `values` (`[rows, columns]`), which have to be finite and within the format's range.
    pub fn quantise(
        format: Format,
        rows: usize,
        columns: usize,
        values: &[f32],
        pool: &Pool,
    ) -> Result<Self, KernelError> {
        gguf_bytes(format, rows, columns)?;
        expect_length("a matrix to quantise", rows.checked_mul(columns), values.len())?;
        let mut matrix = Self::zeroed(format, rows, columns)?;
        let group_bytes = matrix.group_bytes();
        let groups = rows.div_ceil(GROUP);
        let failure = std::sync::Mutex::new(None);
        pool.for_each_run(&mut matrix.packed[..groups * group_bytes], group_bytes, |group, packed| {
            let mut block = Block::empty();
            for row in group * GROUP..rows.min((group + 1) * GROUP) {
                let values = values[row * columns..(row + 1) * columns].chunks_exact(format.block_columns());
                let packed = packed.chunks_exact_mut(packed_bytes(format));
                for (index, (values, packed)) in values.zip(packed).enumerate() {
                    match quantise(format, values, (row, index * format.block_columns()), &mut block) {
                        Ok(()) => pack(format, &block, row % GROUP, packed),
                        Err(error) => {
                            *failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error);
                            return;
                        }
                    }
                }
            }
        });
        match failure.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(matrix),
        }
    }

    /// The matrix as a GGUF tensor's blocks, row after row: what [`Self::from_gguf_blocks`] reads. To keep the result of a quantisation.
    pub fn to_gguf_blocks(&self) -> Vec<u8> {
        let block_bytes = self.format.block_bytes();
        let mut bytes = vec![0; self.rows * (self.columns / self.format.block_columns()) * block_bytes];
        let mut block = Block::empty();
        let row_bytes = bytes.len() / self.rows;
        for (row, bytes) in bytes.chunks_exact_mut(row_bytes).enumerate() {
            let packed = self.group(row / GROUP).chunks_exact(packed_bytes(self.format));
            for (packed, bytes) in packed.zip(bytes.chunks_exact_mut(block_bytes)) {
                unpack(self.format, packed, row % GROUP, &mut block);
                block.write(self.format, bytes);
            }
        }
        bytes
    }

    fn zeroed(format: Format, rows: usize, columns: usize) -> Result<Self, KernelError> {
        let group_bytes = columns / format.block_columns() * packed_bytes(format);
        let bytes = rows.div_ceil(GROUP).saturating_mul(group_bytes);
        Ok(Self { format, rows, columns, packed: Bytes::zeroed(bytes)? })
    }

    /// The format of the weights.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Outputs of a product.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Inputs of a product.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Bytes of memory that the weights take.
    pub fn bytes(&self) -> usize {
        self.packed.len()
    }

    /// One row's numbers, into `values` of [`Self::columns`]: what the row of an embedding table is read by.
    pub fn dequantise_row(&self, row: usize, values: &mut [f32]) -> Result<(), KernelError> {
        if row >= self.rows {
            return Err(KernelError::Row { row, rows: self.rows });
        }
        expect_length("a dequantised row", Some(self.columns), values.len())?;
        let mut block = Block::empty();
        let packed = self.group(row / GROUP).chunks_exact(packed_bytes(self.format));
        for (packed, values) in packed.zip(values.chunks_exact_mut(self.format.block_columns())) {
            unpack(self.format, packed, row % GROUP, &mut block);
            block.dequantise(self.format, values);
        }
        Ok(())
    }

    /// `output = input · selfᵀ (+ bias)`: `input` is `[m, columns]`, `output` `[m, rows]`, `bias` `[rows]`.
    pub fn multiply(
        &self,
        input: &[f32],
        m: usize,
        bias: Option<&[f32]>,
        output: &mut [f32],
        pool: &Pool,
    ) -> Result<(), KernelError> {
        let activations = Activations::new(self.format, input, m, self.columns, pool)?;
        self.multiply_activations(&activations, bias, output, pool)
    }

    /// The same with an input that was rounded before, which saves doing so again for each of several matrices with the same input.
    pub fn multiply_activations(
        &self,
        activations: &Activations,
        bias: Option<&[f32]>,
        output: &mut [f32],
        pool: &Pool,
    ) -> Result<(), KernelError> {
        self.multiply_with(Kernel::best(), activations, bias, output, pool)
    }

    pub(crate) fn multiply_with(
        &self,
        kernel: Kernel,
        activations: &Activations,
        bias: Option<&[f32]>,
        output: &mut [f32],
        pool: &Pool,
    ) -> Result<(), KernelError> {
        if !activations.suit(self.format) {
            return Err(KernelError::Size {
                what: "the rounding of the inputs",
                found: "for another kind of format".to_owned(),
                expected: "Q4_K and Q6_K share one kind, Q8_0 has its own",
            });
        }
        let m = activations.m;
        expect_length("a row of a product's input", Some(self.columns), activations.columns)?;
        expect_length("the output of a product", m.checked_mul(self.rows), output.len())?;
        if let Some(bias) = bias {
            expect_length("the bias of a product", Some(self.rows), bias.len())?;
        }
        let groups = self.rows.div_ceil(GROUP);
        let kernel = if m == 1 { kernel.for_lone_token() } else { kernel };
        let (most, side_by_side) = (kernel.tokens(), kernel.groups());
        let items = if m < most {
            shrinking_items(groups, ITEM_BYTES / self.group_bytes(), side_by_side, pool.threads())
        } else {
            (0..groups).step_by(ITEM_GROUPS).map(|first| first..groups.min(first + ITEM_GROUPS)).collect()
        };
        let output = Disjoint::new(output);
        pool.run(items.len(), &|item| {
            let end = items[item].end;
            for panel in (0..m).step_by(PANEL) {
                for group in items[item].clone().step_by(side_by_side) {
                    let weights = self.groups(group..end.min(group + side_by_side));
                    let count = (side_by_side * GROUP).min(self.rows - group * GROUP);
                    for first in (panel..m.min(panel + PANEL)).step_by(most) {
                        let tokens = most.min(m - first);
                        let tile = kernel.tile(self.format, weights, activations, first, tokens);
                        for (token, results) in tile[..tokens].iter().enumerate() {
                            let start = (first + token) * self.rows + group * GROUP;
                            #[allow(unsafe_code)]
                            // SAFETY: each group of rows is in one item alone, and each token's rows lie apart.
                            let output = unsafe { output.part(start, count) };
                            output.copy_from_slice(&results[..count]);
                            if let Some(bias) = bias {
                                let bias = &bias[group * GROUP..][..count];
                                output.iter_mut().zip(bias).for_each(|(output, bias)| *output += bias);
                            }
                        }
                    }
                }
            }
        });
        Ok(())
    }

    fn group_bytes(&self) -> usize {
        self.columns / self.format.block_columns() * packed_bytes(self.format)
    }

    fn group(&self, group: usize) -> &[u8] {
        self.groups(group..group + 1)
    }

    fn groups(&self, groups: Range<usize>) -> &[u8] {
        let bytes = self.group_bytes();
        &self.packed[groups.start * bytes..groups.end * bytes]
    }

    fn group_mut(&mut self, group: usize) -> &mut [u8] {
        let bytes = self.group_bytes();
        &mut self.packed[group * bytes..(group + 1) * bytes]
    }
}

/// Cuts `groups` into runs, each a `threads`-th of what is left, but no shorter than `least`, and of whole multiples of `side_by_side` (guided self-scheduling, Polychronopoulos and Kuck
/// 1987): threads read memory in long runs, which is what a lone token waits for, and still end together.
fn shrinking_items(groups: usize, least: usize, side_by_side: usize, threads: usize) -> Vec<Range<usize>> {
    let mut items = Vec::new();
    let mut first = 0;
    while first < groups {
        let length = ((groups - first) / threads).max(least).max(1).next_multiple_of(side_by_side);
        items.push(first..groups.min(first + length));
        first += length;
    }
    items
}

/// The bytes of a matrix in a GGUF file; refuses sizes that no matrix has.
fn gguf_bytes(format: Format, rows: usize, columns: usize) -> Result<usize, KernelError> {
    if columns == 0 || !columns.is_multiple_of(format.block_columns()) {
        return Err(KernelError::Columns { format: format.name(), block: format.block_columns(), columns });
    }
    let bytes =
        (columns / format.block_columns()).checked_mul(format.block_bytes()).and_then(|row| row.checked_mul(rows));
    match bytes {
        Some(bytes) if rows > 0 && bytes <= isize::MAX as usize / 2 => Ok(bytes),
        _ => Err(KernelError::Size {
            what: "the rows of a matrix",
            found: rows.to_string(),
            expected: "at least one, and no more than memory can hold",
        }),
    }
}

#[cfg(test)]
mod tests;
