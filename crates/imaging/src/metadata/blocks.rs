//! Where each format keeps its EXIF, IPTC and XMP, and what it says in fields of its own.

use super::{Metadata, extended_xmp::ExtendedXmp, png_text, unbrotlied};
use crate::{
    ScanFormat,
    formats::{
        jpeg, psd, raw,
        tiff::{ByteSource, Tiff},
    },
};

const XMP_RESOURCE: u16 = 0x0424;
const EXIF_RESOURCE: u16 = 0x0422;
const RESOLUTION_RESOURCE: u16 = 0x03ED;

const IPTC_TAG: u16 = 33723;
const XMP_TAG: u16 = 700;

/// The UUID box of JPEG 2000 that holds XMP (ISO 16684-1, table of embedding).
const XMP_UUID: &[u8] = b"\xBE\x7A\xCF\xCB\x97\xA9\x42\xE8\x9C\x71\x99\x94\x91\xE3\xAF\xAC";

/// The blocks of a file. `exif` is a TIFF structure.
#[derive(Default)]
pub(super) struct Blocks {
    pub(super) exif: Option<Vec<u8>>,
    pub(super) iptc: Option<Vec<u8>>,
    pub(super) xmp: Option<Vec<u8>>,
    /// What `xmp` had no room for, or why it cannot be read.
    pub(super) extended_xmp: Option<Result<Vec<u8>, String>>,
    /// From the format's own fields.
    pub(super) own: Metadata,
}

pub(super) fn find(bytes: &[u8], format: ScanFormat) -> Blocks {
    match format {
        ScanFormat::Jpeg => of_jpeg(bytes),
        ScanFormat::Png => of_png(bytes),
        ScanFormat::WebP => of_webp(bytes),
        ScanFormat::Tiff => of_tiff(bytes),
        ScanFormat::Photoshop => of_resources(psd::resource_block(bytes).unwrap_or_default()),
        ScanFormat::Jpeg2000 => of_boxes(bytes, |kind, body, blocks| {
            if let (b"uuid", Some(xmp)) = (kind, body.strip_prefix(XMP_UUID)) {
                blocks.xmp = Some(xmp.to_vec());
            }
        }),
        ScanFormat::JpegXl => of_boxes(bytes, |kind, body, blocks| match (kind, body.split_first_chunk::<4>()) {
            (b"brob", Some((kind, body))) => {
                if let Some(body) = unbrotlied(body) {
                    take_jpeg_xl(kind, &body, blocks);
                }
            }
            _ => take_jpeg_xl(kind, body, blocks),
        }),
        // Fujifilm and Canon keep everything in the preview or beside it.
        ScanFormat::CameraRaw if Tiff::new(bytes).is_ok() => of_tiff(bytes),
        ScanFormat::CameraRaw => of_jpeg(raw::preview(bytes).unwrap_or_default()),
        // Read where the document is read.
        ScanFormat::Pdf => Blocks::default(),
    }
}

/// A box of JPEG XL (ISO/IEC 18181-2), which may have been compressed in another one.
fn take_jpeg_xl(kind: &[u8; 4], body: &[u8], blocks: &mut Blocks) {
    match kind {
        b"xml " => blocks.xmp = Some(body.to_vec()),
        // Four bytes say where in it the TIFF structure starts.
        b"Exif" => blocks.exif = body.get(4..).map(<[u8]>::to_vec),
        _ => {}
    }
}

fn of_jpeg(bytes: &[u8]) -> Blocks {
    let mut blocks = Blocks::default();
    let mut extended = ExtendedXmp::default();
    let mut resources = vec![];
    for (marker, body) in jpeg::segments(bytes) {
        match marker {
            0xE0 if body.starts_with(b"JFIF\0") => blocks.own.resolution = jfif_resolution(body),
            0xE1 if blocks.exif.is_none() && body.starts_with(b"Exif\0") => {
                blocks.exif = body.get(6..).map(<[u8]>::to_vec);
            }
            0xE1 => match body.strip_prefix(b"http://ns.adobe.com/xap/1.0/\0") {
                Some(xmp) if blocks.xmp.is_none() => blocks.xmp = Some(xmp.to_vec()),
                _ => extended.take(body),
            },
            // A block longer than a segment goes on in the next one.
            0xED => resources.extend_from_slice(body.strip_prefix(b"Photoshop 3.0\0").unwrap_or_default()),
            _ => {}
        }
    }
    blocks.extended_xmp = blocks.xmp.as_deref().and_then(|first| extended.named_in(first));
    blocks.iptc = psd::resource(&resources, psd::IPTC_RESOURCE).map(<[u8]>::to_vec);
    blocks
}

fn jfif_resolution(body: &[u8]) -> Option<[f64; 2]> {
    let [unit, x1, x2, y1, y2] = *body.get(7..)?.first_chunk()?;
    let per_inch = match unit {
        1 => 1.0,
        2 => 2.54,
        _ => return None,
    };
    Some([[x1, x2], [y1, y2]].map(|v| f64::from(u16::from_be_bytes(v)) * per_inch))
}

fn of_png(bytes: &[u8]) -> Blocks {
    let mut blocks = Blocks::default();
    let mut rest = bytes.get(8..).unwrap_or_default();
    while let Some((head, tail)) = rest.split_first_chunk::<8>() {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let Some((body, after)) = tail.split_at_checked(length) else { break };
        match &head[4..] {
            b"eXIf" => blocks.exif = Some(body.to_vec()),
            b"pHYs" => {
                if let [x1, x2, x3, x4, y1, y2, y3, y4, 1] = *body {
                    let per_inch = |v| f64::from(u32::from_be_bytes(v)) * 0.0254;
                    blocks.own.resolution = Some([per_inch([x1, x2, x3, x4]), per_inch([y1, y2, y3, y4])]);
                }
            }
            b"tEXt" | b"zTXt" | b"iTXt" => png_text::take(&head[4..], body, &mut blocks),
            _ => {}
        }
        rest = after.get(4..).unwrap_or_default(); // past the checksum
    }
    blocks
}

fn of_webp(bytes: &[u8]) -> Blocks {
    let mut blocks = Blocks::default();
    let mut rest = bytes.get(12..).unwrap_or_default();
    while let Some((head, tail)) = rest.split_first_chunk::<8>() {
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let Some((body, after)) = tail.split_at_checked(length) else { break };
        match &head[..4] {
            // Some programs keep the prefix that JPEG needs.
            b"EXIF" => blocks.exif = Some(body.strip_prefix(b"Exif\0\0").unwrap_or(body).to_vec()),
            b"XMP " => blocks.xmp = Some(body.to_vec()),
            _ => {}
        }
        rest = after.get(length % 2..).unwrap_or_default();
    }
    blocks
}

pub(super) fn of_tiff(source: impl ByteSource) -> Blocks {
    let mut blocks = Blocks::default();
    let Ok(tiff) = Tiff::new(source) else { return blocks };
    let Ok(directories) = tiff.directories(1) else { return blocks };
    if let Some(first) = directories.first() {
        blocks.iptc = first.bytes(IPTC_TAG).unwrap_or(None).map(|bytes| iptc_of_tiff(bytes, tiff.is_little));
        blocks.xmp = first.bytes(XMP_TAG).unwrap_or(None);
        blocks.own = super::exif::of_page(&tiff, first);
    }
    blocks
}

/// Some programs store IPTC's bytes as 32-bit numbers, so that in a little-endian file each four are the wrong way round.
fn iptc_of_tiff(mut bytes: Vec<u8>, is_little: bool) -> Vec<u8> {
    if is_little && bytes.first() != Some(&0x1C) && bytes.get(3) == Some(&0x1C) {
        bytes.chunks_exact_mut(4).for_each(<[u8]>::reverse);
    }
    bytes
}

fn of_resources(resources: &[u8]) -> Blocks {
    let block = |id| psd::resource(resources, id).map(<[u8]>::to_vec);
    let mut blocks = Blocks {
        exif: block(EXIF_RESOURCE),
        iptc: block(psd::IPTC_RESOURCE),
        xmp: block(XMP_RESOURCE),
        ..Blocks::default()
    };
    // Pixels per inch across as a number of 16 bits before and 16 behind the point, two units, and the same down.
    if let Some([x1, x2, x3, x4, _, _, _, _, y1, y2, y3, y4, ..]) = psd::resource(resources, RESOLUTION_RESOURCE) {
        let fixed = |v| f64::from(u32::from_be_bytes(v)) / 65536.0;
        blocks.own.resolution = Some([fixed([*x1, *x2, *x3, *x4]), fixed([*y1, *y2, *y3, *y4])]);
    }
    blocks
}

/// Goes over the boxes of the outermost level (ISO/IEC 15444-1, annex I.4; ISO/IEC 18181-2).
fn of_boxes(bytes: &[u8], take: impl Fn(&[u8; 4], &[u8], &mut Blocks)) -> Blocks {
    let mut blocks = Blocks::default();
    let mut rest = bytes;
    while let Some((head, tail)) = rest.split_first_chunk::<8>() {
        let [l1, l2, l3, l4, kind @ ..] = *head;
        let (length, tail) = match (u32::from_be_bytes([l1, l2, l3, l4]), tail.split_first_chunk::<8>()) {
            (0, _) => (tail.len(), tail), // to the end of the file
            (1, Some((long, tail))) => {
                (usize::try_from(u64::from_be_bytes(*long)).unwrap_or(usize::MAX).saturating_sub(16), tail)
            }
            (length, _) => ((length as usize).saturating_sub(8), tail),
        };
        let Some((body, after)) = tail.split_at_checked(length) else { break };
        take(&kind, body, &mut blocks);
        rest = after;
    }
    blocks
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn jpeg_xl_box(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes()[..], kind, body].concat()
    }

    #[test]
    fn compressed_boxes_of_jpeg_xl_are_read() {
        let mut packed = b"xml ".to_vec();
        brotli::CompressorWriter::new(&mut packed, 4096, 9, 20).write_all(b"<x/>").unwrap();
        let file = [jpeg_xl_box(b"JXL ", b"\r\n\x87\n"), jpeg_xl_box(b"brob", &packed)].concat();
        assert_eq!(find(&file, ScanFormat::JpegXl).xmp.as_deref(), Some(&b"<x/>"[..]));
        let file = jpeg_xl_box(b"brob", &packed[..packed.len() - 3]);
        assert_eq!(find(&file, ScanFormat::JpegXl).xmp, None);
    }

    #[test]
    fn texts_of_a_png_are_read_however_they_are_kept() {
        let chunk =
            |kind: &[u8; 4], body: &[u8]| [&(body.len() as u32).to_be_bytes()[..], kind, body, &[0; 4]].concat();
        let packed = |text: &[u8]| {
            let mut writer = flate2::write::ZlibEncoder::new(vec![], flate2::Compression::default());
            writer.write_all(text).unwrap();
            writer.finish().unwrap()
        };
        let exif = b"Exif\0\0II*\0".iter().map(|b| format!("{b:02x}")).collect::<String>();
        let iptc = b"\x1C\x02\x05\0\x01A".iter().map(|b| format!("{b:02x}")).collect::<String>();
        let file = [
            vec![0; 8],
            chunk(b"iTXt", &[&b"XML:com.adobe.xmp\0\x01\0\0\0"[..], &packed(b"<x/>")].concat()),
            chunk(b"zTXt", &[&b"Title\0\0"[..], &packed(b"Harbour")].concat()),
            chunk(b"iTXt", "Author\0\0\0de\0Urheber\0J. Müller".as_bytes()),
            chunk(b"tEXt", b"Software\0a scanner's"),
            chunk(
                b"zTXt",
                &[&b"Raw profile type exif\0\0"[..], &packed(format!("\nexif\n  10\n{exif}\n").as_bytes())].concat(),
            ),
            chunk(
                b"tEXt",
                format!("Raw profile type iptc\0\nIPTC profile\n       6\n{}\n{}\n", &iptc[..4], &iptc[4..]).as_bytes(),
            ),
        ]
        .concat();
        let found = find(&file, ScanFormat::Png);
        assert_eq!(found.xmp.as_deref(), Some(&b"<x/>"[..]));
        assert_eq!(found.exif.as_deref(), Some(&b"II*\0"[..]));
        assert_eq!(found.iptc.as_deref(), Some(&b"\x1C\x02\x05\0\x01A"[..]));
        assert_eq!(found.own.title.as_deref(), Some("Harbour"));
        assert_eq!(found.own.creators, ["J. Müller"]);
        assert_eq!(found.own.software.as_deref(), Some("a scanner's"));
    }
}
