//! Photographs that never were: an artwork on a table, in a mount or not, with a colour target, askew, seen a little from the side, unevenly lit. Where the artwork lies is known.

// Not every user needs all of it.
#![allow(dead_code)]

use image::{Rgb, RgbImage};
use vitrine_imaging::Corners;

pub const WIDTH: u32 = 1600;
pub const HEIGHT: u32 = 1200;

/// Numbers that look like chance, and are the same every time (xorshift, Marsaglia 2003).
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        low + (high - low) * ((self.0 >> 11) as f64 / (1u64 << 53) as f64)
    }

    fn colour(&mut self, low: f64, high: f64) -> [f64; 3] {
        let grey = self.between(low, high);
        [0; 3].map(|_| (grey + self.between(-18.0, 18.0)).clamp(0.0, 255.0))
    }
}

pub struct Composite {
    pub photograph: RgbImage,
    pub truth: Corners,
    pub has_mount: bool,
}

/// A photograph of `artwork`; every second one has a mount, most have a target.
pub fn composite(artwork: &RgbImage, seed: u64) -> Composite {
    let chance = &mut Chance::new(seed);
    let mut photograph = table(chance);
    let has_mount = seed % 2 == 1;
    let aspect = f64::from(artwork.width()) / f64::from(artwork.height());
    let room = if has_mount { 0.5 } else { 0.66 };
    let height = (f64::from(HEIGHT) * room * chance.between(0.75, 1.0)).min(f64::from(WIDTH) * room / aspect);
    let (half_width, half_height) = (height * aspect / 2.0, height / 2.0);
    let middle = [f64::from(WIDTH) * chance.between(0.47, 0.53), f64::from(HEIGHT) * chance.between(0.48, 0.52)];
    let angle = chance.between(-7.0, 7.0).to_radians();
    let tilt = [chance.between(-4e-5, 4e-5), chance.between(-4e-5, 4e-5)];
    let place = |x: f64, y: f64| {
        let (x, y) = (x * angle.cos() - y * angle.sin(), x * angle.sin() + y * angle.cos());
        let w = 1.0 + x * tilt[0] + y * tilt[1];
        [middle[0] + x / w, middle[1] + y / w]
    };
    let corners = |more: f64| {
        let (w, h) = (half_width + more, half_height + more);
        [place(-w, -h), place(w, -h), place(w, h), place(-w, h)]
    };
    let border = height * 0.16;
    let outer = if has_mount { corners(border) } else { corners(0.0) };
    shadow(&mut photograph, outer, chance.between(3.0, 9.0));
    if has_mount {
        let paper = [chance.between(222.0, 244.0), chance.between(218.0, 240.0), chance.between(205.0, 232.0)];
        fill(&mut photograph, outer, |_| paper);
    }
    let truth = corners(0.0);
    fill(&mut photograph, truth, |[u, v]| {
        let x = (u * f64::from(artwork.width())).clamp(0.0, f64::from(artwork.width() - 1)) as u32;
        let y = (v * f64::from(artwork.height())).clamp(0.0, f64::from(artwork.height() - 1)) as u32;
        artwork.get_pixel(x, y).0.map(f64::from)
    });
    if seed % 5 != 4 {
        target(&mut photograph, chance);
    }
    light(&mut photograph, chance);
    Composite { photograph, truth: Corners(truth), has_mount }
}

/// Grain in one direction, as wood and cloth have it.
fn table(chance: &mut Chance) -> RgbImage {
    let base = chance.colour(40.0, 190.0);
    let rows: Vec<f64> = (0..HEIGHT).map(|_| chance.between(-7.0, 7.0)).collect();
    RgbImage::from_fn(WIDTH, HEIGHT, |_, y| {
        let grain = rows[y as usize] + chance.between(-5.0, 5.0);
        Rgb(base.map(|value| (value + grain).clamp(0.0, 255.0) as u8))
    })
}

/// Four rows of six patches on grey, in the lower left corner.
fn target(photograph: &mut RgbImage, chance: &mut Chance) {
    let (left, top, patch) = (WIDTH / 80, HEIGHT - HEIGHT / 60 - 110, 26);
    let frame = chance.colour(20.0, 60.0);
    for y in 0..4 * patch + 6 {
        for x in 0..6 * patch + 6 {
            photograph.put_pixel(left + x, top + y, Rgb(frame.map(|v| v as u8)));
        }
    }
    for column in 0..6 {
        for row in 0..4 {
            let colour = Rgb([0; 3].map(|_| chance.between(20.0, 245.0) as u8));
            for y in 3..patch - 1 {
                for x in 3..patch - 1 {
                    photograph.put_pixel(left + 3 + column * patch + x, top + 3 + row * patch + y, colour);
                }
            }
        }
    }
}

fn shadow(photograph: &mut RgbImage, corners: [[f64; 2]; 4], reach: f64) {
    let moved = corners.map(|[x, y]| [x + reach, y + reach]);
    let darker = |pixel: [u8; 3]| pixel.map(|value| (f64::from(value) * 0.72) as u8);
    for (x, y, pixel) in photograph.enumerate_pixels_mut() {
        if inside(&moved, [f64::from(x) + 0.5, f64::from(y) + 0.5]) {
            pixel.0 = darker(pixel.0);
        }
    }
}

/// Brighter on one side, and the noise of a camera.
fn light(photograph: &mut RgbImage, chance: &mut Chance) {
    let (across, down) = (chance.between(-0.12, 0.12), chance.between(-0.12, 0.12));
    for (x, y, pixel) in photograph.enumerate_pixels_mut() {
        let factor =
            1.0 + across * (f64::from(x) / f64::from(WIDTH) - 0.5) + down * (f64::from(y) / f64::from(HEIGHT) - 0.5);
        let noise = chance.between(-3.0, 3.0);
        pixel.0 = pixel.0.map(|value| (f64::from(value) * factor + noise).clamp(0.0, 255.0) as u8);
    }
}

/// Paints what lies within four corners: `paint` is asked for the colour at a point of the unit square. Edges are mixed from sixteen points a pixel.
fn fill(picture: &mut RgbImage, corners: [[f64; 2]; 4], paint: impl Fn([f64; 2]) -> [f64; 3]) {
    let low = |axis: usize| corners.iter().map(|c| c[axis]).fold(f64::INFINITY, f64::min).floor().max(0.0) as u32;
    let high = |axis: usize| corners.iter().map(|c| c[axis]).fold(0.0, f64::max).ceil() as u32;
    for y in low(1)..high(1).min(picture.height()) {
        for x in low(0)..high(0).min(picture.width()) {
            let (mut sum, mut covered) = ([0.0; 3], 0.0);
            for i in 0..16 {
                let point =
                    [f64::from(x) + (f64::from(i % 4) + 0.5) / 4.0, f64::from(y) + (f64::from(i / 4) + 0.5) / 4.0];
                if let Some(unit) = unit_square(&corners, point) {
                    covered += 1.0 / 16.0;
                    paint(unit).iter().zip(&mut sum).for_each(|(value, sum)| *sum += value / 16.0);
                }
            }
            let pixel = picture.get_pixel_mut(x, y);
            for (value, sum) in pixel.0.iter_mut().zip(sum) {
                *value = (f64::from(*value) * (1.0 - covered) + sum) as u8;
            }
        }
    }
}

/// Where a point lies in the unit square that is projected onto four corners: the projection's matrix turned round.
fn unit_square(corners: &[[f64; 2]; 4], [x, y]: [f64; 2]) -> Option<[f64; 2]> {
    let [[x0, y0], [x1, y1], [x2, y2], [x3, y3]] = *corners;
    let (sx, sy) = (x0 - x1 + x2 - x3, y0 - y1 + y2 - y3);
    let (dx1, dx2, dy1, dy2) = (x1 - x2, x3 - x2, y1 - y2, y3 - y2);
    let determinant = dx1 * dy2 - dx2 * dy1;
    let (g, h) = ((sx * dy2 - dx2 * sy) / determinant, (dx1 * sy - sx * dy1) / determinant);
    let (a, b, c) = (x1 - x0 + g * x1, x3 - x0 + h * x3, x0);
    let (d, e, f) = (y1 - y0 + g * y1, y3 - y0 + h * y3, y0);
    let u = (e - f * h) * x + (c * h - b) * y + (b * f - c * e);
    let v = (f * g - d) * x + (a - c * g) * y + (c * d - a * f);
    let w = (d * h - e * g) * x + (b * g - a * h) * y + (a * e - b * d);
    let unit = [u / w, v / w];
    unit.iter().all(|value| (0.0..1.0).contains(value)).then_some(unit)
}

fn inside(corners: &[[f64; 2]; 4], point: [f64; 2]) -> bool {
    (0..4).all(|i| {
        let ([ax, ay], [bx, by]) = (corners[i], corners[(i + 1) % 4]);
        (bx - ax) * (point[1] - ay) - (by - ay) * (point[0] - ax) >= 0.0
    })
}

/// What two outlines have in common, over what they cover together.
pub fn overlap(a: Corners, b: Corners) -> f64 {
    let (mut both, mut either) = (0u32, 0u32);
    for y in (0..HEIGHT).step_by(2) {
        for x in (0..WIDTH).step_by(2) {
            let point = [f64::from(x) + 0.5, f64::from(y) + 0.5];
            let (a, b) = (inside(&a.0, point), inside(&b.0, point));
            both += u32::from(a && b);
            either += u32::from(a || b);
        }
    }
    f64::from(both) / f64::from(either.max(1))
}
