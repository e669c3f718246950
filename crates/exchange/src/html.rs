//! A catalogue to look at: one HTML page that needs nothing else, with its pictures in it and no script.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use vitrine_catalogue::Statement;
use vitrine_imaging::{Limits, ScanFile};

use crate::error::{ExchangeError, Result};
use crate::iiif::jpeg;
use crate::marks::mark;
use crate::text::{clean, clean_line};
use crate::{Issuer, Record, RecordSource, batch_id};

/// The longer side of a picture, and its quality: a hundred works make some ten megabytes.
const SIDE: u32 = 640;
const QUALITY: u8 = 80;

const STYLE: &str = "
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
article { display: grid; grid-template-columns: minmax(0, 20rem) 1fr; gap: 1.5rem; margin: 2.5rem 0; break-inside: avoid; }
img { max-width: 100%; height: auto; }
h2 { margin: 0 0 .5rem; font-size: 1.25rem; }
dl { display: grid; grid-template-columns: 12rem 1fr; gap: .25rem 1rem; margin: 0; }
dt { font-weight: 600; } dd { margin: 0; white-space: pre-line; }
.mark { display: block; font-size: .85em; font-style: italic; }
footer { margin: 3rem 0; font-size: .85em; }
@media (max-width: 40rem) { article, dl { grid-template-columns: 1fr; } }
";

pub(crate) fn write_html(
    records: &(impl RecordSource + ?Sized),
    issuer: &Issuer,
    at: Timestamp,
    mut out: impl Write,
) -> Result<()> {
    let failed = |source| ExchangeError::Write { format: "HTML", source };
    let name = escaped(&clean_line(&issuer.name));
    let head = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{name}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header><h1>{name}</h1><p>{} works</p></header>\n<main>\n",
        escaped(&issuer.language),
        records.count()
    );
    out.write_all(head.as_bytes()).map_err(failed)?;
    records.each(&mut |record| out.write_all(article(record, issuer).as_bytes()).map_err(failed))?;
    let foot = format!(
        "</main>\n<footer>Exported from Vitrine on {}, batch {}. What a model proposed is marked.</footer>\n</body>\n</html>\n",
        at.strftime("%Y-%m-%d"),
        escaped(&batch_id(records, issuer, at)?)
    );
    out.write_all(foot.as_bytes()).map_err(failed)
}

fn article(record: &Record, issuer: &Issuer) -> String {
    let title = escaped(&clean_line(&record.card.title));
    let mut rows = String::new();
    for (key, label) in record.properties(issuer) {
        let statements: Vec<&Statement> = record.statements.iter().filter(|s| s.property == key).collect();
        rows.push_str(&format!("<dt>{}</dt>", escaped(label)));
        for statement in statements {
            let words = escaped(&clean(&statement.wording().unwrap_or_default()));
            // Each value finds its own direction: an Arabic title beside an English one.
            rows.push_str(&format!("<dd dir=\"auto\">{words}"));
            if let Some(mark) = mark(statement) {
                rows.push_str(&format!("<span class=\"mark\" dir=\"ltr\">{}</span>", escaped(&clean_line(&mark))));
            }
            rows.push_str("</dd>");
        }
        rows.push('\n');
    }
    format!(
        "<article id=\"work-{}\">\n<div>{}</div>\n<div><h2 dir=\"auto\">{title}</h2>\n<dl>\n{rows}</dl></div>\n</article>\n",
        record.card.id,
        picture(record)
    )
}

/// The first scan that can be read, small, within the page; its file's name where none can.
fn picture(record: &Record) -> String {
    let alternative = escaped(&clean_line(&record.card.title));
    let shown = record.scans.iter().find_map(|scan| {
        let small =
            ScanFile::read(&scan.path, &Limits::default()).and_then(|file| file.preview(scan.page, SIDE)).ok()?;
        Some((small.dimensions(), STANDARD.encode(jpeg(&small, QUALITY).ok()?)))
    });
    match shown {
        Some(((width, height), data)) => format!(
            "<img alt=\"{alternative}\" width=\"{width}\" height=\"{height}\" src=\"data:image/jpeg;base64,{data}\">"
        ),
        None => format!("<p>{} (the file could not be read)</p>", escaped(&clean_line(&record.card.file_name))),
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
