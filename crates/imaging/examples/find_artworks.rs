//! How well artworks are found in generated photographs of the pictures in a folder: `find_artworks FOLDER COUNT`.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

#[path = "../tests/composites/mod.rs"]
mod composites;

use std::{env, path::PathBuf, time::Instant};

use composites::{composite, overlap};
use vitrine_imaging::{Corners, Limits, find_artwork, has_image_extension, read_scan};

fn main() {
    let mut arguments = env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap());
    let count: usize = arguments.next().map_or(200, |count| count.parse().unwrap());
    let mut files: Vec<PathBuf> = walk(&folder).into_iter().filter(|file| has_image_extension(file)).collect();
    files.sort();
    let step = (files.len() / count).max(1);
    let (mut overlaps, mut angles, mut misses, mut seconds) = (vec![], vec![], vec![], 0.0);
    for (seed, file) in (0..).zip(files.iter().step_by(step).take(count)) {
        let Ok(artwork) = read_scan(file, &Limits::default()) else { continue };
        let made = composite(&artwork.image, seed);
        let start = Instant::now();
        let found = find_artwork(&made.photograph);
        seconds += start.elapsed().as_secs_f64();
        let best = found.first().copied().unwrap_or(Corners::of_picture(composites::WIDTH, composites::HEIGHT));
        let common = overlap(best, made.truth);
        overlaps.push(common);
        if common > 0.9 {
            angles.push((best.angle() - made.truth.angle()).abs());
        } else {
            let any = found.iter().map(|one| overlap(*one, made.truth)).fold(0.0, f64::max);
            misses.push(format!(
                "{seed} {} mount {} overlap {common:.2}, best of {}: {any:.2}",
                file.display(),
                made.has_mount,
                found.len()
            ));
        }
    }
    for miss in &misses {
        println!("{miss}");
    }
    overlaps.sort_by(f64::total_cmp);
    angles.sort_by(f64::total_cmp);
    let at = |values: &[f64], share: f64| values[((values.len() - 1) as f64 * share) as usize];
    let above = |least: f64| overlaps.iter().filter(|o| **o >= least).count() as f64 * 100.0 / overlaps.len() as f64;
    println!("{} photographs, {:.0} ms each", overlaps.len(), seconds * 1000.0 / overlaps.len() as f64);
    println!("overlap: median {:.4}, 10 in 100 below {:.4}", at(&overlaps, 0.5), at(&overlaps, 0.1));
    println!("at least 0.95: {:.1} %, at least 0.90: {:.1} %", above(0.95), above(0.9));
    println!(
        "angle of those above 0.90: median {:.3}, 95 in 100 within {:.3}, largest {:.2} degrees",
        at(&angles, 0.5),
        at(&angles, 0.95),
        at(&angles, 1.0)
    );
}

fn walk(folder: &std::path::Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
