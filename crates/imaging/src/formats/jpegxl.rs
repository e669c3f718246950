//! JPEG XL, through `jxl-oxide`. Each picture of an animation or a multi-page file is a page.

use image::metadata::Orientation;
use jxl_oxide::{AllocTracker, InitializeResult, JxlImage, PixelFormat};

use crate::{
    ImagingError, Limits,
    limits::Deadline,
    raster::{Alpha, Model, PageHeader, Samples, WholePage},
};

const NAME: &str = "JPEG XL";

/// The decoder is given the file in parts of this many bytes, so that it can be refused before all of it is read.
const PART: usize = 1 << 16;

pub(crate) fn page_count(bytes: &[u8], limits: &Limits) -> Result<u32, ImagingError> {
    let image = load(bytes, limits, limits.deadline())?;
    Ok(u32::try_from(image.num_loaded_keyframes()).unwrap_or(u32::MAX).clamp(1, limits.pages))
}

pub(crate) fn open(bytes: &[u8], index: u32, limits: &Limits, deadline: Deadline) -> Result<WholePage, ImagingError> {
    let image = load(bytes, limits, deadline)?;
    if index as usize >= image.num_loaded_keyframes() {
        return Err(if index == 0 { ImagingError::Truncated } else { ImagingError::NoSuchPage { page: index + 1 } });
    }
    let (model, alpha) = match image.pixel_format() {
        PixelFormat::Gray => (Model::Grey, Alpha::None),
        PixelFormat::Graya => (Model::Grey, Alpha::Straight),
        PixelFormat::Rgb => (Model::Rgb, Alpha::None),
        PixelFormat::Rgba => (Model::Rgb, Alpha::Straight),
        PixelFormat::Cmyk => (Model::Cmyk, Alpha::None),
        PixelFormat::Cmyka => (Model::Cmyk, Alpha::Straight),
    };
    deadline.check()?;
    let render = image.render_frame(index as usize).map_err(|e| failed(&*e, limits))?;
    let mut stream = render.stream();
    // Turned upright by the decoder.
    let header = PageHeader {
        width: stream.width(),
        height: stream.height(),
        model,
        alpha,
        icc: Some(image.rendered_icc()),
        orientation: Orientation::NoTransforms,
    };
    limits.check_pixels(header.width, header.height, NAME)?;
    let channels = header.channels();
    if stream.channels() as usize != channels {
        let cause = format!("{} channels", stream.channels());
        return Err(ImagingError::UnsupportedKind { format: NAME, cause });
    }
    let length = u64::from(header.width) * u64::from(header.height) * channels as u64;
    let mut samples = vec![0u16; limits.check_memory(length * 2)? / 2];
    stream.write_to_buffer(&mut samples);
    if model == Model::Cmyk {
        // The format has 1 for no ink.
        for pixel in samples.chunks_exact_mut(channels) {
            for ink in pixel.iter_mut().take(4) {
                *ink = 65535 - *ink;
            }
        }
    }
    Ok(WholePage::new(header, Samples::Sixteen(samples)))
}

fn load(bytes: &[u8], limits: &Limits, deadline: Deadline) -> Result<JxlImage, ImagingError> {
    let memory = usize::try_from(limits.decoder_bytes).unwrap_or(usize::MAX);
    let mut parts = bytes.chunks(PART);
    let mut beginning = JxlImage::builder().alloc_tracker(AllocTracker::with_limit(memory)).build_uninit();
    let mut image = loop {
        let part = parts.next().ok_or(ImagingError::Truncated)?;
        beginning.feed_bytes(part).map_err(|e| failed(&*e, limits))?;
        match beginning.try_init().map_err(|e| failed(&*e, limits))? {
            InitializeResult::NeedMoreData(more) => beginning = more,
            InitializeResult::Initialized(image) => break image,
        }
        deadline.check()?;
    };
    limits.check_pixels(image.width(), image.height(), NAME)?;
    for part in parts {
        deadline.check()?;
        image.feed_bytes(part).map_err(|e| failed(&*e, limits))?;
    }
    if !image.is_loading_done() {
        return Err(ImagingError::Truncated);
    }
    Ok(image)
}

fn failed(error: &(dyn std::error::Error + 'static), limits: &Limits) -> ImagingError {
    let cause = error.to_string();
    if cause.contains("out of memory") || cause.contains("allocat") {
        return ImagingError::TooMuchMemory { limit: limits.decoder_bytes / 1_000_000 };
    }
    ImagingError::Damaged { format: NAME, cause }
}
