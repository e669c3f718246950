//! Markdown, by way of HTML, so that headings, links and images go by the same rules.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html::push_html};

/// The title that front matter gives, and the text as HTML.
pub(super) fn to_html(text: &str) -> (Option<String>, String) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS;
    let mut title = None;
    let mut in_front_matter = false;
    let text = text.trim_start_matches('\u{feff}');
    let events = Parser::new_ext(text, options).filter(|event| {
        match event {
            Event::Start(Tag::MetadataBlock(_)) => in_front_matter = true,
            Event::End(TagEnd::MetadataBlock(_)) => in_front_matter = false,
            Event::Text(front) if in_front_matter => title = title.take().or_else(|| title_of(front)),
            _ => {}
        }
        true
    });
    let mut html = String::with_capacity(text.len() * 5 / 4);
    push_html(&mut html, events);
    (title, html)
}

/// The value of a line `title: …` or `title = "…"`.
fn title_of(front: &str) -> Option<String> {
    front.lines().find_map(|line| {
        let rest = line.strip_prefix("title")?.trim_start();
        let value = rest.strip_prefix(':').or_else(|| rest.strip_prefix('='))?.trim();
        let value = value.trim_matches(['"', '\'']).trim();
        (!value.is_empty()).then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_gives_the_title_and_is_no_text() {
        for front in ["+++\ntitle = \"The harbour\"\nkind = 1\n+++\n", "---\ntitle: The harbour\n---\n"] {
            let (title, html) =
                to_html(&format!("{front}\n# Heading\n\nA [link](other.md) and ![a boat](boat.jpg).\n"));
            assert_eq!(title.as_deref(), Some("The harbour"));
            assert!(!html.contains("kind") && !html.contains("title:"), "{html}");
            assert!(html.contains("<h1>Heading</h1>") && html.contains("href=\"other.md\""), "{html}");
        }
        assert_eq!(to_html("Just text").0, None);
    }
}
