//! The questions of `questions.toml`, asked of the starter knowledge base with the compact pack: are those that it can answer
//! answered from the right article, and the others not at all?

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use vitrine_assistant::{Assistant, ExtractiveExplainer, WorkAtHand};
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

/// The questions, and the starter knowledge base with the compact pack; none where that is not installed.
fn asked() -> Option<(Vec<Question>, KnowledgeBase, CompactPack)> {
    let loaded = PackPaths::compact(None).and_then(|paths| CompactPack::load(&paths));
    let pack = match loaded {
        Ok(pack) => pack,
        Err(InferenceError::PackFileMissing { path }) => {
            println!("skipped: the compact pack is not installed ({} is missing)", path.display());
            return None;
        }
        Err(other) => panic!("the compact pack is there and cannot be loaded: {other}"),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("tests/questions.toml")).unwrap();
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
    Some((questions.question, knowledge, pack))
}

/// Fits the estimate of relevance that the search uses, and prints it beside what it does:
///
///     cargo nextest run --workspace --run-ignored only --no-capture -E 'package(vitrine-assistant) and test(estimate_of_relevance)'
///
/// It learns from the ten first hits of each question that is marked `fit`; a hit is relevant if it is of one of the question's articles. The weights in the knowledge crate's `relevance.rs` are
/// these, rounded; the test fails if they no longer tell the other questions' hits apart.
#[test]
#[ignore = "it is run to fit the weights anew"]
fn the_estimate_of_relevance_is_fitted() {
    let Some((questions, knowledge, _)) = asked() else { return };
    let hits = |fit: bool| -> Vec<([f32; 3], bool)> {
        let asked = questions.iter().filter(|question| question.fit == fit);
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

#[test]
fn answers_what_it_can_and_abstains_from_the_rest() {
    let Some((questions, knowledge, pack)) = asked() else { return };
    let assistant = Assistant::new(Arc::new(knowledge), Arc::new(ExtractiveExplainer::new(pack.retriever.clone())));

    // Right and all, for [questions with an answer, questions without] that the cut was not fitted on.
    let mut unseen = [(0, 0); 2];
    for Question { text, articles, fit } in &questions {
        let answer = assistant.ask(text, &WorkAtHand::of_card(&[]), &[], &mut |_| ControlFlow::Continue(())).unwrap();
        let cited: Vec<&str> =
            answer.sentences.iter().flat_map(|s| &s.citations).map(|c| c.fragment.as_str()).collect();
        let from_right = cited.iter().any(|c| articles.iter().any(|a| c.split('#').next() == Some(a)));
        let right = if articles.is_empty() { answer.abstention.is_some() && cited.is_empty() } else { from_right };
        if !right {
            println!("{text}: {cited:?} {:?}", answer.abstention);
        }
        if !fit {
            let (good, all) = &mut unseen[usize::from(articles.is_empty())];
            *good += usize::from(right);
            *all += 1;
        }
    }
    let [(answered, answerable), (abstained, unanswerable)] = unseen;
    println!(
        "answered from the right article: {answered} of {answerable}; abstained rightly: {abstained} of {unanswerable}"
    );
    assert!(answered * 10 >= answerable * 9, "{answered} of {answerable} answered");
    assert!(abstained * 10 >= unanswerable * 9, "{abstained} of {unanswerable} abstained");
}
