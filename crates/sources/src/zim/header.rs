//! The archive's first 80 bytes, and the list of kinds of content.

use super::archive::Bytes;
use crate::{Result, SourceError};

const MAGIC: u32 = 0x044d_495a;
const LENGTH: u64 = 80;
/// Kinds of content (media types) that an archive may list; real ones have about twenty.
const MOST_TYPES: usize = 1000;

/// Where things lie.
#[derive(Debug, Clone)]
pub(super) struct Header {
    /// What tells this archive from others, 32 hexadecimal digits.
    pub(super) uuid: String,
    pub(super) entries: u32,
    pub(super) clusters: u32,
    /// Position of the list of positions of entries, in the order of their paths.
    pub(super) path_pointers: u64,
    /// Position of the list of positions of clusters.
    pub(super) cluster_pointers: u64,
    /// Articles lie in `C`, with everything else, instead of in `A`.
    pub(super) new_namespaces: bool,
    /// Media types by number.
    pub(super) types: Vec<String>,
}

impl Header {
    pub(super) fn read(bytes: &mut Bytes) -> Result<Self> {
        let mut raw = [0; LENGTH as usize];
        if bytes.length < LENGTH {
            return Err(bytes.other_kind("it has fewer than 80 bytes; fetch it again"));
        }
        bytes.read_at(0, &mut raw, "the header")?;
        let u16_at = |at: usize| u16::from_le_bytes([raw[at], raw[at + 1]]);
        let u32_at = |at: usize| u32::from_le_bytes([raw[at], raw[at + 1], raw[at + 2], raw[at + 3]]);
        let u64_at = |at: usize| u64::from(u32_at(at)) | u64::from(u32_at(at + 4)) << 32;
        if u32_at(0) != MAGIC {
            return Err(bytes
                .other_kind("it does not begin as one; if it is a part of several (.zimab), join them to one file"));
        }
        let (major, minor) = (u16_at(4), u16_at(6));
        if !matches!(major, 5 | 6) {
            return Err(bytes.other_kind(&format!("it is of version {major}.{minor}, versions 5 and 6 are read")));
        }
        let header = Self {
            uuid: raw[8..24].iter().map(|byte| format!("{byte:02x}")).collect(),
            entries: u32_at(24),
            clusters: u32_at(28),
            path_pointers: u64_at(32),
            cluster_pointers: u64_at(48),
            new_namespaces: major == 6 && minor >= 1,
            types: Vec::new(),
        };
        bytes.check_list("the list of entries", header.path_pointers, header.entries)?;
        bytes.check_list("the list of clusters", header.cluster_pointers, header.clusters)?;
        let types = read_types(bytes, u64_at(56))?;
        Ok(Self { types, ..header })
    }
}

/// Texts that end with a zero byte; an empty one ends the list.
fn read_types(bytes: &mut Bytes, mut at: u64) -> Result<Vec<String>> {
    let mut types = Vec::new();
    loop {
        let text = bytes.read_text(at, "the list of media types")?;
        at += text.len() as u64 + 1;
        if text.is_empty() {
            return Ok(types);
        }
        types.push(String::from_utf8_lossy(&text).into_owned());
        if types.len() > MOST_TYPES {
            return Err(SourceError::broken(
                &bytes.file,
                "the list of media types",
                "it does not end; fetch the file again",
            ));
        }
    }
}
