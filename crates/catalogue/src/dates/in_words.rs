//! Dates as catalogues word them. What is worded here is understood again by [`super::read_date`].

use super::phrases::month_name;
use super::{Certainty, DatePoint, EdtfDate, IntervalEnd, Part};

impl EdtfDate {
    /// The date in English words, such as `c. 1650`, `before 1700`, `17th century`, `1650–1655`. A time of day is left out.
    pub fn in_words(&self) -> String {
        match self {
            EdtfDate::Point(point) => doubtful(point.certainty, &plain(point)),
            EdtfDate::Season { year, season } => {
                let name = match season {
                    21 => "spring",
                    22 => "summer",
                    23 => "autumn",
                    _ => "winter",
                };
                format!("{name} {}", plain(&DatePoint::of_year(*year)))
            }
            EdtfDate::Interval(start, end) => interval(start, end),
        }
    }
}

fn doubtful(certainty: Certainty, words: &str) -> String {
    let probably = if certainty.uncertain { "probably " } else { "" };
    let about = if certainty.approximate { "c. " } else { "" };
    format!("{probably}{about}{words}")
}

fn interval(start: &IntervalEnd, end: &IntervalEnd) -> String {
    let own = |point: &DatePoint| doubtful(point.certainty, &plain(point));
    match (start, end) {
        (IntervalEnd::Date(start), IntervalEnd::Date(end)) => {
            if start.certainty != end.certainty {
                return format!("from {} to {}", own(start), own(end));
            }
            doubtful(start.certainty, &span(start, end))
        }
        (IntervalEnd::Open, IntervalEnd::Date(end)) => {
            // Only the round years are the ones that people mean by "before".
            let next = end.year + 1;
            match end.is_whole_year() && next > 0 && next % 10 == 0 {
                true => format!("before {}", doubtful(end.certainty, &plain(&DatePoint::of_year(next)))),
                false => format!("{} or earlier", own(end)),
            }
        }
        (IntervalEnd::Date(start), IntervalEnd::Open) => {
            let previous = start.year - 1;
            match start.is_whole_year() && previous > 0 && previous % 10 == 0 {
                true => format!("after {}", doubtful(start.certainty, &plain(&DatePoint::of_year(previous)))),
                false => format!("{} or later", own(start)),
            }
        }
        (IntervalEnd::Unknown, IntervalEnd::Date(end)) => format!("until {}, beginning not known", own(end)),
        (IntervalEnd::Date(start), IntervalEnd::Unknown) => format!("from {}, end not known", own(start)),
        _ => "undated".into(),
    }
}

/// Two times of the same certainty.
fn span(start: &DatePoint, end: &DatePoint) -> String {
    if !start.is_whole_year() || !end.is_whole_year() {
        return format!("{} – {}", plain(start), plain(end));
    }
    let (first, last) = (start.year, end.year);
    if first > 0 && first % 100 == 0 && last % 100 == 99 {
        let (one, two) = (first / 100 + 1, last / 100 + 1);
        return match one == two {
            true => format!("{} century", ordinal(one)),
            false => format!("{}–{} century", ordinal(one), ordinal(two)),
        };
    }
    if first > 0 && first % 10 == 0 && last == first + 9 {
        return format!("{first}s");
    }
    match (first <= 0, last <= 0) {
        (true, true) => format!("{}–{} BC", 1 - first, 1 - last),
        (true, false) => format!("{} BC–AD {last}", 1 - first),
        _ if first < 1000 => format!("AD {first}–{last}"),
        _ => format!("{first}–{last}"),
    }
}

fn plain(point: &DatePoint) -> String {
    let year = point.year;
    match (point.unspecified_digits, point.month, point.day) {
        (4, ..) => return "undated".into(),
        (2, ..) if year < 0 => return format!("{} century BC", ordinal(1 - year / 100)),
        (2, ..) => return format!("{} century", ordinal(year / 100 + 1)),
        // -003X are the years 40 to 31 BC, and no word says so.
        (1, ..) if year < 0 => return format!("{}–{} BC", 10 - year, 1 - year),
        (1, ..) if year == 0 => return "1 BC–AD 9".into(),
        (1, ..) => return format!("{year}s"),
        _ => {}
    }
    let year = match year {
        ..=0 => format!("{} BC", 1 - year),
        1..=999 => format!("AD {year}"),
        _ => year.to_string(),
    };
    match (point.month, point.day) {
        (Some(Part::Known(month)), Some(Part::Known(day))) => format!("{day} {} {year}", month_name(month)),
        (Some(Part::Known(month)), None) => format!("{} {year}", month_name(month)),
        (Some(Part::Known(month)), Some(Part::Unspecified)) => format!("{} {year}, day not known", month_name(month)),
        (Some(Part::Unspecified), Some(_)) => format!("{year}, month and day not known"),
        (Some(Part::Unspecified), None) => format!("{year}, month not known"),
        (None, _) => year,
    }
}

fn ordinal(number: i64) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}
