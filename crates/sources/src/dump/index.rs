//! The index of a multistream dump: which of its streams holds which page.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::ops::Range;
use std::path::Path;

use bzip2::bufread::MultiBzDecoder;

use crate::{Result, SourceError};

/// The ranges of the dump's bytes that hold the wanted titles (with their namespace), in order, neighbours joined.
///
/// Each line of the index is an offset, a page's number and its title, with colons between; the file may be packed with bzip2.
///
/// # Errors
///
/// The index cannot be read, or is none.
pub(super) fn ranges(index: &Path, dump_length: u64, mut wants: impl FnMut(&str) -> bool) -> Result<Vec<Range<u64>>> {
    let failed = |cause| SourceError::file(index, cause);
    let mut file = BufReader::new(File::open(index).map_err(failed)?);
    let is_packed = file.fill_buf().map_err(failed)?.starts_with(b"BZh");
    let mut lines: Box<dyn BufRead> =
        if is_packed { Box::new(BufReader::new(MultiBzDecoder::new(file))) } else { Box::new(file) };
    let mut ranges: Vec<Range<u64>> = Vec::new();
    // The stream that the lines are about, and whether a title of it is wanted.
    let (mut stream, mut is_wanted) = (0, false);
    let mut number = 0_u64;
    let mut line = Vec::new();
    loop {
        line.clear();
        number += 1;
        // A title has at most 255 bytes.
        (&mut lines).take(1000).read_until(b'\n', &mut line).map_err(failed)?;
        let broken = || {
            let reason = "it is no line of a multistream index (offset:number:title); give the index that belongs to the dump, or none";
            SourceError::broken(index, format!("line {number}"), reason)
        };
        let text = std::str::from_utf8(&line).map_err(|_| broken())?.trim_end();
        let (offset, title) = if line.is_empty() {
            (dump_length, "")
        } else {
            let mut parts = text.splitn(3, ':');
            let offset = parts.next().and_then(|offset| offset.parse().ok()).ok_or_else(broken)?;
            (offset, parts.nth(1).ok_or_else(broken)?)
        };
        if offset != stream {
            if offset < stream || offset > dump_length {
                return Err(broken());
            }
            if is_wanted {
                match ranges.last_mut() {
                    Some(last) if last.end == stream => last.end = offset,
                    _ => ranges.push(stream..offset),
                }
            }
            (stream, is_wanted) = (offset, false);
        }
        if line.is_empty() {
            return Ok(ranges);
        }
        is_wanted = is_wanted || wants(title);
    }
}
