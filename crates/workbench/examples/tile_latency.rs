//! How long the viewer waits for a tile: until a scan's tiles are there, and then for each of many of them, from the disk and from the system's memory.
//!
//!     cargo run --release -p vitrine-workbench --example tile_latency -- SCAN [FOLDER]
//!
//! takes SCAN into a new library and asks for its tiles as the window's protocol does: the catalogue is asked where the tile lies, and the file is read. With FOLDER the scans in
//! there are taken in meanwhile.
#![allow(clippy::print_stdout)]

use std::{
    env,
    error::Error,
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use vitrine_workbench::{
    Settings, Workbench,
    view::{ScreenGamut, TilesState, TilesView, WorkFilter},
};

/// Tiles that are asked for.
const ASKED: usize = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let scan = arguments.next().ok_or("name a scan, and perhaps a folder of scans that are taken in meanwhile")?;
    let others = arguments.next();
    let library = tempfile::tempdir_in(scan.parent().unwrap_or(Path::new(".")))?;
    let settings = Settings { suggest_on_import: false, ..Settings::discover(None) };
    let bench = Workbench::at(library.path(), settings, Arc::new(|_| {}))?;
    let start = Instant::now();
    bench.import(vec![scan])?;
    bench.wait();
    println!("taken in              {:>8.2} s", start.elapsed().as_secs_f64());
    let card = bench.works(&WorkFilter::default())?.works.into_iter().next().ok_or("the scan was not taken in")?;
    let scan = bench.work(card.id)?.scans.first().ok_or("the work has no scan")?.id;

    let start = Instant::now();
    let tiles = loop {
        let tiles = bench.tiles(scan, ScreenGamut::Srgb)?;
        match &tiles.state {
            TilesState::Ready => break tiles,
            TilesState::Making => thread::sleep(Duration::from_millis(10)),
            TilesState::Needless => return Err("the scan is too small to need tiles".into()),
            TilesState::Failed { reason } => return Err(reason.clone().into()),
        }
    };
    println!("all tiles made        {:>8.2} s", start.elapsed().as_secs_f64());
    let places = places(&tiles);
    println!("{} tiles of {} asked for", ASKED.min(places.len()), places.len());

    if let Some(folder) = others {
        bench.import(vec![folder])?;
    }
    println!("                        median     95 %      most");
    for (name, cold) in [("from the disk", true), ("from memory", false)] {
        let mut times = Vec::new();
        for (level, x, y) in places.iter().take(ASKED).copied() {
            if cold {
                forget(&bench.tile(scan, ScreenGamut::Srgb, level, x, y)?)?;
            }
            let start = Instant::now();
            let bytes = fs::read(bench.tile(scan, ScreenGamut::Srgb, level, x, y)?)?;
            times.push(start.elapsed());
            if !bytes.starts_with(&[0xFF, 0xD8]) {
                return Err("a tile is no JPEG".into());
            }
        }
        times.sort();
        let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1e3;
        println!("{name:<20} {:>6.2} ms {:>6.2} ms {:>6.2} ms", at(0.5), at(0.95), at(1.0));
    }
    let running = bench.jobs().iter().any(|job| job.state == vitrine_workbench::view::JobState::Running);
    println!("{}", if running { "the import was running until the end" } else { "no import was running at the end" });
    bench.close();
    Ok(())
}

/// All tiles of all levels, in an order that jumps about, the same each time.
fn places(tiles: &TilesView) -> Vec<(usize, u32, u32)> {
    let side = |pixels: u32, level: usize| pixels.div_ceil(1 << level).div_ceil(tiles.side);
    let of_level = |level: usize| {
        let (across, down) = (side(tiles.width, level), side(tiles.height, level));
        (0..down).flat_map(move |y| (0..across).map(move |x| (level, x, y)))
    };
    let mut places: Vec<_> = (0..tiles.levels).flat_map(of_level).collect();
    let mut state = 1u64;
    for at in (1..places.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        places.swap(at, ((state >> 33) % (at as u64 + 1)) as usize);
    }
    places
}

/// Takes a file out of the system's memory, so that it has to be read from the disk.
#[cfg(target_os = "linux")]
fn forget(file: &Path) -> Result<(), Box<dyn Error>> {
    let file = File::open(file)?;
    // What is not yet written cannot be forgotten.
    file.sync_all()?;
    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn forget(file: &Path) -> Result<(), Box<dyn Error>> {
    // Only Linux is asked in a way that it answers; elsewhere both rows are from memory.
    File::open(file)?;
    Ok(())
}
