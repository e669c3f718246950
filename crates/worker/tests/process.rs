//! The worker as the application starts it: the same numbers as in the application's own process, and no way to take that process along.
//!
//! `VITRINE_TEST_WORKER` names another build of the worker to test, such as one for a GPU.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::env;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use image::{Rgb, RgbImage};
use tempfile::TempDir;
use vitrine_inference::device::DeviceKind;
use vitrine_inference::worker::{Placement, WorkerClient, WorkerError, WorkerOptions, WorkerPack};
use vitrine_inference::{Classifier, CompactPack, Explainer, PackManifest, PackPaths, Retriever};

/// The worker's executable.
fn worker() -> PathBuf {
    env::var_os("VITRINE_TEST_WORKER").unwrap_or(env!("CARGO_BIN_EXE_vitrine-worker").into()).into()
}

/// The compact pack's folders, if set-up has fetched its weights.
fn compact() -> Option<PackPaths> {
    let paths = PackPaths::compact(None).ok()?;
    let there = PackManifest::read(&paths).and_then(|manifest| manifest.verify(&paths));
    match there {
        Ok(()) => Some(paths),
        Err(error) => {
            println!("skipped: {error}");
            None
        }
    }
}

/// A worker's executable that first notes the number of its process.
struct Noted {
    folder: TempDir,
}

impl Noted {
    /// The real worker.
    fn worker() -> Self {
        Self::script(&format!("exec '{}' \"$@\"", worker().display()))
    }

    fn script(what: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("#!/bin/sh\necho $$ > '{}/pid'\n{what}\n", folder.path().display());
        let noted = Self { folder };
        // Written under another name: a file that a sibling test's child still holds open for writing can't be executed.
        let draft = noted.folder.path().join("draft");
        fs::write(&draft, text).unwrap();
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(draft, noted.path()).unwrap();
        noted
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("worker")
    }

    fn pid(&self) -> u32 {
        fs::read_to_string(self.folder.path().join("pid")).unwrap().trim().parse().unwrap()
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.pid().to_string()]).status().unwrap().success());
    }

    /// Waits until the process is gone, from the table of processes, too: not even a zombie is left.
    fn wait_until_gone(&self) {
        let entry = PathBuf::from(format!("/proc/{}", self.pid()));
        wait_until("the worker is gone", || !entry.exists());
    }

    fn options(&self, paths: &PackPaths) -> WorkerOptions {
        WorkerOptions::new(self.path(), WorkerPack::Compact(paths), DeviceKind::Cpu)
    }
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(120), "{what}: waited in vain");
        thread::sleep(Duration::from_millis(10));
    }
}

fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([(x * 7 + y) as u8, (x ^ y) as u8, (y * 3) as u8]))
}

/// Folders that hold no pack.
fn nowhere() -> PackPaths {
    PackPaths { manifest: "/nowhere/pack".into(), fetched: "/nowhere/weights".into() }
}

fn refused(options: WorkerOptions) -> String {
    WorkerClient::start(options).err().unwrap().to_string()
}

#[test]
fn rows_and_predictions_equal_those_made_here() {
    let Some(paths) = compact() else { return };
    let here = CompactPack::load(&paths).unwrap();
    let noted = Noted::worker();
    let there = WorkerClient::start(noted.options(&paths)).unwrap();
    assert_eq!(there.description().pack, here.identity);
    assert_eq!(there.description().device, "CPU");
    assert_eq!(there.dimension(), here.retriever.dimension());
    assert_eq!(there.relates_images_to_text(), here.retriever.relates_images_to_text());
    assert_eq!(there.tasks(), here.classifier.tasks());
    let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();

    let pictures = [picture(640, 480), picture(31, 900)];
    let together = there.embed_images(&[&pictures[0], &pictures[1]]).unwrap();
    for (picture, together) in pictures.iter().zip(&together) {
        let rows = here.retriever.embed_image(picture).unwrap();
        assert_eq!(bits(there.embed_image(picture).unwrap().values()), bits(rows.values()));
        assert_eq!(bits(together.values()), bits(rows.values()));
        let (found, wanted) =
            (there.classify(&rows, None, 5).unwrap(), here.classifier.classify(&rows, None, 5).unwrap());
        assert!(!wanted.is_empty());
        for (found, wanted) in found.iter().zip(&wanted) {
            assert_eq!((found.task, &found.ranked), (wanted.task, &wanted.ranked));
            assert_eq!(found.abstention, wanted.abstention);
        }
    }
    let texts = ["Who painted the night café?", "Öl auf Leinwand, um 1650", "富嶽三十六景"];
    let passages = there.embed_passages(&texts).unwrap();
    for (text, there_passage) in texts.iter().zip(&passages) {
        let (query, wanted) = (there.embed_query(text).unwrap(), here.retriever.embed_query(text).unwrap());
        assert_eq!((bits(query.rows.values()), query.spans), (bits(wanted.rows.values()), wanted.spans));
        let wanted = here.retriever.embed_passage(text).unwrap();
        assert_eq!(
            (bits(there_passage.rows.values()), &there_passage.spans),
            (bits(wanted.rows.values()), &wanted.spans)
        );
    }
    let silent = there.respond(&Default::default(), &mut |_| std::ops::ControlFlow::Continue(())).unwrap_err();
    assert!(silent.to_string().contains("has no explainer"), "{silent}");
    drop(there);
    noted.wait_until_gone();
}

#[test]
fn killed_in_the_middle_it_costs_one_request() {
    let Some(paths) = compact() else { return };
    let noted = Noted::worker();
    let client = WorkerClient::start(noted.options(&paths)).unwrap();
    let small = picture(64, 64);
    let many = vec![&small; 2000];
    thread::scope(|scope| {
        let asked = scope.spawn(|| client.embed_images(&many));
        thread::sleep(Duration::from_millis(300));
        noted.signal("-KILL");
        let error = asked.join().unwrap().unwrap_err().to_string();
        assert!(error.contains("signal: 9") && error.contains("the next request starts it anew"), "{error}");
    });
    noted.wait_until_gone();
    let first = noted.pid();
    client.ping().unwrap();
    assert_ne!(noted.pid(), first);
    assert!(!client.embed_image(&small).unwrap().is_empty());

    // Between two requests nobody needs to notice, and nobody leaves the dead about.
    noted.signal("-KILL");
    noted.wait_until_gone();
    client.ping().unwrap();

    // A worker that hangs is as good as dead.
    let mut options = noted.options(&paths);
    options.silence_limit = Duration::from_millis(700);
    let client = WorkerClient::start(options).unwrap();
    noted.signal("-STOP");
    let error = client.ping().unwrap_err().to_string();
    assert!(error.contains("gave no answer for 0 seconds"), "{error}");
    noted.wait_until_gone();
}

#[test]
fn strangers_are_told_from_workers() {
    let hangs = Noted::script("exec sleep 1000");
    let mut options = hangs.options(&nowhere());
    options.greeting_limit = Duration::from_millis(300);
    assert!(refused(options).contains("gave no answer"));
    hangs.wait_until_gone();

    let talks = Noted::script("echo 'Hello, world'; exec sleep 1000");
    let error = refused(talks.options(&nowhere()));
    assert!(error.contains("unusable answer") && error.contains("begin no message"), "{error}");
    talks.wait_until_gone();

    let floods = Noted::script("exec yes vtrnvtrnvtrnvtrn");
    let error = refused(floods.options(&nowhere()));
    assert!(error.contains("unusable answer") && error.contains("longer than"), "{error}");
    floods.wait_until_gone();

    let ends = Noted::script("yes padding | head -n 100000 >&2; echo 'no luck today' >&2; exit 3");
    let error = refused(ends.options(&nowhere()));
    assert!(error.contains("exit status: 3") && error.contains("no luck today") && error.len() < 1000, "{error}");

    let loader =
        "echo 'w: error while loading shared libraries: libcuda.so.1: cannot open shared object file' >&2; exit 127";
    let error = refused(Noted::script(loader).options(&nowhere()));
    assert!(error.contains("no NVIDIA driver was found") && error.contains("libcuda.so.1"), "{error}");
}

#[test]
fn what_can_not_be_loaded_is_said_in_its_own_words() {
    let noted = Noted::worker();
    let error = refused(noted.options(&nowhere()));
    assert!(error.contains("can't take this pack") && error.contains("/nowhere/pack/pack.toml is missing"), "{error}");
    noted.wait_until_gone();
}

#[test]
fn without_a_graphics_card_the_reason_is_kept() {
    let reason = |executable: Result<PathBuf, WorkerError>| match Placement::through(
        executable,
        WorkerPack::Compact(&nowhere()),
    ) {
        placement @ Placement::Here { .. } => placement.sentence(),
        Placement::Worker(_) => panic!("there is no pack"),
    };
    let sentence = reason(Ok(worker()));
    assert!(sentence.starts_with("Computes on the CPU: the worker "), "{sentence}");
    if cfg!(not(any(feature = "cuda", feature = "metal"))) && env::var_os("VITRINE_TEST_WORKER").is_none() {
        assert!(sentence.contains("this program was built for the CPU alone"), "{sentence}");
    }
    let sentence = reason(Err(WorkerError::NotFound { path: "/nowhere/vitrine-worker".into() }));
    assert!(sentence.contains("was found at /nowhere/vitrine-worker; install"), "{sentence}");
}

/// A frame as the description of the format has it.
fn frame(head: &str, payload: &[u8]) -> Vec<u8> {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_le_bytes();
    [b"vtrn", &length(head.as_bytes())[..], &length(payload), head.as_bytes(), payload].concat()
}

fn started(paths: &PackPaths) -> std::process::Child {
    let argument = |path: &Path| path.as_os_str().to_owned();
    Command::new(worker())
        .args(["--manifest".into(), argument(&paths.manifest), "--fetched".into(), argument(&paths.fetched)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn it_ends_when_its_input_ends() {
    let Some(paths) = compact() else { return };
    // When nothing is under way, with success and all answers.
    let mut worker = started(&paths);
    worker.stdin.take().unwrap().write_all(&frame(r#"{"id":1,"say":"ping"}"#, &[])).unwrap();
    let mut said = Vec::new();
    worker.stdout.take().unwrap().read_to_end(&mut said).unwrap();
    assert!(worker.wait().unwrap().success());
    assert!(String::from_utf8_lossy(&said).contains(r#""pong""#));

    // From the middle of a computation.
    let mut worker = started(&paths);
    let sizes = vec!["[64,64]"; 5000].join(",");
    let pixels = vec![7; 5000 * 64 * 64 * 3];
    let request = frame(&format!(r#"{{"id":1,"say":{{"embed_images":{{"sizes":[{sizes}]}}}}}}"#), &pixels);
    worker.stdin.take().unwrap().write_all(&request).unwrap();
    let mut said = Vec::new();
    worker.stdout.take().unwrap().read_to_end(&mut said).unwrap();
    assert!(!String::from_utf8_lossy(&said).contains(r#""rows""#), "it went on to the end");
    assert!(!worker.wait().unwrap().success());

    // Bytes that are no message are answered, and end it.
    let mut worker = started(&paths);
    let mut input = worker.stdin.take().unwrap();
    input.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut said = Vec::new();
    worker.stdout.take().unwrap().read_to_end(&mut said).unwrap();
    assert!(String::from_utf8_lossy(&said).contains("begin no message"));
    assert!(!worker.wait().unwrap().success());
    drop(input);
}
