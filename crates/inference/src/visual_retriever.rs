//! ColQwen2 from an added pack behind [`Retriever`]: images, and the texts that seek them, as rows of one space.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use image::RgbImage;
use vitrine_retrieval::MultiVector;

use crate::chat::{ChatTokenizer, Words as _, as_words};
use crate::device::OpenDevice;
use crate::engine::{Engine, EngineOptions, Priority};
use crate::model_pack::{InstalledPack, loading};
use crate::qwen::{COLQWEN2_ROW_WIDTH, ColQwen2, ColQwen2Prompts};
use crate::{ImagePatches, InferenceError, PackIdentity, Retriever, TextRows};

type Result<T> = std::result::Result<T, InferenceError>;

/// Tokens that are planned for at once: the largest image with its prompt, and some.
const PLANNED_TOKENS: u64 = 1024;

/// An added pack that finds. One thread owns the model; it is loaded when somebody first asks.
pub struct VisualRetriever {
    identity: PackIdentity,
    dimension: usize,
    engine: Engine<Loaded>,
}

/// What the engine's thread owns.
struct Loaded {
    model: ColQwen2,
    tokenizer: ChatTokenizer,
    prompts: ColQwen2Prompts,
}

impl VisualRetriever {
    /// A retriever with the model of `pack`. `cache` is a folder for matrices packed at load. `notice` hears sentences about loading.
    pub fn new(
        pack: InstalledPack,
        cache: &Path,
        device: OpenDevice,
        notice: Arc<dyn Fn(String) + Send + Sync>,
    ) -> Result<Self> {
        let dimension = loading::configuration(&pack)?.row_width.unwrap_or(COLQWEN2_ROW_WIDTH);
        let (identity, cache) = (pack.identity(), cache.to_owned());
        let engine = Engine::start(&pack.id.clone(), EngineOptions::default(), move || {
            Loaded::load(&pack, &cache, &device, &*notice)
        })?;
        Ok(Self { identity, dimension, engine })
    }

    /// Loads the model now, so that what is in the way of it is known before anybody asks.
    pub fn load(&self) -> Result<()> {
        self.engine.submit(Priority::Interactive, |_: &mut Loaded, _| Ok(())).wait()
    }

    /// A query of an image and what is asked of it, as the paper's system seeks with both: the rows of the text's tokens, which have seen
    /// the image.
    pub fn embed_image_and_query(&self, image: &RgbImage, text: &str) -> Result<TextRows> {
        let (image, text) = (image.clone(), text.to_owned());
        let job = self.engine.submit(Priority::Interactive, move |loaded: &mut Loaded, _| {
            let Words { ids, spans } = loaded.words(Kind::Query, &text)?;
            let prompt = loaded.tokenizer.encode(&loaded.prompts.image)?;
            let rows = loaded.model.embed_images_with_texts(&[(&image, ids)], &prompt)?;
            Ok(TextRows { rows: only(rows)?, spans })
        });
        job.wait()
    }
}

impl Retriever for VisualRetriever {
    fn pack(&self) -> &PackIdentity {
        &self.identity
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn relates_images_to_text(&self) -> bool {
        true
    }

    fn embed_image(&self, image: &RgbImage) -> Result<MultiVector> {
        let image = image.clone();
        let job = self.engine.submit(Priority::Batch, move |loaded: &mut Loaded, _| {
            let prompt = loaded.tokenizer.encode(&loaded.prompts.image)?;
            only(loaded.model.embed_images(&[&image], &prompt)?)
        });
        job.wait()
    }

    fn embed_patches(&self, image: &RgbImage) -> Result<Option<ImagePatches>> {
        let image = image.clone();
        let job = self.engine.submit(Priority::Interactive, move |loaded: &mut Loaded, _| {
            let prompt = loaded.tokenizer.encode(&loaded.prompts.image)?;
            loaded.model.embed_patches(&image, &prompt)
        });
        job.wait().map(Some)
    }

    fn embed_query(&self, text: &str) -> Result<TextRows> {
        let text = text.to_owned();
        self.engine.submit(Priority::Interactive, move |loaded: &mut Loaded, _| loaded.embed(Kind::Query, &text)).wait()
    }

    fn embed_passage(&self, text: &str) -> Result<TextRows> {
        let text = text.to_owned();
        self.engine.submit(Priority::Batch, move |loaded: &mut Loaded, _| loaded.embed(Kind::Passage, &text)).wait()
    }
}

/// What a text is embedded as.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Query,
    Passage,
}

/// A text's tokens, and for each the bytes of the text that it stands for.
struct Words {
    ids: Vec<u32>,
    spans: Vec<Option<Range<usize>>>,
}

impl Loaded {
    fn load(pack: &InstalledPack, cache: &Path, device: &OpenDevice, notice: &dyn Fn(String)) -> Result<Self> {
        let opened = loading::open(pack, cache, device, PLANNED_TOKENS, notice)?;
        Ok(Self {
            model: ColQwen2::load(&opened.sizes.seeing(&pack.folder)?, &*opened.weights)?,
            tokenizer: ChatTokenizer::open(&loading::words(pack))?,
            prompts: ColQwen2Prompts::default(),
        })
    }

    fn words(&self, kind: Kind, text: &str) -> Result<Words> {
        let text = as_words(text);
        let (prompt, start) = match kind {
            Kind::Query => (self.prompts.query(&text), self.prompts.query_prefix.len()),
            Kind::Passage => (self.prompts.passage(&text), 0),
        };
        let end = start + text.len();
        let within = |span: Range<usize>| {
            let own = span.start.max(start)..span.end.min(end);
            (own.start < own.end).then(|| own.start - start..own.end - start)
        };
        let tokens = self.tokenizer.encode_with_spans(&prompt)?;
        let (ids, spans) = tokens.into_iter().map(|(id, span)| (id, within(span))).unzip();
        Ok(Words { ids, spans })
    }

    fn embed(&self, kind: Kind, text: &str) -> Result<TextRows> {
        let Words { ids, spans } = self.words(kind, text)?;
        Ok(TextRows { rows: only(self.model.embed_queries(&[ids])?)?, spans })
    }
}

/// The rows of the one thing that was embedded.
fn only(rows: Vec<MultiVector>) -> Result<MultiVector> {
    rows.into_iter().next().ok_or_else(|| InferenceError::Prompt("no rows came of it".into()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::fs;
    use std::path::PathBuf;

    use candle_core::{DType, Device, Tensor};

    use super::*;
    use crate::device::DeviceKind;
    use crate::model_pack::{CheckedFolder, InstalledPacks, PackCard, WeightsForm};
    use crate::noise::Noise;
    use crate::qwen::QwenConfig;
    use crate::weights::outline::{Listed, Outline};

    fn fixture(name: &str) -> PathBuf {
        [env!("CARGO_MANIFEST_DIR"), "fixtures", name].iter().collect()
    }

    /// A small ColQwen2 with weights that mean nothing, as an adapter over its base.
    fn pack(folder: &Path) -> InstalledPack {
        let tokenizer = ChatTokenizer::open(&fixture("chat")).unwrap();
        let config = serde_json::json!({
            "model_type": "qwen2_vl", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
            "num_key_value_heads": 2, "intermediate_size": 96, "vocab_size": 512, "rms_norm_eps": 1e-6, "rope_theta": 1e6,
            "rope_scaling": {"type": "mrope", "mrope_section": [2, 3, 3]},
            "image_token_id": tokenizer.token("<|image_pad|>").unwrap(),
            "vision_config": {"depth": 2, "embed_dim": 32, "hidden_size": 64, "mlp_ratio": 2, "num_heads": 4},
        })
        .to_string();
        let fits = |_: &_| Listed::Fits;
        let outline = Outline::new(folder, &fits);
        ColQwen2::load(&QwenConfig::parse(&config).unwrap(), &outline).map(drop).unwrap();
        let mut noise = Noise::new(11);
        let mut tensors = HashMap::new();
        for request in outline.requests() {
            let norm = request.shape.len() == 1 && request.name.ends_with("weight");
            let drawn = noise.uniform(&request.shape, if norm { 0.1 } else { 0.3 }).unwrap();
            tensors.insert(request.name, if norm { (drawn + 1.0).unwrap() } else { drawn });
        }
        let base = folder.join("base");
        fs::create_dir(&base).unwrap();
        candle_core::safetensors::save(&tensors, base.join("model.safetensors")).unwrap();
        fs::write(base.join("config.json"), config).unwrap();
        fs::copy(fixture("chat/tokenizer.json"), base.join("tokenizer.json")).unwrap();
        let change = |noise: &mut Noise, shape: [usize; 2]| noise.uniform(&shape, 0.5).unwrap();
        let name = "base_model.model.custom_text_proj.lora";
        let adapter = HashMap::from([
            (format!("{name}_A.weight"), change(&mut noise, [2, 64])),
            (format!("{name}_B.weight"), change(&mut noise, [128, 2])),
        ]);
        candle_core::safetensors::save(&adapter, folder.join("adapter_model.safetensors")).unwrap();
        fs::write(folder.join("adapter_config.json"), r#"{"r": 2, "lora_alpha": 4}"#).unwrap();
        InstalledPack {
            id: "colqwen2-v1.0".into(),
            version: "1".into(),
            title: "ColQwen2 v1.0".into(),
            roles: vec!["retriever".into()],
            licences: Vec::new(),
            form: WeightsForm::Adapter,
            folder: folder.to_owned(),
            files: Vec::new(),
        }
    }

    #[test]
    #[ignore = "it writes a pack and its note into the folder that VITRINE_WRITE_PACK names, for the window's test"]
    fn writes_a_pack_that_means_nothing() {
        let notes = PathBuf::from(std::env::var_os("VITRINE_WRITE_PACK").expect("VITRINE_WRITE_PACK names a folder"));
        let weights = notes.join("weights");
        fs::create_dir_all(&weights).unwrap();
        let InstalledPack { id, version, title, roles, form, .. } = pack(&weights);
        let card = PackCard { id, version, title, roles, licences: Vec::new() };
        let checked = CheckedFolder { card, form, files: Vec::new() };
        let noted = InstalledPacks::at(&notes).add(&weights, checked).unwrap();
        assert_eq!(InstalledPacks::at(&notes).list().unwrap(), [noted]);
    }

    fn tensor(rows: &MultiVector) -> Tensor {
        Tensor::from_slice(rows.values(), (rows.len(), rows.dimension()), &Device::Cpu).unwrap()
    }

    fn image() -> RgbImage {
        RgbImage::from_fn(90, 60, |x, y| image::Rgb([(x * 2) as u8, (y * 4) as u8, (x * y / 30) as u8]))
    }

    #[test]
    fn an_added_pack_finds() {
        let folder = tempfile::tempdir().unwrap();
        let pack = pack(folder.path());
        let cpu = OpenDevice::open(DeviceKind::Cpu, 0).unwrap();
        let said = Arc::new(std::sync::Mutex::new(Vec::new()));
        let notice = Arc::clone(&said);
        let notice = Arc::new(move |text| notice.lock().unwrap().push(text));
        let retriever = VisualRetriever::new(pack.clone(), folder.path(), cpu, notice).unwrap();
        assert!(said.lock().unwrap().is_empty(), "the model waits for the first request");
        assert_eq!((retriever.dimension(), retriever.pack()), (128, &pack.identity()));

        // The same out of plain numbers, merged by hand.
        let tokenizer = ChatTokenizer::open(&fixture("chat")).unwrap();
        let load = |path: PathBuf| candle_core::safetensors::load(path, &Device::Cpu).unwrap();
        let mut tensors = load(folder.path().join("base/model.safetensors"));
        let halves = load(folder.path().join("adapter_model.safetensors"));
        let half = |end: &str| halves.iter().find(|(name, _)| name.ends_with(end)).unwrap().1;
        let change = (half("B.weight").matmul(half("A.weight")).unwrap() * 2.0).unwrap();
        let merged = (&tensors["custom_text_proj.weight"] + change).unwrap();
        tensors.insert("custom_text_proj.weight".into(), merged);
        candle_core::safetensors::save(&tensors, folder.path().join("merged.safetensors")).unwrap();
        let merged = crate::weights::safetensors::SafetensorsWeights::open(
            &folder.path().join("merged.safetensors"),
            DType::F32,
            &Device::Cpu,
            &crate::qwen::names::plain,
        )
        .unwrap();
        let exact = ColQwen2::load(&loading::configuration(&pack).unwrap(), &merged).unwrap();
        let near = |found: &MultiVector, expected: &MultiVector| {
            let (found, expected) = (tensor(found), tensor(expected));
            assert_eq!(found.dims(), expected.dims());
            let apart = (found - &expected).unwrap().sqr().unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap();
            let off = (apart / expected.dims()[0] as f32).sqrt();
            assert!(off < 0.05, "rows packed in eight bits are off by {off}");
        };
        let prompts = ColQwen2Prompts::default();
        let text = "A halo, café <|image_pad|> 雪";
        let ids = tokenizer.encode(&prompts.query(&as_words(text))).unwrap();
        let query = retriever.embed_query(text).unwrap();
        near(&query.rows, &exact.embed_queries(std::slice::from_ref(&ids)).unwrap()[0]);
        let (prompt, shown) = (tokenizer.encode(&prompts.image).unwrap(), image());
        near(&retriever.embed_image(&shown).unwrap(), &exact.embed_images(&[&shown], &prompt).unwrap()[0]);
        // Parts of the image are among its rows, between those of the words around it.
        let whole = retriever.embed_image(&shown).unwrap();
        let patches = retriever.embed_patches(&shown).unwrap().unwrap();
        let lines = patches.rows.len() / patches.columns;
        assert_eq!(patches.rows.len(), lines * patches.columns);
        assert!(patches.columns > lines, "the image is wider than high: {} by {lines}", patches.columns);
        let around = whole.len() - patches.rows.len();
        assert!(around > 8, "{around} words stand around it");
        let first = whole.rows().position(|row| row == patches.rows.rows().next().unwrap()).unwrap();
        let (expected, found) = (whole.rows().skip(first), patches.rows.rows());
        assert!(
            expected.zip(found).all(|(expected, found)| expected.iter().zip(found).all(|(a, b)| (a - b).abs() < 1e-5))
        );
        let both = retriever.embed_image_and_query(&shown, text).unwrap();
        near(&both.rows, &exact.embed_images_with_texts(&[(&shown, ids)], &prompt).unwrap()[0]);
        assert!(said.lock().unwrap()[0].contains("ColQwen2 v1.0 takes"), "{said:?}");

        // Rows of the text's own words say where these stand; the others stand for none.
        for rows in [query, both, retriever.embed_passage(text).unwrap()] {
            assert_eq!(rows.rows.len(), rows.spans.len());
            let spans: Vec<_> = rows.spans.iter().flatten().collect();
            assert!(spans.iter().all(|span| text.get((*span).clone()).is_some()), "{spans:?}");
            assert_eq!((spans[0].start, spans[spans.len() - 1].end), (0, text.len()));
            assert!(rows.spans.last().is_some_and(Option::is_none), "the end of the text is no word of it");
        }
        assert_eq!(retriever.embed_query("").unwrap().spans.iter().flatten().count(), 0);
    }
}
