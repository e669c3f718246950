//! How much a file may cost: checked before memory is taken, and while time passes.

use std::{
    io::{self, BufRead, Read, Seek, SeekFrom},
    time::{Duration, Instant},
};

use crate::ImagingError;

/// How large a scan may be before it is refused, and how long reading it may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Pixels of one page that is decoded as a whole.
    pub pixels: u64,
    /// Bytes of a file that is read into memory.
    pub file_bytes: u64,
    /// Pixels of one page that is read band by band out of a TIFF on the disk.
    pub banded_pixels: u64,
    /// Bytes of such a file.
    pub banded_file_bytes: u64,
    /// Bytes that a decoder may take for one page.
    pub decoder_bytes: u64,
    /// Pages of one file.
    pub pages: u32,
    /// Time to decode one page; a page that is read band by band has it as many times as [`Limits::banded_pixels`] is larger than [`Limits::pixels`]. Looked at between strips of TIFF and rows of PSD, and whenever PNG, WebP and JPEG XL ask for more of the file.
    /// JPEG and JPEG 2000 are bounded by their pixels, and JPEG by its number of scans: their decoders offer no point to stop at.
    pub time: Duration,
}

impl Default for Limits {
    /// 400 megapixels, files of 2 GB, 3 GB for the decoder: the largest scans that a laptop of 8 GB takes without swapping. Where only some bands of a TIFF are in
    /// memory, 4 gigapixels in 32 GB. 1000 pages, two minutes a page.
    fn default() -> Self {
        Self {
            pixels: 400_000_000,
            file_bytes: 2_000_000_000,
            banded_pixels: 4_000_000_000,
            banded_file_bytes: 32_000_000_000,
            decoder_bytes: 3_000_000_000,
            pages: 1000,
            time: Duration::from_secs(120),
        }
    }
}

impl Limits {
    /// Refuses a picture of too many pixels, and one without any.
    pub(crate) fn check_pixels(&self, width: u32, height: u32, format: &'static str) -> Result<(), ImagingError> {
        if width == 0 || height == 0 {
            return Err(ImagingError::Damaged { format, cause: "it says that it has no pixels".into() });
        }
        let pixels = u64::from(width) * u64::from(height);
        if pixels > self.pixels {
            let (megapixels, limit) = (pixels / 1_000_000, self.pixels / 1_000_000);
            return Err(ImagingError::TooManyPixels { width, height, megapixels, limit });
        }
        Ok(())
    }

    /// Refuses to take `bytes` of memory beyond the limit; gives them as a length.
    pub(crate) fn check_memory(&self, bytes: u64) -> Result<usize, ImagingError> {
        let too_much = ImagingError::TooMuchMemory { limit: self.decoder_bytes / 1_000_000 };
        if bytes > self.decoder_bytes {
            return Err(too_much);
        }
        usize::try_from(bytes).map_err(|_| too_much)
    }

    /// The limits of a page that is read band by band.
    pub(crate) fn banded(&self) -> Self {
        let times = u32::try_from(self.banded_pixels.div_ceil(self.pixels.max(1))).unwrap_or(u32::MAX);
        let time = self.time.checked_mul(times).unwrap_or(Duration::MAX);
        Self { pixels: self.banded_pixels, file_bytes: self.banded_file_bytes, time, ..*self }
    }

    pub(crate) fn deadline(&self) -> Deadline {
        Deadline { end: Instant::now().checked_add(self.time), seconds: self.time.as_secs() }
    }
}

/// The moment at which reading a page is given up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    /// `None`: so late that the clock cannot say it.
    end: Option<Instant>,
    seconds: u64,
}

impl Deadline {
    pub(crate) fn check(&self) -> Result<(), ImagingError> {
        if self.passed() { Err(ImagingError::TooSlow { seconds: self.seconds }) } else { Ok(()) }
    }

    fn passed(&self) -> bool {
        self.end.is_some_and(|end| Instant::now() > end)
    }
}

/// A reader that fails with [`io::ErrorKind::TimedOut`] once the deadline has passed, so that a decoder which pulls its bytes stops.
pub(crate) struct Timed<R> {
    inner: R,
    deadline: Deadline,
}

impl<R> Timed<R> {
    pub(crate) fn new(inner: R, deadline: Deadline) -> Self {
        Self { inner, deadline }
    }

    fn in_time(&self) -> io::Result<()> {
        if self.deadline.passed() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }
}

impl<R: Read> Read for Timed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.in_time()?;
        self.inner.read(buffer)
    }
}

impl<R: BufRead> BufRead for Timed<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.in_time()?;
        // A part at a time: a decoder that is given the whole file at once would not come back.
        let buffer = self.inner.fill_buf()?;
        Ok(buffer.get(..buffer.len().min(1 << 16)).unwrap_or(buffer))
    }

    fn consume(&mut self, amount: usize) {
        self.inner.consume(amount);
    }
}

impl<R: Seek> Seek for Timed<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
