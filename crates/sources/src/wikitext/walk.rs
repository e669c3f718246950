//! Goes through a text's structure and writes what a reader would see.

use std::ops::Range;

use super::blocks::Builder;
use super::site::{Namespaces, is_language, is_wiki, title};
use super::structure::{Kind, Node, Structure};
use super::tags::{Extension, Tag};
use crate::LinkTarget;

/// What lies deeper within marks than this is left out, as wikis themselves leave out templates beyond 40.
pub(super) const DEEPEST: usize = 50;

/// An argument of a template or a link: a range and the index of the first node in it.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub range: Range<usize>,
    pub first: usize,
}

pub(super) struct Walker<'a> {
    pub structure: &'a Structure<'a>,
    pub namespaces: &'a Namespaces,
    pub title: &'a str,
}

impl<'a> Walker<'a> {
    pub fn source(&self) -> &'a str {
        self.structure.source
    }

    /// Writes what is in the part.
    pub fn write(&self, part: &Part, to: &mut Builder, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let mut at = part.range.start;
        for (index, node) in self.structure.within(part.range.clone(), part.first) {
            // Marks within an address are part of it.
            if node.start < at {
                continue;
            }
            self.text(at..node.start, to);
            at = node.end.min(part.range.end);
            self.node(index, node, &mut at, part.range.end, to, depth);
        }
        self.text(at..part.range.end, to);
    }

    /// The part as plain text on one line.
    pub fn plain(&self, part: &Part, depth: usize) -> String {
        let mut inline = Builder::inline();
        self.write(part, &mut inline, depth);
        inline.into_text()
    }

    /// `at` is where the node ends; a link moves it over the letters that it draws in, at most to `end`.
    fn node(&self, index: usize, node: &Node, at: &mut usize, end: usize, to: &mut Builder, depth: usize) {
        match node.kind {
            Kind::Nothing | Kind::Parameter => to.hole(),
            Kind::Pipe if to.at_line_start() => to.begin_debris(),
            Kind::Pipe => to.text("|"),
            Kind::Quotes(literal) => {
                to.leave_line_start();
                to.text(&"'".repeat(literal));
            }
            Kind::Template => self.template(index, node, to, depth + 1),
            Kind::Link => *at = self.link(index, node, end, to, depth + 1),
            Kind::Address => self.address(index, node, to, depth + 1),
            Kind::Table => {
                to.end_block();
                self.images_within(index + 1..node.after, to, depth + 1);
            }
            Kind::Tag(Tag::Block) => to.end_block(),
            Kind::Tag(Tag::LineBreak) => to.text(" "),
            Kind::Tag(_) => to.leave_line_start(),
            Kind::Extension(extension) => self.extension(extension, node, to, depth + 1),
        }
    }

    /// Text between marks. At a line's start it may begin a heading or a list.
    fn text(&self, range: Range<usize>, to: &mut Builder) {
        let Some(text) = self.source().get(range) else { return };
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                to.newline();
            }
            if to.at_line_start() {
                self.line_start(line, to);
            } else {
                to.text(line);
            }
        }
    }

    fn line_start(&self, line: &str, to: &mut Builder) {
        if ["|", "{|", "{{", "}}"].iter().any(|mark| line.starts_with(mark)) {
            to.begin_debris();
            return;
        }
        let is_mark = |letter: char| matches!(letter, '*' | '#' | ':' | ';');
        match line.as_bytes().first() {
            Some(b'=') => {
                let rest = line.trim_start_matches('=');
                to.begin_heading(line.len() - rest.len());
                to.text(line);
            }
            Some(b'*' | b'#' | b':' | b';') => {
                to.begin_item();
                to.text(line.trim_start_matches(is_mark));
            }
            Some(b'-') if line.starts_with("----") => {
                to.end_block();
                to.text(line.trim_start_matches('-'));
            }
            _ => to.text(line),
        }
    }

    /// The parts between the pipes that stand directly in a node.
    pub fn parts(&self, index: usize, node: &Node) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut part = Part { range: node.inner.clone(), first: index + 1 };
        for (_, inner) in self.structure.within(node.inner.clone(), index + 1) {
            if inner.kind == Kind::Pipe {
                part.range.end = inner.start;
                parts.push(std::mem::replace(&mut part, Part { range: inner.end..node.inner.end, first: inner.after }));
            }
        }
        parts.push(part);
        parts
    }

    /// Writes a link and returns where it ends, the letters after it included.
    fn link(&self, index: usize, node: &Node, end: usize, to: &mut Builder, depth: usize) -> usize {
        let parts = self.parts(index, node);
        let Some((target, rest)) = parts.split_first() else { return node.end };
        let target = self.plain(target, depth);
        let shown = target.trim_start_matches(':').trim();
        let is_named = target.starts_with(':');
        if !is_named {
            if let Some(name) = self.namespaces.file(shown) {
                self.file_link(name, rest, to, depth);
                return node.end;
            }
            if self.namespaces.category(shown).is_some() {
                return node.end;
            }
            if rest.is_empty() && shown.split_once(':').is_some_and(|(before, _)| is_language(before)) {
                return node.end;
            }
        }
        let trail: String = if end > node.end {
            let after = self.source().get(node.end..end).unwrap_or_default();
            after.chars().take(40).take_while(|letter| letter.is_lowercase()).collect()
        } else {
            String::new()
        };
        let is_article = !shown.is_empty()
            && !shown.starts_with('#')
            && !self.namespaces.is_elsewhere(shown)
            && self.namespaces.category(shown).is_none()
            && self.namespaces.file(shown).is_none()
            && !shown.contains(['[', ']', '{', '}', '<', '>', '\n']);
        let link = is_article.then(|| LinkTarget::Page(title(shown)));
        let start = to.begin_link();
        match rest {
            // The rest of a link is its words, further pipes included.
            [first, ..] if !self.source()[first.range.start..node.inner.end].trim().is_empty() => {
                let words = Part { range: first.range.start..node.inner.end, first: first.first };
                self.write(&words, to, depth);
            }
            // `[[Mercury (planet)|]]` shows “Mercury”.
            [_, ..] => {
                let name = shown.split_once(':').filter(|(before, _)| is_wiki(before)).map_or(shown, |(_, name)| name);
                to.text(name.split(" (").next().unwrap_or(name).trim());
            }
            [] => to.text(&shown.replace('_', " ")),
        }
        to.end_link(start, &trail, link);
        node.end + trail.len()
    }

    fn address(&self, index: usize, node: &Node, to: &mut Builder, depth: usize) {
        let inner = &self.source()[node.inner.clone()];
        let length = inner.find([' ', '\t', '<', '[', '\'']).unwrap_or(inner.len());
        let rest = inner[length..].trim_start();
        let words = Part { range: node.inner.end - rest.len()..node.inner.end, first: index + 1 };
        if rest.trim().is_empty() {
            to.hole();
            return;
        }
        let start = to.begin_link();
        self.write(&words, to, depth);
        to.end_link(start, "", Some(LinkTarget::Address(inner[..length].to_owned())));
    }

    fn extension(&self, extension: Extension, node: &Node, to: &mut Builder, depth: usize) {
        let inner = &self.source()[node.inner.clone()];
        match extension {
            Extension::NoWiki => {
                for (number, line) in inner.split('\n').enumerate() {
                    if number > 0 {
                        to.text(" ");
                    }
                    to.text(line);
                }
            }
            Extension::Gallery | Extension::ImageMap => {
                to.end_block();
                self.gallery(inner, to, depth);
            }
            // A formula of plain letters can be read; one of commands cannot.
            Extension::Maths if inner.len() < 200 && !inner.contains(['\\', '{', '}', '&']) => to.text(inner),
            Extension::Preformatted | Extension::Source | Extension::SyntaxHighlight | Extension::Score => {
                to.end_block()
            }
            _ => to.hole(),
        }
    }
}
