//! Qwen2-VL (Wang et al., arXiv 2409.12191), Qwen2.5-VL (Bai et al., arXiv 2502.13923) and ColQwen2 (Faysse et al.,
//! arXiv 2407.01449): two vision towers before one language model. References: transformers' `Qwen2VLForConditionalGeneration`,
//! `Qwen2_5_VLForConditionalGeneration` and `ColQwen2ForRetrieval`, colpali-engine's `ColQwen2`. The same language model by itself is
//! Qwen2, Qwen3 or Gemma 3 of text alone (`Qwen2ForCausalLM`, `Qwen3ForCausalLM`, `Gemma3ForCausalLM`).
//!
//! Everything computes in the type of its source's weights; norms, rotary angles and softmax in f32 always.

mod attention;
mod bicubic;
mod cache;
mod colqwen2;
mod config;
mod image_preparation;
mod language;
pub mod lora;
pub mod names;
pub(crate) mod numerics;
mod positions;
mod qwen2_5_vision;
mod qwen2_vision;
mod reader;
mod text_reader;
mod vision;
mod vision_language;

#[cfg(test)]
mod tests;

pub use cache::KvCache;
pub(crate) use colqwen2::ROW_WIDTH as COLQWEN2_ROW_WIDTH;
pub use colqwen2::{ColQwen2, ColQwen2Prompts};
pub use config::{LanguageConfig, LanguageFamily, LocalAttention, QwenConfig, VisionConfig, VisionFamily};
pub use image_preparation::{Grid, ImageBudget, PreparedImages};
pub use language::LanguageModel;
pub use positions::Positions;
pub use reader::{CHUNK, QwenReader};
pub use text_reader::TextReader;
pub use vision::VisionTower;
pub use vision_language::QwenVl;
