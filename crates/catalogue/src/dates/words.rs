//! The words of catalogues, understood: what qualifies a time, and spans of times.

use super::phrases::{Era, Phrase, era_of, read as read_phrase};
use super::{Certainty, DatePoint, EdtfDate, IntervalEnd};

/// Reads words like `c. 1650`, `before 1700`, `late 18th–early 19th century`.
pub(super) fn read(text: &str) -> Option<EdtfDate> {
    let text = tidy(text);
    let (text, certainty) = qualifiers(&text);
    ends_not_known(text, certainty)
        .or_else(|| one_sided(text, certainty))
        .or_else(|| spanning(text, certainty))
        .or_else(|| Some(read_phrase(text, None, false)?.dated(certainty)))
}

/// In lower case, with single spaces, and one kind of dash without spaces around it.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => tidy.push('–'),
            '’' => tidy.push('\''),
            c if c.is_whitespace() => tidy.push(' '),
            c => tidy.push(c),
        }
    }
    let words: Vec<&str> = tidy.split(' ').filter(|word| !word.is_empty()).collect();
    let tidy = words.join(" ").replace(" – ", "–").replace("– ", "–").replace(" –", "–").replace(" - ", "–");
    let bracketed = tidy.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let bracketed = bracketed.or_else(|| tidy.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')));
    bracketed.unwrap_or(&tidy).trim_end_matches([';', ',']).to_owned()
}

/// The text without words and signs of doubt around it.
fn qualifiers(mut text: &str) -> (&str, Certainty) {
    let mut certainty = Certainty::PLAIN;
    loop {
        let doubt =
            ["probably ", "possibly ", "perhaps ", "presumably ", "?"].iter().find_map(|word| text.strip_prefix(word));
        let doubt = doubt.or_else(|| [" (?)", "(?)", " [?]", "?"].iter().find_map(|sign| text.strip_suffix(sign)));
        if let Some(rest) = doubt {
            (text, certainty.uncertain) = (rest.trim(), true);
            continue;
        }
        let estimate = ["circa ", "ca. ", "ca ", "c. ", "about ", "around ", "approximately ", "approx. ", "ca.", "c."];
        match estimate.iter().find_map(|word| text.strip_prefix(word)) {
            Some(rest) => (text, certainty.approximate) = (rest.trim_start(), true),
            None => return (text, certainty),
        }
    }
}

/// A time with its own qualifiers, and those of the whole.
fn phrase(text: &str, outer: Certainty, era: Option<Era>, century: bool) -> Option<(Phrase, Certainty)> {
    let (text, own) = qualifiers(text);
    Some((read_phrase(text.strip_prefix("the ").unwrap_or(text), era, century)?, outer.and(own)))
}

/// An interval, or one time where both ends are the same.
pub(super) fn span(first: DatePoint, last: DatePoint) -> EdtfDate {
    if first == last {
        EdtfDate::Point(first)
    } else {
        EdtfDate::Interval(IntervalEnd::Date(first), IntervalEnd::Date(last))
    }
}

fn ends_not_known(text: &str, certainty: Certainty) -> Option<EdtfDate> {
    if let Some(rest) = text.strip_suffix(", beginning not known") {
        let (phrase, certainty) = phrase(rest.strip_prefix("until ")?, certainty, None, false)?;
        return Some(EdtfDate::Interval(IntervalEnd::Unknown, IntervalEnd::Date(phrase.last.with(certainty))));
    }
    let rest = text.strip_suffix(", end not known")?;
    let (phrase, certainty) = phrase(rest.strip_prefix("from ")?, certainty, None, false)?;
    Some(EdtfDate::Interval(IntervalEnd::Date(phrase.first.with(certainty)), IntervalEnd::Unknown))
}

/// Before and after, until and from.
fn one_sided(text: &str, certainty: Certainty) -> Option<EdtfDate> {
    let starts = |words: &[&str]| words.iter().find_map(|word| text.strip_prefix(word));
    let ends = |words: &[&str]| words.iter().find_map(|word| text.strip_suffix(word));
    let read = |rest| phrase(rest, certainty, None, false);
    let to = |last: DatePoint| EdtfDate::Interval(IntervalEnd::Open, IntervalEnd::Date(last));
    let from = |first: DatePoint| EdtfDate::Interval(IntervalEnd::Date(first), IntervalEnd::Open);
    if let Some(rest) = starts(&["before ", "prior to "]) {
        let (phrase, certainty) = read(rest)?;
        return Some(to(previous(&phrase.first).with(certainty)));
    }
    if let Some(rest) = starts(&["by ", "until ", "no later than ", "not later than ", "not after ", "up to "]) {
        let (phrase, certainty) = read(rest)?;
        return Some(to(phrase.last.with(certainty)));
    }
    if let Some(rest) = ends(&[" or earlier", " or before", " at the latest"]) {
        let (phrase, certainty) = read(rest)?;
        return Some(to(phrase.last.with(certainty)));
    }
    if let Some(rest) = starts(&["after ", "post "]) {
        let (phrase, certainty) = read(rest)?;
        return Some(from(next(&phrase.last).with(certainty)));
    }
    let rest = ends(&[" or later", " or after", " at the earliest"])
        .or_else(|| starts(&["no earlier than ", "not earlier than ", "not before ", "since "]))
        .or_else(|| text.strip_prefix("from ").filter(|rest| !rest.contains(" to ") && !rest.contains('–')))?;
    let (phrase, certainty) = read(rest)?;
    Some(from(phrase.first.with(certainty)))
}

/// The year, or the day, before.
fn previous(point: &DatePoint) -> DatePoint {
    match point.is_whole_year() {
        true => DatePoint::of_year(point.year - 1),
        false => DatePoint::of_day(point.first_day().before()),
    }
    .with(point.certainty)
}

/// The year, or the day, after.
fn next(point: &DatePoint) -> DatePoint {
    match point.is_whole_year() {
        true => DatePoint::of_year(point.year + 1),
        false => DatePoint::of_day(point.last_day().after()),
    }
    .with(point.certainty)
}

/// From one time to another. A word of doubt in front belongs to the whole (`c. 1650–55`), unless the times are told apart by
/// `from … to …`.
fn spanning(text: &str, certainty: Certainty) -> Option<EdtfDate> {
    let apart = text.strip_prefix("from ").or_else(|| text.strip_prefix("between "));
    let body = apart.unwrap_or(text);
    let separators: &[&str] = if apart.is_some() { &[" to ", " and ", "–"] } else { &["–", "-", " to ", " or "] };
    separators.iter().find_map(|separator| {
        // A hyphen may belong to a phrase (mid-17th century), so every place is tried.
        body.match_indices(separator).find_map(|(at, _)| {
            let (one, two) = (body.get(..at)?, body.get(at + separator.len()..)?);
            from_to(one.trim(), two.trim(), certainty)
        })
    })
}

fn from_to(one: &str, two: &str, certainty: Certainty) -> Option<EdtfDate> {
    let two = in_full(one, two);
    let (_, era) = era_of(qualifiers(&two).0);
    let speaks_of_centuries = ["century", "centuries", "cent.", "c."].iter().any(|word| era_of(&two).0.ends_with(word));
    let (end, end_certainty) = phrase(&two, certainty, None, false)?;
    // Years before Christ count down, so in 50–20 BC both are meant, in 20 BC–50 neither, and 20–50 BC means nothing.
    let before = (era == Some(Era::Before)).then_some(Era::Before);
    let (start, start_certainty) = phrase(one, certainty, before, speaks_of_centuries)?;
    let (first, last) = (start.first.with(start_certainty), end.last.with(end_certainty));
    (first.first_day() <= last.first_day() && first.first_day() < last.last_day() || first == last)
        .then(|| span(first, last))
}

/// The second of two years with the digits that it shares with the first: 1650–55 is 1650–1655.
fn in_full(one: &str, two: &str) -> String {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let last_digits = one.strip_suffix('s').unwrap_or(one);
    let start = last_digits.len() - last_digits.bytes().rev().take_while(u8::is_ascii_digit).count();
    let shared = last_digits.get(start..).unwrap_or_default();
    let count = digits(two);
    let tail = two.get(count..).unwrap_or_default();
    let whole = matches!(tail, "" | "s" | "'s");
    match (shared.len().checked_sub(count), shared.get(shared.len().saturating_sub(count)..)) {
        (Some(kept @ 1..), Some(ending))
            if count > 0 && whole && two.get(..count) >= Some(ending) && shared.len() >= 3 =>
        {
            format!("{}{two}", shared.get(..kept).unwrap_or_default())
        }
        _ => two.to_owned(),
    }
}
