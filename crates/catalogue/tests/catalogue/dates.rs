//! Dates held against the npm package `edtf` (fixtures/edtf.mjs made the table), and the words of catalogues.

use std::path::Path;

use vitrine_catalogue::{Day, EdtfDate, Limit, read_date};

/// What the package takes and we do not, or the other way round, each with its reason.
const OTHERWISE: &[(&str, &str)] = &[
    ("2005-02-29", "the package makes it 1 March; the day does not exist"),
    ("1900-02-29", "the same"),
    ("/", "says nothing"),
];

fn limit(limit: Limit) -> String {
    match limit {
        Limit::Day(day) => day.to_string(),
        Limit::Open => "open".into(),
        Limit::Unknown => "unknown".into(),
    }
}

fn expressions() -> Vec<[String; 5]> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/edtf.tsv");
    let table = std::fs::read_to_string(file).unwrap();
    let rows = table.lines().skip(1).map(|line| {
        let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
        cells.try_into().unwrap()
    });
    rows.collect()
}

#[test]
fn expressions_are_what_the_reference_says_they_are() {
    let mut wrong = Vec::new();
    let mut compared = 0;
    for [text, valid, earliest, latest, printed] in expressions() {
        if OTHERWISE.iter().any(|(other, _)| *other == text) {
            continue;
        }
        let ours = text.parse::<EdtfDate>();
        compared += 1;
        let (Ok(date), true) = (&ours, valid == "1") else {
            if ours.is_ok() != (valid == "1") {
                wrong.push(format!("{text}: valid {valid}, ours {ours:?}"));
            }
            continue;
        };
        let extent = date.extent();
        let season = matches!(date, EdtfDate::Season { .. });
        let turned_round = text.starts_with('-') && text.contains("-XX") && !text.contains('/');
        let clock = text.contains('T');
        if !clock && date.to_string() != printed {
            wrong.push(format!("{text}: printed {date}, wanted {printed}"));
        }
        assert_eq!(date.to_string(), text, "what is read is printed as it was");
        // The package has spring from January on, a day with 24:00 it counts as the next one, and in unknown months and days of
        // years before 0 its earliest day comes after its latest.
        let days = (limit(extent.earliest), limit(extent.latest));
        if !season
            && earliest != "beyond"
            && !text.contains("T24")
            && !turned_round
            && days != (earliest.clone(), latest.clone())
        {
            wrong.push(format!("{text}: {days:?}, wanted {earliest} to {latest}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared >= 500, "{compared}");
}

#[test]
fn words_made_of_a_date_mean_that_date() {
    let mut wrong = Vec::new();
    for [text, valid, ..] in expressions() {
        let Some(date) = text.parse::<EdtfDate>().ok().filter(|_| valid == "1") else { continue };
        let words = date.in_words();
        if words == "undated" {
            continue;
        }
        match read_date(&words) {
            Some(again) if again.extent() == date.extent() => {}
            other => wrong.push(format!("{text}: {words}: {:?}", other.map(|date| date.to_string()))),
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn words_of_catalogues_are_understood() {
    for (words, edtf) in [
        ("1650", "1650"),
        ("c. 1650", "1650~"),
        ("ca. 1650", "1650~"),
        ("Circa 1650", "1650~"),
        ("1650?", "1650?"),
        ("probably 1650", "1650?"),
        ("probably ca. 1650", "1650%"),
        ("ca. 1650 (?)", "1650%"),
        ("?1879", "1879?"),
        ("[1650]", "1650"),
        ("before 1700", "../1699"),
        ("before 16th century", "../1499"),
        ("before 3 March 1650", "../1650-03-02"),
        ("by 1908", "../1908"),
        ("after 1650", "1651/.."),
        ("after c. 1650", "1651~/.."),
        ("after 31 December 1650", "1651-01-01/.."),
        ("1650 or later", "1650/.."),
        ("1650–1655", "1650/1655"),
        ("1650–55", "1650/1655"),
        ("1650-55", "1650/1655"),
        ("1509–11", "1509/1511"),
        ("1509-11", "1509-11"),
        ("1898–1902", "1898/1902"),
        ("ca. 1716–24", "1716~/1724~"),
        ("between 1650 and 1655", "1650/1655"),
        ("from c. 1650 to 1655", "1650~/1655"),
        ("1650 or 1651", "1650/1651"),
        ("17th century", "16XX"),
        ("17th c.", "16XX"),
        ("ca. 17th century", "1600~/1699~"),
        ("8th century?", "0700?/0799?"),
        ("1st century", "00XX"),
        ("9th–10th century", "0800/0999"),
        ("5th century BC", "-04XX"),
        ("1st century BCE", "-0099/0000"),
        ("1st century BCE–3rd century CE", "-0099/0299"),
        ("ca. 3rd–2nd century BCE", "-0299~/-0100~"),
        ("early 17th century", "1600~/1632~"),
        ("mid-19th century", "1833~/1865~"),
        ("late 18th–early 19th century", "1766~/1832~"),
        ("first half of the 17th century", "1600/1649"),
        ("last quarter 19th century", "1875/1899"),
        ("third quarter 18th century", "1750/1774"),
        ("1870s", "187X"),
        ("ca. 1870s", "1870~/1879~"),
        ("late 1620s", "1626~/1629~"),
        ("400 BC", "-0399"),
        ("A.D. 79", "0079"),
        ("ca. 1800–1700 BCE", "-1799~/-1699~"),
        ("ca. 1479–1458 B.C.", "-1478~/-1457~"),
        ("100 BC–AD 50", "-0099/0050"),
        ("March 1650", "1650-03"),
        ("Sept. 1650", "1650-09"),
        ("3 March 1650", "1650-03-03"),
        ("March 3rd, 1650", "1650-03-03"),
        ("spring 1650", "1650-21"),
        ("../1700", "../1700"),
    ] {
        assert_eq!(read_date(words).map(|date| date.to_string()).as_deref(), Some(edtf), "{words}");
    }
}

#[test]
fn what_is_no_date_is_none() {
    for text in [
        "",
        " ",
        "undated",
        "n.d.",
        "Rome",
        "1650–1640",
        "30 February 1650",
        "0 BC",
        "20–50 BC",
        "no. 1650",
        "1650 1651 1652",
        "century",
        "th century",
        "–",
    ] {
        assert_eq!(read_date(text).map(|date| date.to_string()), None, "{text}");
    }
    assert_eq!(read_date(&"c. ".repeat(100_000)), None);
}

#[test]
fn dates_are_worded_as_people_word_them() {
    for (edtf, words) in [
        ("1650~", "c. 1650"),
        ("1650?", "probably 1650"),
        ("1650%", "probably c. 1650"),
        ("../1699", "before 1700"),
        ("../1700", "1700 or earlier"),
        ("1651/..", "after 1650"),
        ("16XX", "17th century"),
        ("1700/1899", "18th–19th century"),
        ("1600~/1699~", "c. 17th century"),
        ("187X", "1870s"),
        ("1650/1655", "1650–1655"),
        ("1650~/1655", "from c. 1650 to 1655"),
        ("-0399", "400 BC"),
        ("-04XX", "5th century BC"),
        ("-0099/0050", "100 BC–AD 50"),
        ("0079-08-24", "24 August AD 79"),
        ("1650-21", "spring 1650"),
        ("1650-03-XX", "March 1650, day not known"),
        ("1650/", "from 1650, end not known"),
        ("1985-04-12T23:20:30Z", "12 April 1985"),
    ] {
        assert_eq!(edtf.parse::<EdtfDate>().unwrap().in_words(), words);
    }
}

#[test]
fn days_follow_each_other() {
    let text = |limit: Limit| limit.day().map(|day: Day| day.to_string()).unwrap_or_default();
    let leap = read_date("before March 1904").unwrap().extent().latest;
    assert_eq!(text(leap), "1904-02-29");
    let year = read_date("after December 1650").unwrap().extent().earliest;
    assert_eq!(text(year), "1651-01-01");
}

#[test]
fn an_error_shows_what_was_written_and_what_would_do() {
    let error = "1650-13".parse::<EdtfDate>().unwrap_err().to_string();
    assert!(error.starts_with("“1650-13” is no date in EDTF") && error.contains("1650~"), "{error}");
}

proptest::proptest! {
    #[test]
    fn no_text_is_too_odd(text in "[0-9XY~?%./ a-z–-]{0,30}", any in ".{0,40}") {
        for text in [text, any] {
            if let Some(date) = read_date(&text) {
                let printed = date.to_string();
                proptest::prop_assert_eq!(printed.parse::<EdtfDate>().map(|again| again.to_string()), Ok(printed), "{}", text);
            }
        }
    }
}
