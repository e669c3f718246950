//! Fragments as pages, for retrievers that see: with the pictures of their sources.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use vitrine_imaging::{Limits, RgbImage, ScanFile};
use vitrine_rendering::{Fonts, FragmentPage, PageStyle, PictureOnPage, Renderer};
use vitrine_sources::{Fragment, FragmentImage, Pictures};

/// Pictures of a fragment that are drawn; more would not fit on a page.
const MOST_PICTURES: usize = 12;
/// Pixels of a picture that is opened: an encyclopaedia's are small, and on the page they are smaller still.
const MOST_MEGAPIXELS: u64 = 60;

/// Draws fragments of a collection, one after the other.
pub struct PageDrawer {
    fonts: Fonts,
    /// By language, which decides between the forms of Chinese characters.
    renderers: HashMap<String, Renderer>,
    /// By source; none where the source cannot be opened for its pictures.
    pictures: HashMap<PathBuf, Option<Pictures>>,
}

impl PageDrawer {
    /// Draws with `fonts`.
    pub fn new(fonts: Fonts) -> Self {
        Self { fonts, renderers: HashMap::new(), pictures: HashMap::new() }
    }

    /// The page of `fragment`, which was read from `source`. A picture that the source has no more, or that cannot be decoded, is left out: the text is still worth finding.
    pub fn draw(&mut self, fragment: &Fragment, source: Option<&Path>) -> RgbImage {
        let named = &fragment.images[..fragment.images.len().min(MOST_PICTURES)];
        let decoded: Vec<(RgbImage, &str)> =
            named.iter().filter_map(|image| Some((self.picture(image, source?)?, image.caption.as_str()))).collect();
        let pictures: Vec<PictureOnPage> =
            decoded.iter().map(|(pixels, caption)| PictureOnPage { pixels, caption }).collect();
        let links: Vec<Range<usize>> = fragment.links.iter().map(|link| link.range.clone()).collect();
        let language = fragment.provenance.language.as_deref().unwrap_or("en");
        let renderer = self
            .renderers
            .entry(language.to_owned())
            .or_insert_with(|| Renderer::new(&self.fonts, language, PageStyle::default()));
        let page = FragmentPage {
            title: &fragment.title,
            section: &fragment.section,
            text: &fragment.text,
            links: &links,
            pictures: &pictures,
        };
        renderer.draw(&page).image
    }

    fn picture(&mut self, image: &FragmentImage, source: &Path) -> Option<RgbImage> {
        let pictures = self.pictures.entry(source.to_path_buf()).or_insert_with(|| Pictures::open(source).ok());
        let bytes = pictures.as_mut()?.bytes(image).ok().flatten()?;
        let limits = Limits { pixels: MOST_MEGAPIXELS * 1_000_000, ..Limits::default() };
        Some(ScanFile::from_bytes(bytes, &limits).ok()?.page(0).ok()?.image)
    }
}
