//! Fits the estimate of relevance that the search uses, and prints it beside what it does.
//!
//!     cargo nextest run --workspace --run-ignored only --no-capture -E 'package(vitrine-knowledge) and binary(relevance)'
//!
//! It learns from the ten first hits of each question that is marked `fit` in the assistant's `tests/questions.toml`; a hit is relevant if it is of one of the question's articles.
//! The weights in `src/relevance.rs` are these, rounded; the test fails if they no longer tell the questions apart.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::Path;
use std::sync::atomic::AtomicBool;

use vitrine_inference::{CompactPack, InferenceError, PackPaths};
use vitrine_knowledge::KnowledgeBase;
use vitrine_retrieval::RelevanceEstimate;

#[derive(serde::Deserialize)]
struct Questions {
    question: Vec<Question>,
}

#[derive(serde::Deserialize)]
struct Question {
    text: String,
    articles: Vec<String>,
    #[serde(default)]
    fit: bool,
}

#[test]
#[ignore = "it is run to fit the weights anew"]
fn the_estimate_of_relevance_is_fitted() {
    let pack = match PackPaths::compact(None).and_then(|paths| CompactPack::load(&paths)) {
        Ok(pack) => pack,
        Err(InferenceError::PackFileMissing { path }) => {
            println!("skipped: the compact pack is not installed ({} is missing)", path.display());
            return;
        }
        Err(other) => panic!("the compact pack is there and cannot be loaded: {other}"),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("../assistant/tests/questions.toml")).unwrap();
    let questions: Questions = toml::from_str(&text).unwrap();
    let place = tempfile::tempdir().unwrap();
    let knowledge = KnowledgeBase::open_or_build(
        &root.join("../../assets/knowledge"),
        &place.path().join("knowledge.index"),
        pack.retriever.clone(),
        &|_, _| {},
        &AtomicBool::new(false),
    )
    .unwrap();
    let hits = |fit: bool| -> Vec<([f32; 3], bool)> {
        let asked = questions.question.iter().filter(|question| question.fit == fit);
        asked
            .flat_map(|Question { text, articles, .. }| {
                let ranking = knowledge.ranking(text, 10).unwrap();
                let is_right = |id: &str| articles.iter().any(|article| id.split('#').next() == Some(article));
                ranking.into_iter().map(|(id, features)| (features.for_estimate(), is_right(&id))).collect::<Vec<_>>()
            })
            .collect()
    };
    let (learnt, judged) = (hits(true), hits(false));
    let estimate = RelevanceEstimate::fit(&learnt).unwrap();
    println!("{estimate:?}, from {} hits", learnt.len());
    let found: Vec<bool> =
        judged.iter().filter(|(features, _)| estimate.of(features) >= 0.5).map(|hit| hit.1).collect();
    let (right, all) = (found.iter().filter(|is_right| **is_right).count(), judged.iter().filter(|hit| hit.1).count());
    println!("of the other questions: {} hits found, {right} of them right, of {all} right ones", found.len());
    assert!(right * 10 >= all * 9 && right * 10 >= found.len() * 9);
}
