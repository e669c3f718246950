//! Classification: labels of images, one or several a property.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Curves, Example, LabelFigures, ReliabilityBin, Sheet};
use crate::data::{DataSet, Item};
use crate::metrics::calibration::{self, Bin, CoverageRisk};
use crate::metrics::classification;
use crate::run::{Column, Label, Prediction};

const NO_LABELS: &[Label] = &[];

fn given<'a>(predictions: &'a HashMap<String, Prediction>, item: &Item, property: &str) -> &'a [Label] {
    predictions.get(&item.id).and_then(|p| p.labels.get(property)).map_or(NO_LABELS, Vec::as_slice)
}

/// Properties of which a work may have several values.
const SEVERAL: [&str; 2] = ["media", "tag"];
/// Where scores become labels.
const THRESHOLDS: [f64; 7] = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

pub(super) fn labels(
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
    if !sheet.figures.examples.is_empty() {
        sheet.note(
            "Examples are in the order of their confidence, which is written negative where the answer was wrong.",
        );
    }
    sheet.thin_examples();
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
