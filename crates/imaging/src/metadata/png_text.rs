//! The texts of a PNG (Portable Network Graphics, third edition, 11.3.3): plain, compressed and international, and the blocks that programs keep in them.

use std::borrow::Cow;

use super::{blocks::Blocks, inflated, text};
use crate::formats::psd;

/// Takes what a text chunk says; nothing from one that cannot be read.
pub(super) fn take(kind: &[u8], body: &[u8], blocks: &mut Blocks) {
    let Some((keyword, value)) = keyword_and_text(kind, body) else { return };
    let own = &mut blocks.own;
    match keyword {
        b"XML:com.adobe.xmp" => blocks.xmp = Some(value.into_owned()),
        b"Title" => own.title = Some(text(&value)),
        b"Author" => own.creators.push(text(&value)),
        b"Description" => own.description = Some(text(&value)),
        b"Copyright" => own.rights = Some(text(&value)),
        b"Software" => own.software = Some(text(&value)),
        _ => {
            if let Some(name) = keyword.strip_prefix(b"Raw profile type ")
                && let Some(block) = raw_profile(&value)
            {
                take_profile(name, &block, blocks);
            }
        }
    }
}

fn keyword_and_text<'a>(kind: &[u8], body: &'a [u8]) -> Option<(&'a [u8], Cow<'a, [u8]>)> {
    let end = body.iter().position(|b| *b == 0)?;
    let (keyword, rest) = (&body[..end], &body[end + 1..]);
    let value = match (kind, rest) {
        (b"tEXt", plain) => Cow::Borrowed(plain),
        (b"zTXt", [0, compressed @ ..]) => Cow::Owned(inflated(compressed)?),
        // Whether it is compressed and how, its language, the keyword in that language.
        (b"iTXt", [flag, 0, more @ ..]) => {
            let value = more.splitn(3, |b| *b == 0).nth(2)?;
            if *flag == 0 { Cow::Borrowed(value) } else { Cow::Owned(inflated(value)?) }
        }
        _ => return None,
    };
    Some((keyword, value))
}

/// The bytes of what ImageMagick and ExifTool write for blocks that the format once had no place for: a line with a name, one with a length, lines of hexadecimal digits.
fn raw_profile(value: &[u8]) -> Option<Vec<u8>> {
    let mut lines = value.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let (_name, _length) = (lines.next()?, lines.next()?);
    let digit = |digit: &u8| char::from(*digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let digits: Vec<u8> = lines.flatten().map(digit).collect::<Option<_>>()?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn take_profile(name: &[u8], block: &[u8], blocks: &mut Blocks) {
    match name {
        b"exif" | b"APP1" if block.starts_with(b"Exif\0") => blocks.exif = block.get(6..).map(<[u8]>::to_vec),
        b"xmp" => blocks.xmp = Some(block.to_vec()),
        b"iptc" | b"8bim" => {
            let resources = block.strip_prefix(b"Photoshop 3.0\0").unwrap_or(block);
            let is_bare = resources.first() == Some(&0x1C);
            blocks.iptc = if is_bare { Some(resources) } else { psd::resource(resources, psd::IPTC_RESOURCE) }
                .map(<[u8]>::to_vec);
        }
        _ => {}
    }
}
