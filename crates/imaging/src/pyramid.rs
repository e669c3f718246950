//! Tiles of a picture at every size, made in one pass from the top to the bottom, so that a picture far larger than memory can be looked at.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use image::metadata::Orientation;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use crate::{
    Gamut, ImagingError, Limits, ScanFile,
    colour::ToScreen,
    parallel,
    portions::{for_each_group, upright},
    raster::read_page,
    resize::shrink_rows,
    unfinished::{Unfinished, Waiting},
};

/// The side of a tile in pixels; the last ones of a row and column are smaller.
pub const TILE_SIDE: u32 = 512;

const QUALITY: u8 = 85;

/// A picture as tiles. Level 0 is the picture itself, each further one half the size, the last one a single tile.
/// Tile (x, y) of a level is the file `level/x_y.jpg`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TilePyramid {
    /// The folder of all levels.
    pub folder: PathBuf,
    /// Width and height of each level in pixels.
    pub levels: Vec<(u32, u32)>,
}

impl TilePyramid {
    /// The tiles of a picture of this size that lie in `folder`, or would.
    pub fn of(folder: impl Into<PathBuf>, width: u32, height: u32) -> Self {
        Self { folder: folder.into(), levels: sizes(width, height) }
    }

    /// Where a tile lies.
    pub fn tile(&self, level: usize, x: u32, y: u32) -> PathBuf {
        tile_path(&self.folder, level, x, y)
    }
}

/// Writes the tiles of page `page` of `original`, in the colours of a gamut, to `folder`; if they are there already, they stay. They are written aside first, so that a run which was
/// broken off leaves no half pyramid behind that looks like a whole one; the next run goes on with what it left.
///
/// A large TIFF that lies upright is read band by band and may be of any size within `limits`: what is in memory is a row of tiles of each level, about width x 3 kB in
/// all, and the strips that are being decoded. Other files are decoded as a whole first.
///
/// # Errors
/// Those of reading, and [`ImagingError::Cache`] where the tiles cannot be written.
pub fn write_pyramid(
    original: &Path,
    page: u32,
    gamut: Gamut,
    folder: &Path,
    limits: &Limits,
) -> Result<TilePyramid, ImagingError> {
    let scan = ScanFile::read(original, limits)?;
    let parent = folder.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(ImagingError::Cache)?;
    let Some(aside) = Unfinished::of(folder, original).map_err(ImagingError::Cache)? else {
        let (width, height) = scan.size(page)?;
        return Ok(TilePyramid::of(folder, width, height));
    };
    let written = scan.with_page(page, |page| {
        let header = page.header();
        let to_screen = ToScreen::new(header, gamut);
        if header.orientation == Orientation::NoTransforms {
            let mut builder = Builder::begin(&aside, gamut, header.width, header.height)?;
            let from = builder.rows_done();
            for_each_group(page, &to_screen, TILE_SIDE as usize, from, |rows| builder.push(rows))?;
            return builder.finish();
        }
        limits.check_pixels(header.width, header.height, "turned")?;
        let image = upright(read_page(page, &to_screen)?, header.orientation);
        let mut builder = Builder::begin(&aside, gamut, image.width(), image.height())?;
        let done = builder.rows_done() as usize * image.width() as usize * 3;
        builder.push(image.as_raw().get(done..).unwrap_or_default())?;
        builder.finish()
    });
    match written {
        Ok(levels) => {
            aside.finish(folder).map_err(ImagingError::Cache)?;
            Ok(TilePyramid { folder: folder.into(), levels })
        }
        Err(error) => {
            aside.give_up();
            Err(error)
        }
    }
}

/// After so many rows of tiles what waits is noted. After eight, the next three levels have full rows of tiles, so that little waits; and to go on from there
/// costs at most some seconds.
const NOTED_EVERY: u32 = 8;

struct Builder<'a> {
    aside: &'a Unfinished,
    /// The ICC profile that each tile carries, if any.
    profile: Option<Vec<u8>>,
    levels: Vec<Level>,
}

/// One size of the picture on its way to tiles.
struct Level {
    width: u32,
    height: u32,
    /// What is written and what waits; of the first level nothing waits, because it gets whole rows of tiles.
    waiting: Waiting,
}

impl<'a> Builder<'a> {
    /// Begins, or goes on with what a run left that was broken off.
    fn begin(aside: &'a Unfinished, gamut: Gamut, width: u32, height: u32) -> Result<Self, ImagingError> {
        let sizes = sizes(width, height);
        let tiles = |level: usize, down: u32| {
            let across = sizes.get(level).map_or(0, |(width, _)| width.div_ceil(TILE_SIDE));
            let of_row = |y| (0..across).map(move |x| tile_path(aside.folder(), level, x, y));
            (0..down).flat_map(of_row).collect::<Vec<_>>()
        };
        let left = aside.go_on(tiles).map_err(ImagingError::Cache)?.filter(|left| left.len() == sizes.len());
        let left = left.unwrap_or_else(|| vec![Waiting { tiles_down: 0, rows: vec![] }; sizes.len()]);
        let level = |((width, height), waiting): ((u32, u32), Waiting)| Level { width, height, waiting };
        Ok(Self { aside, profile: carried_profile(gamut), levels: sizes.into_iter().zip(left).map(level).collect() })
    }

    /// The rows of the picture that have become tiles.
    fn rows_done(&self) -> u32 {
        self.levels.first().map_or(0, |first| (first.waiting.tiles_down * TILE_SIDE).min(first.height))
    }

    /// Takes the next rows of the picture, as 8-bit RGB: whole rows of tiles, or what there is of the last one.
    fn push(&mut self, rows: &[u8]) -> Result<(), ImagingError> {
        let row_bytes = self.levels.first().map_or(1, Level::row_bytes);
        for rows in rows.chunks(row_bytes * TILE_SIDE as usize) {
            self.tile_row(0, rows)?;
            let down = self.levels.first().map_or(0, |first| first.waiting.tiles_down);
            if down.is_multiple_of(NOTED_EVERY) {
                let waiting: Vec<Waiting> = self.levels.iter().map(|level| level.waiting.clone()).collect();
                self.aside.note(&waiting).map_err(ImagingError::Cache)?;
            }
        }
        Ok(())
    }

    /// Writes one row of tiles, and hands it on to the next level in half its size.
    fn tile_row(&mut self, index: usize, rows: &[u8]) -> Result<(), ImagingError> {
        let Some(level) = self.levels.get_mut(index) else { return Ok(()) };
        level.write_tiles(self.aside.folder(), index, rows, self.profile.as_deref())?;
        let width = level.width;
        let Some(next) = self.levels.get_mut(index + 1) else { return Ok(()) };
        shrink_rows(rows, width, 2, &mut next.waiting.rows)?;
        if next.waiting.rows.len() < next.row_bytes() * TILE_SIDE as usize { Ok(()) } else { self.settle(index + 1) }
    }

    /// Writes the rows that wait at a level.
    fn settle(&mut self, index: usize) -> Result<(), ImagingError> {
        let Some(level) = self.levels.get_mut(index) else { return Ok(()) };
        let mut rows = std::mem::take(&mut level.waiting.rows);
        if !rows.is_empty() {
            self.tile_row(index, &rows)?;
        }
        rows.clear();
        if let Some(level) = self.levels.get_mut(index) {
            level.waiting.rows = rows; // its memory is used again
        }
        Ok(())
    }

    /// Writes what waits, and gives the levels' sizes.
    fn finish(mut self) -> Result<Vec<(u32, u32)>, ImagingError> {
        (1..self.levels.len()).try_for_each(|index| self.settle(index))?;
        Ok(self.levels.iter().map(|level| (level.width, level.height)).collect())
    }
}

impl Level {
    fn row_bytes(&self) -> usize {
        self.width as usize * 3
    }

    /// Writes one row of tiles, on all cores.
    fn write_tiles(
        &mut self,
        folder: &Path,
        index: usize,
        rows: &[u8],
        profile: Option<&[u8]>,
    ) -> Result<(), ImagingError> {
        let (y, width, row_bytes) = (self.waiting.tiles_down, self.width, self.row_bytes());
        if y == 0 {
            fs::create_dir_all(folder.join(index.to_string())).map_err(ImagingError::Cache)?;
        }
        self.waiting.tiles_down += 1;
        let across = width.div_ceil(TILE_SIDE) as usize;
        parallel::each(0..across, |x| {
            let x = x as u32;
            let left = x * TILE_SIDE;
            let tile_width = TILE_SIDE.min(width - left);
            let span = left as usize * 3..(left + tile_width) as usize * 3;
            let parts = rows.chunks_exact(row_bytes).map(|row| row.get(span.clone()).unwrap_or_default());
            let tile = parts.collect::<Vec<_>>().concat();
            write_tile(&tile, tile_width, profile, &tile_path(folder, index, x, y)).map_err(ImagingError::Cache)
        })
    }
}

/// The profile that tiles of a gamut carry. On Linux none: there a window sends a picture's numbers to the screen as they are, and where it knows profiles
/// it brings them back to sRGB.
fn carried_profile(gamut: Gamut) -> Option<Vec<u8>> {
    let is_managed = cfg!(not(target_os = "linux"));
    (is_managed && gamut != Gamut::Srgb).then(|| gamut.profile().encode().ok()).flatten()
}

/// Writes 8-bit RGB as a JPEG whose colour differences have half the size, as is usual at this quality.
fn write_tile(tile: &[u8], width: u32, profile: Option<&[u8]>, path: &Path) -> io::Result<()> {
    let side = |pixels: usize| u16::try_from(pixels).map_err(io::Error::other);
    let (width, height) = (side(width as usize)?, side(tile.len() / (width.max(1) as usize * 3))?);
    let mut jpeg = Vec::with_capacity(tile.len() / 8);
    let mut encoder = Encoder::new(&mut jpeg, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    if let Some(profile) = profile {
        encoder.add_icc_profile(profile).map_err(io::Error::other)?;
    }
    encoder.encode(tile, width, height, ColorType::Rgb).map_err(io::Error::other)?;
    fs::write(path, jpeg)
}

/// The picture's size, and half of it again and again until it is a single tile.
fn sizes(width: u32, height: u32) -> Vec<(u32, u32)> {
    let mut sizes = vec![(width, height)];
    while let Some((width, height)) = sizes.last().filter(|(w, h)| *w > TILE_SIDE || *h > TILE_SIDE) {
        sizes.push((width.div_ceil(2), height.div_ceil(2)));
    }
    sizes
}

fn tile_path(folder: &Path, level: usize, x: u32, y: u32) -> PathBuf {
    folder.join(level.to_string()).join(format!("{x}_{y}.jpg"))
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;

    fn picture() -> RgbImage {
        RgbImage::from_fn(1301, 777, |x, y| Rgb([(x / 6) as u8, (y / 4) as u8, ((x + y) / 9) as u8]))
    }

    #[test]
    fn tiles_make_up_the_picture_at_every_level() {
        let folder = tempfile::tempdir().unwrap();
        let tiff = folder.path().join("a.tif");
        picture().save(&tiff).unwrap();
        let png = folder.path().join("a.png");
        picture().save(&png).unwrap();
        for original in [tiff, png] {
            let name = original.extension().unwrap().to_owned();
            let pyramid =
                write_pyramid(&original, 0, Gamut::Srgb, &folder.path().join(name), &Limits::default()).unwrap();
            assert_eq!(pyramid.levels, [(1301, 777), (651, 389), (326, 195)]);
            assert_eq!(TilePyramid::of(&pyramid.folder, 1301, 777), pyramid);
            for (level, (width, height)) in pyramid.levels.iter().enumerate() {
                let whole = crate::resized(&picture(), *width, *height, crate::Filter::CatmullRom).unwrap();
                for (x, y) in (0..width.div_ceil(512)).flat_map(|x| (0..height.div_ceil(512)).map(move |y| (x, y))) {
                    let tile = image::open(pyramid.tile(level, x, y)).unwrap().into_rgb8();
                    assert_eq!(tile.dimensions(), ((width - x * 512).min(512), (height - y * 512).min(512)));
                    for (px, py, pixel) in tile.enumerate_pixels() {
                        let expected = whole.get_pixel(x * 512 + px, y * 512 + py);
                        let far = pixel.0.iter().zip(expected.0).map(|(a, b)| a.abs_diff(b)).max().unwrap();
                        assert!(far <= 12, "level {level} tile {x} {y} at {px} {py}: {pixel:?} {expected:?}");
                    }
                }
            }
        }
        // Nothing is left aside.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
    }
}
