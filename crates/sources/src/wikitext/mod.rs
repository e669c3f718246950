//! Wikitext, cut into the paragraphs that fragments are made of.
//!
//! Three steps, each of which takes time in proportion to the text: [`structure`] finds which marks belong together, [`walk`] goes through them and writes what a
//! reader would see, [`blocks`] keeps headings and paragraphs. Depth is bounded, so no text can exhaust the stack.
//!
//! The rules: a paragraph has at least [`SHORTEST`] characters; list items and quotations count as paragraphs; tables and templates are left out but for
//! their images, and for the templates that a sentence would be maimed without; an image belongs to the first paragraph after it that is long enough, or to the one
//! it stands in; sections of references and links to elsewhere have no paragraphs.

mod blocks;
mod images;
mod sections;
mod site;
mod structure;
mod tags;
mod templates;
mod tidy;
mod walk;

pub use site::Namespaces;

pub(crate) use site::title;

use blocks::{Block, Builder};
use structure::Structure;
use walk::{Part, Walker};

use crate::{FragmentImage, Link};

#[cfg(test)]
mod tests;

/// What is shorter, in characters, is no fragment.
pub const SHORTEST: usize = 100;

/// A paragraph has at most so many images: those of a gallery of hundreds say nothing about it.
const MOST_IMAGES: usize = 24;

/// A paragraph of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paragraph {
    /// The headings above it, outermost first.
    pub section: Vec<String>,
    /// Without markup.
    pub text: String,
    /// In the order of the text.
    pub links: Vec<Link>,
    /// In the order of the page.
    pub images: Vec<FragmentImage>,
}

/// The paragraphs of a page's wikitext.
pub fn paragraphs(text: &str, title: &str, namespaces: &Namespaces) -> Vec<Paragraph> {
    let mut paragraphs = Vec::new();
    let mut sections = sections::Sections::default();
    let mut waiting: Vec<FragmentImage> = Vec::new();
    for block in blocks(text, title, namespaces) {
        match block {
            Block::Heading { level, text } => sections.enter(level, text),
            Block::Paragraph { text, links, images } => {
                waiting.extend(images);
                waiting.truncate(MOST_IMAGES);
                if !sections.is_apparatus() && text.chars().count() >= SHORTEST {
                    let images = std::mem::take(&mut waiting);
                    paragraphs.push(Paragraph { section: sections.path(), text, links, images });
                }
            }
        }
    }
    paragraphs
}

fn blocks(text: &str, title: &str, namespaces: &Namespaces) -> Vec<Block> {
    let structure = Structure::of(text);
    let walker = Walker { structure: &structure, namespaces, title };
    let mut builder = Builder::blocks();
    walker.write(&Part { range: 0..text.len(), first: 0 }, &mut builder, 0);
    builder.end_block();
    builder.blocks
}
