//! The colours that a screen can show.

use std::sync::LazyLock;

use moxcms::ColorProfile;

/// Which colours the numbers of a picture stand for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Gamut {
    /// IEC 61966-2-1: what any screen shows, and what models were trained on.
    #[default]
    Srgb,
    /// Display P3: the primaries of SMPTE EG 432-1 with white at D65 and sRGB's transfer function.
    DisplayP3,
    /// Adobe RGB (1998), which photographers' screens show.
    AdobeRgb,
}

impl Gamut {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Srgb, Self::DisplayP3, Self::AdobeRgb];

    /// Its name in file names and settings.
    pub fn key(self) -> &'static str {
        match self {
            Self::Srgb => "srgb",
            Self::DisplayP3 => "display-p3",
            Self::AdobeRgb => "adobe-rgb",
        }
    }

    /// Its ICC profile.
    pub(crate) fn profile(self) -> ColorProfile {
        match self {
            Self::Srgb => ColorProfile::new_srgb(),
            Self::DisplayP3 => ColorProfile::new_display_p3(),
            Self::AdobeRgb => ColorProfile::new_adobe_rgb(),
        }
    }

    /// From X, Y, Z against D50 to linear red, green and blue: the inverse of the colorants, which are adapted from D65 after Bradford.
    pub(super) fn xyz_to_linear(self) -> [[f32; 3]; 3] {
        match self {
            Self::Srgb => [
                [3.134_136, -1.617_386, -0.490_662],
                [-0.978_795, 1.916_254, 0.033_443],
                [0.071_955, -0.228_977, 1.405_386],
            ],
            Self::DisplayP3 => [
                [2.403_984, -0.989_907, -0.397_642],
                [-0.842_223, 1.798_844, 0.016_035],
                [0.048_206, -0.097_407, 1.274_005],
            ],
            Self::AdobeRgb => [
                [1.962_517, -0.610_651, -0.341_384],
                [-0.978_749, 1.916_13, 0.033_433],
                [0.028_715, -0.140_696, 1.349_266],
            ],
        }
    }

    /// Light of 0 to 1 as a number of 16 bits.
    pub(super) fn encoded(self, light: f32) -> u16 {
        match self {
            Self::Srgb | Self::DisplayP3 => SRGB_TRANSFER.encoded(light),
            Self::AdobeRgb => ADOBE_TRANSFER_OF_ROOT.encoded(light.max(0.0).sqrt()),
        }
    }
}

/// A transfer function as a table.
struct Transfer(Vec<f32>);

/// Steps of the table: between them it is straight, off by less than a hundredth of an 8-bit step.
const STEPS: usize = 4096;

static SRGB_TRANSFER: LazyLock<Transfer> = LazyLock::new(|| Transfer::of(srgb));
// By the light's root: a power of the light itself is too steep near black for straight pieces.
static ADOBE_TRANSFER_OF_ROOT: LazyLock<Transfer> = LazyLock::new(|| Transfer::of(|root| adobe_rgb(root * root)));

fn srgb(light: f64) -> f64 {
    if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

/// Adobe RGB (1998), 4.3.1.2.
fn adobe_rgb(light: f64) -> f64 {
    light.powf(256.0 / 563.0)
}

impl Transfer {
    fn of(encode: impl Fn(f64) -> f64) -> Self {
        // One more for the upper end, where the fraction is 0.
        Self((0..=STEPS + 1).map(|i| (encode(i as f64 / STEPS as f64) * 65535.0) as f32).collect())
    }

    fn encoded(&self, light: f32) -> u16 {
        let place = light.clamp(0.0, 1.0) * STEPS as f32; // a NaN becomes 0 in the cast
        let (index, fraction) = (place as usize, place.fract());
        match self.0.get(index..index + 2) {
            Some([low, high]) => (low + (high - low) * fraction + 0.5) as u16,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_the_functions() {
        for i in 0..=10_000 {
            let light = i as f32 / 10_000.0;
            let far = |gamut: Gamut, exact: f64| (f64::from(gamut.encoded(light)) - exact * 65535.0).abs();
            assert!(far(Gamut::Srgb, srgb(f64::from(light))) < 4.0, "{light}");
            assert!(far(Gamut::AdobeRgb, adobe_rgb(f64::from(light))) < 4.0, "{light}");
        }
        assert_eq!(Gamut::Srgb.encoded(f32::NAN), 0);
    }

    #[test]
    fn white_is_white_and_each_primary_is_its_own() {
        for gamut in Gamut::ALL {
            let rgb =
                |xyz: [f32; 3]| gamut.xyz_to_linear().map(|row| row.iter().zip(xyz).map(|(a, b)| a * b).sum::<f32>());
            assert!(rgb([0.9642, 1.0, 0.8249]).iter().all(|light| (light - 1.0).abs() < 5e-4), "{gamut:?}");
            let profile = gamut.profile();
            let primaries = [profile.red_colorant, profile.green_colorant, profile.blue_colorant];
            for (channel, colorant) in primaries.into_iter().enumerate() {
                let found = rgb([colorant.x, colorant.y, colorant.z].map(|value| value as f32));
                for (other, light) in found.into_iter().enumerate() {
                    let expected = if other == channel { 1.0 } else { 0.0 };
                    assert!(
                        (light - expected).abs() < 2e-3,
                        "{gamut:?}: channel {other} of primary {channel} is {light}"
                    );
                }
            }
        }
    }
}
