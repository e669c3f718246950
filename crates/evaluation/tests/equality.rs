//! Each metric equals its reference implementation. `fixtures/make.py` made the figures and says with which versions; it prints the differences that this test allows.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use vitrine_evaluation::metrics::bert::{BertScore, TokenRows, inverse_document_frequencies};
use vitrine_evaluation::metrics::bleu::{self, sacre_counts};
use vitrine_evaluation::metrics::cider::{Form, cider};
use vitrine_evaluation::metrics::classification::{Average, Tally};
use vitrine_evaluation::metrics::rouge::{Overlap, Rouge, coco_rouge_l};
use vitrine_evaluation::metrics::{calibration, classification, ranking};
use vitrine_evaluation::text::caption_tokens;

const CLOSE: f64 = 1e-6;

#[derive(Deserialize)]
struct Texts {
    corpus: Corpus,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Corpus {
    coco_bleu: [f64; 4],
    coco_rouge_l: f64,
    cider_d: f64,
    cider: f64,
    sacre_bleu: [f64; 4],
}

#[derive(Deserialize)]
struct Case {
    candidate: String,
    references: Vec<String>,
    candidate_tokens: String,
    reference_tokens: Vec<String>,
    coco_bleu: [f64; 4],
    coco_rouge_l: f64,
    cider_d: f64,
    cider: f64,
    sacre_bleu: [f64; 4],
    rouge: [[f64; 3]; 3],
}

impl Case {
    fn tokens(&self) -> (&str, Vec<&str>) {
        (&self.candidate_tokens, self.reference_tokens.iter().map(String::as_str).collect())
    }

    fn texts(&self) -> (&str, Vec<&str>) {
        (&self.candidate, self.references.iter().map(String::as_str).collect())
    }
}

fn fixture<T: DeserializeOwned>(name: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    let bytes = std::fs::read(&path).unwrap();
    let mut json = String::new();
    if name.ends_with(".gz") {
        GzDecoder::new(bytes.as_slice()).read_to_string(&mut json).unwrap();
    } else {
        json = String::from_utf8(bytes).unwrap();
    }
    serde_json::from_str(&json).unwrap()
}

/// The largest difference met, with what it was met at.
struct Largest(&'static str, f64, String);

impl Largest {
    fn of(metric: &'static str) -> Self {
        Self(metric, 0.0, String::new())
    }

    fn meet(&mut self, ours: f64, theirs: f64, at: impl FnOnce() -> String) {
        let difference = (ours - theirs).abs();
        assert!(difference.is_finite(), "{}: {ours} {theirs} at {}", self.0, at());
        if difference > self.1 {
            (self.1, self.2) = (difference, format!("{ours} instead of {theirs}: {}", at()));
        }
    }

    fn within(self, allowed: f64) {
        println!("{:<28} {:.1e}", self.0, self.1);
        assert!(self.1 <= allowed, "{} differs by {}: {}", self.0, self.1, self.2);
    }
}

#[test]
fn tokens_are_those_of_the_penn_tokenizer() {
    let texts: Texts = fixture("texts.json.gz");
    assert!(texts.cases.len() >= 200);
    let references: Vec<&str> = texts.cases.iter().flat_map(|case| &case.references).map(String::as_str).collect();
    let theirs: Vec<&String> = texts.cases.iter().flat_map(|case| &case.reference_tokens).collect();
    for ((ours, theirs), text) in caption_tokens(&references).iter().zip(theirs).zip(&references) {
        assert_eq!(ours, theirs, "{text}");
    }
    let candidates: Vec<&str> = texts.cases.iter().map(|case| case.candidate.as_str()).collect();
    for (ours, case) in caption_tokens(&candidates).iter().zip(&texts.cases) {
        assert_eq!(ours, &case.candidate_tokens, "{}", case.candidate);
    }
}

#[test]
fn bleu() {
    let texts: Texts = fixture("texts.json.gz");
    let (mut coco, mut sacre) = (Largest::of("BLEU, COCO"), Largest::of("BLEU, sacre"));
    let (mut coco_sum, mut sacre_sum) = (bleu::Counts::default(), bleu::Counts::default());
    for case in &texts.cases {
        let (candidate, references) = case.tokens();
        let counts = bleu::Counts::of(candidate, &references);
        coco_sum += counts;
        for (n, ours) in counts.coco().into_iter().enumerate() {
            coco.meet(ours, case.coco_bleu[n], || format!("BLEU-{} of {:?}", n + 1, case.candidate));
        }
        let (candidate, references) = case.texts();
        let counts = sacre_counts(candidate, &references);
        sacre_sum += counts;
        for n in 0..4 {
            sacre.meet(counts.sacre(n + 1, true), case.sacre_bleu[n], || {
                format!("BLEU-{} of {:?}", n + 1, case.candidate)
            });
        }
    }
    for n in 0..4 {
        coco.meet(coco_sum.coco()[n], texts.corpus.coco_bleu[n], || format!("the corpus' BLEU-{}", n + 1));
        sacre.meet(sacre_sum.sacre(n + 1, false), texts.corpus.sacre_bleu[n], || format!("the corpus' BLEU-{}", n + 1));
    }
    coco.within(CLOSE);
    sacre.within(CLOSE);
}

#[test]
fn rouge() {
    let texts: Texts = fixture("texts.json.gz");
    let (mut google, mut coco) = (Largest::of("ROUGE-1, 2, L"), Largest::of("ROUGE-L, COCO"));
    let mut sum = 0.0;
    for case in &texts.cases {
        let (candidate, references) = case.texts();
        let Rouge { one, two, longest } = Rouge::of(candidate, &references);
        for (Overlap { precision, recall, f1 }, theirs) in [one, two, longest].into_iter().zip(case.rouge) {
            for (ours, theirs) in [precision, recall, f1].into_iter().zip(theirs) {
                google.meet(ours, theirs, || case.candidate.clone());
            }
        }
        let (candidate, references) = case.tokens();
        let ours = coco_rouge_l(candidate, &references);
        sum += ours;
        coco.meet(ours, case.coco_rouge_l, || case.candidate.clone());
    }
    coco.meet(sum / texts.cases.len() as f64, texts.corpus.coco_rouge_l, || "the corpus".into());
    google.within(CLOSE);
    coco.within(CLOSE);
}

#[test]
fn cider_of_both_forms() {
    let texts: Texts = fixture("texts.json.gz");
    let cases: Vec<_> = texts.cases.iter().map(Case::tokens).collect();
    for (form, name) in [(Form::D, "CIDEr-D"), (Form::Plain, "CIDEr")] {
        let mut largest = Largest::of(name);
        let scores = cider(&cases, form);
        for (ours, case) in scores.iter().zip(&texts.cases) {
            largest.meet(*ours, if form == Form::D { case.cider_d } else { case.cider }, || case.candidate.clone());
        }
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        largest.meet(mean, if form == Form::D { texts.corpus.cider_d } else { texts.corpus.cider }, || {
            "the corpus".into()
        });
        largest.within(CLOSE);
    }
}

#[derive(Deserialize)]
struct Numbers {
    single: Single,
    several: Several,
    rankings: Vec<Ranking>,
}

#[derive(Deserialize)]
struct Single {
    truth: Vec<usize>,
    scores: Vec<Vec<f64>>,
    accuracy: f64,
    #[serde(rename = "macro")]
    plain: [f64; 3],
    weighted: [f64; 3],
    top: BTreeMap<String, f64>,
    calibration_error: BTreeMap<String, f64>,
    confusion: Vec<Vec<usize>>,
}

#[derive(Deserialize)]
struct Several {
    truth: Vec<Vec<bool>>,
    scores: Vec<Vec<f64>>,
    at: BTreeMap<String, BTreeMap<String, [f64; 3]>>,
    average_precision: Vec<f64>,
}

#[derive(Deserialize)]
struct Ranking {
    gains: Vec<f64>,
    k: usize,
    ndcg: f64,
    recall: f64,
    reciprocal_rank: f64,
}

fn meet_prf(largest: &mut Largest, ours: classification::Prf, theirs: [f64; 3]) {
    for (ours, theirs) in [ours.precision, ours.recall, ours.f1].into_iter().zip(theirs) {
        largest.meet(ours, theirs, || format!("{theirs}"));
    }
}

#[test]
fn labels() {
    let single: Single = fixture::<Numbers>("numbers.json").single;
    let mut largest = Largest::of("accuracy, top-k, P/R/F1");
    let ranked: Vec<Vec<usize>> = single
        .scores
        .iter()
        .map(|scores| {
            let mut order: Vec<usize> = (0..scores.len()).collect();
            order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
            order
        })
        .collect();
    let answers: Vec<Option<usize>> = ranked.iter().map(|ranked| Some(ranked[0])).collect();
    let figures = classification::classified(&single.truth, &answers, 7);
    largest.meet(figures.accuracy, single.accuracy, || "accuracy".into());
    meet_prf(&mut largest, figures.macro_average, single.plain);
    meet_prf(&mut largest, figures.weighted_average, single.weighted);
    for (k, theirs) in &single.top {
        largest.meet(classification::top_k_accuracy(&single.truth, &ranked, k.parse().unwrap()), *theirs, || {
            format!("top {k}")
        });
    }
    assert_eq!(classification::confusion(&single.truth, &answers, 7), single.confusion);
    largest.within(CLOSE);

    let mut largest = Largest::of("calibration error");
    let confidence: Vec<f64> = single.scores.iter().zip(&ranked).map(|(scores, ranked)| scores[ranked[0]]).collect();
    let right: Vec<bool> = single.truth.iter().zip(&ranked).map(|(truth, ranked)| *truth == ranked[0]).collect();
    for (bins, theirs) in &single.calibration_error {
        let ours = calibration::expected_calibration_error(&confidence, &right, bins.parse().unwrap());
        largest.meet(ours, *theirs, || format!("{bins} bins"));
    }
    largest.within(CLOSE);
}

#[test]
fn several_labels() {
    let several: Several = fixture::<Numbers>("numbers.json").several;
    let mut largest = Largest::of("several labels, thresholds");
    for (threshold, averages) in &several.at {
        let threshold: f64 = threshold.parse().unwrap();
        let mut tally = Tally::new(several.truth[0].len());
        for (truth, scores) in several.truth.iter().zip(&several.scores) {
            let truth: Vec<usize> = (0..truth.len()).filter(|&label| truth[label]).collect();
            let given: Vec<usize> = (0..scores.len()).filter(|&label| scores[label] >= threshold).collect();
            tally.add(&truth, &given);
        }
        for (name, average) in [("micro", Average::Micro), ("macro", Average::Macro), ("weighted", Average::Weighted)] {
            meet_prf(&mut largest, tally.average(average), averages[name]);
        }
    }
    largest.within(CLOSE);
    let mut largest = Largest::of("average precision");
    for (label, theirs) in several.average_precision.iter().enumerate() {
        let scored = several.truth.iter().zip(&several.scores).map(|(truth, scores)| (truth[label], scores[label]));
        // What is neither true nor scored may be left out.
        let scored: Vec<(bool, f64)> = scored.filter(|(truth, score)| *truth || *score > 0.0).collect();
        let ours = classification::average_precision(&scored, several.truth.len());
        largest.meet(ours, *theirs, || format!("label {label}"));
    }
    largest.within(CLOSE);
}

#[test]
fn rankings() {
    let mut largest = Largest::of("nDCG, recall, reciprocal rank");
    for Ranking { gains, k, ndcg, recall, reciprocal_rank } in fixture::<Numbers>("numbers.json").rankings {
        let wanted = gains.iter().filter(|gain| **gain > 0.0).count();
        largest.meet(ranking::ndcg(&gains, &gains, k), ndcg, || format!("nDCG@{k} of {gains:?}"));
        largest.meet(ranking::recall(&gains, wanted, k), recall, || format!("recall@{k} of {gains:?}"));
        largest.meet(ranking::reciprocal_rank(&gains), reciprocal_rank, || format!("{gains:?}"));
    }
    largest.within(CLOSE);
}

#[derive(Deserialize)]
struct Bert {
    markers: Vec<u32>,
    baseline: [f64; 3],
    scaled: Vec<[f64; 3]>,
    cases: Vec<BertCase>,
}

#[derive(Deserialize)]
struct BertCase {
    candidate: BertText,
    reference: BertText,
    plain: [f64; 3],
    weighed: [f64; 3],
}

#[derive(Deserialize)]
struct BertText {
    tokens: Vec<u32>,
    rows: Vec<Vec<f32>>,
}

/// `fixtures/bert.py` made these, with rows to four decimals.
#[test]
fn bert_score() {
    let Bert { markers, baseline, scaled, cases } = fixture("bert.json.gz");
    assert!(cases.len() >= 200);
    let rows =
        |text: &BertText| TokenRows { tokens: text.tokens.clone(), rows: text.rows.concat(), markers: markers.clone() };
    let weights = inverse_document_frequencies(cases.iter().map(|case| case.reference.tokens.as_slice()));
    let (mut plain, mut weighed) = (Largest::of("BERTScore"), Largest::of("BERTScore, weighed"));
    let mut rescaled = Largest::of("BERTScore, rescaled");
    let meet = |largest: &mut Largest, ours: BertScore, theirs: [f64; 3], case: usize| {
        for (ours, theirs) in [ours.precision, ours.recall, ours.f1].into_iter().zip(theirs) {
            largest.meet(ours, theirs, || format!("case {case}"));
        }
    };
    let [precision, recall, f1] = baseline;
    for (number, case) in cases.iter().enumerate() {
        let (candidate, reference) = (rows(&case.candidate), rows(&case.reference));
        let ours = BertScore::of(&candidate, &reference, None);
        meet(&mut plain, ours, case.plain, number);
        meet(&mut weighed, BertScore::of(&candidate, &reference, Some(&weights)), case.weighed, number);
        if let Some(theirs) = scaled.get(number) {
            meet(&mut rescaled, ours.rescaled(BertScore { precision, recall, f1 }), *theirs, number);
        }
    }
    plain.within(1e-3);
    weighed.within(1e-3);
    rescaled.within(1e-3);
}
