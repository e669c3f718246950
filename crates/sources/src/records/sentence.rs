//! A record in a sentence or two, in our words.

use super::{Mapping, Record};

/// What the columns say, e.g. “Sibylle (painting) by Camille Corot (French, Paris 1796–1875 Paris), ca. 1870. Oil on canvas, 81.9 x 64.8 cm. Kept in …”.
/// Columns of running text are not in it.
pub(super) fn of_record(record: &Record, mapping: &Mapping, title: &str) -> String {
    let values = |columns: &[String]| {
        let mut values: Vec<String> = Vec::new();
        for column in columns {
            if let Some(value) = record.get(column) {
                let value = value.replace("_x000D_", " ").replace(['|', ';'], ", ");
                let value = value.split_whitespace().collect::<Vec<_>>().join(" ").replace(" ,", ",");
                if !values.contains(&value) {
                    values.push(value);
                }
            }
        }
        values.join(", ")
    };
    let mut opening = title.to_owned();
    let (kind, artist, note) = (values(&mapping.kind), values(&mapping.artist), values(&mapping.artist_note));
    if !kind.is_empty() && kind != title {
        opening.push_str(&format!(" ({})", lower_first(&kind)));
    }
    if !artist.is_empty() {
        opening.push_str(&format!(" by {artist}"));
        if !note.is_empty() {
            opening.push_str(&format!(" ({note})"));
        }
    }
    let date = values(&mapping.date);
    if !date.is_empty() {
        opening.push_str(&format!(", {date}"));
    }
    let mut sentences = vec![opening];
    let (school, place) = (values(&mapping.school), values(&mapping.place));
    sentences.push([school, place].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; "));
    let (medium, dimensions) = (values(&mapping.medium), values(&mapping.dimensions));
    sentences.push([medium, dimensions].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "));
    let (keeper, number, credit) = (values(&mapping.keeper), values(&mapping.number), values(&mapping.credit));
    let kept = match (keeper.is_empty(), number.is_empty()) {
        (false, false) => format!("Kept in {keeper} under the number {number}"),
        (false, true) => format!("Kept in {keeper}"),
        (true, false) => format!("Number {number}"),
        (true, true) => String::new(),
    };
    sentences.extend([kept, credit]);
    let keywords = values(&mapping.keywords);
    if !keywords.is_empty() {
        sentences.push(format!("Subjects: {keywords}"));
    }
    let mut text = String::new();
    for sentence in sentences.iter().map(|sentence| sentence.trim()).filter(|sentence| !sentence.is_empty()) {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(sentence);
        if !sentence.ends_with(['.', '!', '?']) {
            text.push('.');
        }
    }
    text
}

/// `Painting` as `painting`; what is an abbreviation or a name in capitals stays.
fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain(text.chars().skip(1)).collect()
        }
        _ => text.to_owned(),
    }
}
