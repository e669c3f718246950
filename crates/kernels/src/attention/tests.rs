use proptest::prelude::*;

use super::*;

fn wave(count: usize, step: f64) -> Vec<f32> {
    (0..count).map(|i| ((i as f64 * step).sin() * 43758.5453).fract() as f32 * 2.0).collect()
}

/// The definition, in f64. Rows outside of all spans are NaN.
fn plain(shape: &AttentionShape, queries: HeadRows, keys: HeadRows, values: HeadRows, spans: &[Span]) -> Vec<f64> {
    let AttentionShape { rows, heads, key_heads, d, .. } = *shape;
    let mut output = vec![f64::NAN; rows * heads * d];
    for span in spans {
        for token in span.queries.clone() {
            let hidden = if span.causal { span.queries.end - 1 - token } else { 0 };
            let end = span.keys.end - hidden;
            let seen =
                span.window.map_or(span.keys.start, |window| span.keys.start.max(end.saturating_sub(window)))..end;
            for head in 0..heads {
                let key_head = head / (heads / key_heads);
                let query = queries.of(token, head, d);
                let weights: Vec<f64> = seen
                    .clone()
                    .map(|place| {
                        let key = keys.of(place, key_head, d);
                        let score: f64 = query.iter().zip(key).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
                        (score / (d as f64).sqrt()).exp()
                    })
                    .collect();
                let total: f64 = weights.iter().sum();
                for i in 0..d {
                    let mixed = seen
                        .clone()
                        .zip(&weights)
                        .map(|(place, weight)| weight / total * f64::from(values.of(place, key_head, d)[i]));
                    output[(token * heads + head) * d + i] = mixed.sum();
                }
            }
        }
    }
    output
}

fn assert_near(found: &[f32], expected: &[f64]) {
    for (i, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let same = found.is_nan() && expected.is_nan();
        assert!(same || (f64::from(found) - expected).abs() <= 2e-5, "{i}: {found} is not {expected}");
    }
}

/// One head of width 2.
fn rows(numbers: &[f32]) -> HeadRows<'_> {
    HeadRows { numbers, row: 2, head: 2 }
}

/// None, one shorter than a block of keys, or one longer.
fn window() -> impl Strategy<Value = Option<usize>> {
    prop_oneof![Just(None), (1usize..20).prop_map(Some), (200usize..400).prop_map(Some)]
}

/// Spans from lengths of queries and of further keys, with gaps between them.
fn spans_of(parts: &[(usize, usize, bool, Option<usize>)]) -> (Vec<Span>, usize, usize) {
    let (mut rows, mut places) = (1, 2);
    let spans = parts
        .iter()
        .map(|&(queries, more, causal, window)| {
            let span = Span { queries: rows..rows + queries, keys: places..places + queries + more, causal, window };
            (rows, places) = (span.queries.end + 1, span.keys.end + 3);
            span
        })
        .collect();
    (spans, rows, places)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn attention_is_the_definition(
        parts in prop::collection::vec((prop_oneof![Just(1usize), 2usize..40, 60usize..210], 1usize..300, any::<bool>(), window()), 1..4),
        key_heads in 1usize..3,
        group in prop_oneof![Just(1usize), Just(2), Just(7), Just(8)],
        d in prop_oneof![Just(8usize), Just(20), Just(80), Just(128)],
        threads in 1usize..3,
    ) {
        let (spans, rows, places) = spans_of(&parts);
        let heads = key_heads * group;
        let shape = AttentionShape { rows, places, heads, key_heads, d };
        let numbers = [wave(rows * heads * d, 12.9898), wave(places * key_heads * (d + 1), 78.233), wave(places * key_heads * d, 3.7)];
        let queries = HeadRows { numbers: &numbers[0], row: heads * d, head: d };
        // Keys as a cache lays them out, with a gap between rows; values as a map of all three leaves them.
        let keys = HeadRows { numbers: &numbers[1], row: d + 1, head: places * (d + 1) };
        let values = HeadRows { numbers: &numbers[2], row: key_heads * d, head: d };
        let mut output = vec![f32::NAN; rows * heads * d];
        attention(&shape, queries, keys, values, &spans, &mut output, &Pool::new(threads)).unwrap();
        assert_near(&output, &plain(&shape, queries, keys, values, &spans));
    }
}

#[test]
fn scores_beyond_an_exponentials_range_are_no_trouble() {
    // Scores rise by 141 a position: each block's largest is far above the last one's.
    let keys: Vec<f32> = (0..300).flat_map(|i| [i as f32 * 200.0, 0.0]).collect();
    let values: Vec<f32> = (0..300).flat_map(|i| [i as f32, 1.0]).collect();
    let shape = AttentionShape { rows: 1, places: 300, heads: 1, key_heads: 1, d: 2 };
    let spans = [Span { queries: 0..1, keys: 0..300, causal: true, window: None }];
    let mut output = [0.0; 2];
    for (query, expected) in [([1.0, 0.0], [299.0, 1.0]), ([-1.0, 0.0], [0.0, 1.0])] {
        attention(&shape, rows(&query), rows(&keys), rows(&values), &spans, &mut output, &Pool::new(1)).unwrap();
        assert_eq!(output, expected);
    }
}

#[test]
fn wrong_sizes_are_refused() {
    let shape = AttentionShape { rows: 3, places: 5, heads: 4, key_heads: 2, d: 8 };
    let (queries, keys) = (vec![0.0; 3 * 32], vec![0.0; 5 * 16]);
    let run = |shape: &AttentionShape, keys: &[f32], span: Span| {
        let queries = HeadRows { numbers: &queries, row: 32, head: 8 };
        let keys = HeadRows { numbers: keys, row: 16, head: 8 };
        let mut output = vec![0.0; 3 * 32];
        attention(shape, queries, keys, keys, &[span], &mut output, &Pool::new(1))
    };
    let whole = Span { queries: 0..3, keys: 0..5, causal: true, window: None };
    assert!(run(&shape, &keys, whole.clone()).is_ok());
    assert!(run(&shape, &keys[1..], whole.clone()).is_err());
    for wrong in [
        AttentionShape { key_heads: 3, ..shape },
        AttentionShape { key_heads: 0, ..shape },
        AttentionShape { heads: 0, ..shape },
        AttentionShape { d: 0, ..shape },
        AttentionShape { d: 9, ..shape },
        AttentionShape { rows: 4, ..shape },
        AttentionShape { rows: usize::MAX, ..shape },
        AttentionShape { places: usize::MAX, ..shape },
        AttentionShape { heads: usize::MAX - 1, ..shape },
    ] {
        assert!(run(&wrong, &keys, whole.clone()).is_err(), "{wrong:?}");
    }
    for (queries, keys_seen, causal) in
        [(0..4, 0..5, false), (0..3, 0..6, false), (0..3, 3..5, true), (0..3, 2..2, false)]
    {
        assert!(run(&shape, &keys, Span { queries, keys: keys_seen, causal, window: None }).is_err());
    }
    assert!(run(&shape, &keys, Span { window: Some(0), ..whole.clone() }).is_err());
    let twice = [whole.clone(), whole];
    let queries = HeadRows { numbers: &queries, row: 32, head: 8 };
    let keys = HeadRows { numbers: &keys, row: 16, head: 8 };
    assert!(attention(&shape, queries, keys, keys, &twice, &mut [0.0; 96], &Pool::new(1)).is_err());
}
