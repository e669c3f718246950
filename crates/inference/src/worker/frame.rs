//! Frames on a pipe: `vtrn`, the head's length, the payload's length (u32, little-endian each), the head (JSON), the payload (raw).

use std::io::{self, Read, Write};

const MAGIC: [u8; 4] = *b"vtrn";

/// The longest head in bytes: a conversation with its passages is a hundredth of it.
const HEAD_LIMIT: usize = 16 << 20;

/// The longest payload in bytes: the largest scan that is read at all has 400 megapixels of three bytes.
const PAYLOAD_LIMIT: usize = 1_300_000_000;

/// What is taken before any byte has come; the rest grows with what really comes.
const FIRST_STEP: usize = 64 << 10;

/// A head and its payload.
pub(super) type Frame = (Vec<u8>, Vec<u8>);

/// Why no frame came, or went.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The other side closed its end, between two frames.
    #[error("the other side has closed the pipe")]
    Closed,
    /// The pipe failed, or ended within a frame.
    #[error("the pipe broke: {0}")]
    Broken(#[from] io::Error),
    /// Bytes that are no frame.
    #[error("bytes came that begin no message: {0:02x?}")]
    NoFrame([u8; 4]),
    /// A frame longer than any may be.
    #[error("a message of {head} + {payload} bytes is longer than {HEAD_LIMIT} + {PAYLOAD_LIMIT}, which is the most")]
    TooLong {
        /// The head's length.
        head: usize,
        /// The payload's length.
        payload: usize,
    },
}

/// Writes one frame, its payload piece by piece, and flushes.
pub(super) fn write(output: &mut impl Write, head: &[u8], payload: &[&[u8]]) -> Result<(), FrameError> {
    let total = payload.iter().map(|piece| piece.len()).sum();
    let (head_length, payload_length) = lengths(head.len(), total)?;
    output.write_all(&MAGIC)?;
    output.write_all(&head_length.to_le_bytes())?;
    output.write_all(&payload_length.to_le_bytes())?;
    output.write_all(head)?;
    for piece in payload {
        output.write_all(piece)?;
    }
    Ok(output.flush()?)
}

/// Reads one frame. Memory grows with the bytes that come, never with a length that is only claimed.
pub(super) fn read(input: &mut impl Read) -> Result<Frame, FrameError> {
    let mut start = [0; 12];
    match read_some(input, &mut start[..1])? {
        0 => return Err(FrameError::Closed),
        _ => input.read_exact(&mut start[1..])?,
    }
    let [a, b, c, d, head @ .., _, _, _, _] = start;
    if [a, b, c, d] != MAGIC {
        return Err(FrameError::NoFrame([a, b, c, d]));
    }
    let [_, _, _, _, _, _, _, _, payload @ ..] = start;
    let (head, payload) = (u32::from_le_bytes(head) as usize, u32::from_le_bytes(payload) as usize);
    lengths(head, payload)?;
    Ok((read_all(input, head)?, read_all(input, payload)?))
}

fn lengths(head: usize, payload: usize) -> Result<(u32, u32), FrameError> {
    let too_long = || FrameError::TooLong { head, payload };
    if head > HEAD_LIMIT || payload > PAYLOAD_LIMIT {
        return Err(too_long());
    }
    Ok((head.try_into().map_err(|_| too_long())?, payload.try_into().map_err(|_| too_long())?))
}

fn read_some(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

fn read_all(input: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length.min(FIRST_STEP));
    let came = input.take(length as u64).read_to_end(&mut bytes)?;
    if came < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut pipe = Vec::new();
        write(&mut pipe, b"{}", &[b"ab", b"", b"c"]).unwrap();
        write(&mut pipe, b"", &[]).unwrap();
        let mut rest = pipe.as_slice();
        assert_eq!(read(&mut rest).unwrap(), (b"{}".to_vec(), b"abc".to_vec()));
        assert_eq!(read(&mut rest).unwrap(), (vec![], vec![]));
        assert!(matches!(read(&mut rest), Err(FrameError::Closed)));
    }

    #[test]
    fn broken_frames_are_told_apart() {
        let mut pipe = Vec::new();
        write(&mut pipe, b"{}", &[b"abc"]).unwrap();
        for length in 1..pipe.len() {
            assert!(matches!(read(&mut &pipe[..length]), Err(FrameError::Broken(_))), "cut at {length}");
        }
        pipe[0] = b'V';
        assert!(matches!(read(&mut pipe.as_slice()), Err(FrameError::NoFrame(_))));
        let long = [b"vtrn".as_slice(), &[0xff; 8]].concat();
        assert!(matches!(read(&mut long.as_slice()), Err(FrameError::TooLong { .. })));
        let too_long = vec![b' '; HEAD_LIMIT + 1];
        assert!(matches!(write(&mut Vec::new(), &too_long, &[]), Err(FrameError::TooLong { .. })));
    }
}
