//! How far the fingerprints of a collection's pictures are from those of the same pictures changed, and from each other's.
//!
//! `cargo run -p vitrine-imaging --example near_duplicates -- FOLDER COUNT`, which takes every n-th picture below the folder.

#![allow(clippy::print_stdout)]

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use image::{RgbImage, codecs::jpeg::JpegEncoder, imageops};
use vitrine_imaging::{Filter, Limits, PerceptualHash, has_image_extension, read_scan, resized};

/// A way to change a picture.
type Change = fn(&RgbImage) -> RgbImage;

/// Pictures that are changed in every way.
const CHANGED: usize = 300;

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder"));
    let count: usize = arguments.next().and_then(|n| n.to_str()?.parse().ok()).unwrap_or(1000);
    let mut files = vec![];
    collect(&folder, &mut files).expect("lists");
    files.sort();
    let step = files.len().div_ceil(count).max(1);
    let images =
        files.iter().step_by(step).filter_map(|path| read_scan(path, &Limits::default()).ok().map(|s| s.image));
    let mut hashes = vec![];
    let changes: [(&str, Change); 6] = [
        ("half the size", |i| resized(i, i.width() / 2, i.height() / 2, Filter::CatmullRom).expect("not empty")),
        ("JPEG quality 30", compressed),
        ("2 % of each border cut off", |i| cropped(i, 0.02)),
        ("4 % of each border cut off", |i| cropped(i, 0.04)),
        ("red x 1.12, blue x 0.85", |i| each(i, |[r, g, b]| [r * 1.12, g, b * 0.85])),
        ("gamma 0.8", |i| each(i, |rgb| rgb.map(|v| (v / 255.0).powf(0.8) * 255.0))),
    ];
    let mut distances = vec![vec![]; changes.len()];
    for image in images {
        let Some(hash) = PerceptualHash::of(&image) else { continue };
        if hashes.len() < CHANGED {
            for ((_, change), distances) in changes.iter().zip(&mut distances) {
                distances.extend(PerceptualHash::of(&change(&image)).map(|other| hash.distance(other)));
            }
        }
        hashes.push(hash);
    }
    println!("| change | mean distance | 95 in 100 | 99 in 100 | largest | near |\n|---|---|---|---|---|---|");
    for ((name, _), mut distances) in changes.iter().zip(distances) {
        distances.sort_unstable();
        let at = |share: f64| distances[((distances.len() - 1) as f64 * share) as usize];
        let mean = distances.iter().sum::<u32>() as f64 / distances.len() as f64;
        let near = distances.iter().filter(|d| **d <= PerceptualHash::NEAR).count() as f64 / distances.len() as f64;
        println!("| {name} | {mean:.1} | {} | {} | {} | {:.1} % |", at(0.95), at(0.99), at(1.0), 100.0 * near);
    }
    let mut pairs: Vec<u32> = vec![];
    for (i, one) in hashes.iter().enumerate() {
        pairs.extend(hashes[i + 1..].iter().map(|other| one.distance(*other)));
    }
    pairs.sort_unstable();
    let mean = pairs.iter().map(|d| u64::from(*d)).sum::<u64>() as f64 / pairs.len() as f64;
    println!("\n{} pairs of different files: mean {mean:.1}, closest {:?}", pairs.len(), &pairs[..pairs.len().min(20)]);
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if has_image_extension(&path) {
            files.push(path);
        }
    }
    Ok(())
}

fn compressed(image: &RgbImage) -> RgbImage {
    let mut jpeg = vec![];
    JpegEncoder::new_with_quality(&mut jpeg, 30).encode_image(image).expect("encodes");
    image::load_from_memory(&jpeg).expect("decodes").into_rgb8()
}

fn cropped(image: &RgbImage, share: f32) -> RgbImage {
    let (x, y) = ((image.width() as f32 * share) as u32, (image.height() as f32 * share) as u32);
    imageops::crop_imm(image, x, y, image.width() - 2 * x, image.height() - 2 * y).to_image()
}

fn each(image: &RgbImage, change: impl Fn([f32; 3]) -> [f32; 3]) -> RgbImage {
    let mut image = image.clone();
    image.pixels_mut().for_each(|pixel| pixel.0 = change(pixel.0.map(f32::from)).map(|v| v as u8));
    image
}
