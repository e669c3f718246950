//! A look at what the streams of a PDF unfold to, before any is unfolded in memory.

use flate2::{Decompress, FlushDecompress, Status};

/// Whether no deflated stream of a PDF unfolds to more than `most` bytes. Nothing is kept of what is unfolded.
///
/// Streams are found by their keyword and their first byte, not by the file's own tables, which may lie. One that is packed twice is looked at from outside only.
pub fn inflates_within(content: &[u8], most: u64) -> bool {
    let mut sink = vec![0; 64 << 10];
    let mut rest = content;
    while let Some(found) = memchr::memmem::find(rest, b"stream") {
        rest = rest.get(found + b"stream".len()..).unwrap_or_default();
        let data = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).unwrap_or(rest);
        // The only header that writers give a deflated stream begins so.
        if data.first() != Some(&0x78) {
            continue;
        }
        let mut inflate = Decompress::new(true);
        loop {
            let (read, written) = (inflate.total_in(), inflate.total_out());
            let ahead = data.get(read as usize..).unwrap_or_default();
            let status = inflate.decompress(ahead, &mut sink, FlushDecompress::None);
            if inflate.total_out() > most {
                return false;
            }
            if (inflate.total_in(), inflate.total_out()) == (read, written) || !matches!(status, Ok(Status::Ok)) {
                break;
            }
        }
        rest = data.get(inflate.total_in() as usize..).unwrap_or_default();
    }
    true
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn stream_of(zeros: usize) -> Vec<u8> {
        let mut packed = flate2::write::ZlibEncoder::new(b"<< >> stream\r\n".to_vec(), flate2::Compression::best());
        packed.write_all(&vec![0; zeros]).unwrap();
        [packed.finish().unwrap(), b"\nendstream\n".to_vec()].concat()
    }

    #[test]
    fn what_unfolds_beyond_measure_is_told() {
        let streams = [stream_of(5), stream_of(600_000)].concat();
        assert!(streams.len() < 5000);
        assert!(inflates_within(&streams, 600_000));
        assert!(!inflates_within(&streams, 599_999));
        assert!(inflates_within(b"stream\r\nx\x9c no deflated data", 10));
        assert!(inflates_within(b"stream", 0));
    }
}
