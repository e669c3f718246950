//! Where on a scan a sentence finds what it speaks of.

use image::RgbImage;
use vitrine_inference::{InferenceError, Retriever};

use crate::reading::telling_rows;

/// How much each part of a scan speaks for a sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct PatchMap {
    /// Parts beside each other.
    pub columns: usize,
    /// Line by line from the top: 0 for no more than the scan does on average, 1 for the most.
    pub weights: Vec<f32>,
}

/// The parts of `image` that come nearest to the telling words of `sentence`; `None` where `retriever` cannot compare images with texts.
///
/// For each word the cosine of each part, less the mean over all parts: what is alike everywhere shows nothing. These are averaged over the words, cut off at 0 and divided by
/// the largest (after the similarity maps of ColPali, arXiv 2407.01449).
pub fn patch_map(
    sentence: &str,
    image: &RgbImage,
    retriever: &dyn Retriever,
) -> Result<Option<PatchMap>, InferenceError> {
    let Some(patches) = retriever.embed_patches(image)? else { return Ok(None) };
    let words = telling_rows(sentence, retriever, &|_| true)?;
    let mut weights = vec![0.0f32; patches.rows.len()];
    for word in words.rows() {
        let cosines: Vec<f32> =
            patches.rows.rows().map(|part| part.iter().zip(word).map(|(part, word)| part * word).sum()).collect();
        let mean = cosines.iter().sum::<f32>() / cosines.len().max(1) as f32;
        weights.iter_mut().zip(cosines).for_each(|(weight, cosine)| *weight += cosine - mean);
    }
    let most = weights.iter().copied().fold(0.0, f32::max);
    let share = if most > 1e-6 { 1.0 / most } else { 0.0 };
    weights.iter_mut().for_each(|weight| *weight = weight.max(0.0) * share);
    Ok(Some(PatchMap { columns: patches.columns, weights }))
}

#[cfg(test)]
mod tests {
    use vitrine_inference::{ImagePatches, PackIdentity, TextRows};
    use vitrine_retrieval::MultiVector;

    use super::*;

    /// Words and parts of one of three colours; the image is a line of a red, a green and a blue part, thrice.
    struct Colours(PackIdentity);

    fn colour(word: &str) -> [f32; 3] {
        match word {
            "red" => [1.0, 0.0, 0.0],
            "green" => [0.0, 1.0, 0.0],
            _ => [0.0, 0.0, 1.0],
        }
    }

    impl Retriever for Colours {
        fn pack(&self) -> &PackIdentity {
            &self.0
        }

        fn dimension(&self) -> usize {
            3
        }

        fn relates_images_to_text(&self) -> bool {
            true
        }

        fn embed_image(&self, _: &RgbImage) -> Result<MultiVector, InferenceError> {
            let line = ["red", "green", "blue"].map(colour).concat();
            Ok(MultiVector::new(line.repeat(3), 3)?)
        }

        fn embed_patches(&self, image: &RgbImage) -> Result<Option<ImagePatches>, InferenceError> {
            Ok(Some(ImagePatches { rows: self.embed_image(image)?, columns: 3 }))
        }

        fn embed_query(&self, text: &str) -> Result<TextRows, InferenceError> {
            let words = vitrine_knowledge::words(text);
            let values = words.iter().flat_map(|(_, word)| colour(word)).collect();
            Ok(TextRows {
                rows: MultiVector::new(values, 3)?,
                spans: words.into_iter().map(|(span, _)| Some(span)).collect(),
            })
        }

        fn embed_passage(&self, text: &str) -> Result<TextRows, InferenceError> {
            self.embed_query(text)
        }
    }

    #[test]
    fn the_parts_that_a_sentence_speaks_of_stand_out() {
        let colours =
            Colours(PackIdentity { id: "colours".into(), version: "1".into(), weights_sha256: String::new() });
        let image = RgbImage::new(3, 3);
        let map = patch_map("The red.", &image, &colours).unwrap().unwrap();
        assert_eq!((map.columns, map.weights), (3, [1.0, 0.0, 0.0].repeat(3)));
        let both = patch_map("The red and the green.", &image, &colours).unwrap().unwrap();
        assert_eq!(both.weights, [1.0, 1.0, 0.0].repeat(3));
    }
}
