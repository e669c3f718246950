//! Pages: what is on them, that they keep, and that nobody's words are markup.

use std::process::Command;

use hayro_interpret::font::GlyphRun;
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::hayro_syntax::Pdf;
use hayro_interpret::kurbo::{BezPath, Rect};
use hayro_interpret::{
    ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache, InterpreterSettings,
    SoftMask, TransformExt, interpret_page,
};
use vitrine_exchange::{Format, Issuer, records, write_into_folder};

use crate::collection::{Collection, collection};
use crate::valid::{python, vera_pdf};
use crate::{NASTY, at, issuer, shelf, work};

/// The letters on all pages in the order in which they are drawn, and the metadata in front of them.
pub fn text(bytes: &[u8]) -> String {
    let metadata = String::from_utf8_lossy(bytes);
    let metadata = metadata.split_once("<?xpacket begin").and_then(|(_, rest)| rest.split_once("<?xpacket end"));
    let mut letters = Letters(metadata.map(|(metadata, _)| metadata.to_owned()).unwrap_or_default());
    let pdf = Pdf::new(bytes.to_vec()).unwrap_or_else(|error| panic!("{error:?}"));
    let cache = InterpreterCache::new();
    for page in pdf.pages().iter() {
        let (width, height) = page.render_dimensions();
        let bounds = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        let upright = page.initial_transform(true).to_kurbo();
        let mut context = Context::new(upright, bounds, &cache, pdf.xref(), InterpreterSettings::default());
        interpret_page(page, &mut context, &mut letters);
    }
    letters.0
}

struct Letters(String);

impl Device<'_> for Letters {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, '_>, _: DrawProps<'_>, _: &DrawMode) {
        for glyph in run.glyphs() {
            match glyph.as_unicode() {
                Some(BfString::Char(letter)) => self.0.push(letter),
                Some(BfString::String(letters)) => self.0.push_str(&letters),
                None => {}
            }
        }
        self.0.push(' ');
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'_>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'_>>, _: hayro_interpret::BlendMode) {}
    fn draw_image(&mut self, _: Image<'_, '_>, _: ImageDrawProps<'_>) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

/// With the fonts that set-up has fetched, where they are.
fn with_fonts() -> Option<Issuer> {
    let folder = dirs::cache_dir()?.join("vitrine/fonts");
    let there = folder.join("NotoSansHebrew.ttf").is_file() && folder.join("NotoSansCJK.ttc").is_file();
    if !there {
        eprintln!("skipped: no further fonts in {}", folder.display());
    }
    there.then(|| Issuer { fonts: Some(folder), ..issuer() })
}

fn pages(collection: &Collection, format: Format, issuer: &Issuer) -> (Vec<u8>, Vec<vitrine_exchange::Problem>) {
    let out = tempfile::tempdir().unwrap();
    let records = records(&collection.library, &collection.works, true).unwrap();
    let exported = write_into_folder(format, &records, issuer, at(60), out.path(), "pages").unwrap();
    if let Ok(Ok(checked)) = Command::new("qpdf")
        .arg("--check")
        .arg(&exported.path)
        .output()
        .map(|o| if o.status.success() { Ok(o) } else { Err(o) })
    {
        eprintln!("qpdf: {}", String::from_utf8_lossy(&checked.stdout).lines().last().unwrap_or_default());
    }
    // Tags, language, titles, fonts, colours: what other programs find in the file.
    python("pdf", &exported.path);
    vera_pdf(&exported.path);
    if let Some(kept) = std::env::var_os("VITRINE_KEEP_PAGES") {
        std::fs::copy(&exported.path, std::path::Path::new(&kept).join(format!("{}.pdf", format.name()))).unwrap();
    }
    (std::fs::read(&exported.path).unwrap(), exported.problems)
}

#[test]
fn pages_are_made_to_be_kept_and_to_be_read_aloud() {
    let collection = collection();
    let issuer = with_fonts().unwrap_or_else(issuer);
    for format in [Format::Pdf, Format::Checklist] {
        let (bytes, _) = pages(&collection, format, &issuer);
        let raw = String::from_utf8_lossy(&bytes);
        for mark in [
            "<pdfaid:part>2</pdfaid:part>",
            "<pdfaid:conformance>A</pdfaid:conformance>",
            "<pdfuaid:part>1</pdfuaid:part>",
            "Print Room",
        ] {
            assert!(raw.contains(mark), "{}: {mark}", format.name());
        }
        let pdf = Pdf::new(bytes.clone()).unwrap_or_else(|error| panic!("{error:?}"));
        let least = if format == Format::Pdf { collection.works.len() } else { 3 };
        assert!(pdf.pages().len() >= least, "{}: {} pages", format.name(), pdf.pages().len());
        assert_eq!(pages(&collection, format, &issuer).0, bytes, "the same pages are the same bytes");
    }
}

#[test]
fn letters_without_a_font_are_left_out_and_named() {
    let collection = collection();
    let hebrew = collection.works[8];
    let (_, problems) = pages(&collection, Format::Checklist, &issuer());
    let named = |work| problems.iter().find(|problem| problem.work == work && problem.reason.contains("U+"));
    assert!(named(hebrew).is_some_and(|problem| problem.reason.contains("U+05D")), "{problems:#?}");
    assert!(named(collection.works[0]).is_none());
    let Some(issuer) = with_fonts() else { return };
    let (bytes, problems) = pages(&collection, Format::Checklist, &issuer);
    let of_letters: Vec<_> = problems.iter().filter(|problem| problem.reason.contains("U+")).collect();
    // What is left is a letter of mathematics that no font of the collection has.
    assert!(of_letters.iter().all(|problem| problem.reason.contains("U+1D519")), "{of_letters:#?}");
    let text = text(&bytes);
    assert!(text.contains("神奈川沖浪裏"), "{text}");
}

#[test]
fn nobodys_words_are_markup() {
    let s = shelf();
    let work = work(&s.library, "a.jpg");
    let sly = "*a* _b_ = c #panic(\"d\") $e$ @f <g> // h /* i */ `j` \\k #image(\"/etc/passwd\") #read(\"data.json\")";
    for property in ["title", "artist", "tag", "my-own"] {
        s.library.add_statement(work, property, sly, None, "Anna #1", at(1)).unwrap();
        s.library.add_statement(work, property, NASTY, None, "Anna #1", at(1)).unwrap();
    }
    let out = tempfile::tempdir().unwrap();
    let issuer = Issuer { name: "#Print *Room*".into(), ..issuer() };
    let records = records(&s.library, &[work], false).unwrap();
    for format in [Format::Pdf, Format::Checklist] {
        let path = write_into_folder(format, &records, &issuer, at(60), out.path(), format.name()).unwrap().path;
        let text: String = text(&std::fs::read(path).unwrap()).split_whitespace().collect();
        let sly: String = sly.split_whitespace().collect();
        // Title and heading, artist, tag and a property of one's own.
        assert!(text.matches(&sly).count() >= 4, "{}: {text}", format.name());
        assert!(text.contains("#Print*Room*"), "{text}");
    }
}
