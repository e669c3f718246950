//! How well the search finds Artpedia's pages: by a sentence on a painting, and by an image of it.
//!
//!     cargo nextest run --workspace --run-ignored only --no-capture -E 'package(vitrine-knowledge) and binary(artpedia)'
//!
//! Artpedia lies in `../shared/data/texts`, or in the folder `texts` of the one that `VITRINE_TEST_DATA` names, images of some of its paintings in `artworks` beside it. The collection made of it takes
//! some minutes, and stays in Cargo's temporary folder for the next run.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod images;
mod paintings;
mod sentences;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use vitrine_inference::{CompactPack, InferenceError, PackPaths};
use vitrine_knowledge::{Collection, KnowledgeBase};

use paintings::{collection, paintings, root, take_questions};

#[test]
#[ignore = "it reads 9,000 passages, which takes minutes the first time"]
fn pages_are_found() {
    let Some(mut paintings) = paintings() else {
        println!("skipped: Artpedia is not here");
        return;
    };
    let pack = match PackPaths::compact(None).and_then(|paths| CompactPack::load(&paths)) {
        Ok(pack) => pack,
        Err(InferenceError::PackFileMissing { path }) => {
            println!("skipped: the compact pack is not installed ({} is missing)", path.display());
            return;
        }
        Err(other) => panic!("the compact pack is there and cannot be loaded: {other}"),
    };
    let questions = take_questions(&mut paintings);
    let keep = Path::new(env!("CARGO_TARGET_TMPDIR")).join("artpedia-without-questions");
    fs::create_dir_all(&keep).unwrap();
    let knowledge = KnowledgeBase::open_or_build(
        &root().join("../../assets/knowledge"),
        &keep.join("knowledge.index"),
        pack.retriever.clone(),
        &|_, _| {},
        &AtomicBool::new(false),
    )
    .unwrap();
    let folder = keep.join(collection(&paintings, &keep, pack.retriever.as_ref()).key());
    knowledge.set_collections(vec![Arc::new(Collection::open(&folder).unwrap())]);
    images::measure(&paintings, pack.classifier.as_ref(), &knowledge);
    sentences::measure(&questions, &folder, &knowledge);
}
