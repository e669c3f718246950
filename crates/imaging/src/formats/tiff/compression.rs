//! The codings of a TIFF strip or tile. Each gives at most the bytes that the strip or tile has by its size, whatever its data says.

use std::io::{self, Read};

use fax::decoder::{DecodeStatus, Group3Decoder, Group4Decoder, pels};
use flate2::read::ZlibDecoder;

use crate::{ImagingError, formats::packbits};

use super::{NAME, lzw};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Fax3,
    Fax4,
    Lzw,
    Jpeg,
    Deflate,
    PackBits,
    Lzma,
    Zstd,
}

/// What a decoder of LZMA or Zstandard may take for its window.
const MOST_WINDOW_BYTES: u64 = 128 << 20;

impl Compression {
    pub(crate) fn from_tag(value: u64) -> Result<Self, ImagingError> {
        Ok(match value {
            1 => Self::None,
            3 => Self::Fax3,
            4 => Self::Fax4,
            5 => Self::Lzw,
            7 => Self::Jpeg,
            8 | 32946 => Self::Deflate,
            32773 => Self::PackBits,
            34925 => Self::Lzma,
            50000 => Self::Zstd,
            other => {
                let name = match other {
                    2 => "CCITT run-length",
                    6 => "old-style JPEG",
                    33003 | 33005 | 34712 => "JPEG 2000",
                    34887 => "LERC",
                    50001 => "WebP",
                    50002 | 52546 => "JPEG XL",
                    _ => "an unknown method",
                };
                let cause = format!("compressed by {name}, number {other}");
                return Err(ImagingError::UnsupportedKind { format: NAME, cause });
            }
        })
    }

    /// `length` bytes out of `data` that are packed. JPEG has its own way, as its decoder knows colours.
    pub(crate) fn decompress(self, data: &[u8], length: usize, width: u32) -> Result<Vec<u8>, ImagingError> {
        let out = match self {
            Self::None => data.get(..length).ok_or(ImagingError::Truncated)?.to_vec(),
            Self::PackBits => packbits::unpack(data, length),
            Self::Lzw => lzw::unpack(data, length)?,
            Self::Deflate => read(ZlibDecoder::new(data), length)?,
            Self::Lzma => {
                read(lzma_rust2::XzReader::new_mem_limit(data, false, (MOST_WINDOW_BYTES >> 10) as u32), length)?
            }
            Self::Zstd => {
                let decoder = ruzstd::decoding::StreamingDecoder::new_with_max_window_size(data, MOST_WINDOW_BYTES);
                read(decoder.map_err(|e| damaged(e.to_string()))?, length)?
            }
            Self::Fax3 | Self::Fax4 => fax_rows(self, data, length, width)?,
            Self::Jpeg => return Err(damaged("JPEG where none can be".into())),
        };
        if out.len() == length { Ok(out) } else { Err(ImagingError::Truncated) }
    }
}

fn read(from: impl Read, length: usize) -> Result<Vec<u8>, ImagingError> {
    let mut out = Vec::new();
    match from.take(length as u64).read_to_end(&mut out) {
        Ok(_) => Ok(out),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Err(ImagingError::Truncated),
        Err(e) => Err(damaged(e.to_string())),
    }
}

/// Bilevel rows, one bit a pixel, 1 for the runs that start second, as TIFF's fax codings have it.
fn fax_rows(coding: Compression, data: &[u8], length: usize, width: u32) -> Result<Vec<u8>, ImagingError> {
    let short_width = u16::try_from(width)
        .map_err(|_| ImagingError::UnsupportedKind { format: NAME, cause: "a fax wider than 65,535 pixels".into() })?;
    let row_bytes = (width as usize).div_ceil(8);
    let bytes = || data.iter().map(|byte| Ok::<u8, io::Error>(*byte));
    let failed = |_| damaged("its fax coding is broken".into());
    let mut out = Vec::new();
    let mut push = |transitions: &[u16]| {
        let mut row = vec![0u8; row_bytes];
        for (x, colour) in pels(transitions, short_width).take(width as usize).enumerate() {
            if let (fax::Color::Black, Some(byte)) = (colour, row.get_mut(x / 8)) {
                *byte |= 0x80 >> (x % 8);
            }
        }
        out.extend(row);
        out.len() >= length
    };
    if coding == Compression::Fax4 {
        let mut decoder = Group4Decoder::new(bytes(), short_width).map_err(|e| damaged(e.to_string()))?;
        while let DecodeStatus::Incomplete =
            decoder.advance().map_err(|_| damaged("its fax coding is broken".into()))?
        {
            if push(decoder.transition()) {
                break;
            }
        }
    } else {
        let mut decoder = Group3Decoder::new(bytes()).map_err(failed)?;
        while let DecodeStatus::Incomplete =
            decoder.advance().map_err(|_| damaged("its fax coding is broken".into()))?
        {
            if push(decoder.transitions()) {
                break;
            }
        }
    }
    out.truncate(length);
    Ok(out)
}

fn damaged(cause: String) -> ImagingError {
    ImagingError::Damaged { format: NAME, cause }
}
