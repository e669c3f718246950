//! Pictures at another size. The one place that calls `fast_image_resize`: its functions are generic, so that every crate that calls them
//! compiles them anew, and the call that takes any kind of pixel compiles them for fifteen kinds, which was most of what two
//! of our crates were made of.

use fast_image_resize::{
    FilterType, ResizeAlg, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::U8x3,
};
use image::RgbImage;

use crate::{ImagingError, parallel};

/// How the pixels of the new picture are weighed together; both widen over all old pixels when a picture gets smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Sharp: for looking at.
    Lanczos3,
    /// The cubic of Catmull and Rom, which Pillow calls bicubic: for models that were trained so.
    CatmullRom,
}

/// `image` at `width` x `height` pixels, its proportions not kept; `None` if either picture is without pixels.
pub fn resized(image: &RgbImage, width: u32, height: u32, filter: Filter) -> Option<RgbImage> {
    if [image.width(), image.height(), width, height].contains(&0) {
        return None;
    }
    let mut new = RgbImage::new(width, height);
    let source = TypedImageRef::<U8x3>::from_buffer(image.width(), image.height(), image.as_raw()).ok()?;
    let mut target = TypedImage::<U8x3>::from_buffer(width, height, &mut new).ok()?;
    let filter = match filter {
        Filter::Lanczos3 => FilterType::Lanczos3,
        Filter::CatmullRom => FilterType::CatmullRom,
    };
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
    Resizer::new().resize_typed(&source, &mut target, &options).ok()?;
    Some(new)
}

/// Shrinks rows of `width` pixels of 8-bit RGB by a whole factor, on all cores, and adds them to `out`: each new pixel is the mean of the `factor` x `factor` old ones, or of
/// those that there are at the right and lower ends.
pub(crate) fn shrink_rows(rows: &[u8], width: u32, factor: u32, out: &mut Vec<u8>) -> Result<(), ImagingError> {
    let row_bytes = (width as usize * 3).max(1);
    let factor = factor.max(1) as usize;
    let new_bytes = (width as usize).div_ceil(factor) * 3;
    let groups = rows.chunks(row_bytes * factor);
    let before = out.len();
    out.resize(before + groups.len() * new_bytes, 0);
    let Some(new) = out.get_mut(before..) else { return Ok(()) };
    parallel::each(groups.zip(new.chunks_exact_mut(new_bytes.max(1))), |(group, new)| {
        if let (2, (above, below)) = (factor, group.split_at(row_bytes.min(group.len())))
            && above.len() == below.len()
        {
            halve(above, below, new);
            return Ok(());
        }
        let mut columns = vec![0u32; row_bytes];
        for row in group.chunks_exact(row_bytes) {
            columns.iter_mut().zip(row).for_each(|(sum, sample)| *sum += u32::from(*sample));
        }
        let down = (group.len() / row_bytes) as u32;
        for (pixels, new) in columns.chunks(factor * 3).zip(new.as_chunks_mut::<3>().0) {
            let mut sums = [0u32; 3];
            for pixel in pixels.as_chunks::<3>().0 {
                sums.iter_mut().zip(pixel).for_each(|(sum, sample)| *sum += sample);
            }
            let count = (pixels.len() / 3) as u32 * down;
            *new = sums.map(|sum| ((sum + count / 2) / count.max(1)) as u8);
        }
        Ok(())
    })
}

/// Two rows as one of half the width; a last odd column only with the one below it. What [`shrink_rows`] does for a factor of 2, quicker, because tiles need it for all of a picture.
fn halve(above: &[u8], below: &[u8], new: &mut [u8]) {
    let (above, last_above) = above.as_chunks::<6>();
    let (below, last_below) = below.as_chunks::<6>();
    let (new, last) = new.split_at_mut(above.len() * 3);
    for ((a, b), new) in above.iter().zip(below).zip(new.as_chunks_mut::<3>().0) {
        for channel in 0..3 {
            let sum =
                u16::from(a[channel]) + u16::from(a[channel + 3]) + u16::from(b[channel]) + u16::from(b[channel + 3]);
            new[channel] = ((sum + 2) / 4) as u8;
        }
    }
    for ((a, b), new) in last_above.iter().zip(last_below).zip(last) {
        *new = (u16::from(*a) + u16::from(*b)).div_ceil(2) as u8;
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn an_even_picture_stays_even_and_an_empty_one_is_none() {
        let even = RgbImage::from_pixel(40, 25, Rgb([200, 100, 7]));
        for filter in [Filter::Lanczos3, Filter::CatmullRom] {
            let new = resized(&even, 13, 60, filter).unwrap();
            assert_eq!(new.dimensions(), (13, 60));
            assert!(new.pixels().all(|pixel| *pixel == Rgb([200, 100, 7])));
            assert!(resized(&RgbImage::new(0, 5), 3, 3, filter).is_none());
            assert!(resized(&even, 0, 3, filter).is_none());
        }
    }

    #[test]
    fn shrinking_takes_the_mean_also_at_the_ends() {
        let row = |from: u8| (0..5).flat_map(|x| [from + x, 100, 0]).collect::<Vec<u8>>();
        let rows: Vec<u8> = [0, 10, 20].into_iter().flat_map(row).collect();
        let mut out = vec![7];
        shrink_rows(&rows, 5, 2, &mut out).unwrap();
        // The means of 0 1 10 11, 2 3 12 13, 4 14; then of 20 21, 22 23, 24; a half is rounded up.
        let reds = [6, 8, 9, 21, 23, 24];
        assert_eq!(out, [7].into_iter().chain(reds.into_iter().flat_map(|red| [red, 100, 0])).collect::<Vec<u8>>());
    }
}
