//! ICC profiles that are a table from the device's colours to L\*a\*b\*: the types `lut8Type` and `lut16Type` (ICC.1:2022, 10.10 and 10.11), which
//! scanners and presses have.
//!
//! `moxcms` computes such a table anew on a grid of its own and takes 8-bit ones for 16-bit ones, which put colours off by ΔE2000 0.5 to 1 on
//! average and 2 at worst. Here the profile's own grid is interpolated, as lcms2 does where it does not optimise.

use super::{Gamut, lab};

/// A profile's table.
pub(super) struct Table {
    inputs: usize,
    grid: usize,
    /// One for each input, from 0 to 1.
    input_curves: Vec<Vec<f32>>,
    /// The grid's nodes, the first input the slowest.
    nodes: Vec<[f32; 3]>,
    /// One for each of L\*, a\*, b\*.
    output_curves: Vec<Vec<f32>>,
    /// What 1 of an output curve means, and what 0 does: L\*, a\*, b\*.
    scale: [(f32, f32); 3],
}

/// Above this many values a table is not believed.
const MOST_VALUES: usize = 20_000_000;

impl Table {
    /// The table for perceptual rendering of a profile for `inputs` channels, if it has one of these types.
    pub(super) fn read(icc: &[u8], inputs: usize) -> Option<Self> {
        if icc.get(20..24)? != b"Lab " {
            return None;
        }
        let u32_at = |at: usize| Some(u32::from_be_bytes(*icc.get(at..)?.first_chunk()?) as usize);
        let tags = u32_at(128)?.min(200);
        let entry = (0..tags).map(|i| 132 + 12 * i).find(|at| icc.get(*at..at + 4) == Some(b"A2B0"))?;
        let (start, length) = (u32_at(entry + 4)?, u32_at(entry + 8)?);
        let tag = icc.get(start..start.checked_add(length)?)?;
        let grid = usize::from(*tag.get(10)?);
        if (usize::from(*tag.get(8)?), usize::from(*tag.get(9)?)) != (inputs, 3) || grid < 2 {
            return None;
        }
        let node_values =
            grid.checked_pow(u32::try_from(inputs).ok()?)?.checked_mul(3).filter(|n| *n <= MOST_VALUES)?;
        let u16_at = |at: usize| Some(usize::from(u16::from_be_bytes(*tag.get(at..)?.first_chunk()?)));
        // Entries of the curves, the place of the first one, bytes of a value.
        let (curve_in, curve_out, first, size) = match tag.get(..4)? {
            b"mft1" => (256, 256, 48, 1),
            b"mft2" => (u16_at(48)?, u16_at(50)?, 52, 2),
            _ => return None,
        };
        if !(2..=4096).contains(&curve_in) || !(2..=4096).contains(&curve_out) {
            return None;
        }
        let count = curve_in * inputs + node_values + curve_out * 3;
        let bytes = tag.get(first..first + count * size)?;
        let values: Vec<f32> = match size {
            1 => bytes.iter().map(|v| f32::from(*v) / 255.0).collect(),
            _ => bytes.chunks_exact(2).map(|v| f32::from(u16::from_be_bytes([v[0], v[1]])) / 65535.0).collect(),
        };
        let (input_curves, rest) = values.split_at_checked(curve_in * inputs)?;
        let (nodes, output_curves) = rest.split_at_checked(node_values)?;
        let curves = |values: &[f32], length: usize| values.chunks_exact(length).map(<[f32]>::to_vec).collect();
        Some(Self {
            inputs,
            grid,
            input_curves: curves(input_curves, curve_in),
            nodes: nodes.as_chunks::<3>().0.to_vec(),
            output_curves: curves(output_curves, curve_out),
            // 8 bits: 255 is L* 100. 16 bits: 0xFF00 is, as version 2 had it and the type still has.
            scale: if size == 1 {
                [(100.0, 0.0), (255.0, -128.0), (255.0, -128.0)]
            } else {
                [(65535.0 / 652.8, 0.0), (65535.0 / 256.0, -128.0), (65535.0 / 256.0, -128.0)]
            },
        })
    }

    /// Rows of device colours to those of a screen, all of 16 bits.
    pub(super) fn convert(&self, colours: &[u16], rgb: &mut [u16], gamut: Gamut) {
        // Neighbours are often equal.
        let mut last: Option<(&[u16], [u16; 3])> = None;
        for (colour, rgb) in colours.chunks_exact(self.inputs).zip(rgb.as_chunks_mut::<3>().0) {
            *rgb = match last {
                Some((same, answer)) if same == colour => answer,
                _ => lab::to_rgb(self.lab(colour), gamut),
            };
            last = Some((colour, *rgb));
        }
    }

    fn lab(&self, colour: &[u16]) -> [f32; 3] {
        let most = (self.grid - 1) as f32;
        // The node below in each direction, and how far beyond it.
        let mut below = [0usize; 4];
        let mut beyond = [0f32; 4];
        for (i, (value, curve)) in colour.iter().zip(&self.input_curves).take(4).enumerate() {
            let place = along(curve, f32::from(*value) / 65535.0) * most;
            let node = (place as usize).min(self.grid - 2);
            if let (Some(below), Some(beyond)) = (below.get_mut(i), beyond.get_mut(i)) {
                (*below, *beyond) = (node, place - node as f32);
            }
        }
        let [b0, b1, b2, b3] = below;
        let [f0, f1, f2, f3] = beyond;
        let mixed = if self.inputs == 4 {
            // The first channel straight between two tetrahedra of the others.
            let plane = self.grid.pow(3);
            let low = self.tetrahedron(b0 * plane, [b1, b2, b3], [f1, f2, f3]);
            let high = self.tetrahedron((b0 + 1) * plane, [b1, b2, b3], [f1, f2, f3]);
            mix(low, high, f0)
        } else {
            self.tetrahedron(0, [b0, b1, b2], [f0, f1, f2])
        };
        let mut lab = [0f32; 3];
        for (((out, value), curve), (scale, zero)) in lab.iter_mut().zip(mixed).zip(&self.output_curves).zip(self.scale)
        {
            *out = along(curve, value) * scale + zero;
        }
        lab
    }

    /// The value within a cube of the grid by the four corners that are nearest in the order of the fractions.
    fn tetrahedron(&self, start: usize, below: [usize; 3], beyond: [f32; 3]) -> [f32; 3] {
        let steps = [self.grid * self.grid, self.grid, 1];
        let corner = start + below.iter().zip(steps).map(|(b, step)| b * step).sum::<usize>();
        let [x, y, z] = beyond;
        let order = match (x >= y, y >= z, x >= z) {
            (true, true, _) => [0, 1, 2],
            (true, false, true) => [0, 2, 1],
            (true, false, false) => [2, 0, 1],
            (false, _, true) => [1, 0, 2],
            (false, true, false) => [1, 2, 0],
            (false, false, false) => [2, 1, 0],
        };
        let node = |index: usize| self.nodes.get(index).copied().unwrap_or_default();
        let mut at = corner;
        let mut last = node(at);
        let mut sum = last;
        for axis in order {
            at += steps[axis];
            let next = node(at);
            for ((sum, next), last) in sum.iter_mut().zip(next).zip(last) {
                *sum += beyond[axis] * (next - last);
            }
            last = next;
        }
        sum
    }
}

fn mix(low: [f32; 3], high: [f32; 3], share: f32) -> [f32; 3] {
    let [a, b, c] = low;
    let [d, e, f] = high;
    [a + (d - a) * share, b + (e - b) * share, c + (f - c) * share]
}

/// The value of a curve at 0 to 1, straight between its entries.
fn along(curve: &[f32], value: f32) -> f32 {
    let place = value.clamp(0.0, 1.0) * (curve.len() - 1) as f32;
    let index = (place as usize).min(curve.len().saturating_sub(2));
    match curve.get(index..index + 2) {
        Some([low, high]) => low + (high - low) * (place - index as f32),
        _ => value,
    }
}
