//! From HTML to a tree within limits, and from links to paths.

use html5ever::{driver, tendril::StrTendril, tendril::TendrilSink};
use scraper::{Html, HtmlTreeSink};

/// Bytes of a page's HTML. The longest articles of Wikipedia have two million.
const MOST_BYTES: usize = 16 << 20;
/// Elements within each other. A parser's work grows with the depth at every element, so a page that is nothing but depth would take for ever.
const MOST_DEPTH: usize = 400;
/// Nodes of a page's tree: formatting that is never closed multiplies, by the rules of HTML, with every paragraph.
const MOST_NODES: usize = 500_000;
/// Bytes after which the limits are looked at.
const STEP: usize = 1024;

pub(super) fn parse(html: &str) -> Result<Html, String> {
    if html.len() > MOST_BYTES {
        return Err(format!(
            "its HTML has {} MB, more than the {} MB that are read",
            html.len() >> 20,
            MOST_BYTES >> 20
        ));
    }
    // The sink that is asked for the limits is within the parser.
    let mut parser = driver::parse_document(HtmlTreeSink::new(Html::new_document()), driver::ParseOpts::default());
    let mut rest = html;
    while !rest.is_empty() {
        let (step, after) = rest.split_at(rest.floor_char_boundary(STEP.min(rest.len())));
        parser.process(StrTendril::from(step));
        rest = after;
        let sink = parser.tokenizer.sink.sink.0.borrow();
        let nodes = sink.tree.values().len();
        if nodes > MOST_NODES {
            return Err("its HTML unfolds into more parts than an article has".to_owned());
        }
        let depth = sink.tree.nodes().next_back().map_or(0, |last| last.ancestors().take(MOST_DEPTH + 1).count());
        if depth > MOST_DEPTH {
            return Err(format!("its HTML is nested more than {MOST_DEPTH} elements deep"));
        }
    }
    Ok(parser.finish())
}

/// The path from the archive's root that a link of the page at `page` means, decoded; with `#` and the section where it has one. `None` for
/// what is no path: other schemes, addresses outside, scripts, the page itself.
pub(super) fn path_of_link(page: &str, href: &str) -> Option<String> {
    let href = href.trim();
    let (href, section) = href.split_once('#').map_or((href, None), |(href, section)| (href, Some(section)));
    let href = href.split('?').next().unwrap_or_default();
    let before_slash = href.split('/').next().unwrap_or_default();
    // A title may hold a colon (`./Category:Art`, `File:A.jpg`), a scheme is lower case and known.
    let scheme = before_slash.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    const SCHEMES: [&str; 12] =
        ["http", "https", "ftp", "mailto", "javascript", "data", "tel", "geo", "file", "vbscript", "blob", "about"];
    if href.is_empty() || href.starts_with("//") || scheme.is_some_and(|scheme| SCHEMES.contains(&scheme.as_str())) {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    if !href.starts_with('/') {
        parts.extend(page.split('/'));
        parts.pop();
    }
    for part in href.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    let mut path = decoded(&parts.join("/"))?;
    if let Some(section) = section.filter(|section| !section.is_empty()).and_then(decoded) {
        path.push('#');
        path.push_str(&section);
    }
    (!path.is_empty()).then_some(path)
}

fn decoded(path: &str) -> Option<String> {
    percent_encoding::percent_decode_str(path).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_paths_from_the_root_and_schemes_are_none() {
        for (page, href, path) in [
            ("Monet", "Impression,_Sunrise", Some("Impression,_Sunrise")),
            ("Monet", "./Caf%C3%A9#Paris_1870", Some("Café#Paris_1870")),
            ("AC/DC", "../Monet?action=x", Some("Monet")),
            ("A/Monet", "../I/m/harbour.jpg", Some("I/m/harbour.jpg")),
            ("Monet", "./Category:Art", Some("Category:Art")),
            ("a/b", "/c", Some("c")),
            ("a", "../../../../etc/passwd", Some("etc/passwd")),
            ("a", "javascript:alert(1)", None),
            ("a", "JavaScript:alert(1)", None),
            ("a", "data:text/html,x", None),
            ("a", "mailto:a@b", None),
            ("a", "//example.org/a", None),
            ("a", "#top", None),
            ("a", "%ff", None),
        ] {
            assert_eq!(path_of_link(page, href).as_deref(), path, "{href}");
        }
    }
}
