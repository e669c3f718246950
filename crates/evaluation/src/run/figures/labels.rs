//! Classification: labels of images, one or several a property.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Curves, Example, LabelFigures, ReliabilityBin, Sheet};
use crate::data::{DataSet, Item};
use crate::metrics::calibration::{self, Bin, CoverageRisk};
use crate::metrics::classification::{self, Average, Share};
use crate::run::column::BINS;
use crate::run::{Column, Label, Prediction};

const NO_LABELS: &[Label] = &[];

fn given<'a>(predictions: &'a HashMap<String, Prediction>, item: &Item, property: &str) -> &'a [Label] {
    predictions.get(&item.id).and_then(|p| p.labels.get(property)).map_or(NO_LABELS, Vec::as_slice)
}

/// Properties of which a work may have several values.
const SEVERAL: [&str; 2] = ["media", "tag"];
/// Where scores become labels.
const THRESHOLDS: [f64; 7] = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/// What is told of labels.
const SHARES: [(Share, &str); 3] = [(Share::Precision, "precision"), (Share::Recall, "recall"), (Share::F1, "F1")];

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
    let pairs: Vec<(Vec<usize>, Vec<usize>)> =
        truth.iter().zip(&answers).map(|(truth, answer)| (vec![*truth], answer.iter().copied().collect())).collect();
    for (average, called) in [(Average::Macro, "macro"), (Average::Weighted, "weighted")] {
        for (share, what) in SHARES {
            let column = Column::Labels { average, share, labels: names.clone(), cases: pairs.clone() };
            sheet.add(property, &format!("{called} {what}"), "0 to 1", &ids, column);
        }
    }
    let confidence: Vec<f64> = cases
        .iter()
        .map(|item| given(predictions, item, property).first().map_or(0.0, |label| label.confidence))
        .collect();
    let sure: Vec<(f64, bool)> = confidence.iter().copied().zip(right.iter().copied()).collect();
    sheet.add(property, "calibration error", "0 to 1", &ids, Column::CalibrationError(sure.clone()));
    sheet.add(property, "area under coverage and risk", "0 to 1", &ids, Column::AreaUnderRisk(sure));

    let figures = classification::classified(&truth, &answers, names.len());
    let mut frequent: Vec<usize> = (0..names.len()).filter(|&label| figures.per_label[label].support > 0).collect();
    frequent.sort_by_key(|&label| std::cmp::Reverse(figures.per_label[label].support));
    let shown: Vec<usize> = frequent.iter().copied().take(20).collect();
    let matrix = classification::confusion(&truth, &answers, names.len());
    let curve = calibration::coverage_risk(&confidence, &right);
    let step = curve.len().div_ceil(200).max(1);
    let bin = |Bin { from, answers, confidence, accuracy }| ReliabilityBin { from, answers, confidence, accuracy };
    sheet.figures.curves.push(Curves {
        of: property.to_owned(),
        calibration_error: calibration::expected_calibration_error(&confidence, &right, BINS),
        area_under_risk: calibration::area_under(&curve),
        reliability: calibration::reliability(&confidence, &right, BINS).into_iter().map(bin).collect(),
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
    let numbers: BTreeMap<&String, usize> = all.iter().enumerate().map(|(number, label)| (*label, number)).collect();
    // Labels that no work has are wrong wherever they are given, but have no cases to be found in: as in the papers, they are left out.
    let scored: Vec<Vec<(usize, bool, f64)>> = cases
        .iter()
        .map(|item| {
            let mut labels: BTreeMap<usize, (bool, f64)> =
                item.labels[property].iter().map(|label| (numbers[label], (true, 0.0))).collect();
            for label in given(predictions, item, property) {
                if let Some(number) = numbers.get(&label.label) {
                    labels.entry(*number).or_default().1 = label.confidence;
                }
            }
            labels.into_iter().map(|(label, (truth, score))| (label, truth, score)).collect()
        })
        .collect();
    let ids: Vec<String> = cases.iter().map(|item| item.id.clone()).collect();
    sheet.add(property, "mean average precision", "0 to 1", &ids, Column::AveragePrecision(scored.clone()));
    let names: Vec<String> = all.into_iter().cloned().collect();
    for threshold in THRESHOLDS {
        let at: Vec<(Vec<usize>, Vec<usize>)> = scored
            .iter()
            .map(|labels| {
                let truth = labels.iter().filter(|(_, truth, _)| *truth).map(|(label, ..)| *label).collect();
                let given = labels.iter().filter(|(.., score)| *score >= threshold).map(|(label, ..)| *label).collect();
                (truth, given)
            })
            .collect();
        let macro_shares = SHARES.map(|(share, what)| (Average::Macro, "macro", share, what));
        for (average, called, share, what) in macro_shares
            .into_iter()
            .chain([(Average::Micro, "micro", Share::F1, "F1"), (Average::Weighted, "weighted", Share::F1, "F1")])
        {
            let column = Column::Labels { average, share, labels: names.clone(), cases: at.clone() };
            sheet.add(property, &format!("{called} {what} at {threshold}"), "0 to 1", &ids, column);
        }
    }
}
