//! What a page's marks leave: headings and paragraphs, each with its links and images.

use std::borrow::Cow;

use super::tidy::{HOLE, tidy};
use crate::{FragmentImage, Link, LinkTarget};

/// A part of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    Heading { level: usize, text: String },
    Paragraph { text: String, links: Vec<Link>, images: Vec<FragmentImage> },
}

/// Takes text, links and images in the order of the page.
#[derive(Debug, Default)]
pub(super) struct Builder {
    pub blocks: Vec<Block>,
    text: String,
    links: Vec<Link>,
    /// Images that no paragraph has taken yet.
    pub images: Vec<FragmentImage>,
    /// A caption or a name has no images of its own; looking for them at every depth would take time beyond measure.
    pub wants_images: bool,
    /// The line began with so many equals signs: it may be a heading.
    heading: Option<usize>,
    /// The line is an item of a list.
    is_item: bool,
    /// Nothing has been written since the line began.
    line_is_empty: bool,
    /// The line is what is left of a template or a table that was never closed.
    debris: bool,
    /// Within a link or a caption there are no lines.
    inline: usize,
}

impl Builder {
    pub fn blocks() -> Self {
        Self { line_is_empty: true, wants_images: true, ..Self::default() }
    }

    pub fn inline() -> Self {
        Self { inline: 1, ..Self::default() }
    }

    /// For images alone.
    pub fn gathering_images() -> Self {
        Self { inline: 1, wants_images: true, ..Self::default() }
    }

    /// Whether a mark at this place would be at a line's start.
    pub fn at_line_start(&self) -> bool {
        self.inline == 0 && self.line_is_empty
    }

    /// Text as it is to be read, but for entities.
    pub fn text(&mut self, text: &str) {
        if text.is_empty() || self.debris {
            return;
        }
        if self.line_is_empty && !text.trim().is_empty() {
            self.line_is_empty = false;
        }
        let decoded = if text.contains('&') { html_escape::decode_html_entities(text) } else { Cow::Borrowed(text) };
        self.text.push_str(&decoded);
    }

    /// Something was dropped from within a sentence.
    pub fn hole(&mut self) {
        self.text.push(HOLE);
    }

    /// What comes is within a line, though nothing has been written yet.
    pub fn leave_line_start(&mut self) {
        self.line_is_empty = false;
    }

    /// The source's line ends: a heading with it, and a paragraph where the line had nothing.
    pub fn newline(&mut self) {
        if self.inline > 0 {
            self.text.push(' ');
            return;
        }
        if self.line_is_empty || self.debris || self.is_item || self.heading.is_some() {
            self.end_block();
        } else {
            self.text.push('\n');
        }
        self.line_is_empty = true;
    }

    /// What comes is a block of its own.
    pub fn end_block(&mut self) {
        if self.inline > 0 {
            self.text.push(' ');
            return;
        }
        self.line_is_empty = true;
        self.debris = false;
        self.is_item = false;
        let mut links = std::mem::take(&mut self.links);
        let text = std::mem::take(&mut self.text);
        let text = tidy(&text, &mut links);
        if let Some(marks) = self.heading.take() {
            links.clear();
            let rest = text.trim_start_matches('=');
            let name = rest.trim_end_matches('=');
            let level = marks.min(rest.len() - name.len()).min(6);
            if level > 0 && !name.trim().is_empty() {
                // Of uneven marks those that are left over belong to the name.
                let text = text[level..text.len() - level].trim().to_owned();
                self.blocks.push(Block::Heading { level, text });
                return;
            }
        }
        if !text.is_empty() {
            self.blocks.push(Block::Paragraph { text, links, images: std::mem::take(&mut self.images) });
        }
    }

    /// A line that may be a heading, and begins with so many marks.
    pub fn begin_heading(&mut self, marks: usize) {
        self.end_block();
        self.heading = Some(marks);
        self.line_is_empty = false;
    }

    /// The line is an item of a list.
    pub fn begin_item(&mut self) {
        self.end_block();
        self.is_item = true;
    }

    /// The rest of the line is no text.
    pub fn begin_debris(&mut self) {
        self.end_block();
        self.debris = true;
        self.line_is_empty = false;
    }

    /// What is written until [`Builder::end_link`] is the words of a link. Returns its beginning.
    pub fn begin_link(&mut self) -> usize {
        self.inline += 1;
        self.text.len()
    }

    /// Ends the link, with letters that follow it without a space. A link that has others within itself is none.
    pub fn end_link(&mut self, start: usize, trail: &str, target: Option<LinkTarget>) {
        self.inline = self.inline.saturating_sub(1);
        self.text(trail);
        let nested = self.links.last().is_some_and(|link| link.range.end > start);
        if let Some(target) = target
            && start < self.text.len()
            && !nested
        {
            self.line_is_empty = false;
            self.links.push(Link { range: start..self.text.len(), target });
        }
    }

    /// An image at a line's start stands between paragraphs, and belongs to the one after it.
    pub fn image(&mut self, image: FragmentImage) {
        if self.at_line_start() {
            self.end_block();
        }
        self.images.push(image);
    }

    /// The text of an inline builder.
    pub fn into_text(mut self) -> String {
        tidy(&self.text, &mut self.links)
    }
}
