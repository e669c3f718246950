//! Where the artwork lies in a photograph: what stands out from the ground that runs along the picture's rim, and again within that, as long as its rim is an even mount.

use image::{Rgb, RgbImage};

use super::{
    Corners, edges,
    outline::{Mask, area, smallest_rectangle},
    projection::Projection,
    straightened,
};
use crate::{Filter, fit_within, resized};

/// The longer side of the pictures that are looked at as a whole.
const WORKING_SIDE: u32 = 512;
/// Outlines within each other: a table, a frame, a mount.
const MOST_OUTLINES: usize = 3;
/// What is cut off each side of an outline before its inside is looked at, so that nothing of the outside is left.
const INSET: f64 = 0.02;

/// How sure a piece must be.
struct Demands {
    /// Its share of the picture.
    least: f64,
    most: f64,
    /// The share of its rectangle that its hull has, and of its hull that it has itself.
    straight: f64,
    solid: f64,
}

/// On a table things may lie askew and be seen from the side.
const ON_A_TABLE: Demands = Demands { least: 0.04, most: 0.985, straight: 0.8, solid: 0.75 };
/// In a mount only a straight window is one: a figure on an even ground is part of the artwork.
const IN_A_MOUNT: Demands = Demands { least: 0.08, most: 0.93, straight: 0.93, solid: 0.93 };

/// Outlines of an artwork in a picture, the innermost first: the artwork, the mount around it, the frame around that. None where nothing stands out.
///
/// Pictures of 1000 to 3000 pixels a side are best: larger ones take longer and give no better corners.
pub fn find_artwork(picture: &RgbImage) -> Vec<Corners> {
    let mut found: Vec<Corners> = Vec::new();
    while found.len() < MOST_OUTLINES {
        let outline = match found.last() {
            None => standing_out(picture, &ON_A_TABLE),
            Some(around) => within(picture, *around),
        };
        let Some(outline) = outline else { break };
        // What is between two outlines is at least that thick.
        let reach = 0.012 * f64::from(picture.width().max(picture.height()));
        let exact = edges::along_edges(picture, outline, reach);
        let exact = edges::along_edges(picture, exact, reach / 3.0);
        let exact = if exact.fault(picture.width(), picture.height()).is_none() { exact } else { outline };
        found.push(exact);
    }
    found.reverse();
    found
}

/// What stands out within an outline, where its rim is even.
fn within(picture: &RgbImage, around: Corners) -> Option<Corners> {
    let small = f64::from(WORKING_SIDE) / f64::from(picture.width().max(picture.height()));
    let scale = small.min(1.0);
    let shrunk = fit_within(picture, WORKING_SIDE);
    let projection = Projection::onto(around.scaled(scale, scale).0);
    let (low, high) = (INSET, 1.0 - INSET);
    let inner = Corners([[low, low], [high, low], [high, high], [low, high]].map(|corner| projection.at(corner)));
    inner.fault(shrunk.width(), shrunk.height()).is_none().then_some(())?;
    let window = straightened(&shrunk, inner);
    if window.width().min(window.height()) < 32 || !has_even_rim(&window) {
        return None;
    }
    let found = standing_out(&window, &IN_A_MOUNT)?;
    let (width, height) = (f64::from(window.width()), f64::from(window.height()));
    let back = Projection::onto(inner.0);
    Some(Corners(found.0.map(|[x, y]| back.at([x / width, y / height]))).scaled(1.0 / scale, 1.0 / scale))
}

/// The largest thing that does not look like the rim of the picture.
fn standing_out(picture: &RgbImage, demands: &Demands) -> Option<Corners> {
    let longest = f64::from(picture.width().max(picture.height()));
    let scale = (f64::from(WORKING_SIDE) / longest).min(1.0);
    let side = |side: u32| (f64::from(side) * scale).round().max(1.0) as u32;
    let small = resized(picture, side(picture.width()), side(picture.height()), Filter::Lanczos3)?;
    let (width, height) = (small.width() as usize, small.height() as usize);
    let ground = Ground::of(&rim(&small));
    let bits = small.pixels().map(|pixel| ground.distance(*pixel) > ground.reach).collect();
    let radius = (width.min(height) / 120).max(1);
    let (piece, size) = Mask { width, height, bits }.opened(radius).largest_piece();
    let share = size as f64 / (width * height) as f64;
    if !(demands.least..=demands.most).contains(&share) {
        return None;
    }
    let hull = piece.hull();
    let rectangle = smallest_rectangle(&hull)?;
    let (hull, around) = (area(&hull), area(&rectangle));
    if hull < demands.straight * around || (size as f64) < demands.solid * hull {
        return None;
    }
    let reach = 0.12 * width.min(height) as f64;
    let corners = edges::along_mask(&piece, Corners(rectangle), reach);
    let (x, y) = (f64::from(picture.width()) / width as f64, f64::from(picture.height()) / height as f64);
    let within = |corners: Corners| {
        let clamp =
            |[x, y]: [f64; 2]| [x.clamp(0.0, f64::from(picture.width())), y.clamp(0.0, f64::from(picture.height()))];
        let corners = Corners(corners.scaled(x, y).0.map(clamp));
        corners.fault(picture.width(), picture.height()).is_none().then_some(corners)
    };
    within(corners).or_else(|| within(Corners(rectangle)))
}

/// The pixels along the rim, a fiftieth of the shorter side wide.
fn rim(picture: &RgbImage) -> Vec<[f64; 3]> {
    let (width, height) = picture.dimensions();
    let thick = (width.min(height) / 50).max(2);
    let is_rim = |x: u32, y: u32| x < thick || y < thick || x + thick >= width || y + thick >= height;
    picture.enumerate_pixels().filter(|(x, y, _)| is_rim(*x, *y)).map(|(_, _, pixel)| pixel.0.map(f64::from)).collect()
}

/// Whether nearly all of the rim has one colour, as mounts and sheets have.
fn has_even_rim(picture: &RgbImage) -> bool {
    const NEAR: f64 = 30.0;
    let rim = rim(picture);
    let median = [0, 1, 2].map(|channel| {
        let mut values: Vec<f64> = rim.iter().map(|colour| colour[channel]).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    });
    let near = rim.iter().filter(|colour| apart(**colour, median) <= NEAR).count();
    near as f64 >= 0.95 * rim.len() as f64
}

/// The colours of a ground: a few means, and how far from them its pixels lie.
struct Ground {
    means: Vec<[f64; 3]>,
    reach: f64,
}

impl Ground {
    /// Four means by Lloyd's iteration, started at even steps of brightness.
    fn of(pixels: &[[f64; 3]]) -> Self {
        const MEANS: usize = 4;
        let mut sorted = pixels.to_vec();
        sorted.sort_by(|a, b| a.iter().sum::<f64>().total_cmp(&b.iter().sum()));
        let mut means: Vec<[f64; 3]> =
            (0..MEANS).filter_map(|i| sorted.get((2 * i + 1) * sorted.len() / (2 * MEANS)).copied()).collect();
        for _ in 0..8 {
            let mut sums = vec![([0.0; 3], 0usize); means.len()];
            for pixel in pixels {
                let nearest =
                    means.iter().enumerate().min_by(|a, b| apart(*a.1, *pixel).total_cmp(&apart(*b.1, *pixel)));
                if let Some((sum, count)) = nearest.and_then(|(i, _)| sums.get_mut(i)) {
                    *count += 1;
                    sum.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += value);
                }
            }
            for (mean, (sum, count)) in means.iter_mut().zip(sums) {
                if count > 0 {
                    *mean = sum.map(|sum| sum / count as f64);
                }
            }
        }
        let mut ground = Self { means, reach: 0.0 };
        let mut distances: Vec<f64> = pixels.iter().map(|pixel| ground.distance(Rgb(pixel.map(|v| v as u8)))).collect();
        distances.sort_by(f64::total_cmp);
        let nearly_all = distances.get(distances.len() * 49 / 50).copied().unwrap_or_default();
        // Between the noise of a camera, and so much that nothing would stand out.
        ground.reach = (1.4 * nearly_all).clamp(14.0, 70.0);
        ground
    }

    fn distance(&self, Rgb(pixel): Rgb<u8>) -> f64 {
        let pixel = pixel.map(f64::from);
        self.means.iter().map(|mean| apart(*mean, pixel)).fold(f64::INFINITY, f64::min)
    }
}

fn apart(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}
