//! How long a curator waits: from the drop to the first suggestion that can be reviewed, and until all scans are through.
//!
//!     cargo run --release -p vitrine-workbench --example import_times -- FOLDER [COUNT]
//!
//! takes the first COUNT images (60) of FOLDER into a new library in a temporary folder, with cold models. The knowledge base's
//! index is used if it is there; media and tags come once it is open. Meanwhile it is asked again and again for what the window shows, as the window asks when
//! something changes; the longest of these answers is what a person may have waited for one. `bench/scans.py` of `vitrine-imaging` makes scans.
#![allow(clippy::print_stdout)]

use std::{
    env,
    error::Error,
    fs,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use vitrine_workbench::{
    Settings, Workbench, WorkbenchError,
    view::{JobKind, JobState, WorkFilter, WorkbenchEvent},
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("name a folder of images")?);
    let count = arguments.next().map_or(Ok(60), |text| text.parse())?;
    let mut scans: Vec<PathBuf> = fs::read_dir(&folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    scans.sort();
    scans.truncate(count);
    let megabytes: u64 = scans.iter().filter_map(|scan| Some(fs::metadata(scan).ok()?.len())).sum::<u64>() / 1_000_000;

    let library = tempfile::tempdir()?;
    let begun: Arc<Mutex<Vec<(Duration, WorkbenchEvent)>>> = Arc::default();
    let sink = begun.clone();
    let start = Instant::now();
    let bench = Workbench::at(
        library.path(),
        Settings::discover(None),
        Arc::new(move |event| {
            if let Ok(mut events) = sink.lock() {
                events.push((start.elapsed(), event));
            }
        }),
    )?;
    bench.import(scans.clone())?;
    let (asking, through) = (bench.clone(), Arc::new(AtomicBool::new(false)));
    let ends = through.clone();
    let window = thread::spawn(move || window(&asking, &ends));
    bench.wait();
    let all = start.elapsed();
    through.store(true, Ordering::Relaxed);
    let mut answers = window.join().map_err(|_| "the asking failed")??;
    answers.sort();

    let events = begun.lock().map_err(|_| "an observer failed")?;
    let when = |wanted: &dyn Fn(&WorkbenchEvent) -> bool| {
        events.iter().find(|(_, e)| wanted(e)).map(|(at, _)| at.as_secs_f32())
    };
    let job = |kind: JobKind, state: JobState, done: u64| move |e: &WorkbenchEvent| matches!(e, WorkbenchEvent::Job { job } if job.kind == kind && job.state == state && job.done >= done);
    let looked =
        |e: &WorkbenchEvent| matches!(e, WorkbenchEvent::Job { job } if job.kind == JobKind::Suggest && job.done >= 1);
    let suggested = bench.works(&WorkFilter::default())?.works.iter().filter(|card| card.waiting > 0).count();
    println!("{} scans, {megabytes} MB; {suggested} works with suggestions", scans.len());
    println!("first suggestion    {:>7.2} s", when(&looked).unwrap_or(f32::NAN));
    println!("all read            {:>7.2} s", when(&job(JobKind::Import, JobState::Finished, 1)).unwrap_or(f32::NAN));
    println!("all through         {:>7.2} s", all.as_secs_f32());
    let at = |share: f64| answers[((answers.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1e3;
    println!("{} answers: median {:.1} ms, 99 % {:.1} ms, longest {:.1} ms", answers.len(), at(0.5), at(0.99), at(1.0));
    Ok(())
}

/// How long each answer took, until the end.
fn window(bench: &Workbench, end: &AtomicBool) -> Result<Vec<Duration>, WorkbenchError> {
    let mut answers = Vec::new();
    let mut last = None;
    while !end.load(Ordering::Relaxed) || answers.is_empty() {
        let mut timed = |answer: &mut dyn FnMut() -> Result<(), WorkbenchError>| {
            let start = Instant::now();
            answer()?;
            answers.push(start.elapsed());
            Ok::<(), WorkbenchError>(())
        };
        timed(&mut || bench.library().map(drop))?;
        timed(&mut || {
            last = bench.works(&WorkFilter::default())?.works.last().map(|card| card.id);
            Ok(())
        })?;
        if let Some(work) = last {
            let mut scan = None;
            timed(&mut || {
                scan = bench.work(work)?.scans.first().map(|scan| scan.id);
                Ok(())
            })?;
            if let Some(scan) = scan {
                timed(&mut || bench.thumbnail(scan).map(drop))?;
            }
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(answers)
}
