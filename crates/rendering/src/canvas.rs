//! Pixels onto a white page.

use cosmic_text::{Color, SwashContent, SwashImage};
use vitrine_imaging::RgbImage;

/// Lays a glyph onto the page; (x, y) is its origin on the baseline. What lies outside the page is left out.
pub(crate) fn blend_glyph(page: &mut RgbImage, glyph: &SwashImage, x: i32, y: i32, colour: Color) {
    let (page_width, page_height) = (page.width() as i32, page.height() as i32);
    let (left, top) = (x + glyph.placement.left, y - glyph.placement.top);
    let (width, height) = (glyph.placement.width as i32, glyph.placement.height as i32);
    let pixels = page.as_flat_samples_mut().samples;
    for row in (0..height).filter(|row| (0..page_height).contains(&(top + row))) {
        for column in (0..width).filter(|column| (0..page_width).contains(&(left + column))) {
            let from = (row * width + column) as usize;
            let (ink, cover) = match glyph.content {
                SwashContent::Mask => ([colour.r(), colour.g(), colour.b()], glyph.data.get(from).copied()),
                SwashContent::Color | SwashContent::SubpixelMask => match glyph.data.get(from * 4..from * 4 + 4) {
                    Some(&[r, g, b, a]) => ([r, g, b], Some(a)),
                    _ => ([0; 3], None),
                },
            };
            let Some(cover) = cover.filter(|&cover| cover > 0).map(u32::from) else { continue };
            let to = (((top + row) * page_width + left + column) * 3) as usize;
            for (pixel, ink) in pixels[to..to + 3].iter_mut().zip(ink) {
                *pixel = ((u32::from(ink) * cover + u32::from(*pixel) * (255 - cover) + 127) / 255) as u8;
            }
        }
    }
}

/// Lays a picture onto the page with its upper left corner at (x, y), where it must have room.
pub(crate) fn place_picture(page: &mut RgbImage, picture: &RgbImage, x: u32, y: u32) {
    let (page_width, width) = (page.width() as usize, picture.width() as usize);
    let pixels = page.as_flat_samples_mut().samples;
    for (row, line) in picture.as_raw().chunks_exact(width * 3).enumerate() {
        let start = ((y as usize + row) * page_width + x as usize) * 3;
        pixels[start..start + width * 3].copy_from_slice(line);
    }
}
