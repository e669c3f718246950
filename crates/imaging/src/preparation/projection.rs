//! The projection of the unit square onto four corners (Heckbert, Fundamentals of Texture Mapping and Image Warping, 1989, section 2.2.3).

/// x = (a u + b v + c) / (g u + h v + 1), y = (d u + e v + f) / (g u + h v + 1).
#[derive(Debug, Clone, Copy)]
pub(super) struct Projection([f64; 8]);

impl Projection {
    /// The one that takes (0, 0), (1, 0), (1, 1), (0, 1) to these corners, in this order.
    pub(super) fn onto([[x0, y0], [x1, y1], [x2, y2], [x3, y3]]: [[f64; 2]; 4]) -> Self {
        let (sx, sy) = (x0 - x1 + x2 - x3, y0 - y1 + y2 - y3);
        let (dx1, dx2, dy1, dy2) = (x1 - x2, x3 - x2, y1 - y2, y3 - y2);
        let determinant = dx1 * dy2 - dx2 * dy1;
        let (g, h) = match determinant == 0.0 {
            true => (0.0, 0.0),
            false => ((sx * dy2 - dx2 * sy) / determinant, (dx1 * sy - sx * dy1) / determinant),
        };
        Self([x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h])
    }

    /// Where a point of the unit square comes to lie.
    pub(super) fn at(&self, [u, v]: [f64; 2]) -> [f64; 2] {
        let [a, b, c, d, e, f, g, h] = self.0;
        let w = g * u + h * v + 1.0;
        [(a * u + b * v + c) / w, (d * u + e * v + f) / w]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_go_to_corners_and_a_parallelogram_stays_even() {
        let corners = [[10.0, 20.0], [110.0, 25.0], [120.0, 90.0], [5.0, 80.0]];
        let projection = Projection::onto(corners);
        for (unit, corner) in [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]].into_iter().zip(corners) {
            let [x, y] = projection.at(unit);
            assert!((x - corner[0]).abs() < 1e-9 && (y - corner[1]).abs() < 1e-9, "{unit:?}");
        }
        let even = Projection::onto([[0.0, 0.0], [10.0, 2.0], [12.0, 8.0], [2.0, 6.0]]);
        assert_eq!(even.at([0.5, 0.5]), [6.0, 4.0]);
    }
}
