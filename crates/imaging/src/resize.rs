//! Pictures at another size. The one place that calls `fast_image_resize`: its functions are generic, so that every crate that calls them
//! compiles them anew, and the call that takes any kind of pixel compiles them for fifteen kinds, which was most of what two
//! of our crates were made of.

use fast_image_resize::{
    FilterType, ResizeAlg, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::U8x3,
};
use image::RgbImage;

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
}
