//! The outline of what lies on a ground: the largest piece of a mask, its hull, and the smallest rectangle around that.

/// A mask of a picture: `true` is what does not belong to the ground.
pub(super) struct Mask {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) bits: Vec<bool>,
}

impl Mask {
    pub(super) fn get(&self, x: i64, y: i64) -> bool {
        let inside = x >= 0 && y >= 0 && (x as usize) < self.width && (y as usize) < self.height;
        inside && self.bits.get(y as usize * self.width + x as usize).copied().unwrap_or(false)
    }

    /// Without what is thinner than `2 * radius + 1` pixels: shrunk by that much and grown again.
    pub(super) fn opened(self, radius: usize) -> Self {
        self.spread(radius, false).spread(radius, true)
    }

    /// Each pixel takes the value `value` where one within `radius` along the axes has it.
    fn spread(self, radius: usize, value: bool) -> Self {
        let pass = |bits: &[bool], length: usize, count: usize, step: usize, stride: usize| {
            let mut out = bits.to_vec();
            for line in 0..count {
                let at = |i: usize| line * stride + i * step;
                // How far the last pixel of that value lies back, and how far the next one lies ahead.
                for direction in [false, true] {
                    let mut since = usize::MAX;
                    for i in 0..length {
                        let i = if direction { length - 1 - i } else { i };
                        since = if bits[at(i)] == value { 0 } else { since.saturating_add(1) };
                        if since <= radius {
                            out[at(i)] = value;
                        }
                    }
                }
            }
            out
        };
        let across = pass(&self.bits, self.width, self.height, 1, self.width);
        let bits = pass(&across, self.height, self.width, self.width, 1);
        Self { bits, ..self }
    }

    /// The pixels that hang together with others, largest piece only, holes filled; and how many those are.
    pub(super) fn largest_piece(&self) -> (Mask, usize) {
        let mut label = vec![0u32; self.bits.len()];
        let (mut best, mut pieces) = ((0u32, 0usize), 0u32);
        let mut stack = Vec::new();
        for start in 0..self.bits.len() {
            if !self.bits[start] || label[start] != 0 {
                continue;
            }
            pieces += 1;
            let mut size = 0;
            label[start] = pieces;
            stack.push(start);
            while let Some(at) = stack.pop() {
                size += 1;
                for next in self.neighbours(at) {
                    if self.bits[next] && label[next] == 0 {
                        label[next] = pieces;
                        stack.push(next);
                    }
                }
            }
            if size > best.1 {
                best = (pieces, size);
            }
        }
        // What is reached from the rim without stepping on the piece is outside of it.
        let is_piece = |at: usize| best.0 != 0 && label[at] == best.0;
        let mut outside = vec![false; self.bits.len()];
        let rim = (0..self.bits.len()).filter(|at| {
            let (x, y) = (at % self.width, at / self.width);
            x == 0 || y == 0 || x + 1 == self.width || y + 1 == self.height
        });
        for start in rim {
            if !is_piece(start) && !outside[start] {
                outside[start] = true;
                stack.push(start);
            }
            while let Some(at) = stack.pop() {
                for next in self.neighbours(at) {
                    if !is_piece(next) && !outside[next] {
                        outside[next] = true;
                        stack.push(next);
                    }
                }
            }
        }
        let bits: Vec<bool> = outside.into_iter().map(|outside| !outside).collect();
        let size = bits.iter().filter(|bit| **bit).count();
        (Mask { width: self.width, height: self.height, bits }, size)
    }

    fn neighbours(&self, at: usize) -> impl Iterator<Item = usize> + use<> {
        let (x, y, width, height) = (at % self.width, at / self.width, self.width, self.height);
        let left = (x > 0).then(|| at - 1);
        let right = (x + 1 < width).then(|| at + 1);
        let above = (y > 0).then(|| at - width);
        let below = (y + 1 < height).then(|| at + width);
        [left, right, above, below].into_iter().flatten()
    }

    /// The convex hull of the pixels' corners, clockwise (y grows downwards), by Andrew's monotone chain.
    pub(super) fn hull(&self) -> Vec<[f64; 2]> {
        let mut points = Vec::new();
        for (y, row) in self.bits.chunks_exact(self.width.max(1)).enumerate() {
            let (first, last) = (row.iter().position(|bit| *bit), row.iter().rposition(|bit| *bit));
            if let (Some(first), Some(last)) = (first, last) {
                for y in [y, y + 1] {
                    points.extend([[first as f64, y as f64], [last as f64 + 1.0, y as f64]]);
                }
            }
        }
        points.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
        points.dedup();
        let chain = |points: &mut dyn Iterator<Item = [f64; 2]>| {
            let mut chain: Vec<[f64; 2]> = Vec::new();
            for point in points {
                while let [.., a, b] = chain.as_slice()
                    && cross(*a, *b, point) <= 0.0
                {
                    chain.pop();
                }
                chain.push(point);
            }
            chain.pop();
            chain
        };
        let mut hull = chain(&mut points.iter().copied());
        hull.extend(chain(&mut points.iter().rev().copied()));
        hull
    }
}

/// Twice the area of a triangle; positive where it goes clockwise on the screen.
fn cross([ax, ay]: [f64; 2], [bx, by]: [f64; 2], [cx, cy]: [f64; 2]) -> f64 {
    (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
}

/// The area within a closed line of points.
pub(super) fn area(points: &[[f64; 2]]) -> f64 {
    let next = points.iter().cycle().skip(1);
    points.iter().zip(next).map(|([ax, ay], [bx, by])| ax * by - bx * ay).sum::<f64>().abs() / 2.0
}

/// The rectangle of the smallest area around a hull: clockwise from the corner that is nearest to the upper left. One of its sides lies on a side of the hull
/// (Freeman and Shapira 1975).
pub(super) fn smallest_rectangle(hull: &[[f64; 2]]) -> Option<[[f64; 2]; 4]> {
    let sides = hull.iter().zip(hull.iter().cycle().skip(1));
    let rectangles = sides.filter_map(|([ax, ay], [bx, by])| {
        let length = (bx - ax).hypot(by - ay);
        let (ux, uy) = ((bx - ax) / length, (by - ay) / length);
        if !(ux.is_finite() && uy.is_finite()) {
            return None;
        }
        let along = |[x, y]: &[f64; 2]| x * ux + y * uy;
        let across = |[x, y]: &[f64; 2]| y * ux - x * uy;
        let span = |of: &dyn Fn(&[f64; 2]) -> f64| {
            hull.iter().map(of).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
        };
        let ((left, right), (top, bottom)) = (span(&along), span(&across));
        let point = |s: f64, t: f64| [s * ux - t * uy, s * uy + t * ux];
        let corners = [point(left, top), point(right, top), point(right, bottom), point(left, bottom)];
        Some(((right - left) * (bottom - top), corners))
    });
    let (_, mut corners) = rectangles.min_by(|a, b| a.0.total_cmp(&b.0))?;
    let first =
        (0..4).min_by(|a, b| (corners[*a][0] + corners[*a][1]).total_cmp(&(corners[*b][0] + corners[*b][1])))?;
    corners.rotate_left(first);
    Some(corners)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(rows: &[&str]) -> Mask {
        let bits = rows.iter().flat_map(|row| row.bytes().map(|byte| byte == b'#')).collect();
        Mask { width: rows[0].len(), height: rows.len(), bits }
    }

    #[test]
    fn the_largest_piece_without_holes() {
        let (piece, size) = mask(&["#...####", "....#..#", "....####", "##......"]).largest_piece();
        assert_eq!(size, 12);
        assert!(piece.get(5, 1) && !piece.get(0, 0) && !piece.get(0, 3) && !piece.get(-1, 9));
        assert_eq!(mask(&["...", "..."]).largest_piece().1, 0);
    }

    #[test]
    fn opening_takes_away_what_is_thin() {
        let opened = mask(&["........", ".####...", ".#######", ".####...", "........"]).opened(1);
        let rows: Vec<String> =
            opened.bits.chunks(8).map(|row| row.iter().map(|bit| if *bit { '#' } else { '.' }).collect()).collect();
        assert_eq!(rows, ["........", ".####...", ".####...", ".####...", "........"]);
    }

    #[test]
    fn hull_and_rectangle() {
        let diamond = mask(&["...#...", "..###..", ".#####.", "#######", ".#####.", "..###..", "...#..."]);
        let hull = diamond.hull();
        let around = smallest_rectangle(&hull).unwrap();
        assert!(area(&around) < 41.0, "turned by 45 degrees: {around:?}");
        assert!(area(&hull) <= area(&around));
        let upright = smallest_rectangle(&mask(&[".....", ".###.", ".###."]).hull()).unwrap();
        assert_eq!(upright, [[1.0, 1.0], [4.0, 1.0], [4.0, 3.0], [1.0, 3.0]]);
        assert_eq!(smallest_rectangle(&[]), None);
    }
}
