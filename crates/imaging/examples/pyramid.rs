//! Makes the tiles of a file, or its small picture: `pyramid tiles FILE FOLDER`, `pyramid thumbnail FILE JPEG`. What `bench/pyramid.py` measures.

use std::path::Path;

use vitrine_imaging::{Gamut, Limits, ScanFile, write_pyramid};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let limits = Limits::default();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [_, "tiles", file, folder] => {
            write_pyramid(Path::new(file), 0, Gamut::Srgb, Path::new(folder), &limits).expect("tiles");
        }
        [_, "thumbnail", file, jpeg] => {
            let scan = ScanFile::read(Path::new(file), &limits).expect("a file");
            scan.preview(0, 512).expect("a picture").save(jpeg).expect("a small picture");
        }
        _ => panic!("pyramid tiles FILE FOLDER, or pyramid thumbnail FILE JPEG"),
    }
}
