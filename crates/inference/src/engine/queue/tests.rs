use std::sync::atomic::AtomicUsize;

use super::*;

/// An engine whose model is a list of what was done, and how often it was loaded.
fn engine(options: EngineOptions) -> (Engine<Vec<u32>>, Arc<AtomicUsize>) {
    let loads = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&loads);
    let engine = Engine::start("test", options, move || {
        count.fetch_add(1, Atomic::SeqCst);
        Ok(Vec::new())
    });
    (engine.unwrap(), loads)
}

/// Occupies the engine until the sender is used or dropped.
fn occupy(engine: &Engine<Vec<u32>>) -> (mpsc::Sender<()>, JobHandle<()>) {
    let (release, wait) = mpsc::channel::<()>();
    let (started, running) = mpsc::channel();
    let handle = engine.submit(Priority::Chat, move |_, _| {
        started.send(()).unwrap();
        let _ = wait.recv();
        Ok(())
    });
    running.recv().unwrap();
    (release, handle)
}

fn until(mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "it never came to be");
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn chat_comes_before_batch_and_equals_in_order() {
    let (engine, loads) = engine(EngineOptions::default());
    assert_eq!(loads.load(Atomic::SeqCst), 0, "nothing is loaded before the first request");
    let (release, _first) = occupy(&engine);
    let order = [
        (Priority::Batch, 1),
        (Priority::Interactive, 2),
        (Priority::Batch, 3),
        (Priority::Chat, 4),
        (Priority::Chat, 5),
    ];
    let handles: Vec<_> = order
        .into_iter()
        .map(|(priority, number)| {
            engine.submit(priority, move |done, _| {
                done.push(number);
                Ok(())
            })
        })
        .collect();
    drop(release);
    handles.into_iter().for_each(|handle| handle.wait().unwrap());
    let done = engine.submit(Priority::Batch, |done, _| Ok(done.clone())).wait().unwrap();
    assert_eq!(done, [4, 5, 2, 1, 3]);
    assert_eq!(loads.load(Atomic::SeqCst), 1);
}

#[test]
fn cancelled_requests_end_waiting_or_running() {
    let (engine, _) = engine(EngineOptions::default());
    let (release, _first) = occupy(&engine);
    let waiting = engine.submit(Priority::Batch, |done, _| {
        done.push(1);
        Ok(())
    });
    waiting.cancel();
    drop(release);
    assert!(matches!(waiting.wait(), Err(InferenceError::Cancelled)));
    let (started, running) = mpsc::channel();
    let endless = engine.submit(Priority::Batch, move |_, cancelled| -> Result<(), _> {
        started.send(()).unwrap();
        while !cancelled() {
            thread::yield_now();
        }
        Err(InferenceError::Cancelled)
    });
    running.recv().unwrap();
    endless.cancel();
    assert!(matches!(endless.wait(), Err(InferenceError::Cancelled)));
    assert!(engine.submit(Priority::Batch, |done, _| Ok(done.is_empty())).wait().unwrap());
}

#[test]
fn a_fault_is_told_and_the_model_loaded_anew() {
    let (engine, loads) = engine(EngineOptions::default());
    engine
        .submit(Priority::Chat, |done, _| {
            done.push(9);
            Ok(())
        })
        .wait()
        .unwrap();
    let fault = engine.submit(Priority::Chat, |_, _| -> Result<(), _> { panic!("index out of bounds") }).wait();
    let message = fault.unwrap_err().to_string();
    assert!(message.contains("index out of bounds") && message.contains("loaded again"), "{message}");
    assert!(engine.submit(Priority::Chat, |done, _| Ok(done.is_empty())).wait().unwrap());
    assert_eq!(loads.load(Atomic::SeqCst), 2);
}

#[test]
fn a_model_that_does_not_load_is_tried_again() {
    let mut attempts = 0;
    let engine = Engine::start("test", EngineOptions::default(), move || {
        attempts += 1;
        match attempts {
            1 => Err(InferenceError::Memory("too large".into())),
            2 => panic!("broken file"),
            _ => Ok(attempts),
        }
    })
    .unwrap();
    let ask = || engine.submit(Priority::Chat, |model, _| Ok(*model)).wait();
    assert_eq!(ask().unwrap_err().to_string(), "too large");
    assert!(ask().unwrap_err().to_string().contains("broken file"));
    assert_eq!(ask().unwrap(), 3);
}

#[test]
fn the_model_is_given_up_when_idle_pressed_or_told() {
    let (idle, loads) = engine(EngineOptions { idle: Duration::from_millis(5), ..EngineOptions::default() });
    idle.submit(Priority::Chat, |_, _| Ok(())).wait().unwrap();
    until(|| !idle.is_loaded());
    idle.submit(Priority::Chat, |_, _| Ok(())).wait().unwrap();
    assert_eq!(loads.load(Atomic::SeqCst), 2);

    let pressed = Arc::new(AtomicBool::new(false));
    let look = Arc::clone(&pressed);
    let options = EngineOptions { pressed: Arc::new(move || look.load(Atomic::SeqCst)), ..EngineOptions::default() };
    let (engine, _) = engine(options);
    engine.submit(Priority::Chat, |_, _| Ok(())).wait().unwrap();
    until(|| engine.is_loaded());
    pressed.store(true, Atomic::SeqCst);
    engine.submit(Priority::Chat, |_, _| Ok(())).wait().unwrap();
    until(|| !engine.is_loaded());
    pressed.store(false, Atomic::SeqCst);
    engine.submit(Priority::Chat, |_, _| Ok(())).wait().unwrap();
    until(|| engine.is_loaded());
    engine.unload();
    until(|| !engine.is_loaded());
}

#[test]
fn those_who_wait_hear_when_the_engine_stops() {
    let (engine, _) = engine(EngineOptions::default());
    let (release, _first) = occupy(&engine);
    let waiting = engine.submit(Priority::Batch, |_, _| Ok(()));
    let stopping = thread::spawn(move || drop(engine));
    assert!(matches!(waiting.wait(), Err(InferenceError::EngineStopped)));
    drop(release);
    stopping.join().unwrap();
}
