//! Reading, indexing and finding with a retriever that needs no weights.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};

use vitrine_inference::{InferenceError, PackIdentity, Retriever, TextRows};
use vitrine_retrieval::MultiVector;
use vitrine_sources::{Fragment, Page, PageReader, Position, Progress, Provenance, SourceError, SourceProblem};

use super::*;
use crate::relevance::{Sought, Telling};
use crate::words::words;

/// A row a word, drawn at random for each: texts are alike as far as they share words, and no further, so that thousands of made-up pages stay apart.
struct Words {
    pack: PackIdentity,
    embedded: AtomicUsize,
}

impl Words {
    fn new(version: &str) -> Self {
        let pack = PackIdentity { id: "words".into(), version: version.into(), weights_sha256: "0".into() };
        Self { pack, embedded: AtomicUsize::new(0) }
    }

    fn rows(text: &str) -> TextRows {
        let (mut values, mut spans) = (Vec::new(), Vec::new());
        for (span, word) in words(text) {
            for at in 0..32 {
                let mut hasher = DefaultHasher::new();
                (&word, at).hash(&mut hasher);
                values.push((hasher.finish() >> 40) as f32 / (1 << 23) as f32 - 1.0);
            }
            spans.push(Some(span));
        }
        TextRows { rows: MultiVector::normalised(values, 32).unwrap(), spans }
    }
}

impl Words {
    fn sought(query: &str) -> Sought {
        Sought { text: query.to_owned(), telling: Telling::new(Telling::words_of(query), 0), rows: Self::rows(query) }
    }
}

/// The fragments of the pages that `query` names.
fn named(collection: &Collection, query: &str) -> HashSet<u64> {
    collection.named_in(query).unwrap().into_iter().flat_map(|pages| pages.fragments).collect()
}

impl Retriever for Words {
    fn pack(&self) -> &PackIdentity {
        &self.pack
    }

    fn dimension(&self) -> usize {
        32
    }

    fn relates_images_to_text(&self) -> bool {
        false
    }

    fn embed_image(&self, _: &image::RgbImage) -> Result<MultiVector, InferenceError> {
        unreachable!("no images here")
    }

    fn embed_query(&self, text: &str) -> Result<TextRows, InferenceError> {
        Ok(Self::rows(text))
    }

    fn embed_passage(&self, text: &str) -> Result<TextRows, InferenceError> {
        self.embedded.fetch_add(1, Ordering::Relaxed);
        Ok(Self::rows(text))
    }
}

/// Pages made up: page n speaks of the painter n, in two paragraphs. Every hundredth is a problem.
struct Pages {
    next: usize,
    count: usize,
    revision: fn(usize) -> String,
}

fn page(number: usize, revision: String) -> Page {
    let provenance = Provenance {
        source: "Made up".into(),
        licence: Some("CC0".into()),
        revision: Some(revision.clone()),
        // Of three pages one is in English, one in Italian, and of one nobody knows.
        language: [Some("en-GB"), Some("it"), None][number % 3].map(str::to_owned),
        ..Provenance::default()
    };
    let title = format!("Painter{number}");
    let paragraph = |ordinal: usize, text: String| Fragment {
        id: vitrine_sources::fragment_id("made", &number.to_string(), ordinal),
        title: title.clone(),
        section: vec!["Life".into()],
        text,
        links: Vec::new(),
        images: Vec::new(),
        provenance: provenance.clone(),
    };
    let fragments = vec![
        paragraph(0, format!("Born in town{number}, the painter learnt from master{} ({revision}).", number + 1)),
        paragraph(1, format!("Known for scene{number} on panel, kept in museum{}.", number % 7)),
    ];
    Page { id: number.to_string(), title, categories: Vec::new(), fragments, provenance }
}

impl Iterator for Pages {
    type Item = Result<Page, SourceProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        let number = self.next;
        self.next += 1;
        match number {
            number if number >= self.count => None,
            number if number % 100 == 99 => Some(Err(SourceProblem::skipped(SourceError::broken(
                Path::new("made"),
                format!("page {number}"),
                "torn",
            )))),
            number => Some(Ok(page(number, (self.revision)(number)))),
        }
    }
}

impl PageReader for Pages {
    fn reached(&self) -> Position {
        Position(self.next.to_string())
    }

    fn progress(&self) -> Progress {
        Progress { bytes_done: self.next as u64, bytes_total: self.count as u64 }
    }
}

fn opener(
    count: usize,
    revision: fn(usize) -> String,
) -> impl Fn(Option<&Position>) -> vitrine_sources::Result<Box<dyn PageReader>> {
    move |position| {
        let next = position.map_or(0, |position| position.0.parse().unwrap());
        Ok(Box::new(Pages { next, count, revision }) as Box<dyn PageReader>)
    }
}

fn first(_: usize) -> String {
    "1".into()
}

fn all_fragments(collection: &Collection) -> Vec<(u64, String, String)> {
    collection.store().fragments_after(0, 100_000).unwrap()
}

#[test]
fn what_was_cut_off_goes_on_to_the_same_end() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    std::fs::write(&source, "stands for the pages").unwrap();
    let undisturbed = Collection::create(folder.path(), "Undisturbed").unwrap();
    let report = undisturbed.read(&source, &opener(1000, first), &|_| true, &mut |_| true).unwrap();
    assert_eq!((report.pages, report.fragments, report.skipped, report.finished), (990, 1980, 10, true));
    assert!(report.problems[0].contains("page 99"), "{:?}", report.problems);

    let mut runs = 0;
    loop {
        // Every run sees a new handle, as after a crash, and is stopped at its second look.
        let opened = if runs == 0 {
            Collection::create(folder.path(), "Cut off")
        } else {
            Collection::open(&folder.path().join("cut-off"))
        };
        let mut looks = 0;
        let mut watch = |_| {
            looks += 1;
            looks < 2
        };
        let report = opened.unwrap().read(&source, &opener(1000, first), &|_| true, &mut watch).unwrap();
        runs += 1;
        if report.finished {
            break;
        }
    }
    assert!(runs > 2);
    let cut_off = Collection::open(&folder.path().join("cut-off")).unwrap();
    assert_eq!(all_fragments(&cut_off), all_fragments(&undisturbed));
    assert_eq!(cut_off.summary().unwrap().sources[0].skipped, 10);
    assert_eq!(cut_off.summary().unwrap().sources[0].licence.as_deref(), Some("CC0"));
}

#[test]
fn indexing_goes_on_where_it_stopped_and_finds() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    std::fs::write(&source, "stands for the pages").unwrap();
    let collection = Collection::create(folder.path(), "Künstler, viele").unwrap();
    assert_eq!(collection.key(), "kunstler-viele");
    collection.read(&source, &opener(3000, first), &|_| true, &mut |_| true).unwrap();
    let retriever = Words::new("1");
    let mut runs = 1;
    let mut indexed = 0;
    loop {
        let mut looks = 0;
        let mut watch = |progress: IndexingProgress| {
            assert_eq!(progress.all, 5940);
            looks += 1;
            // The codes are learnt from two thousand fragments, which takes some sixty looks and is not kept if it is stopped.
            looks < 90
        };
        if collection.index_fragments(&retriever, &mut watch).unwrap() {
            break;
        }
        let now = collection.summary().unwrap().indexed;
        assert!(now > indexed, "every run brings it forward");
        (runs, indexed) = (runs + 1, now);
    }
    assert!(runs > 1);
    assert_eq!(retriever.embedded.load(Ordering::Relaxed), 5940, "nothing is embedded twice");
    let summary = collection.summary().unwrap();
    assert_eq!((summary.fragments, summary.indexed, summary.pages), (5940, 5940, 2970));
    let ask = |query: &str| {
        let mut found = collection
            .find(&Words::sought(query), &named(&collection, query), &retriever.pack, 5, &Default::default())
            .unwrap();
        found.sort_by(|a, b| b.features.mean.total_cmp(&a.features.mean));
        (collection.fragment(found[0].number).unwrap().unwrap(), found[0])
    };
    let (fragment, _) = ask("town417 master418");
    assert_eq!((fragment.title.as_str(), fragment.source.as_str()), ("Painter417", "Made up (CC0)"));
    let (fragment, found) = ask("scene23 by painter23");
    assert!(fragment.text.starts_with("Known for scene23") && found.features.named > 0.0);
    assert!(
        collection.using(&["scene23".to_owned()]).unwrap() > 0
            && collection.using(&["scene99".to_owned()]).unwrap() == 0
    );
    let (matches, note) = collection.row_matches(&Words::rows("scene23"), found.number).unwrap();
    assert_eq!(crate::indexing::span_in_note(&note, matches[0].document_row, &fragment.text), Some(10..17));
    // Another pack's rows cannot be compared with these: nothing is found, until it has indexed anew.
    let other = Words::new("2");
    assert!(
        collection
            .find(&Words::sought("town417"), &named(&collection, "town417"), &other.pack, 5, &Default::default())
            .unwrap()
            .is_empty()
    );
    assert!(collection.index_fragments(&other, &mut |_| true).unwrap());
    assert!(
        !collection
            .find(&Words::sought("town417"), &named(&collection, "town417"), &other.pack, 5, &Default::default())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn an_index_of_an_earlier_format_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    std::fs::write(&source, "stands for the pages").unwrap();
    let collection = Collection::create(folder.path(), "Artists").unwrap();
    collection.read(&source, &opener(40, first), &|_| true, &mut |_| true).unwrap();
    let retriever = Words::new("1");
    assert!(collection.index_fragments(&retriever, &mut |_| true).unwrap());
    let place = folder.path().join(collection.key());
    drop(collection);
    for ending in ["codebook", "segment"] {
        let files = std::fs::read_dir(place.join("index")).unwrap().flatten().map(|entry| entry.path());
        let file = files.into_iter().find(|path| path.extension().is_some_and(|found| found == ending)).unwrap();
        let mut bytes = std::fs::read(&file).unwrap();
        // The format's number ends the mark that a file begins with.
        bytes[7] -= 1;
        std::fs::write(&file, bytes).unwrap();
        let collection = Collection::open(&place).unwrap();
        let find = || {
            let named = named(&collection, "town7");
            collection.find(&Words::sought("town7"), &named, &retriever.pack, 5, &Default::default()).unwrap()
        };
        assert!(find().is_empty() && collection.summary().unwrap().indexed == 0, "{ending}");
        assert!(collection.index_fragments(&retriever, &mut |_| true).unwrap());
        assert!(!find().is_empty(), "{ending}");
    }
}

#[test]
fn a_search_keeps_to_the_languages_that_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    std::fs::write(&source, "stands for the pages").unwrap();
    let collection = Collection::create(folder.path(), "In two languages").unwrap();
    collection.read(&source, &opener(90, first), &|_| true, &mut |_| true).unwrap();
    let retriever = Words::new("1");
    assert!(collection.index_fragments(&retriever, &mut |_| true).unwrap());
    let holding = collection.holding().unwrap();
    assert_eq!(holding.languages, [("en".to_owned(), 60), ("it".to_owned(), 60)].into());
    assert_eq!(holding.passages, 180);
    let tags = |tags: &[&str]| tags.iter().map(|&tag| tag.to_owned()).collect::<Vec<_>>();
    assert_eq!((holding.passages_in(&tags(&["it-CH", "fr"])), holding.passages_in(&[])), (60, 180));

    let pages = |query: &str, languages: &[&str]| -> Vec<usize> {
        let Some(among) = collection.among(&tags(languages)).unwrap() else { return Vec::new() };
        let found =
            collection.find(&Words::sought(query), &named(&collection, query), &retriever.pack, 2, &among).unwrap();
        let title = |number| collection.fragment(number).unwrap().unwrap().title.clone();
        found.iter().map(|found| title(found.number).trim_start_matches("Painter").parse().unwrap()).collect()
    };
    let all = pages("scene24 museum3 painter25", &[]);
    assert!(all.iter().any(|page| page % 3 == 0) && all.iter().any(|page| page % 3 == 2));
    let italian = pages("scene24 museum3 painter24 painter25", &["it"]);
    // By rows, by words and by title alike.
    assert!(italian.contains(&25) && italian.iter().all(|page| page % 3 == 1), "{italian:?}");
    let both = pages("scene24 museum3", &["it", "en"]);
    assert!(both.contains(&24) && both.iter().all(|page| page % 3 < 2), "{both:?}");
    assert!(pages("scene24", &["fr"]).is_empty());
    let among = collection.among(&tags(&["en"])).unwrap().unwrap();
    let asked_for = |title| collection.of_title(title, &Words::sought("scene"), &retriever.pack, &among).unwrap().len();
    assert_eq!((asked_for("Painter24"), asked_for("Painter25")), (2, 0));
}

#[test]
fn the_words_of_one_language_are_not_crowded_out_by_another() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    std::fs::write(&source, "stands for the pages").unwrap();
    let collection = Collection::create(folder.path(), "Crowded").unwrap();
    collection.read(&source, &opener(900, first), &|_| true, &mut |_| true).unwrap();
    // “Known” stands in the second paragraph of every page; only a few of the best forty are Italian.
    let words = ["known".to_owned()];
    let italian = ["it".to_owned()];
    let found = collection.store().with_words(&words, 40, &italian).unwrap();
    let chosen = collection.store().in_languages(&italian).unwrap();
    assert_eq!(found.len(), 40);
    assert!(found.iter().all(|number| chosen.contains(number)));
}

#[test]
fn a_second_reading_replaces_what_changed() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    std::fs::write(&source, "stands for the pages").unwrap();
    let collection = Collection::create(folder.path(), "Changing").unwrap();
    let retriever = Words::new("1");
    collection.read(&source, &opener(300, first), &|_| true, &mut |_| true).unwrap();
    collection.index_fragments(&retriever, &mut |_| true).unwrap();
    let before = all_fragments(&collection);
    // Ten pages are new in another revision, and the last hundred are gone.
    let revision = |number| if (50..60).contains(&number) { "2".to_owned() } else { "1".to_owned() };
    let report = collection.read(&source, &opener(200, revision), &|_| true, &mut |_| true).unwrap();
    assert_eq!((report.unchanged, report.fragments, report.gone), (188, 20, 99));
    collection.index_fragments(&retriever, &mut |_| true).unwrap();
    let summary = collection.summary().unwrap();
    assert_eq!((summary.fragments, summary.indexed), (396, 396));
    let after = all_fragments(&collection);
    assert_eq!(after[..100], before[..100], "what stays keeps its number");
    assert!(after[after.len() - 20..].iter().all(|(number, ..)| *number > before[before.len() - 1].0));
    let query = "town55 2";
    let mut found = collection
        .find(&Words::sought(query), &named(&collection, query), &retriever.pack, 5, &Default::default())
        .unwrap();
    found.sort_by(|a, b| b.features.mean.total_cmp(&a.features.mean));
    assert!(collection.fragment(found[0].number).unwrap().unwrap().text.contains("(2)"));
    let query = "town250";
    let found = collection
        .find(&Words::sought(query), &named(&collection, query), &retriever.pack, 5, &Default::default())
        .unwrap();
    assert!(found.iter().all(|found| found.features.mean < 0.9), "a page that is gone is found no more");
}

#[test]
fn names_and_files_that_do_not_do_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Collection::create(folder.path(), " … "), Err(KnowledgeError::Name { .. })));
    let collection = Arc::new(Collection::create(folder.path(), "Once").unwrap());
    assert!(matches!(Collection::create(folder.path(), "once"), Err(KnowledgeError::Taken { .. })));
    assert_eq!(Collection::all(folder.path()).0.len(), 1);
    collection.remove().unwrap();
    assert!(Collection::all(folder.path()).0.is_empty());
    let broken = folder.path().join("broken");
    std::fs::create_dir(&broken).unwrap();
    std::fs::write(
        broken.join(STORE),
        "no file of SQLite, of some length, so that it looks like one of something else",
    )
    .unwrap();
    let (opened, problems) = Collection::all(folder.path());
    assert!(opened.is_empty() && problems[0].to_string().contains("broken"), "{problems:?}");
}

/// A reading and indexing of many pages in a process of its own, which the test below kills.
#[test]
#[ignore = "a part of thirty_kills_end_as_an_undisturbed_run"]
fn read_and_index_until_killed() {
    let folder = PathBuf::from(std::env::var_os(KILL_FOLDER).unwrap());
    read_and_index(&folder, "Killed");
}

const KILL_FOLDER: &str = "VITRINE_TEST_KILL_FOLDER";

fn read_and_index(folder: &Path, name: &str) -> Collection {
    let collection = match Collection::create(folder, name) {
        Err(KnowledgeError::Taken { .. }) => Collection::open(&folder.join(key_of(name).unwrap())).unwrap(),
        created => created.unwrap(),
    };
    let finished = collection.summary().unwrap().sources.first().is_some_and(|source| source.finished);
    if !finished {
        collection.read(&folder.join("source"), &opener(4000, first), &|_| true, &mut |_| true).unwrap();
    }
    assert!(collection.index_fragments(&Words::new("1"), &mut |_| true).unwrap());
    collection
}

#[test]
fn thirty_kills_end_as_an_undisturbed_run() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("source"), "stands for the pages").unwrap();
    let undisturbed = read_and_index(folder.path(), "Undisturbed");
    let mut killed = 0;
    for attempt in 0..200 {
        let mut process = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "collection::tests::read_and_index_until_killed"])
            .env(KILL_FOLDER, folder.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // From the very beginning on, a little later each time, so that every part of the work is hit on fast machines and slow ones.
        std::thread::sleep(std::time::Duration::from_millis(attempt * 7 % 160));
        if process.try_wait().unwrap().is_none() {
            process.kill().unwrap();
            killed += 1;
        }
        process.wait().unwrap();
        if killed == 30 {
            break;
        }
        if Collection::open(&folder.path().join("killed")).is_ok_and(|c| c.summary().unwrap().indexed == 7920) {
            // It was through before it could be killed often enough: once more from the beginning.
            std::fs::remove_dir_all(folder.path().join("killed")).unwrap();
        }
    }
    assert_eq!(killed, 30);
    let resumed = read_and_index(folder.path(), "Killed");
    assert_eq!(all_fragments(&resumed), all_fragments(&undisturbed));
    let (mut ids, mut expected): (Vec<u64>, Vec<u64>) = (
        resumed.texts.index().unwrap().reader().ids().collect(),
        undisturbed.texts.index().unwrap().reader().ids().collect(),
    );
    ids.sort_unstable();
    expected.sort_unstable();
    assert_eq!(ids, expected);
    for query in ["town417 master418", "scene23", "town3999"] {
        let find = |collection: &Collection| {
            let mut found = collection
                .find(&Words::sought(query), &named(collection, query), &Words::new("1").pack, 5, &Default::default())
                .unwrap();
            found.sort_by(|a, b| b.features.mean.total_cmp(&a.features.mean));
            found[0].number
        };
        assert_eq!(find(&resumed), find(&undisturbed), "{query}");
    }
}
