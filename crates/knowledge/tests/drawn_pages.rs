//! Fragments drawn as pages, indexed by a retriever that sees, and found by an image.

#![allow(clippy::unwrap_used)]

mod word_rows;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use image::{Rgb, RgbImage};
use vitrine_inference::{InferenceError, PackIdentity, Retriever, TextRows};
use vitrine_knowledge::{Collection, KnowledgeBase, PageDrawer, Scope};
use vitrine_rendering::Fonts;
use vitrine_retrieval::MultiVector;
use vitrine_sources::{Position, SourceOptions, open_source};
use word_rows::{WordRows, write_article};

/// Sees colours: a row for each of red, green and blue that an image shows somewhere.
struct Colours(PackIdentity);

impl Colours {
    fn new(version: &str) -> Self {
        Self(PackIdentity { id: "colours".into(), version: version.into(), weights_sha256: "none".into() })
    }
}

impl Retriever for Colours {
    fn pack(&self) -> &PackIdentity {
        &self.0
    }

    fn dimension(&self) -> usize {
        8
    }

    fn relates_images_to_text(&self) -> bool {
        true
    }

    fn embed_image(&self, image: &RgbImage) -> Result<MultiVector, InferenceError> {
        // Whatever is shown has a row for the paper.
        let mut values = vec![0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        for channel in 0..3 {
            let is_of_it = |pixel: &Rgb<u8>| (0..3).all(|c| (pixel[c] > 200) == (c == channel));
            if image.pixels().any(is_of_it) {
                values.extend((0..8).map(|at| f32::from(u8::from(at == channel))));
            }
        }
        Ok(MultiVector::normalised(values, 8)?)
    }

    fn embed_query(&self, _text: &str) -> Result<TextRows, InferenceError> {
        unreachable!("only images are sought with")
    }

    fn embed_passage(&self, _text: &str) -> Result<TextRows, InferenceError> {
        unreachable!("pages are indexed, not texts")
    }
}

const COLOURS: [(&str, [u8; 3]); 3] = [("red", [250, 10, 10]), ("green", [10, 250, 10]), ("blue", [10, 10, 250])];

fn filled(colour: [u8; 3]) -> RgbImage {
    RgbImage::from_pixel(60, 40, Rgb(colour))
}

/// A page for each colour, with a picture of it, and one whose picture is missing.
fn write_pages(folder: &Path) {
    std::fs::create_dir_all(folder.join("pictures")).unwrap();
    for (name, colour) in COLOURS {
        filled(colour).save(folder.join(format!("pictures/{name}.png"))).unwrap();
        let text = format!(
            "# Sail {name}\n\n![a sail](pictures/{name}.png)\n\nThe ship has a sail that is told apart by its colour alone, and by nothing else.\n"
        );
        std::fs::write(folder.join(format!("{name}.md")), text).unwrap();
    }
    let lost = "# Sail lost\n\n![a sail](pictures/lost.png)\n\nNobody knows which colour the sail of this ship may once have had at sea.\n";
    std::fs::write(folder.join("lost.md"), lost).unwrap();
}

#[test]
fn a_page_is_found_by_a_picture_that_looks_like_the_one_on_it() {
    let place = tempfile::tempdir().unwrap();
    let pages = place.path().join("pages");
    write_pages(&pages);
    let collection = Collection::create(&place.path().join("collections"), "Ships").unwrap();
    let read = |collection: &Collection| {
        let open = |from: Option<&Position>| open_source(&pages, &SourceOptions::default(), from);
        collection.read(&pages, &open, &|_| true, &mut |_| true).unwrap();
    };
    read(&collection);
    let retriever = Colours::new("1");
    let mut drawer = PageDrawer::new(Fonts::shipped());
    // Stopped before the codes are learnt, then begun anew.
    let mut looks = 0;
    let mut stop = |_| {
        looks += 1;
        looks < 3
    };
    assert!(!collection.index_pages(&retriever, &mut drawer, &mut stop).unwrap());
    assert!(collection.index_pages(&retriever, &mut drawer, &mut |_| true).unwrap());
    let summary = collection.summary().unwrap();
    assert_eq!((summary.fragments, summary.indexed, summary.drawn), (4, 0, 4));
    assert_eq!(summary.drawn_pack.as_deref(), Some("colours 1 none"));

    write_article(&place.path().join("articles"), "style/rococo", "Rococo", &[], "Rococo is playful.");
    let base = KnowledgeBase::open_or_build(
        &place.path().join("articles"),
        &place.path().join("knowledge.index"),
        Arc::new(WordRows::new("1")),
        &|_, _| {},
        &AtomicBool::new(false),
    )
    .unwrap();
    drop(collection);
    let open = || Collection::all(&place.path().join("collections")).0;
    base.set_collections(open());
    let found = |colour: [u8; 3], retriever: &Colours| -> Vec<String> {
        let rows = retriever.embed_image(&filled(colour)).unwrap();
        let hits = base.search_pages(&Scope::default(), &rows, retriever.pack(), 3).unwrap();
        assert!(hits.windows(2).all(|pair| pair[0].mean >= pair[1].mean));
        hits.iter().map(|hit| hit.fragment.title.clone()).collect()
    };
    for (name, colour) in COLOURS {
        assert_eq!(found(colour, &retriever)[0], format!("Sail {name}"));
    }
    // Another pack's rows are not compared with these.
    assert!(found(COLOURS[0].1, &Colours::new("2")).is_empty());
    let elsewhere = Scope { collections: vec!["others".into()], ..Scope::default() };
    let red = retriever.embed_image(&filled(COLOURS[0].1)).unwrap();
    assert!(base.search_pages(&elsewhere, &red, retriever.pack(), 3).unwrap().is_empty());

    // A page that is gone from the source is gone from both indexes.
    std::fs::remove_file(pages.join("red.md")).unwrap();
    base.set_collections(Vec::new());
    let collection = Collection::open(&place.path().join("collections/ships")).unwrap();
    read(&collection);
    assert!(collection.index_pages(&retriever, &mut drawer, &mut |_| true).unwrap());
    drop(collection);
    base.set_collections(open());
    assert!(found(COLOURS[0].1, &retriever).iter().all(|title| title != "Sail red"));
    assert_eq!(base.collections()[0].summary().unwrap().drawn, 3);
}
