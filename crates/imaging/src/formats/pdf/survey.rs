//! What is on a page, before anything of it is decoded or drawn: whether it is one picture and no more, and how fine its pictures are.

use std::panic::resume_unwind;

use hayro::{
    hayro_interpret::{
        BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
        InterpreterSettings, SoftMask, TransformExt, font::GlyphRun, interpret_page,
    },
    hayro_syntax::{Filter, object::Stream, page::Page},
    kurbo::{Affine, BezPath, Rect, Shape},
};

use super::{NAME, size};
use crate::{ImagingError, Limits, formats::jpeg, limits::Deadline};

/// Steps of drawing on a page; a densely drawn plan has some 100,000.
const MOST_STEPS: u64 = 5_000_000;

/// What unwinds out of a page that takes too long.
pub(super) struct Late;

/// What was found on a page.
pub(super) struct Survey {
    page: Rect,
    deadline: Deadline,
    limits: Limits,
    steps: u64,
    /// Pictures that are drawn.
    pictures: usize,
    /// Whether anything is drawn that is no whole, opaque picture.
    other: bool,
    /// Where the picture drawn last lies, upright and in points.
    last: Rect,
    /// The dots an inch of the finest picture that covers a good part of the page.
    finest: f64,
    refused: Option<ImagingError>,
}

impl Survey {
    /// Looks through a page.
    ///
    /// # Errors
    /// Where one of its pictures is beyond the limits or ends too early. Unwinds with [`Late`] once the deadline has passed.
    pub(super) fn of(page: &Page<'_>, limits: &Limits, deadline: Deadline) -> Result<Self, ImagingError> {
        let (width, height) = size(page);
        let mut survey = Self {
            page: Rect::new(0.0, 0.0, width, height),
            deadline,
            limits: *limits,
            steps: 0,
            pictures: 0,
            other: false,
            last: Rect::ZERO,
            finest: 0.0,
            refused: None,
        };
        interpret(page, &mut survey);
        survey.refused.take().map_or(Ok(survey), Err)
    }

    /// Whether nothing but one picture is visible.
    pub(super) fn is_one_picture(&self) -> bool {
        self.pictures == 1 && !self.other
    }

    /// The dots an inch of the finest picture of those that cover a quarter of the page; 0 without any.
    pub(super) fn finest_dpi(&self) -> f64 {
        self.finest
    }

    fn step(&mut self) {
        self.steps += 1;
        // The clock is not asked for every letter.
        if self.steps > MOST_STEPS || (self.steps.is_multiple_of(256) && self.deadline.check().is_err()) {
            resume_unwind(Box::new(Late));
        }
    }

    fn picture(&mut self, (width, height): (u32, u32), transform: Affine, stream: &Stream<'_>) {
        let checked = self.limits.check_pixels(width, height, NAME).and_then(|()| check_jpeg(stream, &self.limits));
        if let Err(error) = checked {
            self.refused.get_or_insert(error);
        }
        let (width, height) = (f64::from(width), f64::from(height));
        self.last = transform.transform_rect_bbox(Rect::new(0.0, 0.0, width, height));
        let (across, down) = pixel_size(transform);
        if self.last.intersect(self.page).area() >= self.page.area() / 4.0 && across.min(down) > 0.0 {
            self.finest = self.finest.max(72.0 / across.min(down));
        }
        let slack = 0.01 * self.page.width().max(self.page.height());
        let is_whole = self.page.inflate(slack, slack).contains_rect(self.last);
        if !is_whole || (across / down - 1.0).abs() > 0.01 || super::drawing::turn(transform).is_none() {
            self.other = true;
        }
    }

    fn clip(&mut self, path: &BezPath) {
        self.step();
        let bounds = path.bounding_box();
        let is_rectangle = (path.area().abs() - bounds.area()).abs() <= bounds.area() * 0.001;
        // Where pictures come later, they are not known yet: the page itself must fit then.
        if !is_rectangle || !bounds.inflate(1.0, 1.0).contains_rect(self.page) {
            self.other = true;
        }
    }
}

/// Lets a page be drawn upright, in points, on a device.
pub(super) fn interpret<'a>(page: &Page<'a>, device: &mut impl Device<'a>) {
    let (width, height) = size(page);
    let cache = InterpreterCache::new();
    let upright = page.initial_transform(true).to_kurbo();
    let bounds = Rect::new(0.0, 0.0, width, height);
    let mut context = Context::new(upright, bounds, &cache, page.xref(), InterpreterSettings::default());
    interpret_page(page, &mut context, device);
}

/// Width and height of a picture's pixel in points.
pub(super) fn pixel_size(transform: Affine) -> (f64, f64) {
    let [a, b, c, d, _, _] = transform.as_coeffs();
    (a.hypot(b), c.hypot(d))
}

/// A JPEG in a page may be of another size than the page says, and may be cut off.
fn check_jpeg(stream: &Stream<'_>, limits: &Limits) -> Result<(), ImagingError> {
    if !matches!(stream.filters().as_slice(), [Filter::DctDecode]) {
        return Ok(());
    }
    let bytes = stream.raw_data();
    let (width, height) = jpeg::size(&bytes).ok_or(ImagingError::Truncated)?;
    limits.check_pixels(width, height, NAME)?;
    if jpeg::is_complete(&bytes) { Ok(()) } else { Err(ImagingError::Truncated) }
}

impl<'a> Device<'a> for Survey {
    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.step();
        self.pictures += 1;
        match &image {
            Image::Raster(raster) => {
                self.other |= props.soft_mask.is_some();
                self.picture((image.width(), image.height()), props.transform, raster.stream());
            }
            Image::Stencil(stencil) => {
                self.other = true;
                self.picture((image.width(), image.height()), props.transform, stencil.stream());
            }
        }
    }

    fn draw_glyph_run(&mut self, _: &GlyphRun<'_, 'a>, _: DrawProps<'a>, mode: &DrawMode) {
        self.step();
        // Recognised text lies invisible on scans.
        self.other |= !matches!(mode, DrawMode::Invisible);
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {
        self.step();
        self.other = true;
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        self.clip(&clip.path);
    }

    fn push_transparency_group(&mut self, opacity: f32, mask: Option<SoftMask<'a>>, blend: BlendMode) {
        self.step();
        self.other |= opacity < 1.0 || mask.is_some() || blend != BlendMode::Normal;
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}
