//! Clusters: blobs that are compressed together.

use std::io::{self, Read};

use super::archive::Bytes;
use crate::{Result, SourceError};

/// Bytes of a cluster once decompressed. Archives are made with clusters of two megabytes, or one larger blob.
const MOST_BYTES: u64 = 128 << 20;
/// What a decompressor may keep of what it has given.
const MOST_WINDOW_BYTES: u64 = 64 << 20;

/// A cluster whose blobs are in memory.
#[derive(Debug)]
pub(super) struct Cluster {
    number: u32,
    data: Vec<u8>,
    wide: bool,
    blobs: usize,
}

/// What the first byte says: how it is compressed, and whether positions have 8 bytes.
struct Kind {
    compression: u8,
    wide: bool,
}

impl Kind {
    fn read(bytes: &mut Bytes, at: u64, number: u32) -> Result<Self> {
        let mut byte = [0];
        bytes.read_at(at, &mut byte, &format!("cluster {number}"))?;
        Ok(Self { compression: byte[0] & 0x0f, wide: byte[0] & 0x10 != 0 })
    }

    fn is_plain(&self) -> bool {
        self.compression <= 1
    }

    fn pointer(&self) -> u64 {
        if self.wide { 8 } else { 4 }
    }
}

impl Cluster {
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    pub(super) fn bytes(&self) -> usize {
        self.data.len()
    }

    /// Decompresses the cluster that begins at `at`.
    fn read(bytes: &mut Bytes, at: u64, number: u32, kind: &Kind) -> Result<Self> {
        let broken = |bytes: &Bytes, reason: &str| {
            SourceError::broken(&bytes.file, format!("cluster {number}"), format!("{reason}; fetch the file again"))
        };
        let mut data = Vec::new();
        let file = bytes.reader_at(at + 1)?;
        let outcome = match kind.compression {
            2 => flate2::read::ZlibDecoder::new(file).take(MOST_BYTES + 1).read_to_end(&mut data),
            4 => lzma_rust2::XzReader::new_mem_limit(file, false, (MOST_WINDOW_BYTES >> 10) as u32)
                .take(MOST_BYTES + 1)
                .read_to_end(&mut data),
            5 => ruzstd::decoding::StreamingDecoder::new_with_max_window_size(file, MOST_WINDOW_BYTES)
                .map_err(|error| io::Error::other(error.to_string()))
                .and_then(|decoder| decoder.take(MOST_BYTES + 1).read_to_end(&mut data)),
            other => {
                return Err(broken(bytes, &format!("it is compressed in a way that is not read (number {other})")));
            }
        };
        if let Err(error) = outcome {
            return Err(broken(bytes, &format!("it cannot be decompressed: {error}")));
        }
        if data.len() as u64 > MOST_BYTES {
            return Err(broken(bytes, &format!("it unfolds to more than {} MB", MOST_BYTES >> 20)));
        }
        let mut cluster = Self { number, data, wide: kind.wide, blobs: 0 };
        // The first position is where the list of positions ends.
        let first = cluster.pointer(0).unwrap_or(0);
        if first < kind.pointer() || !first.is_multiple_of(kind.pointer()) || first > cluster.data.len() as u64 {
            return Err(broken(bytes, "its list of blobs is damaged"));
        }
        cluster.blobs = (first / kind.pointer() - 1) as usize;
        Ok(cluster)
    }

    fn pointer(&self, number: usize) -> Option<u64> {
        if self.wide {
            let at = number.checked_mul(8)?;
            Some(u64::from_le_bytes(self.data.get(at..at.checked_add(8)?)?.try_into().ok()?))
        } else {
            let at = number.checked_mul(4)?;
            Some(u64::from(u32::from_le_bytes(self.data.get(at..at.checked_add(4)?)?.try_into().ok()?)))
        }
    }

    fn blob(&self, number: u32) -> Option<&[u8]> {
        let number = number as usize;
        if number >= self.blobs {
            return None;
        }
        let (start, end) = (self.pointer(number)?, self.pointer(number + 1)?);
        self.data.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    }
}

/// A blob's bytes, at most `most`; of clusters that are not compressed only the blob is read. `cache` keeps the clusters that were decompressed last.
pub(super) fn read_blob(
    bytes: &mut Bytes,
    cache: &mut Cache,
    cluster: (u64, u32),
    blob: u32,
    most: u64,
) -> Result<Vec<u8>> {
    let (at, number) = cluster;
    let broken = |file: &std::path::Path, reason: String| {
        SourceError::broken(file, format!("blob {blob} of cluster {number}"), reason)
    };
    let too_large = |file: &std::path::Path, length: u64| {
        broken(file, format!("it has {} MB, more than the {} MB that are read", length >> 20, most >> 20))
    };
    let outside = "its position lies outside; fetch the file again";
    if let Some(known) = cache.get(number) {
        let data = known.blob(blob).ok_or_else(|| broken(&bytes.file, outside.to_owned()))?;
        return if data.len() as u64 > most {
            Err(too_large(&bytes.file, data.len() as u64))
        } else {
            Ok(data.to_vec())
        };
    }
    let kind = Kind::read(bytes, at, number)?;
    if !kind.is_plain() {
        let cluster = Cluster::read(bytes, at, number, &kind)?;
        cache.put(cluster);
        return read_blob(bytes, cache, (at, number), blob, most);
    }
    let place = format!("cluster {number}");
    let first = bytes.read_pointer(at + 1, kind.wide, &place)?;
    let blobs = (first / kind.pointer()).saturating_sub(1);
    if !first.is_multiple_of(kind.pointer()) || u64::from(blob) >= blobs {
        return Err(broken(&bytes.file, outside.to_owned()));
    }
    let pointers = at + 1 + u64::from(blob) * kind.pointer();
    let start = bytes.read_pointer(pointers, kind.wide, &place)?;
    let end = bytes.read_pointer(pointers + kind.pointer(), kind.wide, &place)?;
    let within = start <= end && (at + 1).checked_add(end).is_some_and(|end| end <= bytes.length);
    if !within {
        return Err(broken(&bytes.file, outside.to_owned()));
    }
    if end - start > most {
        return Err(too_large(&bytes.file, end - start));
    }
    let mut data = vec![0; (end - start) as usize];
    bytes.read_at(at + 1 + start, &mut data, &place)?;
    Ok(data)
}

/// The clusters that were decompressed last, within bounds of number and bytes.
#[derive(Debug, Default)]
pub(super) struct Cache {
    /// The last used one at the end.
    clusters: Vec<Cluster>,
}

impl Cache {
    const MOST: usize = 8;
    const MOST_BYTES: usize = 64 << 20;

    fn get(&mut self, number: u32) -> Option<&Cluster> {
        let at = self.clusters.iter().position(|cluster| cluster.number() == number)?;
        let cluster = self.clusters.remove(at);
        self.clusters.push(cluster);
        self.clusters.last()
    }

    fn put(&mut self, cluster: Cluster) {
        self.clusters.push(cluster);
        while self.clusters.len() > 1
            && (self.clusters.len() > Self::MOST
                || self.clusters.iter().map(Cluster::bytes).sum::<usize>() > Self::MOST_BYTES)
        {
            self.clusters.remove(0);
        }
    }
}
