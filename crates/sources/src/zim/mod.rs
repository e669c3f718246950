//! ZIM archives, in which Kiwix keeps Wikipedia and other sites with their pictures in one file.
//!
//! The format is openZIM's (versions 5 and 6, with old and new namespaces). Every position that the file names is checked against the file before it is followed, and
//! what is decompressed is bounded, so that a file of any content costs at most time. The checksum over the whole file is not computed, which for a hundred gigabytes would take
//! longer than reading the articles.

mod archive;
mod cluster;
mod entry;
mod header;
mod reader;

pub use archive::ZimArchive;
pub use reader::ZimReader;
