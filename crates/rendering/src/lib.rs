//! Fragment pages: a paragraph of an article with its pictures, drawn the way a visual retriever saw it when it learned.
//!
//! A page is at most 1654 x 2339 pixels: title and section path, pictures in rows of two, each beside its caption, the paragraph below with
//! its links in blue. Everything is drawn with fonts of our own, never the system's, so that the same fragment gives the same pixels.

mod canvas;
mod error;
mod fonts;
mod layout;
mod page;
mod renderer;

pub use error::RenderingError;
pub use fonts::Fonts;
pub use page::{FragmentPage, PageStyle, PictureOnPage, RenderedPage};
pub use renderer::Renderer;
pub use vitrine_imaging::RgbImage;
