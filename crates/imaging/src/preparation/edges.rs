//! Four sides fitted to what is seen near them: to the rim of a mask, then to the steepest change of colour.

use image::RgbImage;

use super::{Corners, distance, outline::Mask};

/// Places along a side that are looked at; the ends belong to the neighbouring sides as well.
const PLACES: usize = 96;
const ENDS: f64 = 0.06;
/// Of the places that many must agree, or the side stays where it was.
const AGREEING: f64 = 0.4;
/// How near to a line a place must lie to agree with it, in pixels.
const NEAR: f64 = 1.0;
/// How far apart two places must be that a line is tried through, as a share of the side.
const APART: f64 = 0.2;

/// The corners moved so that their sides run along the rim of a mask, which is looked for up to `reach` pixels to both sides.
pub(super) fn along_mask(mask: &Mask, corners: Corners, reach: f64) -> Corners {
    fitted(corners, |[x, y], [nx, ny]| {
        let steps = (reach * 2.0).ceil() as i64;
        (-steps..=steps)
            .map(|step| step as f64 / 2.0)
            .find(|s| mask.get((x + nx * s).floor() as i64, (y + ny * s).floor() as i64))
    })
}

/// The corners moved so that their sides run along the steepest change of colour up to `reach` pixels to both sides; nearer changes go before farther ones.
pub(super) fn along_edges(picture: &RgbImage, corners: Corners, reach: f64) -> Corners {
    fitted(corners, |[x, y], [nx, ny]| {
        let steps = (reach * 2.0).ceil() as i64;
        let colours: Vec<[f64; 3]> = (-steps - 2..=steps + 2)
            .map(|s| colour(picture, [x + nx * s as f64 / 2.0, y + ny * s as f64 / 2.0]))
            .collect();
        let change = |at: usize| {
            let (before, after) = (colours[at], colours[at + 4]);
            before.iter().zip(after).map(|(b, a)| (a - b).abs()).sum::<f64>()
        };
        let changes: Vec<f64> = (0..colours.len() - 4).map(change).collect();
        let weighed = |at: usize| {
            let away = (at as f64 - steps as f64).abs() / steps as f64;
            changes[at] * (1.0 - 0.6 * away)
        };
        let best = (0..changes.len()).max_by(|a, b| weighed(*a).total_cmp(&weighed(*b)))?;
        // Less is noise.
        if changes[best] < 18.0 {
            return None;
        }
        // The top of the parabola through the change and its neighbours.
        let [left, middle, right] = [best.checked_sub(1), Some(best), best.checked_add(1)]
            .map(|at| at.and_then(|at| changes.get(at)).copied().unwrap_or(changes[best]));
        let bend = left - 2.0 * middle + right;
        let shift = if bend < 0.0 { ((left - right) / (2.0 * bend)).clamp(-1.0, 1.0) } else { 0.0 };
        Some((best as f64 - steps as f64 + shift) / 2.0)
    })
}

/// Each side as the line through what `locate` finds: how far from a point, along the normal that points inwards, the side really is.
fn fitted(corners: Corners, locate: impl Fn([f64; 2], [f64; 2]) -> Option<f64>) -> Corners {
    let lines: Vec<[[f64; 2]; 2]> = (0..4).map(|i| side(corners.0[i], corners.0[(i + 1) % 4], &locate)).collect();
    let corner = |i: usize| crossing(lines[(i + 3) % 4], lines[i]).unwrap_or(corners.0[i]);
    Corners([corner(0), corner(1), corner(2), corner(3)])
}

fn side(a: [f64; 2], b: [f64; 2], locate: &impl Fn([f64; 2], [f64; 2]) -> Option<f64>) -> [[f64; 2]; 2] {
    let length = distance(a, b).max(1e-9);
    // Clockwise on the screen, the inside is to the right.
    let normal = [-(b[1] - a[1]) / length, (b[0] - a[0]) / length];
    let at = |t: f64| [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t];
    let places = (0..PLACES).map(|i| ENDS + (1.0 - 2.0 * ENDS) * i as f64 / (PLACES - 1) as f64);
    let found: Vec<(f64, f64)> = places.filter_map(|t| Some((t, locate(at(t), normal)?))).collect();
    match line(&found) {
        Some((offset, slope)) => [0.0, 1.0].map(|t| {
            let ([x, y], s) = (at(t), offset + slope * t);
            [x + normal[0] * s, y + normal[1] * s]
        }),
        None => [a, b],
    }
}

/// Offset and slope of the line that most points agree on, each within [`NEAR`] of it. Every line through two of them is tried (Fischler and Bolles 1981, without the chance): a
/// shadow beside a side, or a pattern along it, may draw a good part of the points away, and a line that is fitted to all of them first would end between the two.
fn line(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let near = |(offset, slope): (f64, f64)| points.iter().filter(move |(t, s)| (s - offset - slope * t).abs() <= NEAR);
    let pairs =
        points.iter().enumerate().flat_map(|(at, one)| points.iter().skip(at + 1).map(move |other| (one, other)));
    let lines = pairs.filter(|(one, other)| other.0 - one.0 >= APART).map(|((t1, s1), (t2, s2))| {
        let slope = (s2 - s1) / (t2 - t1);
        (s1 - slope * t1, slope)
    });
    let mut fit = lines.max_by_key(|line| near(*line).count())?;
    for _ in 0..3 {
        fit = least_squares(&near(fit).copied().collect::<Vec<_>>())?;
    }
    (near(fit).count() as f64 >= AGREEING * PLACES as f64).then_some(fit)
}

fn least_squares(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let n = points.len() as f64;
    let (t, s) = points.iter().fold((0.0, 0.0), |(t, s), point| (t + point.0 / n, s + point.1 / n));
    let (tt, ts) = points
        .iter()
        .fold((0.0, 0.0), |(tt, ts), point| (tt + (point.0 - t) * (point.0 - t), ts + (point.0 - t) * (point.1 - s)));
    (tt > 0.0).then(|| (s - ts / tt * t, ts / tt))
}

fn crossing([a, b]: [[f64; 2]; 2], [c, d]: [[f64; 2]; 2]) -> Option<[f64; 2]> {
    let (r, s) = ([b[0] - a[0], b[1] - a[1]], [d[0] - c[0], d[1] - c[1]]);
    let determinant = r[0] * s[1] - r[1] * s[0];
    let t = ((c[0] - a[0]) * s[1] - (c[1] - a[1]) * s[0]) / determinant;
    t.is_finite().then(|| [a[0] + t * r[0], a[1] + t * r[1]])
}

/// The colour at a point, between its four pixels.
fn colour(picture: &RgbImage, [x, y]: [f64; 2]) -> [f64; 3] {
    let (x, y) = (x - 0.5, y - 0.5);
    let (left, top) = (x.floor(), y.floor());
    let (right_share, below_share) = (x - left, y - top);
    let pixel = |dx: i64, dy: i64| super::pixel(picture, left as i64 + dx, top as i64 + dy).0.map(f64::from);
    let mix = |a: [f64; 3], b: [f64; 3], share: f64| [0, 1, 2].map(|i| a[i] + (b[i] - a[i]) * share);
    mix(mix(pixel(0, 0), pixel(1, 0), right_share), mix(pixel(0, 1), pixel(1, 1), right_share), below_share)
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn sides_snap_to_edges() {
        let picture = RgbImage::from_fn(200, 160, |x, y| {
            if (40..150).contains(&x) && (30..120).contains(&y) { Rgb([200, 60, 40]) } else { Rgb([90, 95, 100]) }
        });
        let guess = Corners([[37.0, 34.0], [153.0, 27.0], [147.0, 123.0], [43.0, 117.0]]);
        let found = along_edges(&picture, guess, 8.0);
        for ([x, y], [ex, ey]) in found.0.iter().zip([[40.0, 30.0], [150.0, 30.0], [150.0, 120.0], [40.0, 120.0]]) {
            assert!((x - ex).abs() < 0.6 && (y - ey).abs() < 0.6, "{found:?}");
        }
    }

    #[test]
    fn a_line_through_most_points() {
        let points: Vec<(f64, f64)> = (0..96)
            .map(|i| i as f64 / 95.0)
            .map(|t| (t, if (0.3..0.5).contains(&t) { 9.0 } else { 2.0 + 3.0 * t }))
            .collect();
        let (offset, slope) = line(&points).unwrap();
        assert!((offset - 2.0).abs() < 0.01 && (slope - 3.0).abs() < 0.01, "{offset} {slope}");
        assert_eq!(line(&points[..20]), None);
    }
}
