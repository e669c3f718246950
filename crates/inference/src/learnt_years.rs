//! When the works of each label were made, and what the date of a work therefore says of it beside its picture.
//!
//! By Bayes' rule the odds of a label change as much as the date is likelier for its works than for works at large. How likely a year is for
//! a label tells a Gaussian kernel over the years of its works (Parzen 1962, *On Estimation of a Probability Density Function and Mode*). Of
//! labels of which few or no dated works are known it matters most when, by what books say, their works were made.

use serde::{Deserialize, Serialize};

use crate::Years;

/// The kernel's standard deviation in years: about how far from a painter's known works another of his may be.
const SPREAD: f64 = 10.0;

/// Besides its own works each label is taken to have so many more: of its period, where one is given, else of any time.
const ASSUMED: f64 = 5.0;

/// The share of those of a period that may be of any time after all, so that no date excludes a label.
const OF_ANY_TIME: f64 = 0.2;

/// Every so many years of a period a work is assumed.
const STEP: usize = 5;

/// The density of a year in which no works are known.
const LEAST_DENSITY: f64 = 1e-5;

/// A date that leaves more years than this open says nothing.
const LONGEST: i32 = 200;

/// No period is longer, in years.
const LONGEST_PERIOD: i32 = 2000;

/// With fewer works whose years are known nothing is learnt.
const LEAST_WORKS: usize = 50;

/// The years of learnt works, and how much they count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub(crate) struct LearntYears {
    /// For each label the years in which its works were made that were learnt from, in order.
    works: Vec<Vec<i32>>,
    /// For each label when its works were made by what books say, where that is given.
    periods: Vec<Option<Years>>,
    /// How much a date counts between the labels: with 1 as if picture and date had nothing to do with each other once the label is known,
    /// with 0 not at all.
    pub(crate) weight: f32,
    /// How much it counts, likewise, for whether any of them is right. Works by other hands that look like a painter's are mostly of his
    /// time, so it may be worth less there.
    pub(crate) weight_within: f32,
}

impl LearntYears {
    /// Of works with their label, each label with its period, and when they were made; such as may have been made in several years count for
    /// the middle one.
    pub(crate) fn of(works: impl Iterator<Item = (usize, Years)>, periods: Vec<Option<Years>>) -> Option<Self> {
        let mut years = vec![Vec::new(); periods.len()];
        let mut count = 0;
        for (label, made) in works.filter(|(_, made)| made.span() < LONGEST) {
            years[label].push(made.first.midpoint(made.last));
            count += 1;
        }
        years.iter_mut().for_each(|years| years.sort_unstable());
        (count >= LEAST_WORKS).then_some(Self { works: years, periods, weight: 1.0, weight_within: 1.0 })
    }

    /// Whether there are years for each of `labels`.
    pub(crate) fn fits(&self, labels: usize) -> bool {
        self.works.len() == labels && self.periods.len() == labels
    }

    /// For each label how much likelier it is that its works were made then than works at large, as a logarithm, times the weight. `None` where
    /// the date leaves too much open.
    pub(crate) fn log_odds(&self, made: &Years) -> Option<Vec<f32>> {
        if made.last < made.first || made.span() >= LONGEST || self.weight == 0.0 {
            return None;
        }
        let all: usize = self.works.iter().map(Vec::len).sum();
        let sums: Vec<f64> =
            self.works.iter().map(|works| works.iter().map(|&year| kernel(made, year)).sum()).collect();
        let at_large = sums.iter().sum::<f64>() / all.max(1) as f64 + LEAST_DENSITY;
        let of_label = |((works, sum), period): ((&Vec<i32>, &f64), &Option<Years>)| {
            let assumed = match period {
                Some(period) => (1.0 - OF_ANY_TIME) * spread(made, period) + OF_ANY_TIME * at_large,
                None => at_large,
            };
            let density = (sum + ASSUMED * assumed) / (works.len() as f64 + ASSUMED);
            self.weight * (density / at_large).ln() as f32
        };
        Some(self.works.iter().zip(&sums).zip(&self.periods).map(of_label).collect())
    }
}

/// As it is written: the years of each label in one line.
#[derive(Serialize, Deserialize)]
struct Written {
    works: Vec<String>,
    periods: Vec<String>,
    weight: f32,
    weight_within: f32,
}

impl From<LearntYears> for Written {
    fn from(LearntYears { works, periods, weight, weight_within }: LearntYears) -> Self {
        let line = |years: Vec<i32>| years.iter().map(i32::to_string).collect::<Vec<_>>().join(" ");
        let period = |period: Option<Years>| period.map_or(String::new(), |p| format!("{} {}", p.first, p.last));
        let periods = periods.into_iter().map(period).collect();
        Self { works: works.into_iter().map(line).collect(), periods, weight, weight_within }
    }
}

impl TryFrom<Written> for LearntYears {
    type Error = String;

    fn try_from(Written { works, periods, weight, weight_within }: Written) -> Result<Self, String> {
        let years = |line: &String| -> Result<Vec<i32>, String> {
            let each = line.split_whitespace().map(str::parse::<i32>).collect::<Result<_, _>>();
            each.map_err(|_| format!("“{line}” are no years"))
        };
        let period = |line: &String| match years(line)?.as_slice() {
            [] => Ok(None),
            [first, last] if first <= last && last.saturating_sub(*first) < LONGEST_PERIOD => {
                Ok(Some(Years { first: *first, last: *last }))
            }
            _ => Err(format!("“{line}” are not the first and last year of a period")),
        };
        let works = works.iter().map(years).collect::<Result<_, _>>()?;
        let periods = periods.iter().map(period).collect::<Result<_, _>>()?;
        Ok(Self { works, periods, weight, weight_within })
    }
}

/// The kernel's mean density over the years in which a work was made, around the year of another.
fn kernel(made: &Years, year: i32) -> f64 {
    let density = |at: i32| (-0.5 * (f64::from(at.saturating_sub(year)) / SPREAD).powi(2)).exp();
    let sum: f64 = (made.first..=made.last).map(density).sum();
    sum / f64::from(made.span() + 1) / (SPREAD * (2.0 * std::f64::consts::PI).sqrt())
}

/// The mean of [`kernel`] around years of a period.
fn spread(made: &Years, period: &Years) -> f64 {
    let years = (period.first..=period.last).step_by(STEP);
    let count = years.clone().count();
    years.map(|year| kernel(made, year)).sum::<f64>() / count.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sixty works of the seventeenth century by the first label, sixty of about 1890 by the second; the third has none, and of the fourth
    /// it is only known that it is of the Renaissance.
    fn learnt(weight: f32) -> LearntYears {
        let works = (0..60).flat_map(|work| [(0, Years::of(1620 + work)), (1, Years::of(1880 + work / 3))]);
        LearntYears {
            weight,
            ..LearntYears::of(works, vec![None, None, None, Some(Years { first: 1490, last: 1530 })]).unwrap()
        }
    }

    #[test]
    fn a_date_speaks_for_the_label_whose_works_are_of_that_time() {
        let odds = learnt(1.0).log_odds(&Years::of(1888)).unwrap();
        // Half of all works are of that label, so the odds can at most double.
        assert!(odds[1] > 0.5 && odds[1] < 2f32.ln(), "{odds:?}");
        // What is assumed leaves of the other: 5 of 65.
        assert!((odds[0] - (5f32 / 65.0).ln()).abs() < 1e-3, "{odds:?}");
        // Of the third nothing is known.
        assert!(odds[2].abs() < 1e-6, "{odds:?}");
        let half = learnt(0.5).log_odds(&Years::of(1888)).unwrap();
        assert!(odds.iter().zip(half).all(|(whole, half)| (whole / 2.0 - half).abs() < 1e-6));
    }

    #[test]
    fn a_span_of_years_says_less_than_one_year_and_a_long_one_nothing() {
        let learnt = learnt(1.0);
        let of = |first, last| learnt.log_odds(&Years { first, last });
        let (year, century) = (of(1888, 1888).unwrap(), of(1800, 1899).unwrap());
        assert!(century[1] > 0.0 && century[1] <= year[1], "{century:?} {year:?}");
        assert_eq!(of(1700, 1900), None);
        assert!(of(1700, 1899).is_some());
        assert_eq!(of(1900, 1899), None);
        assert_eq!(LearntYears { weight: 0.0, ..learnt }.log_odds(&Years::of(1888)), None);
    }

    #[test]
    fn dates_far_from_all_works_exclude_nothing_and_are_no_numbers_that_are_none() {
        for year in [i32::MIN, -3000, 0, 2500, i32::MAX] {
            let odds = learnt(1.0).log_odds(&Years::of(year)).unwrap();
            assert!(odds.iter().all(|odds| odds.is_finite()), "{year}: {odds:?}");
        }
        assert_eq!(learnt(1.0).log_odds(&Years { first: i32::MIN, last: i32::MAX }), None);
    }

    #[test]
    fn a_period_stands_in_for_works_that_are_not_known() {
        let at = |year| learnt(1.0).log_odds(&Years::of(year)).unwrap();
        // Of 1510 there are no works at all, so the one label that is of that time gains by far the most.
        assert!(at(1510)[3] > 4.0 && at(1510)[..3].iter().all(|odds| *odds < 0.5), "{:?}", at(1510));
        // In other times a fifth of what is assumed of it may be.
        assert!((at(1888)[3] - 0.2f32.ln()).abs() < 1e-3, "{:?}", at(1888));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let learnt = learnt(0.25);
        let text = serde_json::to_string(&learnt).unwrap();
        assert!(text.contains("\"1620 1621 1622 ") && text.contains("\"1490 1530\""), "{text}");
        assert_eq!(serde_json::from_str::<LearntYears>(&text).unwrap(), learnt);
        for (damaged, by) in [("1621", "16z1"), ("1490 1530", "1490"), ("1490 1530", "1530 1490"), ("1490", "-100000")]
        {
            assert!(serde_json::from_str::<LearntYears>(&text.replace(damaged, by)).is_err(), "{by}");
        }
    }

    #[test]
    fn few_works_teach_nothing() {
        let few = (0..49).map(|work| (0, Years::of(1800 + work)));
        assert!(LearntYears::of(few, vec![None, None]).is_none());
    }
}
