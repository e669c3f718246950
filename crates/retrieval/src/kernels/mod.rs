//! Products of 8-bit rows: the one inner loop that scoring, encoding and clustering share.
//!
//! A *table* holds rows of signed bytes (a query, or centroids), interleaved by eights, so that one vector holds four numbers of each of eight
//! rows. The row it meets holds bytes of 0 to twice a centre, and stands for their distances from it. Either side may have the finer bytes (0 to 126 about 63 with
//! up to 127 in the table, or 0 to 254 about 127 with up to 63 there): then a product of unsigned and signed bytes with its neighbour
//! never leaves 16 bits (4 x 63 x 127 = 32,004), which is what AVX2 adds in, and every instruction set gives the same integers. Where bytes
//! are smaller by intention (a query of -63 to 63, codes of 0 to 14), AVX2 adds up to eight such pairs before it widens them.

mod fetch;
pub(crate) mod lanes;
#[cfg(target_arch = "x86_64")]
mod lanes_avx2;
#[cfg(target_arch = "x86_64")]
mod lanes_avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
mod table;
#[cfg(target_arch = "x86_64")]
mod x86;
#[cfg(target_arch = "x86_64")]
mod x86_512;
#[cfg(target_arch = "x86_64")]
mod x86_amx;

pub(crate) use fetch::fetch;
pub(crate) use table::{CENTRE, FINE_CENTRE, LANES, TO_INTEGER, Table, largest, nearest, quantise_row};

/// Which instructions the products run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instructions {
    /// Plain Rust.
    Portable,
    /// AVX2.
    Avx2,
    /// AVX-512 VNNI.
    Vnni,
    /// AMX, for sixteen rows and more of whole tiles; AVX-512 VNNI for others.
    Amx,
    /// NEON.
    Neon,
}

impl Instructions {
    /// The best that this processor has.
    pub fn best() -> Self {
        Self::available().last().copied().unwrap_or(Self::Portable)
    }

    /// All that this processor has, the best last.
    pub fn available() -> &'static [Self] {
        use std::sync::LazyLock;
        static AVAILABLE: LazyLock<Vec<Instructions>> = LazyLock::new(detect);
        &AVAILABLE
    }
}

#[cfg(target_arch = "x86_64")]
fn detect() -> Vec<Instructions> {
    let mut all = vec![Instructions::Portable];
    if is_x86_feature_detected!("avx2") {
        all.push(Instructions::Avx2);
        if vnni_detected() {
            all.push(Instructions::Vnni);
            if x86_amx::detected() {
                all.push(Instructions::Amx);
            }
        }
    }
    all
}

#[cfg(target_arch = "x86_64")]
fn vnni_detected() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vnni")
}

#[cfg(target_arch = "aarch64")]
fn detect() -> Vec<Instructions> {
    let mut all = vec![Instructions::Portable];
    if std::arch::is_aarch64_feature_detected!("neon") {
        all.push(Instructions::Neon);
    }
    all
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn detect() -> Vec<Instructions> {
    vec![Instructions::Portable]
}

/// The products of `rows` (row-major, as wide as the table, bytes of 0 to twice its centre) with all rows of `table`:
/// `out[row * table.lanes() + lane]`, where lanes past the table's rows hold nothing of use.
///
/// # Panics
///
/// When `rows` holds no whole rows or `out` is too short: lengths are the caller's own.
pub(crate) fn products(table: &Table, rows: &[u8], out: &mut [i32], instructions: Instructions) {
    let width = table.width();
    assert!(rows.len().is_multiple_of(width), "rows of {width} bytes");
    // What lies behind is another call's: no instruction set may look at how long it is.
    let out = &mut out[..rows.len() / width * table.lanes()];
    debug_assert!(rows.iter().all(|&v| i32::from(v) <= 2 * table.centre()));
    match instructions {
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 if is_x86_feature_detected!("avx2") => x86::avx2(table, rows, out),
        #[cfg(target_arch = "x86_64")]
        Instructions::Amx if x86_amx::detected() && x86_amx::takes(table, rows.len() / width) => {
            x86_amx::products(table, rows, out);
        }
        #[cfg(target_arch = "x86_64")]
        Instructions::Vnni | Instructions::Amx if vnni_detected() => x86_512::vnni(table, rows, out),
        #[cfg(target_arch = "aarch64")]
        Instructions::Neon if std::arch::is_aarch64_feature_detected!("neon") => neon::products(table, rows, out),
        _ => portable::products(table, rows, out),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, one number at a time.
    fn slow(table_rows: &[Vec<i8>], biases: &[i32], rows: &[u8], width: usize, centre: i32) -> Vec<Vec<i32>> {
        let one = |row: &[u8]| {
            let dot =
                |t: &Vec<i8>| t.iter().zip(row).map(|(&a, &b)| i32::from(a) * (i32::from(b) - centre)).sum::<i32>();
            table_rows.iter().zip(biases).map(|(t, bias)| dot(t) + bias).collect()
        };
        rows.chunks(width).map(one).collect()
    }

    type Shape = (Vec<Vec<i8>>, Vec<i32>, Vec<u8>, usize, i32);

    fn shapes() -> impl Strategy<Value = Shape> {
        // Widths of whole tiles are every other one.
        let quarters = prop_oneof![1usize..34, (1usize..4).prop_map(|tiles| tiles * 16)];
        let sizes = (quarters, 0usize..75, prop_oneof![0usize..8, 14usize..70]);
        // How large the bytes are on both sides decides how many products are summed in 16 bits.
        let bytes = prop_oneof![
            (prop_oneof![Just(127i8), Just(63), Just(20)], prop_oneof![Just(63i32), Just(31), Just(7)]),
            (prop_oneof![Just(63i8), Just(20)], Just(127i32)),
        ];
        (sizes, bytes).prop_flat_map(|((quarter, table_rows, rows), (largest, centre))| {
            let width = quarter * 4;
            (
                proptest::collection::vec(proptest::collection::vec(-largest..=largest, width), table_rows),
                proptest::collection::vec(-1_000_000..1_000_000, table_rows),
                proptest::collection::vec(0u8..=2 * centre as u8, width * rows),
                Just(width),
                Just(centre),
            )
        })
    }

    proptest! {
        #[test]
        fn every_instruction_set_gives_the_definition((table_rows, biases, rows, width, centre) in shapes(), spare in 0usize..200) {
            let values: Vec<i8> = table_rows.concat();
            let table = Table::from_bytes(&values, width, &biases, centre);
            let expected = slow(&table_rows, &biases, &rows, width, centre);
            for &instructions in Instructions::available() {
                let used = rows.len() / width * table.lanes();
                let mut out = vec![7; used + spare];
                products(&table, &rows, &mut out, instructions);
                prop_assert!(out[used..].iter().all(|&v| v == 7), "{:?} writes past its products", instructions);
                for (row, expected) in expected.iter().enumerate() {
                    let held = &out[row * table.lanes()..][..table_rows.len()];
                    prop_assert_eq!(held, &expected[..], "{:?}", instructions);
                }
            }
        }
    }

    #[test]
    fn the_largest_numbers_do_not_run_over() {
        let width = 128;
        let sizes = [(127i8, 63), (63, 63), (63, 127), (127, 7), (20, 7)];
        for (extreme, centre) in sizes.into_iter().flat_map(|(extreme, centre)| [(extreme, centre), (-extreme, centre)])
        {
            for byte in [0u8, 2 * centre as u8] {
                let table = Table::from_bytes(&vec![extreme; width * 9], width, &[0; 9], centre);
                for &instructions in Instructions::available() {
                    let mut out = vec![0; 19 * table.lanes()];
                    products(&table, &vec![byte; width * 19], &mut out, instructions);
                    let expected = i32::from(extreme) * (i32::from(byte) - centre) * width as i32;
                    assert!(
                        out.chunks(table.lanes()).all(|r| r[..9].iter().all(|&v| v == expected)),
                        "{instructions:?}"
                    );
                }
            }
        }
    }
}
