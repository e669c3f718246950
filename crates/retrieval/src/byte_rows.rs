//! Exact MaxSim on bytes: a quarter of the memory of single precision, and a score within about a thousandth of a cosine a query row.

use crate::kernels::lanes::raise_stepped;
use crate::kernels::{self, CENTRE, Instructions, LANES, Table, nearest, products, quantise_row};
use crate::{MultiVector, SearchError};

/// What an empty document scores a query row, as everywhere.
const NO_MATCH: f32 = -1.0;
/// Products have whole quads.
const QUAD: usize = 4;

/// A document's rows as bytes of 0 to 126 about 63, each row with what a step is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct ByteRows {
    dimension: usize,
    padded: usize,
    bytes: Vec<u8>,
    steps: Vec<f32>,
}

/// A query's rows as signed bytes, laid out for [`ByteQuery::max_sim`].
#[derive(Debug, Clone)]
pub struct ByteQuery {
    dimension: usize,
    rows: usize,
    table: Table,
    scales: Vec<[f32; LANES]>,
}

/// Memory that [`ByteQuery::max_sim`] uses again.
#[derive(Debug, Clone, Default)]
pub struct ByteScratch {
    sums: Vec<i32>,
    maxima: Vec<[f32; LANES]>,
}

/// Document rows whose products stand in memory at once: few enough for the nearest cache.
const ROWS_AT_ONCE: usize = 128;

impl From<&MultiVector> for ByteRows {
    fn from(rows: &MultiVector) -> Self {
        let dimension = rows.dimension();
        let padded = dimension.next_multiple_of(QUAD);
        let mut bytes = vec![CENTRE as u8; rows.len() * padded];
        let steps = rows
            .rows()
            .zip(bytes.chunks_exact_mut(padded))
            .map(|(row, out)| quantise_row(row, CENTRE, &mut out[..dimension]));
        Self { dimension, padded, steps: steps.collect(), bytes }
    }
}

impl ByteRows {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

impl From<&MultiVector> for ByteQuery {
    fn from(query: &MultiVector) -> Self {
        let dimension = query.dimension();
        let padded = dimension.next_multiple_of(QUAD);
        let mut values = vec![0.0; query.len() * padded];
        query.rows().zip(values.chunks_exact_mut(padded)).for_each(|(row, out)| out[..dimension].copy_from_slice(row));
        // Half of a byte's range: the products of two quads are then summed before they are widened.
        let (bytes, scales) = signed_bytes(&values, padded, CENTRE as f32);
        Self { dimension, rows: query.len(), table: Table::from_bytes(&bytes, padded, &[], CENTRE), scales }
    }
}

impl ByteQuery {
    /// MaxSim of the document, by the best instructions that this processor has.
    pub fn max_sim(&self, document: &ByteRows, scratch: &mut ByteScratch) -> Result<f32, SearchError> {
        self.max_sim_with(document, scratch, Instructions::best())
    }

    /// MaxSim of the document, by these instructions (or plain ones where the processor lacks them). All give the same score.
    pub fn max_sim_with(
        &self,
        document: &ByteRows,
        scratch: &mut ByteScratch,
        instructions: Instructions,
    ) -> Result<f32, SearchError> {
        if self.dimension != document.dimension {
            return Err(SearchError::Dimension { query: self.dimension, document: document.dimension });
        }
        if document.is_empty() {
            return Ok(NO_MATCH * self.rows as f32);
        }
        let ByteScratch { sums, maxima } = scratch;
        maxima.clear();
        maxima.resize(self.scales.len(), [f32::NEG_INFINITY; LANES]);
        sums.resize(ROWS_AT_ONCE * self.table.lanes(), 0);
        let stretches = document.bytes.chunks(ROWS_AT_ONCE * document.padded);
        for (bytes, steps) in stretches.zip(document.steps.chunks(ROWS_AT_ONCE)) {
            let sums = &mut sums[..steps.len() * self.table.lanes()];
            products(&self.table, bytes, sums, instructions);
            raise_stepped(maxima, steps, sums.as_chunks().0, instructions);
        }
        // What a step of a query row is worth changes nothing about which of its products is the highest.
        let maxima = maxima.as_flattened().iter().zip(self.scales.as_flattened()).take(self.rows);
        Ok(maxima.map(|(highest, scale)| highest * scale).sum())
    }
}

/// Rows as signed bytes of at most `largest`, and what a step of each row's is worth, filled up to whole blocks of lanes.
pub(crate) fn signed_bytes(rows: &[f32], width: usize, largest: f32) -> (Vec<i8>, Vec<[f32; LANES]>) {
    let mut bytes = Vec::with_capacity(rows.len());
    let mut scales = vec![[0.0; LANES]; (rows.len() / width).div_ceil(LANES)];
    for (at, row) in rows.chunks_exact(width).enumerate() {
        let most = kernels::largest(row);
        let inverse = if most > 0.0 { largest / most } else { 0.0 };
        bytes.extend(row.iter().map(|v| nearest(v * inverse) as i8));
        scales[at / LANES][at % LANES] = most / largest;
    }
    (bytes, scales)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::max_sim;

    fn vectors(most: usize) -> impl Strategy<Value = (MultiVector, MultiVector)> {
        (1usize..70, 0..most, 0..most).prop_flat_map(|(width, query, document)| {
            let rows = |count: usize| {
                proptest::collection::vec(-1.0f32..1.0, count * width)
                    .prop_map(move |values| MultiVector::normalised(values, width).unwrap())
            };
            (rows(query), rows(document))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]
        #[test]
        fn bytes_score_as_floats_do_whatever_the_instructions((query, document) in vectors(140)) {
            let exact = max_sim(&query, &document).unwrap();
            let (rows, prepared) = (ByteRows::from(&document), ByteQuery::from(&query));
            prop_assert_eq!(rows.len(), document.len());
            let mut scratch = ByteScratch::default();
            let plain = prepared.max_sim_with(&rows, &mut scratch, Instructions::Portable).unwrap();
            // Half a step of either side for each number, at the worst.
            let bound = 0.02 * query.len() as f32 + 1e-3;
            prop_assert!((plain - exact).abs() <= bound, "{plain} for {exact}");
            for &instructions in Instructions::available() {
                let score = prepared.max_sim_with(&rows, &mut scratch, instructions).unwrap();
                prop_assert_eq!(score.to_bits(), plain.to_bits(), "{:?}", instructions);
            }
        }
    }

    #[test]
    fn other_widths_are_refused_and_empty_documents_score_lowest() {
        let row = |width: usize| MultiVector::normalised(vec![1.0; width], width).unwrap();
        let (query, mut scratch) = (ByteQuery::from(&row(8)), ByteScratch::default());
        let refused = query.max_sim(&ByteRows::from(&row(9)), &mut scratch);
        assert_eq!(refused, Err(SearchError::Dimension { query: 8, document: 9 }));
        let none = ByteRows::from(&MultiVector::new(vec![], 8).unwrap());
        assert!(none.is_empty());
        assert_eq!(query.max_sim(&none, &mut scratch), Ok(-1.0));
    }
}
