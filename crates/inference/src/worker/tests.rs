//! Both sides in one process, over pipes: what a client makes of workers of every kind.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use image::RgbImage;
use vitrine_retrieval::MultiVector;

use super::client::Patience;
use super::frame::{self, Frame, FrameError};
use super::link::Link;
use super::message::PROTOCOL;
use super::*;
use crate::noise::Noise;
use crate::{
    Classifier, Conversation, Explainer, ExplainerEvent, InferenceError, PackIdentity, RankedLabel, Retriever, Task,
    TaskPrediction, TextRows, ToolCall, Turn, Years,
};

const PATIENCE: Patience = Patience {
    greeting: Duration::from_secs(60),
    loading: Duration::from_secs(60),
    silence: Duration::from_secs(60),
    restarts: 3,
};

/// A pack that makes odd numbers of what it is given, speaks until it is stopped, and dies of the text `die`.
struct Double {
    pack: PackIdentity,
    /// Events that the explainer has got rid of.
    emitted: AtomicUsize,
}

impl Double {
    fn new() -> Arc<Self> {
        let pack = PackIdentity { id: "double".into(), version: "1".into(), weights_sha256: "00".into() };
        Arc::new(Self { pack, emitted: AtomicUsize::new(0) })
    }

    fn served(self: &Arc<Self>) -> Served {
        Served {
            pack: self.pack.clone(),
            device: "double".into(),
            free_memory: Some(1 << 30),
            retriever: Some(self.clone()),
            classifier: Some(self.clone()),
            explainer: Some(self.clone()),
        }
    }
}

/// Three numbers a row, among them those that text or a careless copy would change.
fn odd(seed: &[u8]) -> MultiVector {
    let tail = [f32::MIN_POSITIVE / 3.0, -0.0, f32::MAX, 0.1 + 0.2, f32::EPSILON, -1e-45];
    let head = seed.iter().map(|&byte| 1.0 / (f32::from(byte) + 3.0));
    let mut values: Vec<f32> = head.chain(tail).collect();
    values.truncate(values.len() / 3 * 3);
    MultiVector::new(values, 3).unwrap()
}

impl Retriever for Double {
    fn pack(&self) -> &PackIdentity {
        &self.pack
    }

    fn dimension(&self) -> usize {
        3
    }

    fn relates_images_to_text(&self) -> bool {
        true
    }

    fn embed_image(&self, image: &RgbImage) -> Result<MultiVector, InferenceError> {
        Ok(odd(image.as_raw()))
    }

    fn embed_query(&self, text: &str) -> Result<TextRows, InferenceError> {
        assert_ne!(text, "die");
        let rows = odd(text.as_bytes());
        let spans = (0..rows.len()).map(|row| (row % 2 == 0).then_some(0..text.len())).collect();
        Ok(TextRows { rows, spans })
    }

    fn embed_passage(&self, _: &str) -> Result<TextRows, InferenceError> {
        Err(InferenceError::Tokens("no passages today".into()))
    }
}

impl Classifier for Double {
    fn pack(&self) -> &PackIdentity {
        &self.pack
    }

    fn tasks(&self) -> Vec<(Task, Vec<String>)> {
        vec![(Task::Style, vec!["Rococo".into(), "Ukiyo-e".into()])]
    }

    fn classify(
        &self,
        image: &MultiVector,
        made: Option<&Years>,
        top: usize,
    ) -> Result<Vec<TaskPrediction>, InferenceError> {
        let each = image.values().iter().take(top);
        let ranked = each.map(|&value| RankedLabel {
            label: "Rococo".into(),
            confidence: value,
            raw_confidence: value.sqrt().max(0.0),
        });
        let abstention = Some(made.map_or("No.".into(), |made| format!("Not of {} to {}.", made.first, made.last)));
        Ok(vec![TaskPrediction { task: Task::Style, ranked: ranked.collect(), abstention, dated: made.is_some() }])
    }
}

impl Explainer for Double {
    fn pack(&self) -> &PackIdentity {
        &self.pack
    }

    fn respond(
        &self,
        conversation: &Conversation,
        emit: &mut dyn FnMut(ExplainerEvent) -> ControlFlow<()>,
    ) -> Result<(), InferenceError> {
        let Some(Turn::User(wish)) = conversation.turns.last() else { return Err(InferenceError::Cancelled) };
        for number in 0..100 {
            if wish == "die" && number == 2 {
                panic!("as you wish");
            }
            if wish == "fail" && number == 2 {
                return Err(InferenceError::Tokens("no more words".into()));
            }
            let event = match number % 4 {
                0 => ExplainerEvent::Text(format!("Sätze, {number}")),
                1 => ExplainerEvent::Citation { fragment: "f".into(), span: number..number + 1 },
                2 => ExplainerEvent::Hedge { property: "style".into() },
                _ => ExplainerEvent::Call(ToolCall {
                    name: "get".into(),
                    arguments: serde_json::json!({"query": "wheat"}),
                }),
            };
            self.emitted.fetch_add(1, Ordering::SeqCst);
            if emit(event).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// A worker in a thread.
struct Threaded {
    /// `None` once it was told to end.
    output: Option<PipeWriter>,
    input: PipeReader,
    thread: JoinHandle<()>,
}

impl Threaded {
    fn start(double: &Arc<Double>) -> Result<Box<dyn Link>, WorkerError> {
        let ((theirs, output), (input, mine)) = (io::pipe().unwrap(), io::pipe().unwrap());
        let double = double.clone();
        let thread = thread::spawn(move || drop(serve(theirs, mine, || Ok(double.served()))));
        Ok(Box::new(Self { output: Some(output), input, thread }))
    }
}

impl Link for Threaded {
    fn path(&self) -> &Path {
        Path::new("double")
    }

    fn send(&mut self, _: Duration, head: &[u8], payload: &[&[u8]]) -> Result<(), FrameError> {
        frame::write(self.output.as_mut().unwrap(), head, payload)
    }

    fn receive(&mut self, _: Duration) -> Result<Frame, FrameError> {
        frame::read(&mut self.input)
    }

    fn runs(&mut self) -> bool {
        !self.thread.is_finished()
    }

    fn post_mortem(&mut self, error: FrameError) -> WorkerError {
        self.kill();
        WorkerError::Ended { path: "double".into(), status: None, said: error.to_string() }
    }

    fn kill(&mut self) {
        self.output = None;
    }
}

/// A client with the count of workers that were started for it.
fn client(double: &Arc<Double>) -> (WorkerClient, Arc<AtomicUsize>) {
    let (double, started) = (double.clone(), Arc::new(AtomicUsize::new(0)));
    let count = started.clone();
    let start = move || {
        count.fetch_add(1, Ordering::SeqCst);
        Threaded::start(&double)
    };
    (WorkerClient::over(Box::new(start), PATIENCE).unwrap(), started)
}

fn user(wish: &str) -> Conversation {
    let turns = vec![Turn::System("Be brief.".into()), Turn::User(wish.into())];
    Conversation { turns, ..Conversation::default() }
}

fn bits(rows: &MultiVector) -> Vec<u32> {
    rows.values().iter().map(|value| value.to_bits()).collect()
}

#[test]
fn everything_arrives_as_it_left() {
    let double = Double::new();
    let (client, _) = client(&double);
    assert_eq!(client.description().device, "double");
    assert_eq!((client.dimension(), client.relates_images_to_text()), (3, true));
    assert_eq!(client.tasks(), double.tasks());
    client.ping().unwrap();

    let images: Vec<RgbImage> =
        (1..5).map(|n| RgbImage::from_fn(n, 7, |x, y| image::Rgb([x as u8, y as u8, 9]))).collect();
    let together = client.embed_images(&images.iter().collect::<Vec<_>>()).unwrap();
    for (image, together) in images.iter().zip(&together) {
        let here = double.embed_image(image).unwrap();
        assert_eq!(bits(&client.embed_image(image).unwrap()), bits(&here));
        assert_eq!(bits(together), bits(&here));
    }
    // More than one batch, the empty text among them.
    let texts: Vec<String> = (0..150).map(|n| "Ölfarbe auf Holz ".repeat(n % 7)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for (text, there) in texts.iter().zip(client.embed_queries(&texts).unwrap()) {
        let here = double.embed_query(text).unwrap();
        assert_eq!((bits(&there.rows), there.spans), (bits(&here.rows), here.spans));
    }
    let rows = odd(b"rows");
    for made in [None, Some(&Years { first: 1880, last: 1885 })] {
        let (there, here) = (client.classify(&rows, made, 9).unwrap(), double.classify(&rows, made, 9).unwrap());
        assert_eq!(there[0].ranked, here[0].ranked);
        assert_eq!((there[0].task, &there[0].abstention), (here[0].task, &here[0].abstention));
        assert_eq!((there[0].dated, here[0].dated), (made.is_some(), made.is_some()));
    }
}

#[test]
fn an_answer_streams_and_stops_within_one_event() {
    let double = Double::new();
    let (client, started) = client(&double);
    let mut events = Vec::new();
    client
        .respond(&user("speak"), &mut |event| {
            events.push(event);
            ControlFlow::Continue(())
        })
        .unwrap();
    let mut here = Vec::new();
    double
        .respond(&user("speak"), &mut |event| {
            here.push(event);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(events, here);
    for wanted in [1, 2, 17] {
        double.emitted.store(0, Ordering::SeqCst);
        let mut heard = 0;
        let listen = &mut |_| {
            heard += 1;
            if heard == wanted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        client.respond(&user("speak"), listen).unwrap();
        assert_eq!(double.emitted.load(Ordering::SeqCst), wanted, "not one event more than was wanted");
    }
    client.ping().unwrap();
    assert_eq!(started.load(Ordering::SeqCst), 1);
}

#[test]
fn refusals_keep_the_worker() {
    let double = Double::new();
    let (client, started) = client(&double);
    let here = double.embed_passage("x").unwrap_err().to_string();
    assert_eq!(client.embed_passage("x").unwrap_err().to_string(), here);
    let mut heard = 0;
    let failed = client
        .respond(&user("fail"), &mut |_| {
            heard += 1;
            ControlFlow::Continue(())
        })
        .unwrap_err();
    assert!(heard == 2 && failed.to_string().contains("no more words"), "{failed}");
    // What the double cancels is cancelled here, too.
    let cancelled = client.respond(&Conversation::default(), &mut |_| ControlFlow::Continue(()));
    assert!(matches!(cancelled, Err(InferenceError::Cancelled)));
    let long = "x".repeat(17 << 20);
    let too_long = client.embed_query(&long).unwrap_err().to_string();
    assert!(too_long.contains("too large for the worker"), "{too_long}");
    client.ping().unwrap();
    assert_eq!(started.load(Ordering::SeqCst), 1);
}

#[test]
fn a_pack_without_a_role_says_so() {
    let double = Double::new();
    let start = move || -> Result<Box<dyn Link>, WorkerError> {
        let ((theirs, output), (input, mine)) = (io::pipe().unwrap(), io::pipe().unwrap());
        let served = Served { retriever: None, classifier: None, explainer: None, ..double.served() };
        let thread = thread::spawn(move || drop(serve(theirs, mine, || Ok(served))));
        Ok(Box::new(Threaded { output: Some(output), input, thread }))
    };
    let client = WorkerClient::over(Box::new(start), PATIENCE).unwrap();
    assert_eq!((client.dimension(), client.tasks().len(), client.description().explainer), (0, 0, None));
    assert!(client.embed_query("x").unwrap_err().to_string().contains("has no retriever"));
    assert!(client.classify(&odd(b"x"), None, 1).unwrap_err().to_string().contains("has no classifier"));
    let silent = client.respond(&user("speak"), &mut |_| ControlFlow::Continue(()));
    assert!(silent.unwrap_err().to_string().contains("has no explainer"));
}

#[test]
fn a_dead_worker_costs_one_request() {
    let double = Double::new();
    let (client, started) = client(&double);
    for round in 1..10 {
        // With answers in between it is started as often as it takes.
        let error = client.embed_query("die").unwrap_err().to_string();
        assert!(error.contains("the next request starts it anew"), "{error}");
        let error = client.respond(&user("die"), &mut |_| ControlFlow::Continue(())).unwrap_err().to_string();
        assert!(error.contains("the next request starts it anew"), "{error}");
        client.ping().unwrap();
        assert_eq!(started.load(Ordering::SeqCst), 1 + 2 * round);
    }
}

#[test]
fn a_worker_that_keeps_dying_is_left_alone() {
    let (client, started) = client(&Double::new());
    for _ in 0..=PATIENCE.restarts {
        assert!(client.embed_query("die").unwrap_err().to_string().contains("ended before"));
    }
    for _ in 0..3 {
        let error = client.ping().unwrap_err().to_string();
        assert!(error.contains("failed 4 times in a row") && error.contains("ended before it had answered"), "{error}");
    }
    assert_eq!(started.load(Ordering::SeqCst), 1 + PATIENCE.restarts as usize);
}

#[test]
fn a_listener_that_panics_leaves_no_half_answer_behind() {
    let (client, _) = client(&Double::new());
    let heard = catch_unwind(AssertUnwindSafe(|| client.respond(&user("speak"), &mut |_| panic!("listener"))));
    assert!(heard.is_err());
    assert_eq!(bits(&client.embed_query("after").unwrap().rows), bits(&odd(b"after")));
}

#[test]
fn threads_take_turns() {
    let double = Double::new();
    let (client, started) = client(&double);
    thread::scope(|scope| {
        for thread in 0..8 {
            let client = &client;
            scope.spawn(move || {
                for round in 0..50 {
                    let text = format!("{thread} {round}");
                    assert_eq!(bits(&client.embed_query(&text).unwrap().rows), bits(&odd(text.as_bytes())));
                    let mut heard = 0;
                    client
                        .respond(&user("speak"), &mut |_| {
                            heard += 1;
                            if heard == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                        })
                        .unwrap();
                    assert_eq!(heard, 5);
                }
            });
        }
    });
    assert_eq!(started.load(Ordering::SeqCst), 1);
}

#[test]
fn another_pack_is_not_taken_for_the_first() {
    let versions = AtomicUsize::new(0);
    let start = move || {
        let mut double = Double { pack: Double::new().pack.clone(), emitted: AtomicUsize::new(0) };
        double.pack.version = versions.fetch_add(1, Ordering::SeqCst).to_string();
        Threaded::start(&Arc::new(double))
    };
    let client = WorkerClient::over(Box::new(start), PATIENCE).unwrap();
    client.embed_query("die").unwrap_err();
    let error = client.ping().unwrap_err().to_string();
    assert!(error.contains("no longer those that were loaded before"), "{error}");
}

/// A worker whose every word was written beforehand.
struct Recorded {
    words: io::Cursor<Vec<u8>>,
}

impl Link for Recorded {
    fn path(&self) -> &Path {
        Path::new("recorded")
    }

    fn send(&mut self, _: Duration, head: &[u8], payload: &[&[u8]]) -> Result<(), FrameError> {
        frame::write(&mut io::sink(), head, payload)
    }

    fn receive(&mut self, _: Duration) -> Result<Frame, FrameError> {
        frame::read(&mut self.words)
    }

    fn runs(&mut self) -> bool {
        true
    }

    fn post_mortem(&mut self, error: FrameError) -> WorkerError {
        WorkerError::Nonsense { path: "recorded".into(), cause: error.to_string() }
    }

    fn kill(&mut self) {}
}

fn recorded(words: Vec<u8>) -> Result<WorkerClient, WorkerError> {
    let start = move || -> Result<Box<dyn Link>, WorkerError> {
        Ok(Box::new(Recorded { words: io::Cursor::new(words.clone()) }))
    };
    WorkerClient::over(Box::new(start), PATIENCE)
}

/// What a worker says to a greeting and a query, with `reply` in place of the answer.
fn words(hello: &str, reply: &str, payload: &[u8]) -> Vec<u8> {
    let ready = r#"{"id":0,"say":{"ready":{"pack":{"id":"a","version":"1","weights_sha256":""},"device":"d","free_memory":null,
        "retriever":{"dimension":2,"relates_images_to_text":false},"tasks":null,"explainer":null}}}"#;
    let mut pipe = Vec::new();
    for (head, payload) in [(hello, &[][..]), (ready, &[]), (reply, payload)] {
        frame::write(&mut pipe, head.as_bytes(), &[payload]).unwrap();
    }
    pipe
}

const HELLO: &str = r#"{"id":0,"say":{"hello":{"protocol":4,"version":"0"}}}"#;

#[test]
fn answers_that_contradict_themselves_are_refused() {
    let rows = |rows: &str| format!(r#"{{"id":1,"say":{{"rows":{{"parts":[{rows}]}}}}}}"#);
    let good = r#"{"rows":1,"dimension":2,"spans":[{"start":0,"end":3}]}"#;
    let ask = |reply: &str, payload: &[u8]| recorded(words(HELLO, reply, payload)).unwrap().embed_query("Öl");
    ask(&rows(good), &[0; 8]).unwrap();
    let not_a_number = f32::NAN.to_le_bytes();
    for (why, reply, payload) in [
        ("too few bytes", rows(good), &[0; 7][..]),
        ("too many bytes", rows(good), &[0; 9]),
        ("numbers that are none", rows(&good.replace("\"dimension\":2", "\"dimension\":1")), &not_a_number),
        ("no width", rows(&good.replace("\"dimension\":2", "\"dimension\":0")), &[]),
        ("absurdly many rows", rows(&good.replace("\"rows\":1", "\"rows\":18446744073709551615")), &[0; 8]),
        ("within a letter", rows(&good.replace("\"start\":0", "\"start\":1")), &[0; 8]),
        ("beyond the text", rows(&good.replace("\"end\":3", "\"end\":4")), &[0; 8]),
        ("backwards", rows(&good.replace("\"start\":0,\"end\":3", "\"start\":3,\"end\":0")), &[0; 8]),
        ("no places", rows(&good.replace("{\"start\":0,\"end\":3}", "")), &[0; 8]),
        ("nothing at all", rows(""), &[]),
        ("twice", rows(&format!("{good},{good}")), &[0; 16]),
        ("another request's", rows(good).replace("\"id\":1", "\"id\":2"), &[0; 8]),
        ("another answer", r#"{"id":1,"say":"done"}"#.into(), &[]),
        ("no JSON", "rows".into(), &[]),
    ] {
        let error = ask(&reply, payload).unwrap_err().to_string();
        assert!(error.contains("unusable answer"), "{why}: {error}");
    }
}

#[test]
fn other_versions_are_named() {
    let hello = format!(r#"{{"id":0,"say":{{"hello":{{"protocol":{},"version":"9.8"}}}}}}"#, PROTOCOL + 1);
    let error = recorded(words(&hello, "", &[])).err().unwrap().to_string();
    assert!(error.contains("of version 9.8") && error.contains("from one build"), "{error}");
}

/// One of the numbers below `limit`.
fn below(noise: &mut Noise, limit: usize) -> usize {
    (noise.next() % limit as u64) as usize
}

/// A copy of `bytes` with a few accidents.
fn mutated(bytes: &[u8], noise: &mut Noise) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + below(noise, 4) {
        let at = below(noise, bytes.len().max(1));
        match below(noise, 5) {
            _ if bytes.is_empty() => {}
            0 => bytes[at] = below(noise, 256) as u8,
            1 => bytes[at] ^= 1 << below(noise, 8),
            2 => bytes.truncate(at),
            3 => drop(bytes.remove(at)),
            _ => bytes.insert(at, below(noise, 256) as u8),
        }
    }
    bytes
}

#[test]
fn mutated_answers_are_errors_only() {
    // Record what an honest worker says.
    let ((theirs, mut output), (mut input, mine)) = (io::pipe().unwrap(), io::pipe().unwrap());
    let double = Double::new();
    let thread = thread::spawn(move || drop(serve(theirs, mine, || Ok(double.served()))));
    let respond = serde_json::to_string(&user("fail")).unwrap();
    for (id, say) in [
        (1, r#"{"embed_queries":{"texts":["a text"]}}"#.to_owned()),
        (2, format!(r#"{{"respond":{{"conversation":{respond},"sizes":[]}}}}"#)),
        (2, r#""continue""#.into()),
        (2, r#""continue""#.into()),
        (3, r#"{"classify":{"dimension":3,"top":2}}"#.into()),
    ] {
        let rows: Vec<u8> = [0.5f32, 0.25, 0.125].iter().flat_map(|v| v.to_le_bytes()).collect();
        let head = format!(r#"{{"id":{id},"say":{say}}}"#);
        frame::write(&mut output, head.as_bytes(), &[if id == 3 { &rows } else { &[] }]).unwrap();
    }
    drop(output);
    let mut honest = Vec::new();
    input.read_to_end(&mut honest).unwrap();
    thread.join().unwrap();

    // The client asks just that.
    let ask = |words: Vec<u8>| -> Result<(), InferenceError> {
        let client = recorded(words)?;
        client.embed_query("a text")?;
        let answer = client.respond(&user("fail"), &mut |_| ControlFlow::Continue(()));
        assert!(answer.is_err());
        client.classify(&MultiVector::new(vec![0.5, 0.25, 0.125], 3).unwrap(), None, 2).map(drop)
    };
    ask(honest.clone()).unwrap();
    let mut noise = Noise::new(7);
    let mut refused = 0;
    for _ in 0..2000 {
        if let Err(error) = ask(mutated(&honest, &mut noise)) {
            assert!(error.to_string().len() < 2000, "{error}");
            refused += 1;
        }
    }
    assert!(refused > 1000, "only {refused} of 2000 did any harm");
}

#[test]
fn a_worker_that_can_not_be_started_is_an_error_alone() {
    let paths = crate::PackPaths { manifest: "m".into(), fetched: "f".into() };
    let options = WorkerOptions::new(
        "/nowhere/vitrine-worker".into(),
        super::WorkerPack::Compact(&paths),
        crate::device::DeviceKind::Gpu,
    );
    let error = WorkerClient::start(options).err().unwrap().to_string();
    assert!(error.contains("/nowhere/vitrine-worker could not be started"), "{error}");
}

#[test]
fn nothing_is_written_after_the_other_side_has_gone() {
    // The writer fails at the first byte: the service ends with an error instead of looping.
    struct Gone;
    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    assert!(matches!(serve(io::empty(), Gone, || Ok(Double::new().served())), Err(ServeError::Pipe(_))));
}
