//! The products on AMX (Intel's Advanced Matrix Extensions): sixteen rows of bytes meet sixteen lanes, 64 numbers of each at a time, in one instruction. Four
//! sums of that size stay in registers: two groups of rows against two of lanes.
//!
//! The instructions are written out, since the language knows none of them yet. A program must ask the system before it may use the registers.
#![allow(unsafe_code)]

use std::arch::asm;
use std::sync::LazyLock;

use super::Table;
use super::table::{LANES, QUAD, TILE_LANES};

/// Rows of a tile: rows that are fewer are for other instructions.
pub(super) const TILE_ROWS: usize = 16;
/// Numbers of a row in a tile.
const TILE_NUMBERS: usize = 64;

/// Whether these products are for tables of this width and rows of this number.
pub(super) fn takes(table: &Table, rows: usize) -> bool {
    rows >= TILE_ROWS && table.width().is_multiple_of(TILE_NUMBERS) && !table.tiles().is_empty()
}

/// Whether the processor has AMX for bytes, and the system lets this program use it.
pub(super) fn detected() -> bool {
    static DETECTED: LazyLock<bool> = LazyLock::new(|| has_instructions() && permitted());
    *DETECTED
}

fn has_instructions() -> bool {
    use std::arch::x86_64::{__cpuid, __cpuid_count};
    const TILES: u32 = 1 << 24;
    const BYTES: u32 = 1 << 25;
    __cpuid(0).eax >= 7 && __cpuid_count(7, 0).edx & (TILES | BYTES) == TILES | BYTES
}

/// Asks Linux for the registers, for all threads of this program.
#[cfg(target_os = "linux")]
fn permitted() -> bool {
    const ARCH_PRCTL: i64 = 158;
    const ARCH_REQ_XCOMP_PERM: u64 = 0x1023;
    const XFEATURE_XTILEDATA: u64 = 18;
    let answer: i64;
    // SAFETY: the call takes two numbers and touches no memory of the program.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") ARCH_PRCTL => answer,
            in("rdi") ARCH_REQ_XCOMP_PERM,
            in("rsi") XFEATURE_XTILEDATA,
            out("rcx") _,
            out("r11") _,
            options(nostack),
        );
    }
    answer == 0
}

/// Other systems are not known how to ask.
#[cfg(not(target_os = "linux"))]
fn permitted() -> bool {
    false
}

/// How many rows each tile has and how many bytes a row, as `ldtilecfg` reads it.
#[repr(C, align(64))]
struct Shapes {
    palette: u8,
    first_row: u8,
    unused: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

impl Shapes {
    /// Tiles for `lanes` lanes: 0 to 3 take sums, 4 and 5 rows, 6 and 7 lanes.
    const fn of(lanes: usize) -> Self {
        let narrow = (lanes * QUAD) as u16;
        let wide = TILE_NUMBERS as u16;
        Self {
            palette: 1,
            first_row: 0,
            unused: [0; 14],
            row_bytes: [narrow, narrow, narrow, narrow, wide, wide, narrow, narrow, 0, 0, 0, 0, 0, 0, 0, 0],
            rows: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
        }
    }
}

static WHOLE: Shapes = Shapes::of(TILE_LANES);
static HALF: Shapes = Shapes::of(LANES);

/// # Panics
///
/// When the processor lacks AMX, or these products are not for such a table and so few rows (see [`takes`]).
pub(super) fn products(table: &Table, rows: &[u8], out: &mut [i32]) {
    let (width, lanes) = (table.width(), table.lanes());
    let count = rows.len() / width;
    assert!(detected() && takes(table, count) && out.len() == count * lanes);
    assert!(table.tiles().len() == lanes * width && table.begins().len() == lanes);
    // Where two groups of rows begin: the last ones once more where they do not fill one.
    let last = count - TILE_ROWS;
    let pairs = (0..count).step_by(2 * TILE_ROWS).map(|first| (first.min(last), (first + TILE_ROWS).min(last)));
    // SAFETY: the processor has AMX and the program may use it. Every group of rows ends within `rows` and, with its lanes, within `out`; lanes and their
    // begins are as long as was just checked. The tiles' shapes are set before they are used, for as many lanes as are left.
    unsafe {
        let mut lane = 0;
        let mut shapes: Option<&Shapes> = None;
        while lane < lanes {
            let wanted = if lane + TILE_LANES <= lanes { &WHOLE } else { &HALF };
            if shapes.is_none_or(|held| !std::ptr::eq(held, wanted)) {
                asm!("ldtilecfg [{}]", in(reg) std::ptr::from_ref(wanted), options(nostack, readonly));
                shapes = Some(wanted);
            }
            let at = |(first, second): (usize, usize)| Place {
                first: rows.as_ptr().add(first * width),
                second: rows.as_ptr().add(second * width),
                width,
                tiles: table.tiles().as_ptr().add(lane * width),
                begins: table.begins().as_ptr().add(lane),
                out_first: first * lanes + lane,
                out_second: second * lanes + lane,
                out_stride: lanes * size_of::<i32>(),
            };
            if lane + 2 * TILE_LANES <= lanes {
                pairs.clone().for_each(|pair| two_groups(&at(pair), out.as_mut_ptr()));
                lane += 2 * TILE_LANES;
            } else {
                let lane_bytes = if std::ptr::eq(wanted, &raw const WHOLE) { TILE_LANES } else { LANES } * QUAD;
                pairs.clone().for_each(|pair| one_group(&at(pair), lane_bytes, out.as_mut_ptr()));
                lane += lane_bytes / QUAD;
            }
        }
        asm!("tilerelease", options(nostack, nomem));
    }
}

/// Where two groups of rows and a group of lanes lie.
struct Place {
    first: *const u8,
    second: *const u8,
    width: usize,
    tiles: *const i8,
    begins: *const i32,
    out_first: usize,
    out_second: usize,
    out_stride: usize,
}

/// Two groups of rows with two groups of lanes, which lie one behind the other.
///
/// # Safety
///
/// The shapes are [`WHOLE`]; sixteen rows of `width` bytes, a multiple of 64, can be read from `first` and `second`, twice `16 x width` lanes' bytes from
/// `tiles`, 32 sums from `begins`, and 32 sums written to `out` from either place on, sixteen times a stride farther.
#[inline]
unsafe fn two_groups(place: &Place, out: *mut i32) {
    // SAFETY: the caller vouches for all memory; a stride of zero repeats the sums that lanes begin from. Only tiles and the registers named are changed.
    unsafe {
        asm!(
            "tileloadd tmm0, [{begins} + {stride}*1]",
            "tileloadd tmm1, [{begins} + {stride}*1 + 64]",
            "tileloadd tmm2, [{begins} + {stride}*1]",
            "tileloadd tmm3, [{begins} + {stride}*1 + 64]",
            "mov {stride:e}, 64",
            "2:",
            "tileloadd tmm6, [{tiles} + {stride}*1]",
            "tileloadd tmm4, [{first} + {width}*1]",
            "tdpbusd tmm0, tmm4, tmm6",
            "tileloadd tmm7, [{more} + {stride}*1]",
            "tdpbusd tmm1, tmm4, tmm7",
            "tileloadd tmm5, [{second} + {width}*1]",
            "tdpbusd tmm2, tmm5, tmm6",
            "tdpbusd tmm3, tmm5, tmm7",
            "add {first}, 64",
            "add {second}, 64",
            "add {tiles}, 1024",
            "add {more}, 1024",
            "dec {steps}",
            "jnz 2b",
            begins = in(reg) place.begins,
            stride = inout(reg) 0usize => _,
            tiles = inout(reg) place.tiles => _,
            more = inout(reg) place.tiles.add(TILE_LANES * place.width) => _,
            first = inout(reg) place.first => _,
            second = inout(reg) place.second => _,
            width = in(reg) place.width,
            steps = inout(reg) place.width / TILE_NUMBERS => _,
            options(nostack, readonly),
        );
        asm!(
            "tilestored [{first} + {stride}*1], tmm0",
            "tilestored [{first} + {stride}*1 + 64], tmm1",
            "tilestored [{second} + {stride}*1], tmm2",
            "tilestored [{second} + {stride}*1 + 64], tmm3",
            first = in(reg) out.add(place.out_first),
            second = in(reg) out.add(place.out_second),
            stride = in(reg) place.out_stride,
            options(nostack),
        );
    }
}

/// Two groups of rows with one group of lanes, of which a quad takes `lane_bytes`.
///
/// # Safety
///
/// As for [`two_groups`], with half as many lanes, or a quarter where the shapes are [`HALF`].
#[inline]
unsafe fn one_group(place: &Place, lane_bytes: usize, out: *mut i32) {
    // SAFETY: as above.
    unsafe {
        asm!(
            "tileloadd tmm0, [{begins} + {stride}*1]",
            "tileloadd tmm2, [{begins} + {stride}*1]",
            "mov {stride}, {lane_bytes}",
            "shl {lane_bytes}, 4",
            "2:",
            "tileloadd tmm6, [{tiles} + {stride}*1]",
            "tileloadd tmm4, [{first} + {width}*1]",
            "tdpbusd tmm0, tmm4, tmm6",
            "tileloadd tmm5, [{second} + {width}*1]",
            "tdpbusd tmm2, tmm5, tmm6",
            "add {first}, 64",
            "add {second}, 64",
            "add {tiles}, {lane_bytes}",
            "dec {steps}",
            "jnz 2b",
            begins = in(reg) place.begins,
            stride = inout(reg) 0usize => _,
            lane_bytes = inout(reg) lane_bytes => _,
            tiles = inout(reg) place.tiles => _,
            first = inout(reg) place.first => _,
            second = inout(reg) place.second => _,
            width = in(reg) place.width,
            steps = inout(reg) place.width / TILE_NUMBERS => _,
            options(nostack, readonly),
        );
        asm!(
            "tilestored [{first} + {stride}*1], tmm0",
            "tilestored [{second} + {stride}*1], tmm2",
            first = in(reg) out.add(place.out_first),
            second = in(reg) out.add(place.out_second),
            stride = in(reg) place.out_stride,
            options(nostack),
        );
    }
}
