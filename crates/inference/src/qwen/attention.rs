//! Attention over spans of rows: each span of queries attends to its own span of keys, so that windows, images and sequences
//! of different length lie side by side in one tensor and no mask over all of them is ever made. Query heads share key heads
//! without a copy of these.

use candle_core::{D, DType, Tensor};
pub(super) use vitrine_kernels::Span;
use vitrine_kernels::{AttentionShape, HeadRows};

use super::numerics::{on_slices, with_slices};
use crate::threads::pool;

type Result<T> = candle_core::Result<T>;

/// Queries that the general path takes at once: its logits are this many rows, however long the prompt.
const QUERIES_AT_ONCE: usize = 256;

/// Spans one after the other, each attending to itself alone.
pub(super) fn side_by_side(lengths: impl IntoIterator<Item = usize>, causal: bool) -> Vec<Span> {
    let mut start = 0;
    lengths
        .into_iter()
        .map(|length| {
            let rows = start..start + length;
            start += length;
            Span { queries: rows.clone(), keys: rows, causal, window: None }
        })
        .filter(|span| !span.queries.is_empty())
        .collect()
}

/// softmax(queries keysᵀ / sqrt(head)) values: queries `[rows, heads, head]`, keys and values `[key heads, places, head]`
/// (of any strides), to `[rows, heads * head]`. Rows outside of all spans are nought.
pub(super) fn attend(queries: &Tensor, keys: &Tensor, values: &Tensor, spans: &[Span]) -> Result<Tensor> {
    let (rows, heads, head) = queries.dims3()?;
    let (key_heads, places, key_head) = keys.dims3()?;
    if values.dims() != keys.dims() || key_head != head || key_heads == 0 || !heads.is_multiple_of(key_heads) {
        candle_core::bail!("queries {:?} do not fit keys {:?} and values {:?}", queries.dims(), keys, values.dims());
    }
    if queries.device().is_cpu() && queries.dtype() != DType::F32 {
        // Half types have no products of their own on the CPU: the numbers are widened once, and rounded once.
        let wide = |x: &Tensor| x.to_dtype(DType::F32);
        return attend(&wide(queries)?, &wide(keys)?, &wide(values)?, spans)?.to_dtype(queries.dtype());
    }
    if ![queries, keys, values].iter().all(|x| x.stride()[2] == 1 && on_slices(x)) {
        return by_matrices(queries, keys, values, spans);
    }
    let shape = AttentionShape { rows, places, heads, key_heads, d: head };
    let mut mixed = vec![0f32; rows * heads * head];
    with_slices([queries, keys, values], |[q, k, v]| {
        let rows = |numbers, tensor: &Tensor, row, head| HeadRows {
            numbers,
            row: tensor.stride()[row],
            head: tensor.stride()[head],
        };
        let (queries, keys, values) = (rows(q, queries, 0, 1), rows(k, keys, 1, 0), rows(v, values, 1, 0));
        vitrine_kernels::attention(&shape, queries, keys, values, spans, &mut mixed, pool())
    })?;
    Tensor::from_vec(mixed, (rows, heads * head), queries.device())
}

/// The same out of candle's operations, for other devices and types: logits and softmax in f32, some queries at a time.
fn by_matrices(queries: &Tensor, keys: &Tensor, values: &Tensor, spans: &[Span]) -> Result<Tensor> {
    let (rows, heads, head) = queries.dims3()?;
    let key_heads = keys.dim(0)?;
    let group = heads / key_heads;
    let scale = (head as f64).sqrt().recip();
    let places = keys.dim(1)?;
    let within = |span: &Span| {
        span.queries.end <= rows
            && span.keys.end <= places
            && !span.keys.is_empty()
            && (!span.causal || span.queries.len() <= span.keys.len())
    };
    if let Some(span) = spans.iter().find(|span| !span.queries.is_empty() && !within(span)) {
        candle_core::bail!("the span {span:?} is not within {rows} queries and {places} keys");
    }
    let mut pieces = Vec::new();
    let mut done = 0;
    for span in spans.iter().filter(|span| !span.queries.is_empty()) {
        if span.queries.start < done {
            candle_core::bail!("the span {span:?} begins before the last one ends");
        }
        if span.queries.start > done {
            pieces.push(Tensor::zeros((span.queries.start - done, heads * head), queries.dtype(), queries.device())?);
        }
        done = span.queries.end;
        let places = span.keys.len();
        let keys = keys.narrow(1, span.keys.start, places)?.contiguous()?;
        let values = values.narrow(1, span.keys.start, places)?.contiguous()?;
        for first in span.queries.clone().step_by(QUERIES_AT_ONCE) {
            let count = QUERIES_AT_ONCE.min(span.queries.end - first);
            let some = queries.narrow(0, first, count)?.reshape((count, key_heads, group, head))?;
            let some = some.permute((1, 2, 0, 3))?.reshape((key_heads, group * count, head))?;
            let mut logits = (some.matmul(&keys.t()?)?.to_dtype(DType::F32)? * scale)?;
            if span.causal || span.window.is_some() {
                let end = |row: usize| {
                    if span.causal {
                        places - span.queries.len() + (first - span.queries.start) + 1 + row
                    } else {
                        places
                    }
                };
                let sees = |row: usize, place: usize| {
                    place < end(row) && span.window.is_none_or(|window| place + window >= end(row))
                };
                let hidden = (0..count * places)
                    .map(|at| if sees(at / places, at % places) { 0f32 } else { f32::NEG_INFINITY })
                    .collect::<Vec<_>>();
                let hidden = Tensor::from_vec(hidden, (1, 1, count, places), queries.device())?;
                logits = logits.reshape((key_heads, group, count, places))?.broadcast_add(&hidden)?.reshape((
                    key_heads,
                    group * count,
                    places,
                ))?;
            }
            let weights = candle_nn::ops::softmax(&logits, D::Minus1)?.to_dtype(values.dtype())?;
            let mixed = weights.matmul(&values)?.reshape((key_heads, group, count, head))?;
            pieces.push(mixed.permute((2, 0, 1, 3))?.reshape((count, heads * head))?);
        }
    }
    if done < rows {
        pieces.push(Tensor::zeros((rows - done, heads * head), queries.dtype(), queries.device())?);
    }
    Tensor::cat(&pieces, 0)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::noise::Noise;

    /// Both ways must agree for any spans, also where blocks of keys and queries end unevenly.
    #[test]
    fn streaming_and_whole_matrices_agree() {
        let mut noise = Noise::new(7);
        let mut draw = |shape: &[usize]| noise.uniform(shape, 3.0).unwrap();
        for (heads, key_heads, head) in [(4, 2, 16), (3, 3, 20), (8, 1, 128)] {
            let (queries, keys) = (draw(&[700, heads, head]), draw(&[key_heads, 900, head]));
            let values = draw(&[900, key_heads, head]).transpose(0, 1).unwrap();
            let spans = [
                Span { queries: 0..1, keys: 0..900, causal: true, window: Some(33) },
                Span { queries: 1..131, keys: 100..230, causal: true, window: None },
                Span { queries: 140..141, keys: 7..8, causal: false, window: None },
                Span { queries: 141..690, keys: 200..900, causal: true, window: Some(300) },
                Span { queries: 690..700, keys: 3..840, causal: false, window: None },
            ];
            let streamed = attend(&queries, &keys, &values, &spans).unwrap();
            let whole = by_matrices(&queries, &keys, &values, &spans).unwrap();
            let off: f32 = (&streamed - &whole)
                .unwrap()
                .abs()
                .unwrap()
                .flatten_all()
                .unwrap()
                .max(0)
                .unwrap()
                .to_scalar()
                .unwrap();
            // Logits reach tens here, and each way rounds them by itself.
            assert!(off < 3e-5, "{heads} {key_heads} {head}: off by {off:e}");
            let unused = streamed.narrow(0, 131, 9).unwrap().abs().unwrap().sum_all().unwrap();
            assert_eq!(unused.to_scalar::<f32>().unwrap(), 0.0);
        }
    }

    #[test]
    fn spans_that_reach_outside_are_refused() {
        let x = Tensor::zeros((4, 2, 8), DType::F32, &Device::Cpu).unwrap();
        let k = Tensor::zeros((2, 4, 8), DType::F32, &Device::Cpu).unwrap();
        for (queries, keys, causal) in
            [(0..5, 0..4, false), (0..4, 0..5, false), (0..4, 2..4, true), (0..4, 2..2, false)]
        {
            let span = Span { queries, keys, causal, window: None };
            assert!(attend(&x, &k, &k, std::slice::from_ref(&span)).is_err(), "{span:?}");
        }
    }
}
