//! From a page to pixels: the one picture that it is, or all that is on it, drawn.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use hayro::{
    RenderCache, RenderSettings,
    hayro_interpret::{
        BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageData, ImageDrawProps, InterpreterSettings,
        InterpreterWarning, LumaData, SoftMask, TransformExt, font::GlyphRun,
    },
    hayro_syntax::page::Page,
    kurbo::{Affine, BezPath},
    vello_cpu::{Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit, color::palette::css::WHITE},
};
use image::metadata::Orientation;

use super::{NAME, size, survey};
use crate::{
    ImagingError, Limits, PageRemark,
    raster::{Alpha, Model, PageHeader, Samples, WholePage},
};

/// Dots an inch of drawn pages, unless their pictures are finer.
const USUAL_DPI: f64 = 300.0;
/// Finer is no page drawn.
const MOST_DPI: f64 = 1200.0;
/// What a pixel of a drawn page takes: four bytes of the drawing and three of the picture.
const BYTES_A_PIXEL: f64 = 7.0;
/// The longest side that the renderer draws.
const LONGEST_SIDE: f64 = 65_535.0;

/// The picture of a page that is nothing else, as it lies in the file; none where it is partly transparent.
pub(super) fn only_picture(page: &Page<'_>) -> Result<Option<WholePage>, ImagingError> {
    let mut taken = Taken::Nothing;
    survey::interpret(page, &mut taken);
    match taken {
        Taken::Picture(picture) => Ok(Some(*picture)),
        Taken::Transparent => Ok(None),
        Taken::Nothing => {
            Err(ImagingError::Damaged { format: NAME, cause: "the picture on the page cannot be decoded".into() })
        }
    }
}

/// A page drawn on white, at 300 dots an inch or as fine as its pictures are, and coarser where that would go beyond the limits.
pub(super) fn drawn(page: &Page<'_>, finest_dpi: f64, limits: &Limits) -> Result<WholePage, ImagingError> {
    let (points_across, points_down) = size(page);
    let square_inches = points_across * points_down / (72.0 * 72.0);
    let most_pixels = (limits.pixels as f64).min(limits.decoder_bytes as f64 / BYTES_A_PIXEL);
    let dpi = finest_dpi
        .clamp(USUAL_DPI, MOST_DPI)
        .min((most_pixels / square_inches).sqrt())
        .min(LONGEST_SIDE * 72.0 / points_across.max(points_down));
    let scale = dpi / 72.0;
    let side = |points: f64| (points * scale).floor().clamp(1.0, LONGEST_SIDE) as u16;
    let (width, height) = (side(points_across), side(points_down));
    limits.check_pixels(u32::from(width), u32::from(height), NAME)?;

    let incomplete = Arc::new(AtomicBool::new(false));
    let noted = incomplete.clone();
    let settings = InterpreterSettings {
        warning_sink: Arc::new(move |warning| {
            if matches!(warning, InterpreterWarning::ImageDecodeFailure | InterpreterWarning::UnsupportedFont) {
                noted.store(true, Ordering::Relaxed);
            }
        }),
        ..InterpreterSettings::default()
    };
    let mut context = RenderContext::new(width, height);
    let transform = Affine::scale_non_uniform(f64::from(width) / points_across, f64::from(height) / points_down)
        * page.initial_transform(true).to_kurbo();
    hayro::render_into(page, &RenderCache::new(), &settings, &RenderSettings::default(), &mut context, transform);
    context.flush();
    let mut pixels = Pixmap::new(width, height);
    let white = RasterizerSettings { target_init: TargetInit::Clear(WHITE), ..RasterizerSettings::default() };
    context.render_with(&mut pixels, &mut Resources::default(), white);
    let rgb = pixels.data().iter().flat_map(|pixel| [pixel.r, pixel.g, pixel.b]).collect();
    let remark = PageRemark::Drawn { dpi: dpi.round().max(1.0) as u32, incomplete: incomplete.load(Ordering::Relaxed) };
    let header = header(u32::from(width), u32::from(height), Model::Rgb, Orientation::NoTransforms);
    Ok(WholePage::new(header, Samples::Eight(rgb)).with_remark(remark))
}

/// The interpreter has made the colours sRGB already.
fn header(width: u32, height: u32, model: Model, orientation: Orientation) -> PageHeader {
    PageHeader { width, height, model, alpha: Alpha::None, icc: None, orientation }
}

/// How a picture lies on the page, where that is one of the eight ways of EXIF; none where it is slanted.
pub(super) fn turn(transform: Affine) -> Option<Orientation> {
    let [a, b, c, d, _, _] = transform.as_coeffs();
    let slack = 0.001 * (a.hypot(b) + c.hypot(d));
    let small = |value: f64| value.abs() <= slack;
    if small(b) && small(c) {
        return Some(match (a > 0.0, d > 0.0) {
            (true, true) => Orientation::NoTransforms,
            (false, true) => Orientation::FlipHorizontal,
            (false, false) => Orientation::Rotate180,
            (true, false) => Orientation::FlipVertical,
        });
    }
    (small(a) && small(d)).then_some(match (b > 0.0, c > 0.0) {
        (true, false) => Orientation::Rotate90,
        (false, true) => Orientation::Rotate270,
        (true, true) => Orientation::Rotate90FlipH,
        (false, false) => Orientation::Rotate270FlipH,
    })
}

/// Takes the picture out of a page.
enum Taken {
    Nothing,
    Transparent,
    Picture(Box<WholePage>),
}

impl<'a> Device<'a> for Taken {
    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let (Image::Raster(raster), Some(orientation)) = (image, turn(props.transform)) else { return };
        let take = |data: ImageData, alpha: Option<LumaData>| {
            if alpha.is_some() {
                *self = Self::Transparent;
                return;
            }
            let (width, height) = (data.width(), data.height());
            let (model, samples) = match data {
                ImageData::Rgb(rgb) => (Model::Rgb, rgb.data),
                ImageData::Luma(luma) => (Model::Grey, luma.data),
            };
            let header = header(width, height, model, orientation);
            *self = Self::Picture(Box::new(WholePage::new(header, Samples::Eight(samples))));
        };
        raster.with_rgba(take, None);
    }

    fn draw_glyph_run(&mut self, _: &GlyphRun<'_, 'a>, _: DrawProps<'a>, _: &DrawMode) {}

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}

    fn push_clip_path(&mut self, _: &ClipPath) {}

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}
