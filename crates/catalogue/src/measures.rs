//! Measures: `65 × 48 in. (165.1 × 121.9 cm)`, `H. 30-3/4 in.; Diam. 7 cm`, read part by part and written in one form.
//!
//! Numbers stay as exact as they were written: a quantity is a fraction of whole numbers, and centimetres are not turned into inches
//! behind anybody's back.

mod read;

use std::fmt;

pub use read::read_measures;

/// All measures that a text names, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Measures(pub Vec<MeasureGroup>);

/// Measures that belong together, such as those of the frame.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MeasureGroup {
    /// What was measured, e.g. `Overall` or `framed`; none where nothing is said.
    pub part: Option<String>,
    /// The measures as they come first.
    pub measures: Vec<Measure>,
    /// The same once more in another unit, as in the brackets; empty where there are no brackets.
    pub again: Vec<Measure>,
}

/// One measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Measure {
    /// What it is; two bare numbers are height and width, a third one is depth.
    pub kind: MeasureKind,
    /// How much.
    pub amount: Amount,
    /// Of what.
    pub unit: Unit,
    /// Whether a letter or word named the kind (`H. 30 cm`).
    pub named: bool,
}

/// A number that is zero or more: `numerator / denominator`, in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Amount {
    numerator: u64,
    denominator: u64,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum MeasureKind {
    Height,
    Width,
    Depth,
    Length,
    Diameter,
    Thickness,
    Circumference,
    Weight,
}

/// A unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Unit {
    Millimetre,
    Centimetre,
    Metre,
    Inch,
    Foot,
    Gram,
    Kilogram,
    Ounce,
    Pound,
}

impl MeasureKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Height,
        Self::Width,
        Self::Depth,
        Self::Length,
        Self::Diameter,
        Self::Thickness,
        Self::Circumference,
        Self::Weight,
    ];

    /// Its name, e.g. `height`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Height => "height",
            Self::Width => "width",
            Self::Depth => "depth",
            Self::Length => "length",
            Self::Diameter => "diameter",
            Self::Thickness => "thickness",
            Self::Circumference => "circumference",
            Self::Weight => "weight",
        }
    }

    fn letters(self) -> &'static str {
        match self {
            Self::Height => "H.",
            Self::Width => "W.",
            Self::Depth => "D.",
            Self::Length => "L.",
            Self::Diameter => "Diam.",
            Self::Thickness => "Th.",
            Self::Circumference => "Circ.",
            Self::Weight => "Wt.",
        }
    }
}

impl Unit {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Millimetre,
        Self::Centimetre,
        Self::Metre,
        Self::Inch,
        Self::Foot,
        Self::Gram,
        Self::Kilogram,
        Self::Ounce,
        Self::Pound,
    ];

    /// As it is written behind a number, e.g. `cm`, `in.`.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Millimetre => "mm",
            Self::Centimetre => "cm",
            Self::Metre => "m",
            Self::Inch => "in.",
            Self::Foot => "ft.",
            Self::Gram => "g",
            Self::Kilogram => "kg",
            Self::Ounce => "oz.",
            Self::Pound => "lb.",
        }
    }

    /// Whether it measures weights.
    pub fn is_of_weight(self) -> bool {
        matches!(self, Self::Gram | Self::Kilogram | Self::Ounce | Self::Pound)
    }

    /// Whether its fractions are written as such, `3 5/8`, rather than with a decimal point.
    fn is_imperial(self) -> bool {
        matches!(self, Self::Inch | Self::Foot | Self::Ounce | Self::Pound)
    }
}

impl Amount {
    /// `numerator / denominator` in lowest terms; none for a denominator of 0.
    pub fn new(numerator: u64, denominator: u64) -> Option<Self> {
        let (mut one, mut other) = (numerator, denominator);
        while other > 0 {
            (one, other) = (other, one % other);
        }
        (denominator > 0).then(|| Self { numerator: numerator / one, denominator: denominator / one })
    }

    /// As a floating-point number.
    pub fn value(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    /// As a decimal number with at most six places, exact for all that has no more.
    pub fn decimal(self) -> String {
        let text = format!("{:.6}", self.value());
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }

    /// As a whole number with a fraction if its unit is written so, e.g. `3 5/8`.
    fn written(self, unit: Unit) -> String {
        let (whole, rest) = (self.numerator / self.denominator, self.numerator % self.denominator);
        let fraction = unit.is_imperial() && self.denominator.is_power_of_two() && rest > 0;
        match (fraction, whole) {
            (false, _) => self.decimal(),
            (true, 0) => format!("{rest}/{}", self.denominator),
            (true, _) => format!("{whole} {rest}/{}", self.denominator),
        }
    }
}

impl fmt::Display for Measures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, group) in self.0.iter().enumerate() {
            write!(f, "{}{group}", if index > 0 { "; " } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Display for MeasureGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(part) = &self.part {
            write!(f, "{part}: ")?;
        }
        row(&self.measures, f)?;
        if !self.again.is_empty() {
            f.write_str(" (")?;
            row(&self.again, f)?;
            f.write_str(")")?;
        }
        Ok(())
    }
}

/// Measures of one unit with the unit behind the last one.
fn row(measures: &[Measure], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, measure) in measures.iter().enumerate() {
        if index > 0 {
            f.write_str(" × ")?;
        }
        if measure.named {
            write!(f, "{} ", measure.kind.letters())?;
        }
        f.write_str(&measure.amount.written(measure.unit))?;
        if measures.get(index + 1).is_none_or(|next| next.unit != measure.unit) {
            write!(f, " {}", measure.unit.symbol())?;
        }
    }
    Ok(())
}
