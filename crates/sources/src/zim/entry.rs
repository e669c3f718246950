//! Entries: what lies under a path.

use super::archive::Bytes;
use crate::Result;

const REDIRECT: u16 = 0xffff;
const LINK_TARGET: u16 = 0xfffe;
const DELETED: u16 = 0xfffd;

/// A path with its content or what it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) namespace: u8,
    pub(super) path: String,
    /// Empty where it is the path.
    pub(super) title: String,
    pub(super) content: Content,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// The content of an entry by its number.
    Redirect(u32),
    /// A blob of a cluster, of a media type by number.
    Blob { media_type: u16, cluster: u32, blob: u32 },
    /// What older archives marked as gone.
    None,
}

impl Entry {
    /// Reads the entry that lies at a position of the file.
    pub(super) fn read(bytes: &mut Bytes, at: u64) -> Result<Self> {
        let mut fixed = [0; 12];
        bytes.read_at(at, &mut fixed, "an entry")?;
        let media_type = u16::from_le_bytes([fixed[0], fixed[1]]);
        let word = u32::from_le_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]);
        let (content, names) = match media_type {
            REDIRECT => (Content::Redirect(word), at + 12),
            LINK_TARGET | DELETED => (Content::None, at + 8),
            _ => {
                let mut blob = [0; 4];
                bytes.read_at(at + 12, &mut blob, "an entry")?;
                (Content::Blob { media_type, cluster: word, blob: u32::from_le_bytes(blob) }, at + 16)
            }
        };
        let path = bytes.read_text(names, "an entry's path")?;
        let title = bytes.read_text(names + path.len() as u64 + 1, "an entry's title")?;
        Ok(Self {
            namespace: fixed[3],
            path: String::from_utf8_lossy(&path).into_owned(),
            title: String::from_utf8_lossy(&title).into_owned(),
            content,
        })
    }

    pub(super) fn title(&self) -> &str {
        if self.title.is_empty() { &self.path } else { &self.title }
    }
}
