//! A curator's morning through the workbench, on scans that the test paints itself.
//!
//! The models are the real ones; where set-up has not fetched them, the tests say so and end.
#![allow(clippy::print_stderr)]

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use image::{Rgb, RgbImage};
use vitrine_workbench::{
    Settings, Workbench,
    view::{
        ExportFormat, ExportRequest, JobKind, JobState, JobView, PassageScope, StateView, StatementView, Support,
        WorkFilter, WorkSort, WorkbenchEvent,
    },
};

fn settings() -> Option<Settings> {
    let settings = Settings { person: "A. Curator".into(), ..Settings::discover(None) };
    let fetched =
        settings.pack.as_ref().is_some_and(|pack| pack.fetched.join("efficientnet-lite2.safetensors").is_file());
    if !fetched {
        eprintln!("skipped: the compact pack's weights are not here; ./test.sh fetches them");
    }
    fetched.then_some(settings)
}

/// A landscape of sorts: sky, hills and strokes, different for every seed.
fn paint(seed: u32) -> RgbImage {
    RgbImage::from_fn(320 + seed * 8, 240, |x, y| {
        let wave = ((x as f32 / (23.0 + seed as f32)).sin() * 30.0 + 120.0) as u32;
        let stroke = ((x * 7 + y * 13 + seed * 31) % 29) as u8;
        if y < wave {
            Rgb([90 + (seed * 17 % 90) as u8, 140 + stroke, 200 - (y / 4) as u8])
        } else {
            Rgb([60 + stroke * 3, 110 + (seed * 29 % 80) as u8, 50 + (x / 8) as u8])
        }
    })
}

fn scans(folder: &Path, count: u32) {
    fs::create_dir_all(folder).expect("folder");
    for seed in 0..count {
        paint(seed).save(folder.join(format!("sheet {seed}.png"))).expect("saves");
    }
}

struct Desk {
    bench: Workbench,
    events: Arc<Mutex<Vec<WorkbenchEvent>>>,
}

fn open(library: &Path, settings: &Settings) -> Desk {
    let events: Arc<Mutex<Vec<WorkbenchEvent>>> = Arc::default();
    let sink = events.clone();
    let observer = Arc::new(move |event| sink.lock().expect("events").push(event));
    Desk { bench: Workbench::at(library, settings.clone(), observer).expect("opens"), events }
}

fn import(bench: &Workbench, paths: Vec<PathBuf>) -> JobView {
    let id = bench.import(paths).expect("starts");
    bench.wait();
    bench.jobs().into_iter().find(|job| job.id == id).expect("listed")
}

fn suggested<'a>(statements: &'a [StatementView], property: &str) -> &'a StatementView {
    statements
        .iter()
        .find(|s| s.property == property && s.state == StateView::Suggested)
        .unwrap_or_else(|| panic!("no suggestion for {property}"))
}

#[test]
fn from_scans_to_records_and_back() {
    let Some(settings) = settings() else { return };
    let folder = tempfile::tempdir().expect("folder");
    scans(&folder.path().join("scans"), 6);
    let library = folder.path().join("library");
    let Desk { bench, events } = open(&library, &settings);

    let job = import(&bench, vec![folder.path().join("scans")]);
    assert_eq!(
        (job.state, job.done, job.total, job.imported.len()),
        (JobState::Finished, 6, 6, 6),
        "{:?}",
        job.failures
    );
    let looked = bench.jobs().into_iter().find(|job| job.kind == JobKind::Suggest).expect("works were looked at");
    assert_eq!((looked.state, looked.done), (JobState::Finished, 6), "{:?}", looked.failures);
    assert!(events.lock().expect("events").iter().any(|e| matches!(e, WorkbenchEvent::WorkChanged { .. })));

    let page = bench.works(&WorkFilter { sort: WorkSort::Title, ..WorkFilter::default() }).expect("lists");
    assert_eq!(page.works.iter().map(|w| w.title.as_str()).collect::<Vec<_>>()[..2], ["sheet 0.png", "sheet 1.png"]);
    let work = page.works[0].id;
    let view = bench.work(work).expect("opens");
    for property in ["artist", "genre", "style", "media", "tag"] {
        let statement = suggested(&view.statements, property);
        assert!(statement.value.is_some() || statement.reason.is_some(), "{property} abstains without a reason");
        assert_eq!(statement.value.is_none(), statement.confidence.is_none() && statement.evidence.is_empty());
    }
    let thumbnail = bench.thumbnail(view.card.scan).expect("thumbnail");
    assert!(image::image_dimensions(thumbnail).is_ok());

    // Two decisions by hand, whatever the models said: one by alternative, one in own words.
    let style = suggested(&view.statements, "style");
    let taken = style.alternatives[0].value.clone();
    let view = bench.take_alternative(style.id, 0).expect("takes");
    let standing =
        view.statements.iter().find(|s| s.property == "style" && s.state == StateView::Edited).expect("stands");
    assert_eq!((standing.value.as_deref(), standing.decided_by.as_deref()), (Some(taken.as_str()), Some("A. Curator")));
    bench.add_statement(work, "title", "Hills by the sea").expect("adds");
    let genre = suggested(&view.statements, "genre").id;
    bench.reject(genre).expect("rejects");
    let undone = bench.undo().expect("undoes").expect("something to undo");
    assert!(undone.what.contains("genre"), "{}", undone.what);
    assert_eq!(suggested(&bench.work(work).expect("opens").statements, "genre").id, genre);

    let similar = bench.similar(work, 3).expect("similar");
    assert_eq!(similar.len(), 3);
    assert!(similar.iter().all(|s| s.card.id != work) && similar[0].score >= similar[1].score);

    let passages = bench.passages(work, 5).expect("passages");
    assert!(passages.iter().any(|p| p.segments.iter().any(|s| s.weight > 0.0)), "no word of any passage is lit");

    let mut streamed = 0;
    let answer = bench
        .explain(work, None, &mut |_| {
            streamed += 1;
            ControlFlow::Continue(())
        })
        .expect("explains");
    assert!(!answer.sentences.is_empty() && streamed > answer.sentences.len());
    for sentence in answer.sentences.iter().filter(|s| s.support == Support::Passage) {
        assert!(!sentence.citations.is_empty(), "{} names no passage", sentence.text);
    }
    let stopped = bench.explain(work, None, &mut |_| {
        bench.stop_answer(work);
        ControlFlow::Continue(())
    });
    assert!(stopped.is_err_and(|cause| cause.to_string().contains("stopped")));
    assert_eq!(bench.conversation(work).expect("kept answers").len(), 1, "nothing of a stopped answer is kept");
    let view = bench.suggest_from_answer(answer.id, 0, "description").expect("puts a sentence forward");
    let described = suggested(&view.statements, "description");
    assert_eq!(described.value.as_ref(), Some(&answer.sentences[0].text));
    assert!(described.reason.as_ref().is_some_and(|reason| reason.contains("“explain”")));
    let again = bench.suggest_from_answer(answer.id, 0, "description").expect("once is enough");
    assert_eq!(again.statements.len(), view.statements.len());
    assert!(bench.suggest_from_answer(answer.id + 7, 0, "description").is_err());
    let nothing = bench.ask(work, "Who won the football match last night?", None, &mut |_| ControlFlow::Continue(()));
    let nothing = nothing.expect("answers");
    assert!(nothing.sentences.is_empty() && nothing.abstention.is_some(), "{:?}", nothing.sentences);

    let request = ExportRequest {
        works: vec![work],
        formats: vec![ExportFormat::Csv, ExportFormat::Lido],
        folder: folder.path().join("out").display().to_string(),
        include_suggestions: false,
        base_uri: None,
    };
    let preview = bench.export_preview(&request).expect("previews");
    assert_eq!((preview.works, preview.accepted, preview.empty), (1, 2, 0));
    let written = bench.export(&request).expect("exports");
    assert_eq!(written.state, JobState::Finished, "{:?}", written.failures);
    for file in written.output.expect("files").lines() {
        let text = fs::read_to_string(file).expect("a file");
        assert!(text.contains("Hills by the sea") && text.contains(&taken), "{file}");
    }
    bench.close();
    drop(bench);

    let Desk { bench, .. } = open(&library, &settings);
    assert_eq!(bench.work(work).expect("opens").card.title, "Hills by the sea");
    assert_eq!(bench.conversation(work).expect("kept").len(), 2);
    assert_eq!(bench.library().expect("library").undo.as_deref(), Some("Added title: Hills by the sea"));
    bench.undo().expect("undoes").expect("the log survived");
    assert_eq!(bench.work(work).expect("opens").card.title, "sheet 0.png");
}

#[test]
fn bad_files_are_named_and_the_rest_is_in() {
    let folder = tempfile::tempdir().expect("folder");
    let scans_folder = folder.path().join("scans");
    scans(&scans_folder, 3);
    let bad = |name: &str, bytes: &[u8]| fs::write(scans_folder.join(name), bytes).expect("writes");
    bad("notes.jpg", b"These are the notes of the registrar.\n");
    bad("nothing.tif", b"");
    let jpeg = folder.path().join("whole.jpg");
    paint(9).save(&jpeg).expect("saves");
    let whole = fs::read(&jpeg).expect("reads");
    bad("broken off.jpg", &whole[..whole.len() / 2]);
    bad("list.csv", b"not,an,image\n");

    let settings = Settings { suggest_on_import: false, ..Settings::discover(None) };
    let Desk { bench, .. } = open(&folder.path().join("library"), &settings);
    let missing = folder.path().join("moved away.png");
    let job = import(&bench, vec![scans_folder.clone(), missing]);
    assert_eq!((job.state, job.imported.len(), job.failures.len()), (JobState::Finished, 3, 4), "{:?}", job.failures);
    let reason = |name: &str| {
        let failure = job.failures.iter().find(|f| f.file.ends_with(name));
        failure.unwrap_or_else(|| panic!("{name} is not among {:?}", job.failures)).reason.clone()
    };
    assert!(reason("notes.jpg").contains("plain text"));
    assert!(reason("nothing.tif").contains("empty"));
    assert!(reason("broken off.jpg").contains("incomplete"));
    assert!(reason("moved away.png").contains("not there"));

    // What failed can be tried again once it is mended; what is in is not taken twice.
    fs::write(scans_folder.join("broken off.jpg"), &whole).expect("mends");
    let again = bench.retry(job.id).expect("retries");
    bench.wait();
    let again = bench.jobs().into_iter().find(|job| job.id == again).expect("listed");
    assert_eq!((again.imported.len(), again.failures.len()), (1, 3));
    let twice = import(&bench, vec![scans_folder.join("sheet 1.png")]);
    assert_eq!((twice.imported.len(), twice.duplicates.len()), (0, 1));
}

#[test]
fn an_import_can_be_stopped_and_keeps_what_it_has() {
    let folder = tempfile::tempdir().expect("folder");
    scans(&folder.path().join("scans"), 40);
    let settings = Settings { suggest_on_import: false, ..Settings::discover(None) };
    let Desk { bench, .. } = open(&folder.path().join("library"), &settings);
    let id = bench.import(vec![folder.path().join("scans")]).expect("starts");
    bench.cancel(id);
    bench.wait();
    let job = bench.jobs().into_iter().find(|job| job.id == id).expect("listed");
    assert_eq!(job.state, JobState::Cancelled);
    let page = bench.works(&WorkFilter::default()).expect("lists");
    assert_eq!(page.total, job.imported.len() as u64);
    assert!(job.done < 40);
}

#[test]
fn an_empty_folder_and_a_missing_pack_are_said() {
    let folder = tempfile::tempdir().expect("folder");
    let settings = Settings { pack: None, ..Settings::discover(None) };
    let Desk { bench, .. } = open(&folder.path().join("library"), &settings);
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).expect("folder");
    let job = import(&bench, vec![empty]);
    assert!(job.failures[0].reason.contains("no file named like an image"));
    assert!(bench.search("wheat").expect_err("no pack").to_string().contains("./run.sh"));
    scans(&folder.path().join("scans"), 1);
    let job = import(&bench, vec![folder.path().join("scans")]);
    assert_eq!(job.imported.len(), 1, "cataloguing by hand needs no models");
    let looked = bench.jobs().into_iter().find(|job| job.kind == JobKind::Suggest).expect("tried");
    assert_eq!(looked.state, JobState::Failed);
    let work = bench.add_statement(job.imported[0], "title", "By hand").expect("adds");
    assert_eq!(work.card.title, "By hand");
}

#[test]
fn what_was_accepted_is_knowledge_for_other_works() {
    let Some(settings) = settings() else { return };
    let folder = tempfile::tempdir().expect("folder");
    scans(&folder.path().join("scans"), 2);
    let Desk { bench, .. } = open(&folder.path().join("library"), &settings);
    import(&bench, vec![folder.path().join("scans")]);
    let refused = bench.add_own_records().expect_err("nobody stands by anything yet").to_string();
    assert!(refused.contains("accepted title"), "{refused}");

    let works = bench.works(&WorkFilter::default()).expect("lists").works;
    bench.add_statement(works[0].id, "title", "Harvest at Zwartewaal").expect("adds");
    let told = "Reapers rest under a lime tree while a grey cart waits for the last sheaves of rye near the mill of Zwartewaal, painted from the dyke.";
    bench.add_statement(works[0].id, "description", told).expect("adds");
    let uncovered = bench.coverage().expect("counts");
    let added = bench.add_own_records().expect("reads");
    assert!(added.complete && added.read.problems.is_empty(), "{:?}", added.read.problems);
    assert_eq!((added.collection.pages, added.collection.name.as_str()), (1, "This library’s records"));
    assert_eq!(bench.coverage().expect("counts").covered, uncovered.covered + 1, "its title is a page now");
    let found = bench.search("Who painted the harvest at Zwartewaal?").expect("searches");
    assert_eq!(found.passages.first().map(|hit| hit.title.as_str()), Some("Harvest at Zwartewaal"));

    // The same among some of the passages only. Nobody said in which language the records are.
    let key = added.collection.key;
    let words = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let scope = |collections: &[&str], languages: &[&str]| PassageScope {
        collections: words(collections),
        languages: words(languages),
    };
    let ids = |scope: &PassageScope| -> Vec<String> {
        let found = bench.search_passages("Harvest at Zwartewaal, a painting with reapers", scope).expect("searches");
        found.into_iter().map(|passage| passage.id).collect()
    };
    let is_own = |id: &String| id.starts_with(&format!("{key}:"));
    assert!(ids(&scope(&[], &[])).iter().any(is_own));
    let own = ids(&scope(&[&key], &[]));
    assert!(!own.is_empty() && own.iter().all(is_own), "{own:?}");
    assert!(!ids(&scope(&["shipped_articles"], &[])).iter().any(is_own));
    assert!(!ids(&scope(&[], &["en"])).iter().any(is_own));
    let unknown = bench.search_passages("harvest", &scope(&["gone"], &[])).expect_err("no such collection").to_string();
    assert!(unknown.contains("gone") && unknown.contains("knowledge list"), "{unknown}");
    let choices = bench.scope_choices(&scope(&[], &["en"])).expect("counts");
    let own = choices.collections.iter().find(|choice| choice.key == key).expect("is a choice");
    assert_eq!(own.passages, 0);
    let choices = bench.scope_choices(&scope(&[&key], &[])).expect("counts");
    assert_eq!(choices.languages.iter().map(|choice| choice.passages).sum::<u64>(), 0);
    assert!(choices.collections.iter().all(|choice| choice.passages > 0), "{choices:?}");

    // What explanations and answers draw on is kept, as long as the collection is there.
    let mut talking = bench.talk_settings().expect("reads");
    talking.sources = scope(&[&key], &[]);
    bench.set_talk_settings(&talking).expect("keeps");
    let answer = bench.explain(works[0].id, None, &mut |_| ControlFlow::Continue(())).expect("explains");
    assert!(!answer.retrieved.is_empty() && answer.retrieved.iter().all(is_own), "{:?}", answer.retrieved);
    talking.sources = scope(&["gone"], &[]);
    assert!(bench.set_talk_settings(&talking).is_err());

    // Another record, and the same again: only what is new is read.
    bench.add_statement(works[1].id, "title", "Winter at Zwartewaal").expect("adds");
    let again = bench.add_own_records().expect("reads");
    assert_eq!((again.collection.pages, again.read.unchanged), (2, 1), "{:?}", again.read);

    bench.remove_collection(&key).expect("removes");
    assert_eq!(bench.talk_settings().expect("reads").sources, PassageScope::default());
}
