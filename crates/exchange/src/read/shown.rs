//! What a spreadsheet shows of a number or a date: as many places, leading zeros and words as the cell's format has.
//!
//! Numbers are written without separators of thousands and with a point, dates as ISO 8601 has them, as far as the cell shows them: a cell
//! that shows the year alone says the year alone. Formats that are not understood show the number as it is.

use calamine::ExcelDateTime;

/// A number as the format shows it.
pub(super) fn number(value: f64, format: &str) -> String {
    match Places::read(format) {
        Some(places) => places.show(value),
        None => plain(value),
    }
}

/// A date, a time or both, as much of it as the format shows.
pub(super) fn moment(moment: &ExcelDateTime, format: &str) -> String {
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let letters = letters(format);
    let shows = |letter: char| letters.contains(letter);
    let clock = match (shows('s'), second) {
        (true, _) => format!("{hour:02}:{minute:02}:{second:02}"),
        (false, _) => format!("{hour:02}:{minute:02}"),
    };
    if moment.is_duration() || (shows('h') && !shows('y') && !shows('d')) {
        return clock;
    }
    let date = match (shows('y'), shows('m'), shows('d')) {
        (true, false, false) => format!("{year:04}"),
        (true, true, false) if !shows('h') => format!("{year:04}-{month:02}"),
        _ => format!("{year:04}-{month:02}-{day:02}"),
    };
    if shows('h') { format!("{date} {clock}") } else { date }
}

/// A number with the fifteen digits that spreadsheets keep.
fn plain(value: f64) -> String {
    let kept: f64 = format!("{value:.14e}").parse().unwrap_or(value);
    kept.to_string()
}

/// The letters of a format that stand for parts of a moment, in lower case.
fn letters(format: &str) -> String {
    let mut letters = String::new();
    let mut characters = first_section(format).chars();
    while let Some(c) = characters.next() {
        match c {
            '"' => drop(characters.by_ref().find(|c| *c == '"')),
            '\\' | '_' | '*' => drop(characters.next()),
            // Languages and colours, as [$-409] or [Red]; hours that go on, as [h], are a duration's.
            '[' => drop(characters.by_ref().find(|c| *c == ']')),
            c => letters.extend(c.to_lowercase()),
        }
    }
    letters
}

/// What stands for numbers above zero: up to the first semicolon outside quotation marks.
fn first_section(format: &str) -> &str {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in format.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if !quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => return &format[..at],
            _ => {}
        }
    }
    format
}

/// A format of digits.
#[derive(Debug, Default, PartialEq)]
struct Places {
    /// Digits before the point that are always there.
    whole: usize,
    /// Digits behind the point: always there, and at most.
    fraction: (usize, usize),
    percent: bool,
    before: String,
    behind: String,
}

impl Places {
    /// None for the general format, and for fractions, exponents and whatever else is not understood.
    fn read(format: &str) -> Option<Self> {
        let mut places = Self::default();
        let (mut digits, mut point) = (false, false);
        let mut characters = first_section(format).chars();
        while let Some(c) = characters.next() {
            let mut word = String::new();
            match c {
                '0' | '#' => {
                    digits = true;
                    match (point, c) {
                        (false, '0') => places.whole += 1,
                        (false, _) => {}
                        (true, '0') => places.fraction = (places.fraction.1 + 1, places.fraction.1 + 1),
                        (true, _) => places.fraction.1 += 1,
                    }
                }
                '.' => point = true,
                ',' => {}
                '%' => {
                    places.percent = true;
                    word.push('%');
                }
                '"' => word.extend(characters.by_ref().take_while(|c| *c != '"')),
                '\\' => word.extend(characters.next()),
                '_' | '*' => drop(characters.next()),
                '[' => {
                    let what: String = characters.by_ref().take_while(|c| *c != ']').collect();
                    // A currency stands behind a dollar sign: [$€-407].
                    if let Some(currency) = what.strip_prefix('$') {
                        word.push_str(currency.split('-').next().unwrap_or_default());
                    }
                }
                ' ' | '-' | '+' | '(' | ')' | ':' | '$' | '€' | '£' | '¥' => word.push(c),
                _ => return None,
            }
            if digits { places.behind.push_str(&word) } else { places.before.push_str(&word) }
        }
        digits.then_some(places)
    }

    fn show(&self, value: f64) -> String {
        let value = if self.percent { value * 100.0 } else { value };
        let (least, most) = self.fraction;
        let mut text = format!("{:.most$}", value.abs());
        if let Some((whole, fraction)) = text.clone().split_once('.') {
            let kept = fraction.trim_end_matches('0').len().max(least);
            text = if kept == 0 { whole.to_owned() } else { format!("{whole}.{}", &fraction[..kept]) };
        }
        let whole = text.find('.').unwrap_or(text.len());
        let zeros = "0".repeat(self.whole.min(64).saturating_sub(whole));
        let sign = if value < 0.0 && text.bytes().any(|byte| byte.is_ascii_digit() && byte != b'0') { "-" } else { "" };
        format!("{sign}{}{zeros}{text}{}", self.before, self.behind).trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use calamine::{ExcelDateTime, ExcelDateTimeType};

    use super::{moment, number};

    #[test]
    fn numbers_look_as_they_do_in_the_cell() {
        for (value, format, shown) in [
            (1650.0, "General", "1650"),
            (0.1 + 0.2, "General", "0.3"),
            (-12.5, "General", "-12.5"),
            (65.4, "0", "65"),
            (65.4, "0.00", "65.40"),
            (65.4, "#,##0.###", "65.4"),
            (1234567.0, "#,##0", "1234567"),
            (42.0, "00000", "00042"),
            (65.0, "0\" cm\"", "65 cm"),
            (65.0, "0\\ \\x", "65 x"),
            (0.125, "0.0%", "12.5%"),
            (-3.0, "0;[Red]-0", "-3"),
            (-0.001, "0.0", "0.0"),
            (12.0, "[$€-407] 0.00", "€ 12.00"),
            (0.5, "# ?/?", "0.5"),
            (1e7, "0.00E+00", "10000000"),
            (7.0, "@", "7"),
        ] {
            assert_eq!(number(value, format), shown, "{value} as {format}");
        }
    }

    #[test]
    fn a_date_says_as_much_as_the_cell_shows() {
        // 1905-03-17 has the number 1903 in a spreadsheet, a quarter of a day is six o'clock.
        for (value, format, shown) in [
            (1903.0, "dd/mm/yyyy", "1905-03-17"),
            (1903.0, "yyyy", "1905"),
            (1903.0, "mmmm yyyy", "1905-03"),
            (1903.0, "[$-409]d\\ mmm\\ yy;@", "1905-03-17"),
            (1903.25, "yyyy-mm-dd hh:mm", "1905-03-17 06:00"),
            (0.25, "h:mm:ss", "06:00:00"),
            (1903.0, "d-mmm", "1905-03-17"),
            (1903.0, "\"year \"yyyy", "1905"),
        ] {
            let date = ExcelDateTime::new(value, ExcelDateTimeType::DateTime, false);
            assert_eq!(moment(&date, format), shown, "{value} as {format}");
        }
    }
}
