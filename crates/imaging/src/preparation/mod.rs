//! From a photograph of an artwork with table, mount and colour target around it to the artwork alone, straight. The photograph stays; what is made is a further
//! picture, and four corners say all that was done.

mod edges;
mod finding;
mod keeping;
mod outline;
mod projection;

use std::thread;

use image::{Rgb, RgbImage, imageops};

pub use finding::find_artwork;
pub use keeping::{KeptPicture, keep_picture};
use projection::Projection;

/// Where an artwork lies in a picture: its corners in pixels, clockwise from its upper left one. The middle of the first pixel is (0.5, 0.5).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Corners(pub [[f64; 2]; 4]);

impl Corners {
    /// The corners of a whole picture.
    pub fn of_picture(width: u32, height: u32) -> Self {
        let (right, below) = (f64::from(width), f64::from(height));
        Self([[0.0, 0.0], [right, 0.0], [right, below], [0.0, below]])
    }

    /// The same corners on the picture at another size.
    pub fn scaled(self, across: f64, down: f64) -> Self {
        Self(self.0.map(|[x, y]| [x * across, y * down]))
    }

    /// Width and height in pixels of what they enclose, made straight: the means of opposite sides.
    pub fn size(self) -> (u32, u32) {
        let [a, b, c, d] = self.0;
        let side = |one: f64, other: f64| ((one + other) / 2.0).round().max(1.0) as u32;
        (side(distance(a, b), distance(d, c)), side(distance(a, d), distance(b, c)))
    }

    /// How far the upper and lower side are from level, in degrees, clockwise.
    pub fn angle(self) -> f64 {
        let [[ax, ay], [bx, by], [cx, cy], [dx, dy]] = self.0;
        ((by - ay) + (cy - dy)).atan2((bx - ax) + (cx - dx)).to_degrees()
    }

    /// Why nothing can be made of them on a picture of this size, as the end of a sentence.
    pub fn fault(self, width: u32, height: u32) -> Option<&'static str> {
        let (width, height) = (f64::from(width), f64::from(height));
        let outside = |[x, y]: [f64; 2]| !(-0.5..=width + 0.5).contains(&x) || !(-0.5..=height + 0.5).contains(&y);
        if self.0.into_iter().any(outside) {
            return Some("a corner lies outside of the picture");
        }
        if !is_convex(self.0) {
            return Some("the corners do not go round a figure of four sides, clockwise from the upper left one");
        }
        let (across, down) = self.size();
        (across.min(down) < 8).then_some("what they enclose is smaller than 8 pixels")
    }

    /// The whole-numbered rectangle that they are, if they are one: that can be cut out without touching a pixel.
    fn plain_rectangle(self) -> Option<[u32; 4]> {
        let [a, b, c, d] = self.0;
        let is_whole = self.0.as_flattened().iter().all(|value| value.fract() == 0.0 && *value >= 0.0);
        let is_upright = a[1] == b[1] && c[1] == d[1] && a[0] == d[0] && b[0] == c[0];
        (is_whole && is_upright).then_some([a[0] as u32, a[1] as u32, (c[0] - a[0]) as u32, (c[1] - a[1]) as u32])
    }
}

/// What four corners enclose, made straight by a projection, sampled by Catmull and Rom's cubic; a plain rectangle is cut out as it is.
///
/// The corners must have no [fault](Corners::fault) on this picture.
pub fn straightened(picture: &RgbImage, corners: Corners) -> RgbImage {
    if let Some([x, y, width, height]) = corners.plain_rectangle() {
        return imageops::crop_imm(picture, x, y, width, height).to_image();
    }
    let (width, height) = corners.size();
    let projection = Projection::onto(corners.0);
    let mut out = RgbImage::new(width, height);
    let row_bytes = width as usize * 3;
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let rows_each = (height as usize).div_ceil(workers);
    thread::scope(|scope| {
        for (part, rows) in out.as_flat_samples_mut().samples.chunks_mut(row_bytes * rows_each).enumerate() {
            scope.spawn(move || {
                for (row, out) in rows.chunks_exact_mut(row_bytes).enumerate() {
                    let down = ((part * rows_each + row) as f64 + 0.5) / f64::from(height);
                    for (x, out) in out.as_chunks_mut::<3>().0.iter_mut().enumerate() {
                        let across = (x as f64 + 0.5) / f64::from(width);
                        *out = cubic(picture, projection.at([across, down]));
                    }
                }
            });
        }
    });
    out
}

/// The picture's colour at a point, by the cubic through the sixteen pixels around it (Catmull and Rom 1974); beyond the edge its last pixels go on.
fn cubic(picture: &RgbImage, [x, y]: [f64; 2]) -> [u8; 3] {
    let (x, y) = (x - 0.5, y - 0.5);
    let weights = |t: f64| {
        let (t2, t3) = (t * t, t * t * t);
        [
            (-t3 + 2.0 * t2 - t) / 2.0,
            (3.0 * t3 - 5.0 * t2 + 2.0) / 2.0,
            (-3.0 * t3 + 4.0 * t2 + t) / 2.0,
            (t3 - t2) / 2.0,
        ]
    };
    let (across, down) = (weights(x - x.floor()), weights(y - y.floor()));
    let mut sum = [0.0; 3];
    for (row, weight_down) in (-1..).zip(down) {
        for (column, weight_across) in (-1..).zip(across) {
            let Rgb(pixel) = pixel(picture, x.floor() as i64 + column, y.floor() as i64 + row);
            for (sum, value) in sum.iter_mut().zip(pixel) {
                *sum += f64::from(value) * weight_down * weight_across;
            }
        }
    }
    sum.map(|value| value.round().clamp(0.0, 255.0) as u8)
}

fn pixel(picture: &RgbImage, x: i64, y: i64) -> Rgb<u8> {
    let clamped = |value: i64, size: u32| value.clamp(0, i64::from(size) - 1) as u32;
    *picture.get_pixel(clamped(x, picture.width()), clamped(y, picture.height()))
}

fn distance([ax, ay]: [f64; 2], [bx, by]: [f64; 2]) -> f64 {
    (bx - ax).hypot(by - ay)
}

/// Whether points go clockwise round a figure without a dent (y grows downwards).
fn is_convex(corners: [[f64; 2]; 4]) -> bool {
    (0..4).all(|i| {
        let [[ax, ay], [bx, by], [cx, cy]] = [corners[i], corners[(i + 1) % 4], corners[(i + 2) % 4]];
        (bx - ax) * (cy - by) - (by - ay) * (cx - bx) > 0.0
    })
}
