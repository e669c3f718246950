use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use super::*;

/// A model whose next token is a function of all it has read: it would write something else if a piece were missing, twice there
/// or out of order.
struct Hashing {
    read: Vec<Piece>,
    /// Pieces of every call.
    calls: Rc<RefCell<Vec<usize>>>,
    /// Fails once it has read this many.
    fails_at: Rc<Cell<usize>>,
}

const VOCABULARY: u64 = 64;

fn after(pieces: &[Piece]) -> u64 {
    pieces.iter().fold(7u64, |hash, piece| {
        let number = match piece {
            Piece::Token(token) => u64::from(*token),
            Piece::Image(image) => 1_000 + u64::from(image.digest[0]),
        };
        hash.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(number).rotate_left(17)
    })
}

fn likeliest_after(pieces: &[Piece]) -> u32 {
    (after(pieces) % VOCABULARY) as u32
}

impl LanguageModel for Hashing {
    fn read(&mut self, pieces: &[Piece], cancelled: &dyn Fn() -> bool) -> Result<Vec<f32>, InferenceError> {
        self.calls.borrow_mut().push(pieces.len());
        for piece in pieces {
            if cancelled() {
                return Err(InferenceError::Cancelled);
            }
            if self.read.len() == self.fails_at.get() {
                return Err(InferenceError::Tokens("out of memory".into()));
            }
            self.read.push(piece.clone());
        }
        let best = likeliest_after(&self.read);
        Ok((0..VOCABULARY as u32).map(|token| if token == best { 9.0 } else { (token % 5) as f32 }).collect())
    }

    fn truncate(&mut self, pieces: usize) -> Result<(), InferenceError> {
        assert!(pieces <= self.read.len());
        self.read.truncate(pieces);
        Ok(())
    }
}

/// Token n is the n-th letter.
struct Letters;

impl TokenText for Letters {
    fn bytes(&self, token: u32) -> Vec<u8> {
        vec![b'0' + token as u8]
    }
}

struct Bench {
    session: Session<Hashing>,
    calls: Rc<RefCell<Vec<usize>>>,
    fails_at: Rc<Cell<usize>>,
}

fn bench() -> Bench {
    let (calls, fails_at) = (Rc::default(), Rc::new(Cell::new(usize::MAX)));
    let model = Hashing { read: Vec::new(), calls: Rc::clone(&calls), fails_at: Rc::clone(&fails_at) };
    Bench { session: Session::new(Box::new(model)), calls, fails_at }
}

fn greedy(max_tokens: usize) -> GenerationOptions {
    GenerationOptions { max_tokens, ..GenerationOptions::default() }
}

fn tokens(numbers: &[u32]) -> Vec<Piece> {
    numbers.iter().map(|&token| Piece::Token(token)).collect()
}

fn image(digest: u8) -> Piece {
    Piece::Image(PromptImage { digest: [digest; 32], placeholder: 9, content: Arc::new(()) })
}

fn answer(bench: &mut Bench, prompt: &[Piece], options: &GenerationOptions) -> Generated {
    generate(&mut bench.session, prompt, options, &Letters, &|| false, &mut |_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn greedy_writes_the_likeliest_token_each_time() {
    let mut prompt = tokens(&[1, 2, 3]);
    let written = answer(&mut bench(), &prompt, &greedy(12));
    for &token in &written.tokens {
        assert_eq!(token, likeliest_after(&prompt));
        prompt.push(Piece::Token(token));
    }
    assert_eq!((written.tokens.len(), written.ending, written.reused, written.read), (12, Ending::Length, 0, 3));
}

#[test]
fn a_follow_up_reads_only_what_is_new_and_writes_the_same() {
    let mut warm = bench();
    let mut prompt = tokens(&[1, 2]);
    prompt.push(image(5));
    prompt.extend(tokens(&[3, 4]));
    let first = answer(&mut warm, &prompt, &greedy(6));
    prompt.extend(tokens(&first.tokens));
    prompt.extend(tokens(&[8, 8]));
    let second = answer(&mut warm, &prompt, &greedy(6));
    // The last token of the first answer was written and never read.
    assert_eq!((second.reused, second.read), (5 + 5, 1 + 2));
    assert_eq!(second.tokens, answer(&mut bench(), &prompt, &greedy(6)).tokens);

    // Another image at the same place: everything from there on is read again.
    prompt[2] = image(6);
    let third = answer(&mut warm, &prompt, &greedy(6));
    assert_eq!(third.reused, 2);
    assert_eq!(third.tokens, answer(&mut bench(), &prompt, &greedy(6)).tokens);

    // The same prompt again reads its last piece for the logits.
    let again = answer(&mut warm, &prompt, &greedy(6));
    assert_eq!((again.reused, again.read), (prompt.len() - 1, 1));
    assert_eq!(again.tokens, third.tokens);
}

#[test]
fn stop_tokens_and_stop_strings_end_the_answer() {
    let prompt = tokens(&[1, 2, 3]);
    let free = answer(&mut bench(), &prompt, &greedy(12));
    let by_token = GenerationOptions { stop_tokens: vec![free.tokens[4]], ..greedy(12) };
    let stopped = answer(&mut bench(), &prompt, &by_token);
    let first = free.tokens.iter().position(|token| *token == free.tokens[4]).unwrap();
    assert_eq!((stopped.tokens.as_slice(), stopped.ending), (&free.tokens[..first], Ending::Stopped));
    let by_text = GenerationOptions { stop_strings: vec![free.text[6..9].to_owned()], ..greedy(12) };
    let stopped = answer(&mut bench(), &prompt, &by_text);
    assert_eq!((stopped.text.as_str(), stopped.ending), (&free.text[..6], Ending::Stopped));
}

#[test]
fn cancelling_takes_effect_within_a_token_and_does_no_harm() {
    let prompt = tokens(&[1, 2, 3]);
    let mut bench = bench();
    let mut heard = 0;
    let broken = generate(&mut bench.session, &prompt, &greedy(50), &Letters, &|| false, &mut |_| {
        heard += 1;
        if heard == 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let broken = broken.unwrap();
    assert_eq!((broken.tokens.len(), broken.ending), (4, Ending::Cancelled));

    // From outside, while the prompt is read and while tokens are written.
    for allowed in 0..8 {
        let asked = Cell::new(0);
        let cancelled = || {
            asked.set(asked.get() + 1);
            asked.get() > allowed
        };
        let mut fresh = self::bench();
        let result =
            generate(
                &mut fresh.session,
                &prompt,
                &greedy(50),
                &Letters,
                &cancelled,
                &mut |_| ControlFlow::Continue(()),
            );
        assert_eq!(result.unwrap().ending, Ending::Cancelled);
        assert!(asked.get() <= allowed + 2, "asked {} times", asked.get());
        let after = answer(&mut fresh, &prompt, &greedy(5));
        assert_eq!(after.tokens, answer(&mut self::bench(), &prompt, &greedy(5)).tokens);
    }
}

#[test]
fn after_a_failure_the_session_is_right_again() {
    let prompt = tokens(&[1, 2, 3, 4]);
    let mut bench = bench();
    bench.fails_at.set(2);
    let failed =
        generate(&mut bench.session, &prompt, &greedy(5), &Letters, &|| false, &mut |_| ControlFlow::Continue(()));
    assert!(failed.is_err());
    bench.fails_at.set(usize::MAX);
    assert_eq!(answer(&mut bench, &prompt, &greedy(5)).tokens, answer(&mut self::bench(), &prompt, &greedy(5)).tokens);
    assert_eq!(bench.calls.borrow()[1], 4, "nothing is known after the failure");
    let nothing =
        generate(&mut bench.session, &[], &greedy(5), &Letters, &|| false, &mut |_| ControlFlow::Continue(()));
    assert!(nothing.is_err());
}

#[test]
fn a_seed_repeats_an_answer() {
    let sampling = |seed| Sampling { temperature: 1.5, top_k: 20, top_p: 0.95, repetition_penalty: 1.1, seed };
    let write = |seed| {
        let options = GenerationOptions { sampling: sampling(seed), ..greedy(40) };
        answer(&mut bench(), &tokens(&[1, 2, 3]), &options).tokens
    };
    assert_eq!(write(1), write(1));
    assert_ne!(write(1), write(2));
}
