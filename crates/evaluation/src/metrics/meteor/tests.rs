//! Cases worked by hand, and the figures of METEOR 1.5 where its package is at hand (`VITRINE_METEOR`: the folder of pycocoevalcap).

use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use serde::Deserialize;

use super::*;

fn score(meteor: &Meteor, candidate: &str, references: &[&str]) -> f64 {
    meteor.counts(&[(candidate, references.to_vec())]).unwrap()[0].score()
}

#[test]
fn exact_words_and_stems_by_hand() {
    let meteor = Meteor::new(Package::none());
    assert_eq!(meteor.lacks().len(), 3);
    let close = |candidate: &str, references: &[&str], by_hand: f64| {
        let ours = score(&meteor, candidate, references);
        assert!((ours - by_hand).abs() < 1e-12, "{candidate}: {ours} instead of {by_hand}");
    };
    close("red ships sail", &["red ships sail"], 1.0);
    close("red", &["blue"], 0.0);
    close("", &["red"], 0.0);
    close("red", &[""], 0.0);
    // Two of three words of the candidate in one piece, all of the reference: P = 2/3, R = 1; one piece of two words.
    let penalty = |pieces: f64, matched: f64| 1.0 - 0.6 * (pieces / matched).powf(0.2);
    let f = |p: f64, r: f64| p * r / (0.85 * p + 0.15 * r);
    close("red ships sail", &["red ships"], f(2.0 / 3.0, 1.0) * penalty(1.0, 2.0));
    // The same words the other way round: two pieces.
    close("ships red", &["red ships"], penalty(2.0, 2.0));
    // "sailed" by its stem, of weight 0.6, and nothing to lose by the penalty.
    close("ships sailed", &["ships sailing"], 0.8);
    // The best reference counts.
    close("red ships", &["blue", "red ships", "red"], 1.0);
    // A word once on one side is matched once.
    close("red red", &["red"], f(0.5, 1.0) * penalty(1.0, 1.0));
}

#[test]
fn function_words_weigh_less() {
    let package = Package { function_words: ["the".to_owned()].into_iter().collect(), ..Package::default() };
    // One content word of two is matched: P = (0.75 · 0 + 0.25 · 1) / (0.75 · 1 + 0.25 · 1), R likewise, one piece of one word.
    let ours = score(&Meteor::new(package), "the ship", &["the tree"]);
    assert!((ours - 0.25 * 0.4).abs() < 1e-12, "{ours}");
}

#[derive(Deserialize)]
struct Texts {
    corpus: Corpus,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Corpus {
    meteor: f64,
    meteor_stem: f64,
    meteor_synonym: f64,
}

#[derive(Deserialize)]
struct Case {
    candidate_tokens: String,
    reference_tokens: Vec<String>,
    meteor: f64,
    meteor_stem: f64,
    meteor_synonym: f64,
}

#[test]
fn equal_to_meteor_1_5() {
    let Some(folder) = std::env::var_os("VITRINE_METEOR").filter(|folder| !folder.is_empty()) else {
        println!("skipped: VITRINE_METEOR does not name the folder of pycocoevalcap, whose word lists METEOR needs");
        return;
    };
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/texts.json.gz");
    let mut json = String::new();
    GzDecoder::new(std::fs::File::open(fixture).unwrap()).read_to_string(&mut json).unwrap();
    let Texts { corpus, cases } = serde_json::from_str(&json).unwrap();
    let texts: Vec<(&str, Vec<&str>)> = cases
        .iter()
        .map(|case| (case.candidate_tokens.as_str(), case.reference_tokens.iter().map(String::as_str).collect()))
        .collect();
    let of_stages = |stages: usize| {
        let mut package = Package::read(Path::new(&folder)).unwrap();
        assert!(package.lacks.is_empty(), "{:?}", package.lacks);
        if stages < 4 {
            package.paraphrases = None;
        }
        if stages < 3 {
            package.synonyms = None;
        }
        Meteor::new(package).counts(&texts).unwrap()
    };
    type Theirs = fn(&Case) -> f64;
    let stages: [(&str, usize, Theirs, f64); 3] = [
        ("METEOR, exact and stem", 2, |case| case.meteor_stem, corpus.meteor_stem),
        ("METEOR, with synonyms", 3, |case| case.meteor_synonym, corpus.meteor_synonym),
        ("METEOR", 4, |case| case.meteor, corpus.meteor),
    ];
    for (name, stages, theirs, of_corpus) in stages {
        let counts = of_stages(stages);
        let mut sum = Counts::default();
        let mut largest = 0.0f64;
        for (counts, case) in counts.iter().zip(&cases) {
            sum += *counts;
            largest = largest.max((counts.score() - theirs(case)).abs());
        }
        let corpus = (sum.score() - of_corpus).abs();
        println!("{name:<28} {largest:.1e}; the corpus {corpus:.1e}");
        assert!(largest <= 1e-6, "{name} differs by {largest}");
        assert!(corpus <= 1e-6, "{name} of the corpus differs by {corpus}");
    }
}
