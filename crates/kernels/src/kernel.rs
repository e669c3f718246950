//! The inner products: one group of eight rows with a few tokens.

#[cfg(target_arch = "x86_64")]
#[macro_use]
mod x86;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

use crate::{activations::Activations, format::Format, packing::GROUP};

/// Tokens that a tile holds at most, with any kernel.
pub(crate) const TILE: usize = 8;

/// What a set of kernels is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kernel {
    /// Any processor.
    Portable,
    /// x86-64 with AVX2, FMA and F16C.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// x86-64 with AVX-512's products of bytes (VNNI) for registers of 256 bits.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Kernel {
    /// The fastest that this processor runs.
    pub(crate) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if crate::simd::has_avx2() {
            return if crate::simd::has_avx512_vnni() { Self::Avx512 } else { Self::Avx2 };
        }
        Self::Portable
    }

    /// Tokens of a tile at most: as many as unpack weights once and still find room in the registers. Q8_0 has nothing to unpack.
    pub(crate) fn tokens(self, format: Format) -> usize {
        match (self, format) {
            #[cfg(target_arch = "x86_64")]
            (Self::Avx512, Format::Q4K | Format::Q6K) => TILE,
            _ => 4,
        }
    }

    /// Multiplies a row group (its packed blocks) by tokens `first` to `first + tokens - 1`; `tokens` is 1 to [`Self::tokens`].
    /// All kernels compute the same numbers, bit for bit.
    #[allow(unsafe_code)]
    pub(crate) fn tile(
        self,
        format: Format,
        group: &[u8],
        activations: &Activations,
        first: usize,
        tokens: usize,
    ) -> [[f32; GROUP]; TILE] {
        debug_assert!(
            (1..=self.tokens(format)).contains(&tokens) && first + tokens <= activations.m && activations.suit(format)
        );
        match self {
            Self::Portable => portable::tile(format, group, activations, first, tokens),
            // SAFETY: this kernel is chosen only where the processor has the features.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { avx2::tile(format, group, activations, first, tokens) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { avx512::tile(format, group, activations, first, tokens) },
        }
    }
}
