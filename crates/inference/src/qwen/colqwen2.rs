//! ColQwen2 (Faysse et al., arXiv 2407.01449): Qwen2-VL whose last hidden states become unit rows of 128 numbers, one a token.

use std::ops::Range;

use candle_core::{DType, Device, Tensor};
use image::RgbImage;
use vitrine_retrieval::MultiVector;

use super::{
    Grid, ImageBudget, LanguageModel, Positions, PreparedImages, QwenConfig, QwenVl, VisionFamily, VisionTower,
};
use crate::{ImagePatches, InferenceError, Linear, WeightSource};

type Result<T> = std::result::Result<T, InferenceError>;

/// The width of a row where the checkpoint says nothing else.
pub(crate) const ROW_WIDTH: usize = 128;

/// How many tokens follow the image in the image prompt: the request to describe it, the end of the turn and of the text.
const AFTER_IMAGE: usize = 6;

/// How many of those follow the text of a query with image and text.
const AFTER_TEXT: usize = 2;

/// The words that ColQwen2 was trained with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColQwen2Prompts {
    /// Around an image; it holds one `<|image_pad|>`.
    pub image: String,
    /// Before a query. ColQwen2 1.0 was trained with `Query: `; processors of later date have nothing here.
    pub query_prefix: String,
    /// The token behind a query whose rows the model may fill as it likes, and how often it stands there.
    pub augmentation: (String, usize),
}

impl Default for ColQwen2Prompts {
    fn default() -> Self {
        Self {
            image: concat!(
                "<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>",
                "Describe the image.<|im_end|><|endoftext|>"
            )
            .into(),
            query_prefix: "Query: ".into(),
            augmentation: ("<|endoftext|>".into(), 10),
        }
    }
}

impl ColQwen2Prompts {
    /// A text query's words with what stands before and behind it.
    pub fn query(&self, text: &str) -> String {
        format!("{}{text}{}", self.query_prefix, self.augmentation.0.repeat(self.augmentation.1))
    }

    /// A text to be found: its words and the end of the text. The model was trained to find images of pages; of bare text nothing is published.
    pub fn passage(&self, text: &str) -> String {
        format!("{text}{}", self.augmentation.0)
    }
}

/// A sequence to embed: its tokens with one image token an image row, its image, and which rows are wanted.
struct Sequence<'a> {
    ids: Vec<u32>,
    image: Option<&'a RgbImage>,
    kept: Range<usize>,
}

/// ColQwen2 with its weights.
pub struct ColQwen2 {
    model: QwenVl,
    projection: Linear,
    width: usize,
    budget: ImageBudget,
}

impl ColQwen2 {
    /// Loads the tensors of a Qwen2-VL without its head, and `custom_text_proj`. Images take at most 768 rows.
    pub fn load(config: &QwenConfig, source: &dyn WeightSource) -> Result<Self> {
        if config.vision.family != VisionFamily::Qwen2 {
            return Err(InferenceError::ModelConfig("ColQwen2 is made of a qwen2_vl, and this is not one".into()));
        }
        let width = config.row_width.unwrap_or(ROW_WIDTH);
        let vision = VisionTower::load(&config.vision, source)?;
        let language = LanguageModel::without_head(&config.language, source)?;
        Ok(Self {
            model: QwenVl::new(vision, language, config.image_token)?,
            projection: source.linear("custom_text_proj", config.language.width, width, true)?,
            width,
            budget: ImageBudget::tokens(768),
        })
    }

    /// The same with another limit on an image's size.
    pub fn with_budget(self, budget: ImageBudget) -> Self {
        Self { budget, ..self }
    }

    /// The width of a row.
    pub fn row_width(&self) -> usize {
        self.width
    }

    /// Text queries, each the tokens of [`ColQwen2Prompts::query`]: a row a token.
    pub fn embed_queries(&self, queries: &[Vec<u32>]) -> Result<Vec<MultiVector>> {
        let sequence = |ids: &Vec<u32>| Sequence { ids: ids.clone(), image: None, kept: 0..ids.len() };
        self.embed(queries.iter().map(sequence).collect())
    }

    /// Images, each within the tokens of [`ColQwen2Prompts::image`]: a row a token, those of the words around the image too.
    pub fn embed_images(&self, images: &[&RgbImage], prompt: &[u32]) -> Result<Vec<MultiVector>> {
        let sequence = |image| {
            let ids = self.widen(prompt, image)?;
            Ok(Sequence { kept: 0..ids.len(), ids, image: Some(image) })
        };
        self.embed(images.iter().map(|image| sequence(*image)).collect::<Result<_>>()?)
    }

    /// The rows of an image that stand for parts of it, line by line, and how many of them make a line.
    pub fn embed_patches(&self, image: &RgbImage, prompt: &[u32]) -> Result<ImagePatches> {
        let ids = self.widen(prompt, image)?;
        let token = self.model.image_token();
        let first = ids.iter().position(|&id| id == token).unwrap_or(0);
        let count = ids.iter().filter(|&&id| id == token).count();
        let columns = self.grid(image)?.columns / self.model.vision.config().merge;
        let rows = self.embed(vec![Sequence { ids, image: Some(image), kept: first..first + count }])?;
        let rows = rows.into_iter().next().ok_or_else(|| InferenceError::Prompt("no rows came of it".into()))?;
        Ok(ImagePatches { rows, columns })
    }

    /// Queries of an image and a text: the image prompt up to its words, the text query's tokens, the end of the turn and of
    /// the text. Only the rows of the query's tokens are kept.
    pub fn embed_images_with_texts(
        &self,
        queries: &[(&RgbImage, Vec<u32>)],
        prompt: &[u32],
    ) -> Result<Vec<MultiVector>> {
        if prompt.len() <= AFTER_IMAGE {
            return Err(InferenceError::Prompt("the image prompt is too short to put a text into".into()));
        }
        let (before, after) = (&prompt[..prompt.len() - AFTER_IMAGE], &prompt[prompt.len() - AFTER_TEXT..]);
        let sequences = queries.iter().map(|(image, text)| {
            let mut ids = self.widen(before, image)?;
            let kept = ids.len()..ids.len() + text.len();
            ids.extend(text);
            ids.extend(after);
            Ok(Sequence { ids, image: Some(image), kept })
        });
        self.embed(sequences.collect::<Result<_>>()?)
    }

    /// `prompt` with its one image token repeated for every row of `image`.
    fn widen(&self, prompt: &[u32], image: &RgbImage) -> Result<Vec<u32>> {
        let token = self.model.image_token();
        let merge = self.model.vision.config().merge;
        let grid = self.grid(image)?;
        if prompt.iter().filter(|&&id| id == token).count() != 1 {
            return Err(InferenceError::Prompt(format!("the image prompt must hold the image token {token} once")));
        }
        let repeat = |&id: &u32| std::iter::repeat_n(id, if id == token { grid.tokens(merge) } else { 1 });
        Ok(prompt.iter().flat_map(repeat).collect())
    }

    /// The patches of an image at the size that it is shown to the model in.
    fn grid(&self, image: &RgbImage) -> Result<Grid> {
        let vision = self.model.vision.config();
        let (width, height) = self.budget.fit(image.width(), image.height(), vision.patch * vision.merge)?;
        Ok(Grid { rows: height as usize / vision.patch, columns: width as usize / vision.patch })
    }

    /// All sequences side by side: one pass of the matrix products for the batch, no padding, and nothing to mask. The
    /// reference pads to the left, masks the padding and sets its rows to nought; the other rows are these.
    fn embed(&self, sequences: Vec<Sequence>) -> Result<Vec<MultiVector>> {
        if sequences.is_empty() {
            return Ok(Vec::new());
        }
        let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.ids.len()).collect();
        let images: Vec<&RgbImage> = sequences.iter().filter_map(|sequence| sequence.image).collect();
        let vision = self.model.vision.config();
        let images = PreparedImages::new(&images, vision, self.budget)?;
        let mut positions = Positions::text(0, 0);
        let mut grids = images.grids.iter();
        for sequence in &sequences {
            let grid: Vec<_> = sequence.image.and_then(|_| grids.next()).copied().into_iter().collect();
            positions.extend(&Positions::of_prompt(&sequence.ids, self.model.image_token(), &grid, vision.merge)?);
        }
        let ids: Vec<u32> = sequences.iter().flat_map(|sequence| sequence.ids.iter().copied()).collect();
        let mut rows = self.model.language.embed(&ids)?;
        if !images.grids.is_empty() {
            rows = self.model.place_rows(&ids, &rows, &self.model.vision.forward(&images)?)?;
        }
        let hidden = self.model.language.encode(&rows, &positions, &lengths)?;
        let projected = self.project(&hidden)?;
        let mut first = 0;
        sequences
            .iter()
            .map(|sequence| {
                let kept = projected.narrow(0, first + sequence.kept.start, sequence.kept.len())?;
                first += sequence.ids.len();
                Ok(MultiVector::normalised(kept.flatten_all()?.to_vec1::<f32>()?, self.width)?)
            })
            .collect()
    }

    /// Hidden states to rows that are not yet of unit length, f32 on the CPU.
    fn project(&self, hidden: &Tensor) -> Result<Tensor> {
        Ok(self.projection.forward(hidden)?.to_dtype(DType::F32)?.to_device(&Device::Cpu)?)
    }
}
