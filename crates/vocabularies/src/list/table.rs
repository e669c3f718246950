//! Tables of terms: a row a term, columns known by their names.

use super::{Term, TermList, tidy};

/// Names of columns, in small letters without spaces, hyphens and underscores.
const TERM: &[&str] =
    &["term", "label", "name", "preflabel", "preferredterm", "value", "begriff", "bezeichnung", "termine", "terme"];
const ID: &[&str] = &["id", "identifier", "code", "notation", "number", "key", "nummer"];
const URI: &[&str] = &["uri", "url", "iri", "link", "address"];
const OTHERS: &[&str] =
    &["others", "altlabel", "synonyms", "synonym", "alternatives", "alternative", "variants", "nonpreferred"];

/// Reads a table with commas, semicolons or tabs. A table of one column without a name for it is a plain list, a term a line.
pub(super) fn read(text: &str) -> Result<TermList, String> {
    let head = text.lines().next().unwrap_or_default();
    let delimiter = [b'\t', b';', b','].into_iter().max_by_key(|sign| head.bytes().filter(|byte| byte == sign).count());
    let delimiter = delimiter.filter(|sign| head.as_bytes().contains(sign)).unwrap_or(b',');
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = reader.records();
    let Some(head) = rows.next() else { return Ok(TermList::default()) };
    let head = head.map_err(|error| format!("its first row is damaged: {error}"))?;
    let names: Vec<String> = head.iter().map(known_as).collect();
    let column = |known: &[&str]| names.iter().position(|name| known.contains(&name.as_str()));
    let mut list = TermList::default();
    let term = match column(TERM) {
        Some(term) => term,
        None if head.len() == 1 => {
            list.terms.extend(row_of(&head, 0, None, None, None));
            0
        }
        None => {
            return Err(format!(
                "none of its columns is called term, label or name; they are called {}",
                head.iter().collect::<Vec<_>>().join(", ")
            ));
        }
    };
    let (id, uri, others) = (column(ID), column(URI), column(OTHERS));
    for (number, row) in (2..).zip(rows) {
        match row {
            Ok(row) if row.iter().all(|cell| cell.trim().is_empty()) => {}
            Ok(row) => match row_of(&row, term, id, uri, others) {
                Some(term) => list.terms.push(term),
                None => list.problems.push(format!("row {number} has no term, and is left out")),
            },
            Err(error) => list.problems.push(format!("row {number} is damaged, and is left out: {error}")),
        }
    }
    Ok(list)
}

fn known_as(name: &str) -> String {
    name.trim().to_lowercase().chars().filter(|c| !matches!(c, ' ' | '-' | '_')).collect()
}

fn row_of(
    row: &csv::StringRecord,
    term: usize,
    id: Option<usize>,
    uri: Option<usize>,
    others: Option<usize>,
) -> Option<Term> {
    let cell = |column: Option<usize>| tidy(row.get(column?).unwrap_or_default());
    let label = cell(Some(term))?;
    let uri = cell(uri).filter(|uri| uri.starts_with("http://") || uri.starts_with("https://"));
    let others = cell(others).unwrap_or_default();
    Some(Term {
        id: cell(id).or_else(|| uri.clone()).unwrap_or_else(|| label.clone()),
        others: others.split(['|', ';']).filter_map(tidy).filter(|other| *other != label).collect(),
        label,
        uri,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_known_by_their_names() {
        let list = read("Code;Term;URI;Synonyms\nM1;oil  on canvas;https://example.org/m1;canvas, oil | oils\n;tempera;x;\n;;;\nM3;;;\n").unwrap();
        let [oil, tempera] = list.terms.as_slice() else { panic!("{list:?}") };
        assert_eq!(
            (oil.id.as_str(), oil.label.as_str(), oil.uri.as_deref()),
            ("M1", "oil on canvas", Some("https://example.org/m1"))
        );
        assert_eq!(oil.others, ["canvas, oil", "oils"]);
        assert_eq!((tempera.id.as_str(), &tempera.uri), ("tempera", &None));
        assert_eq!(list.problems, ["row 5 has no term, and is left out"]);
    }

    #[test]
    fn a_plain_list_is_a_term_a_line() {
        let labels =
            |text: &str| -> Vec<String> { read(text).unwrap().terms.into_iter().map(|term| term.label).collect() };
        assert_eq!(labels("etching\nengraving\n"), ["etching", "engraving"]);
        assert_eq!(labels("Term\netching\n\"wash, brown\"\n"), ["etching", "wash, brown"]);
        assert!(read("a,b\n1,2\n").unwrap_err().contains("a, b"));
    }
}
