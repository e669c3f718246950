//! Rows of signed bytes, interleaved for [`super::products`].

/// Rows in a block.
pub(crate) const LANES: usize = 8;
/// Numbers of a row that stand together.
pub(crate) const QUAD: usize = 4;
/// Rows in a group of tiles.
#[cfg(target_arch = "x86_64")]
pub(super) const TILE_LANES: usize = 16;
/// What a byte of zero stands for is the negative of this, in rows that meet tables of the finest bytes.
pub(crate) const CENTRE: i32 = 63;
/// The same in rows of the finest bytes, which meet tables of bytes up to [`CENTRE`].
pub(crate) const FINE_CENTRE: i32 = 127;

/// Rows of signed bytes: `[block][quad][lane][4]`, each block with its eight sums to begin from.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    values: Vec<i8>,
    /// What each lane's sum begins from: its bias, less what the centre of the other side adds.
    begins: Vec<i32>,
    width: usize,
    centre: i32,
    /// Quads whose products may be summed in 16 bits before they have to be widened.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "other instruction sets widen at once"))]
    depth: usize,
    /// The same values for AMX, where the processor has it: `[group][quad][lane][4]` in groups of sixteen lanes, the last of them of eight if no more are left.
    #[cfg(target_arch = "x86_64")]
    tiles: Vec<i8>,
}

impl Table {
    /// A table of rows of bytes, row-major, `width` (a multiple of four) each, to whose products `biases` are added. The rows that it meets hold
    /// bytes of 0 to twice `centre`. The smaller the bytes on both sides, the more products are summed before they are widened, and the quicker.
    pub(crate) fn from_bytes(rows: &[i8], width: usize, biases: &[i32], centre: i32) -> Self {
        let largest = rows.iter().map(|v| i32::from(*v).abs()).max().unwrap_or(0).max(1);
        assert!(
            (1..128).contains(&centre) && 4 * centre * largest <= i32::from(i16::MAX),
            "products of pairs stay within 16 bits"
        );
        assert!(width > 0 && width.is_multiple_of(QUAD), "a width of whole quads");
        let count = rows.len() / width;
        let blocks = count.div_ceil(LANES);
        let mut values = vec![0; blocks * LANES * width];
        let mut begins = vec![0; blocks * LANES];
        for (number, row) in rows.chunks_exact(width).enumerate() {
            let (block, lane) = (number / LANES, number % LANES);
            for (quad, four) in row.chunks_exact(QUAD).enumerate() {
                let at = ((block * (width / QUAD) + quad) * LANES + lane) * QUAD;
                values[at..at + QUAD].copy_from_slice(four);
            }
            let sum: i32 = row.iter().map(|&v| i32::from(v)).sum();
            begins[number] = biases.get(number).copied().unwrap_or(0) - centre * sum;
        }
        let depth = i32::from(i16::MAX) / (4 * centre * largest);
        Self {
            #[cfg(target_arch = "x86_64")]
            tiles: if super::x86_amx::detected() { tiles(&values, width) } else { Vec::new() },
            values,
            begins,
            width,
            centre,
            depth: usize::try_from(depth).unwrap_or(1).max(1),
        }
    }

    /// Half of the largest byte in the rows that it meets.
    pub(crate) fn centre(&self) -> i32 {
        self.centre
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// The width of a row.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Rows, rounded up to whole blocks.
    pub(crate) fn lanes(&self) -> usize {
        self.begins.len()
    }

    pub(super) fn begins(&self) -> &[i32] {
        &self.begins
    }

    pub(super) fn values(&self) -> &[i8] {
        &self.values
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) fn tiles(&self) -> &[i8] {
        &self.tiles
    }
}

/// Blocks of eight lanes as groups of sixteen.
#[cfg(target_arch = "x86_64")]
fn tiles(values: &[i8], width: usize) -> Vec<i8> {
    let mut tiles = Vec::with_capacity(values.len());
    for group in values.chunks(TILE_LANES * width) {
        let (first, second) = group.split_at(LANES * width);
        let mut second = second.chunks_exact(LANES * QUAD);
        for eight in first.chunks_exact(LANES * QUAD) {
            tiles.extend_from_slice(eight);
            tiles.extend_from_slice(second.next().unwrap_or_default());
        }
    }
    tiles
}

/// The largest distance from zero in a row; loops over lanes, so that the compiler makes vectors of them.
pub(crate) fn largest(row: &[f32]) -> f32 {
    let mut largest = [0.0f32; LANES];
    let (eights, rest) = row.as_chunks();
    let widen = |largest: &mut f32, value: f32| *largest = if value.abs() > *largest { value.abs() } else { *largest };
    eights.iter().for_each(|eight: &[f32; LANES]| largest.iter_mut().zip(eight).for_each(|(l, &v)| widen(l, v)));
    largest.iter_mut().zip(rest).for_each(|(l, &v)| widen(l, v));
    largest.into_iter().fold(0.0, f32::max)
}

/// Added to a number below four million, it leaves the number's nearest integer in the low bits.
pub(crate) const TO_INTEGER: f32 = 12_582_912.0;

/// The integer nearest to a number below four million, without a call into the mathematics library.
pub(crate) fn nearest(value: f32) -> f32 {
    value + TO_INTEGER - TO_INTEGER
}

/// Writes `row` as bytes of 0 to twice `centre` and returns what one step of them is worth. A row of zeros is worth nothing.
pub(crate) fn quantise_row(row: &[f32], centre: i32, out: &mut [u8]) -> f32 {
    let (largest, reach) = (largest(row), centre as f32);
    let (step, inverse) = if largest > 0.0 { (largest / reach, reach / largest) } else { (0.0, 0.0) };
    for (byte, value) in out.iter_mut().zip(row) {
        // Half away from zero, without a call into the mathematics library.
        let scaled = value * inverse;
        *byte = ((scaled + reach + 0.5) as i32).clamp(0, 2 * centre) as u8;
    }
    step
}
