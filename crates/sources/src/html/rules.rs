//! Which elements count as what.

use ego_tree::{NodeId, iter::Edge};
use scraper::{Html, Node, node::Element};

/// Classes whose elements are no part of an article's text.
const LEFT_OUT_CLASSES: &[&str] = &[
    "ambox",
    "authority-control",
    "catlinks",
    "coordinates",
    "external-links",
    "hatnote",
    "haudio",
    "infobox-above",
    "metadata",
    "mbox-small",
    "mw-cite-backlink",
    "mw-editsection",
    "mw-empty-elt",
    "mw-indicators",
    "mw-jump-link",
    "mw-references-wrap",
    "mw-revision",
    "navbar",
    "navbox",
    "navigation-not-searchable",
    "noexcerpt",
    "noprint",
    "ombox",
    "portal",
    "portalbox",
    "printfooter",
    "reference",
    "references",
    "reflist",
    "refbegin",
    "rellink",
    "shortdescription",
    "side-box",
    "sidebar",
    "sistersitebox",
    "sister-box",
    "sortkey",
    "stub",
    "thumbcaption-icon",
    "toc",
    "vector-toc",
    "vertical-navbox",
    "zim-footer",
];

const LEFT_OUT_ELEMENTS: &[&str] = &[
    "script", "style", "noscript", "template", "head", "nav", "form", "button", "select", "textarea", "input",
    "iframe", "object", "embed", "svg", "audio", "video", "canvas", "footer", "dialog", "map",
];

const BLOCKS: &[&str] = &[
    "p",
    "div",
    "section",
    "article",
    "main",
    "header",
    "aside",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "blockquote",
    "pre",
    "table",
    "caption",
    "tr",
    "td",
    "th",
    "figure",
    "figcaption",
    "details",
    "summary",
    "hr",
    "address",
    "body",
    "html",
    "center",
];

/// Sections of an article that are lists of other texts, in English Wikipedia's words.
const LEFT_OUT_SECTIONS: &[&str] = &[
    "references",
    "notes",
    "footnotes",
    "citations",
    "sources",
    "see also",
    "external links",
    "further reading",
    "bibliography",
    "notes and references",
    "references and sources",
    "explanatory notes",
    "works cited",
    "general references",
];

pub(super) fn is_left_out(element: &Element) -> bool {
    if LEFT_OUT_ELEMENTS.contains(&element.name()) || element.attr("hidden").is_some() {
        return true;
    }
    if matches!(element.attr("role"), Some("navigation" | "note" | "search"))
        || element.attr("aria-hidden") == Some("true")
    {
        return true;
    }
    if matches!(element.attr("id"), Some("toc" | "siteSub" | "contentSub" | "jump-to-nav")) {
        return true;
    }
    if element
        .attr("typeof")
        .is_some_and(|kind| kind.split(' ').any(|kind| kind == "mw:Extension/ref" || kind == "mw:Extension/references"))
    {
        return true;
    }
    let hidden = element.attr("style").map(|style| style.replace(' ', "").to_ascii_lowercase());
    hidden.is_some_and(|style| style.contains("display:none"))
        || element.classes().any(|class| LEFT_OUT_CLASSES.contains(&class))
}

pub(super) fn is_left_out_section(heading: &str) -> bool {
    LEFT_OUT_SECTIONS.contains(&heading.to_lowercase().as_str())
}

pub(super) fn is_block(name: &str) -> bool {
    BLOCKS.contains(&name)
}

pub(super) fn heading_level(name: &str) -> Option<u8> {
    match name.as_bytes() {
        [b'h', level @ b'1'..=b'6'] => Some(level - b'0'),
        _ => None,
    }
}

/// What holds pictures with a caption. Of an infobox only they are read.
pub(super) fn is_frame(element: &Element) -> bool {
    match element.name() {
        "figure" => true,
        "table" => element
            .classes()
            .any(|class| class == "infobox" || class.starts_with("infobox_") || class == "infobox-table"),
        _ => element
            .classes()
            .any(|class| matches!(class, "thumb" | "tsingle" | "gallerybox" | "infobox" | "mw-halign-frame")),
    }
}

pub(super) fn is_caption(element: &Element) -> bool {
    element.name() == "figcaption"
        || element
            .classes()
            .any(|class| matches!(class, "thumbcaption" | "gallerytext" | "infobox-caption" | "media-caption"))
}

/// Whether a picture is too small to show anything: a flag, a bullet, a pixel that counts readers.
pub(super) fn is_icon(element: &Element) -> bool {
    let side = |name| element.attr(name).and_then(|side| side.trim_end_matches("px").parse::<f32>().ok());
    [side("width"), side("height")].into_iter().flatten().any(|side| side < 50.0)
        || element.classes().any(|class| class == "mwe-math-fallback-image-inline" || class == "noviewer")
}

pub(super) fn is_category_link(element: &Element) -> bool {
    element.attr("href").is_some_and(|href| {
        let path = href.trim_start_matches("./").trim_start_matches("../").trim_start_matches("/wiki/");
        path.starts_with("Category:") && !path.contains('?')
    })
}

/// The element that holds the article: the most particular one that the page has.
pub(super) fn article(html: &Html) -> NodeId {
    let mut best = (0, html.tree.root().id());
    for edge in html.tree.root().traverse() {
        if let Edge::Open(node) = edge
            && let Node::Element(element) = node.value()
        {
            let rank = match element.name() {
                _ if element.attr("id") == Some("mw-content-text") => 5,
                _ if element.classes().any(|class| class == "mw-parser-output") => 4,
                "main" => 3,
                "article" => 2,
                "body" => 1,
                _ => 0,
            };
            if rank > best.0 {
                best = (rank, node.id());
            }
        }
    }
    best.1
}
