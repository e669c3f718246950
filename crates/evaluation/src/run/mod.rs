//! Runs: a task, a data set and whoever answers, to predictions, figures and a report in one folder.

mod column;
mod compare;
mod figures;
mod predictions;
mod report;
mod score;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use column::Column;
pub use compare::{Comparison, compare};
pub use figures::{Figure, Figures, ReliabilityBin};
pub use predictions::{Label, Prediction, Sentence};
pub use score::{RunReport, run, score};

use crate::metrics::bert::TokenRows;
use crate::metrics::meteor::Meteor;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Labels of images: artist, genre, style, and several at once: media, tags.
    Classification,
    /// Finding what was written about a work with a sentence on what is seen in it.
    Retrieval,
    /// Explaining a work whose title is known.
    ExplanationWithTitle,
    /// Explaining a work from its image alone.
    ExplanationWithoutTitle,
    /// Answering questions on a work.
    QuestionAnswering,
    /// Whether the sentences of explanations rest on something.
    Grounding,
}

impl Task {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Classification,
        Self::Retrieval,
        Self::ExplanationWithTitle,
        Self::ExplanationWithoutTitle,
        Self::QuestionAnswering,
        Self::Grounding,
    ];

    /// As it is written in files and commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::Classification => "classification",
            Self::Retrieval => "retrieval",
            Self::ExplanationWithTitle => "explanation with title",
            Self::ExplanationWithoutTitle => "explanation without title",
            Self::QuestionAnswering => "question answering",
            Self::Grounding => "grounding",
        }
    }
}

/// The name of whoever answers, with a hash over its weights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackName {
    /// E.g. `compact`.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 over its weight files; empty for predictions that were made elsewhere.
    pub weights_sha256: String,
}

/// Whoever is measured. Errors are sentences.
pub trait Subject {
    /// Its name.
    fn pack(&self) -> PackName;

    /// How it spells labels: property, then a data set's spelling to its own.
    fn spelling(&self) -> BTreeMap<String, BTreeMap<String, String>>;

    /// What it may look up besides what the data set gives it and what every pack comes with: names of collections.
    fn knowledge(&self) -> Vec<String> {
        Vec::new()
    }

    /// The labels that it knows, by property.
    fn labels(&self) -> BTreeMap<String, Vec<String>>;

    /// Labels of an image, by property, the surest first.
    fn classify(&self, image: &Path) -> Result<BTreeMap<String, Vec<Label>>, String>;

    /// Reads a text that is to be found, under its id.
    fn read(&self, id: &str, text: &str) -> Result<(), String>;

    /// The ids of the `k` texts that were read and fit `query` best, best first.
    fn find(&self, query: &str, k: usize) -> Result<Vec<String>, String>;

    /// An explanation of a work, of which the title or the image may be known.
    fn explain(&self, title: Option<&str>, image: Option<&Path>) -> Result<Vec<Sentence>, String>;

    /// The answer to a question from what was written about the work (sentences; may be none).
    fn answer(&self, question: &str, about: &[String]) -> Result<Vec<Sentence>, String>;
}

/// Whoever makes rows of a text's tokens, for BERTScore. Errors are sentences.
pub trait TextRows {
    /// Its name.
    fn pack(&self) -> PackName;

    /// A row for each of the text's tokens.
    fn rows(&self, text: &str) -> Result<TokenRows, String>;
}

/// Metrics of texts that need more than the texts. Those that are not there are named in the figures' notes.
#[derive(Default)]
pub struct Scorers<'a> {
    /// METEOR with its word lists.
    pub meteor: Option<Meteor>,
    /// What BERTScore compares.
    pub text_rows: Option<&'a dyn TextRows>,
}

/// How a run is made.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where everything is written.
    pub out: PathBuf,
    /// Only this split.
    pub split: Option<String>,
    /// Only so many items, drawn by the seed.
    pub sample: Option<usize>,
    /// For samples and intervals.
    pub seed: u64,
    /// Resamples of an interval.
    pub resamples: usize,
    /// Only works of painters who do not occur in the other splits.
    pub unseen_artists: bool,
    /// Splits by painter instead of the data set's ([`DataSet::artist_disjoint`](crate::data::DataSet::artist_disjoint)).
    pub artist_disjoint: bool,
    /// Drop generated words that occur in no reference before scoring, as ArtSeek's scorer does. It flatters; off unless somebody asks.
    pub vocabulary_deletion: bool,
}

/// How far a run has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub doing: &'static str,
    /// Done.
    pub done: usize,
    /// Of so many.
    pub total: usize,
}

/// Hears how far a run has come, and may break to stop.
pub type Listener<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

/// Where and with what a run was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// The task.
    pub task: Task,
    /// Who answered.
    pub pack: PackName,
    /// Collections that it could look things up in.
    #[serde(default)]
    pub knowledge: Vec<String>,
    /// The data set.
    pub data: String,
    /// The hash of its items.
    pub data_sha256: String,
    /// Items.
    pub items: usize,
    /// The split, where only one was used.
    pub split: Option<String>,
    /// The seed.
    pub seed: u64,
    /// Resamples of an interval.
    pub resamples: usize,
    /// Whether only unseen painters count.
    pub unseen_artists: bool,
    /// Whether the splits are by painter.
    #[serde(default)]
    pub artist_disjoint: bool,
    /// Whether generated words that occur in no reference were dropped.
    pub vocabulary_deletion: bool,
    /// The version of this program.
    pub version: String,
    /// The machine: system, processor, cores.
    pub machine: String,
}

/// The machine in words.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let processor = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    format!(
        "{} {}, {}, {cores} cores",
        std::env::consts::OS,
        std::env::consts::ARCH,
        processor.unwrap_or_else(|| "unknown processor".into())
    )
}
