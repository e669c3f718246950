//! The language of queries.

use super::words::{has_words, spaced};
use crate::error::{CatalogueError, Result};
use crate::{Day, core_property, read_date};

/// Columns of the index by the names that a query may use for them.
const FIELDS: &[(&str, &str)] = &[
    ("identifier", "identifier"),
    ("object-type", "object_type"),
    ("title", "title"),
    ("artist", "artist"),
    ("maker", "artist"),
    ("date", "date"),
    ("media", "media"),
    ("style", "style"),
    ("genre", "genre"),
    ("subject", "subject"),
    ("tag", "subject"),
    ("inscription", "inscription"),
    ("description", "description"),
    ("distinguishing-features", "description"),
    ("note", "description"),
    ("provenance", "provenance"),
    ("location", "location"),
    ("repository", "location"),
    ("other", "other"),
    ("file", "file"),
    ("suggested", "suggested"),
];

/// How deep brackets may stand in each other.
const DEEPEST: usize = 30;

/// The column that keeps the values of a property.
pub(super) fn column_of(property: &str) -> &'static str {
    FIELDS.iter().find(|(name, _)| *name == property).map_or("other", |(_, column)| column)
}

/// A query.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// Words in this order, in one column or any.
    Text {
        column: Option<&'static str>,
        words: String,
        prefix: bool,
    },
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    /// A date that may lie within these years.
    Years(i64, i64),
    /// Somebody stands by a value of this property.
    Has(String),
}

impl Node {
    /// The query in the index's own language, if the index can answer all of it.
    pub(super) fn full_text(&self) -> Option<String> {
        match self {
            Node::Text { column, words, prefix } => {
                let column = column.map_or(String::new(), |column| format!("{column} : "));
                // The index reads its own language up to a zero byte.
                let words: String = words.chars().map(|c| if c == '\0' { ' ' } else { c }).collect();
                Some(format!("{column}\"{}\"{}", spaced(&words).replace('"', "\"\""), if *prefix { " *" } else { "" }))
            }
            Node::And(nodes) => {
                let (not, wanted): (Vec<&Node>, Vec<&Node>) =
                    nodes.iter().partition(|node| matches!(node, Node::Not(_)));
                let wanted: Vec<String> = wanted.into_iter().map(Node::full_text).collect::<Option<_>>()?;
                // The index knows no "not" by itself, only "this and not that".
                let mut expression = (!wanted.is_empty()).then(|| format!("({})", wanted.join(" AND ")))?;
                for node in not {
                    let Node::Not(node) = node else { return None };
                    expression = format!("({expression} NOT {})", node.full_text()?);
                }
                Some(expression)
            }
            Node::Or(nodes) => {
                let nodes: Vec<String> = nodes.iter().map(Node::full_text).collect::<Option<_>>()?;
                Some(format!("({})", nodes.join(" OR ")))
            }
            Node::Not(_) | Node::Years(..) | Node::Has(_) => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    Or,
    And,
    Not,
    /// A word or phrase, its field if it has one, and whether an asterisk follows.
    Text {
        field: Option<String>,
        text: String,
        prefix: bool,
    },
}

/// Reads a query; none for one without words.
pub(super) fn parse(text: &str) -> Result<Option<Node>> {
    if text.len() > 2000 {
        return Err(wrong("it is longer than 2,000 letters"));
    }
    let mut reader = Reader { tokens: tokens(text)?, at: 0 };
    let node = reader.either(0)?;
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(wrong("a bracket is closed that was not opened")),
    }
}

fn wrong(reason: impl Into<String>) -> CatalogueError {
    CatalogueError::BadQuery { reason: reason.into() }
}

fn tokens(text: &str) -> Result<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let (token, after) = match c {
            '(' => (Token::Open, rest.get(1..)),
            ')' => (Token::Close, rest.get(1..)),
            '-' if rest.get(1..).is_some_and(|rest| rest.starts_with(|c: char| !c.is_whitespace())) => {
                (Token::Not, rest.get(1..))
            }
            _ => {
                let (token, length) = word(rest)?;
                (token, rest.get(length..))
            }
        };
        tokens.push(token);
        rest = after.unwrap_or_default().trim_start();
    }
    Ok(tokens)
}

/// A word, a phrase or either with a field, and how many bytes of the text it took.
fn word(text: &str) -> Result<(Token, usize)> {
    let plain =
        |text: &str| text.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"')).unwrap_or(text.len());
    let first = text.get(..plain(text)).unwrap_or_default();
    let field = first.split_once(':').filter(|(field, _)| {
        let known = FIELDS.iter().any(|(name, _)| name == field) || matches!(*field, "has" | "lacks");
        known || core_property(field).is_some()
    });
    let (field, start) = match field {
        Some((field, _)) => (Some(field.to_owned()), field.len() + 1),
        None => (None, 0),
    };
    let body = text.get(start..).unwrap_or_default();
    if let Some(quoted) = body.strip_prefix('"') {
        let end = quoted.find('"').ok_or_else(|| wrong("a phrase begins with “\"” and does not end"))?;
        let phrase = quoted.get(..end).unwrap_or_default().to_owned();
        let prefix = quoted.get(end + 1..).is_some_and(|after| after.starts_with('*'));
        return Ok((Token::Text { field, text: phrase, prefix }, start + end + 2 + usize::from(prefix)));
    }
    let length = plain(body).max(usize::from(start == 0 && plain(body) == 0));
    let word = body.get(..length).unwrap_or_default();
    let token = match (word, &field) {
        ("OR", None) => Token::Or,
        ("AND", None) => Token::And,
        ("NOT", None) => Token::Not,
        _ => {
            let prefix = word.len() > 1 && word.ends_with('*');
            Token::Text { field, text: word.trim_end_matches('*').to_owned(), prefix }
        }
    };
    Ok((token, start + length))
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    /// One or the other.
    fn either(&mut self, depth: usize) -> Result<Option<Node>> {
        let mut nodes = Vec::new();
        loop {
            let node = self.all(depth)?;
            let or = self.peek() == Some(&Token::Or);
            match node {
                Some(node) => nodes.push(node),
                None if or || !nodes.is_empty() => return Err(wrong("OR needs words on both of its sides")),
                None => return Ok(None),
            }
            if !or {
                break;
            }
            self.at += 1;
        }
        Ok(Some(one_or(nodes, Node::Or)))
    }

    /// This and that.
    fn all(&mut self, depth: usize) -> Result<Option<Node>> {
        let mut nodes = Vec::new();
        loop {
            match self.peek() {
                None | Some(Token::Close | Token::Or) => break,
                Some(Token::And) => self.at += 1,
                Some(_) => nodes.extend(self.single(depth)?),
            }
        }
        Ok((!nodes.is_empty()).then(|| one_or(nodes, Node::And)))
    }

    fn single(&mut self, depth: usize) -> Result<Option<Node>> {
        if depth > DEEPEST {
            return Err(wrong("its brackets stand too deep in each other"));
        }
        let token = self.peek().cloned();
        self.at += 1;
        match token {
            Some(Token::Not) => match self.peek() {
                None | Some(Token::Close | Token::Or | Token::And) => Err(wrong("NOT needs words behind it")),
                Some(_) => Ok(self.single(depth + 1)?.map(|node| Node::Not(Box::new(node)))),
            },
            Some(Token::Open) => {
                let node = self.either(depth + 1)?;
                if self.peek() != Some(&Token::Close) {
                    return Err(wrong("a bracket is opened and not closed"));
                }
                self.at += 1;
                Ok(node)
            }
            Some(Token::Text { field, text, prefix }) => leaf(field.as_deref(), text, prefix),
            _ => Ok(None),
        }
    }
}

fn one_or(mut nodes: Vec<Node>, many: fn(Vec<Node>) -> Node) -> Node {
    match (nodes.len(), nodes.pop()) {
        (1, Some(node)) => node,
        (_, last) => {
            nodes.extend(last);
            many(nodes)
        }
    }
}

fn leaf(field: Option<&str>, text: String, prefix: bool) -> Result<Option<Node>> {
    match field {
        Some("has") => return Ok(Some(Node::Has(text))),
        Some("lacks") => return Ok(Some(Node::Not(Box::new(Node::Has(text))))),
        Some("date") => {
            if let Some((from, to)) = text.split_once("..") {
                return years(from, to).map(Some);
            }
        }
        _ => {}
    }
    // Signs alone, like an ampersand between names, are no words and ask for nothing.
    if !has_words(&text) {
        return Ok(None);
    }
    Ok(Some(Node::Text { column: field.map(column_of), words: text, prefix }))
}

fn years(from: &str, to: &str) -> Result<Node> {
    let year = |text: &str, open: i64, end: fn(&str) -> Option<Day>| match text {
        "" => Ok(open),
        text => end(text)
            .map(|day| day.year)
            .ok_or_else(|| wrong(format!("“{text}” is no year; write date:1600..1650 or date:..1500"))),
    };
    let from = year(from, i64::MIN, |text| read_date(text)?.extent().earliest.day())?;
    let to = year(to, i64::MAX, |text| read_date(text)?.extent().latest.day())?;
    Ok(Node::Years(from, to))
}
