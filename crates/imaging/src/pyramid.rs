//! Tiles of a picture at every size, made in one pass from the top to the bottom, so that a picture far larger than memory can be looked at.

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
};

use image::{ExtendedColorType, codecs::jpeg::JpegEncoder, metadata::Orientation};

use crate::{
    ImagingError, Limits, ScanFile,
    colour::ToSrgb,
    formats::{
        raw,
        tiff::{self, FileSource, Tiff},
    },
    raster::Page,
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

/// Writes the tiles of page `page` of `original` to `folder`, which must not exist yet. They are written aside first, so that a run which was
/// broken off leaves no half pyramid behind that looks like a whole one.
///
/// A TIFF that lies upright is read strip by strip or tile row by tile row and may be of any size within `limits`: what is in memory is a band of it and a
/// row of tiles of each level, about width x 3 kB in all. Other files are decoded as a whole first.
///
/// # Errors
/// Those of reading, and [`ImagingError::Cache`] where the tiles cannot be written.
pub fn write_pyramid(original: &Path, page: u32, folder: &Path, limits: &Limits) -> Result<TilePyramid, ImagingError> {
    let parent = folder.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(ImagingError::Cache)?;
    let aside = tempfile::tempdir_in(parent).map_err(ImagingError::Cache)?;
    let levels = match open_streaming(original, page, limits)? {
        Some(mut page) => {
            let mut to_srgb = ToSrgb::new(page.header());
            let row_bytes = page.header().width as usize * 3;
            let mut builder = Builder::new(aside.path(), page.header().width, page.header().height);
            let mut rgb = vec![];
            while let Some(band) = page.next_band()? {
                rgb.resize(band.rows as usize * row_bytes, 0);
                to_srgb.convert(&band, &mut rgb)?;
                builder.push(&rgb)?;
            }
            builder.finish()?
        }
        None => {
            let image = ScanFile::read(original, limits)?.page(page)?.image;
            let mut builder = Builder::new(aside.path(), image.width(), image.height());
            builder.push(image.as_raw())?;
            builder.finish()?
        }
    };
    fs::rename(aside.path(), folder).map_err(ImagingError::Cache)?;
    Ok(TilePyramid { folder: folder.into(), levels })
}

/// The page of a TIFF that need not be turned, out of a file that stays on the disk.
fn open_streaming(
    original: &Path,
    page: u32,
    limits: &Limits,
) -> Result<Option<tiff::TiffPage<FileSource>>, ImagingError> {
    let mut head = [0; 4];
    let mut file = fs::File::open(original).map_err(ImagingError::from_reading)?;
    io::Read::read_exact(&mut file, &mut head).map_err(ImagingError::from_reading)?;
    if !matches!(&head, b"II*\0" | b"MM\0*" | b"II+\0" | b"MM\0+") {
        return Ok(None);
    }
    let tiff = Tiff::new(FileSource::new(file)?)?;
    if raw::holds_sensor_data(&tiff) {
        return Ok(None);
    }
    let page = tiff::open(tiff.source, page, limits, limits.deadline())?;
    Ok((page.header().orientation == Orientation::NoTransforms).then_some(page))
}

struct Builder<'a> {
    folder: &'a Path,
    levels: Vec<Level>,
}

/// One size of the picture on its way to tiles.
struct Level {
    width: u32,
    height: u32,
    /// The rows of tiles that were written.
    tiles_down: u32,
    /// The rows that wait until a row of tiles is full.
    rows: Vec<u8>,
    /// An odd row, which waits for the next one to be halved with.
    odd: Vec<u8>,
}

impl<'a> Builder<'a> {
    fn new(folder: &'a Path, width: u32, height: u32) -> Self {
        let level = |(width, height)| Level { width, height, tiles_down: 0, rows: vec![], odd: vec![] };
        Self { folder, levels: sizes(width, height).into_iter().map(level).collect() }
    }

    /// Takes the next rows of the picture, as 8-bit RGB.
    fn push(&mut self, rgb: &[u8]) -> Result<(), ImagingError> {
        let row_bytes = self.levels.first().map_or(1, |level| level.width as usize * 3);
        for row in rgb.chunks_exact(row_bytes) {
            self.push_row(0, row)?;
        }
        Ok(())
    }

    fn push_row(&mut self, index: usize, row: &[u8]) -> Result<(), ImagingError> {
        let last = self.levels.len() - 1;
        let Some(level) = self.levels.get_mut(index) else { return Ok(()) };
        level.rows.extend_from_slice(row);
        if level.rows.len() >= row.len() * TILE_SIDE as usize {
            level.write_tiles(self.folder, index)?;
        }
        if index == last {
            return Ok(());
        }
        if level.odd.is_empty() {
            level.odd.extend_from_slice(row);
            return Ok(());
        }
        let halved = halved(&level.odd, row);
        level.odd.clear();
        self.push_row(index + 1, &halved)
    }

    /// Writes what waits, and gives the levels' sizes.
    fn finish(mut self) -> Result<Vec<(u32, u32)>, ImagingError> {
        for index in 0..self.levels.len() {
            let Some(level) = self.levels.get_mut(index) else { continue };
            if !level.rows.is_empty() {
                level.write_tiles(self.folder, index)?;
            }
            // The last row of an odd height is halved with itself.
            let odd = std::mem::take(&mut level.odd);
            if !odd.is_empty() {
                self.push_row(index + 1, &halved(&odd, &odd))?;
            }
        }
        Ok(self.levels.iter().map(|level| (level.width, level.height)).collect())
    }
}

impl Level {
    /// Writes the waiting rows as one row of tiles, on all cores.
    fn write_tiles(&mut self, folder: &Path, index: usize) -> Result<(), ImagingError> {
        let row_bytes = self.width as usize * 3;
        let height = (self.rows.len() / row_bytes.max(1)) as u32;
        let across = self.width.div_ceil(TILE_SIDE);
        fs::create_dir_all(folder.join(index.to_string())).map_err(ImagingError::Cache)?;
        let workers = thread::available_parallelism().map_or(1, |n| n.get() as u32).min(across);
        let (rows, y, width) = (&self.rows, self.tiles_down, self.width);
        let write = |x: u32| -> io::Result<()> {
            let left = x * TILE_SIDE;
            let tile_width = TILE_SIDE.min(width - left);
            let mut tile = Vec::with_capacity(tile_width as usize * height as usize * 3);
            for row in rows.chunks_exact(row_bytes) {
                let span = left as usize * 3..(left + tile_width) as usize * 3;
                tile.extend_from_slice(row.get(span).unwrap_or_default());
            }
            let mut jpeg = Vec::new();
            JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
                .encode(&tile, tile_width, height, ExtendedColorType::Rgb8)
                .map_err(io::Error::other)?;
            fs::write(tile_path(folder, index, x, y), jpeg)
        };
        let work = |first: u32| (first..across).step_by(workers as usize).try_for_each(&write);
        let result: io::Result<()> = thread::scope(|scope| {
            let work = &work;
            let threads: Vec<_> = (1..workers).map(|first| scope.spawn(move || work(first))).collect();
            let own = work(0);
            let others =
                threads.into_iter().map(|t| t.join().unwrap_or_else(|_| Err(io::Error::other("a tile failed"))));
            others.fold(own, |all, one| all.and(one))
        });
        self.rows.clear();
        self.tiles_down += 1;
        result.map_err(ImagingError::Cache)
    }
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

/// Two rows of RGB as one of half the width: the mean of each four pixels, a last odd column with itself.
fn halved(above: &[u8], below: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(above.len() / 2 + 3);
    for (a, b) in above.chunks(6).zip(below.chunks(6)) {
        for channel in 0..3 {
            let sum = |row: &[u8]| {
                let left = row.get(channel).copied().map_or(0, u16::from);
                left + row.get(channel + 3).copied().map_or(left, u16::from)
            };
            out.push(((sum(a) + sum(b) + 2) / 4) as u8);
        }
    }
    out
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
            let pyramid = write_pyramid(&original, 0, &folder.path().join(name), &Limits::default()).unwrap();
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

    #[test]
    fn halving_keeps_odd_ends() {
        let row = [10, 20, 30, 20, 30, 40, 100, 110, 120];
        assert_eq!(halved(&row, &row), [15, 25, 35, 100, 110, 120]);
    }
}
