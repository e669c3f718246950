//! EDTF, read and printed.

use std::fmt;
use std::str::FromStr;

use super::day::days_of;
use super::{Certainty, DatePoint, EdtfDate, IntervalEnd, Part};

/// Years beyond this are of no use to anybody's calendar, and their sums would overflow one day.
const FARTHEST_YEAR: i64 = 1_000_000_000_000;

/// Why a text is no EDTF.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is no date in EDTF at level 0 or 1, such as 1650, 1650-03, 165X, 1650~ or 1650/1655")]
pub struct NoEdtf(String);

impl FromStr for EdtfDate {
    type Err = NoEdtf;

    fn from_str(text: &str) -> Result<Self, NoEdtf> {
        parse(text).ok_or_else(|| NoEdtf(text.chars().take(60).collect()))
    }
}

fn parse(text: &str) -> Option<EdtfDate> {
    if let Some((start, end)) = text.split_once('/') {
        let (start, end) = (interval_end(start)?, interval_end(end)?);
        if let (IntervalEnd::Date(start), IntervalEnd::Date(end)) = (&start, &end)
            && start.first_day() >= end.first_day()
        {
            return None;
        }
        return Some(EdtfDate::Interval(start, end));
    }
    if let Some(digits) = text.strip_prefix('Y') {
        let year = signed(digits)?;
        return (year.abs() > 9999).then(|| EdtfDate::Point(DatePoint::of_year(year)));
    }
    let (text, certainty) = certainty(text);
    if let Some(date) = season(text) {
        return (certainty == Certainty::PLAIN).then_some(date);
    }
    let point = point(text)?;
    // Level 1 knows no estimate whose digits are not specified.
    let vague = point.unspecified_digits > 0 || [point.month, point.day].contains(&Some(Part::Unspecified));
    let allowed = certainty == Certainty::PLAIN || (!vague && point.time.is_none());
    allowed.then(|| EdtfDate::Point(point.with(certainty)))
}

fn interval_end(text: &str) -> Option<IntervalEnd> {
    match text {
        ".." => Some(IntervalEnd::Open),
        "" => Some(IntervalEnd::Unknown),
        text => {
            let (text, certainty) = certainty(text);
            let point = point(text)?;
            let plain = point.unspecified_digits == 0
                && point.time.is_none()
                && ![point.month, point.day].contains(&Some(Part::Unspecified));
            plain.then(|| IntervalEnd::Date(point.with(certainty)))
        }
    }
}

fn certainty(text: &str) -> (&str, Certainty) {
    let signs = [('?', true, false), ('~', false, true), ('%', true, true)];
    for (sign, uncertain, approximate) in signs {
        if let Some(rest) = text.strip_suffix(sign) {
            return (rest, Certainty { uncertain, approximate });
        }
    }
    (text, Certainty::PLAIN)
}

/// A year and the code of a season.
fn season(text: &str) -> Option<EdtfDate> {
    let (year, code) = text.rsplit_once('-')?;
    let point = point(year).filter(DatePoint::is_whole_year)?;
    let season = number(code).filter(|season| code.len() == 2 && (21..=24).contains(season))?;
    Some(EdtfDate::Season { year: point.year, season: u8::try_from(season).ok()? })
}

fn point(text: &str) -> Option<DatePoint> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time_of_day(time)?)),
        None => (text, None),
    };
    let (sign, unsigned) = match date.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, date),
    };
    let mut parts = unsigned.split('-');
    let digits = parts.next()?;
    let (month, day) = (parts.next(), parts.next());
    if parts.next().is_some() || digits.len() != 4 || (sign < 0 && digits == "0000") {
        return None;
    }
    let specified = digits.trim_end_matches('X');
    let unspecified_digits = u8::try_from(digits.len() - specified.len()).ok()?;
    let year = match unspecified_digits {
        0..=2 => number(specified)? * 10_i64.pow(u32::from(unspecified_digits)),
        4 if sign > 0 => 0,
        _ => return None,
    };
    // -00XX are the years from -0099 to 0, which no sign can carry.
    if (sign < 0 && year == 0) || (unspecified_digits > 0 && month.is_some()) {
        return None;
    }
    let year = sign * year;
    let month = match month {
        Some(text) => Some(part(text, 12)?),
        None => None,
    };
    let day = match (month, day) {
        (_, None) => None,
        (Some(Part::Known(month)), Some(day)) => Some(part(day, days_of(year, month))?),
        // Nobody knows the day of a month that nobody knows.
        (Some(Part::Unspecified), Some("XX")) => Some(Part::Unspecified),
        _ => return None,
    };
    if time.is_some() && !matches!(day, Some(Part::Known(_))) {
        return None;
    }
    Some(DatePoint { year, unspecified_digits, month, day, time, certainty: Certainty::PLAIN })
}

fn part(text: &str, most: u8) -> Option<Part> {
    if text == "XX" {
        return Some(Part::Unspecified);
    }
    let value = u8::try_from(number(text).filter(|_| text.len() == 2)?).ok()?;
    (1..=most).contains(&value).then_some(Part::Known(value))
}

fn signed(text: &str) -> Option<i64> {
    match text.strip_prefix('-') {
        Some(rest) => number(rest).map(|year| -year),
        None => number(text),
    }
}

/// A number of ASCII digits and nothing else, within reason.
fn number(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number <= FARTHEST_YEAR)
}

/// `23:20:30`, with `Z` or an offset like `+04:30`, or nothing after it; kept as it is written.
fn time_of_day(text: &str) -> Option<String> {
    let clock = text.get(..8)?;
    let two = |text: &str, most: i64| (text.len() == 2).then(|| number(text)).flatten().filter(|n| *n <= most);
    let in_day = |text: &str| {
        let mut parts = text.split(':');
        let hour = two(parts.next()?, 24)?;
        let minute = two(parts.next()?, 59)?;
        let second = parts.next().map_or(Some(0), |second| two(second, 59))?;
        (hour < 24 || (minute == 0 && second == 0)).then_some(())
    };
    in_day(clock)?;
    match text.get(8..)? {
        "" | "Z" => {}
        zone => in_day(zone.strip_prefix(['+', '-']).filter(|zone| zone.len() == 5)?)?,
    }
    Some(text.to_owned())
}

impl fmt::Display for EdtfDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EdtfDate::Point(point) => point.fmt(f),
            EdtfDate::Season { year, season } => write!(f, "{}-{season}", DatePoint::of_year(*year)),
            EdtfDate::Interval(start, end) => write!(f, "{start}/{end}"),
        }
    }
}

impl fmt::Display for IntervalEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IntervalEnd::Open => f.write_str(".."),
            IntervalEnd::Unknown => Ok(()),
            IntervalEnd::Date(point) => point.fmt(f),
        }
    }
}

impl fmt::Display for DatePoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.year < 0 { "-" } else { "" };
        if self.year.abs() > 9999 {
            f.write_str("Y")?;
        }
        let digits = format!("{:04}", self.year.unsigned_abs());
        let specified = digits.len().saturating_sub(usize::from(self.unspecified_digits));
        write!(f, "{sign}{:X<width$}", digits.get(..specified).unwrap_or_default(), width = digits.len())?;
        for part in [self.month, self.day].into_iter().flatten() {
            match part {
                Part::Known(number) => write!(f, "-{number:02}")?,
                Part::Unspecified => f.write_str("-XX")?,
            }
        }
        if let Some(time) = &self.time {
            write!(f, "T{time}")?;
        }
        f.write_str(match (self.certainty.uncertain, self.certainty.approximate) {
            (false, false) => "",
            (true, false) => "?",
            (false, true) => "~",
            (true, true) => "%",
        })
    }
}
