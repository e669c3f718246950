use super::agreement::{Reference, reference};
use super::*;
use crate::qwen::Positions;

/// The most likely token of the last row.
fn most_likely(logits: &Tensor) -> u32 {
    let last = logits.narrow(0, logits.dim(0).unwrap() - 1, 1).unwrap();
    last.flatten_all().unwrap().argmax(0).unwrap().to_scalar().unwrap()
}

#[test]
fn thirty_two_greedy_tokens_are_the_reference_s() {
    for name in ["qwen2_vl", "qwen2_5_vl"] {
        let Reference { model, images, ids, expected } = reference(name, DType::F32);
        let language = &model.language;
        let (rows, positions) = model.read_prompt(&ids, Some(&images)).unwrap();
        let mut cache = language.new_cache();
        let mut hidden = language.forward(&rows, &positions, &mut cache).unwrap();
        let mut answer = Vec::new();
        for at in 0..32 {
            let token = most_likely(&language.logits(&hidden).unwrap());
            answer.push(token);
            let place = Positions::text(positions.next() + at, 1);
            hidden = language.forward(&language.embed(&[token]).unwrap(), &place, &mut cache).unwrap();
        }
        assert_eq!(answer, numbers(&expected["greedy"]), "{name}");
        assert_eq!(cache.len(), ids.len() + 32);
    }
}

#[test]
fn a_prompt_in_pieces_is_as_in_one() {
    let Reference { model, images, ids, .. } = reference("qwen2_5_vl", DType::F32);
    let language = &model.language;
    let (rows, positions) = model.read_prompt(&ids, Some(&images)).unwrap();
    let whole = language.forward(&rows, &positions, &mut language.new_cache()).unwrap();
    let last = whole.narrow(0, ids.len() - 1, 1).unwrap();
    for chunk in [1, 7, 16, 1000] {
        let mut cache = language.new_cache();
        let hidden = language.prefill(&rows, &positions, &mut cache, chunk, &mut || Ok(())).unwrap();
        let hidden = hidden.narrow(0, hidden.dim(0).unwrap() - 1, 1).unwrap();
        let off = difference(&hidden, &last);
        assert!(off < 1e-5, "in pieces of {chunk}: off by {off:e}");
        assert_eq!(cache.len(), ids.len());
    }
    let stopped =
        language.prefill(&rows, &positions, &mut language.new_cache(), 8, &mut || Err(InferenceError::Cancelled));
    assert!(matches!(stopped, Err(InferenceError::Cancelled)));
}

/// A follow-up question keeps what both prompts begin with; room grows past its first step on the way.
#[test]
fn a_shortened_cache_goes_on_like_a_new_one() {
    let Reference { model, .. } = reference("qwen2_vl", DType::F32);
    let language = &model.language;
    let ids: Vec<u32> = (0..400).map(|at| (at * 37 + at / 7) % 140).collect();
    let other: Vec<u32> = (0..90).map(|at| (at * 11 + 5) % 140).collect();
    let read = |ids: &[u32], cache: &mut super::super::KvCache| {
        let places = Positions::text(cache.len() as u32, ids.len());
        language.prefill(&language.embed(ids).unwrap(), &places, cache, 64, &mut || Ok(())).unwrap()
    };
    let mut cache = language.new_cache();
    read(&ids, &mut cache);
    let bytes = cache.bytes();
    cache.truncate(300);
    assert_eq!((cache.len(), cache.bytes()), (300, bytes));
    let kept = read(&other, &mut cache);
    let mut fresh = language.new_cache();
    read(&ids[..300], &mut fresh);
    let again = read(&other, &mut fresh);
    assert!(difference(&kept, &again) < 1e-6);
    // 2 blocks, 2 key heads of 16, keys and values, room for 512 tokens of four bytes.
    assert_eq!(bytes, 2 * 2 * 16 * 2 * 512 * 4);
}

#[test]
fn sequences_side_by_side_do_not_see_each_other() {
    let Reference { model, .. } = reference("qwen2_5_vl", DType::F32);
    let language = &model.language;
    let (first, other, second) = ([3, 4, 5, 6, 7], [90, 8, 17, 2, 44], [30, 31, 32]);
    let mut positions = Positions::text(0, 5);
    positions.extend(&Positions::text(0, 3));
    // Beside two neighbours of the same length: products of one shape are rounded alike, so that nothing may differ at all.
    let beside = |neighbour: &[u32]| {
        let both = language.embed(&[neighbour, &second].concat()).unwrap();
        language.encode(&both, &positions, &[5, 3]).unwrap().narrow(0, 5, 3).unwrap()
    };
    assert_eq!(difference(&beside(&first), &beside(&other)), 0.0);
    let alone = language.encode(&language.embed(&second).unwrap(), &Positions::text(0, 3), &[3]).unwrap();
    assert!(difference(&beside(&first), &alone) < 1e-5, "{}", difference(&beside(&first), &alone));
    assert!(language.encode(&language.embed(&first).unwrap(), &Positions::text(0, 5), &[3]).is_err());
    assert!(
        language.forward(&language.embed(&first).unwrap(), &Positions::text(0, 4), &mut language.new_cache()).is_err()
    );
}
