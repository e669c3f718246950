//! The claims of `claims.toml`, each put into a model's mouth with the passage that it names: is what the passage says told from what it does not say?

#![allow(clippy::unwrap_used)]

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use vitrine_assistant::{Assistant, Support, WorkAtHand};
use vitrine_inference::{
    CompactPack, Conversation, Explainer, ExplainerEvent, InferenceError, PackIdentity, PackPaths,
};
use vitrine_knowledge::KnowledgeBase;

#[derive(serde::Deserialize)]
struct Claims {
    claim: Vec<Claim>,
}

#[derive(Clone, serde::Deserialize)]
struct Claim {
    passage: String,
    text: String,
    said: bool,
    #[serde(default)]
    fit: bool,
}

/// Says all claims, one after the other, whatever it is asked.
struct Claiming {
    pack: PackIdentity,
    claims: Vec<Claim>,
}

impl Explainer for Claiming {
    fn pack(&self) -> &PackIdentity {
        &self.pack
    }

    fn respond(
        &self,
        _: &Conversation,
        emit: &mut dyn FnMut(ExplainerEvent) -> ControlFlow<()>,
    ) -> Result<(), InferenceError> {
        for Claim { passage, text, .. } in &self.claims {
            // As one that writes does it: the whole passage is named.
            let cites = ExplainerEvent::Citation { fragment: passage.clone(), span: 0..usize::MAX };
            if emit(ExplainerEvent::Text(text.clone())).is_break() || emit(cites).is_break() {
                break;
            }
        }
        Ok(())
    }
}

#[test]
fn what_a_passage_says_is_told_from_what_it_does_not_say() {
    let pack = match PackPaths::compact(None).and_then(|paths| CompactPack::load(&paths)) {
        Ok(pack) => pack,
        Err(InferenceError::PackFileMissing { path }) => {
            println!("skipped: the compact pack is not installed ({} is missing)", path.display());
            return;
        }
        Err(other) => panic!("the compact pack is there and cannot be loaded: {other}"),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let claims: Claims = toml::from_str(&fs::read_to_string(root.join("tests/claims.toml")).unwrap()).unwrap();
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("articles");
    for Claim { passage, .. } in &claims.claim {
        // The articles that claims name are enough, and read in a moment.
        let file = format!("{}.md", passage.split('#').next().unwrap());
        fs::create_dir_all(folder.join(&file).parent().unwrap()).unwrap();
        fs::copy(root.join("../../assets/knowledge").join(&file), folder.join(&file)).unwrap();
    }
    let index = place.path().join("knowledge.index");
    let never = AtomicBool::new(false);
    let knowledge = KnowledgeBase::open_or_build(&folder, &index, pack.retriever.clone(), &|_, _| {}, &never).unwrap();
    let identity = PackIdentity { id: "claiming".into(), version: "1".into(), weights_sha256: String::new() };
    let explainer = Arc::new(Claiming { pack: identity, claims: claims.claim.clone() });
    let assistant = Assistant::new(Arc::new(knowledge), explainer);
    let answer = assistant.explain(&WorkAtHand::of_card(&[]), &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(answer.sentences.len(), claims.claim.len());

    // Right and all, of claims that are said and of claims that are not, among those that nothing was chosen on.
    let mut unseen = [(0, 0); 2];
    for (Claim { said, fit, text, .. }, sentence) in claims.claim.iter().zip(&answer.sentences) {
        let right = (sentence.support == Support::Passage) == *said;
        let mark = (if *fit { "fit" } else { "   " }, if right { " " } else { "!" });
        println!("{} {} {:.3} {text}", mark.0, mark.1, sentence.citations[0].agreement);
        if !fit {
            let (good, all) = &mut unseen[usize::from(!said)];
            *good += usize::from(right);
            *all += 1;
        }
    }
    let [(kept, said), (refused, unsaid)] = unseen;
    println!("said and held to be: {kept} of {said}; not said and refused: {refused} of {unsaid}");
    assert!(kept * 10 >= said * 9, "{kept} of {said}");
    assert!(refused * 10 >= unsaid * 9, "{refused} of {unsaid}");
}
