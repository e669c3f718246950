//! How well an image of a painting finds the painting's page, by what the classifier reads off it and by what a record would know.
//!
//! Images: those of `artworks` whose title is the title of one painting of Artpedia. What the shipped classifier has learnt from (the splits train and val) is counted apart from the rest.

use std::collections::BTreeMap;
use std::fs;

use vitrine_inference::{CardLine, Classifier};
use vitrine_knowledge::{KnowledgeBase, fold, seed_queries};

use crate::paintings::{Painting, data};

/// Labels a task that become suggestions, as in a library: the best one and the runner-up.
const SUGGESTIONS: usize = 2;

#[derive(serde::Deserialize)]
struct Row {
    file: String,
    split: String,
    artist: String,
    title: String,
}

/// By way of finding: images, those whose page is first, those with it among ten.
type Counts = BTreeMap<(&'static str, &'static str), [usize; 3]>;

/// Seeks the page of each image's painting, and prints how often it is found.
pub fn measure(paintings: &BTreeMap<String, Painting>, classifier: &dyn Classifier, knowledge: &KnowledgeBase) {
    let Ok(mut rows) = csv::Reader::from_path(data().join("artworks/manifest.csv")) else {
        println!("skipped: the images are not here");
        return;
    };
    // A title that several paintings bear tells none.
    let mut by_title: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for painting in paintings.values() {
        by_title.entry(name(&painting.title)).or_default().push(&painting.title);
    }
    let mut counts = Counts::new();
    for row in rows.deserialize::<Row>().map(Result::unwrap) {
        let Some([title]) = by_title.get(&name(&row.title)).map(Vec::as_slice) else { continue };
        let set = if matches!(row.split.as_str(), "train" | "val") { "learnt from" } else { "not learnt from" };
        let image = image::load_from_memory(&fs::read(data().join("artworks").join(&row.file)).unwrap()).unwrap();
        let rows = knowledge.retriever().embed_image(&image.to_rgb8()).unwrap();
        let read_off: Vec<CardLine> = classifier
            .classify(&rows, None, SUGGESTIONS)
            .unwrap()
            .into_iter()
            .flat_map(|answer| {
                let property = answer.task.property();
                answer.ranked.into_iter().map(move |label| line(property, &label.label, Some(label.confidence)))
            })
            .collect();
        let (artist, named) = (line("artist", &row.artist, None), line("title", &row.title, None));
        let ways = [
            ("what is read off the image", read_off.clone()),
            ("the artist", vec![artist.clone()]),
            ("the artist, and what is read off", read_off.iter().cloned().chain([artist]).collect()),
            ("the title", vec![named.clone()]),
            ("the title, and what is read off", read_off.into_iter().chain([named]).collect()),
        ];
        for (way, card) in ways {
            let found = knowledge.search_seeded(&seed_queries(None, &card), 10).unwrap();
            let is_right = |place: usize| found.get(place).is_some_and(|found| found.hit.fragment.title == **title);
            let [images, first, ten] = counts.entry((set, way)).or_default();
            *images += 1;
            *first += usize::from(is_right(0));
            *ten += usize::from((0..10).any(is_right));
        }
    }
    println!("{:50} {:>6} {:>6} {:>6}", "seeded with", "images", "R@1", "R@10");
    for ((set, way), [images, first, ten]) in counts {
        let share = |count: usize| 100.0 * count as f64 / images as f64;
        println!("{:50} {images:6} {:6.1} {:6.1}", format!("{set}: {way}"), share(first), share(ten));
    }
}

fn line(property: &str, value: &str, confidence: Option<f32>) -> CardLine {
    CardLine { property: property.to_owned(), value: value.to_owned(), qualifier: None, confidence }
}

/// A title as it is compared, without what tells namesakes apart.
fn name(title: &str) -> String {
    fold(title.split(" (").next().unwrap_or_default().trim())
}
