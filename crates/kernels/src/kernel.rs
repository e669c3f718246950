//! The inner products: one group of eight rows with a few tokens.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod portable;

use crate::{activations::Activations, format::Format, packing::GROUP};

/// Tokens that a tile holds at most.
pub(crate) const TILE: usize = 4;

/// What a set of kernels is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kernel {
    /// Any processor.
    Portable,
    /// x86-64 with AVX2, FMA and F16C.
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Kernel {
    /// The fastest that this processor runs.
    pub(crate) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if crate::simd::has_avx2() {
            return Self::Avx2;
        }
        Self::Portable
    }

    /// Multiplies a row group (its packed blocks) by tokens `first` to `first + tokens - 1`; `tokens` is 1 to [`TILE`].
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
        debug_assert!((1..=TILE).contains(&tokens) && first + tokens <= activations.m && activations.suit(format));
        match self {
            Self::Portable => portable::tile(format, group, activations, first, tokens),
            // SAFETY: this kernel is chosen only where the processor has the features.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { avx2::tile(format, group, activations, first, tokens) },
        }
    }
}
