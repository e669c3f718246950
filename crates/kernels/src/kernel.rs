//! The inner products: one group of eight rows with a few tokens.

#[cfg(target_arch = "x86_64")]
/// Defines `tile` (see [`super::Kernel::tile`]) for the instructions `$features` out of this module's `q4k`, `q6k` and `q8`, for each of these numbers of tokens.
macro_rules! tile_with {
    ($features:literal, $($few:literal)* or $most:literal) => {
        /// # Safety
        /// The processor has these instructions.
        #[target_feature(enable = $features)]
        pub(crate) unsafe fn tile(
            format: Format,
            group: &[u8],
            activations: &Activations,
            first: usize,
            tokens: usize,
        ) -> [[f32; GROUP]; TILE] {
            let mut totals = [[0f32; GROUP]; TILE];
            // SAFETY: the checks at the head of `Tokens` and of each kernel keep every pointer within its slice.
            unsafe {
                match tokens {
                    $($few => tokens_of::<$few>(format, group, activations, first, &mut totals),)*
                    _ => tokens_of::<$most>(format, group, activations, first, &mut totals),
                }
            }
            totals
        }

        #[inline]
        #[target_feature(enable = $features)]
        unsafe fn tokens_of<const T: usize>(
            format: Format,
            group: &[u8],
            activations: &Activations,
            first: usize,
            totals: &mut [[f32; GROUP]; TILE],
        ) {
            let columns = activations.columns;
            assert!(first + T <= activations.m);
            let rows = |token: usize| (first + token) * columns;
            // SAFETY: every offset is of a token below `m`, and the vectors hold `m` rows; the kernels read `columns` numbers of each
            // and a group of as many packed blocks as cover `columns`, which is asserted.
            unsafe {
                match (&activations.numbers, format) {
                    (Numbers::Bytes { q, d, sums32, .. }, Format::Q4K) => {
                        assert_eq!(group.len(), columns / 256 * Q4K_BYTES);
                        let q = std::array::from_fn::<_, T, _>(|token| q.as_ptr().add(rows(token)));
                        let d = std::array::from_fn::<_, T, _>(|token| d.as_ptr().add(rows(token) / 256));
                        let sums = std::array::from_fn::<_, T, _>(|token| sums32.as_ptr().add(rows(token) / 32));
                        q4k(group.as_ptr(), columns / 256, q, d, sums, totals);
                    }
                    (Numbers::Bytes { q, d, sums16, .. }, Format::Q6K) => {
                        assert_eq!(group.len(), columns / 256 * Q6K_BYTES);
                        let q = std::array::from_fn::<_, T, _>(|token| q.as_ptr().add(rows(token)));
                        let d = std::array::from_fn::<_, T, _>(|token| d.as_ptr().add(rows(token) / 256));
                        let sums = std::array::from_fn::<_, T, _>(|token| sums16.as_ptr().add(rows(token) / 16));
                        q6k(group.as_ptr(), columns / 256, q, d, sums, totals);
                    }
                    (Numbers::Words { q, d }, Format::Q8_0) => {
                        assert_eq!(group.len(), columns / 32 * Q8_BYTES);
                        let q = std::array::from_fn::<_, T, _>(|token| q.as_ptr().add(rows(token)));
                        let d = std::array::from_fn::<_, T, _>(|token| d.as_ptr().add(rows(token) / 32));
                        q8(group.as_ptr(), columns / 32, q, d, totals);
                    }
                    _ => unreachable!("activations are checked against the format before"),
                }
            }
        }
    };
}
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
