//! Which token comes next. The steps and their order are those of transformers' logits processors: repetition penalty (Keskar et
//! al. 2019), temperature, top-k, top-p (Holtzman et al. 2020), then a draw.

use crate::InferenceError;
use crate::noise::Noise;

/// How tokens are chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// Logits are divided by it; 0 takes the likeliest token always.
    pub temperature: f32,
    /// Only the tokens are drawn from that make up this share of the probability; 1 for all.
    pub top_p: f32,
    /// Only this many of the likeliest tokens are drawn from; 0 for all.
    pub top_k: usize,
    /// Logits of tokens that stand in the text already are divided (where negative, multiplied) by it; 1 for no penalty.
    pub repetition_penalty: f32,
    /// The same seed gives the same answer.
    pub seed: u64,
}

impl Default for Sampling {
    /// The likeliest token always.
    fn default() -> Self {
        Self { temperature: 0.0, top_p: 1.0, top_k: 0, repetition_penalty: 1.0, seed: 0 }
    }
}

/// Chooses tokens one after another.
#[derive(Debug, Clone)]
pub struct Sampler {
    sampling: Sampling,
    noise: Noise,
}

impl Sampler {
    /// Begins a text.
    pub fn new(sampling: Sampling) -> Self {
        let noise = Noise::new(sampling.seed);
        Self { sampling, noise }
    }

    /// The next token from `logits` (`[vocabulary]`, which it changes) after the tokens `seen`. Logits that are no numbers are an error.
    pub fn choose(&mut self, logits: &mut [f32], seen: &[u32]) -> Result<u32, InferenceError> {
        if logits.is_empty() || logits.iter().any(|logit| logit.is_nan()) {
            let cause = "the model gave no usable numbers for the next token; its files may be damaged".into();
            return Err(InferenceError::Compute(candle_core::Error::Msg(cause)));
        }
        self.process(logits, seen);
        if self.sampling.temperature <= 0.0 {
            return Ok(likeliest(logits));
        }
        let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let weight = |logit: f32| f64::from(logit - highest).exp();
        let total: f64 = logits.iter().map(|&logit| weight(logit)).sum();
        // 53 bits, as many as fit.
        let mut left = (self.noise.next() >> 11) as f64 / (1u64 << 53) as f64 * total;
        for (token, &logit) in logits.iter().enumerate() {
            left -= weight(logit);
            if left < 0.0 {
                return Ok(token as u32);
            }
        }
        // What rounding leaves over belongs to the likeliest.
        Ok(likeliest(logits))
    }

    /// All steps before the draw; a token that can't be drawn gets minus infinity.
    fn process(&self, logits: &mut [f32], seen: &[u32]) {
        let Sampling { temperature, top_p, top_k, repetition_penalty, .. } = self.sampling;
        if repetition_penalty != 1.0 && repetition_penalty > 0.0 {
            penalise(logits, seen, repetition_penalty);
        }
        if temperature <= 0.0 {
            return;
        }
        logits.iter_mut().for_each(|logit| *logit /= temperature);
        if top_k > 0 && top_k < logits.len() {
            let mut sorted = logits.to_vec();
            let (_, &mut least, _) = sorted.select_nth_unstable_by(top_k - 1, |a, b| b.total_cmp(a));
            logits.iter_mut().filter(|logit| **logit < least).for_each(|logit| *logit = f32::NEG_INFINITY);
        }
        if top_p < 1.0 {
            keep_share(logits, top_p);
        }
    }
}

fn penalise(logits: &mut [f32], seen: &[u32], penalty: f32) {
    let mut seen = seen.to_vec();
    seen.sort_unstable();
    seen.dedup();
    for token in seen {
        if let Some(logit) = logits.get_mut(token as usize) {
            *logit = if *logit < 0.0 { *logit * penalty } else { *logit / penalty };
        }
    }
}

/// Leaves the fewest likeliest tokens that have more than `share` of the probability together, one at least.
fn keep_share(logits: &mut [f32], share: f32) {
    let mut order: Vec<usize> = (0..logits.len()).filter(|&token| logits[token] > f32::NEG_INFINITY).collect();
    order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
    let Some(&first) = order.first() else { return };
    let highest = logits[first];
    let weights: Vec<f64> = order.iter().map(|&token| f64::from(logits[token] - highest).exp()).collect();
    // From the unlikely end, as the reference sums: what falls short of 1 - share together is left out.
    let total: f64 = weights.iter().sum();
    let most = (1.0 - f64::from(share.max(0.0))) * total;
    let mut tail = 0.0;
    for (&token, weight) in order.iter().zip(&weights).skip(1).rev() {
        tail += weight;
        if tail > most {
            break;
        }
        logits[token] = f32::NEG_INFINITY;
    }
}

/// The first of the highest.
fn likeliest(logits: &[f32]) -> u32 {
    let mut best = 0;
    for (token, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = token;
        }
    }
    best as u32
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Case {
        temperature: f32,
        top_p: f32,
        top_k: usize,
        repetition_penalty: f32,
        seen: Vec<u32>,
        logits: Vec<f32>,
        /// None where the reference says minus infinity.
        processed: Vec<Option<f32>>,
    }

    #[test]
    fn processed_logits_are_those_of_transformers() {
        let cases: Vec<Case> = serde_json::from_str(include_str!("../../fixtures/generation/sampling.json")).unwrap();
        assert!(cases.len() >= 20);
        for (at, case) in cases.into_iter().enumerate() {
            let sampler = Sampler::new(Sampling {
                temperature: case.temperature,
                top_p: case.top_p,
                top_k: case.top_k,
                repetition_penalty: case.repetition_penalty,
                seed: 0,
            });
            let mut logits = case.logits;
            sampler.process(&mut logits, &case.seen);
            for (token, (ours, theirs)) in logits.iter().zip(&case.processed).enumerate() {
                match theirs {
                    None => assert_eq!(*ours, f32::NEG_INFINITY, "case {at}, token {token}"),
                    Some(theirs) => assert!((ours - theirs).abs() < 1e-5, "case {at}, token {token}: {ours} {theirs}"),
                }
            }
        }
    }

    #[test]
    fn draws_follow_the_probabilities_and_repeat_with_the_seed() {
        let logits = [0.0f32, 1.0, 2.0, -1.0];
        let draws = |seed| -> Vec<u32> {
            let mut sampler = Sampler::new(Sampling { temperature: 1.0, seed, ..Sampling::default() });
            (0..20_000).map(|_| sampler.choose(&mut logits.clone(), &[]).unwrap()).collect()
        };
        let drawn = draws(7);
        assert_eq!(drawn, draws(7));
        assert_ne!(drawn, draws(8));
        let total: f64 = logits.iter().map(|l| f64::from(*l).exp()).sum();
        for (token, logit) in logits.iter().enumerate() {
            let share = drawn.iter().filter(|&&t| t == token as u32).count() as f64 / drawn.len() as f64;
            assert!((share - f64::from(*logit).exp() / total).abs() < 0.015, "{token}: {share}");
        }
    }

    #[test]
    fn what_is_no_number_is_an_error() {
        let mut sampler = Sampler::new(Sampling::default());
        assert!(sampler.choose(&mut [], &[]).is_err());
        assert!(sampler.choose(&mut [1.0, f32::NAN], &[]).is_err());
        assert_eq!(sampler.choose(&mut [1.0, 3.0, 3.0], &[]).unwrap(), 1);
    }
}
