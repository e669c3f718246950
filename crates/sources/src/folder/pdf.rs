//! The text of PDFs, from where their glyphs stand.
//!
//! A PDF has no paragraphs and often no spaces, only glyphs at positions: lines are glyphs at one height, words part where a gap is wide, paragraphs where lines stand farther
//! apart than usual, begin indented or change in size. Columns come out one after the other where the file writes them so, which typesetting programs do. Scans without a
//! layer of text have none; nothing is recognised in them.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::time::{Duration, Instant};

use hayro_interpret::font::{Glyph, GlyphRun};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::hayro_syntax::{LoadPdfError, Pdf};
use hayro_interpret::kurbo::{BezPath, Point, Rect};
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, SoftMask, TransformExt, interpret_page,
};
use vitrine_imaging::inflates_within;

use super::plain::one_paragraph;
use crate::document::{Block, Paragraph};

/// What all pages of a file may take together.
const MOST_TIME: Duration = Duration::from_secs(30);
/// Glyphs of a page; a densely printed newspaper page has about 40,000.
const MOST_GLYPHS: usize = 200_000;
/// Bytes that a single deflated stream of the file may unfold to.
const MOST_STREAM_BYTES: u64 = 128 << 20;

/// Title and paragraphs, each page under a heading with its number. The error is a sentence's end.
pub(super) fn read_pdf(bytes: Vec<u8>) -> Result<(String, Vec<Block>), String> {
    if !inflates_within(&bytes, MOST_STREAM_BYTES) {
        return Err(format!("a part of it unfolds to more than {} MB", MOST_STREAM_BYTES >> 20));
    }
    // Third-party code over a stranger's bytes: whatever it stumbles over costs this file alone.
    panic::catch_unwind(AssertUnwindSafe(|| read_pages(bytes))).unwrap_or_else(|cause| {
        Err(if cause.is::<Stopped>() { stopped() } else { "it is damaged so that reading it fails".to_owned() })
    })
}

fn stopped() -> String {
    format!(
        "its pages are more intricate than can be read within {} seconds; print it anew as a PDF",
        MOST_TIME.as_secs()
    )
}

fn read_pages(bytes: Vec<u8>) -> Result<(String, Vec<Block>), String> {
    let pdf = Pdf::new(bytes).map_err(|error| match error {
        LoadPdfError::Decryption(_) => "it is locked with a password; save a copy without one".to_owned(),
        _ => "it is no PDF, or so damaged that its pages cannot be found".to_owned(),
    })?;
    let title = pdf.metadata().title.as_deref().map(|title| crate::text::decode(title, None).0).unwrap_or_default();
    let cache = InterpreterCache::new();
    let deadline = Instant::now() + MOST_TIME;
    let mut blocks = Vec::new();
    for (number, page) in pdf.pages().iter().enumerate() {
        let (width, height) = page.render_dimensions();
        let bounds = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        let upright = page.initial_transform(true).to_kurbo();
        let mut context = Context::new(upright, bounds, &cache, pdf.xref(), InterpreterSettings::default());
        let mut glyphs = Glyphs { glyphs: Vec::new(), last_run: None, unreadable: 0, deadline };
        interpret_page(page, &mut context, &mut glyphs);
        if glyphs.unreadable > glyphs.glyphs.len() {
            continue;
        }
        let on_page = blocks_of(&lines(glyphs.glyphs));
        if !on_page.is_empty() {
            blocks.push(Block::Heading { level: 2, text: format!("p. {}", number + 1) });
            blocks.extend(on_page);
        }
    }
    if blocks.is_empty() {
        return Err(
            "it has no text that can be read; if it is a scan, let a program recognise its text first".to_owned()
        );
    }
    Ok((title.trim().to_owned(), blocks))
}

/// A glyph's text and where it stands on the upright page, in points from its upper left corner.
#[derive(Debug, Clone)]
struct PlacedGlyph {
    text: String,
    /// Where it begins, and where the next one would without a gap.
    x: f64,
    end: f64,
    y: f64,
    /// Of the letters.
    size: f64,
}

/// What unwinds out of a page that takes too long: the interpreter has no other way to be stopped.
struct Stopped;

struct Glyphs {
    glyphs: Vec<PlacedGlyph>,
    /// Where the last run began: letters that are filled and then outlined come twice.
    last_run: Option<(Point, String)>,
    /// Glyphs that do not say which character they are.
    unreadable: usize,
    deadline: Instant,
}

impl Glyphs {
    fn stop_if_late(&self) {
        if Instant::now() > self.deadline || self.glyphs.len() > MOST_GLYPHS {
            panic::resume_unwind(Box::new(Stopped) as Box<dyn Any + Send>);
        }
    }
}

impl Device<'_> for Glyphs {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, '_>, props: DrawProps<'_>, _: &DrawMode) {
        self.stop_if_late();
        for (number, glyph) in run.glyphs().iter().enumerate() {
            let Some(text) = glyph.as_unicode() else {
                self.unreadable += 1;
                continue;
            };
            let text = match text {
                BfString::Char(character) => character.to_string(),
                BfString::String(text) => text,
            };
            let advance = match &**glyph {
                Glyph::Outline(outline) => outline.advance_width(),
                Glyph::Type3(drawn) => drawn.advance_width(),
            };
            // Glyphs are measured in thousandths of the letters' size.
            let transform = props.transform * glyph.transform();
            let place = |x: f64, y: f64| transform * Point::new(x, y);
            let (origin, above, after) =
                (place(0.0, 0.0), place(0.0, 1000.0), place(f64::from(advance.unwrap_or(500.0)), 0.0));
            if number == 0 {
                let begins = Some((origin, text.clone()));
                if self.last_run == begins {
                    return;
                }
                self.last_run = begins;
            }
            let (size, end) = ((above - origin).hypot(), after.x);
            if [origin.x, origin.y, size, end].iter().all(|number| number.is_finite()) {
                self.glyphs.push(PlacedGlyph { text, x: origin.x, end, y: origin.y, size });
            }
        }
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'_>, _: &DrawMode) {
        self.stop_if_late();
    }

    fn push_clip_path(&mut self, _: &ClipPath) {
        self.stop_if_late();
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'_>>, _: BlendMode) {
        self.stop_if_late();
    }

    fn draw_image(&mut self, _: Image<'_, '_>, _: ImageDrawProps<'_>) {}

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}

/// Glyphs that follow each other at one height.
#[derive(Debug)]
struct Line {
    text: String,
    left: f64,
    y: f64,
    /// Of its first letters.
    size: f64,
}

/// Lines in the order in which the file writes them.
fn lines(glyphs: Vec<PlacedGlyph>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut end = 0.0;
    for glyph in glyphs {
        let size = glyph.size.max(1.0);
        let gap = glyph.x - end;
        end = glyph.end;
        match lines.last_mut() {
            // A little above or below are indices, a little back is kerning, far ahead is another column.
            Some(line) if (line.y - glyph.y).abs() < size * 0.5 && gap > -size * 0.5 && gap < size * 4.0 => {
                if gap > size * 0.18 && !line.text.ends_with(' ') && !glyph.text.starts_with(' ') {
                    line.text.push(' ');
                }
                line.text.push_str(&glyph.text);
            }
            _ => lines.push(Line { text: glyph.text, left: glyph.x, y: glyph.y, size: glyph.size }),
        }
    }
    lines.retain(|line| !line.text.trim().is_empty());
    lines
}

/// Headings and paragraphs of a page's lines.
fn blocks_of(lines: &[Line]) -> Vec<Block> {
    let usual_size = median(lines.iter().flat_map(|line| std::iter::repeat_n(line.size, line.text.len().min(200))));
    let steps =
        lines.windows(2).map(|pair| pair[1].y - pair[0].y).filter(|step| *step > 0.0 && *step < usual_size * 3.0);
    let usual_step = median(steps);
    let mut blocks = Vec::new();
    let mut paragraph: Vec<&Line> = Vec::new();
    for line in lines {
        if paragraph.last().is_some_and(|last| begins_anew(last, line, usual_step)) {
            end_paragraph(&mut paragraph, usual_size, &mut blocks);
        }
        paragraph.push(line);
    }
    end_paragraph(&mut paragraph, usual_size, &mut blocks);
    blocks
}

/// Whether a line begins another paragraph than the line before it.
fn begins_anew(last: &Line, line: &Line, usual_step: f64) -> bool {
    let step = line.y - last.y;
    if (line.size - last.size).abs() > 0.12 * last.size.max(line.size) {
        return true;
    }
    // Up again: the next column. A sentence goes on there.
    if step < 0.0 {
        let sentence_ended = last.text.trim_end().ends_with(['.', '!', '?', ':', '”', '"']);
        return sentence_ended || !line.text.trim_start().starts_with(char::is_lowercase);
    }
    step > usual_step * 1.3 || (step > 0.0 && line.left > last.left + last.size * 0.8)
}

fn end_paragraph(lines: &mut Vec<&Line>, usual_size: f64, blocks: &mut Vec<Block>) {
    let size = lines.first().map_or(0.0, |line| line.size);
    let text = lines.drain(..).map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
    let text = one_paragraph(&text);
    // Without a letter it is a page number or an ornament.
    if !text.contains(char::is_alphabetic) {
        return;
    }
    if size > usual_size * 1.15 && text.len() < 160 {
        blocks.push(Block::Heading { level: 3, text });
    } else {
        blocks.push(Block::Paragraph(Paragraph::plain(text)));
    }
}

fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(0.0)
}
