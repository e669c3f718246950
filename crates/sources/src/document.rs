//! From headings, paragraphs and images in the order of a document to a page of fragments.

use std::ops::Range;

use sha2::{Digest, Sha256};

use crate::wikitext::SHORTEST;
use crate::{Fragment, FragmentImage, Link, LinkTarget, Page, Provenance, fragment_id};

/// Characters from which on a paragraph of a person's own file is parted at a sentence's end.
const LONG_PARAGRAPH: usize = 2000;

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    /// A heading of level 1 (the title) to 6.
    Heading { level: u8, text: String },
    /// Text between line breaks or within an element.
    Paragraph(Paragraph),
    /// An image where it stands.
    Image(FragmentImage),
}

/// Text with its links.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Paragraph {
    pub(crate) text: String,
    pub(crate) links: Vec<Link>,
}

/// What becomes of a paragraph shorter than [`SHORTEST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShortParagraphs {
    /// It is left out, as in an encyclopaedia, where it is a line of a list or a remark.
    Dropped,
    /// It goes together with the next ones under the same heading: a person's own notes are short, and none may be lost.
    Joined,
}

impl Paragraph {
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), links: Vec::new() }
    }

    fn is_long_enough(&self) -> bool {
        self.text.chars().nth(SHORTEST - 1).is_some()
    }

    fn append(&mut self, other: Paragraph) {
        if !self.text.is_empty() && !other.text.is_empty() {
            self.text.push(' ');
        }
        let shift = self.text.len();
        self.text.push_str(&other.text);
        self.links.extend(
            other
                .links
                .into_iter()
                .map(|link| Link { range: link.range.start + shift..link.range.end + shift, target: link.target }),
        );
    }

    /// Itself, or its parts where it is long; a link that a part's border crosses is lost.
    fn parts(self) -> Vec<Paragraph> {
        let ranges = sentence_parts(&self.text, LONG_PARAGRAPH);
        if ranges.len() < 2 {
            return vec![self];
        }
        let part = |range: &Range<usize>| Paragraph {
            text: self.text[range.clone()].to_owned(),
            links: self
                .links
                .iter()
                .filter(|link| range.start <= link.range.start && link.range.end <= range.end)
                .map(|link| Link {
                    range: link.range.start - range.start..link.range.end - range.start,
                    target: link.target.clone(),
                })
                .collect(),
        };
        ranges.iter().map(part).collect()
    }
}

/// Cuts a text after sentences into parts of about `length` characters or a little more; where no sentence ends, at a space, and after twice
/// the length anywhere.
fn sentence_parts(text: &str, length: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut start, mut count) = (0, 0);
    let mut previous = ' ';
    for (at, character) in text.char_indices() {
        count += 1;
        let sentence_ends = character == ' ' && matches!(previous, '.' | '!' | '?' | '”' | '"' | ')');
        let sentence_ends = sentence_ends || matches!(previous, '。' | '।' | '؟');
        let ends =
            count > length && (sentence_ends || count > length * 3 / 2 && character == ' ') || count > length * 2;
        if ends {
            parts.push(start..start + text[start..at].trim_end().len());
            start = at + text[at..].len() - text[at..].trim_start().len();
            count = 0;
        }
        previous = character;
    }
    if start < text.len() {
        parts.push(start..text.len());
    }
    parts
}

/// A document that is becoming a page.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    /// The source's key; see [`fragment_id`].
    pub(crate) source: &'a str,
    /// The page's id in its source.
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) categories: Vec<String>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) provenance: Provenance,
    pub(crate) short: ShortParagraphs,
}

impl Document<'_> {
    /// The page: an image belongs to the first paragraph after it, the last ones of a page to its last paragraph. The page's revision, where the source
    /// numbers none, is a hash of what was read.
    pub(crate) fn into_page(self) -> Page {
        let mut provenance = self.provenance;
        if provenance.revision.is_none() {
            provenance.revision = Some(content_hash(&self.title, &self.blocks));
        }
        let mut pending = Pending {
            source: self.source,
            page: &self.id,
            title: &self.title,
            provenance: &provenance,
            section: Vec::new(),
            short: Paragraph::default(),
            images: Vec::new(),
            fragments: Vec::new(),
        };
        for block in self.blocks {
            match block {
                Block::Heading { level, text } => {
                    pending.flush();
                    pending.section.retain(|&(above, _)| above < level);
                    if level > 1 || text != self.title {
                        pending.section.push((level, text));
                    }
                }
                Block::Image(image) => pending.images.push(image),
                Block::Paragraph(paragraph) => match self.short {
                    ShortParagraphs::Dropped if paragraph.is_long_enough() => pending.push(paragraph),
                    ShortParagraphs::Dropped => {}
                    ShortParagraphs::Joined => {
                        pending.short.append(paragraph);
                        if pending.short.is_long_enough() {
                            pending.flush();
                        }
                    }
                },
            }
        }
        pending.flush();
        let Pending { mut fragments, images, .. } = pending;
        if let Some(last) = fragments.last_mut() {
            last.images.extend(images);
        }
        Page { id: self.id, title: self.title, categories: self.categories, fragments, provenance }
    }
}

/// A page as far as it has come.
struct Pending<'a> {
    source: &'a str,
    page: &'a str,
    title: &'a str,
    provenance: &'a Provenance,
    section: Vec<(u8, String)>,
    short: Paragraph,
    images: Vec<FragmentImage>,
    fragments: Vec<Fragment>,
}

impl Pending<'_> {
    /// Ends what was joined of short paragraphs.
    fn flush(&mut self) {
        let joined = std::mem::take(&mut self.short);
        if !joined.text.trim().is_empty() {
            for part in joined.parts() {
                self.push(part);
            }
        }
    }

    fn push(&mut self, paragraph: Paragraph) {
        self.fragments.push(Fragment {
            id: fragment_id(self.source, self.page, self.fragments.len()),
            title: self.title.to_owned(),
            section: self.section.iter().map(|(_, heading)| heading.clone()).collect(),
            text: paragraph.text,
            links: paragraph.links,
            images: std::mem::take(&mut self.images),
            provenance: self.provenance.clone(),
        });
    }
}

/// 16 hexadecimal digits that differ where anything that becomes a fragment differs.
fn content_hash(title: &str, blocks: &[Block]) -> String {
    let mut hash = Sha256::new();
    let mut feed = |kind: u8, text: &str| {
        hash.update([kind]);
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    };
    feed(0, title);
    for block in blocks {
        match block {
            Block::Heading { level, text } => feed(*level, text),
            Block::Image(image) => {
                feed(b'i', &image.name);
                feed(b'c', &image.caption);
            }
            Block::Paragraph(paragraph) => {
                feed(b'p', &paragraph.text);
                for link in &paragraph.links {
                    let (LinkTarget::Page(target) | LinkTarget::Address(target)) = &link.target;
                    feed(b'l', target);
                }
            }
        }
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A file's name as a source's key: letters, digits, `-`, `_` and `.` stay, everything else becomes `-`.
pub(crate) fn source_key(name: &str) -> String {
    let key: String = name
        .chars()
        .map(|character| if character.is_alphanumeric() || "-_.".contains(character) { character } else { '-' })
        .collect();
    if key.trim_matches(['-', '.']).is_empty() { "source".to_owned() } else { key }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(blocks: Vec<Block>, short: ShortParagraphs) -> Page {
        Document {
            source: "notes",
            id: "a.md".to_owned(),
            title: "Harbour".to_owned(),
            categories: Vec::new(),
            blocks,
            provenance: Provenance::default(),
            short,
        }
        .into_page()
    }

    fn heading(level: u8, text: &str) -> Block {
        Block::Heading { level, text: text.to_owned() }
    }

    fn paragraph(text: &str) -> Block {
        Block::Paragraph(Paragraph::plain(text))
    }

    fn image(name: &str) -> Block {
        Block::Image(FragmentImage { name: name.to_owned(), caption: String::new() })
    }

    #[test]
    fn an_image_belongs_to_the_next_paragraph_and_headings_make_the_section() {
        let long = "x".repeat(100);
        let page = page(
            vec![
                heading(1, "Harbour"),
                image("a"),
                paragraph("too short"),
                heading(2, "Origin"),
                heading(3, "Paris"),
                paragraph(&long),
                heading(3, "Rouen"),
                image("b"),
                paragraph(&long),
                heading(2, "Reception"),
                paragraph(&long),
                image("c"),
            ],
            ShortParagraphs::Dropped,
        );
        let seen: Vec<_> = page
            .fragments
            .iter()
            .map(|f| (f.id.as_str(), f.section.join("/"), f.images.iter().map(|i| i.name.as_str()).collect::<String>()))
            .collect();
        assert_eq!(
            seen,
            [
                ("notes/a.md#0", "Origin/Paris".to_owned(), "a".to_owned()),
                ("notes/a.md#1", "Origin/Rouen".to_owned(), "b".to_owned()),
                ("notes/a.md#2", "Reception".to_owned(), "c".to_owned()),
            ]
        );
    }

    #[test]
    fn short_notes_are_joined_under_their_heading_with_their_links() {
        let link = Link { range: 0..3, target: LinkTarget::Page("Oil paint".to_owned()) };
        let oil = Block::Paragraph(Paragraph { text: "Oil on canvas.".to_owned(), links: vec![link] });
        let page = page(
            vec![paragraph("Signed."), oil, heading(2, "Loans"), paragraph("None so far.")],
            ShortParagraphs::Joined,
        );
        assert_eq!(page.fragments[0].text, "Signed. Oil on canvas.");
        assert_eq!(page.fragments[0].links[0].range, 8..11);
        assert_eq!((page.fragments[1].section.join("/"), page.fragments.len()), ("Loans".to_owned(), 2));
    }

    #[test]
    fn a_long_text_is_parted_after_sentences_and_nothing_is_lost() {
        let sentence = "The museum lends the sheet – once more – to a house by the sea. ";
        let text = sentence.repeat(200);
        let page = page(vec![paragraph(text.trim_end())], ShortParagraphs::Joined);
        assert!(page.fragments.len() >= 5);
        assert!(page.fragments.iter().all(|fragment| fragment.text.ends_with("sea.")));
        let joined = page.fragments.iter().map(|fragment| fragment.text.as_str()).collect::<Vec<_>>().join(" ");
        assert_eq!(joined, text.trim_end());
        let endless = "é".repeat(9000);
        let cut: Vec<_> = sentence_parts(&endless, 2000);
        assert_eq!(cut.iter().map(ExactSizeIterator::len).sum::<usize>(), endless.len());
    }

    #[test]
    fn the_revision_changes_with_the_content_only() {
        let revision = |text: &str| page(vec![paragraph(text)], ShortParagraphs::Joined).provenance.revision;
        assert_eq!(revision("a"), revision("a"));
        assert_ne!(revision("a"), revision("b"));
        assert_eq!(source_key("wikipedia en/all 2024"), "wikipedia-en-all-2024");
        assert_eq!(source_key("../.."), "source");
    }
}
