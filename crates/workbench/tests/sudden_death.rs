//! A process that reviews, changes works together and reads records in is killed at random moments. Afterwards the library opens, is sound, and
//! holds everything that was acknowledged; what was under way has happened as a whole or not at all.
//!
//! What should be there is known from a second library, in which everything that was acknowledged is done again, undisturbed.
#![allow(clippy::print_stdout)]

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use vitrine_catalogue::{Alternative, Library, NewScan, NewStatement, Pack, Source, WorkId};
use vitrine_workbench::{
    Settings, Workbench,
    view::{BatchChangeView, BatchRequest, RecordsRequest, StateView},
};

const FOLDER: &str = "VITRINE_WORKBENCH_TEST_FOLDER";
const SEED: &str = "VITRINE_WORKBENCH_TEST_SEED";
const WORKS: u64 = 40;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mixed = (self.0 ^ (self.0 >> 29)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed ^ (mixed >> 32)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len() as u64) as usize]
    }
}

fn open(folder: &Path) -> Workbench {
    let settings = Settings {
        person: "A. Curator".into(),
        pack: None,
        knowledge: PathBuf::from("nowhere"),
        demonstration: PathBuf::from("nowhere"),
        iconclass: PathBuf::from("nowhere"),
        fonts: PathBuf::from("nowhere"),
        added_packs: folder.join("packs"),
        cache: folder.join("cache"),
        suggest_on_import: false,
    };
    Workbench::at(&folder.join("library"), settings, Arc::new(|_| {})).expect("the library opens")
}

/// A library of works with suggestions to decide on, the same each time.
fn begin(folder: &Path) {
    let library = Library::open_or_create(&folder.join("library")).expect("a library");
    let at = Timestamp::from_second(1_790_000_000).expect("a moment");
    let pack = Source::Pack(Pack { id: "compact".into(), version: "1".into(), weights_sha256: "abcd".into() });
    for n in 0..WORKS {
        let scan = NewScan {
            path: PathBuf::from(format!("/scans/{n}.jpg")),
            sha256: format!("{n:064x}"),
            bytes: 1,
            width: 3,
            height: 2,
            format: "JPEG".into(),
            ..NewScan::default()
        };
        library.add_work(&scan, at).expect("a work");
        let says = |property: &str, value: &str| NewStatement {
            property: property.into(),
            value: Some(value.into()),
            confidence: Some(0.5),
            alternatives: vec![Alternative { value: "Baroque".into(), confidence: 0.3 }],
            ..NewStatement::default()
        };
        let said = [says("style", "Rococo"), says("genre", "Portrait"), says("artist", "Boucher")];
        let work = library.work_ids().expect("numbers")[n as usize];
        library.suggest(work, &pack, &said, at).expect("suggestions");
    }
}

/// Does one thing that follows from `deed` and from what the library holds. What cannot be done (there is nothing to undo, say) is not done,
/// here and in the second library alike.
fn act(bench: &Workbench, folder: &Path, deed: u64) {
    let mut random = Random(deed);
    let work = 1 + random.below(WORKS) as i64;
    let statements = bench.work(work).expect("the work is there").statements;
    let open: Vec<_> =
        statements.iter().filter(|one| one.state != StateView::Superseded && one.value.is_some()).collect();
    let value = random.one_of(&["Rococo", "Baroque", "Realism", "Ukiyo-e"]);
    let property = random.one_of(&["style", "genre", "tag", "location"]);
    let some: Vec<i64> = (1..=WORKS as i64).filter(|_| random.below(3) > 0).collect();
    let outcome = match random.below(12) {
        0..=3 if !open.is_empty() => {
            let statement = open[random.below(open.len() as u64) as usize].id;
            match random.below(4) {
                0 => bench.reject(statement).map(drop),
                1 => bench.edit(statement, value, None).map(drop),
                2 => bench.take_alternative(statement, 0).map(drop),
                _ => bench.accept(statement).map(drop),
            }
        }
        4 | 5 => bench.add_statement(work, property, value).map(drop),
        6 | 7 => {
            let change = match random.below(4) {
                0 => BatchChangeView::Append { value: value.into(), qualifier: None, settle: random.below(2) == 0 },
                1 => BatchChangeView::Remove { value: Some(value.into()) },
                2 => BatchChangeView::Replace {
                    find: "o".into(),
                    with: "oo".into(),
                    whole_words: false,
                    match_case: false,
                },
                _ => BatchChangeView::Set {
                    value: value.into(),
                    qualifier: None,
                    keep_qualifier: true,
                    settle: random.below(2) == 0,
                },
            };
            bench.batch_edit(&BatchRequest { works: some, property: property.into(), change }, 1, None).map(drop)
        }
        8 => {
            let groups = bench.waiting_groups().expect("groups");
            let Some(group) = groups.first() else { return };
            let alike = bench.waiting_alike(&group.property, &group.value, group.qualifier.as_deref()).expect("alike");
            let ids: Vec<i64> = alike.suggestions.iter().take(5).map(|one| one.statement).collect();
            bench.accept_alike(&ids).map(drop)
        }
        9 | 10 => {
            let file = folder.join("records.csv");
            let rows: String = some
                .iter()
                .map(|work| {
                    format!("{:064x},{value} {},accepted,stated by Anna on 2026-11-22\r\n", work - 1, deed % 1000)
                })
                .collect();
            fs::write(&file, format!("sha256,note,note_state,note_source\r\n{rows}")).expect("a table");
            let request = RecordsRequest { file, accept: deed.is_multiple_of(2), ..RecordsRequest::default() };
            bench.import_records(&request).map(drop)
        }
        11 if random.below(2) == 0 => bench.redo().map(drop),
        _ => bench.undo().map(drop),
    };
    // A sentence why it cannot be done is an answer like another one.
    drop(outcome);
}

/// Everything that the library holds, apart from the time.
fn contents(folder: &Path) -> String {
    let library = Library::open(&folder.join("library")).expect("the library opens");
    assert_eq!(library.check_integrity().expect("looks"), Vec::<String>::new());
    let mut text = format!("{:?} {:?}\n", library.to_undo().expect("undo"), library.to_redo().expect("redo"));
    for work in library.work_ids().expect("numbers") {
        let card = library.work_card(work).expect("a card");
        text += &format!("{work} {} {} {}\n", card.title, card.waiting, card.badge.as_str());
        for row in library.history(WorkId(work.0)).expect("a history") {
            let person = row.person.unwrap_or_default();
            text += &format!(
                "  {} {} {:?} {} {person} {:?} {:?}\n",
                row.statement,
                row.property,
                row.value,
                row.state.as_str(),
                row.note,
                row.action
            );
        }
    }
    text
}

/// The process that dies. It is this test program again, told by the environment what to do; otherwise it has nothing to test.
#[test]
fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let folder = Path::new(&folder);
    let mut random = Random(std::env::var(SEED).expect("a seed").parse().expect("a number"));
    let say = |line: &str| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "# {line}").and_then(|()| out.flush()).expect("somebody listens");
    };
    let bench = open(folder);
    loop {
        let deed = random.next();
        say(&deed.to_string());
        act(&bench, folder, deed);
        say("done");
    }
}

fn start(folder: &Path, seed: u64) -> Child {
    Command::new(std::env::current_exe().expect("this program"))
        .args(["child", "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(SEED, seed.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a child")
}

/// What the child acknowledged before it was killed, and what it had begun then. It is killed `after` so many acknowledgements, and a moment.
fn killed(folder: &Path, seed: u64, after: usize, moment: Duration) -> (Vec<u64>, Option<u64>) {
    let mut child = start(folder, seed);
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines().map_while(Result::ok);
    let (mut done, mut begun) = (Vec::new(), None);
    let mut hear = |line: String, done: &mut Vec<u64>| {
        // The test program's own words may stand in front.
        match line.split_once("# ").map(|(_, said)| said) {
            Some("done") => done.extend(begun.take()),
            Some(deed) => begun = deed.parse().ok(),
            None => {}
        }
        begun
    };
    let mut under_way = None;
    while done.len() < after
        && let Some(line) = lines.next()
    {
        under_way = hear(line, &mut done);
    }
    std::thread::sleep(moment);
    // SIGKILL where there is such a thing: no destructor runs, nothing is flushed.
    child.kill().expect("it can be killed");
    for line in lines {
        under_way = hear(line, &mut done);
    }
    child.wait().expect("it ends");
    (done, under_way)
}

fn kill_again_and_again(kills: u64) {
    let (real, second) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    begin(real.path());
    begin(second.path());
    assert_eq!(contents(real.path()), contents(second.path()), "both begin alike");
    let mut random = Random(7);
    let (mut acknowledged, mut landed, mut lost) = (0, 0, 0);
    for kill in 0..kills {
        let (after, moment) = (1 + random.below(12) as usize, Duration::from_micros(random.below(20_000)));
        let (done, under_way) = killed(real.path(), 1000 + kill, after, moment);
        let bench = open(second.path());
        for deed in &done {
            act(&bench, second.path(), *deed);
        }
        acknowledged += done.len();
        let is = contents(real.path());
        let should = contents(second.path());
        if is != should {
            // What was under way happened just before the process died, and then as a whole.
            let deed = under_way
                .unwrap_or_else(|| panic!("kill {kill}: something acknowledged is lost or changed:\n{should}\n{is}"));
            act(&bench, second.path(), deed);
            assert_eq!(is, contents(second.path()), "kill {kill}: what was under way is there in part");
            landed += 1;
        } else if under_way.is_some() {
            lost += 1;
        }
    }
    assert!(acknowledged >= kills as usize, "{acknowledged} deeds in {kills} lives");
    println!(
        "{kills} kills: {acknowledged} acknowledged deeds are there; of those under way {landed} had happened, {lost} had not"
    );
}

#[test]
fn nothing_acknowledged_is_lost() {
    kill_again_and_again(20);
}

#[test]
#[ignore = "takes minutes; run once before a release"]
fn nothing_acknowledged_is_lost_in_two_hundred_lives() {
    kill_again_and_again(200);
}
