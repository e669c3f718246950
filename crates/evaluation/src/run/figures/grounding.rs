//! Grounding: whether the sentences of explanations rest on passages.

use std::collections::{BTreeSet, HashMap};

use super::answers::plain_words;
use super::{Example, Sheet};
use crate::data::{DataSet, Item};
use crate::run::{Prediction, Sentence};

pub(super) fn grounding(sheet: &mut Sheet<'_>, data: &DataSet, predictions: &HashMap<String, Prediction>) {
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
    sheet.thin_examples();
}

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
