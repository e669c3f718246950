//! Which marks of a wikitext belong together: one pass over the text with a stack, so that time grows with its length whatever stands in it.
//!
//! Braces, brackets and tables that are closed become nodes with a beginning and an end; what is never closed stays text, and what a closing mark leaves open
//! above its partner stays text too. Nodes never cross, so their order is that of a tree walked from the root.

use std::ops::Range;

use memchr::memmem;

use super::tags::{Extension, Tag, read_tag};

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `{{…}}`
    Template,
    /// `{{{…}}}`, which only templates have a use for.
    Parameter,
    /// `[[…]]`
    Link,
    /// `[https://… …]`
    Address,
    /// `{|…|}`, or the same as HTML.
    Table,
    /// `|` within one of the above.
    Pipe,
    /// Apostrophes for bold and italic; so many of them are text.
    Quotes(usize),
    /// An HTML tag.
    Tag(Tag),
    /// An element whose content has rules of its own.
    Extension(Extension),
    /// Comments, magic words, and the like.
    Nothing,
}

/// A mark or a pair of marks with what is between them.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub kind: Kind,
    pub start: usize,
    /// Between the marks; empty where there is one only.
    pub inner: Range<usize>,
    pub end: usize,
    /// The index of the first node that is not within this one.
    pub after: usize,
}

/// The nodes of a text, each before those within it.
#[derive(Debug)]
pub(super) struct Structure<'a> {
    pub source: &'a str,
    pub nodes: Vec<Node>,
}

/// A mark that waits for its partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    /// So many braces.
    Braces(usize),
    Link,
    Address,
    Table,
}

/// No page that people wrote has more marks; what comes after them is left out, so that memory stays bounded.
const MOST_MARKS: usize = 500_000;

const PROTOCOLS: [&str; 7] = ["http://", "https://", "//", "mailto:", "ftp://", "news:", "irc://"];

impl<'a> Structure<'a> {
    pub fn of(source: &'a str) -> Self {
        let mut scan = Scan {
            bytes: source.as_bytes(),
            nodes: Vec::new(),
            open: Vec::new(),
            counts: [0; 4],
            quotes: Vec::new(),
            endless: [false; Extension::COUNT],
        };
        let source = &source[..scan.run(source)];
        let mut nodes = scan.nodes;
        // A table of HTML may begin where its first tag does.
        nodes.sort_unstable_by_key(|node| (node.start, std::cmp::Reverse(node.end)));
        let mut around: Vec<usize> = Vec::new();
        for index in 0..nodes.len() {
            while let Some(&outer) = around.last()
                && nodes[outer].end <= nodes[index].start
            {
                nodes[outer].after = index;
                around.pop();
            }
            around.push(index);
        }
        for outer in around {
            nodes[outer].after = nodes.len();
        }
        Self { source, nodes }
    }

    /// The nodes that stand directly in the range, whose first is `first`.
    pub fn within(&self, range: Range<usize>, first: usize) -> impl Iterator<Item = (usize, &Node)> {
        let mut next = first;
        std::iter::from_fn(move || {
            let node = self.nodes.get(next).filter(|node| node.start < range.end)?;
            let index = next;
            next = node.after;
            Some((index, node))
        })
    }
}

struct Scan<'a> {
    bytes: &'a [u8],
    nodes: Vec<Node>,
    open: Vec<(Open, usize)>,
    /// How many of each kind are open, so that a closing mark without a partner costs nothing.
    counts: [usize; 4],
    /// Nodes of the line that are apostrophes.
    quotes: Vec<usize>,
    /// Elements whose closing tag does not come any more.
    endless: [bool; Extension::COUNT],
}

/// Whether a byte may begin a mark.
const MARKS: [bool; 256] = {
    let mut table = [false; 256];
    let marks = b"{}[]|<'_\n";
    let mut at = 0;
    while at < marks.len() {
        table[marks[at] as usize] = true;
        at += 1;
    }
    table
};

impl Scan<'_> {
    /// Returns how much of the source the marks are of.
    fn run(&mut self, source: &str) -> usize {
        let mut at = 0;
        // Where the line begins once indentation and list marks are passed; a table may begin there.
        let mut line_start = self.past_indent(0);
        while at < self.bytes.len() && self.nodes.len() + self.open.len() < MOST_MARKS {
            let byte = self.bytes[at];
            if !MARKS[byte as usize] {
                at += 1;
                continue;
            }
            at = match byte {
                b'\n' => {
                    self.end_of_line(at);
                    line_start = self.past_indent(at + 1);
                    at + 1
                }
                b'{' if at == line_start && self.bytes.get(at + 1) == Some(&b'|') => {
                    self.push(Open::Table, at);
                    at + 2
                }
                b'{' => {
                    let run = self.run_of(b'{', at);
                    if run >= 2 {
                        self.push(Open::Braces(run), at);
                    }
                    at + run
                }
                b'}' => self.close_braces(at),
                b'[' => self.open_brackets(at),
                b']' => self.close_brackets(at),
                b'|' if at == line_start && self.bytes.get(at + 1) == Some(&b'}') && self.ends_table(at) => {
                    self.close_table(at, at + 2);
                    at + 2
                }
                b'|' => {
                    if !self.open.is_empty() {
                        self.leaf(Kind::Pipe, at, at + 1);
                    }
                    at + 1
                }
                b'<' => {
                    let end = self.angle(source, at, at == line_start);
                    if self.bytes[end - 1] == b'\n' {
                        line_start = self.past_indent(end);
                    }
                    end
                }
                b'\'' => {
                    let run = self.run_of(b'\'', at);
                    if run >= 2 {
                        self.quotes.push(self.nodes.len());
                        // A fourth apostrophe, and those beyond the fifth, are text.
                        let literal = if run == 4 { 1 } else { run.saturating_sub(5) };
                        self.leaf(Kind::Quotes(literal), at, at + run);
                    }
                    at + run
                }
                _ => self.magic_word(at),
            };
        }
        self.end_of_line(at);
        at
    }

    fn run_of(&self, byte: u8, at: usize) -> usize {
        self.bytes[at..].iter().take_while(|other| **other == byte).count()
    }

    fn past_indent(&self, at: usize) -> usize {
        at + self.bytes[at.min(self.bytes.len())..]
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t' | b':'))
            .count()
    }

    fn leaf(&mut self, kind: Kind, start: usize, end: usize) {
        self.node(kind, start, end..end, end);
    }

    fn node(&mut self, kind: Kind, start: usize, inner: Range<usize>, end: usize) {
        self.nodes.push(Node { kind, start, inner, end, after: 0 });
    }

    fn push(&mut self, open: Open, at: usize) {
        self.counts[open.place()] += 1;
        self.open.push((open, at));
    }

    fn pop(&mut self) -> Option<(Open, usize)> {
        let popped = self.open.pop();
        if let Some((open, _)) = popped {
            self.counts[open.place()] -= 1;
        }
        popped
    }

    fn top(&self) -> Option<(Open, usize)> {
        self.open.last().copied()
    }

    /// Addresses end with their line, and links that are still open with their paragraph. Bold and italic end with the line.
    fn end_of_line(&mut self, at: usize) {
        let blank = self.bytes.get(at + 1).is_none_or(|byte| *byte == b'\n');
        while let Some((open, _)) = self.top()
            && (open == Open::Address || (blank && open == Open::Link))
        {
            self.pop();
        }
        self.balance_quotes();
    }

    /// Where bold and italic are both left open on a line, one of the bold marks was an apostrophe before an italic one: the first after a word of one letter, else after
    /// a longer word, else after a space.
    fn balance_quotes(&mut self) {
        let marks = std::mem::take(&mut self.quotes);
        let length = |node: &Node| match node.kind {
            Kind::Quotes(literal) => node.end - node.start - literal,
            _ => 0,
        };
        let bold = marks.iter().filter(|mark| length(&self.nodes[**mark]) != 2).count();
        let italic = marks.iter().filter(|mark| length(&self.nodes[**mark]) != 3).count();
        if bold % 2 == 1 && italic % 2 == 1 {
            let before = |node: &Node| {
                let byte = |back: usize| node.start.checked_sub(back).map_or(b'\n', |at| self.bytes[at]);
                match (byte(2), byte(1)) {
                    (_, b' ' | b'\n') => 2,
                    (b' ' | b'\n', _) => 0,
                    _ => 1,
                }
            };
            let three = marks.iter().filter(|mark| length(&self.nodes[**mark]) == 3);
            if let Some(mark) = three.min_by_key(|mark| before(&self.nodes[**mark])).copied() {
                let node = &mut self.nodes[mark];
                node.kind = Kind::Quotes(node.end - node.start - 2);
            }
        }
    }

    fn close_braces(&mut self, start: usize) -> usize {
        let end = start + self.run_of(b'}', start);
        let mut at = start;
        while end - at >= 2 && self.counts[Open::Braces(0).place()] > 0 {
            let Some((open, from)) = self.pop() else { break };
            // What stands above the braces was never closed.
            let Open::Braces(count) = open else { continue };
            let taken = count.min(end - at).min(3);
            let kind = if taken == 3 { Kind::Parameter } else { Kind::Template };
            self.node(kind, from + count - taken, from + count..at, at + taken);
            at += taken;
            if count - taken >= 2 {
                self.push(Open::Braces(count - taken), from);
            }
        }
        end
    }

    fn open_brackets(&mut self, start: usize) -> usize {
        let end = start + self.run_of(b'[', start);
        let rest = &self.bytes[end..];
        let address = PROTOCOLS.iter().any(|protocol| {
            rest.len() >= protocol.len() && rest[..protocol.len()].eq_ignore_ascii_case(protocol.as_bytes())
        });
        let mut at = start;
        let links = if address { (end - at - 1) / 2 } else { (end - at) / 2 };
        at = end - usize::from(address) - 2 * links;
        for _ in 0..links {
            self.push(Open::Link, at);
            at += 2;
        }
        if address {
            self.push(Open::Address, at);
        }
        end
    }

    fn close_brackets(&mut self, start: usize) -> usize {
        let end = start + self.run_of(b']', start);
        let mut at = start;
        while at < end {
            match self.top() {
                Some((Open::Address, from)) => {
                    self.pop();
                    self.node(Kind::Address, from, from + 1..at, at + 1);
                    at += 1;
                }
                Some((Open::Link, from)) if end - at >= 2 => {
                    self.pop();
                    self.node(Kind::Link, from, from + 2..at, at + 2);
                    at += 2;
                }
                // Braces or a table within a link were never closed.
                Some((Open::Braces(_) | Open::Table, _)) if end - at >= 2 && self.counts[Open::Link.place()] > 0 => {
                    self.pop();
                }
                _ => break,
            }
        }
        end
    }

    /// Whether `|}` at a line's start ends a table, rather than being an empty last argument of a template.
    fn ends_table(&mut self, at: usize) -> bool {
        if self.counts[Open::Table.place()] == 0 {
            return false;
        }
        while matches!(self.top(), Some((Open::Link | Open::Address, _))) {
            self.pop();
        }
        matches!(self.top(), Some((Open::Table, _))) || self.bytes.get(at + 2) != Some(&b'}')
    }

    fn close_table(&mut self, at: usize, end: usize) {
        if self.counts[Open::Table.place()] == 0 {
            return;
        }
        while let Some((open, from)) = self.pop() {
            if open == Open::Table {
                self.node(Kind::Table, from, from..at, end);
                break;
            }
        }
    }

    fn angle(&mut self, source: &str, at: usize, alone: bool) -> usize {
        if self.bytes[at..].starts_with(b"<!--") {
            let mut end =
                memmem::find(&self.bytes[at + 4..], b"-->").map_or(self.bytes.len(), |found| at + 4 + found + 3);
            // A line that has nothing but a comment is no line.
            if alone && self.bytes.get(end) == Some(&b'\n') {
                end += 1;
            }
            self.leaf(Kind::Nothing, at, end);
            return end;
        }
        let Some((tag, end)) = read_tag(source, at) else { return at + 1 };
        match tag {
            Tag::Table { closing: false } => {
                self.leaf(Kind::Nothing, at, end);
                self.push(Open::Table, end);
                end
            }
            Tag::Table { closing: true } => {
                self.close_table(at, end);
                end
            }
            Tag::Extension { extension, closing: false, empty: false } => self.extension(extension, at, end),
            Tag::Extension { .. } => {
                self.leaf(Kind::Nothing, at, end);
                end
            }
            _ => {
                self.leaf(Kind::Tag(tag), at, end);
                end
            }
        }
    }

    fn extension(&mut self, extension: Extension, start: usize, inner: usize) -> usize {
        let place = extension as usize;
        let closing = if self.endless[place] { None } else { find_closing(self.bytes, inner, extension.name()) };
        if let Some((close, end)) = closing {
            self.node(Kind::Extension(extension), start, inner..close, end);
            return end;
        }
        self.endless[place] = true;
        // Of a reference that is never closed the rest of the line is taken for its text.
        let end = if extension == Extension::Reference {
            memchr::memchr(b'\n', &self.bytes[inner..]).map_or(self.bytes.len(), |found| inner + found)
        } else {
            inner
        };
        self.leaf(Kind::Nothing, start, end);
        end
    }

    fn magic_word(&mut self, at: usize) -> usize {
        let run = self.run_of(b'_', at);
        let rest = &self.bytes[at + run..];
        let letters = rest.iter().take(30).take_while(|byte| byte.is_ascii_uppercase()).count();
        if run == 2 && letters > 2 && rest[letters..].starts_with(b"__") {
            self.leaf(Kind::Nothing, at, at + 2 + letters + 2);
            return at + 2 + letters + 2;
        }
        at + run
    }
}

impl Open {
    fn place(self) -> usize {
        match self {
            Self::Braces(_) => 0,
            Self::Link => 1,
            Self::Address => 2,
            Self::Table => 3,
        }
    }
}

/// Where `</name` begins and where its `>` ends.
fn find_closing(bytes: &[u8], from: usize, name: &str) -> Option<(usize, usize)> {
    memmem::find_iter(&bytes[from..], b"</").find_map(|found| {
        let start = from + found;
        let after = start + 2 + name.len();
        let is_it = bytes.get(start + 2..after)?.eq_ignore_ascii_case(name.as_bytes())
            && bytes.get(after).is_none_or(|byte| !byte.is_ascii_alphanumeric());
        let spaces = bytes[after.min(bytes.len())..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let end = after + spaces;
        is_it.then(|| (start, if bytes.get(end) == Some(&b'>') { end + 1 } else { after }))
    })
}
