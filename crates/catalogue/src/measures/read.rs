//! Texts of measures, understood.

use super::{Amount, Measure, MeasureGroup, MeasureKind, Measures, Unit};

/// The longest text that is looked at; records have some hundred characters.
const LONGEST: usize = 4000;

/// The measures that a text names; none where there is a part that can't be understood, so that nothing is lost in silence.
pub fn read_measures(text: &str) -> Option<Measures> {
    if text.len() > LONGEST {
        return None;
    }
    // A carriage return that a spreadsheet's XML has escaped.
    let text = text.replace("_x000D_", "\n");
    let groups: Option<Vec<MeasureGroup>> =
        text.split(['\n', '\r', ';']).map(str::trim).filter(|part| !part.is_empty()).map(group).collect();
    groups.filter(|groups| !groups.is_empty()).map(Measures)
}

fn group(text: &str) -> Option<MeasureGroup> {
    let (part, rest) = match text.split_once(':') {
        // `H: 5 cm` names a kind, not a part of the object; `H x W: 5 x 6 cm` the kinds in their usual order.
        Some((label, rest)) if kind(label.trim()).is_none() => match is_order(label) {
            true => (None, rest),
            false => (Some(label.trim().to_owned()).filter(|label| !label.is_empty()), rest),
        },
        _ => (None, text),
    };
    let rest = rest.trim().trim_end_matches('.');
    let (first, again) = match rest.find('(') {
        Some(at) => {
            let (first, bracket) = (rest.get(..at)?, rest.get(at + 1..)?);
            let inside = bracket.trim().trim_end_matches([',', '.']).strip_suffix(')')?;
            (first, row(inside, true)?)
        }
        None => (rest, Vec::new()),
    };
    let mut measures = row(first, false)?;
    let mut again = again;
    // In `H. 30 in. (76.2 cm)` the bracket speaks of the height too, without saying it.
    if again.len() == measures.len() {
        for (again, first) in again.iter_mut().zip(&measures) {
            if !again.named {
                again.kind = first.kind;
            }
        }
    }
    if measures.is_empty() {
        std::mem::swap(&mut measures, &mut again);
    }
    (!measures.is_empty()).then_some(MeasureGroup { part, measures, again })
}

fn is_order(label: &str) -> bool {
    let tidy: String = label.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    matches!(tidy.as_str(), "hxw" | "h×w" | "hxwxd" | "h×w×d")
}

/// What is between two crosses or commas: `30`, `H. 30 3/4 in.`.
struct Piece {
    kind: Option<MeasureKind>,
    amount: Amount,
    unit: Option<Unit>,
}

/// A row of measures. A unit counts for all before it that have none.
fn row(text: &str, bracketed: bool) -> Option<Vec<Measure>> {
    let text = text.trim();
    if text.is_empty() {
        return (!bracketed).then(Vec::new);
    }
    let mut pieces = Vec::new();
    for part in separated(text) {
        pieces.push(piece(part.trim())?);
    }
    let mut unit = None;
    for piece in pieces.iter_mut().rev() {
        unit = piece.unit.or(unit);
        piece.unit = unit;
    }
    let order = [MeasureKind::Height, MeasureKind::Width, MeasureKind::Depth];
    let measures: Option<Vec<Measure>> = pieces
        .iter()
        .enumerate()
        .map(|(index, piece)| {
            let unit = piece.unit?;
            let kind = match piece.kind {
                Some(kind) => kind,
                None if unit.is_of_weight() => MeasureKind::Weight,
                None => *order.get(index)?,
            };
            let fits = unit.is_of_weight() == (kind == MeasureKind::Weight);
            fits.then_some(Measure { kind, amount: piece.amount, unit, named: piece.kind.is_some() })
        })
        .collect();
    measures
}

/// At crosses, and at commas that do not belong to a number.
fn separated(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    for (index, (at, c)) in characters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| characters.get(index)).map(|(_, c)| *c);
        let after = characters.get(index + 1).map(|(_, c)| *c);
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let cross = match c {
            '×' => true,
            // No letter x but the one that stands alone, or between numbers and units.
            'x' | 'X' => {
                !before.is_some_and(char::is_alphabetic) && (after.is_none_or(char::is_whitespace) || digit(after))
            }
            ',' => !(digit(before) && digit(after)),
            _ => false,
        };
        if cross {
            parts.extend(text.get(start..*at));
            start = at + c.len_utf8();
        }
    }
    parts.extend(text.get(start..));
    parts
}

fn piece(text: &str) -> Option<Piece> {
    let start = text.find(|c: char| c.is_ascii_digit() || vulgar(c).is_some())?;
    let label = text.get(..start)?.trim().trim_end_matches(['=', ':']).trim();
    let kind = match label {
        "" => None,
        label => Some(kind(label)?),
    };
    let rest = text.get(start..)?;
    let end = rest
        .find(|c: char| !(c.is_ascii_digit() || vulgar(c).is_some() || matches!(c, ' ' | '.' | ',' | '/' | '-' | '⁄')))
        .unwrap_or(rest.len());
    let amount = amount(rest.get(..end)?.trim_end_matches([' ', '-', '.']).trim())?;
    let unit = match rest.get(end..)?.trim() {
        "" => None,
        word => Some(unit(word)?),
    };
    Some(Piece { kind, amount, unit })
}

fn kind(label: &str) -> Option<MeasureKind> {
    Some(match label.to_lowercase().trim_end_matches('.') {
        "h" | "ht" | "height" => MeasureKind::Height,
        "w" | "width" => MeasureKind::Width,
        "d" | "depth" => MeasureKind::Depth,
        "l" | "length" => MeasureKind::Length,
        "diam" | "dia" | "diameter" | "ø" => MeasureKind::Diameter,
        "th" | "thickness" => MeasureKind::Thickness,
        "circ" | "circumference" => MeasureKind::Circumference,
        "wt" | "weight" => MeasureKind::Weight,
        _ => return None,
    })
}

fn unit(word: &str) -> Option<Unit> {
    Some(match word.to_lowercase().trim_end_matches('.') {
        "mm" | "millimetres" | "millimeters" => Unit::Millimetre,
        "cm" | "centimetres" | "centimeters" => Unit::Centimetre,
        "m" | "metres" | "meters" => Unit::Metre,
        "in" | "inch" | "inches" | "\"" | "″" => Unit::Inch,
        "ft" | "foot" | "feet" => Unit::Foot,
        "g" | "grams" => Unit::Gram,
        "kg" | "kilograms" => Unit::Kilogram,
        "oz" | "ounces" => Unit::Ounce,
        "lb" | "lbs" | "pounds" => Unit::Pound,
        _ => return None,
    })
}

/// Fractions that have a character of their own.
fn vulgar(c: char) -> Option<(u64, u64)> {
    Some(match c {
        '¼' => (1, 4),
        '½' => (1, 2),
        '¾' => (3, 4),
        '⅓' => (1, 3),
        '⅔' => (2, 3),
        '⅛' => (1, 8),
        '⅜' => (3, 8),
        '⅝' => (5, 8),
        '⅞' => (7, 8),
        _ => return None,
    })
}

/// `165.1`, `165,1`, `30 3/4`, `30-3/4`, `3/4`, `30¾`.
fn amount(text: &str) -> Option<Amount> {
    if let Some((c, (numerator, denominator))) = text.chars().next_back().and_then(|c| Some((c, vulgar(c)?))) {
        let whole = text.strip_suffix(c)?.trim().trim_end_matches('-');
        let whole = if whole.is_empty() { 0 } else { whole_number(whole)? };
        return Amount::new(whole.checked_mul(denominator)?.checked_add(numerator)?, denominator);
    }
    if let Some((before, denominator)) = text.split_once(['/', '⁄']) {
        let denominator = whole_number(denominator.trim())?;
        let (whole, numerator) = match before.trim().rsplit_once([' ', '-']) {
            Some((whole, numerator)) => (whole_number(whole.trim().trim_end_matches('-'))?, whole_number(numerator)?),
            None => (0, whole_number(before.trim())?),
        };
        return Amount::new(whole.checked_mul(denominator)?.checked_add(numerator)?, denominator);
    }
    match text.split_once(['.', ',']) {
        Some((whole, places)) if (1..=6).contains(&places.len()) => {
            let scale = 10_u64.pow(u32::try_from(places.len()).ok()?);
            let whole = if whole.is_empty() { 0 } else { whole_number(whole)? };
            Amount::new(whole.checked_mul(scale)?.checked_add(whole_number(places)?)?, scale)
        }
        Some(_) => None,
        None => Amount::new(whole_number(text)?, 1),
    }
}

fn whole_number(text: &str) -> Option<u64> {
    let digits = (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}
