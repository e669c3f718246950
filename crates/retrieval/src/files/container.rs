//! A file of sections, written once from front to back and never changed.
//!
//! Little-endian: a mark of 8 bytes; the sections, each beginning at a multiple of 8; the footer: for each section its name (4 bytes), the CRC-32 of its
//! content (u32), where it begins and how long it is (u64 each); then the footer's length (u32), its CRC-32 (u32), and the mark again. What was cut off has
//! no footer, and a footer that was altered has another sum: both are seen at opening, without reading the content.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use super::bytes::Remaining;
use super::disk;

/// Four letters that name a section.
pub(crate) type Name = [u8; 4];

const MARK: usize = 8;
const ENTRY: usize = 24;
const TAIL: usize = 16;
/// Content is handed to the file in pieces of about this size.
const PIECE: usize = 1 << 20;

#[derive(Debug, Clone, Copy)]
struct Section {
    name: Name,
    sum: u32,
    begin: u64,
    length: u64,
}

/// Writes a container.
pub(crate) struct Writer {
    file: File,
    mark: [u8; MARK],
    held: Vec<u8>,
    written: u64,
    sections: Vec<(Section, crc32fast::Hasher)>,
}

impl Writer {
    pub(crate) fn create(path: &Path, mark: [u8; MARK]) -> io::Result<Self> {
        let file = disk::create(path)?;
        Ok(Self { file, mark, held: mark.to_vec(), written: 0, sections: Vec::new() })
    }

    /// Begins a section, and ends the one before.
    pub(crate) fn section(&mut self, name: Name) {
        while !self.position().is_multiple_of(8) {
            self.held.push(0);
        }
        let section = Section { name, sum: 0, begin: self.position(), length: 0 };
        self.sections.push((section, crc32fast::Hasher::new()));
    }

    /// Adds to the section.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some((section, sum)) = self.sections.last_mut() {
            sum.update(bytes);
            section.length += bytes.len() as u64;
        }
        self.held.extend_from_slice(bytes);
        if self.held.len() >= PIECE { self.flush() } else { Ok(()) }
    }

    /// A whole section.
    pub(crate) fn whole(&mut self, name: Name, bytes: &[u8]) -> io::Result<()> {
        self.section(name);
        self.write(bytes)
    }

    /// Ends the file and waits until it is on the disk. Returns its size.
    pub(crate) fn finish(mut self) -> io::Result<u64> {
        let mut footer = Vec::with_capacity(self.sections.len() * ENTRY);
        for (section, sum) in std::mem::take(&mut self.sections) {
            footer.extend(section.name);
            footer.extend(sum.finalize().to_le_bytes());
            footer.extend(section.begin.to_le_bytes());
            footer.extend(section.length.to_le_bytes());
        }
        self.held.extend_from_slice(&footer);
        self.held.extend((footer.len() as u32).to_le_bytes());
        self.held.extend(crc32fast::hash(&footer).to_le_bytes());
        self.held.extend_from_slice(&self.mark);
        self.flush()?;
        disk::sync(&self.file)?;
        Ok(self.written)
    }

    fn position(&self) -> u64 {
        self.written + self.held.len() as u64
    }

    fn flush(&mut self) -> io::Result<()> {
        disk::write(&mut self.file, &self.held)?;
        self.written += self.held.len() as u64;
        self.held.clear();
        Ok(())
    }
}

/// An open container, mapped into memory.
#[derive(Debug)]
pub(crate) struct Container {
    path: PathBuf,
    map: Mmap,
    sections: Vec<Section>,
}

/// Why a container cannot be opened.
#[derive(Debug)]
pub(crate) enum ContainerError {
    Read(io::Error),
    Damaged(String),
}

impl Container {
    /// Opens the file and checks its footer; contents are checked by [`Container::verify`].
    #[allow(unsafe_code)]
    pub(crate) fn open(path: &Path, mark: [u8; MARK]) -> Result<Self, ContainerError> {
        let file = File::open(path).map_err(ContainerError::Read)?;
        // SAFETY: the engine never changes a file that it has finished, and whoever shortens or writes to one from outside breaks every
        // program that maps it; what is read is checked, not trusted.
        let map = unsafe { Mmap::map(&file) }.map_err(ContainerError::Read)?;
        let sections = read_footer(&map, mark).map_err(ContainerError::Damaged)?;
        Ok(Self { path: path.to_owned(), map, sections })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn size(&self) -> u64 {
        self.map.len() as u64
    }

    /// The content of a section.
    pub(crate) fn section(&self, name: Name) -> Result<&[u8], String> {
        let section = self.sections.iter().find(|s| s.name == name);
        let section = section.ok_or_else(|| format!("the part {} is missing", String::from_utf8_lossy(&name)))?;
        // `read_footer` has seen that it lies within the file.
        let begin = section.begin as usize;
        self.map.get(begin..begin + section.length as usize).ok_or_else(|| "it is cut off".to_owned())
    }

    /// Reads everything and compares the sums.
    pub(crate) fn verify(&self) -> Result<(), String> {
        for section in &self.sections {
            if crc32fast::hash(self.section(section.name)?) != section.sum {
                return Err(format!("the part {} was altered", String::from_utf8_lossy(&section.name)));
            }
        }
        Ok(())
    }
}

fn read_footer(bytes: &[u8], mark: [u8; MARK]) -> Result<Vec<Section>, String> {
    if !bytes.starts_with(&mark) {
        return Err("it does not begin as such a file does".to_owned());
    }
    let cut = || "it is cut off".to_owned();
    let (rest, tail) = bytes.split_last_chunk::<TAIL>().filter(|(r, _)| r.len() >= MARK).ok_or_else(cut)?;
    let mut tail = Remaining(tail);
    let (length, sum) = (tail.u32().map_err(|_| cut())? as usize, tail.u32().map_err(|_| cut())?);
    if tail.0 != mark {
        return Err(cut());
    }
    let begin = rest.len().checked_sub(length).filter(|&b| b >= MARK).ok_or_else(cut)?;
    let footer = &rest[begin..];
    if !length.is_multiple_of(ENTRY) || crc32fast::hash(footer) != sum {
        return Err("its list of parts was altered".to_owned());
    }
    let mut entries = Remaining(footer);
    let mut sections = Vec::with_capacity(length / ENTRY);
    while !entries.0.is_empty() {
        let mut read = || -> Result<Section, super::bytes::CutOff> {
            let name = entries.take(4)?.try_into().map_err(|_| super::bytes::CutOff)?;
            Ok(Section { name, sum: entries.u32()?, begin: entries.u64()?, length: entries.u64()? })
        };
        let section = read().map_err(|_| cut())?;
        let end = section.begin.checked_add(section.length);
        if section.begin < MARK as u64 || end.is_none_or(|end| end > begin as u64) {
            return Err("one of its parts lies outside of it".to_owned());
        }
        sections.push(section);
    }
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST: [u8; 8] = *b"VITRTEST";

    fn written(folder: &Path) -> (PathBuf, Vec<u8>) {
        let path = folder.join("file");
        let mut writer = Writer::create(&path, TEST).unwrap();
        writer.whole(*b"one.", b"first").unwrap();
        writer.whole(*b"two.", &[7; 100]).unwrap();
        let size = writer.finish().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(size, bytes.len() as u64);
        (path, bytes)
    }

    #[test]
    fn gives_back_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let (path, _) = written(folder.path());
        let file = Container::open(&path, TEST).unwrap();
        assert_eq!(file.section(*b"one.").unwrap(), b"first");
        assert_eq!(file.section(*b"two.").unwrap(), [7; 100]);
        assert!(file.section(*b"none").is_err() && file.verify().is_ok());
    }

    #[test]
    fn every_cut_and_every_flipped_bit_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let (path, bytes) = written(folder.path());
        let padding = 13..16;
        for length in 0..bytes.len() {
            std::fs::write(&path, &bytes[..length]).unwrap();
            assert!(Container::open(&path, TEST).is_err(), "cut to {length}");
        }
        for bit in (0..bytes.len() * 8).filter(|bit| !padding.contains(&(bit / 8))) {
            let mut altered = bytes.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, &altered).unwrap();
            let seen = Container::open(&path, TEST).map_or(true, |file| file.verify().is_err());
            assert!(seen || (116..120).contains(&(bit / 8)), "bit {bit}");
        }
    }
}
