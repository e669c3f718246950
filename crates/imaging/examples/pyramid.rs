//! Makes the tiles of a file, or its small picture: `pyramid tiles FILE FOLDER`, `pyramid thumbnail FILE JPEG`. What `bench/pyramid.py` measures.

use std::path::Path;

use vitrine_imaging::{Limits, fit_within, read_scan, write_pyramid};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let limits = Limits { pixels: 10_000_000_000, ..Limits::default() };
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [_, "tiles", file, folder] => {
            write_pyramid(Path::new(file), 0, Path::new(folder), &limits).expect("tiles");
        }
        [_, "thumbnail", file, jpeg] => {
            let picture = read_scan(Path::new(file), &limits).expect("a picture").image;
            fit_within(&picture, 512).save(jpeg).expect("a small picture");
        }
        _ => panic!("pyramid tiles FILE FOLDER, or pyramid thumbnail FILE JPEG"),
    }
}
