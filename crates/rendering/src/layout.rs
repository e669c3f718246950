//! Setting text in lines, and cutting it where they no longer fit.

use std::ops::Range;

use cosmic_text::{Attrs, Buffer, Color, Family, FontSystem, Metrics, Shaping, Weight, Wrap};

use crate::fonts::FAMILY;

pub(crate) const BLACK: Color = Color::rgb(0x20, 0x21, 0x22);
const BLUE: Color = Color::rgb(0x06, 0x45, 0xad);
const GREY: Color = Color::rgb(0x54, 0x59, 0x5d);

/// No page holds more; what lies beyond is cut before it costs time.
const MOST_BYTES: usize = 64 * 1024;

/// How letters look.
#[derive(Clone, Copy)]
pub(crate) struct Lettering {
    pub(crate) size: f32,
    pub(crate) spacing: f32,
    pub(crate) weight: u16,
    pub(crate) grey: bool,
}

impl Lettering {
    fn attributes(self) -> Attrs<'static> {
        let colour = if self.grey { GREY } else { BLACK };
        Attrs::new().family(Family::Name(FAMILY)).weight(Weight(self.weight)).color(colour)
    }

    pub(crate) fn line_height(self) -> f32 {
        self.size * self.spacing
    }

    /// How many lines find room in `height` pixels.
    pub(crate) fn lines_in(self, height: u32) -> usize {
        (height as f32 / self.line_height()) as usize
    }
}

/// Text in lines.
pub(crate) struct TextBlock {
    pub(crate) buffer: Buffer,
    /// In pixels, rounded up.
    pub(crate) height: u32,
    /// Bytes of the text that are in the lines.
    pub(crate) used: usize,
}

impl TextBlock {
    /// Sets `text` in lines of `width` pixels. Of more than `most_lines` lines the first are kept up to a word's end, and an
    /// ellipsis is put after it.
    pub(crate) fn set(
        fonts: &mut FontSystem,
        text: &str,
        links: &[Range<usize>],
        lettering: Lettering,
        width: u32,
        most_lines: usize,
    ) -> Self {
        let most_lines = most_lines.max(1);
        let bounded = text.floor_char_boundary(text.len().min(MOST_BYTES));
        let buffer = lines(fonts, &text[..bounded], "", links, lettering, width);
        if buffer.layout_runs().count() <= most_lines && bounded == text.len() {
            return Self::of(buffer, lettering, text.len());
        }
        // In lines that run from right to left the first glyph is the last of the text: so the farthest of the line counts.
        let mut used = buffer
            .layout_runs()
            .nth(most_lines - 1)
            .and_then(|run| run.glyphs.iter().map(|glyph| glyph.end).max())
            .unwrap_or(bounded)
            .min(bounded);
        // A word shorter gives the ellipsis its room; where there is no word's end, characters do. It takes one step almost always.
        loop {
            let shorter = text[..used].trim_end();
            used = shorter
                .rfind(char::is_whitespace)
                .filter(|&space| space > 0)
                .unwrap_or_else(|| text.floor_char_boundary(shorter.len().saturating_sub(4)));
            let kept = text[..used].trim_end();
            used = kept.len();
            let buffer = lines(fonts, kept, "…", links, lettering, width);
            if used == 0 || buffer.layout_runs().count() <= most_lines {
                return Self::of(buffer, lettering, used);
            }
        }
    }

    fn of(buffer: Buffer, lettering: Lettering, used: usize) -> Self {
        let height = (buffer.layout_runs().count() as f32 * lettering.line_height()).ceil() as u32;
        Self { buffer, height, used }
    }
}

fn lines(
    fonts: &mut FontSystem,
    text: &str,
    after: &str,
    links: &[Range<usize>],
    lettering: Lettering,
    width: u32,
) -> Buffer {
    let mut buffer = Buffer::new_empty(Metrics::new(lettering.size, lettering.line_height()));
    buffer.set_wrap(Wrap::WordOrGlyph);
    buffer.set_size(Some(width as f32), None);
    let plain = lettering.attributes();
    // One byte for one, so that the links' ranges stay right.
    let text: String = text.chars().flat_map(one_line).collect();
    let mut spans = Vec::with_capacity(links.len() * 2 + 2);
    let mut at = 0;
    for link in links {
        let end = link.end.min(text.len());
        if link.start < at || link.start >= end || !text.is_char_boundary(link.start) || !text.is_char_boundary(end) {
            continue;
        }
        spans.push((&text[at..link.start], plain.clone()));
        spans.push((&text[link.start..end], plain.clone().color(BLUE)));
        at = end;
    }
    spans.push((&text[at..], plain.clone()));
    spans.push((after, plain.clone()));
    buffer.set_rich_text(spans, &plain, Shaping::Advanced, None);
    buffer.shape_until_scroll(fonts, false);
    buffer
}

/// A control character or line separator as spaces of the same number of bytes; others as they are.
fn one_line(character: char) -> impl Iterator<Item = char> {
    let breaks = character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
    let (shown, times) = if breaks { (' ', character.len_utf8()) } else { (character, 1) };
    std::iter::repeat_n(shown, times)
}
