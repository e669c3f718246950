//! CIE L\*a\*b\* to the colours of a screen.

use super::Gamut;

/// L\*a\*b\* against D50 (CIE 15:2004, 8.2.1.1, inverted) as numbers of 16 bits.
pub(super) fn to_rgb([lightness, a, b]: [f32; 3], gamut: Gamut) -> [u16; 3] {
    let y = (lightness + 16.0) / 116.0;
    let linear = |t: f32| if t > 6.0 / 29.0 { t * t * t } else { 3.0 * (6.0f32 / 29.0).powi(2) * (t - 4.0 / 29.0) };
    // D50 as ICC profiles have it.
    let (x, y, z) = (0.9642 * linear(y + a / 500.0), linear(y), 0.8249 * linear(y - b / 200.0));
    gamut.xyz_to_linear().map(|[from_x, from_y, from_z]| gamut.encoded(from_x * x + from_y * y + from_z * z))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_black_and_red() {
        for gamut in Gamut::ALL {
            assert_eq!(to_rgb([0.0, 0.0, 0.0], gamut), [0; 3]);
            assert!(to_rgb([100.0, 0.0, 0.0], gamut).iter().all(|v| *v > 65535 - 30), "{gamut:?}");
        }
        // sRGB's red against D50, which the wider gamuts have room around.
        let red = |gamut| to_rgb([54.29, 80.81, 69.89], gamut).map(|v| v / 257);
        let [r, g, b] = red(Gamut::Srgb);
        assert!(r >= 253 && g <= 4 && b <= 4, "{r} {g} {b}");
        let [r, g, b] = red(Gamut::DisplayP3);
        assert!(r.abs_diff(234) <= 1 && g.abs_diff(51) <= 1 && b.abs_diff(35) <= 1, "{r} {g} {b}");
    }
}
