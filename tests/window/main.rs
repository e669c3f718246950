//! The whole way in the real window, by keyboard where a curator would use it: import, review, explain, export, come back.
//!
//! Pictures of it stay in `screenshots` below Cargo's temporary folder for tests.

mod gamut;
mod import_measured;
mod keys_only;
mod knowledge;
mod languages;
mod originals;
mod preparing;
mod record_plan;
mod records;
mod regions;
mod scans;
mod scroll_measured;
mod talking;
mod together;
mod webdriver;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};
use talking::talking;
use webdriver::{Window, keys, missing};

const SCANS: u32 = 9;
const SUGGESTED_WITHIN: Duration = Duration::from_secs(480);

struct Desk {
    folder: tempfile::TempDir,
    pictures: PathBuf,
}

impl Desk {
    fn lay() -> Self {
        let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
        fs::create_dir_all(&pictures).expect("a folder for screenshots");
        Self { folder: tempfile::tempdir().expect("a temporary folder"), pictures }
    }

    /// The application on this desk's library, with its window's state kept on the desk too.
    fn open(&self) -> Window {
        self.open_with(&[])
    }

    /// The same without a model pack: nothing is suggested but what files say.
    fn open_without_models(&self) -> Window {
        self.open_with(&[("VITRINE_PACKS", self.folder.path().join("no packs"))])
    }

    fn open_with(&self, more: &[(&'static str, PathBuf)]) -> Window {
        let home = self.folder.path();
        let mut environment = vec![
            ("VITRINE_LIBRARY", home.join("library")),
            ("VITRINE_PERSON", PathBuf::from("A. Curator")),
            ("VITRINE_ICONCLASS", Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/vocabularies/fixtures/iconclass")),
            ("XDG_DATA_HOME", home.join("data")),
            ("XDG_CONFIG_HOME", home.join("config")),
        ];
        environment.extend(more.iter().cloned());
        let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_path())).collect();
        let window = Window::open(env!("CARGO_BIN_EXE_vitrine"), &environment);
        window.wait("main h1, .grid");
        window
    }

    /// What the window shows now, and where the viewer is in it: left, right, top and bottom.
    fn shown(&self, window: &Window) -> (image::RgbImage, [f64; 4]) {
        let file = self.folder.path().join("shown.png");
        window.screenshot(&file);
        let shown = image::open(&file).expect("a screenshot").into_rgb8();
        let script = "const box = document.querySelector('.viewer').getBoundingClientRect(); return [box.left, box.right, box.top, box.bottom]";
        let place = window.script(script, json!([]));
        (shown, [0, 1, 2, 3].map(|index| place[index].as_f64().expect("a number")))
    }

    fn picture(&self, window: &Window, name: &str) {
        // Pictures and typefaces in the page arrive by themselves, a moment after their frames.
        window.until("the pictures in sight", Duration::from_secs(60), || {
            let script = "return document.fonts.status === 'loaded'
                && [...document.images].every((image) => image.complete && image.naturalWidth > 0)";
            (window.script(script, json!([])) == json!(true)).then_some(())
        });
        window.screenshot(&self.pictures.join(format!("{name}.png")));
    }
}

/// Fails on what keeps people out: axe's serious and critical findings.
fn assert_accessible(window: &Window, place: &str) {
    let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/node_modules/axe-core/axe.min.js");
    let axe = fs::read_to_string(&axe).expect("axe-core is there after `npm ci` in ui/");
    window.script(&axe, json!([]));
    let found = window.script_later(
        "const done = arguments[arguments.length - 1];
         axe.run(document, { resultTypes: ['violations'] }).then(
           (results) => done(results.violations.filter((one) => one.impact === 'serious' || one.impact === 'critical')
             .map((one) => one.id + ': ' + one.nodes.map((node) => node.target.join(' ') + ' ' + (node.any[0]?.message ?? '')).join(' | '))),
           (error) => done(['axe: ' + error]))",
        json!([]),
    );
    assert_eq!(found, json!([]), "{place} keeps people out");
}

fn surround(window: &Window, which: &str) {
    let script = "const choice = document.querySelector(`input[name=surround][value=${arguments[0]}]`); choice.click(); return choice.checked";
    assert_eq!(window.script(script, json!([which])), json!(true), "the surround can be chosen");
}

/// The statement in focus, its state, and whether it says something.
fn statement_in_focus(window: &Window) -> (u64, String, bool) {
    window.wait("li.row.focused");
    let script = "const row = document.querySelector('li.row.focused');
        return [Number(row.dataset.statement), row.dataset.state, row.querySelector('.abstained') === null]";
    let found = window.script(script, json!([]));
    let state = found[1].as_str().expect("a state").to_owned();
    (found[0].as_u64().expect("a statement's number"), state, found[2].as_bool().expect("whether it says something"))
}

/// Goes down with J, and on to the next work with N, until the focus is on a suggestion that says something. What the classifier says of
/// drawings is its own affair, but files carry keywords, which are suggested.
fn go_to_suggestion(window: &Window) -> u64 {
    for _ in 0..SCANS {
        for _ in 0..8 {
            let (statement, state, speaks) = statement_in_focus(window);
            if speaks && state == "suggested" {
                return statement;
            }
            window.press(&['j']);
        }
        window.press(&['n']);
    }
    panic!("no work has a suggestion that says something");
}

/// Goes down with J until the focus is on a statement that waits, be it an abstention.
fn go_to_waiting(window: &Window) -> u64 {
    for _ in 0..8 {
        let (statement, state, _) = statement_in_focus(window);
        if state == "suggested" {
            return statement;
        }
        window.press(&['j']);
    }
    panic!("nothing waits in this work");
}

fn expect_state(window: &Window, statement: u64, state: &str) {
    let selector = format!("li.row[data-statement='{statement}'][data-state='{state}']");
    window.wait(&selector);
}

#[test]
fn from_a_dropped_scan_to_an_exported_record() {
    if let Some(reason) = missing() {
        println!("skipped: {reason}");
        return;
    }
    let desk = Desk::lay();
    let scans = desk.folder.path().join("scans");
    scans::draw(&scans, SCANS, Some("Wheat field"));

    let window = desk.open();
    assert!(
        window.text("h1").is_some_and(|text| text.contains("Drop a folder of scans")),
        "the first run says what to do"
    );
    desk.picture(&window, "1-empty");
    assert_accessible(&window, "the empty library");

    // A drop calls just this command with the paths that the system hands over.
    window.invoke("import", json!({ "paths": [scans] }));
    window.until("every scan in the grid", Duration::from_secs(60), || {
        (window.count(".tile img") == u64::from(SCANS)).then_some(())
    });
    window.click("[data-kind=import] [aria-controls=job-list]");
    window.until("failures and duplicates by name", Duration::from_secs(60), || {
        window.text("#job-list").filter(|listed| listed.contains("notes.jpg") && listed.contains("scan-00"))
    });
    desk.picture(&window, "2-reading");
    window.click("[data-kind=import] [aria-controls=job-list]");

    let packs = window.invoke("library", json!({}))["packs"].clone();
    assert_ne!(packs, json!([]), "the compact pack is missing: run models/compact/fetch.py (./test.sh does)");
    window.until("suggestions for every work", SUGGESTED_WITHIN, || {
        let jobs = window.invoke("jobs", json!({}));
        let idle = jobs.as_array()?.iter().all(|job| job["state"] != "running");
        let looked = jobs.as_array()?.iter().find(|job| job["kind"] == "suggest" && job["state"] != "running")?;
        if idle {
            let badges = window.invoke("library", json!({}))["badges"].clone();
            assert_eq!(badges["new"], 0, "works were left without suggestions: {}", looked["failures"]);
        }
        idle.then_some(())
    });
    desk.picture(&window, "3-library");
    assert_accessible(&window, "the library");

    window.click("#place-review");
    let accepted = go_to_suggestion(&window);
    desk.picture(&window, "4-review");
    assert_accessible(&window, "the review desk");
    window.press(&['a']);
    expect_state(&window, accepted, "accepted");
    let rejected = go_to_waiting(&window);
    window.press(&['r']);
    expect_state(&window, rejected, "rejected");
    window.press(&[keys::CONTROL, 'z']);
    expect_state(&window, rejected, "suggested");
    window.press(&[keys::CONTROL, keys::SHIFT, 'z']);
    expect_state(&window, rejected, "rejected");

    // A title of one's own, typed where it belongs.
    window.click("#add-statement");
    window.write("#add-form input", "Sun over two fields");
    window.press(&[keys::ENTER]);
    window.until("the title on the desk", Duration::from_secs(60), || {
        (window.text(".record h1")? == "Sun over two fields").then_some(())
    });

    window.click("#tab-passages");
    window.until("passages", SUGGESTED_WITHIN, || (window.count(".passages li") > 0).then_some(()));
    desk.picture(&window, "5-passages");
    window.click("#tab-ask");
    talking(&desk, &window);
    surround(&window, "dark");
    desk.picture(&window, "7-review-dark");
    assert_accessible(&window, "the review desk in the dark");
    window.press(&[keys::ESCAPE]);
    window.wait(".grid");
    desk.picture(&window, "8-library-dark");
    assert_accessible(&window, "the library in the dark");
    surround(&window, "mid");
    assert_accessible(&window, "the library in mid-grey");
    surround(&window, "light");

    // The folder comes from the system's dialog, which no driver reaches; what it would leave behind is put there.
    let exports = desk.folder.path().join("exports");
    let script = "const kept = JSON.parse(localStorage.getItem('vitrine') ?? '{}');
        localStorage.setItem('vitrine', JSON.stringify({ ...kept, exportFolder: arguments[0] }))";
    window.script(script, json!([exports]));
    window.reload();
    window.wait(".grid");
    window.click("#place-export");
    window.click("#export:enabled");
    window.wait("#exported");
    desk.picture(&window, "9-export");
    assert_accessible(&window, "the export");
    let (csv, lido) = (written(&exports, "csv"), written(&exports, "xml"));
    assert!(
        csv.contains("Sun over two fields") && lido.contains("Sun over two fields"),
        "the title is in both records"
    );

    window.click("#place-knowledge");
    window.click(".example");
    window.wait(".results li");
    desk.picture(&window, "10-knowledge");
    assert_accessible(&window, "the knowledge base");
    bring_knowledge_in(&desk, &window);
    window.click("#place-models");
    window.wait("article .card");
    window.until("what could be learnt", Duration::from_secs(60), || {
        window.text("#learning").filter(|said| said.contains("Nothing has been learnt yet."))
    });
    desk.picture(&window, "11-models");
    assert_accessible(&window, "the models");
    window.click("#place-evaluation");
    // A pack that holds drawings to be outside of what it knows suggests nothing that could be decided on: the page has to say then that there is nothing.
    let decided = window.invoke("track_records", json!({})) != json!([]);
    window.wait(if decided { ".evaluation article .share" } else { ".evaluation .none" });
    desk.picture(&window, "12-evaluation");
    assert_accessible(&window, "the evaluation");
    drop(window);

    let window = desk.open();
    window.wait(".grid");
    assert_eq!(window.invoke("library", json!({}))["works"], json!(SCANS), "every work is still there");
    let found = window.invoke("search", json!({ "text": "Sun over two fields" }));
    let work = window.invoke("work", json!({ "id": found["works"][0]["id"] }));
    let state = |statement: u64| {
        let statements = work["statements"].as_array().expect("statements");
        statements.iter().find(|one| one["id"] == statement).map_or(Value::Null, |one| one["state"].clone())
    };
    assert_eq!((state(accepted), state(rejected)), (json!("accepted"), json!("rejected")), "decisions are still there");
    let talk = window.invoke("conversation", json!({ "work": found["works"][0]["id"] }));
    assert_eq!(talk.as_array().map(Vec::len), Some(3), "the conversation is still there");
}

/// A folder of the museum's own texts is read, found in and removed.
fn bring_knowledge_in(desk: &Desk, window: &Window) {
    let texts = desk.folder.path().join("House notes");
    fs::create_dir(&texts).expect("a folder of texts");
    let note = "# Room 4\n\nThe ceiling was painted by Ercole Passalacqua in 1749 and restored in 1963, after smoke had darkened the plaster of the north side.\n";
    fs::write(texts.join("room-4.md"), note).expect("a text");
    fs::write(texts.join("broken.pdf"), "no PDF at all").expect("a broken text");
    window.click(".collections");
    window.wait("#collections-none");
    // The button opens the system's own dialog, and calls just this command with what was chosen there.
    window.invoke("add_knowledge", json!({ "source": texts, "request": { "collection": null, "licence": null, "language": null, "everything": false, "categories": [] } }));
    window.until("the collection with its passage", Duration::from_secs(60), || {
        window.text(".collection").filter(|listed| listed.contains("House notes") && listed.contains("1 passage"))
    });
    window.until("the broken file by name", Duration::from_secs(60), || {
        window.text("[data-kind=knowledge]").filter(|told| told.contains("1 failed"))
    });
    desk.picture(window, "10-collections");
    assert_accessible(window, "the collections");
    assert_eq!(window.count(".collection"), 1, "what is sought again as the job ends leaves the collections in sight");
    window.click("#knowledge-search");
    window.press(&[keys::CONTROL, 'a']);
    window.write("#knowledge-search", "Who painted the ceiling of room 4?");
    window.until("the museum's own passage first", Duration::from_secs(60), || {
        window.text(".results li").filter(|first| first.contains("Room 4"))
    });
    // Without the museum's own collection its passage is gone, and comes back with it.
    let has_own = || window.text(".results").is_some_and(|found| found.contains("Room 4"));
    window.click(".chip[data-key=shipped_articles]");
    window.until("what the articles alone have", Duration::from_secs(60), || (!has_own()).then_some(()));
    assert_accessible(window, "passages of some collections");
    window.click(".chip[data-key=shipped_articles]");
    window.until("the museum's own passage again", Duration::from_secs(60), || has_own().then_some(()));
    window.click(".results li button");
    window.until("where it comes from", Duration::from_secs(60), || {
        window.text("article").filter(|read| read.contains("Passalacqua") && read.contains("House notes"))
    });
    desk.picture(window, "10-own-passage");
    window.click(".collections");
    // The second press is the one that counts.
    window.click(".remove");
    window.click(".remove");
    window.wait("#collections-none");
}

/// The one file with this ending in a folder.
fn written(folder: &Path, ending: &str) -> String {
    let files = fs::read_dir(folder).expect("the export's folder").filter_map(Result::ok).map(|entry| entry.path());
    let of_kind: Vec<_> = files.filter(|file| file.extension().is_some_and(|found| found == ending)).collect();
    assert_eq!(of_kind.len(), 1, "one .{ending} file: {of_kind:?}");
    fs::read_to_string(&of_kind[0]).expect("the export can be read")
}
