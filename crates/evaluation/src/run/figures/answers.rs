//! Question answering: what was said against answers of a few words.

use std::collections::{BTreeSet, HashMap};

use super::{Example, Sheet};
use crate::data::{DataSet, Item};
use crate::metrics::entities;
use crate::run::Prediction;

/// Small letters and words alone, without articles.
pub(super) fn plain_words(text: &str) -> Vec<String> {
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

pub(super) fn answers(sheet: &mut Sheet<'_>, data: &DataSet, predictions: &HashMap<String, Prediction>) {
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
    sheet.thin_examples();
}
