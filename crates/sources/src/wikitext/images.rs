//! Images of a page: links to files, galleries, and the pictures of infoboxes.

use std::collections::HashMap;
use std::ops::Range;

use super::blocks::Builder;
use super::site::title;
use super::structure::{Kind, Node, Structure};
use super::tags::Extension;
use super::walk::{DEEPEST, Part, Walker};
use crate::FragmentImage;

/// Files that are pictures, by their ends.
const PICTURES: [&str; 8] = ["jpg", "jpeg", "png", "gif", "svg", "tif", "tiff", "webp"];
/// Names of files have no more bytes.
const LONGEST_NAME: usize = 300;
/// What is narrower (pixels) and stands in a line is an icon.
const ICON: u32 = 50;

/// Words after a file's name that say how it is placed, in the languages with the largest wikis.
const PLACING: [&str; 64] = [
    "thumb",
    "thumbnail",
    "frame",
    "framed",
    "frameless",
    "border",
    "left",
    "right",
    "center",
    "centre",
    "none",
    "upright",
    "baseline",
    "sub",
    "super",
    "top",
    "text-top",
    "middle",
    "bottom",
    "text-bottom",
    "mini",
    "miniatur",
    "rechts",
    "links",
    "hochkant",
    "gerahmt",
    "rahmenlos",
    "zentriert",
    "ohne",
    "rand",
    "vignette",
    "gauche",
    "droite",
    "centré",
    "redresse",
    "cadre",
    "sans_cadre",
    "miniatura",
    "miniaturadeimagen",
    "miniaturadaimagem",
    "derecha",
    "izquierda",
    "centro",
    "marco",
    "min",
    "destra",
    "sinistra",
    "verticale",
    "riquadrato",
    "miniatuur",
    "gecentreerd",
    "rechtop",
    "direita",
    "esquerda",
    "mały",
    "prawo",
    "lewo",
    "miniatyr",
    "höger",
    "vänster",
    "мини",
    "справа",
    "слева",
    "центр",
];
const THUMBNAILS: [&str; 10] =
    ["thumb", "thumbnail", "frame", "framed", "mini", "miniatur", "vignette", "miniatura", "miniatuur", "мини"];
/// Options that have a value.
const VALUED: [&str; 12] =
    ["alt", "link", "page", "class", "lang", "upright", "thumb", "thumbtime", "start", "hochkant", "redresse", "seite"];

/// Arguments with such a word in their name have pictures that say nothing about the subject.
const MARKS: [&str; 8] = ["signature", "logo", "flag", "seal", "map", "icon", "shield", "coat"];

/// Names of the argument that holds an infobox's caption, in the order in which they are looked for.
const CAPTIONS: [&str; 16] = [
    "caption",
    "image_caption",
    "image caption",
    "caption1",
    "footer",
    "description",
    "bildbeschreibung",
    "bildtext",
    "légende",
    "legende",
    "pie",
    "pie de imagen",
    "didascalia",
    "onderschrift",
    "legenda",
    "подпись",
];

impl Walker<'_> {
    /// An image with options and perhaps a caption.
    pub(super) fn file_link(&self, name: String, options: &[Part], to: &mut Builder, depth: usize) {
        if !to.wants_images || !is_picture(&name) {
            return;
        }
        let (mut caption, mut width, mut is_thumbnail) = (None, None, false);
        for option in options {
            let raw = self.source()[option.range.clone()].trim();
            let lower = if raw.len() <= 40 { raw.to_lowercase() } else { String::new() };
            if let Some(pixels) = pixels(&lower) {
                width = Some(pixels);
            } else if PLACING.contains(&lower.as_str()) {
                is_thumbnail |= THUMBNAILS.contains(&lower.as_str());
            } else if raw.split_once('=').is_none_or(|(key, _)| !VALUED.contains(&key.trim())) && !raw.is_empty() {
                caption = Some(option);
            }
        }
        if !is_thumbnail && width.is_some_and(|width| width <= ICON) {
            return;
        }
        let caption = caption.map(|caption| self.plain(caption, depth)).unwrap_or_default();
        to.image(FragmentImage { name, caption });
    }

    /// Lines of names, each with a caption behind a pipe.
    pub(super) fn gallery(&self, inner: &str, to: &mut Builder, depth: usize) {
        if depth > DEEPEST || !to.wants_images {
            return;
        }
        for line in inner.lines() {
            let (target, caption) = line.split_once('|').unwrap_or((line, ""));
            let target = target.trim();
            let name = self.namespaces.file(target).unwrap_or_else(|| title(target));
            if name.len() > LONGEST_NAME || !is_picture(&name) {
                continue;
            }
            // Options may stand before the caption: `alt=`, `link=`.
            let structure = Structure::of(caption);
            let walker = Walker { structure: &structure, ..*self };
            let whole = Node { kind: Kind::Nothing, start: 0, inner: 0..caption.len(), end: caption.len(), after: 0 };
            let options = walker.line_parts(&whole);
            let caption = options.iter().rev().find(|part| {
                let raw = caption[part.range.clone()].trim();
                !raw.is_empty()
                    && raw.split_once('=').is_none_or(|(key, _)| !VALUED.contains(&key.trim()))
                    && pixels(raw).is_none()
            });
            let caption = caption.map(|part| walker.plain(part, depth)).unwrap_or_default();
            to.image(FragmentImage { name, caption });
        }
    }

    /// Parts of a line between pipes that no mark encloses: there they are text.
    fn line_parts(&self, whole: &Node) -> Vec<Part> {
        let mut parts = Vec::new();
        let (mut start, mut first) = (0, 0);
        let mut next = 0;
        for (at, _) in self.source().match_indices('|') {
            while let Some(node) = self.structure.nodes.get(next)
                && node.end <= at
            {
                next = node.after;
            }
            let is_enclosed = self.structure.nodes.get(next).is_some_and(|node| node.start <= at);
            if !is_enclosed {
                parts.push(Part { range: start..at, first });
                (start, first) = (at + 1, next);
            }
        }
        parts.push(Part { range: start..whole.end, first });
        parts
    }

    /// Images of what is not shown as text, a table or a template within it: file links, galleries, infoboxes.
    pub(super) fn images_within(&self, nodes: Range<usize>, to: &mut Builder, depth: usize) {
        if depth > DEEPEST || !to.wants_images {
            return;
        }
        let mut next = nodes.start;
        while next < nodes.end
            && let Some(node) = self.structure.nodes.get(next)
        {
            match node.kind {
                Kind::Link => {
                    let parts = self.parts(next, node);
                    if let Some((target, rest)) = parts.split_first()
                        && let Some(name) = self.namespaces.file(self.source()[target.range.clone()].trim())
                    {
                        self.file_link(name, rest, to, depth + 1);
                    }
                }
                Kind::Template => self.template_images(next, node, to, depth + 1),
                Kind::Table => self.images_within(next + 1..node.after, to, depth + 1),
                Kind::Extension(Extension::Gallery) => self.gallery(&self.source()[node.inner.clone()], to, depth + 1),
                _ => {}
            }
            next = node.after;
        }
    }

    /// Images among the arguments of a template that is not shown: names of files, each with the caption that has the same number, and whatever is linked or nested.
    pub(super) fn template_images(&self, index: usize, node: &Node, to: &mut Builder, depth: usize) {
        if depth > DEEPEST || !to.wants_images {
            return;
        }
        let parts = self.parts(index, node);
        let mut arguments: HashMap<String, Part> = HashMap::new();
        let mut values: Vec<(String, Part, Range<usize>)> = Vec::new();
        let mut positional = 0;
        for (place, part) in parts.iter().enumerate().skip(1) {
            let (key, value) = self.argument(part);
            let key = key.unwrap_or_else(|| {
                positional += 1;
                positional.to_string()
            });
            let nodes = value.first..parts.get(place + 1).map_or(node.after, |next| next.first);
            values.push((key.clone(), value.clone(), nodes));
            arguments.entry(key).or_insert(value);
        }
        for (key, value, nodes) in values {
            if MARKS.iter().any(|mark| key.contains(mark)) {
                continue;
            }
            let raw = self.source()[value.range.clone()].trim();
            let name = if raw.len() <= LONGEST_NAME && !raw.contains(['[', '{', '\n', '<']) {
                Some(self.namespaces.file(raw).unwrap_or_else(|| title(raw))).filter(|name| is_picture(name))
            } else {
                None
            };
            let mut caption =
                || caption_of(&key, &mut arguments).map(|part| self.plain(&part, depth)).unwrap_or_default();
            if let Some(name) = name {
                to.image(FragmentImage { name, caption: caption() });
                continue;
            }
            let mut nested = Builder::gathering_images();
            self.images_within(nodes, &mut nested, depth);
            // Numbered arguments are captions more often than they have one.
            if key.parse::<usize>().is_err()
                && let [image] = nested.images.as_mut_slice()
                && image.caption.is_empty()
            {
                image.caption = caption();
            }
            for image in nested.images {
                to.image(image);
            }
        }
    }
}

/// The argument that describes the image in argument `key`: `caption2` or `description2` for `image2`, the one after it where arguments have no names, else the usual names.
/// It is taken, for a caption belongs to one image.
fn caption_of(key: &str, arguments: &mut HashMap<String, Part>) -> Option<Part> {
    if let Ok(number) = key.parse::<usize>() {
        return arguments.remove(&number.saturating_add(1).to_string());
    }
    let number = &key[key.trim_end_matches(|letter: char| letter.is_ascii_digit()).len()..];
    CAPTIONS.iter().find_map(|name| match number {
        "" => arguments.remove(*name),
        number => arguments.remove(&format!("{name}{number}")),
    })
}

/// Whether a file's name is that of a picture.
fn is_picture(name: &str) -> bool {
    let ending = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, ending)| ending);
    ending.is_some_and(|ending| PICTURES.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// The width in `220px`, `220x300px`; the height in `x300px`.
fn pixels(option: &str) -> Option<u32> {
    let numbers = option.strip_suffix("px")?.trim();
    let (width, height) = numbers.split_once('x').unwrap_or((numbers, "0"));
    let width = if width.is_empty() { height } else { width };
    height.parse::<u32>().ok()?;
    width.trim().parse().ok()
}
