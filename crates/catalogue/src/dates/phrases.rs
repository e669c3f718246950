//! Single times in words: `1650`, `400 BC`, `1650s`, `late 17th century`, `3 March 1650`, `spring 1650`.

use super::day::days_of;
use super::{Certainty, DatePoint, Day, EdtfDate, Part};

/// What a phrase says: from its first to its last day, and the one expression for it if there is one.
#[derive(Debug, Clone)]
pub(super) struct Phrase {
    pub first: DatePoint,
    pub last: DatePoint,
    pub whole: Option<EdtfDate>,
}

/// How years are counted in a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Era {
    Common,
    Before,
}

impl Phrase {
    fn of_point(point: DatePoint) -> Self {
        let (first, last) = point.years();
        let edge = |year, point: &DatePoint| match point.unspecified_digits {
            0 => point.clone(),
            _ => DatePoint::of_year(year),
        };
        let day_unknown = |part| matches!(part, Some(Part::Unspecified));
        let (first, last) = if day_unknown(point.month) || day_unknown(point.day) {
            (DatePoint::of_day(point.first_day()), DatePoint::of_day(point.last_day()))
        } else {
            (edge(first, &point), edge(last, &point))
        };
        Self { first, last, whole: Some(EdtfDate::Point(point)) }
    }

    fn of_years(first: i64, last: i64, certainty: Certainty) -> Self {
        let point = |year| DatePoint::of_year(year).with(certainty);
        Self { first: point(first), last: point(last), whole: None }
    }

    /// As a date of this certainty. Digits that are not specified cannot carry one in EDTF, so such a date is written as the span
    /// that it is.
    pub(super) fn dated(self, certainty: Certainty) -> EdtfDate {
        match self.whole {
            Some(whole) if certainty == Certainty::PLAIN => whole,
            Some(EdtfDate::Point(point)) if self.first == self.last => EdtfDate::Point(point.with(certainty)),
            _ => super::words::span(self.first.with(certainty), self.last.with(certainty)),
        }
    }
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Reads a phrase in lower case with single spaces. `era` is what the phrase after it said, as in `1800–1700 BC`; `century` whether it
/// spoke of centuries, as in `18th–19th century`.
pub(super) fn read(text: &str, era: Option<Era>, century: bool) -> Option<Phrase> {
    let not_known = [", month and day not known", ", month not known", ", day not known"];
    let (text, missing) = match not_known.iter().find_map(|words| Some((text.strip_suffix(words)?, *words))) {
        Some((text, words)) => (text, words),
        None => (text, ""),
    };
    let (text, said) = era_of(text);
    let before = said.or(era) == Some(Era::Before);
    if !missing.is_empty() {
        let unspecified = Some(Part::Unspecified);
        return Some(Phrase::of_point(match missing {
            ", day not known" => DatePoint { day: unspecified, ..month_and_year(text, before)? },
            ", month not known" => DatePoint { month: unspecified, ..year(text, before)? },
            _ => DatePoint { month: unspecified, day: unspecified, ..year(text, before)? },
        }));
    }
    if let Some(point) = year(text, before) {
        return Some(Phrase::of_point(point));
    }
    let (part, rest) = part_of(text);
    if let Some(phrase) = decade(rest, before).or_else(|| centuries(rest, before, century)) {
        return Some(match part {
            Some(part) => part.of(&phrase),
            None => phrase,
        });
    }
    day(text, before).or_else(|| month_and_year(text, before)).map(Phrase::of_point).or_else(|| season(text, before))
}

/// The text without its era, and the era if one is said.
pub(super) fn era_of(text: &str) -> (&str, Option<Era>) {
    let after = [
        ("b.c.e.", Era::Before),
        ("b.c.", Era::Before),
        ("bce", Era::Before),
        ("bc", Era::Before),
        ("a.d.", Era::Common),
        ("c.e.", Era::Common),
        ("ad", Era::Common),
        ("ce", Era::Common),
    ];
    for (word, era) in after {
        if let Some(rest) = text.strip_suffix(word)
            && rest.ends_with([' ', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
        {
            return (rest.trim_end(), Some(era));
        }
    }
    (text, None)
}

fn number(text: &str) -> Option<i64> {
    let digits = (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// The astronomical year of a number; there is no year 0 in words.
fn counted(number: i64, before: bool) -> Option<i64> {
    match (number, before) {
        (0, _) => None,
        (number, true) => Some(1 - number),
        (number, false) => Some(number),
    }
}

fn year(text: &str, before: bool) -> Option<DatePoint> {
    let common = ["a.d. ", "ad "].iter().find_map(|era| text.strip_prefix(era));
    // 20 BC–AD 50 has its own era on either side.
    counted(number(common.unwrap_or(text))?, before && common.is_none()).map(DatePoint::of_year)
}

/// `1650s`, `1650's`. A decade before Christ has no expression of its own: -003X ends with -0030, which is 31 BC.
fn decade(text: &str, before: bool) -> Option<Phrase> {
    let digits = text.strip_suffix("'s").or_else(|| text.strip_suffix('s'))?;
    let start = number(digits).filter(|start| start % 10 == 0 && *start > 0)?;
    if before {
        return Some(Phrase::of_years(1 - start - 9, 1 - start, Certainty::PLAIN));
    }
    let point = DatePoint { unspecified_digits: 1, ..DatePoint::of_year(start) };
    Some(Phrase::of_point(point))
}

/// `17th century`, `17th c.`; with `bare`, `17th` alone.
fn centuries(text: &str, before: bool, bare: bool) -> Option<Phrase> {
    let ordinal = ["century", "centuries", "cent.", "c."].iter().find_map(|word| text.strip_suffix(word));
    let ordinal = match ordinal {
        Some(ordinal) => ordinal.trim_end(),
        None if bare => text,
        None => return None,
    };
    let digits = ["st", "nd", "rd", "th"].iter().find_map(|ending| ordinal.strip_suffix(ending))?;
    let century = number(digits).filter(|century| (1..=99).contains(century))?;
    if before {
        // The first century BC, 100 to 1 BC, is the years -99 to 0, for which there is no expression.
        let last = 100 - 100 * century;
        return Some(match century {
            1 => Phrase::of_years(-99, 0, Certainty::PLAIN),
            _ => Phrase::of_point(DatePoint { unspecified_digits: 2, ..DatePoint::of_year(last) }),
        });
    }
    let point = DatePoint { unspecified_digits: 2, ..DatePoint::of_year(100 * (century - 1)) };
    Some(Phrase::of_point(point))
}

/// A part of a decade or century.
#[derive(Clone, Copy)]
struct PartOf {
    number: i64,
    count: i64,
    /// Whether the words are loose, like `early`.
    loose: bool,
}

impl PartOf {
    fn of(self, whole: &Phrase) -> Phrase {
        let years = whole.last.year - whole.first.year + 1;
        let edge = |n: i64| whole.first.year + years * n / self.count;
        let certainty = Certainty { uncertain: false, approximate: self.loose };
        Phrase::of_years(edge(self.number), edge(self.number + 1) - 1, certainty)
    }
}

fn part_of(text: &str) -> (Option<PartOf>, &str) {
    let loose =
        [("early", 0), ("mid", 1), ("middle", 1), ("late", 2), ("beginning of", 0), ("middle of", 1), ("end of", 2)];
    for (word, number) in loose {
        if let Some(rest) = text.strip_prefix(word).and_then(|rest| rest.strip_prefix([' ', '-'])) {
            let rest = rest.strip_prefix("the ").unwrap_or(rest);
            return (Some(PartOf { number, count: 3, loose: true }), rest);
        }
    }
    for (name, count) in [("half", 2), ("third", 3), ("quarter", 4)] {
        let ordinals =
            [("first", 0), ("1st", 0), ("second", 1), ("2nd", 1), ("third", 2), ("3rd", 2), ("fourth", 3), ("4th", 3)];
        for (ordinal, number) in ordinals.into_iter().chain([("last", count - 1)]) {
            let rest = text.strip_prefix(ordinal).and_then(|rest| rest.strip_prefix([' ', '-']));
            if let Some(rest) = rest.and_then(|rest| rest.strip_prefix(name)).and_then(|rest| rest.strip_prefix(' '))
                && number < count
            {
                let rest = rest.strip_prefix("of ").unwrap_or(rest);
                let rest = rest.strip_prefix("the ").unwrap_or(rest);
                return (Some(PartOf { number, count, loose: false }), rest);
            }
        }
    }
    (None, text)
}

fn month(text: &str) -> Option<u8> {
    let name = text.trim_end_matches('.');
    let found = MONTHS
        .iter()
        .position(|month| *month == name || (name.len() >= 3 && month.starts_with(name) && name.len() <= 4))?;
    u8::try_from(found + 1).ok()
}

/// `march 1650`, `march, 1650`.
fn month_and_year(text: &str, before: bool) -> Option<DatePoint> {
    let (name, rest) = text.split_once(' ')?;
    let number = month(name.trim_end_matches(','))?;
    Some(DatePoint { month: Some(Part::Known(number)), ..year(rest, before)? })
}

/// `3 march 1650`, `march 3, 1650`, `3rd march 1650`.
fn day(text: &str, before: bool) -> Option<DatePoint> {
    let mut words = text.split(' ').map(|word| word.trim_end_matches(','));
    let (one, two, rest) = (words.next()?, words.next()?, words.collect::<Vec<_>>().join(" "));
    let (name, day) = if month(one).is_some() { (one, two) } else { (two, one) };
    let day = ["st", "nd", "rd", "th"].iter().find_map(|ending| day.strip_suffix(ending)).unwrap_or(day);
    let (month, year) = (month(name)?, year(&rest, before)?.year);
    let day = u8::try_from(number(day)?).ok().filter(|day| (1..=days_of(year, month)).contains(day))?;
    Some(DatePoint::of_day(Day { year, month, day }))
}

fn season(text: &str, before: bool) -> Option<Phrase> {
    let (name, rest) = text.split_once(' ')?;
    let season = match name {
        "spring" => 21,
        "summer" => 22,
        "autumn" | "fall" => 23,
        "winter" => 24,
        _ => return None,
    };
    let point = year(rest.strip_prefix("of ").unwrap_or(rest), before)?;
    let whole = Some(EdtfDate::Season { year: point.year, season });
    Some(Phrase { first: point.clone(), last: point, whole })
}

/// The name of a month, 1 to 12.
pub(super) fn month_name(month: u8) -> String {
    let name = MONTHS.get(usize::from(month).wrapping_sub(1)).copied().unwrap_or_default();
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
