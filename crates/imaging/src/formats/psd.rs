//! Photoshop's documents, PSD and PSB: the merged picture that they are saved with (Adobe Photoshop File Formats Specification, 2019).
//!
//! Layers are not put together here: a document that was saved without its merged picture is refused. Where the merged picture is transparent,
//! its colours are already laid over white.

use image::metadata::Orientation;

use super::{exif_orientation, packbits};
use crate::{
    ImagingError, Limits,
    limits::Deadline,
    raster::{Alpha, Model, PageHeader, Samples, WholePage, quantised},
};

const NAME: &str = "Photoshop";

const ICC_PROFILE: u16 = 0x040F;
const EXIF: u16 = 0x0422;
const VERSION_INFO: u16 = 0x0421;

/// The document's parts up to the pixels.
struct Document<'a> {
    is_large: bool,
    channels: usize,
    height: u32,
    width: u32,
    depth: u16,
    mode: u16,
    colour_data: &'a [u8],
    resources: &'a [u8],
    /// Compression method and planes.
    pixels: &'a [u8],
}

pub(crate) fn open(bytes: &[u8], limits: &Limits, deadline: Deadline) -> Result<WholePage, ImagingError> {
    let document = parse(bytes)?;
    let (width, height) = (document.width, document.height);
    limits.check_pixels(width, height, NAME)?;
    // The version information says in its fifth byte whether the merged picture is a real one.
    if resource(document.resources, VERSION_INFO).is_some_and(|info| info.get(4) == Some(&0)) {
        let cause = "it was saved without the merged picture; save it with \"maximise compatibility\"".into();
        return Err(ImagingError::UnsupportedKind { format: NAME, cause });
    }
    let (model, planes) = match (document.mode, document.depth) {
        (0, 1) | (1 | 8, 8 | 16 | 32) => (Model::Grey, 1),
        (2, 8) => (Model::Rgb, 1),
        (3, 8 | 16 | 32) => (Model::Rgb, 3),
        (4, 8 | 16) => (Model::Cmyk, 4),
        (9, 8 | 16) => (Model::Lab, 3),
        (mode, depth) => {
            let cause = format!("colour mode {mode} with {depth} bits a sample");
            return Err(ImagingError::UnsupportedKind { format: NAME, cause });
        }
    };
    if document.channels < planes {
        return Err(damaged("it has fewer channels than its colour mode needs"));
    }
    let header = PageHeader {
        width,
        height,
        model,
        alpha: Alpha::None,
        icc: resource(document.resources, ICC_PROFILE).map(<[u8]>::to_vec),
        orientation: resource(document.resources, EXIF).map_or(Orientation::NoTransforms, exif_orientation),
    };
    let row_bytes = (u64::from(width) * u64::from(document.depth)).div_ceil(8);
    let plane_bytes = row_bytes * u64::from(height);
    limits.check_memory(plane_bytes.saturating_mul(planes as u64 * 2))?;
    let planar = document.planes(planes, row_bytes as usize, deadline)?;
    let samples = document.chunky(&planar, model, plane_bytes as usize)?;
    Ok(WholePage::new(header, samples))
}

/// The resources that hold EXIF, IPTC and XMP, and of what else metadata is made.
pub(crate) fn resource_block(bytes: &[u8]) -> Option<&[u8]> {
    parse(bytes).ok().map(|document| document.resources)
}

fn parse(bytes: &[u8]) -> Result<Document<'_>, ImagingError> {
    let mut fields = Fields(bytes);
    fields.take(4)?;
    let is_large = match fields.u16()? {
        1 => false,
        2 => true,
        version => return Err(damaged(&format!("version {version}"))),
    };
    fields.take(6)?;
    let channels = usize::from(fields.u16()?);
    let (height, width) = (fields.u32()?, fields.u32()?);
    let (depth, mode) = (fields.u16()?, fields.u16()?);
    let length = u64::from(fields.u32()?);
    let colour_data = fields.take(length)?;
    let length = u64::from(fields.u32()?);
    let resources = fields.take(length)?;
    let layers = if is_large { fields.u64()? } else { u64::from(fields.u32()?) };
    fields.take(layers)?;
    Ok(Document { is_large, channels, height, width, depth, mode, colour_data, resources, pixels: fields.0 })
}

impl Document<'_> {
    /// The first `planes` planes, one behind the other.
    fn planes(&self, planes: usize, row_bytes: usize, deadline: Deadline) -> Result<Vec<u8>, ImagingError> {
        let mut fields = Fields(self.pixels);
        let rows = planes * self.height as usize;
        match fields.u16()? {
            0 => Ok(fields.take(rows as u64 * row_bytes as u64)?.to_vec()),
            1 => {
                // The packed length of every row of every channel, then the rows.
                let all_rows = self.channels as u64 * u64::from(self.height);
                let lengths = fields.take(all_rows * if self.is_large { 4 } else { 2 })?;
                let mut lengths = Fields(lengths);
                let mut out = Vec::new();
                for row in 0..rows {
                    if row % 256 == 0 {
                        deadline.check()?;
                    }
                    let length = if self.is_large { lengths.u32()? } else { u32::from(lengths.u16()?) };
                    let unpacked = packbits::unpack(fields.take(u64::from(length))?, row_bytes);
                    if unpacked.len() != row_bytes {
                        return Err(damaged("a row is shorter than the picture is wide"));
                    }
                    out.extend(unpacked);
                }
                Ok(out)
            }
            method => {
                let cause = format!("the merged picture is compressed by method {method}");
                Err(ImagingError::UnsupportedKind { format: NAME, cause })
            }
        }
    }

    /// Planes woven into pixels.
    fn chunky(&self, planar: &[u8], model: Model, plane_bytes: usize) -> Result<Samples, ImagingError> {
        let planes: Vec<&[u8]> = planar.chunks_exact(plane_bytes.max(1)).collect();
        let pixels = self.width as usize * self.height as usize;
        let weave = |values: &dyn Fn(&[u8]) -> Vec<u16>| {
            let mut out = vec![0u16; pixels * planes.len()];
            for (channel, plane) in planes.iter().enumerate() {
                for (value, sample) in values(plane).into_iter().zip(out.iter_mut().skip(channel).step_by(planes.len()))
                {
                    *sample = value;
                }
            }
            Samples::Sixteen(out)
        };
        let sixteen =
            |plane: &[u8]| plane.chunks_exact(2).map(|b| u16::from_be_bytes([b[0], b[1]])).collect::<Vec<_>>();
        Ok(match (self.mode, self.depth) {
            // 1 is black.
            (0, _) => {
                let row_bytes = (self.width as usize).div_ceil(8);
                let bits = planar.chunks_exact(row_bytes).flat_map(|row| {
                    (0..self.width as usize).map(move |x| row.get(x / 8).map_or(0, |byte| byte >> (7 - x % 8) & 1))
                });
                Samples::Eight(bits.map(|bit| 255 * (1 - bit)).collect())
            }
            (2, _) => {
                let (red, rest) = self.colour_data.split_at(self.colour_data.len().min(256));
                let (green, blue) = rest.split_at(rest.len().min(256));
                let colour =
                    |index: &u8| [red, green, blue].map(|table| table.get(usize::from(*index)).copied().unwrap_or(0));
                Samples::Eight(planar.iter().flat_map(colour).collect())
            }
            (_, 8) if model == Model::Lab => weave(&|plane| plane.iter().map(|v| u16::from(*v) * 257).collect()),
            (_, 8) => {
                let mut out = vec![0u8; pixels * planes.len()];
                for (channel, plane) in planes.iter().enumerate() {
                    for (value, sample) in plane.iter().zip(out.iter_mut().skip(channel).step_by(planes.len())) {
                        // CMYK is stored upside down: 255 is no ink.
                        *sample = if model == Model::Cmyk { 255 - value } else { *value };
                    }
                }
                Samples::Eight(out)
            }
            (_, 16) if model == Model::Cmyk => weave(&|plane| sixteen(plane).into_iter().map(|v| 65535 - v).collect()),
            (_, 16) => weave(&sixteen),
            _ => weave(&|plane| {
                plane.chunks_exact(4).map(|b| quantised(f32::from_be_bytes([b[0], b[1], b[2], b[3]]))).collect()
            }),
        })
    }
}

/// The image resource that holds IPTC.
pub(crate) const IPTC_RESOURCE: u16 = 0x0404;

/// The content of the image resource `id` in a block of them. Also what JPEG's APP13 and TIFF's tag 34377 hold.
pub(crate) fn resource(block: &[u8], id: u16) -> Option<&[u8]> {
    let mut fields = Fields(block);
    loop {
        if fields.take(4).ok()? != b"8BIM" {
            return None;
        }
        let found = fields.u16().ok()?;
        // A Pascal string, padded to an even length with its length byte.
        let name = u64::from(*fields.take(1).ok()?.first()?);
        fields.take(name + (name + 1) % 2).ok()?;
        let length = u64::from(fields.u32().ok()?);
        let content = fields.take(length).ok()?;
        if found == id {
            return Some(content);
        }
        // A last resource may lack its padding.
        fields.take(length % 2).ok()?;
    }
}

fn damaged(cause: &str) -> ImagingError {
    ImagingError::Damaged { format: NAME, cause: cause.into() }
}

/// Big-endian fields, one after the other.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, length: u64) -> Result<&'a [u8], ImagingError> {
        let length = usize::try_from(length).map_err(|_| ImagingError::Truncated)?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(ImagingError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ImagingError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(ImagingError::Truncated)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn u16(&mut self) -> Result<u16, ImagingError> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Result<u32, ImagingError> {
        self.array().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Result<u64, ImagingError> {
        self.array().map(u64::from_be_bytes)
    }
}
