//! Artworks out of photographs, on generated ones.

mod composites;
mod documents;

use composites::{Chance, composite, overlap};
use image::{Rgb, RgbImage, imageops};
use vitrine_imaging::{Corners, find_artwork, straightened};

/// A painting of large patches with small ones in them.
fn painting(width: u32, height: u32, seed: u64) -> RgbImage {
    let chance = &mut Chance::new(seed + 1000);
    let mut picture = RgbImage::from_fn(width, height, |x, y| {
        let (u, v) = (f64::from(x) / f64::from(width), f64::from(y) / f64::from(height));
        Rgb([(60.0 + 150.0 * u) as u8, (50.0 + 120.0 * v) as u8, (170.0 - 100.0 * u * v) as u8])
    });
    for _ in 0..40 {
        let colour = Rgb([0; 3].map(|_| chance.between(10.0, 245.0) as u8));
        let (x, y) = (chance.between(0.0, f64::from(width)) as u32, chance.between(0.0, f64::from(height)) as u32);
        let (w, h) = (chance.between(10.0, 120.0) as u32, chance.between(10.0, 120.0) as u32);
        for y in y..(y + h).min(height) {
            for x in x..(x + w).min(width) {
                picture.put_pixel(x, y, colour);
            }
        }
    }
    picture
}

#[test]
fn artworks_are_found_on_tables_and_in_mounts() {
    let mut worst: (f64, f64) = (1.0, 0.0);
    for seed in 0..12 {
        let made = composite(&painting(500 + 20 * seed as u32, 700 - 20 * seed as u32, seed), seed);
        let found = find_artwork(&made.photograph);
        assert_eq!(found.len(), 1 + usize::from(made.has_mount), "outlines of photograph {seed}");
        let best = found[0];
        let (common, angle) = (overlap(best, made.truth), (best.angle() - made.truth.angle()).abs());
        worst = (worst.0.min(common), worst.1.max(angle));
        println!("photograph {seed}: overlap {common:.4}, {angle:.3} degrees off");
        assert!(common > 0.97 && angle < 0.1, "photograph {seed}: overlap {common:.3}, {angle:.2} degrees off");
    }
    println!("worst overlap {:.4}, worst angle {:.3} degrees", worst.0, worst.1);
}

#[test]
fn what_is_found_becomes_the_artwork_again() {
    let artwork = painting(600, 450, 3);
    let made = composite(&artwork, 2);
    let straight = straightened(&made.photograph, made.truth);
    let expected = imageops::resize(&artwork, straight.width(), straight.height(), imageops::FilterType::Triangle);
    // The light is uneven and the camera noisy.
    assert!(documents::difference(&straight, &expected) < 14.0, "{}", documents::difference(&straight, &expected));
    assert!(made.truth.angle().abs() > 0.3, "it lay askew");
}

#[test]
fn where_nothing_stands_out_nothing_is_found() {
    let even = RgbImage::from_pixel(800, 600, Rgb([120, 130, 110]));
    assert_eq!(find_artwork(&even), []);
    assert_eq!(find_artwork(&RgbImage::new(1, 1)), []);
    assert_eq!(find_artwork(&painting(800, 600, 5)).len(), 0, "it fills the picture already");
}

#[test]
fn a_plain_rectangle_is_cut_out_without_touching_a_pixel() {
    let picture = painting(300, 200, 1);
    let corners = Corners([[20.0, 30.0], [220.0, 30.0], [220.0, 130.0], [20.0, 130.0]]);
    assert_eq!(straightened(&picture, corners), imageops::crop_imm(&picture, 20, 30, 200, 100).to_image());
    assert_eq!(straightened(&picture, Corners::of_picture(300, 200)), picture);
    // Half a pixel aside it is sampled anew.
    let aside = Corners(corners.0.map(|[x, y]| [x + 0.5, y]));
    assert_eq!(straightened(&picture, aside).dimensions(), (200, 100));
}

#[test]
fn corners_that_enclose_nothing_are_told() {
    let corners = |corners| Corners(corners).fault(300, 200);
    assert_eq!(Corners::of_picture(300, 200).fault(300, 200), None);
    assert!(corners([[0.0, 0.0], [301.0, 0.0], [300.0, 200.0], [0.0, 200.0]]).unwrap().contains("outside"));
    assert!(corners([[0.0, 0.0], [0.0, 200.0], [300.0, 200.0], [300.0, 0.0]]).unwrap().contains("clockwise"));
    assert!(corners([[0.0, 0.0], [300.0, 0.0], [10.0, 10.0], [0.0, 200.0]]).unwrap().contains("clockwise"));
    assert!(corners([[0.0, 0.0], [5.0, 0.0], [5.0, 5.0], [0.0, 5.0]]).unwrap().contains("smaller"));
    assert!(corners([[f64::NAN, 0.0], [300.0, 0.0], [300.0, 200.0], [0.0, 200.0]]).is_some());
}
