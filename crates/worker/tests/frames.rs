//! 2,000 mutated requests: the service answers or ends, and takes no memory for what is only claimed.
#![allow(clippy::unwrap_used)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::ops::ControlFlow;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use image::RgbImage;
use vitrine_inference::worker::{Served, serve};
use vitrine_inference::{
    Classifier, Conversation, Explainer, ExplainerEvent, InferenceError, MultiVector, PackIdentity, Retriever, Task,
    TaskPrediction, TextRows, Years,
};

/// The system's allocator with a count of what is taken at once.
struct Counting;

static TAKEN: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

#[allow(unsafe_code)]
// SAFETY: every call is passed on to the system's allocator as it came; counting touches no memory of the caller's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let taken = TAKEN.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(taken, Ordering::Relaxed);
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        TAKEN.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the pointer came from `System` with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

struct Double(PackIdentity);

impl Retriever for Double {
    fn pack(&self) -> &PackIdentity {
        &self.0
    }

    fn dimension(&self) -> usize {
        1
    }

    fn relates_images_to_text(&self) -> bool {
        true
    }

    fn embed_image(&self, image: &RgbImage) -> Result<MultiVector, InferenceError> {
        // Whatever the request claimed, these are images whose pixels are all there.
        assert_eq!(image.as_raw().len(), image.width() as usize * image.height() as usize * 3);
        Ok(MultiVector::new(image.as_raw().iter().map(|&byte| byte.into()).collect(), 1)?)
    }

    fn embed_query(&self, text: &str) -> Result<TextRows, InferenceError> {
        let rows = MultiVector::new(text.bytes().map(f32::from).collect(), 1)?;
        let spans = vec![None; rows.len()];
        Ok(TextRows { rows, spans })
    }

    fn embed_passage(&self, text: &str) -> Result<TextRows, InferenceError> {
        self.embed_query(text)
    }
}

impl Classifier for Double {
    fn pack(&self) -> &PackIdentity {
        &self.0
    }

    fn tasks(&self) -> Vec<(Task, Vec<String>)> {
        Vec::new()
    }

    fn classify(
        &self,
        image: &MultiVector,
        _: Option<&Years>,
        _: usize,
    ) -> Result<Vec<TaskPrediction>, InferenceError> {
        assert!(image.values().iter().all(|value| value.is_finite()));
        Ok(Vec::new())
    }
}

impl Explainer for Double {
    fn pack(&self) -> &PackIdentity {
        &self.0
    }

    fn respond(
        &self,
        _: &Conversation,
        emit: &mut dyn FnMut(ExplainerEvent) -> ControlFlow<()>,
    ) -> Result<(), InferenceError> {
        for _ in 0..3 {
            if emit(ExplainerEvent::Text("a".into())).is_break() {
                break;
            }
        }
        Ok(())
    }
}

fn served(double: &Arc<Double>) -> Served {
    Served {
        pack: double.0.clone(),
        device: "double".into(),
        free_memory: None,
        retriever: Some(double.clone()),
        classifier: Some(double.clone()),
        explainer: Some(double.clone()),
    }
}

/// Every kind of request, each with its payload.
fn requests() -> Vec<(String, Vec<u8>)> {
    let rows: Vec<u8> = [0.5f32, -1.0, 2.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    let turns = r#"[{"System":"Be brief."},{"Card":[{"property":"style","value":"Rococo","qualifier":null,"confidence":0.5}]},
        {"Passages":[{"id":"f","title":"t","text":"x","relevance":0.5}]},{"User":"Who?"}]"#;
    let says = [
        (r#""ping""#.to_owned(), vec![]),
        (r#"{"embed_images":{"sizes":[[2,3],[1,1]]}}"#.into(), vec![9; 21]),
        (r#"{"embed_queries":{"texts":["Öl","auf","Holz"]}}"#.into(), vec![]),
        (r#"{"embed_passages":{"texts":["panel"]}}"#.into(), vec![]),
        (r#"{"classify":{"dimension":1,"top":3}}"#.into(), rows),
        (format!(r#"{{"respond":{{"conversation":{{"turns":{turns}}},"sizes":[]}}}}"#), vec![]),
        (r#""continue""#.into(), vec![]),
        (r#""continue""#.into(), vec![]),
        (r#""stop""#.into(), vec![]),
        (r#""shutdown""#.into(), vec![]),
    ];
    let numbered = says.into_iter().enumerate().map(|(number, (say, payload))| {
        // An answer's `continue` and `stop` bear its number.
        let id = if (6..9).contains(&number) { 5 } else { number };
        (format!(r#"{{"id":{id},"say":{say}}}"#), payload)
    });
    numbered.collect()
}

/// A stream of frames, the lengths as given by `length`.
fn stream(requests: &[(String, Vec<u8>)], mut length: impl FnMut(usize) -> u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (head, payload) in requests {
        bytes.extend_from_slice(b"vtrn");
        bytes.extend_from_slice(&length(head.len()).to_le_bytes());
        bytes.extend_from_slice(&length(payload.len()).to_le_bytes());
        bytes.extend_from_slice(head.as_bytes());
        bytes.extend_from_slice(payload);
    }
    bytes
}

/// Numbers by Knuth's linear congruential generator: the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

/// What the service says, and the most memory that it took at once.
fn talk(double: &Arc<Double>, input: &[u8]) -> (Vec<u8>, bool, usize) {
    let mut output = Vec::new();
    let before = TAKEN.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let well = serve(input, &mut output, || Ok(served(double))).is_ok();
    (output, well, MOST.load(Ordering::Relaxed) - before)
}

/// The heads of a stream that must be whole frames.
fn heads(mut bytes: &[u8]) -> Vec<String> {
    let mut heads = Vec::new();
    while !bytes.is_empty() {
        assert_eq!(&bytes[..4], b"vtrn");
        let length = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        let (head, payload) = (length(4), length(8));
        heads.push(String::from_utf8(bytes[12..12 + head].to_vec()).unwrap());
        bytes = &bytes[12 + head + payload..];
    }
    heads
}

#[test]
fn mutated_requests_do_no_harm() {
    let double = Arc::new(Double(PackIdentity { id: "double".into(), version: "1".into(), weights_sha256: "".into() }));
    let requests = requests();
    let honest = stream(&requests, |length| length as u32);
    let (said, well, most) = talk(&double, &honest);
    let said = heads(&said);
    assert!(well && most < 1 << 20, "{most} bytes");
    assert!(!said.iter().any(|head| head.contains("refused")), "{said:?}");
    // Greeting, description, five answers, three events, the end of the answer.
    assert_eq!(said.len(), 11, "{said:?}");

    let mut dice = Dice(11);
    let (mut refused, mut ended) = (0, 0);
    for round in 0..2000 {
        let mut bytes = match round % 4 {
            // Lengths from nothing to everything, in front of honest bytes.
            0 => stream(&requests, |length| match dice.below(20) {
                0 => u32::MAX,
                1 => 1_300_000_000,
                2 => 16 << 20,
                3 => dice.below(4 * length + 2) as u32,
                _ => length as u32,
            }),
            // Honest lengths of dishonest bytes.
            1 | 2 => {
                let mut requests = requests.clone();
                for _ in 0..1 + dice.below(3) {
                    let at = dice.below(requests.len());
                    let (head, payload) = &mut requests[at];
                    let mut text = std::mem::take(head).into_bytes();
                    let (place, byte) = (dice.below(text.len()), b"0123456789-eE.,:[]{}\"\\ nul\xff"[dice.below(26)]);
                    match dice.below(3) {
                        0 => text[place] = byte,
                        1 => text.insert(place, byte),
                        _ => drop(text.remove(place)),
                    }
                    // A head that is no UTF-8 becomes one that is nearly: bytes beyond are the last case's.
                    *head = String::from_utf8_lossy(&text).into_owned();
                    payload.truncate(dice.below(payload.len() + 1).max(payload.len() / 2));
                    if dice.below(2) == 0 {
                        requests.swap(at, 5);
                    }
                }
                stream(&requests, |length| length as u32)
            }
            _ => honest.clone(),
        };
        if round % 4 == 3 {
            for _ in 0..1 + dice.below(4) {
                let at = dice.below(bytes.len());
                bytes[at] = dice.below(256) as u8;
            }
            bytes.truncate(bytes.len() - dice.below(20));
        }
        let result = catch_unwind(|| talk(&double, &bytes));
        let (said, well, most) =
            result.unwrap_or_else(|_| panic!("round {round}: {}", String::from_utf8_lossy(&bytes)));
        assert!(most < 1 << 20, "round {round} took {most} bytes at once for a request of {}", bytes.len());
        refused += usize::from(heads(&said).iter().any(|head| head.contains("refused")));
        ended += usize::from(!well);
    }
    assert!(
        refused > 500 && ended > 500,
        "{refused} rounds with a refusal, {ended} ended early: the mutations do little"
    );
}
