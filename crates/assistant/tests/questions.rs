//! The questions of `questions.toml`, asked of the starter knowledge base with the compact pack: are those that it can answer
//! answered from the right article, and the others not at all?

#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use vitrine_assistant::{Assistant, ExtractiveExplainer, WorkAtHand};
use vitrine_inference::{CompactPack, InferenceError, PackPaths};
use vitrine_knowledge::KnowledgeBase;

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
fn answers_what_it_can_and_abstains_from_the_rest() {
    let loaded = PackPaths::compact(None).and_then(|paths| CompactPack::load(&paths));
    let pack = match loaded {
        Ok(pack) => pack,
        Err(InferenceError::PackFileMissing { path }) => {
            println!("skipped: the compact pack is not installed ({} is missing)", path.display());
            return;
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
    let assistant = Assistant::new(Arc::new(knowledge), Arc::new(ExtractiveExplainer::new(pack.retriever.clone())));

    // Right and all, for [questions with an answer, questions without] that the cut was not fitted on.
    let mut unseen = [(0, 0); 2];
    for Question { text, articles, fit } in &questions.question {
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
