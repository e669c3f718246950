//! What a file says about itself: titles, credits, dates, resolution, device, out of EXIF, IPTC and XMP.
//!
//! It is offered to a person, never taken for the truth. A block that is broken is left out and named in [`Metadata::problems`]; it never stops an
//! import. Where blocks disagree, XMP goes before IPTC before EXIF, as the Metadata Working Group's guidelines of 2010 have it for reading.

mod blocks;
mod exif;
mod extended_xmp;
mod iptc;
mod png_text;
mod xmp;

use std::io::Read;

use crate::{ScanFormat, formats::tiff::FileSource};

/// No block that is kept compressed is read to more bytes than these.
const MOST_UNPACKED: u64 = 16 << 20;

/// What a file says about itself. Texts are as they stand there, trimmed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// The work's or picture's title.
    pub title: Option<String>,
    /// A description or caption.
    pub description: Option<String>,
    /// Who made the picture: the photographer as a rule, sometimes the artist.
    pub creators: Vec<String>,
    /// Who is to be named beside it.
    pub credit: Option<String>,
    /// The copyright notice.
    pub rights: Option<String>,
    /// Subjects and tags.
    pub keywords: Vec<String>,
    /// When the picture was taken or the work was made, as ISO 8601 as far as it is known: a year, a day, or a day with a time.
    pub created: Option<String>,
    /// When it was digitised.
    pub digitised: Option<String>,
    /// Camera's or scanner's make.
    pub make: Option<String>,
    /// Camera's or scanner's model.
    pub model: Option<String>,
    /// The program that wrote it.
    pub software: Option<String>,
    /// Pixels per inch, across and down.
    pub resolution: Option<[f64; 2]>,
    /// The blocks that could not be read, in words.
    pub problems: Vec<String>,
}

impl Metadata {
    /// Reads what `bytes` holds.
    pub(crate) fn read(bytes: &[u8], format: ScanFormat) -> Self {
        Self::of_blocks(blocks::find(bytes, format))
    }

    /// Reads what a TIFF holds that stays on the disk.
    pub(crate) fn of_tiff(source: &FileSource) -> Self {
        Self::of_blocks(blocks::of_tiff(source))
    }

    fn of_blocks(blocks: blocks::Blocks) -> Self {
        let mut all = Self::default();
        let mut take = |name: &str, part: Option<Result<Self, String>>| match part {
            Some(Ok(part)) => all.fill_from(part),
            Some(Err(cause)) => all.problems.push(format!("its {name} block cannot be read ({cause})")),
            None => {}
        };
        take("XMP", blocks.xmp.as_deref().map(xmp::read));
        take("extended XMP", blocks.extended_xmp.map(|block| block.and_then(|block| xmp::read(&block))));
        take("IPTC", blocks.iptc.as_deref().map(iptc::read));
        take("EXIF", blocks.exif.as_deref().map(exif::read));
        take("own", Some(Ok(blocks.own)));
        all
    }

    /// Takes what is not known yet.
    fn fill_from(&mut self, other: Self) {
        let texts = [
            (&mut self.title, other.title),
            (&mut self.description, other.description),
            (&mut self.credit, other.credit),
            (&mut self.rights, other.rights),
            (&mut self.created, other.created),
            (&mut self.digitised, other.digitised),
            (&mut self.make, other.make),
            (&mut self.model, other.model),
            (&mut self.software, other.software),
        ];
        for (mine, theirs) in texts {
            if mine.is_none() {
                *mine = theirs.as_deref().and_then(trimmed);
            }
        }
        let tidy = |texts: Vec<String>| texts.iter().filter_map(|text| trimmed(text)).collect::<Vec<_>>();
        if self.creators.is_empty() {
            self.creators = tidy(other.creators);
        }
        if self.keywords.is_empty() {
            self.keywords = tidy(other.keywords);
        }
        self.resolution = self.resolution.or(other.resolution.filter(|r| r.iter().all(|v| v.is_finite() && *v > 0.0)));
        self.problems.extend(other.problems);
    }
}

/// Without spaces and zeros at its ends; nothing if nothing is left. No field is longer than this many characters.
fn trimmed(text: &str) -> Option<String> {
    const MOST_CHARACTERS: usize = 10_000;
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    (!text.is_empty()).then(|| text.chars().take(MOST_CHARACTERS).collect())
}

/// UTF-8 where it is that, else Latin-1, which older programs wrote.
pub(crate) fn text(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|b| char::from(*b)).collect(), Into::into)
}

/// The bytes that zlib packed; none if they are damaged or too many.
fn inflated(bytes: &[u8]) -> Option<Vec<u8>> {
    unpacked(flate2::read::ZlibDecoder::new(bytes))
}

/// The bytes that Brotli packed; none if they are damaged or too many.
fn unbrotlied(bytes: &[u8]) -> Option<Vec<u8>> {
    unpacked(brotli_decompressor::Decompressor::new(bytes, 4096))
}

fn unpacked(stream: impl Read) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(MOST_UNPACKED + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= MOST_UNPACKED).then_some(bytes)
}

/// EXIF's "2021:03:04 05:06:07" as ISO 8601; nothing if it is no date, or one of zeros or blanks as cameras without a clock write.
fn iso_date(exif: &str) -> Option<String> {
    let (day, time) = exif.trim().split_at_checked(10)?;
    let [year, month, date] = day.split([':', '-']).collect::<Vec<_>>().try_into().ok()?;
    let number = |text: &str, most: u32| text.parse::<u32>().ok().filter(|n| (1..=most).contains(n));
    number(year, 9999).filter(|_| year.len() == 4)?;
    number(month, 12)?;
    number(date, 31)?;
    let time = time.trim_start_matches([' ', 'T']);
    let is_time = time.len() >= 8 && time.bytes().take(8).all(|b| b.is_ascii_digit() || b == b':');
    Some(if is_time { format!("{year}-{month}-{date}T{}", time.get(..8)?) } else { format!("{year}-{month}-{date}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(iso_date("2021:03:04 05:06:07").as_deref(), Some("2021-03-04T05:06:07"));
        assert_eq!(iso_date("2021-03-04").as_deref(), Some("2021-03-04"));
        for none in ["0000:00:00 00:00:00", "    :  :     :  :  ", "2021:13:04", "long ago ...", "ééééééé", ""] {
            assert_eq!(iso_date(none), None, "{none}");
        }
    }

    #[test]
    fn what_comes_first_stays() {
        let mut all = Metadata { title: Some("a".into()), ..Metadata::default() };
        all.fill_from(Metadata {
            title: Some("b".into()),
            credit: Some(" c\0".into()),
            make: Some("  ".into()),
            ..Metadata::default()
        });
        assert_eq!((all.title.as_deref(), all.credit.as_deref(), all.make), (Some("a"), Some("c"), None));
    }
}
