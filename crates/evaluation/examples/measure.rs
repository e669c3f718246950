//! How long the metrics of texts take: `measure PAIRS.json [PYCOCOEVALCAP]`, pairs as `[[candidate, [reference, …]], …]`; METEOR is left out without the package's folder. Prints a JSON
//! object with `seconds` by metric and METEOR's `scores`; `fixtures/speed.py` runs it beside the references. `RAYON_NUM_THREADS` bounds the threads of what uses several.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use vitrine_evaluation::metrics::bleu;
use vitrine_evaluation::metrics::cider::{Form, cider};
use vitrine_evaluation::metrics::meteor::{Meteor, Package};
use vitrine_evaluation::metrics::rouge::{Rouge, coco_rouge_l};
use vitrine_evaluation::text::caption_tokens;

#[allow(clippy::print_stdout)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let pairs: Vec<(String, Vec<String>)> = serde_json::from_slice(&std::fs::read(&arguments[0])?)?;
    let mut seconds = BTreeMap::new();

    let begun = Instant::now();
    let candidates = caption_tokens(&pairs.iter().map(|(candidate, _)| candidate.as_str()).collect::<Vec<_>>());
    let mut references =
        caption_tokens(&pairs.iter().flat_map(|(_, texts)| texts).map(String::as_str).collect::<Vec<_>>()).into_iter();
    seconds.insert("tokens", begun.elapsed().as_secs_f64());
    let references: Vec<Vec<String>> =
        pairs.iter().map(|(_, texts)| references.by_ref().take(texts.len()).collect()).collect();
    let tokens: Vec<(&str, Vec<&str>)> = candidates
        .iter()
        .zip(&references)
        .map(|(candidate, texts)| (candidate.as_str(), texts.iter().map(String::as_str).collect()))
        .collect();

    let begun = Instant::now();
    let mut sum = bleu::Counts::default();
    for (candidate, texts) in &tokens {
        let counts = bleu::Counts::of(candidate, texts);
        black_box(counts.coco());
        sum += counts;
    }
    black_box(sum.coco());
    seconds.insert("BLEU, COCO", begun.elapsed().as_secs_f64());

    let begun = Instant::now();
    let mut sum = bleu::Counts::default();
    for (candidate, texts) in &pairs {
        sum += bleu::sacre_counts(candidate, &texts.iter().map(String::as_str).collect::<Vec<_>>());
    }
    black_box(sum.sacre(4, false));
    seconds.insert("BLEU, sacre", begun.elapsed().as_secs_f64());

    let begun = Instant::now();
    for (candidate, texts) in &pairs {
        black_box(Rouge::of(candidate, &texts.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    seconds.insert("ROUGE-1, 2, L", begun.elapsed().as_secs_f64());

    let begun = Instant::now();
    for (candidate, texts) in &tokens {
        black_box(coco_rouge_l(candidate, texts));
    }
    seconds.insert("ROUGE-L, COCO", begun.elapsed().as_secs_f64());

    let begun = Instant::now();
    black_box(cider(&tokens, Form::D));
    seconds.insert("CIDEr-D", begun.elapsed().as_secs_f64());

    let mut scores: Vec<f64> = Vec::new();
    if let Some(folder) = arguments.get(1) {
        // Reading the lists counts, as starting Java does.
        let begun = Instant::now();
        let meteor = Meteor::new(Package::read(folder.as_ref())?);
        let counts = meteor.counts(&tokens)?;
        seconds.insert("METEOR", begun.elapsed().as_secs_f64());
        scores = counts.iter().map(|counts| counts.score()).collect();
    }
    println!("{}", serde_json::json!({ "seconds": seconds, "scores": scores }));
    Ok(())
}
