//! CIE L\*a\*b\* to sRGB.

use std::sync::LazyLock;

/// L\*a\*b\* against D50 (CIE 15:2004, 8.2.1.1, inverted) as sRGB (IEC 61966-2-1) of 16 bits, the white point adapted to D65 after Bradford.
pub(super) fn to_srgb([lightness, a, b]: [f32; 3]) -> [u16; 3] {
    let y = (lightness + 16.0) / 116.0;
    let linear = |t: f32| if t > 6.0 / 29.0 { t * t * t } else { 3.0 * (6.0f32 / 29.0).powi(2) * (t - 4.0 / 29.0) };
    // D50 as ICC profiles have it.
    let (x, y, z) = (0.9642 * linear(y + a / 500.0), linear(y), 0.8249 * linear(y - b / 200.0));
    // The inverse of the colorants of the sRGB profile, which are adapted to D50.
    const TO_LINEAR: [[f32; 3]; 3] =
        [[3.134_136, -1.617_386, -0.490_662], [-0.978_795, 1.916_254, 0.033_443], [0.071_955, -0.228_977, 1.405_386]];
    TO_LINEAR.map(|[from_x, from_y, from_z]| encoded(from_x * x + from_y * y + from_z * z))
}

/// Steps of the table of the transfer function: between them it is straight, off by less than a hundredth of an 8-bit step.
const STEPS: usize = 4096;

static TRANSFER: LazyLock<Vec<f32>> = LazyLock::new(|| {
    let encode = |light: f64| if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
    // One more for the upper end, where the fraction is 0.
    (0..=STEPS + 1).map(|i| (encode(i as f64 / STEPS as f64) * 65535.0) as f32).collect()
});

/// Light of 0 to 1 through sRGB's transfer function.
fn encoded(light: f32) -> u16 {
    let place = light.clamp(0.0, 1.0) * STEPS as f32; // a NaN becomes 0 in the cast
    let (index, fraction) = (place as usize, place.fract());
    match TRANSFER.get(index..index + 2) {
        Some([low, high]) => (low + (high - low) * fraction + 0.5) as u16,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_black_and_red() {
        assert_eq!(to_srgb([0.0, 0.0, 0.0]), [0; 3]);
        assert!(to_srgb([100.0, 0.0, 0.0]).iter().all(|v| *v > 65535 - 30));
        // sRGB's red against D50.
        let [r, g, b] = to_srgb([54.29, 80.81, 69.89]).map(|v| v / 257);
        assert!(r >= 253 && g <= 4 && b <= 4, "{r} {g} {b}");
    }

    #[test]
    fn the_table_is_the_function() {
        for i in 0..=10_000 {
            let light = i as f32 / 10_000.0;
            let exact = if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
            assert!((f32::from(encoded(light)) - exact * 65535.0).abs() < 4.0, "{light}");
        }
        assert_eq!(encoded(f32::NAN), 0);
    }
}
