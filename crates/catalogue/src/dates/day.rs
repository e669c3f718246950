//! Days of the proleptic Gregorian calendar, and the stretch from an earliest to a latest one.

use std::fmt;

use super::{DatePoint, EdtfDate, IntervalEnd, Part};

/// A day; years are astronomical.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    /// The year; 0 is 1 BC.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Day {
    pub(super) fn before(self) -> Self {
        match (self.month, self.day) {
            (1, 1) => Self { year: self.year - 1, month: 12, day: 31 },
            (month, 1) => Self { month: month - 1, day: days_of(self.year, month - 1), ..self },
            (_, day) => Self { day: day - 1, ..self },
        }
    }

    pub(super) fn after(self) -> Self {
        if self.day < days_of(self.year, self.month) {
            return Self { day: self.day + 1, ..self };
        }
        match self.month {
            12 => Self { year: self.year + 1, month: 1, day: 1 },
            month => Self { month: month + 1, day: 1, ..self },
        }
    }
}

impl fmt::Display for Day {
    /// As EDTF; a year of more than four digits without its `Y`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.year < 0 { "-" } else { "" };
        write!(f, "{sign}{:04}-{:02}-{:02}", self.year.unsigned_abs(), self.month, self.day)
    }
}

/// One end of a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// A day.
    Day(Day),
    /// There is no end.
    Open,
    /// Nobody knows it.
    Unknown,
}

impl Limit {
    /// The day, if there is one.
    pub fn day(self) -> Option<Day> {
        match self {
            Limit::Day(day) => Some(day),
            Limit::Open | Limit::Unknown => None,
        }
    }
}

/// From the earliest to the latest day, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Extent {
    /// The first day.
    pub earliest: Limit,
    /// The last day.
    pub latest: Limit,
}

impl EdtfDate {
    /// The earliest and the latest day that the date allows. A season counts for its whole year: nothing says on which half of the
    /// earth it was.
    pub fn extent(&self) -> Extent {
        let (earliest, latest) = match self {
            EdtfDate::Point(point) => (Limit::Day(point.first_day()), Limit::Day(point.last_day())),
            EdtfDate::Season { year, .. } => {
                let whole = DatePoint::of_year(*year);
                (Limit::Day(whole.first_day()), Limit::Day(whole.last_day()))
            }
            EdtfDate::Interval(start, end) => (start.limit(DatePoint::first_day), end.limit(DatePoint::last_day)),
        };
        Extent { earliest, latest }
    }
}

impl IntervalEnd {
    fn limit(&self, day: fn(&DatePoint) -> Day) -> Limit {
        match self {
            IntervalEnd::Open => Limit::Open,
            IntervalEnd::Unknown => Limit::Unknown,
            IntervalEnd::Date(point) => Limit::Day(day(point)),
        }
    }
}

impl DatePoint {
    /// The first and last year that its digits allow.
    pub(super) fn years(&self) -> (i64, i64) {
        let span = 10_i64.pow(u32::from(self.unspecified_digits)) - 1;
        // In the years before 0 the digits count backwards: -04XX is -0499 to -0400.
        if self.year < 0 { (self.year - span, self.year) } else { (self.year, self.year + span) }
    }

    /// The first day that it allows.
    pub fn first_day(&self) -> Day {
        let known = |part: Option<Part>| match part {
            Some(Part::Known(number)) => number,
            _ => 1,
        };
        Day { year: self.years().0, month: known(self.month), day: known(self.day) }
    }

    /// The last day that it allows.
    pub fn last_day(&self) -> Day {
        let year = self.years().1;
        let month = match self.month {
            Some(Part::Known(month)) => month,
            _ => 12,
        };
        let day = match self.day {
            Some(Part::Known(day)) => day,
            _ => days_of(year, month),
        };
        Day { year, month, day }
    }
}

/// How many days a month has.
pub(super) fn days_of(year: i64, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}
