use serde::Deserialize;

use super::*;
use crate::PackPaths;

#[derive(Deserialize)]
struct Fixture {
    squeezed: Vec<Squeezed>,
    shown: Vec<Squeezed>,
    features: Vec<Expected>,
}

#[derive(Deserialize)]
struct Squeezed {
    width: u32,
    height: u32,
    levels: Vec<(usize, u8)>,
}

#[derive(Deserialize)]
struct Expected {
    side: usize,
    style: Vec<(usize, f32)>,
    covariances: Vec<(usize, f32)>,
    last: Vec<(usize, f32)>,
}

fn fixture() -> Fixture {
    serde_json::from_str(include_str!("../../fixtures/efficientnet.json")).unwrap()
}

/// The image that `drawn` in the fixture's generator draws.
fn drawn(width: u32, height: u32) -> RgbImage {
    let level = |x: u32, y: u32, c: u32| {
        let slope = (x * x * (c + 1) + y * y * 3 + x * y * (2 + c)) / 97;
        ((slope + (x / 16 + y / 16) % 2 * 60) % 256) as u8
    };
    RgbImage::from_fn(width, height, |x, y| image::Rgb([0, 1, 2].map(|c| level(x, y, c))))
}

/// The fetched weights, or `None` (with a sentence) on a machine that has not fetched them.
fn fetched() -> Option<EfficientNetLite2> {
    let path = PackPaths::compact(None).ok()?.fetched.join("efficientnet-lite2.safetensors");
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    };
    Some(EfficientNetLite2::load(&path, &bytes).unwrap())
}

/// The largest difference at the fixture's places.
fn difference(found: &[f32], expected: &[(usize, f32)]) -> f32 {
    expected.iter().map(|&(index, number)| (found[index] - number).abs()).fold(0.0, f32::max)
}

/// Numbers between -1 and 1 that look drawn at random.
fn numbers(count: usize) -> Vec<f32> {
    (0..count as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 23) as f32 - 1.0).collect()
}

#[test]
fn features_are_those_of_the_published_network() {
    let Some(network) = fetched() else { return };
    for expected in fixture().features {
        let side = expected.side;
        let image = drawn(side as u32, side as u32);
        let input: Vec<f32> = image.as_raw().iter().map(|&level| (f32::from(level) - 127.0) / 128.0).collect();
        let features = network.forward(&input, side).unwrap();
        assert_eq!(features.style.len(), 1008);
        assert_eq!((features.last.height, features.last.channels), (side.div_ceil(32), LAST_CHANNELS));
        let (style, last) =
            (difference(&features.style, &expected.style), difference(&features.last.values, &expected.last));
        let covariances = difference(&features.covariances, &expected.covariances);
        eprintln!(
            "side {side}: style differs by up to {style:.1e}, covariances by {covariances:.1e}, the last map by {last:.1e}"
        );
        assert!(style < 2e-4, "style differs by {style} at side {side}");
        assert!(covariances < 2e-3, "covariances differ by {covariances} at side {side}");
        assert!(last < 2e-4, "the last map differs by {last} at side {side}");
    }
}

/// How far levels are off at most.
fn off(found: &[u8], expected: &Squeezed) -> Option<u8> {
    expected.levels.iter().map(|&(index, level)| found[index].abs_diff(level)).max()
}

#[test]
fn squeezing_is_pillows() {
    for expected in fixture().squeezed {
        let image = drawn(expected.width, expected.height);
        let found = resized(&image, 260, 260, Filter::CatmullRom).unwrap().into_raw();
        let off = off(&found, &expected);
        assert!(off <= Some(1), "{} x {} is off by {off:?} levels", expected.width, expected.height);
    }
}

#[test]
fn what_is_shown_is_pillows_within_two_levels() {
    for expected in fixture().shown {
        let found = squeeze(&drawn(expected.width, expected.height)).unwrap();
        assert_eq!(found.len(), SIDE * SIDE * 3);
        let off = off(&found, &expected);
        // Enlarged by more than half, sharp edges overshoot a level further.
        assert!(off <= Some(2), "{} x {} is off by {off:?} levels", expected.width, expected.height);
    }
}

#[test]
fn prepared_levels_are_scaled_as_in_training() {
    let grey = RgbImage::from_pixel(40, 30, image::Rgb([255, 127, 0]));
    let prepared = prepare(&grey).unwrap();
    assert_eq!(prepared.len(), SIDE * SIDE * 3);
    assert_eq!(prepared[..3], [1.0, 0.0, -127.0 / 128.0]);
    assert!(matches!(prepare(&RgbImage::new(0, 5)), Err(InferenceError::Image { width: 0, height: 5 })));
}

#[test]
fn a_product_is_the_sum_over_inputs() {
    // Widths with a full panel, a padded one and several; places that leave a remainder.
    for (places, inputs, outputs) in [(1, 1, 1), (8, 3, 16), (13, 27, 24), (21, 5, 88), (9, 40, 208)] {
        let (input, weights, bias) = (numbers(places * inputs), numbers(outputs * inputs), numbers(outputs));
        let layer = Pointwise::new(inputs, &weights, bias.clone());
        for finish in [Finish::Plain, Finish::Relu6, Finish::Add] {
            let before = numbers(places * outputs);
            let mut found = before.clone();
            layer.apply(&input, finish, &mut found);
            for (index, &found) in found.iter().enumerate() {
                let (place, output) = (index / outputs, index % outputs);
                let products = (0..inputs).map(|i| input[place * inputs + i] * weights[output * inputs + i]);
                let sum = products.sum::<f32>() + bias[output];
                let expected = match finish {
                    Finish::Plain => sum,
                    Finish::Relu6 => sum.clamp(0.0, 6.0),
                    Finish::Add => sum + before[index],
                };
                assert!((found - expected).abs() < 1e-4, "{places} {inputs} {outputs} {finish:?} {index}");
            }
        }
    }
}

#[test]
fn a_depthwise_convolution_pads_as_tensorflow_does() {
    let channels = 32;
    for (kernel, stride) in [(3, 1), (3, 2), (5, 1), (5, 2)] {
        for size in [1, 2, 3, 7, 12] {
            let (input, weights) = (numbers(size * size * channels), numbers(channels * kernel * kernel));
            let bias = numbers(channels);
            let smaller = size.div_ceil(stride);
            let mut found = vec![0.0; smaller * smaller * channels];
            Depthwise::new(kernel, stride, &weights, bias.clone()).apply(&input, size, &mut found);
            let before = ((smaller - 1) * stride + kernel).saturating_sub(size) / 2;
            for (index, &found) in found.iter().enumerate() {
                let (y, x, channel) = (index / channels / smaller, index / channels % smaller, index % channels);
                let mut sum = bias[channel];
                for (tap, weight) in weights[channel * kernel * kernel..][..kernel * kernel].iter().enumerate() {
                    let (row, column) = (y * stride + tap / kernel, x * stride + tap % kernel);
                    let on_map = before..before + size;
                    if on_map.contains(&row) && on_map.contains(&column) {
                        sum += weight * input[((row - before) * size + column - before) * channels + channel];
                    }
                }
                assert!((found - sum.clamp(0.0, 6.0)).abs() < 1e-4, "{kernel} {stride} {size} {index}");
            }
        }
    }
}

#[test]
fn a_damaged_file_and_a_wrong_input_are_refused_with_a_sentence() {
    let path = std::path::Path::new("weights.safetensors");
    let broken = EfficientNetLite2::load(path, b"not weights").err().unwrap();
    assert!(broken.to_string().contains("weights.safetensors"), "{broken}");
    let stem: Vec<u8> = vec![0; 4 * 32 * 3];
    let view = safetensors::tensor::TensorView::new(Dtype::F32, vec![32, 3, 1, 1], &stem).unwrap();
    let bytes = safetensors::serialize([("_conv_stem.weight", view)], None).unwrap();
    let shape = EfficientNetLite2::load(path, &bytes).err().unwrap();
    assert!(shape.to_string().contains("[32, 3, 3, 3]"), "{shape}");

    let Some(network) = fetched() else { return };
    assert!(network.forward(&[0.0; 12], 3).is_err());
    assert!(network.forward(&[], 0).is_err());
}
