//! Runs, scores and comparisons with a subject that knows a little, and every error that a person can meet.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use tempfile::TempDir;
use vitrine_evaluation::EvaluationError;
use vitrine_evaluation::data::{DataSet, read};
use vitrine_evaluation::metrics::bert::TokenRows;
use vitrine_evaluation::metrics::meteor::{Meteor, Package};
use vitrine_evaluation::run::{
    self, Label, Listener, Options, PackName, RunReport, Scorers, Sentence, Subject, Task, TextRows, compare,
};

/// Says of every image what its name begins with, of every text how often each letter occurs, and of every question the first sentence.
#[derive(Default)]
struct Simple {
    asked: Cell<usize>,
    read: RefCell<Vec<(String, [f64; 26])>>,
}

/// How often each letter occurs, as a direction.
fn letters(text: &str) -> [f64; 26] {
    let mut counts = [0f64; 26];
    for c in text.to_lowercase().chars().filter(char::is_ascii_lowercase) {
        counts[c as usize - 'a' as usize] += 1.0;
    }
    let length = counts.iter().map(|count| count * count).sum::<f64>().sqrt();
    counts.map(|count| count / length.max(1e-9))
}

impl Subject for Simple {
    fn pack(&self) -> PackName {
        PackName { id: "simple".into(), version: "1".into(), weights_sha256: "0".into() }
    }

    fn spelling(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        BTreeMap::from([("style".into(), BTreeMap::from([("Roccoco".into(), "Rococo".into())]))])
    }

    fn labels(&self) -> BTreeMap<String, Vec<String>> {
        BTreeMap::from([("style".into(), vec!["Baroque".into(), "Rococo".into()])])
    }

    fn classify(&self, image: &Path) -> Result<BTreeMap<String, Vec<Label>>, String> {
        self.asked.set(self.asked.get() + 1);
        let name = image.file_name().unwrap().to_string_lossy().into_owned();
        let label = |label: &str, confidence| Label { label: label.into(), confidence };
        let ranked = match name.chars().next() {
            Some('b') => vec![label("Baroque", 0.9), label("Rococo", 0.1)],
            Some('r') => vec![label("Rococo", 0.7), label("Baroque", 0.3)],
            _ => return Err("the image is broken".into()),
        };
        Ok(BTreeMap::from([("style".into(), ranked)]))
    }

    fn read(&self, id: &str, text: &str) -> Result<(), String> {
        self.read.borrow_mut().push((id.to_owned(), letters(text)));
        Ok(())
    }

    fn find(&self, query: &str, k: usize) -> Result<Vec<String>, String> {
        let (query, read) = (letters(query), self.read.borrow());
        let likeness = |(_, text): &&(String, [f64; 26])| query.iter().zip(text).map(|(a, b)| a * b).sum::<f64>();
        let mut found: Vec<_> = read.iter().collect();
        found.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
        Ok(found.into_iter().take(k).map(|(id, _)| id.clone()).collect())
    }

    fn explain(&self, title: Option<&str>, _: Option<&Path>) -> Result<Vec<Sentence>, String> {
        let text = format!("{} is a painting.", title.unwrap_or("It"));
        Ok(vec![Sentence { text, quotes: vec!["a painting".into()] }])
    }

    fn answer(&self, _: &str, about: &[String]) -> Result<Vec<Sentence>, String> {
        Ok(about.first().map(|text| Sentence { text: text.clone(), quotes: Vec::new() }).into_iter().collect())
    }
}

/// A token a word, which stands in the direction of its letters.
struct Letters;

impl TextRows for Letters {
    fn pack(&self) -> PackName {
        PackName { id: "letters".into(), version: "1".into(), weights_sha256: String::new() }
    }

    fn rows(&self, text: &str) -> Result<TokenRows, String> {
        let rows: Vec<f32> = text.split_whitespace().flat_map(letters).map(|value| value as f32).collect();
        Ok(TokenRows { tokens: vec![1; rows.len() / 26], rows, markers: Vec::new() })
    }
}

fn run(
    task: Task,
    data: DataSet,
    subject: &dyn Subject,
    options: &Options,
    hear: Listener<'_>,
) -> Result<RunReport, EvaluationError> {
    run::run(task, data, subject, &Scorers::default(), options, hear)
}

fn score(task: Task, data: DataSet, file: &Path, options: &Options) -> Result<RunReport, EvaluationError> {
    run::score(task, data, file, &Scorers::default(), options)
}

fn options(folder: &TempDir, name: &str) -> Options {
    Options {
        out: folder.path().join(name),
        split: None,
        sample: None,
        seed: 1,
        resamples: 50,
        unseen_artists: false,
        artist_disjoint: false,
        vocabulary_deletion: false,
    }
}

fn file(folder: &TempDir, name: &str, content: impl AsRef<[u8]>) {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn table() -> (TempDir, DataSet) {
    let folder = TempDir::new().unwrap();
    let rows = "file,split,artist,style\nb1.jpg,train,Rubens,Baroque\nb2.jpg,test,Hals,Baroque\nr1.jpg,test,Rubens,Roccoco\nb3.jpg,test,Boucher,Rococo\nx.jpg,test,,Baroque\nr2.jpg,test,,Cubism\n";
    file(&folder, "manifest.csv", rows);
    let data = read(folder.path(), None).unwrap();
    (folder, data)
}

fn artpedia() -> (TempDir, DataSet) {
    let folder = TempDir::new().unwrap();
    let json = r#"{"1": {"title": "Ships", "split": "test", "visual_sentences": ["zzz ships"], "contextual_sentences": ["zzz It hangs in Delft.", "It was sold."]},
                   "2": {"title": "Trees", "split": "test", "visual_sentences": ["green trees"], "contextual_sentences": ["green trees, Trees is a painting."]}}"#;
    file(&folder, "artpedia.json", json);
    let data = read(folder.path(), None).unwrap();
    (folder, data)
}

fn figure(report: &vitrine_evaluation::run::RunReport, of: &str, metric: &str) -> f64 {
    let found = report.figures.figures.iter().find(|figure| figure.of == of && figure.metric == metric);
    found.unwrap_or_else(|| panic!("no {metric} of {of}")).interval.value
}

#[test]
fn classification_is_measured_resumed_and_told() {
    let (folder, data) = table();
    let options = Options { split: Some("test".into()), ..options(&folder, "run") };
    let subject = Simple::default();
    // Stopped after two works: what was asked is kept, and not asked again.
    let stopped = run(Task::Classification, data.clone(), &subject, &options, &mut |progress| {
        if progress.done == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(stopped, Err(EvaluationError::Stopped)));
    let predictions = options.out.join("predictions.jsonl");
    let mut half = fs::read(&predictions).unwrap();
    half.extend_from_slice(b"{\"id\": \"b3.j");
    fs::write(&predictions, half).unwrap();
    let report =
        run(Task::Classification, data.clone(), &subject, &options, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(subject.asked.get(), 5, "two before, three after");

    // Right: b2 and r1 (spelt as the pack spells it); wrong: b3; not answered: x; a style that the pack does not know: r2.
    assert_eq!(figure(&report, "style", "accuracy"), 0.5);
    assert_eq!(figure(&report, "style", "top-2 accuracy"), 0.75);
    assert_eq!(report.failures, [("x.jpg".to_owned(), "the image is broken".to_owned())]);
    let html = fs::read_to_string(options.out.join("report.html")).unwrap();
    assert!(html.contains("<svg") && html.contains("does not know") && html.contains("x.jpg: the image is broken"));
    assert!(!html.contains("http://") && !html.contains("https://"), "self-contained");
    let environment = fs::read_to_string(options.out.join("environment.json")).unwrap();
    assert!(environment.contains("\"weights_sha256\": \"0\"") && environment.contains("\"machine\""));

    // The same folder for another run would mix them.
    let other =
        run(Task::Classification, data, &subject, &Options { split: Some("train".into()), ..options }, &mut |_| {
            ControlFlow::Continue(())
        });
    assert!(matches!(other, Err(EvaluationError::OtherDataSet { .. })), "{other:?}");
}

#[test]
fn unseen_painters_are_those_of_no_other_split() {
    let (folder, data) = table();
    let options = Options { split: Some("test".into()), unseen_artists: true, ..options(&folder, "run") };
    let report =
        run(Task::Classification, data, &Simple::default(), &options, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(report.environment.items, 2, "Hals and Boucher; Rubens is in train too");
}

#[test]
fn splits_by_painter_share_none() {
    let folder = TempDir::new().unwrap();
    let rows: String = (0..200).map(|work| format!("b{work}.jpg,train,Painter {},Baroque\n", work % 60)).collect();
    file(&folder, "manifest.csv", format!("file,split,artist,style\n{rows}x.jpg,test,,Baroque\n"));
    let data = read(folder.path(), None).unwrap();
    let split = data.clone().artist_disjoint();
    let painters = |of: &str| -> BTreeSet<String> {
        let of_split = split.items.iter().filter(|item| item.split.as_deref() == Some(of));
        of_split.filter_map(|item| item.labels.get("artist").map(|names| names[0].clone())).collect()
    };
    let [train, val, test] = ["train", "val", "test"].map(painters);
    assert!(train.is_disjoint(&val) && train.is_disjoint(&test) && val.is_disjoint(&test));
    assert!(test.len() > 4 && val.len() > 4 && train.len() > 20, "{} {} {}", test.len(), val.len(), train.len());
    assert_eq!(split.items[200].split.as_deref(), Some("train"), "nobody knows whether its painter was seen");

    let options = Options { split: Some("test".into()), artist_disjoint: true, ..options(&folder, "run") };
    let report =
        run(Task::Classification, data, &Simple::default(), &options, &mut |_| ControlFlow::Continue(())).unwrap();
    let works = split.items.iter().filter(|item| item.split.as_deref() == Some("test")).count();
    assert_eq!((report.environment.items, report.environment.artist_disjoint), (works, true));
}

#[test]
fn retrieval_explanation_answers_and_grounding() {
    let (folder, data) = artpedia();
    let go_on = &mut |_| ControlFlow::Continue(());
    let found = run(Task::Retrieval, data.clone(), &Simple::default(), &options(&folder, "r"), go_on).unwrap();
    assert_eq!((figure(&found, "", "recall@1"), figure(&found, "", "MRR")), (1.0, 1.0));

    let explained =
        run(Task::ExplanationWithTitle, data.clone(), &Simple::default(), &options(&folder, "e"), go_on).unwrap();
    assert!(
        figure(&explained, "context", "ROUGE-L") > figure(&explained, "visual", "ROUGE-L"),
        "visual and context apart"
    );
    assert!(matches!(
        run(Task::ExplanationWithoutTitle, data.clone(), &Simple::default(), &options(&folder, "w"), go_on),
        Err(EvaluationError::Unsuited { .. })
    ));

    let grounded = run(Task::Grounding, data, &Simple::default(), &options(&folder, "g"), go_on).unwrap();
    assert_eq!(figure(&grounded, "", "sentences that name a passage"), 1.0);

    let questions =
        r#"[{"image": "a.jpg", "question": "what is it", "answer": "a ship", "need_external_knowledge": false}]"#;
    file(&folder, "aqua/aqua_val.json", questions);
    file(&folder, "aqua/semart_val.csv", b"IMAGE_FILE\tDESCRIPTION\tAUTHOR\tTITLE\tTECHNIQUE\tDATE\tTYPE\tSCHOOL\tTIMEFRAME\na.jpg\tThe ship. By D\xfcrer.\tD\xdcRER\tShip\t\t\tother\tGerman\t1501-1550\n");
    let aqua = read(&folder.path().join("aqua"), Some(vitrine_evaluation::data::Form::Aqua)).unwrap();
    assert_eq!(aqua.items[0].texts["description"], ["The ship. By Dürer."], "Latin-1 is read");
    let answered = run(Task::QuestionAnswering, aqua, &Simple::default(), &options(&folder, "q"), go_on).unwrap();
    assert_eq!((figure(&answered, "", "exact"), figure(&answered, "visual", "soft (word F1)")), (1.0, 1.0));
}

#[test]
fn predictions_made_elsewhere_are_scored_and_compared() {
    let (folder, data) = artpedia();
    file(&folder, "poor.jsonl", "{\"id\": \"1\", \"text\": \"something\"}\n{\"id\": \"2\", \"text\": \"green\"}\n");
    file(
        &folder,
        "good.jsonl",
        "{\"id\": \"1\", \"text\": \"zzz It hangs in Delft. It was sold.\"}\n{\"id\": \"2\", \"text\": \"green trees, Trees is a painting.\"}\n",
    );
    let scored = |name: &str, deletion| {
        let options = Options { vocabulary_deletion: deletion, ..options(&folder, &format!("{name}-{deletion}")) };
        score(Task::ExplanationWithTitle, data.clone(), &folder.path().join(format!("{name}.jsonl")), &options).unwrap()
    };
    let (poor, good, deleted) = (scored("poor", false), scored("good", false), scored("poor", true));
    assert!((figure(&good, "context", "BLEU-4 (COCO)") - 1.0).abs() < 1e-6);
    assert!(figure(&deleted, "context", "length") < figure(&poor, "context", "length"));
    assert!(deleted.figures.notes.iter().any(|note| note.contains("VOCABULARY DELETION IS ON")));
    assert!(!poor.figures.notes.iter().any(|note| note.contains("DELETION")));

    let at = |name: &str| folder.path().join(name);
    let compared = compare(&at("poor-false"), &at("good-false"), 100, 1).unwrap();
    let rouge = compared.iter().find(|c| c.of == "context" && c.metric == "ROUGE-L").unwrap();
    assert!(rouge.paired.difference.value > 0.5 && rouge.paired.difference.low > 0.0, "{rouge:?}");
    let refused = compare(&at("poor-false"), &at("poor-true"), 100, 1).unwrap_err().to_string();
    assert!(refused.contains("only one of them dropped"), "{refused}");
}

#[test]
fn meteor_and_bert_score_need_lists_and_rows_and_say_so_where_there_are_none() {
    let (folder, data) = artpedia();
    file(&folder, "p.jsonl", "{\"id\": \"2\", \"text\": \"green trees, Trees is a painting.\"}\n");
    let at = folder.path().join("p.jsonl");
    let without = score(Task::ExplanationWithTitle, data.clone(), &at, &options(&folder, "without")).unwrap();
    assert!(without.figures.notes.iter().any(|note| note.contains("METEOR is absent")));
    assert!(without.figures.notes.iter().any(|note| note.contains("BERTScore is absent")));
    assert!(!without.figures.figures.iter().any(|figure| figure.metric.contains("METEOR")));

    let scorers = Scorers { meteor: Some(Meteor::new(Package::none())), text_rows: Some(&Letters) };
    let report = run::score(Task::ExplanationWithTitle, data, &at, &scorers, &options(&folder, "with")).unwrap();
    // One of two works is told word for word, the other not at all.
    assert!((figure(&report, "context", "BERTScore, F1") - 0.5).abs() < 1e-6);
    assert!(figure(&report, "context", "METEOR") > 0.3);
    assert!(report.figures.notes.iter().any(|note| note.contains("no lists of synonyms: that stage is off")));
    assert!(report.figures.notes.iter().any(|note| note.contains("token rows of letters 1")));
    // What was written can be compared, METEOR's counts too.
    let same = compare(&folder.path().join("with"), &folder.path().join("with"), 10, 1).unwrap();
    assert!(same.iter().any(|one| one.metric == "METEOR" && one.paired.difference.value == 0.0));
}

#[test]
fn a_folder_without_meteor_is_named() {
    let folder = TempDir::new().unwrap();
    refused(Package::read(folder.path()), &["meteor-1.5.jar", "name the folder of the Python package pycocoevalcap"]);
    file(&folder, "meteor-1.5.jar", "no archive");
    refused(Package::read(folder.path()), &["meteor-1.5.jar", "install pycocoevalcap again"]);
}

fn refused<T: std::fmt::Debug>(result: Result<T, EvaluationError>, says: &[&str]) {
    let message = result.unwrap_err().to_string();
    for part in says {
        assert!(message.contains(part), "{message:?} does not say {part:?}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let folder = TempDir::new().unwrap();
    refused(read(&folder.path().join("nowhere"), None), &["nowhere", "name the folder"]);
    refused(read(folder.path(), None), &["no data set that is known", "artpedia.json"]);
    let (_kept, data) = artpedia();
    refused(
        score(Task::ExplanationWithTitle, data, &folder.path().join("none.jsonl"), &options(&folder, "o")),
        &["none.jsonl", "JSON object a line"],
    );
    refused(
        compare(folder.path(), folder.path(), 10, 1),
        &["environment.json", "name a folder that `eval` has written"],
    );
}

#[test]
fn a_wrong_split_is_named_with_those_that_there_are() {
    let (folder, data) = table();
    let options = Options { split: Some("tset".into()), ..options(&folder, "run") };
    refused(
        run(Task::Classification, data, &Simple::default(), &options, &mut |_| ControlFlow::Continue(())),
        &["“tset”", "test, train"],
    );
}

#[test]
fn predictions_of_another_data_set_are_refused() {
    let (folder, data) = artpedia();
    file(&folder, "p.jsonl", "{\"id\": \"3\", \"text\": \"x\"}\n");
    refused(
        score(Task::ExplanationWithTitle, data.clone(), &folder.path().join("p.jsonl"), &options(&folder, "o")),
        &["p.jsonl", "“3”", "does not have"],
    );
    // A run's own file knows its data set.
    run(Task::ExplanationWithTitle, data.clone(), &Simple::default(), &options(&folder, "run"), &mut |_| {
        ControlFlow::Continue(())
    })
    .unwrap();
    let mut changed = data;
    changed.items[0].texts.get_mut("context").unwrap().push("One more.".into());
    refused(
        score(
            Task::ExplanationWithTitle,
            changed,
            &folder.path().join("run/predictions.jsonl"),
            &options(&folder, "o"),
        ),
        &["it was made on Artpedia"],
    );
}

#[test]
fn numbers_that_are_none_are_refused() {
    let (folder, data) = table();
    for wrong in ["NaN", "Infinity", "1e999"] {
        file(
            &folder,
            "p.jsonl",
            format!(
                "\n{{\"id\": \"b1.jpg\", \"labels\": {{\"style\": [{{\"label\": \"NaN is a name\", \"confidence\": {wrong}}}]}}}}\n"
            ),
        );
        refused(
            score(Task::Classification, data.clone(), &folder.path().join("p.jsonl"), &options(&folder, "o")),
            &["p.jsonl, line 2", "not a number"],
        );
    }
    file(&folder, "p.jsonl", "{\"id\": \"b1.jpg\", \"labels\": [NaN is a name]}");
    refused(
        score(Task::Classification, data.clone(), &folder.path().join("p.jsonl"), &options(&folder, "o")),
        &["line 1"],
    );
    file(&folder, "p.jsonl", "{\"id\": \"b1.jpg\", \"text\": 3, \"said\": \"NaN\"}");
    refused(
        score(Task::Classification, data, &folder.path().join("p.jsonl"), &options(&folder, "o")),
        &["not a prediction"],
    );
}

#[test]
fn mixed_encodings_are_refused_with_the_lines() {
    let folder = TempDir::new().unwrap();
    let mut bytes = b"IMAGE_FILE\tDESCRIPTION\tAUTHOR\tTITLE\tTECHNIQUE\tDATE\tTYPE\tSCHOOL\tTIMEFRAME\n".to_vec();
    bytes.extend_from_slice("a.jpg\tBy Dürer\tX\tY\t\t\t\t\t\n".as_bytes());
    bytes.extend_from_slice(b"b.jpg\tBy D\xfcrer\tX\tY\t\t\t\t\t\n");
    file(&folder, "semart_val.csv", bytes);
    refused(read(folder.path(), None), &["semart_val.csv", "line 2 is UTF-8", "line 3 is not", "save the whole file"]);
    let (_kept, data) = artpedia();
    file(&folder, "p.jsonl", b"{\"id\": \"1\", \"text\": \"D\xfcrer\"}\n");
    refused(
        score(Task::ExplanationWithTitle, data, &folder.path().join("p.jsonl"), &options(&folder, "o")),
        &["p.jsonl, line 1", "not UTF-8"],
    );
}
