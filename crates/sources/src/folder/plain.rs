//! Plain text: paragraphs are what empty lines part.

use crate::document::{Block, Paragraph};

pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().chain([""]) {
        if line.trim().is_empty() {
            let paragraph = one_paragraph(&lines.join("\n"));
            lines.clear();
            if !paragraph.is_empty() {
                blocks.push(Block::Paragraph(Paragraph::plain(paragraph)));
            }
        } else {
            lines.push(line);
        }
    }
    blocks
}

/// A text on one line. A word that is parted at a line's end is put together again where it goes on with a small letter.
pub(super) fn one_paragraph(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for line in text.lines() {
        let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
        if words.is_empty() {
            continue;
        }
        let hyphen = joined.strip_suffix('-').is_some_and(|before| before.ends_with(char::is_alphabetic));
        if hyphen && words.starts_with(char::is_lowercase) || joined.ends_with('\u{ad}') {
            joined.pop();
        } else if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(&words);
    }
    joined.retain(|character| !character.is_control() && character != '\u{ad}' && character != '\u{feff}');
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lines_part_and_hyphens_join() {
        let text = "\u{feff}The har-\nbour at\r\n dawn.\n \n\nOil on\tcan\u{ad}\nvas, Anglo-\nSaxon\n";
        let texts: Vec<_> = blocks(text)
            .into_iter()
            .map(|block| if let Block::Paragraph(paragraph) = block { paragraph.text } else { panic!() })
            .collect();
        assert_eq!(texts, ["The harbour at dawn.", "Oil on canvas, Anglo- Saxon"]);
        assert!(blocks(" \n\n\t").is_empty());
    }
}
