//! From predictions to figures.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::{Column, Label, Options, Prediction, Task};
use crate::EvaluationError;
use crate::data::{DataSet, Item};
use crate::metrics::calibration::{self, Bin, CoverageRisk};
use crate::metrics::cider::{Form, cider};
use crate::metrics::entities;
use crate::metrics::interval::Interval;
use crate::metrics::rouge::{Rouge, coco_rouge_l};
use crate::metrics::{bleu, classification, ranking};
use crate::text::caption_tokens;

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
}

/// The figures of `task` over `data`. Items without a prediction count as answered with nothing.
pub(super) fn figures(
    task: Task,
    data: &DataSet,
    predictions: &HashMap<String, Prediction>,
    known: &BTreeMap<String, Vec<String>>,
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
        Task::Classification => labels(&mut sheet, data, predictions, known),
        Task::Retrieval => rankings(&mut sheet, data, predictions),
        Task::ExplanationWithTitle | Task::ExplanationWithoutTitle => explanations(&mut sheet, data, predictions)?,
        Task::QuestionAnswering => answers(&mut sheet, data, predictions),
        Task::Grounding => grounding(&mut sheet, data, predictions),
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

const NO_LABELS: &[Label] = &[];

fn given<'a>(predictions: &'a HashMap<String, Prediction>, item: &Item, property: &str) -> &'a [Label] {
    predictions.get(&item.id).and_then(|p| p.labels.get(property)).map_or(NO_LABELS, Vec::as_slice)
}

/// Properties of which a work may have several values.
const SEVERAL: [&str; 2] = ["media", "tag"];
/// Where scores become labels.
const THRESHOLDS: [f64; 7] = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

fn labels(
    sheet: &mut Sheet<'_>,
    data: &DataSet,
    predictions: &HashMap<String, Prediction>,
    known: &BTreeMap<String, Vec<String>>,
) {
    let properties: BTreeSet<&String> = predictions.values().flat_map(|prediction| prediction.labels.keys()).collect();
    for property in properties {
        let with: Vec<&Item> = data
            .items
            .iter()
            .filter(|item| item.labels.get(property).is_some_and(|values| !values.is_empty()))
            .collect();
        if with.is_empty() {
            continue;
        }
        if SEVERAL.contains(&property.as_str()) {
            several(sheet, property, &with, predictions);
            continue;
        }
        let all: BTreeSet<&String> = match known.get(property) {
            Some(known) => known.iter().collect(),
            None => with
                .iter()
                .flat_map(|item| &item.labels[property])
                .chain(predictions.values().flat_map(|p| p.labels.get(property)).flatten().map(|l| &l.label))
                .collect(),
        };
        let numbers: BTreeMap<&String, usize> =
            all.iter().enumerate().map(|(number, label)| (*label, number)).collect();
        let cases: Vec<&&Item> = with.iter().filter(|item| numbers.contains_key(&item.labels[property][0])).collect();
        let unknown = with.len() - cases.len();
        if unknown > 0 {
            sheet.note(format!("{property}: {unknown} of {} labelled works have a label that the pack does not know; the figures are over the other {}.", with.len(), cases.len()));
        }
        if !cases.is_empty() {
            single(sheet, property, &cases, predictions, &numbers);
        }
    }
    sheet.figures.examples.sort_by(|a, b| a.score.total_cmp(&b.score));
    thin(&mut sheet.figures.examples);
}

fn single(
    sheet: &mut Sheet<'_>,
    property: &str,
    cases: &[&&Item],
    predictions: &HashMap<String, Prediction>,
    numbers: &BTreeMap<&String, usize>,
) {
    let ids: Vec<String> = cases.iter().map(|item| item.id.clone()).collect();
    let truth: Vec<usize> = cases.iter().map(|item| numbers[&item.labels[property][0]]).collect();
    let ranked: Vec<Vec<usize>> = cases
        .iter()
        .map(|item| {
            given(predictions, item, property).iter().filter_map(|label| numbers.get(&label.label).copied()).collect()
        })
        .collect();
    let answers: Vec<Option<usize>> = ranked.iter().map(|ranked| ranked.first().copied()).collect();
    let right: Vec<bool> = truth.iter().zip(&answers).map(|(truth, answer)| Some(*truth) == *answer).collect();
    let within = |k: usize| {
        truth
            .iter()
            .zip(&ranked)
            .map(|(truth, ranked)| f64::from(u8::from(ranked.iter().take(k).any(|l| l == truth))))
            .collect()
    };
    let names: Vec<String> = numbers.keys().map(|label| (*label).clone()).collect();
    sheet.mean(property, "accuracy", &ids, within(1));
    sheet.mean(property, "top-2 accuracy", &ids, within(2));
    sheet.mean(property, "top-3 accuracy", &ids, within(3));
    let column =
        Column::MacroF1 { labels: names.clone(), cases: truth.iter().copied().zip(answers.iter().copied()).collect() };
    sheet.add(property, "macro F1", "0 to 1", &ids, column);

    let confidence: Vec<f64> = cases
        .iter()
        .map(|item| given(predictions, item, property).first().map_or(0.0, |label| label.confidence))
        .collect();
    let figures = classification::classified(&truth, &answers, names.len());
    let averages = |name: &str, prf: classification::Prf| {
        format!("{name} precision {:.3}, recall {:.3}, F1 {:.3}", prf.precision, prf.recall, prf.f1)
    };
    sheet.note(format!(
        "{property}: {}; {}.",
        averages("macro", figures.macro_average),
        averages("weighted", figures.weighted_average)
    ));
    let mut frequent: Vec<usize> = (0..names.len()).filter(|&label| figures.per_label[label].support > 0).collect();
    frequent.sort_by_key(|&label| std::cmp::Reverse(figures.per_label[label].support));
    let shown: Vec<usize> = frequent.iter().copied().take(20).collect();
    let matrix = classification::confusion(&truth, &answers, names.len());
    let curve = calibration::coverage_risk(&confidence, &right);
    let step = curve.len().div_ceil(200).max(1);
    let bin = |Bin { from, answers, confidence, accuracy }| ReliabilityBin { from, answers, confidence, accuracy };
    sheet.figures.curves.push(Curves {
        of: property.to_owned(),
        calibration_error: calibration::expected_calibration_error(&confidence, &right, 10),
        area_under_risk: calibration::area_under(&curve),
        reliability: calibration::reliability(&confidence, &right, 10).into_iter().map(bin).collect(),
        coverage_risk: curve
            .iter()
            .step_by(step)
            .chain(curve.last())
            .map(|CoverageRisk { coverage, risk, .. }| (*coverage, *risk))
            .collect(),
        labels: frequent
            .iter()
            .map(|&label| {
                let classification::Prf { precision, recall, f1, support } = figures.per_label[label];
                LabelFigures { label: names[label].clone(), precision, recall, f1, cases: support }
            })
            .collect(),
        confused: shown.iter().map(|&label| names[label].clone()).collect(),
        confusion: shown.iter().map(|&truth| shown.iter().map(|&answer| matrix[truth][answer]).collect()).collect(),
    });
    for ((item, right), confidence) in cases.iter().zip(&right).zip(&confidence) {
        let said = given(predictions, item, property)
            .first()
            .map_or("nothing".into(), |label| format!("{} ({:.2})", label.label, label.confidence));
        sheet.figures.examples.push(Example {
            id: item.id.clone(),
            asked: format!("{property} of {}", item.title.as_deref().unwrap_or("an untitled work")),
            said,
            truth: item.labels[property][0].clone(),
            score: if *right { *confidence } else { -confidence },
        });
    }
}

fn several(sheet: &mut Sheet<'_>, property: &str, cases: &[&Item], predictions: &HashMap<String, Prediction>) {
    let all: BTreeSet<&String> = cases.iter().flat_map(|item| &item.labels[property]).collect();
    let truth: Vec<Vec<bool>> =
        cases.iter().map(|item| all.iter().map(|label| item.labels[property].contains(label)).collect()).collect();
    let scores: Vec<Vec<f64>> = cases
        .iter()
        .map(|item| {
            let given: HashMap<&String, f64> =
                given(predictions, item, property).iter().map(|label| (&label.label, label.confidence)).collect();
            all.iter().map(|label| given.get(label).copied().unwrap_or(0.0)).collect()
        })
        .collect();
    let ids: Vec<String> = cases.iter().map(|item| item.id.clone()).collect();
    let f1 = |threshold: f64| {
        let one = |(truth, scores): (&Vec<bool>, &Vec<f64>)| {
            classification::multilabel(std::slice::from_ref(truth), std::slice::from_ref(scores), threshold)
                .micro_average
                .f1
        };
        truth.iter().zip(&scores).map(one).collect()
    };
    sheet.mean(property, "F1 of a work at 0.4", &ids, f1(0.4));
    for threshold in THRESHOLDS {
        let at = classification::multilabel(&truth, &scores, threshold);
        let (m, a) = (at.micro_average, at.macro_average);
        sheet.note(format!(
            "{property} at {threshold}: micro P {:.3} R {:.3} F1 {:.3}; macro P {:.3} R {:.3} F1 {:.3}.",
            m.precision, m.recall, m.f1, a.precision, a.recall, a.f1
        ));
    }
    let column = |label: usize| {
        (
            truth.iter().map(|row| row[label]).collect::<Vec<_>>(),
            scores.iter().map(|row| row[label]).collect::<Vec<_>>(),
        )
    };
    let precisions: Vec<f64> =
        (0..all.len()).map(column).map(|(truth, scores)| classification::average_precision(&truth, &scores)).collect();
    sheet.note(format!(
        "{property}: mean average precision {:.3} over {} labels.",
        precisions.iter().sum::<f64>() / precisions.len().max(1) as f64,
        all.len()
    ));
}

fn rankings(sheet: &mut Sheet<'_>, data: &DataSet, predictions: &HashMap<String, Prediction>) {
    let cases: Vec<(&Item, Vec<f64>)> = data
        .items
        .iter()
        .filter_map(|item| {
            let ranking = predictions.get(&item.id)?.ranking.as_ref()?;
            Some((item, ranking.iter().map(|id| f64::from(u8::from(*id == item.id))).collect()))
        })
        .collect();
    let ids: Vec<String> = cases.iter().map(|(item, _)| item.id.clone()).collect();
    let mut each = |metric: &str, of: &dyn Fn(&[f64]) -> f64| {
        sheet.mean("", metric, &ids, cases.iter().map(|(_, gains)| of(gains)).collect())
    };
    each("nDCG@5", &|gains| ranking::ndcg(gains, &[1.0], 5));
    each("recall@1", &|gains| ranking::recall(gains, 1, 1));
    each("recall@5", &|gains| ranking::recall(gains, 1, 5));
    each("recall@10", &|gains| ranking::recall(gains, 1, 10));
    each("MRR", &ranking::reciprocal_rank);
    let titles: HashMap<&str, &str> =
        data.items.iter().map(|item| (item.id.as_str(), item.title.as_deref().unwrap_or(&item.id))).collect();
    for (item, gains) in &cases {
        let first =
            predictions[&item.id].ranking.as_ref().and_then(|ranking| ranking.first()).map_or("", String::as_str);
        sheet.figures.examples.push(Example {
            id: item.id.clone(),
            asked: item.texts.get("visual").and_then(|texts| texts.first()).cloned().unwrap_or_default(),
            said: titles.get(first).copied().unwrap_or(first).to_owned(),
            truth: item.title.clone().unwrap_or_default(),
            score: ranking::reciprocal_rank(gains),
        });
    }
    sheet.figures.examples.sort_by(|a, b| a.score.total_cmp(&b.score));
    thin(&mut sheet.figures.examples);
}

/// Kinds of text that explanations are held against, each apart.
const KINDS: [&str; 6] = ["visual", "context", "content", "form", "explanation", "description"];

fn explanations(
    sheet: &mut Sheet<'_>,
    data: &DataSet,
    predictions: &HashMap<String, Prediction>,
) -> Result<(), EvaluationError> {
    let empty =
        data.items.iter().filter(|item| predictions.get(&item.id).is_none_or(|p| p.said().trim().is_empty())).count();
    sheet.note(format!(
        "{empty} of {} explanations say nothing (an abstention is scored as an empty text).",
        data.items.len()
    ));
    sheet.note("Every explanation is scored with the references of its own work.");
    sheet.note("SPICE is absent: its scene-graph parser is a Java program that cannot honestly be redone here.");
    for kind in KINDS {
        let cases: Vec<(&Item, String, Vec<&str>)> = data
            .items
            .iter()
            .filter_map(|item| {
                let references: Vec<&str> = item.texts.get(kind)?.iter().map(String::as_str).collect();
                let said = predictions.get(&item.id).map_or_else(String::new, Prediction::said);
                (!references.is_empty()).then_some((item, said, references))
            })
            .collect();
        if !cases.is_empty() {
            texts(sheet, kind, &cases)?;
        }
    }
    Ok(())
}

/// A text of several sentences is held against each sentence of the reference, and against all of them in a row.
fn texts(sheet: &mut Sheet<'_>, kind: &str, cases: &[(&Item, String, Vec<&str>)]) -> Result<(), EvaluationError> {
    let ids: Vec<String> = cases.iter().map(|(item, ..)| item.id.clone()).collect();
    let joined: Vec<String> = cases.iter().map(|(_, _, references)| references.join(" ")).collect();
    let reference_tokens = caption_tokens(&joined.iter().map(String::as_str).collect::<Vec<_>>());
    let mut said: Vec<String> = cases.iter().map(|(_, said, _)| said.clone()).collect();
    let mut tokens = caption_tokens(&said.iter().map(String::as_str).collect::<Vec<_>>());
    if sheet.options.vocabulary_deletion {
        let vocabulary: std::collections::HashSet<&str> =
            reference_tokens.iter().flat_map(|text| text.split(' ')).collect();
        for (said, tokens) in said.iter_mut().zip(&mut tokens) {
            *tokens = tokens.split(' ').filter(|word| vocabulary.contains(word)).collect::<Vec<_>>().join(" ");
            said.clone_from(tokens);
        }
        sheet.note(format!("{kind}: VOCABULARY DELETION IS ON: generated words that occur in no reference were dropped before scoring. The figures are higher than an honest scorer's."));
    }
    let pairs: Vec<(&str, Vec<&str>)> = tokens
        .iter()
        .zip(&reference_tokens)
        .map(|(said, reference)| (said.as_str(), vec![reference.as_str()]))
        .collect();
    let counts: Vec<bleu::Counts> = pairs.iter().map(|(said, references)| bleu::Counts::of(said, references)).collect();
    for order in 1..=4 {
        sheet.add(
            kind,
            &format!("BLEU-{order} (COCO)"),
            "0 to 1",
            &ids,
            Column::CocoBleu { order, counts: counts.clone() },
        );
    }
    let sacre = said.iter().zip(&joined).map(|(said, reference)| bleu::sacre_counts(said, &[reference])).collect();
    sheet.add(kind, "BLEU (sacre)", "0 to 100", &ids, Column::SacreBleu(sacre));

    let rouge: Vec<Rouge> = said.iter().zip(&joined).map(|(said, reference)| Rouge::of(said, &[reference])).collect();
    sheet.mean(kind, "ROUGE-1", &ids, rouge.iter().map(|rouge| rouge.one.f1).collect());
    sheet.mean(kind, "ROUGE-2", &ids, rouge.iter().map(|rouge| rouge.two.f1).collect());
    sheet.mean(kind, "ROUGE-L", &ids, rouge.iter().map(|rouge| rouge.longest.f1).collect());
    sheet.mean(
        kind,
        "ROUGE-L (COCO)",
        &ids,
        pairs.iter().map(|(said, references)| coco_rouge_l(said, references)).collect(),
    );
    sheet.add(kind, "CIDEr-D", "0 to 10", &ids, Column::Mean(cider(&pairs, Form::D)));
    sheet.add(kind, "CIDEr", "0 to 10", &ids, Column::Mean(cider(&pairs, Form::Plain)));
    sheet.add(
        kind,
        "length",
        "words",
        &ids,
        Column::Mean(said.iter().map(|said| entities::words(said).count() as f64).collect()),
    );
    entity_figures(sheet, kind, cases, &said, &joined);
    let first = sheet.figures.examples.is_empty();
    for (((item, ..), said), (reference, rouge)) in
        cases.iter().zip(&said).zip(joined.iter().zip(&rouge)).filter(|_| first)
    {
        let asked = item.question.clone().or_else(|| item.title.clone()).unwrap_or_default();
        sheet.figures.examples.push(Example {
            id: item.id.clone(),
            asked,
            said: said.clone(),
            truth: reference.clone(),
            score: rouge.longest.f1,
        });
    }
    if first {
        sheet.figures.examples.sort_by(|a, b| a.score.total_cmp(&b.score));
        thin(&mut sheet.figures.examples);
    }
    Ok(())
}

fn entity_figures(
    sheet: &mut Sheet<'_>,
    kind: &str,
    cases: &[(&Item, String, Vec<&str>)],
    said: &[String],
    joined: &[String],
) {
    let known: BTreeSet<&str> = cases.iter().flat_map(|(item, ..)| &item.entities).map(String::as_str).collect();
    if known.is_empty() {
        return;
    }
    let known: Vec<&str> = known.into_iter().collect();
    let with: Vec<usize> = (0..cases.len()).filter(|&case| !cases[case].0.entities.is_empty()).collect();
    let ids: Vec<String> = with.iter().map(|&case| cases[case].0.id.clone()).collect();
    let score = |&case: &usize| {
        let own: Vec<&str> = cases[case].0.entities.iter().map(String::as_str).collect();
        let in_text: Vec<&str> = known.iter().copied().filter(|entity| said[case].contains(entity)).collect();
        entities::scores(&said[case], &joined[case], &own, &in_text)
    };
    let scores: Vec<entities::EntityScores> = with.iter().map(score).collect();
    let mut each = |metric: &str, of: &dyn Fn(&entities::EntityScores) -> f64| {
        sheet.mean(kind, metric, &ids, scores.iter().map(of).collect())
    };
    each("Entity Coverage, exact", &|s| s.coverage_exact);
    each("Entity Coverage, partial", &|s| s.coverage_partial);
    each("Entity F1", &|s| s.f1);
    for (at, window) in ["0", "1", "2", "all"].into_iter().enumerate() {
        each(&format!("Entity Co-occurrence, n = {window}"), &|s| s.co_occurrence[at]);
    }
}

/// Small letters and words alone, without articles.
fn plain_words(text: &str) -> Vec<String> {
    entities::words(&text.to_lowercase())
        .filter(|word| !matches!(*word, "a" | "an" | "the"))
        .map(str::to_owned)
        .collect()
}

/// F1 over words, as question answering is scored softly.
fn soft(said: &[String], truth: &[String]) -> f64 {
    let mut left: Vec<&String> = truth.iter().collect();
    let shared = said
        .iter()
        .filter(|word| left.iter().position(|other| other == word).map(|at| left.swap_remove(at)).is_some())
        .count();
    if said.is_empty() && truth.is_empty() {
        1.0
    } else {
        2.0 * shared as f64 / (said.len() + truth.len()).max(1) as f64
    }
}

fn answers(sheet: &mut Sheet<'_>, data: &DataSet, predictions: &HashMap<String, Prediction>) {
    let asked: Vec<&Item> =
        data.items.iter().filter(|item| item.question.is_some() && !item.answers.is_empty()).collect();
    let kinds: BTreeSet<&str> =
        asked.iter().filter_map(|item| item.labels.get("kind")?.first()).map(String::as_str).collect();
    let said = |item: &Item| predictions.get(&item.id).map_or_else(String::new, Prediction::said);
    for kind in std::iter::once("").chain(kinds) {
        let cases: Vec<&&Item> = asked
            .iter()
            .filter(|item| kind.is_empty() || item.labels.get("kind").is_some_and(|kinds| kinds[0] == kind))
            .collect();
        let ids: Vec<String> = cases.iter().map(|item| item.id.clone()).collect();
        let mut each = |metric: &str, of: &dyn Fn(&str, &str) -> f64| {
            let best = |item: &&&Item| item.answers.iter().map(|answer| of(&said(item), answer)).fold(0.0, f64::max);
            sheet.mean(kind, metric, &ids, cases.iter().map(best).collect());
        };
        each("exact", &|said, truth| f64::from(u8::from(plain_words(said) == plain_words(truth))));
        each("soft (word F1)", &|said, truth| soft(&plain_words(said), &plain_words(truth)));
        let folded =
            |said: &str, truth: &str| entities::scores(&said.to_lowercase(), "", &[&truth.to_lowercase()], &[]);
        each("entity: the answer stands in what was said", &|said, truth| folded(said, truth).coverage_exact);
        each("entity, in part", &|said, truth| folded(said, truth).coverage_partial);
    }
    for item in asked {
        let (said, truth) = (said(item), item.answers[0].clone());
        let score = soft(&plain_words(&said), &plain_words(&truth));
        sheet.figures.examples.push(Example {
            id: item.id.clone(),
            asked: item.question.clone().unwrap_or_default(),
            said,
            truth,
            score,
        });
    }
    sheet.figures.examples.sort_by(|a, b| a.score.total_cmp(&b.score));
    thin(&mut sheet.figures.examples);
}

fn grounding(sheet: &mut Sheet<'_>, data: &DataSet, predictions: &HashMap<String, Prediction>) {
    let with: Vec<(&Item, &Vec<Sentence>)> = data
        .items
        .iter()
        .filter_map(|item| Some((item, predictions.get(&item.id)?.sentences.as_ref()?)))
        .filter(|(_, sentences)| !sentences.is_empty())
        .collect();
    sheet.note(format!(
        "{} of {} explanations have sentences; the figures are over them.",
        with.len(),
        data.items.len()
    ));
    let ids: Vec<String> = with.iter().map(|(item, _)| item.id.clone()).collect();
    let mut each = |metric: &str, of: &dyn Fn(&Sentence) -> f64| {
        sheet.mean(
            "",
            metric,
            &ids,
            with.iter().map(|(_, all)| all.iter().map(of).sum::<f64>() / all.len() as f64).collect(),
        );
    };
    each("sentences that name a passage", &|sentence| f64::from(u8::from(!sentence.quotes.is_empty())));
    each("words of a sentence that its passages have", &held);
    each("sentences of which passages have most words", &|sentence| f64::from(u8::from(held(sentence) > 0.5)));
    for (item, sentences) in &with {
        let score = sentences.iter().map(held).sum::<f64>() / sentences.len() as f64;
        let said = sentences.iter().map(|s| s.text.as_str()).collect::<Vec<_>>().join(" ");
        let truth = sentences.iter().flat_map(|s| &s.quotes).map(String::as_str).collect::<Vec<_>>().join(" … ");
        sheet.figures.examples.push(Example {
            id: item.id.clone(),
            asked: item.title.clone().unwrap_or_default(),
            said,
            truth,
            score,
        });
    }
    sheet.figures.examples.sort_by(|a, b| a.score.total_cmp(&b.score));
    thin(&mut sheet.figures.examples);
}

use super::Sentence;

/// The share of a sentence's words of four letters and more that stand in what it names.
fn held(sentence: &Sentence) -> f64 {
    let quoted: BTreeSet<String> = sentence.quotes.iter().flat_map(|quote| plain_words(quote)).collect();
    let telling: Vec<String> =
        plain_words(&sentence.text).into_iter().filter(|word| word.chars().count() >= 4).collect();
    if telling.is_empty() {
        return 0.0;
    }
    telling.iter().filter(|word| quoted.contains(*word)).count() as f64 / telling.len() as f64
}

/// Four of the worst, the middling and the best.
fn thin(examples: &mut Vec<Example>) {
    if examples.len() <= 12 {
        return;
    }
    let middle = examples.len() / 2 - 2;
    let kept: Vec<Example> = (0..4)
        .chain(middle..middle + 4)
        .chain(examples.len() - 4..examples.len())
        .map(|at| examples[at].clone())
        .collect();
    *examples = kept;
}
