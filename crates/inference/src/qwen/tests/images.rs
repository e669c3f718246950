use serde::Deserialize;

use super::*;
use crate::qwen::{Grid, PreparedImages, VisionConfig};

#[derive(Deserialize)]
struct Sizes {
    /// Width, height, least and most pixels, rows and columns of patches.
    grids: Vec<(u32, u32, usize, usize, usize, usize)>,
    refused: Vec<(u32, u32)>,
}

fn vision() -> VisionConfig {
    config("qwen2_vl").vision
}

#[test]
fn five_hundred_sizes_become_the_reference_s_grids() {
    let sizes: Sizes = serde_json::from_str(&text("grids.json")).unwrap();
    assert_eq!(sizes.grids.len(), 500);
    for (width, height, least, most, rows, columns) in sizes.grids {
        let (wide, high) = ImageBudget { least, most }.fit(width, height, 28).unwrap();
        let grid = Grid { rows: high as usize / 14, columns: wide as usize / 14 };
        assert_eq!(grid, Grid { rows, columns }, "{width} x {height} within {least} to {most}");
    }
    assert!(sizes.refused.len() > 10);
    for (width, height) in sizes.refused {
        let message = BUDGET.fit(width, height, 28).unwrap_err().to_string();
        assert!(message.contains(&format!("{width} x {height}")) && message.contains("200"), "{message}");
    }
    assert!(BUDGET.fit(0, 9, 28).is_err());
}

/// Levels of the resampled image out of its patches, in units of a level; colour by colour within a patch.
fn levels(images: &PreparedImages) -> Vec<f32> {
    let (mean, deviation) = ([0.48145466f32, 0.4578275, 0.40821073], [0.26862954f32, 0.2613026, 0.2757771]);
    let patches = images.patches.to_vec2::<f32>().unwrap();
    let planes = patches.iter().flat_map(|patch| {
        assert_eq!(patch[..196], patch[196..392], "both frames are the image");
        patch.chunks(392).enumerate().map(|(colour, frames)| (colour, &frames[..196]))
    });
    planes
        .flat_map(|(colour, plane)| plane.iter().map(move |&x| (x * deviation[colour] + mean[colour]) * 255.0))
        .collect()
}

#[test]
fn levels_are_pillow_s_and_within_two_of_torchvision_s() {
    let expected = tensors("images.safetensors");
    for (width, height) in [(640, 427), (160, 110), (31, 20), (112, 300), (84, 112), (1000, 90)] {
        let prepared = PreparedImages::new(&[&drawn((width, height))], &vision(), BUDGET).unwrap();
        let found = levels(&prepared);
        let off = |processor: &str| {
            let expected = numbers(&expected[&format!("{width}x{height}.{processor}")]);
            assert_eq!(expected.len(), found.len());
            found.iter().zip(expected).map(|(found, expected)| (found - expected as f32).abs()).fold(0.0, f32::max)
        };
        let (pillow, torchvision) = (off("pillow"), off("torchvision"));
        eprintln!("{width} x {height}: off Pillow by {pillow:.1e} of a level, off torchvision by {torchvision:.3}");
        assert!(pillow < 1e-3, "{width} x {height}: {pillow}");
        // Torchvision is as far from Pillow.
        assert!(torchvision < 2.001, "{width} x {height}: {torchvision}");
    }
}

#[test]
fn normalised_numbers_are_the_processors() {
    let expected = tensors("images.safetensors");
    let prepared = PreparedImages::new(&[&drawn((31, 20))], &vision(), BUDGET).unwrap();
    let some: Vec<u32> = (0..1176).step_by(49).collect();
    let found = prepared.patches.index_select(&Tensor::new(some, &Device::Cpu).unwrap(), 1).unwrap();
    let off = difference(&found, &expected["31x20.normalised"]);
    let torchvision = difference(&found, &expected["31x20.normalised_torchvision"]);
    eprintln!("normalised numbers are off by {off:.1e}; torchvision's by {torchvision:.1e}");
    assert!(off < 1e-5, "{off}");
}

#[test]
fn several_images_lie_one_after_the_other() {
    let images = IMAGES.map(drawn);
    let both = PreparedImages::new(&[&images[0], &images[1]], &vision(), BUDGET).unwrap();
    let second = PreparedImages::new(&[&images[1]], &vision(), BUDGET).unwrap();
    let first = both.grids[0].patches();
    assert_eq!(both.grids[1..], second.grids);
    assert_eq!(difference(&both.patches.narrow(0, first, second.grids[0].patches()).unwrap(), &second.patches), 0.0);
}
