//! Retrieval: where the text that was sought stands in a ranking.

use std::collections::HashMap;

use super::{Example, Sheet};
use crate::data::{DataSet, Item};
use crate::metrics::ranking;
use crate::run::Prediction;

pub(super) fn rankings(sheet: &mut Sheet<'_>, data: &DataSet, predictions: &HashMap<String, Prediction>) {
    let cases: Vec<(&Item, Vec<f64>)> = data
        .items
        .iter()
        .map(|item| {
            let ranking = predictions.get(&item.id).and_then(|prediction| prediction.ranking.as_ref());
            (item, ranking.into_iter().flatten().map(|id| f64::from(u8::from(*id == item.id))).collect())
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
        let ranking = predictions.get(&item.id).and_then(|prediction| prediction.ranking.as_ref());
        let first = ranking.and_then(|ranking| ranking.first()).map_or("", String::as_str);
        sheet.figures.examples.push(Example {
            id: item.id.clone(),
            asked: item.texts.get("visual").and_then(|texts| texts.first()).cloned().unwrap_or_default(),
            said: titles.get(first).copied().unwrap_or(first).to_owned(),
            truth: item.title.clone().unwrap_or_default(),
            score: ranking::reciprocal_rank(gains),
        });
    }
    sheet.thin_examples();
}
