//! Little-endian numbers out of bytes that cannot be trusted.

/// What is left to read.
pub(crate) struct Remaining<'a>(pub(crate) &'a [u8]);

/// Reading goes past the end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CutOff;

impl<'a> Remaining<'a> {
    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], CutOff> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(CutOff)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CutOff> {
        self.take(N)?.try_into().map_err(|_| CutOff)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, CutOff> {
        self.array().map(u8::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, CutOff> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, CutOff> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn f32(&mut self) -> Result<f32, CutOff> {
        self.array().map(f32::from_le_bytes)
    }

    /// Bytes behind their length (u32).
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], CutOff> {
        let length = self.u32()? as usize;
        self.take(length)
    }
}

/// Number `at` of a list of u16.
#[inline]
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at * 2..at * 2 + 2)?.try_into().ok()?))
}

/// Number `at` of a list of u32.
#[inline]
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at * 4..at * 4 + 4)?.try_into().ok()?))
}

/// Number `at` of a list of u64.
#[inline]
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at * 8..at * 8 + 8)?.try_into().ok()?))
}

/// All numbers of a list of u32.
pub(crate) fn all_u32(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks().0.iter().map(|b| u32::from_le_bytes(*b)).collect()
}

/// All numbers of a list of f32.
pub(crate) fn all_f32(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}
