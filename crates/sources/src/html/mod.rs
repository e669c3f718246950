//! HTML as blocks: headings, paragraphs with their links, images with their captions. Nothing of it runs, and nothing of it is fetched.
//!
//! The parts that Wikipedia (as Parsoid and Kiwix write it) puts around an article are left out: references, navigation, hatnotes, the text of infoboxes;
//! an infobox's pictures stay. Other sites' HTML goes by the same rules, which hardly concern it.

mod rules;
mod tree;

use ego_tree::{NodeId, iter::Edge};
use scraper::{Html, Node, node::Element};

use crate::document::{Block, Paragraph};
use crate::{FragmentImage, Link, LinkTarget};

/// Bytes of a title after which what follows in it is left off.
const LONGEST_TITLE: usize = 1000;

/// What was read of a page of HTML.
#[derive(Debug, Default)]
pub(crate) struct HtmlPage {
    /// The first `h1`, else what stands in `title`; may be empty.
    pub(crate) title: String,
    /// The language that the page says it is in.
    pub(crate) language: Option<String>,
    /// Its address, if it names one.
    pub(crate) canonical: Option<String>,
    /// Categories of a wiki's page.
    pub(crate) categories: Vec<String>,
    pub(crate) blocks: Vec<Block>,
}

/// Reads a page. `path` is where it lies in its archive or folder, with `/`: links and images are named from the archive's root. The error is a sentence's
/// end that says why the page is refused.
pub(crate) fn read_html(html: &str, path: &str) -> Result<HtmlPage, String> {
    let html = tree::parse(html)?;
    let mut walk = Walk::new(path);
    let root = rules::article(&html);
    walk.head(&html);
    let Some(root) = html.tree.get(root) else { return Ok(walk.page) };
    let mut skipped: Option<NodeId> = None;
    for edge in root.traverse() {
        match edge {
            Edge::Open(node) if skipped.is_none() => match node.value() {
                Node::Text(text) => walk.text(text),
                Node::Element(element) => {
                    if rules::is_left_out(element) {
                        skipped = Some(node.id());
                    } else {
                        walk.open(node.id(), element);
                    }
                }
                _ => {}
            },
            Edge::Close(node) if skipped.is_some_and(|skipped| skipped == node.id()) => skipped = None,
            Edge::Close(node) if skipped.is_none() => {
                if let Node::Element(element) = node.value() {
                    walk.close(node.id(), element);
                }
            }
            _ => {}
        }
    }
    walk.end_paragraph();
    Ok(walk.page)
}

/// A picture with its frame: a figure, a thumbnail, an infobox, a gallery's cell.
struct Frame {
    node: NodeId,
    images: Vec<FragmentImage>,
    caption: Text,
    /// Elements within that hold the caption, open now.
    captions_open: usize,
}

/// Text whose white space is collapsed as it comes.
#[derive(Default)]
struct Text {
    text: String,
    space: bool,
}

impl Text {
    fn push(&mut self, more: &str) {
        for character in more.chars() {
            // A no-break space stands for a space: it would keep words apart from the words of a query.
            if character.is_whitespace() || character == '\u{a0}' || character.is_control() {
                self.space = true;
            } else if !matches!(character, '\u{ad}' | '\u{200b}' | '\u{feff}') {
                if self.space && !self.text.is_empty() {
                    self.text.push(' ');
                }
                self.space = false;
                self.text.push(character);
            }
        }
    }

    /// Where the next character will stand.
    fn next(&self) -> usize {
        self.text.len() + usize::from(self.space && !self.text.is_empty())
    }
}

struct Walk<'a> {
    path: &'a str,
    page: HtmlPage,
    text: Text,
    links: Vec<Link>,
    /// The link that is open: its node, target and beginning.
    link: Option<(NodeId, LinkTarget, usize)>,
    /// The heading that is open.
    heading: Option<NodeId>,
    frames: Vec<Frame>,
    /// The level of the heading whose section is left out, until one of the same or a higher level.
    left_out: Option<u8>,
}

impl<'a> Walk<'a> {
    fn new(path: &'a str) -> Self {
        Self {
            path,
            page: HtmlPage::default(),
            text: Text::default(),
            links: Vec::new(),
            link: None,
            heading: None,
            frames: Vec::new(),
            left_out: None,
        }
    }

    /// What stands outside the article: title, language, address, categories.
    fn head(&mut self, html: &Html) {
        let mut in_title = false;
        for edge in html.tree.root().traverse() {
            match edge {
                Edge::Open(node) => match node.value() {
                    Node::Element(element) => match element.name() {
                        "html" => {
                            self.page.language = element.attr("lang").map(str::to_owned).filter(|l| !l.is_empty())
                        }
                        "title" => in_title = self.page.title.is_empty(),
                        "link" if element.attr("rel") == Some("canonical") => {
                            self.page.canonical = element.attr("href").map(str::to_owned);
                        }
                        "link" if element.attr("rel") == Some("mw:PageProp/Category") => self.category(element),
                        "a" if rules::is_category_link(element) => self.category(element),
                        _ => {}
                    },
                    Node::Text(text) if in_title && self.page.title.len() < LONGEST_TITLE => {
                        let mut title = Text::default();
                        title.push(&self.page.title);
                        title.push(text);
                        self.page.title = title.text;
                    }
                    _ => {}
                },
                Edge::Close(node) => {
                    in_title &= !matches!(node.value(), Node::Element(element) if element.name() == "title");
                }
            }
        }
    }

    fn category(&mut self, element: &Element) {
        let named = element.attr("href").and_then(|href| tree::path_of_link(self.path, href));
        let name = named.as_deref().and_then(|path| path.split_once(':')).map(|(_, name)| name.replace('_', " "));
        let name = name.map(|name| name.split('#').next().unwrap_or_default().trim().to_owned());
        if let Some(name) = name.filter(|name| !name.is_empty() && !self.page.categories.contains(name))
            && self.page.categories.len() < 1000
        {
            self.page.categories.push(name);
        }
    }

    fn open(&mut self, node: NodeId, element: &Element) {
        if rules::is_frame(element) {
            self.end_paragraph_unless_framed();
            self.frames.push(Frame { node, images: Vec::new(), caption: Text::default(), captions_open: 0 });
            return;
        }
        if let Some(frame) = self.frames.last_mut()
            && rules::is_caption(element)
        {
            frame.captions_open += 1;
            frame.caption.space = true;
        }
        match element.name() {
            "img" => self.image(element),
            "br" => self.text(" "),
            "a" if self.frames.is_empty() && self.link.is_none() => {
                let target = element.attr("href").and_then(|href| self.link_target(href));
                self.link = target.map(|target| (node, target, self.text.next()));
            }
            name if rules::heading_level(name).is_some() && self.frames.is_empty() => {
                self.end_paragraph();
                self.heading = Some(node);
            }
            name if rules::is_block(name) => self.end_paragraph_unless_framed(),
            _ => {}
        }
    }

    fn close(&mut self, node: NodeId, element: &Element) {
        if self.frames.last().is_some_and(|frame| frame.node == node) {
            self.end_frame();
            return;
        }
        if let Some(frame) = self.frames.last_mut()
            && rules::is_caption(element)
        {
            frame.captions_open = frame.captions_open.saturating_sub(1);
        }
        if let Some((_, target, start)) = self.link.take_if(|(link, ..)| *link == node) {
            let range = start..self.text.text.len();
            if range.start < range.end {
                self.links.push(Link { range, target });
            }
        }
        if self.heading.take_if(|heading| *heading == node).is_some() {
            let text = std::mem::take(&mut self.text).text;
            self.links.clear();
            self.link = None;
            self.end_heading(rules::heading_level(element.name()).unwrap_or(6), text);
        } else if rules::is_block(element.name()) {
            self.end_paragraph_unless_framed();
        }
    }

    fn end_heading(&mut self, level: u8, text: String) {
        if self.left_out.is_some_and(|left_out| level > left_out) || text.is_empty() {
            return;
        }
        self.left_out = rules::is_left_out_section(&text).then_some(level);
        if level == 1 && !self.page.blocks.iter().any(|block| matches!(block, Block::Heading { level: 1, .. })) {
            self.page.title.clone_from(&text);
        }
        if self.left_out.is_none() {
            self.page.blocks.push(Block::Heading { level, text });
        }
    }

    fn text(&mut self, text: &str) {
        match self.frames.last_mut() {
            Some(frame) if frame.captions_open > 0 => frame.caption.push(text),
            Some(_) => {}
            None => self.text.push(text),
        }
    }

    fn image(&mut self, element: &Element) {
        if rules::is_icon(element) {
            return;
        }
        // A page that loads its pictures late names them elsewhere.
        let source =
            element.attr("src").filter(|source| !source.starts_with("data:")).or_else(|| element.attr("data-src"));
        let Some(name) = source.and_then(|source| tree::path_of_link(self.path, source)) else { return };
        let mut caption = Text::default();
        caption.push(element.attr("alt").unwrap_or_default());
        let stem = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase().replace('_', " ");
        if stem(&caption.text) == stem(&name) || stem(&name).starts_with(&stem(&caption.text)) {
            caption.text.clear();
        }
        let image = FragmentImage { name, caption: caption.text };
        match self.frames.last_mut() {
            Some(frame) => frame.images.push(image),
            None if self.left_out.is_none() => self.page.blocks.push(Block::Image(image)),
            None => {}
        }
    }

    /// The pictures of the innermost frame, with its caption; where it has none, with what each has for readers who cannot see.
    fn end_frame(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        // A gallery's cell has a frame within, and its caption beside that.
        if let Some(outer) = self.frames.last_mut()
            && frame.caption.text.is_empty()
        {
            outer.images.extend(frame.images);
            return;
        }
        for mut image in frame.images {
            if !frame.caption.text.is_empty() {
                image.caption.clone_from(&frame.caption.text);
            }
            if self.left_out.is_none() {
                self.page.blocks.push(Block::Image(image));
            }
        }
    }

    fn end_paragraph_unless_framed(&mut self) {
        if self.frames.is_empty() {
            self.end_paragraph();
        }
    }

    fn end_paragraph(&mut self) {
        if self.heading.is_some() {
            self.text.space = true;
            return;
        }
        // A link that goes on after a block's end begins anew there.
        if let Some((_, target, start)) = self.link.as_mut() {
            let range = *start..self.text.text.len();
            *start = 0;
            if range.start < range.end {
                self.links.push(Link { range, target: target.clone() });
            }
        }
        let text = std::mem::take(&mut self.text).text;
        let links = std::mem::take(&mut self.links);
        if !text.is_empty() && self.left_out.is_none() {
            self.page.blocks.push(Block::Paragraph(Paragraph { text, links }));
        }
    }

    fn link_target(&self, href: &str) -> Option<LinkTarget> {
        let href = href.trim();
        if href.starts_with("//") {
            return Some(LinkTarget::Address(format!("https:{href}")));
        }
        let scheme = href.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
        if matches!(scheme.as_deref(), Some("http" | "https")) {
            return Some(LinkTarget::Address(href.to_owned()));
        }
        if href.starts_with('#') {
            return None;
        }
        tree::path_of_link(self.path, href).map(LinkTarget::Page)
    }
}

#[cfg(test)]
mod tests;
