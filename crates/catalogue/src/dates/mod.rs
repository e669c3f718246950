//! Dates of works: EDTF (ISO 8601-2, Library of Congress) at level 0 and 1, and the words that catalogues use for them.
//!
//! A statement keeps the words that somebody wrote, `c. 1650` or `late 17th century`; [`read_date`] understands them, and what
//! is EDTF already. [`EdtfDate`] prints as EDTF, tells its earliest and latest day, and its words by [`EdtfDate::in_words`].
//!
//! Years count astronomically: 0 is 1 BC, -1 is 2 BC. The calendar is the proleptic Gregorian one, as EDTF wants it.

mod day;
mod edtf;
mod in_words;
mod phrases;
mod words;

pub use day::{Day, Extent, Limit};

/// A date at level 0 or 1 of EDTF.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EdtfDate {
    /// `1650`, `165X`, `1650-03-XX`, `1650~`, `Y-17000`, `1985-04-12T23:20:30Z`.
    Point(DatePoint),
    /// `1650-21`: the season of a year, by the code from 21 (spring) to 24 (winter).
    Season {
        /// The year.
        year: i64,
        /// 21 to 24.
        season: u8,
    },
    /// `1650/1655~`, `../1700`, `1650/`.
    Interval(IntervalEnd, IntervalEnd),
}

/// Either end of an interval.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum IntervalEnd {
    /// `..`: there is none.
    Open,
    /// Nothing written: there is one, and nobody knows it.
    Unknown,
    /// A date without unspecified digits.
    Date(DatePoint),
}

/// A year, month or day, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DatePoint {
    /// The year; digits that are not specified are 0 in it.
    pub year: i64,
    /// How many of the year's last digits are not specified: 0, 1 (a decade), 2 (a century) or 4.
    pub unspecified_digits: u8,
    /// The month, if anything is said of it.
    pub month: Option<Part>,
    /// The day of the month, if anything is said of it.
    pub day: Option<Part>,
    /// The time of day as it was written, after the `T`.
    pub time: Option<String>,
    /// How sure it is.
    pub certainty: Certainty,
}

/// A month or a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// Its number.
    Known(u8),
    /// `XX`.
    Unspecified,
}

/// How sure a date is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Certainty {
    /// `?`: the source is doubtful.
    pub uncertain: bool,
    /// `~`: an estimate.
    pub approximate: bool,
}

impl Certainty {
    /// As sure as can be.
    pub const PLAIN: Self = Self { uncertain: false, approximate: false };

    fn and(self, other: Self) -> Self {
        Self { uncertain: self.uncertain || other.uncertain, approximate: self.approximate || other.approximate }
    }
}

impl DatePoint {
    /// A whole year.
    pub fn of_year(year: i64) -> Self {
        Self { year, unspecified_digits: 0, month: None, day: None, time: None, certainty: Certainty::PLAIN }
    }

    fn of_day(day: Day) -> Self {
        Self { month: Some(Part::Known(day.month)), day: Some(Part::Known(day.day)), ..Self::of_year(day.year) }
    }

    fn with(mut self, certainty: Certainty) -> Self {
        self.certainty = self.certainty.and(certainty);
        self
    }

    fn is_whole_year(&self) -> bool {
        self.month.is_none() && self.unspecified_digits == 0
    }
}

/// The date that a text tells, in EDTF or in words of a catalogue; none where it tells none that can be understood.
///
/// A hyphen between digits is read as EDTF where that is possible (`1509-11` is November 1509); a dash never is (`1509–11` are three
/// years). An estimate says nothing of its margin: `c. 1650` is `1650~`, whose earliest day is 1 January 1650. Centuries are
/// counted as EDTF counts them, from 1600 to 1699. Early, middle and late are thirds, and approximate.
pub fn read_date(text: &str) -> Option<EdtfDate> {
    // The longest phrases have some sixty characters; a page of text is no date.
    if text.len() > 200 {
        return None;
    }
    text.trim().parse().ok().or_else(|| words::read(text))
}
