use std::fmt::Write;
use std::path::Path;

use super::blocks::Block;
use super::*;
use crate::LinkTarget;

/// Blocks as the cases spell them.
fn spelt(blocks: &[Block]) -> String {
    let mut spelling = String::new();
    for block in blocks {
        match block {
            Block::Heading { level, text } => writeln!(spelling, "§{level} {text}").unwrap(),
            Block::Paragraph { text, links, images } => {
                for image in images {
                    writeln!(spelling, "{}", format!("▣ {} | {}", image.name, image.caption).trim_end()).unwrap();
                }
                let (mut line, mut at) = (String::from("¶ "), 0);
                for link in links {
                    let target = match &link.target {
                        LinkTarget::Page(title) => title.clone(),
                        LinkTarget::Address(address) => format!("<{address}>"),
                    };
                    write!(line, "{}[{}]({target})", &text[at..link.range.start], &text[link.range.clone()]).unwrap();
                    at = link.range.end;
                }
                writeln!(spelling, "{line}{}", &text[at..]).unwrap();
            }
        }
    }
    spelling
}

#[test]
fn the_cases_read_as_they_should() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/wikitext.txt");
    let text = std::fs::read_to_string(file).unwrap();
    let mut wrong = String::new();
    let mut count = 0;
    for case in text.split("\n%%% ").skip(1) {
        let (name, rest) = case.split_once('\n').unwrap();
        let (wikitext, expected) =
            rest.split_once("\n--->\n").unwrap_or_else(|| panic!("{name} lacks what is expected"));
        let wikitext = if name.starts_with("Carriage") { wikitext.replace('\n', "\r\n") } else { wikitext.to_owned() };
        let seen = spelt(&blocks(&wikitext, "A page", &Namespaces::default()));
        if seen.trim() != expected.trim() {
            write!(wrong, "\n%%% {name}\n{wikitext}\nexpected:\n{}\nseen:\n{}\n", expected.trim(), seen.trim())
                .unwrap();
        }
        count += 1;
    }
    assert!(count >= 50, "only {count} cases");
    assert!(wrong.is_empty(), "{wrong}");
}

/// The rules of paragraphs, which the cases leave out.
#[test]
fn paragraphs_are_long_enough_and_take_the_images_before_them() {
    let long = "A sentence that says what is to be seen. ".repeat(3);
    let text = format!(
        "[[File:a.jpg|thumb|First]]\nToo short.\n\n{long}\n== Works ==\n[[File:b.jpg|thumb]]\n=== Late ===\n{long} [[Ships]]\n\
         == References ==\n{long}\n== Rivals ==\n* {long}\n[[File:after.jpg|thumb]]"
    );
    let paragraphs = paragraphs(&text, "Somebody", &Namespaces::default());
    let seen: Vec<(String, Vec<&str>)> = paragraphs
        .iter()
        .map(|one| (one.section.join(" / "), one.images.iter().map(|image| image.name.as_str()).collect()))
        .collect();
    assert_eq!(
        seen,
        [(String::new(), vec!["A.jpg"]), ("Works / Late".into(), vec!["B.jpg"]), ("Rivals".into(), vec![])]
    );
    let link = &paragraphs[1].links[0];
    assert_eq!(&paragraphs[1].text[link.range.clone()], "Ships");
    // One character fewer than needed, one that has as many, in characters rather than bytes.
    let of = |count: usize| super::paragraphs(&"é".repeat(count), "", &Namespaces::default()).len();
    assert_eq!((of(SHORTEST - 1), of(SHORTEST)), (0, 1));
}

#[test]
fn categories_are_found_in_raw_text_under_all_names() {
    let namespaces = Namespaces::new([(14, "Kategorie"), (6, "Datei"), (1, "Diskussion")]);
    let text = "[[Kategorie:Maler|Hals]] [[category: dutch_painters ]] [[:Kategorie:Nicht]] [[Kategorie:Maler]] [[Kategorie: {{x}}]]";
    assert_eq!(namespaces.categories_of(text), ["Maler", "Dutch painters"]);
}

/// Texts that would take minutes if anything were looked through again and again, or exhaust the stack.
#[test]
fn hostile_texts_end_soon() {
    let pieces = [
        "{{",
        "}}",
        "[[",
        "]]",
        "{{a|",
        "[[a|",
        "{|\n",
        "\n|}",
        "{{{",
        "}}}",
        "'''",
        "<ref>",
        "</ref>",
        "<!--",
        "-->",
        "<nowiki>",
        "[http://a ",
        "]",
        "<table>",
        "</table>",
        "{{a|image=x.jpg|caption=",
        "{{nowrap|",
        "{{birth date|",
        "{{ill|",
        "__A",
        "==",
        "\n=",
        "<gallery>\na.jpg|",
        "[[File:a.jpg|thumb|",
        "{{lang|x|",
        "&amp;",
        "&",
        "(",
        ")",
        "( ",
        ", ",
        "<",
        "<a ",
        "<a b=\"",
        "\n*",
        "\n\n",
        "[[Category:a",
        "|",
        "||",
        "-{",
        "{{hlist|",
        "{{convert|1|",
        "[[http://a|",
    ];
    for first in pieces {
        for second in ["", "x", "}}", "]]", "\n", "{{", "[[", "|"] {
            let text = format!("{first}{second}").repeat(5_000);
            read(&text);
        }
    }
    // What is opened many times and closed as often.
    for (open, close) in [
        ("{{", "}}"),
        ("[[a|", "]]"),
        ("{|\n", "\n|}\n"),
        ("{{a|image=x.jpg|caption=", "}}"),
        ("{{birth date|", "}}"),
        ("{{ill|", "}}"),
        ("{{nowrap|[[a|", "]]}}"),
        ("<table>", "</table>"),
        ("[[File:a.jpg|thumb|", "]]"),
        ("{{x|[[File:a.jpg|", "]]}}"),
    ] {
        for times in [60, 20_000] {
            read(&format!("{}middle{}", open.repeat(times), close.repeat(times)));
        }
    }
}

fn read(text: &str) {
    let namespaces = Namespaces::default();
    for paragraph in paragraphs(text, "A page", &namespaces) {
        let mut at = 0;
        for link in &paragraph.links {
            assert!(link.range.start >= at && !paragraph.text[link.range.clone()].is_empty());
            at = link.range.end;
        }
    }
    namespaces.categories_of(text);
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 400, failure_persistence: None, ..Default::default() })]

    /// Marks in any order.
    #[test]
    fn no_order_of_marks_is_too_much(pieces in proptest::collection::vec(proptest::sample::select(MARKS.to_vec()), 0..200)) {
        read(&pieces.concat());
    }

    /// The cases with pieces cut out, doubled and swapped.
    #[test]
    fn no_mutation_is_too_much(cuts in proptest::collection::vec((0.0..1.0_f64, 0.0..1.0_f64, 0..3_u8), 1..12)) {
        let mut text = include_str!("../../fixtures/wikitext.txt").to_owned();
        for (from, length, change) in cuts {
            let border = |at: f64, text: &str| (0..=(at * text.len() as f64) as usize).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            let start = border(from, &text);
            let end = border((from + length * 0.02).min(1.0), &text);
            let piece = text[start..end].to_owned();
            match change {
                0 => text.replace_range(start..end, ""),
                1 => text.insert_str(start, &piece),
                _ => text.insert_str(border(1.0 - from, &text), &piece),
            }
        }
        read(&text);
    }
}

const MARKS: [&str; 60] = [
    "{",
    "}",
    "[",
    "]",
    "{{",
    "}}",
    "{{{",
    "}}}",
    "[[",
    "]]",
    "|",
    "=",
    "\n",
    "\n\n",
    " ",
    "a",
    "é",
    "文",
    "'",
    "''",
    "'''",
    "<",
    ">",
    "<ref>",
    "</ref>",
    "<ref/>",
    "<!--",
    "-->",
    "<nowiki>",
    "</nowiki>",
    "<gallery>",
    "</gallery>",
    "\n{|",
    "\n|}",
    "\n|-",
    "<table>",
    "</table>",
    "__",
    "__TOC__",
    "http://a",
    "File:a.jpg",
    "thumb",
    "Category:",
    ":",
    "*",
    "#",
    ";",
    "==",
    "\n==",
    "nowrap|",
    "lang|fr|",
    "convert|1|x|2|cm",
    "birth date|1|2|3",
    "Infobox\n|image=a.jpg|caption=",
    "&nbsp;",
    "&#x",
    "(",
    ")",
    ",",
    "\u{E000}",
];
