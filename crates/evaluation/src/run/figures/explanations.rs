//! Explanations and captions: texts against texts.

use std::collections::{BTreeSet, HashMap};

use super::{Example, Sheet};
use crate::EvaluationError;
use crate::data::{DataSet, Item};
use crate::metrics::bert::{BertScore, TokenRows};
use crate::metrics::bleu;
use crate::metrics::cider::{Form, cider};
use crate::metrics::entities;
use crate::metrics::rouge::{Rouge, coco_rouge_l};
use crate::run::{Column, Prediction, Scorers, TextRows};
use crate::text::caption_tokens;

/// Kinds of text that explanations are held against, each apart.
const KINDS: [&str; 7] = ["visual", "context", "content", "form", "explanation", "description", "provenance"];

pub(super) fn explanations(
    sheet: &mut Sheet<'_>,
    data: &DataSet,
    predictions: &HashMap<String, Prediction>,
    scorers: &Scorers<'_>,
) -> Result<(), EvaluationError> {
    let empty =
        data.items.iter().filter(|item| predictions.get(&item.id).is_none_or(|p| p.said().trim().is_empty())).count();
    sheet.note(format!(
        "{empty} of {} explanations say nothing (an abstention is scored as an empty text).",
        data.items.len()
    ));
    sheet.note("Every explanation is scored with the references of its own work.");
    sheet.note("SPICE is absent: its scene-graph parser is a Java program that cannot honestly be redone here.");
    match &scorers.meteor {
        Some(meteor) => meteor.lacks().iter().for_each(|lack| sheet.note(lack.clone())),
        None => sheet.note("METEOR is absent: its word lists are read from the folder of the Python package pycocoevalcap, which nobody named (--meteor)."),
    }
    match scorers.text_rows.map(TextRows::pack) {
        Some(pack) => {
            sheet.note(format!("BERTScore compares token rows of {} {}; it is not rescaled.", pack.id, pack.version))
        }
        None => sheet.note("BERTScore is absent: there is no text pack to make rows with."),
    }
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
            texts(sheet, kind, &cases, scorers)?;
        }
    }
    Ok(())
}

/// A text of several sentences is held against each sentence of the reference, and against all of them in a row.
fn texts(
    sheet: &mut Sheet<'_>,
    kind: &str,
    cases: &[(&Item, String, Vec<&str>)],
    scorers: &Scorers<'_>,
) -> Result<(), EvaluationError> {
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
    if let Some(meteor) = &scorers.meteor {
        sheet.add(kind, "METEOR", "0 to 1", &ids, Column::Meteor(meteor.counts(&pairs)?));
    }
    if let Some(text_rows) = scorers.text_rows {
        let scores = bert_scores(text_rows, &ids, &said, &joined)?;
        sheet.mean(kind, "BERTScore, precision", &ids, scores.iter().map(|score| score.precision).collect());
        sheet.mean(kind, "BERTScore, recall", &ids, scores.iter().map(|score| score.recall).collect());
        sheet.mean(kind, "BERTScore, F1", &ids, scores.iter().map(|score| score.f1).collect());
    }
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
        sheet.thin_examples();
    }
    Ok(())
}

fn bert_scores(
    text_rows: &dyn TextRows,
    ids: &[String],
    said: &[String],
    references: &[String],
) -> Result<Vec<BertScore>, EvaluationError> {
    ids.iter()
        .zip(said.iter().zip(references))
        .map(|(id, (said, reference))| {
            // An abstention needs no rows.
            if said.trim().is_empty() {
                return Ok(BertScore::default());
            }
            let rows = |text: &str| -> Result<TokenRows, EvaluationError> {
                text_rows.rows(text).map_err(|cause| EvaluationError::Model { item: id.clone(), cause })
            };
            Ok(BertScore::of(&rows(said)?, &rows(reference)?, None))
        })
        .collect()
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
