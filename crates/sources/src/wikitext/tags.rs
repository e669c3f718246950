//! HTML tags and the elements that wikis add to them.

/// What a tag does to the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// Nothing: bold, italic, spans, small print.
    Inline,
    /// It stands between two blocks.
    Block,
    /// A line ends.
    LineBreak,
    /// A table begins or ends.
    Table { closing: bool },
    /// An element whose content has rules of its own.
    Extension { extension: Extension, closing: bool, empty: bool },
}

/// An element whose content is not simply wikitext, or is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extension {
    Reference,
    References,
    Gallery,
    NoWiki,
    Preformatted,
    Maths,
    /// Syntax highlighting, scores, maps, scripts: nothing of it is text.
    Source,
    SyntaxHighlight,
    Score,
    Timeline,
    ImageMap,
    Graph,
    MapFrame,
    Hieroglyphs,
    Chemistry,
    TemplateData,
    Script,
    Style,
    IncludeOnly,
}

impl Extension {
    pub const COUNT: usize = Self::ALL.len();
    const ALL: [(&'static str, Self); 19] = [
        ("ref", Self::Reference),
        ("references", Self::References),
        ("gallery", Self::Gallery),
        ("nowiki", Self::NoWiki),
        ("pre", Self::Preformatted),
        ("math", Self::Maths),
        ("source", Self::Source),
        ("syntaxhighlight", Self::SyntaxHighlight),
        ("score", Self::Score),
        ("timeline", Self::Timeline),
        ("imagemap", Self::ImageMap),
        ("graph", Self::Graph),
        ("mapframe", Self::MapFrame),
        ("hiero", Self::Hieroglyphs),
        ("chem", Self::Chemistry),
        ("templatedata", Self::TemplateData),
        ("script", Self::Script),
        ("style", Self::Style),
        ("includeonly", Self::IncludeOnly),
    ];

    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

const INLINE: [&str; 45] = [
    "abbr",
    "b",
    "bdi",
    "bdo",
    "big",
    "cite",
    "code",
    "data",
    "del",
    "dfn",
    "em",
    "font",
    "i",
    "ins",
    "kbd",
    "mark",
    "q",
    "rb",
    "rp",
    "rt",
    "rtc",
    "ruby",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "time",
    "tt",
    "u",
    "var",
    "wbr",
    "noinclude",
    "onlyinclude",
    "nobr",
    "img",
    "a",
    "input",
    "label",
    "link",
    "meta",
    "section",
];
const BLOCK: [&str; 27] = [
    "blockquote",
    "center",
    "caption",
    "dd",
    "div",
    "dl",
    "dt",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "poem",
    "ul",
    "tbody",
    "td",
    "th",
    "tr",
    "figure",
    "figcaption",
    "inputbox",
    "indicator",
];

/// The tag that begins at the `<`, and where it ends; none where it is text.
///
/// Looks no further than the next `<`.
pub(super) fn read_tag(source: &str, at: usize) -> Option<(Tag, usize)> {
    let bytes = source.as_bytes();
    let closing = bytes.get(at + 1) == Some(&b'/');
    let name_start = at + 1 + usize::from(closing);
    let length =
        bytes[name_start.min(bytes.len())..].iter().take(20).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    if length == 0 || length == 20 {
        return None;
    }
    let after = name_start + length;
    if !matches!(bytes.get(after), Some(b'>' | b'/' | b' ' | b'\n' | b'\t' | b'\r')) {
        return None;
    }
    let mut buffer = [0; 20];
    let name = buffer.get_mut(..length)?;
    name.copy_from_slice(&bytes[name_start..after]);
    name.make_ascii_lowercase();
    let name = std::str::from_utf8(name).ok()?;
    let mut quote = None;
    let mut end = after;
    loop {
        match (bytes.get(end)?, quote) {
            (b'<', _) => return None,
            // A quotation mark that is never closed must not swallow the text.
            (b'\n', Some(_)) => quote = None,
            (b'>', None) => break,
            (byte @ (b'"' | b'\''), None) if bytes[end - 1] == b'=' => quote = Some(*byte),
            (byte, Some(mark)) if *byte == mark => quote = None,
            _ => {}
        }
        end += 1;
    }
    let empty = bytes[end - 1] == b'/';
    let tag = if name == "br" {
        Tag::LineBreak
    } else if name == "table" {
        Tag::Table { closing }
    } else if let Some((_, extension)) = Extension::ALL.iter().find(|(known, _)| *known == name) {
        Tag::Extension { extension: *extension, closing, empty }
    } else if INLINE.contains(&name) {
        Tag::Inline
    } else if BLOCK.contains(&name) {
        Tag::Block
    } else {
        return None;
    };
    Some((tag, end + 1))
}
