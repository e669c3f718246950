//! From a fragment to pixels.

use cosmic_text::{FontSystem, SwashCache};
use vitrine_imaging::{Filter, RgbImage, resized};

use crate::{
    Fonts, FragmentPage, PageStyle, RenderedPage,
    canvas::{blend_glyph, place_picture},
    fonts::ByScript,
    layout::{BLACK, Lettering, TextBlock},
};

/// Glyphs that are kept once drawn; beyond that they are forgotten together. About 200 bytes each.
const MOST_GLYPHS: usize = 60_000;

/// Draws pages, one after the other. It keeps the glyphs it has drawn, so use one for many pages, and one a thread.
#[derive(Debug)]
pub struct Renderer {
    fonts: FontSystem,
    glyphs: SwashCache,
    style: PageStyle,
}

/// Something on the page: its upper left corner, and what it is.
enum Placed {
    Text { x: u32, y: u32, block: TextBlock },
    Picture { x: u32, y: u32, picture: RgbImage },
}

impl Renderer {
    /// For articles in `language` (as in `en`, `ja`, `zh-Hant`), which decides between the forms of Chinese characters.
    /// A width below 200 and a height below 100 pixels count as these, a margin or gap above 40 as 40, so that there is room for something.
    pub fn new(fonts: &Fonts, language: &str, style: PageStyle) -> Self {
        let (margin, gap) = (style.margin.min(40), style.gap.min(40));
        let style =
            PageStyle { width: style.width.max(200), max_height: style.max_height.max(100), margin, gap, ..style };
        let locale = language.to_owned();
        let fonts =
            FontSystem::new_with_locale_and_db_and_fallback(locale, fonts.database.clone(), ByScript::new(language));
        Self { fonts, glyphs: SwashCache::new(), style }
    }

    /// Draws a fragment. Title and section path have one line each; then the paragraph has precedence: as many rows of pictures as
    /// fit beside it are drawn, and only a paragraph that does not fit by itself is cut.
    pub fn draw(&mut self, fragment: &FragmentPage) -> RenderedPage {
        let style = self.style;
        let inner = style.width - 2 * style.margin;
        let lettering = |size, weight, grey| Lettering { size, spacing: style.line_spacing, weight, grey };
        let mut placed = Vec::new();
        let mut y = style.margin;

        for (text, lettering) in [
            (fragment.title.to_owned(), lettering(style.title_size, 700, false)),
            (fragment.section.join(" › "), lettering(style.section_size, 600, true)),
        ] {
            if !text.trim().is_empty() {
                let block = TextBlock::set(&mut self.fonts, text.trim(), &[], lettering, inner, 1);
                let height = block.height;
                placed.push(Placed::Text { x: style.margin, y, block });
                y += height;
            }
        }
        if !placed.is_empty() {
            y += style.gap / 2;
        }

        let paragraph = lettering(style.text_size, 400, false);
        let left = style.max_height.saturating_sub(y + style.margin);
        let most_lines = paragraph.lines_in(left);
        let block = TextBlock::set(&mut self.fonts, fragment.text, fragment.links, paragraph, inner, most_lines);

        let mut left = left.saturating_sub(block.height);
        let mut pictures_drawn = 0;
        for row in fragment.pictures.chunks(2) {
            let cell = (inner - style.gap) / 2;
            let mut parts = Vec::new();
            let mut height = 0;
            for (column, picture) in (0..).zip(row) {
                let x = style.margin + column * (cell + style.gap);
                let Some(scaled) = fit(picture.pixels, cell * 3 / 5, style.picture_height) else { continue };
                let beside = scaled.width() + style.gap / 2;
                let caption = lettering(style.caption_size, 400, false);
                let most_lines = caption.lines_in(style.picture_height);
                let caption_width = cell.saturating_sub(beside).max(1);
                height = height.max(scaled.height());
                parts.push(Placed::Picture { x, y, picture: scaled });
                if !picture.caption.trim().is_empty() {
                    let text = picture.caption.trim();
                    let block = TextBlock::set(&mut self.fonts, text, &[], caption, caption_width, most_lines);
                    height = height.max(block.height);
                    parts.push(Placed::Text { x: x + beside, y, block });
                }
            }
            if height + style.gap > left {
                break;
            }
            pictures_drawn += row.len();
            placed.append(&mut parts);
            y += height + style.gap;
            left -= height + style.gap;
        }

        let (text_drawn, height) = (block.used, y + block.height + style.margin);
        placed.push(Placed::Text { x: style.margin, y, block });
        let (image, without_glyph) = self.paint(placed, height.min(style.max_height));
        RenderedPage { image, pictures_drawn, text_drawn, without_glyph }
    }

    /// The page, and the characters that no font has.
    fn paint(&mut self, placed: Vec<Placed>, height: u32) -> (RgbImage, Vec<char>) {
        if self.glyphs.image_cache.len() > MOST_GLYPHS {
            self.glyphs.image_cache.clear();
        }
        let mut page =
            RgbImage::from_raw(self.style.width, height, vec![255; (self.style.width * height * 3) as usize])
                .unwrap_or_default();
        let mut without_glyph = std::collections::BTreeSet::new();
        for part in placed {
            match part {
                Placed::Picture { x, y, picture } => place_picture(&mut page, &picture, x, y),
                Placed::Text { x, y, block } => {
                    for run in block.buffer.layout_runs() {
                        for glyph in run.glyphs {
                            if glyph.glyph_id == 0 {
                                without_glyph.extend(run.text.get(glyph.start..glyph.end).unwrap_or("").chars());
                                continue;
                            }
                            let at = glyph.physical((x as f32, y as f32 + run.line_y), 1.0);
                            if let Some(image) = self.glyphs.get_image(&mut self.fonts, at.cache_key) {
                                blend_glyph(&mut page, image, at.x, at.y, glyph.color_opt.unwrap_or(BLACK));
                            }
                        }
                    }
                }
            }
        }
        (page, without_glyph.into_iter().collect())
    }
}

/// The picture, made smaller where it does not fit; `None` if it is empty.
fn fit(picture: &RgbImage, most_width: u32, most_height: u32) -> Option<RgbImage> {
    let (width, height) = picture.dimensions();
    if width == 0 || height == 0 {
        return None;
    }
    let scale = (f64::from(most_width) / f64::from(width)).min(f64::from(most_height) / f64::from(height));
    if scale >= 1.0 {
        return Some(picture.clone());
    }
    let side = |old: u32| ((f64::from(old) * scale).round() as u32).max(1);
    resized(picture, side(width), side(height), Filter::Lanczos3)
}
