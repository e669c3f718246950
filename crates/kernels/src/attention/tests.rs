use proptest::prelude::*;

use super::*;

fn wave(count: usize, step: f64) -> Vec<f32> {
    (0..count).map(|i| ((i as f64 * step).sin() * 43758.5453).fract() as f32 * 2.0).collect()
}

/// The definition, in f64: `sees(t)` are the positions that token t sees.
fn plain(
    queries: &[f32],
    keys: &[f32],
    values: &[f32],
    shape: &AttentionShape,
    sees: impl Fn(usize) -> std::ops::Range<usize>,
) -> Vec<f64> {
    let AttentionShape { heads, key_heads, d, scale } = *shape;
    let mut output = vec![0f64; queries.len()];
    for token in 0..queries.len() / (heads * d) {
        for head in 0..heads {
            let key_head = head / (heads / key_heads);
            let query = &queries[(token * heads + head) * d..][..d];
            let weights: Vec<f64> = sees(token)
                .map(|position| {
                    let key = &keys[(position * key_heads + key_head) * d..][..d];
                    let score: f64 = query.iter().zip(key).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
                    (score * f64::from(scale)).exp()
                })
                .collect();
            let total: f64 = weights.iter().sum();
            for (position, weight) in sees(token).zip(&weights) {
                for i in 0..d {
                    let value = f64::from(values[(position * key_heads + key_head) * d + i]);
                    output[(token * heads + head) * d + i] += weight / total * value;
                }
            }
        }
    }
    output
}

fn assert_near(found: &[f32], expected: &[f64], room: f64) {
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((f64::from(*found) - expected).abs() <= room, "{i}: {found} is not {expected}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn causal_attention_is_the_definition(
        tokens in prop_oneof![Just(1usize), 2usize..40, 60usize..140],
        first in prop_oneof![Just(0usize), 1usize..300],
        key_heads in 1usize..3,
        group in prop_oneof![Just(1usize), Just(2), Just(7), Just(8)],
        d in prop_oneof![Just(8usize), Just(20), Just(128)],
        halves in any::<bool>(),
    ) {
        let pool = Pool::new(2);
        let shape = AttentionShape { heads: key_heads * group, key_heads, d, scale: 1.0 / (d as f32).sqrt() };
        let queries = wave(tokens * shape.heads * d, 12.9898);
        // Some positions more than are seen: a cache has room behind its end.
        let (mut keys, mut values) = (wave((first + tokens + 3) * key_heads * d, 78.233), wave((first + tokens + 3) * key_heads * d, 3.7));
        let mut output = vec![f32::NAN; queries.len()];
        if halves {
            let (k, v): (Vec<f16>, Vec<f16>) = keys.iter().zip(&values).map(|(&k, &v)| (f16::from_f32(k), f16::from_f32(v))).unzip();
            causal_attention(&queries, Stored::F16(&k), Stored::F16(&v), &shape, first, &mut output, &pool).unwrap();
            (keys, values) = (k.iter().map(|k| k.to_f32()).collect(), v.iter().map(|v| v.to_f32()).collect());
        } else {
            causal_attention(&queries, Stored::F32(&keys), Stored::F32(&values), &shape, first, &mut output, &pool).unwrap();
        }
        assert_near(&output, &plain(&queries, &keys, &values, &shape, |token| 0..first + token + 1), 2e-5);
    }

    #[test]
    fn segments_see_themselves_alone(
        lengths in prop::collection::vec(0usize..150, 1..5),
        heads in 1usize..4,
        d in prop_oneof![Just(8usize), Just(80)],
    ) {
        let pool = Pool::new(2);
        let mut bounds = vec![0];
        for length in &lengths {
            bounds.push(bounds[bounds.len() - 1] + length);
        }
        let tokens = bounds[bounds.len() - 1];
        let shape = AttentionShape { heads, key_heads: heads, d, scale: 1.0 / (d as f32).sqrt() };
        let (queries, keys, values) = (wave(tokens * heads * d, 12.9898), wave(tokens * heads * d, 78.233), wave(tokens * heads * d, 3.7));
        let mut output = vec![f32::NAN; queries.len()];
        segment_attention(&queries, &keys, &values, &shape, &bounds, &mut output, &pool).unwrap();
        let segment = |token: usize| {
            let at = bounds.windows(2).find(|bounds| (bounds[0]..bounds[1]).contains(&token)).unwrap();
            at[0]..at[1]
        };
        assert_near(&output, &plain(&queries, &keys, &values, &shape, segment), 2e-5);
    }
}

#[test]
fn scores_beyond_an_exponentials_range_are_no_trouble() {
    let pool = Pool::new(1);
    let shape = AttentionShape { heads: 1, key_heads: 1, d: 2, scale: 1.0 };
    // Scores rise by 200 a position: each block's largest is far above the last one's.
    let keys: Vec<f32> = (0..300).flat_map(|i| [i as f32 * 200.0, 0.0]).collect();
    let values: Vec<f32> = (0..300).flat_map(|i| [i as f32, 1.0]).collect();
    let mut output = [0.0; 2];
    causal_attention(&[1.0, 0.0], Stored::F32(&keys), Stored::F32(&values), &shape, 299, &mut output, &pool).unwrap();
    assert_eq!(output, [299.0, 1.0]);
    causal_attention(&[-1.0, 0.0], Stored::F32(&keys), Stored::F32(&values), &shape, 299, &mut output, &pool).unwrap();
    assert_eq!(output, [0.0, 1.0]);
}

#[test]
fn wrong_sizes_are_refused() {
    let pool = Pool::new(1);
    let shape = AttentionShape { heads: 4, key_heads: 2, d: 8, scale: 1.0 };
    let (queries, keys) = (vec![0.0; 3 * 32], vec![0.0; 5 * 16]);
    let mut output = vec![0.0; 3 * 32];
    let mut run = |shape: &AttentionShape, keys: &[f32], first| {
        causal_attention(&queries, Stored::F32(keys), Stored::F32(keys), shape, first, &mut output, &pool)
    };
    assert!(run(&shape, &keys, 2).is_ok());
    assert!(run(&shape, &keys, 3).is_err());
    assert!(run(&shape, &keys, usize::MAX).is_err());
    assert!(run(&AttentionShape { key_heads: 3, ..shape }, &keys, 0).is_err());
    assert!(run(&AttentionShape { key_heads: 0, ..shape }, &keys, 0).is_err());
    assert!(run(&AttentionShape { d: 0, ..shape }, &keys, 0).is_err());
    assert!(run(&AttentionShape { d: 5, ..shape }, &keys, 0).is_err());
    assert!(run(&AttentionShape { heads: usize::MAX - 1, ..shape }, &keys, 0).is_err());
    for bounds in [&[][..], &[0], &[0, 2], &[1, 3], &[0, 4], &[0, 2, 1, 3]] {
        let mut output = vec![0.0; 3 * 32];
        assert!(segment_attention(&queries, &keys[..48], &keys[..48], &shape, bounds, &mut output, &pool).is_err());
    }
}
