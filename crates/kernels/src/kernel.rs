//! The inner products: one or two groups of eight rows with a few tokens.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

use crate::{activations::Activations, format::Format, packing::GROUP};

/// Tokens that a tile holds at most, with any kernel.
pub(crate) const TILE: usize = 8;
/// Rows that a tile holds at most: those of two groups.
pub(crate) const WIDTH: usize = 2 * GROUP;
/// Of each token the products with each row; what lies beyond the tokens and rows that were asked for means nothing.
pub(crate) type Tile = [[f32; WIDTH]; TILE];

/// What a set of kernels is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kernel {
    /// Any processor.
    Portable,
    /// x86-64 with AVX2, FMA and F16C.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// x86-64 with AVX-512's products of bytes (VNNI).
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

    /// The kernel for one token alone, which waits for memory: a single run of weights is read faster than two side by side.
    pub(crate) fn for_lone_token(self) -> Self {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => Self::Avx2,
            other => other,
        }
    }

    /// Tokens of a tile at most.
    pub(crate) fn tokens(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => avx2::TOKENS,
            _ => TILE,
        }
    }

    /// Row groups of a tile at most.
    pub(crate) fn groups(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => 2,
            _ => 1,
        }
    }

    /// Multiplies up to [`Self::groups`] row groups (their packed blocks) by tokens `first` to `first + tokens - 1`; `tokens` is 1 to [`Self::tokens`].
    /// All kernels compute the same numbers, bit for bit.
    #[allow(unsafe_code)]
    pub(crate) fn tile(
        self,
        format: Format,
        groups: &[u8],
        activations: &Activations,
        first: usize,
        tokens: usize,
    ) -> Tile {
        debug_assert!(
            (1..=self.tokens()).contains(&tokens) && first + tokens <= activations.m && activations.suit(format)
        );
        match self {
            Self::Portable => portable::tile(format, groups, activations, first, tokens),
            // SAFETY: this kernel is chosen only where the processor has the features.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { avx2::tile(format, groups, activations, first, tokens) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { avx512::tile(format, groups, activations, first, tokens) },
        }
    }
}
