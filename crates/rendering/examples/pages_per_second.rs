//! How many pages a second are drawn, without pictures, by one thread and by two.
//!
//! `cargo run --release -p vitrine-rendering --example pages_per_second -- TEXT-FILE [FONTS]`
//!
//! The text is cut into paragraphs of about 700 characters, of which the first 2000 are drawn.

use std::{path::Path, time::Instant};

use vitrine_rendering::{Fonts, FragmentPage, PageStyle, Renderer};

#[allow(clippy::print_stdout, reason = "an example")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let text = std::fs::read_to_string(arguments.next().ok_or("which text file?")?)?;
    let fonts = match arguments.next() {
        Some(folder) => Fonts::with_folder(Path::new(&folder))?,
        None => Fonts::shipped(),
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let paragraphs: Vec<String> = words.chunks(115).take(2000).map(|words| words.join(" ")).collect();
    let characters: usize = paragraphs.iter().map(|paragraph| paragraph.chars().count()).sum();
    println!("{} paragraphs of {} characters on average", paragraphs.len(), characters / paragraphs.len().max(1));
    for threads in [1, 2] {
        let start = Instant::now();
        let heights: u64 = std::thread::scope(|scope| {
            let share = paragraphs.len().div_ceil(threads).max(1);
            let workers: Vec<_> = paragraphs.chunks(share).map(|share| scope.spawn(|| draw(&fonts, share))).collect();
            workers.into_iter().map(|worker| worker.join().unwrap_or(0)).sum()
        });
        let seconds = start.elapsed().as_secs_f64();
        let pages = paragraphs.len() as f64;
        println!("{threads} thread(s): {:.0} pages/s, mean height {:.0} px", pages / seconds, heights as f64 / pages);
    }
    Ok(())
}

/// Draws the paragraphs, and gives their pages' heights together.
fn draw(fonts: &Fonts, paragraphs: &[String]) -> u64 {
    let mut renderer = Renderer::new(fonts, "en", PageStyle::default());
    let section = ["History".to_owned(), "Reception".to_owned()];
    let heights = paragraphs.iter().map(|text| {
        let words = text.char_indices().filter(|(_, character)| *character == ' ').map(|(at, _)| at);
        let links: Vec<_> = words.collect::<Vec<_>>().windows(2).step_by(12).map(|pair| pair[0] + 1..pair[1]).collect();
        let fragment = FragmentPage { title: "A painting", section: &section, text, links: &links, pictures: &[] };
        u64::from(renderer.draw(&fragment).image.height())
    });
    heights.sum()
}
