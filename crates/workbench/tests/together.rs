//! Many works changed and decided on together: seen first, one undo, and never evidence for more of the same.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use jiff::Timestamp;
use vitrine_catalogue::{Added, Library, NewScan, NewStatement, Pack, Source, StatementId, WorkId};
use vitrine_workbench::{
    Settings, Workbench,
    view::{BatchChangeView, BatchRequest, BulkView, JobKind, JobState, LeftReason, StateView, WorkbenchEvent},
};

struct Desk {
    folder: tempfile::TempDir,
    bench: Workbench,
    events: Arc<Mutex<Vec<WorkbenchEvent>>>,
}

impl Desk {
    /// The same library, for what needs a model to be done by the workbench.
    fn library(&self) -> Library {
        Library::open(&self.folder.path().join("library")).expect("opens")
    }
}

fn open(library: &Path) -> (Workbench, Arc<Mutex<Vec<WorkbenchEvent>>>) {
    let events: Arc<Mutex<Vec<WorkbenchEvent>>> = Arc::default();
    let sink = events.clone();
    let settings = Settings {
        person: "A. Curator".into(),
        pack: None,
        knowledge: PathBuf::from("nowhere"),
        demonstration: PathBuf::from("nowhere"),
        iconclass: PathBuf::from("nowhere"),
        fonts: PathBuf::from("nowhere"),
        added_packs: library.join("packs"),
        cache: library.join("cache"),
        suggest_on_import: false,
    };
    let bench = Workbench::at(library, settings, Arc::new(move |event| sink.lock().expect("events").push(event)));
    (bench.expect("opens"), events)
}

fn desk() -> Desk {
    let folder = tempfile::tempdir().expect("folder");
    let (bench, events) = open(&folder.path().join("library"));
    Desk { folder, bench, events }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_790_000_000).expect("a moment")
}

fn add_works(library: &Library, count: usize) -> Vec<i64> {
    (0..count)
        .map(|n| {
            let scan = NewScan {
                path: PathBuf::from(format!("/scans/{n}.jpg")),
                sha256: format!("{n:064x}"),
                bytes: 1,
                width: 3,
                height: 2,
                format: "JPEG".into(),
                ..NewScan::default()
            };
            match library.add_work(&scan, now()).expect("adds") {
                Added::New { work, .. } => work.0,
                Added::Duplicate { .. } => panic!("every scan is new"),
            }
        })
        .collect()
}

fn suggest(library: &Library, work: i64, property: &str, value: &str, confidence: f32) -> i64 {
    let pack = Pack { id: "compact".into(), version: "1".into(), weights_sha256: "abcd".into() };
    let said = NewStatement {
        property: property.into(),
        value: Some(value.into()),
        confidence: Some(confidence),
        ..NewStatement::default()
    };
    library.suggest(WorkId(work), &Source::Pack(pack), &[said], now()).expect("suggests")[0].0
}

fn set(works: &[i64], property: &str, value: &str) -> BatchRequest {
    let change = BatchChangeView::Set { value: value.into(), qualifier: None, keep_qualifier: true, settle: false };
    BatchRequest { works: works.to_vec(), property: property.into(), change }
}

#[test]
fn a_change_to_many_works_is_seen_made_and_taken_back() {
    let desk = desk();
    let works = add_works(&desk.library(), 3);
    desk.bench.add_statement(works[0], "date", "1650").expect("adds");
    desk.bench.add_statement(works[1], "date", "c. 1700").expect("adds");
    let request = set(&works, "date", "1650");
    let preview = desk.bench.batch_preview(&request, 1).expect("previews");
    assert_eq!((preview.changing, preview.changes.len(), preview.done.is_none()), (2, 1, true));
    assert_eq!((preview.changes[0].work, preview.changes[0].title.as_str()), (works[1], "1.jpg"));
    assert_eq!(
        (&preview.changes[0].before, &preview.changes[0].after),
        (&vec!["c. 1700".into()], &vec!["1650".into()])
    );
    assert_eq!(
        (preview.left[0].reason, preview.left[0].works, preview.left[0].first[0].work),
        (LeftReason::SaysSo, 1, works[0])
    );
    assert!(preview.cautions.is_empty());
    let strange = desk.bench.batch_preview(&set(&works, "date", "long ago"), 9).expect("previews");
    assert!(strange.cautions[0].contains("“long ago” is not understood as a date"), "{:?}", strange.cautions);

    desk.bench.add_statement(works[2], "date", "1800").expect("adds");
    let outdated = desk.bench.batch_edit(&request, 9, Some(&preview.seen)).expect_err("it is another change now");
    assert!(outdated.to_string().contains("have changed since the preview"), "{outdated}");
    let seen = desk.bench.batch_preview(&request, 9).expect("previews").seen;
    desk.events.lock().expect("events").clear();
    let made = desk.bench.batch_edit(&request, 9, Some(&seen)).expect("changes");
    assert_eq!(made.done.as_deref(), Some("Set date of 2 works: 1650"));
    let told: Vec<i64> = desk.events.lock().expect("events").iter().filter_map(changed).collect();
    assert_eq!(told, works[1..], "the window hears which works changed");
    for work in &works {
        let statements = desk.bench.work(*work).expect("opens").statements;
        assert_eq!(statements.len(), 1);
        assert_eq!((statements[0].value.as_deref(), statements[0].state), (Some("1650"), StateView::Edited));
        assert_eq!((statements[0].source.kind.as_str(), statements[0].source.name.as_str()), ("person", "A. Curator"));
    }
    let undone = desk.bench.undo().expect("undoes").expect("something to undo");
    assert_eq!(undone.what, "Set date of 2 works: 1650");
    let third = desk.bench.work(works[2]).expect("opens").statements;
    assert_eq!(third.iter().map(|s| s.value.as_deref()).collect::<Vec<_>>(), [Some("1800")]);
}

fn changed(event: &WorkbenchEvent) -> Option<i64> {
    match event {
        WorkbenchEvent::WorkChanged { work } => Some(*work),
        _ => None,
    }
}

#[test]
fn a_long_change_is_a_job() {
    let desk = desk();
    let works = add_works(&desk.library(), 450);
    desk.bench.batch_edit(&set(&works, "style", "Rococo"), 1, None).expect("changes");
    let jobs = desk.bench.jobs();
    let job = jobs.iter().find(|job| job.kind == JobKind::Edit).expect("it is on the board");
    assert_eq!((job.state, job.done, job.total), (JobState::Finished, 450, 450));
    let events = desk.events.lock().expect("events");
    assert!(events.iter().any(|event| matches!(event, WorkbenchEvent::LibraryChanged)));
    assert!(!events.iter().any(|event| changed(event).is_some()), "not one event for each of them");
}

#[test]
fn a_long_change_can_be_stopped_and_has_then_changed_nothing() {
    let folder = tempfile::tempdir().expect("folder");
    let library = folder.path().join("library");
    let works = add_works(&Library::open_or_create(&library).expect("opens"), 450);
    // Whoever hears of the job stops it, as somebody at the window would.
    let stopper: Arc<Mutex<Option<Workbench>>> = Arc::default();
    let (heard, mut asked) = (stopper.clone(), false);
    let observer: Mutex<Box<dyn FnMut(WorkbenchEvent) + Send>> = Mutex::new(Box::new(move |event| {
        if let WorkbenchEvent::Job { job } = event
            && !asked
            && let Some(bench) = heard.lock().expect("a bench").clone()
        {
            asked = true;
            bench.cancel(job.id);
        }
    }));
    let settings =
        Settings { person: "A. Curator".into(), pack: None, suggest_on_import: false, ..Settings::discover(None) };
    let bench =
        Workbench::at(&library, settings, Arc::new(move |event| observer.lock().expect("one at a time")(event)))
            .expect("opens");
    *stopper.lock().expect("a bench") = Some(bench.clone());
    let error = bench.batch_edit(&set(&works, "style", "Rococo"), 1, None).expect_err("it was stopped");
    assert!(error.to_string().contains("nothing has changed"), "{error}");
    assert_eq!(bench.jobs()[0].state, JobState::Cancelled);
    assert!(bench.work(works[0]).expect("opens").statements.is_empty());
    assert_eq!(bench.undo().expect("asks").map(|undone| undone.what), None);
    *stopper.lock().expect("a bench") = None;
}

/// So many suggestions of style decided on one by one, of which the last `wrong` are rejected.
fn decide(desk: &Desk, works: &[i64], property: &str, wrong: usize) {
    let library = desk.library();
    for (n, work) in works.iter().enumerate() {
        let id = StatementId(suggest(&library, *work, property, "Rococo", 0.9));
        let act = match n + wrong < works.len() {
            true => library.accept(id, "A. Curator", now()),
            false => library.reject(id, "A. Curator", now()),
        };
        act.expect("decides");
    }
}

#[test]
fn what_was_right_often_enough_is_accepted_unseen_and_never_proves_itself() {
    let desk = desk();
    let library = desk.library();
    let works = add_works(&library, 120);
    decide(&desk, &works[..80], "style", 0);
    decide(&desk, &works[..72], "genre", 0);
    decide(&desk, &works[..80], "artist", 0);
    let mut waiting: Vec<i64> =
        works[80..110].iter().map(|work| suggest(&library, *work, "style", "Baroque", 0.95)).collect();
    let unsure = suggest(&library, works[110], "style", "Baroque", 0.6);
    let unmeasured = suggest(&library, works[80], "genre", "Portrait", 0.95);
    let artist = suggest(&library, works[80], "artist", "Boucher", 0.99);

    let offers = desk.bench.bulk_offers().expect("offers");
    assert_eq!(offers.len(), 1, "72 decisions are too few to tell, and makers are never on offer: {offers:?}");
    let offer = &offers[0];
    assert_eq!((offer.pack.as_str(), offer.property.as_str()), ("compact 1", "style"));
    assert_eq!((offer.decided, offer.right), (80, 80));
    // Wilson's lower end where all n are right: n / (n + z²).
    assert!((offer.expected - 80.0 / (80.0 + 1.959_963_984_540_054_f64.powi(2))).abs() < 1e-12);
    let mut offered = offer.statements.clone();
    offered.sort_unstable();
    waiting.sort_unstable();
    assert_eq!(offered, waiting, "only those that are sure enough");

    for (property, statement) in [("style", unsure), ("genre", unmeasured), ("artist", artist)] {
        let refused = desk.bench.accept_in_bulk("compact 1", property, &[statement]);
        assert!(refused.is_err(), "{property}");
    }
    assert!(desk.bench.accept_in_bulk("compact 2", "style", &waiting[..1]).is_err(), "another version proves itself");

    // One is left out by hand.
    let accepted = desk.bench.accept_in_bulk("compact 1", "style", &waiting[1..]).expect("accepts");
    assert_eq!(
        (accepted.what.as_str(), accepted.accepted, accepted.works),
        ("Accepted style of 29 works: Baroque", 29, 29)
    );
    assert_eq!(library.statement(StatementId(waiting[0])).expect("is there").decided_by, None);
    let record = |property: &str| {
        let records = desk.bench.track_records().expect("measures");
        records.into_iter().find(|record| record.property == property).expect("a record")
    };
    assert_eq!((record("style").decided, record("style").together), (80, 29), "they are no evidence");
    assert_eq!(desk.bench.undo().expect("undoes").expect("one act").what, "Accepted style of 29 works: Baroque");
    assert_eq!(desk.bench.bulk_offers().expect("offers")[0].statements.len(), 30);

    // One value that was changed by hand is one that was wrong, and 80 of 81 are not enough.
    desk.bench.edit(waiting[0], "Realism", None).expect("edits");
    let style = record("style");
    assert_eq!((style.decided, style.right), (81, 80));
    assert!(matches!(style.bulk, BulkView::TooOftenWrong), "{:?}", style.bulk);
    assert!(desk.bench.bulk_offers().expect("offers").is_empty());
    let refused = desk.bench.accept_in_bulk("compact 1", "style", &waiting[1..2]).expect_err("no longer");
    assert!(refused.to_string().contains("do not show yet that 95 %"), "{refused}");
}

#[test]
fn groups_are_confirmed_by_those_who_looked() {
    let desk = desk();
    let library = desk.library();
    let works = add_works(&library, 6);
    let said: Vec<i64> = works[..4].iter().map(|work| suggest(&library, *work, "style", "Rococo", 0.5)).collect();
    let other = suggest(&library, works[4], "style", "Baroque", 0.5);
    for work in &works {
        suggest(&library, *work, "artist", "Boucher", 0.9);
    }
    let groups = desk.bench.waiting_groups().expect("lists");
    let told: Vec<_> = groups.iter().map(|g| (g.property.as_str(), g.value.as_str(), g.works)).collect();
    assert_eq!(told, [("style", "Rococo", 4)]);
    let alike = desk.bench.waiting_alike("style", "Rococo", None).expect("lists");
    assert_eq!((alike.waiting, alike.suggestions.len()), (4, 4));
    assert!(alike.suggestions.iter().all(|one| !one.vouched), "nothing vouches for them yet");

    let refused = desk.bench.accept_alike(&[said[0], other]).expect_err("two values");
    assert!(refused.to_string().contains("no group"), "{refused}");
    let accepted = desk.bench.accept_alike(&said[..3]).expect("accepts");
    assert_eq!((accepted.accepted, accepted.what.as_str()), (3, "Accepted style of 3 works: Rococo"));
    assert!(desk.bench.track_records().expect("measures").is_empty(), "confirmed in a group is no evidence either");
    assert!(desk.bench.waiting_groups().expect("lists").is_empty(), "one is no group");
    let again = desk.bench.accept_alike(&said[2..]).expect_err("one is decided already");
    assert!(again.to_string().contains("no longer waits"), "{again}");
    desk.bench.undo().expect("undoes").expect("one act");
    assert_eq!(desk.bench.waiting_groups().expect("lists")[0].works, 4);
}
