//! What goes onto a page, and what comes back.

use std::ops::Range;

use vitrine_imaging::RgbImage;

/// A fragment as it is to be drawn.
#[derive(Debug, Clone, Copy, Default)]
pub struct FragmentPage<'a> {
    /// The article's title.
    pub title: &'a str,
    /// The headings above the paragraph, outermost first.
    pub section: &'a [String],
    /// The paragraph. Line breaks and other control characters are drawn as spaces.
    pub text: &'a str,
    /// The bytes of `text` that are links, in order and apart from each other; a range that is not is left black.
    pub links: &'a [Range<usize>],
    /// The pictures, most important first.
    pub pictures: &'a [PictureOnPage<'a>],
}

/// A picture beside its caption.
#[derive(Debug, Clone, Copy)]
pub struct PictureOnPage<'a> {
    /// Its pixels, upright; any size.
    pub pixels: &'a RgbImage,
    /// What stands beside it; may be empty.
    pub caption: &'a str,
}

/// Sizes in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageStyle {
    /// Every page's width.
    pub width: u32,
    /// A page's height at most; it is only as high as what stands on it.
    pub max_height: u32,
    /// White space around.
    pub margin: u32,
    /// Between pictures, and between parts of the page.
    pub gap: u32,
    /// A picture's height at most. Pictures are made smaller, never larger.
    pub picture_height: u32,
    /// Of the title's letters.
    pub title_size: f32,
    /// Of the section path's letters.
    pub section_size: f32,
    /// Of the paragraph's letters.
    pub text_size: f32,
    /// Of the captions' letters.
    pub caption_size: f32,
    /// From line to line, as a multiple of the letters' size.
    pub line_spacing: f32,
}

impl Default for PageStyle {
    /// ArtSeek's measures where they are known: 1654 x 2339, paragraph 14, caption 12, spacing 1.3.
    fn default() -> Self {
        Self {
            width: 1654,
            max_height: 2339,
            margin: 24,
            gap: 16,
            picture_height: 420,
            title_size: 22.0,
            section_size: 16.0,
            text_size: 14.0,
            caption_size: 12.0,
            line_spacing: 1.3,
        }
    }
}

/// A page that was drawn.
#[derive(Debug, Clone)]
pub struct RenderedPage {
    /// The pixels.
    pub image: RgbImage,
    /// How many pictures found room, from the first.
    pub pictures_drawn: usize,
    /// How many bytes of the paragraph were drawn. Fewer than it has: it was cut at a word, and an ellipsis stands after it.
    pub text_drawn: usize,
    /// Characters that no font at hand has; they were left out instead of drawn as boxes.
    pub without_glyph: Vec<char>,
}
