//! Running a task, and scoring what was predicted.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::figures::figures;
use super::predictions::{self, Store};
use super::{
    Environment, Figures, Listener, Options, PackName, Prediction, Progress, Scorers, Subject, Task, machine, report,
};
use crate::EvaluationError;
use crate::data::{DataSet, Item};
use crate::metrics::interval::Random;

/// How many works a ranking lists.
const RANKED: usize = 100;

/// A finished run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// Where and with what.
    pub environment: Environment,
    /// The figures.
    pub figures: Figures,
    /// Items that could not be answered, with the reason.
    pub failures: Vec<(String, String)>,
    /// The files that were written.
    pub written: Vec<PathBuf>,
}

/// Chooses the items that count.
fn chosen(mut data: DataSet, task: Task, options: &Options) -> Result<DataSet, EvaluationError> {
    if options.artist_disjoint {
        data = data.artist_disjoint();
    }
    if options.unseen_artists {
        let (split, name) = (options.split.clone(), data.name.clone());
        let artist = |item: &Item| item.labels.get("artist").and_then(|values| values.first()).cloned();
        let other: HashSet<String> = data.items.iter().filter(|item| item.split != split).filter_map(artist).collect();
        data.items.retain(|item| item.split == split && artist(item).is_some_and(|artist| !other.contains(&artist)));
        if data.items.is_empty() {
            let lacks = "no painter of the split is missing from the others; name the split with --split".into();
            return Err(EvaluationError::Unsuited { name, task: task.name().into(), lacks });
        }
    } else if let Some(split) = &options.split {
        data = data.of_split(split)?;
    }
    let has = |item: &Item| match task {
        Task::Classification => item.image.is_some() && !item.labels.is_empty(),
        Task::Retrieval => item.texts.contains_key("visual") && item.texts.contains_key("context"),
        Task::QuestionAnswering => item.question.is_some() && !item.answers.is_empty(),
        Task::ExplanationWithTitle => item.title.is_some() && !item.texts.is_empty(),
        Task::ExplanationWithoutTitle => {
            item.image.as_ref().is_some_and(|image| image.is_file()) && !item.texts.is_empty()
        }
        Task::Grounding => item.title.is_some() || item.image.is_some(),
    };
    data.items.retain(has);
    if data.items.is_empty() {
        let lacks = match task {
            Task::Classification => "it has no images with labels",
            Task::Retrieval => "it has no works with both visual and contextual sentences, as Artpedia has",
            Task::QuestionAnswering => "it has no questions with answers, as AQUA has",
            Task::ExplanationWithoutTitle => "its images are not there; put them where its readme says",
            _ => "it has no titles with texts",
        };
        return Err(EvaluationError::Unsuited { name: data.name, task: task.name().into(), lacks: lacks.into() });
    }
    if let Some(sample) = options.sample {
        let mut random = Random::new(options.seed);
        let mut order: Vec<usize> = (0..data.items.len()).collect();
        for place in (1..order.len()).rev() {
            order.swap(place, random.below(place + 1));
        }
        let kept: HashSet<usize> = order.into_iter().take(sample).collect();
        let mut place = 0;
        data.items.retain(|_| {
            place += 1;
            kept.contains(&(place - 1))
        });
    }
    Ok(data)
}

fn environment(task: Task, data: &DataSet, pack: PackName, knowledge: Vec<String>, options: &Options) -> Environment {
    Environment {
        task,
        pack,
        knowledge,
        data: data.name.clone(),
        data_sha256: data.sha256(),
        items: data.items.len(),
        split: options.split.clone(),
        seed: options.seed,
        resamples: options.resamples,
        unseen_artists: options.unseen_artists,
        artist_disjoint: options.artist_disjoint,
        vocabulary_deletion: options.vocabulary_deletion,
        version: env!("CARGO_PKG_VERSION").into(),
        machine: machine(),
    }
}

/// Asks `subject` about every item of `data`, going on where an interrupted run stopped, and writes predictions, figures, environment and report.
pub fn run(
    task: Task,
    mut data: DataSet,
    subject: &dyn Subject,
    scorers: &Scorers<'_>,
    options: &Options,
    hear: Listener<'_>,
) -> Result<RunReport, EvaluationError> {
    data.respell(&subject.spelling());
    let data = chosen(data, task, options)?;
    let environment = environment(task, &data, subject.pack(), subject.knowledge(), options);
    let mut store = Store::open(&options.out, &environment)?;
    // Documents are only made into rows when a query is left to ask.
    let mut read = task != Task::Retrieval;
    let total = data.items.len();
    for (done, item) in data.items.iter().enumerate() {
        if store.done.get(&item.id).is_some_and(|kept| kept.failure.is_none()) {
            continue;
        }
        if !read {
            read_documents(&data, subject, hear)?;
            read = true;
        }
        go_on(hear(Progress { doing: "asking", done, total }))?;
        let mut prediction = Prediction { id: item.id.clone(), ..Prediction::default() };
        if let Err(reason) = ask(task, item, subject, &mut prediction) {
            prediction.failure = Some(reason);
        }
        store.keep(prediction)?;
    }
    go_on(hear(Progress { doing: "scoring", done: total, total }))?;
    finish(task, &data, &store.done, &subject.labels(), environment, scorers, options)
}

/// Scores predictions of a model that was trained elsewhere.
pub fn score(
    task: Task,
    data: DataSet,
    file: &Path,
    scorers: &Scorers<'_>,
    options: &Options,
) -> Result<RunReport, EvaluationError> {
    let data = chosen(data, task, options)?;
    let predictions = predictions::read(file, &data)?;
    let pack = PackName { id: file.display().to_string(), version: String::new(), weights_sha256: String::new() };
    let environment = environment(task, &data, pack, Vec::new(), options);
    fs::create_dir_all(&options.out).map_err(|cause| EvaluationError::file(&options.out, cause))?;
    let copied = options.out.join("predictions.jsonl");
    if fs::canonicalize(file).ok() != fs::canonicalize(&copied).ok() {
        fs::copy(file, &copied).map_err(|cause| EvaluationError::file(&copied, cause))?;
    }
    finish(task, &data, &predictions, &BTreeMap::new(), environment, scorers, options)
}

fn finish(
    task: Task,
    data: &DataSet,
    predictions: &HashMap<String, Prediction>,
    known: &BTreeMap<String, Vec<String>>,
    environment: Environment,
    scorers: &Scorers<'_>,
    options: &Options,
) -> Result<RunReport, EvaluationError> {
    let figures = figures(task, data, predictions, known, scorers, options)?;
    let failures = data
        .items
        .iter()
        .filter_map(|item| Some((item.id.clone(), predictions.get(&item.id)?.failure.clone()?)))
        .collect();
    let at = |name: &str| options.out.join(name);
    let written = vec![at("predictions.jsonl"), at("metrics.json"), at("environment.json"), at("report.html")];
    let run = RunReport { environment, figures, failures, written };
    let json = |value: &dyn Fn() -> serde_json::Result<String>, name: &str| {
        let written = value().map_err(std::io::Error::from).and_then(|text| fs::write(at(name), text + "\n"));
        written.map_err(|cause| EvaluationError::file(&at(name), cause))
    };
    json(&|| serde_json::to_string(&run.figures), "metrics.json")?;
    json(&|| serde_json::to_string_pretty(&run.environment), "environment.json")?;
    fs::write(at("report.html"), report::html(&run))
        .map_err(|cause| EvaluationError::file(&at("report.html"), cause))?;
    Ok(run)
}

fn go_on(flow: ControlFlow<()>) -> Result<(), EvaluationError> {
    if flow.is_break() { Err(EvaluationError::Stopped) } else { Ok(()) }
}

/// Lets the subject read what is told of every work.
fn read_documents(data: &DataSet, subject: &dyn Subject, hear: Listener<'_>) -> Result<(), EvaluationError> {
    let total = data.items.len();
    for (done, item) in data.items.iter().enumerate() {
        go_on(hear(Progress { doing: "reading what is told", done, total }))?;
        let read = subject.read(&item.id, &item.texts["context"].join(" "));
        read.map_err(|cause| EvaluationError::Model { item: item.id.clone(), cause })?;
    }
    Ok(())
}

fn ask(task: Task, item: &Item, subject: &dyn Subject, prediction: &mut Prediction) -> Result<(), String> {
    let image = item.image.as_deref();
    match task {
        Task::Classification => prediction.labels = subject.classify(image.ok_or("there is no image")?)?,
        Task::Retrieval => {
            // The first sentence on what is seen: the others often name what the first one does.
            prediction.ranking = Some(subject.find(&item.texts["visual"][0], RANKED)?);
        }
        Task::ExplanationWithTitle => {
            prediction.sentences = Some(subject.explain(item.title.as_deref(), image.filter(|image| image.is_file()))?)
        }
        Task::ExplanationWithoutTitle => prediction.sentences = Some(subject.explain(None, image)?),
        Task::Grounding => {
            prediction.sentences = Some(subject.explain(item.title.as_deref(), image.filter(|image| image.is_file()))?)
        }
        Task::QuestionAnswering => {
            let about: Vec<String> = item
                .texts
                .values()
                .flatten()
                .flat_map(|text| crate::metrics::entities::sentences(text))
                .map(str::to_owned)
                .collect();
            prediction.sentences = Some(subject.answer(item.question.as_deref().unwrap_or_default(), &about)?);
        }
    }
    Ok(())
}
