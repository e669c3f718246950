//! Makes the tiles of a file, and says how long it took and how much memory: `pyramid FILE FOLDER`. What `bench/pyramid.py` measures.

#![allow(clippy::print_stdout)]

use std::{fs, path::Path, time::Instant};

use vitrine_imaging::{Limits, write_pyramid};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, file, folder] = arguments.as_slice() else { panic!("pyramid FILE FOLDER") };
    let limits = Limits { pixels: 10_000_000_000, ..Limits::default() };
    let start = Instant::now();
    let pyramid = write_pyramid(Path::new(file), 0, Path::new(folder), &limits).expect("tiles");
    let seconds = start.elapsed().as_secs_f64();
    // Linux keeps the largest amount of memory that a process ever had.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    println!("{seconds:.2} s, {} MB, {} levels", peak.unwrap_or(0) / 1000, pyramid.levels.len());
}
