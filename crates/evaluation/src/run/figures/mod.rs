//! From predictions to figures.

mod answers;
mod explanations;
mod grounding;
mod labels;
mod rankings;

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::{Column, Options, Prediction, Scorers, Task};
use crate::EvaluationError;
use crate::data::DataSet;
use crate::metrics::interval::Interval;

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What of: a property, a kind of text; empty for the task as a whole.
    pub of: String,
    /// The metric.
    pub metric: String,
    /// How it is read: `0 to 1`, `0 to 100`, `words`.
    pub scale: String,
    /// The figure with its 95 % interval.
    pub interval: Interval,
    /// The items that it is computed from.
    pub cases: Vec<String>,
    /// What it is computed from.
    pub column: Column,
}

/// A label's figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelFigures {
    /// The label.
    pub label: String,
    /// Share of right ones among its answers.
    pub precision: f64,
    /// Share of its cases that were found.
    pub recall: f64,
    /// The harmonic mean.
    pub f1: f64,
    /// Its cases.
    pub cases: usize,
}

/// What plots of a property's answers are drawn from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// The property.
    pub of: String,
    /// Expected calibration error, ten bins.
    pub calibration_error: f64,
    /// The area under the coverage–risk curve.
    pub area_under_risk: f64,
    /// By confidence.
    pub reliability: Vec<ReliabilityBin>,
    /// Coverage and risk, surest first, thinned.
    pub coverage_risk: Vec<(f64, f64)>,
    /// One a label, the most frequent first.
    pub labels: Vec<LabelFigures>,
    /// The labels of the confusion matrix, the most frequent ones.
    pub confused: Vec<String>,
    /// Truth by answer.
    pub confusion: Vec<Vec<usize>>,
}

/// One bin of the reliability diagram.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Where it begins.
    pub from: f64,
    /// Answers in it.
    pub answers: usize,
    /// Their mean confidence.
    pub confidence: f64,
    /// Their share of right answers.
    pub accuracy: f64,
}

/// An item with what was said and what is true.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// The item's id.
    pub id: String,
    /// What was asked or shown.
    pub asked: String,
    /// What was said.
    pub said: String,
    /// What is true.
    pub truth: String,
    /// How good it is by the first metric.
    pub score: f64,
}

/// All figures of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// In the order in which they are shown.
    pub figures: Vec<Figure>,
    /// Plots of classification.
    pub curves: Vec<Curves>,
    /// Some of the best, the middling and the worst.
    pub examples: Vec<Example>,
    /// What a reader must know.
    pub notes: Vec<String>,
}

/// Collects columns into figures.
struct Sheet<'a> {
    options: &'a Options,
    figures: Figures,
}

impl Sheet<'_> {
    fn add(&mut self, of: &str, metric: &str, scale: &str, cases: &[String], column: Column) {
        if column.is_empty() {
            return;
        }
        let interval = column.interval(self.options.resamples, self.options.seed);
        let (of, metric, scale) = (of.to_owned(), metric.to_owned(), scale.to_owned());
        self.figures.figures.push(Figure { of, metric, scale, interval, cases: cases.to_vec(), column });
    }

    fn mean(&mut self, of: &str, metric: &str, cases: &[String], values: Vec<f64>) {
        self.add(of, metric, "0 to 1", cases, Column::Mean(values));
    }

    fn note(&mut self, note: impl Into<String>) {
        self.figures.notes.push(note.into());
    }

    /// Keeps four of the worst, the middling and the best examples.
    fn thin_examples(&mut self) {
        let examples = &mut self.figures.examples;
        examples.sort_by(|a, b| a.score.total_cmp(&b.score));
        if examples.len() > 12 {
            let middle = examples.len() / 2 - 2;
            let last = examples.len() - 4;
            let mut place = 0;
            examples.retain(|_| {
                place += 1;
                place <= 4 || (middle < place && place <= middle + 4) || place > last
            });
        }
    }
}

/// The figures of `task` over `data`. Items without a prediction count as answered with nothing.
pub(super) fn figures(
    task: Task,
    data: &DataSet,
    predictions: &HashMap<String, Prediction>,
    known: &BTreeMap<String, Vec<String>>,
    scorers: &Scorers<'_>,
    options: &Options,
) -> Result<Figures, EvaluationError> {
    let mut sheet = Sheet { options, figures: Figures::default() };
    let failed = predictions.values().filter(|prediction| prediction.failure.is_some()).count();
    if failed > 0 {
        sheet.note(format!("{failed} items could not be answered; they count as wrong, and the predictions name why."));
    }
    let missing = data.items.iter().filter(|item| !predictions.contains_key(&item.id)).count();
    if missing > 0 {
        sheet.note(format!("{missing} items have no prediction; they count as answered with nothing."));
    }
    for lack in &data.lacks {
        sheet.note(format!("The data set's folder lacks {lack}."));
    }
    match task {
        Task::Classification => labels::labels(&mut sheet, data, predictions, known),
        Task::Retrieval => rankings::rankings(&mut sheet, data, predictions),
        Task::ExplanationWithTitle | Task::ExplanationWithoutTitle => {
            explanations::explanations(&mut sheet, data, predictions, scorers)?
        }
        Task::QuestionAnswering => answers::answers(&mut sheet, data, predictions),
        Task::Grounding => grounding::grounding(&mut sheet, data, predictions),
    }
    if sheet.figures.figures.is_empty() {
        let lacks = match task {
            Task::Classification => "no label that the pack knows",
            Task::Retrieval => "no works with both what is seen and what is told (Artpedia has them)",
            Task::QuestionAnswering => "no questions with answers (AQUA has them)",
            _ => "no texts to compare with",
        };
        return Err(EvaluationError::Unsuited {
            name: data.name.clone(),
            task: task.name().into(),
            lacks: lacks.into(),
        });
    }
    Ok(sheet.figures)
}
