//! Every file of `fixtures` against another program's answer.

#[path = "oracle/mod.rs"]
mod oracle;

use std::path::Path;

use oracle::{Expectation, Row, delta_e_2000, difference, read, rows};

fn fixtures() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures"))
}

#[test]
fn every_file_is_decoded_as_others_do_or_refused() {
    let mut wrong = vec![];
    let rows = rows(fixtures());
    assert!(rows.len() >= 90, "{} rows", rows.len());
    for row in rows {
        let answer = read(&fixtures().join(&row.file), row.page);
        match (&row.expectation, answer) {
            (Expectation::Refusal(words), Err(error)) if error.to_string().contains(words) => {}
            (Expectation::Refusal(_), Ok(_)) => {
                wrong.push(format!("{}: decoded, where it should be refused", row.file))
            }
            (_, Err(error)) => wrong.push(format!("{}: {error}", row.file)),
            (Expectation::Picture(theirs), Ok(ours)) => match difference(&ours, theirs) {
                None => wrong.push(format!("{}: {:?} for {:?}", row.file, ours.dimensions(), theirs.dimensions())),
                Some(found) if found.largest > row.allowed.0 || found.mean > row.allowed.1 => {
                    let Row { file, page, oracle, allowed, .. } = &row;
                    wrong.push(format!("{file} page {page}: {found:?} from {oracle}, allowed {allowed:?}"));
                }
                Some(_) => {}
            },
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The colours of files with a profile and lossless pixels, and of L*a*b*, are lcms2's: nowhere further than 1 in CIEDE2000, and 0.2 on average.
#[test]
fn colours_are_those_of_lcms2() {
    let (mut compared, mut sum, mut wrong) = (0, 0.0, vec![]);
    for row in rows(fixtures()) {
        let is_colour = row.way.ends_with("profile") || row.way == "L*a*b*";
        let is_lossy = row.file.ends_with(".jpg") || row.file.starts_with("lossy");
        let Expectation::Picture(theirs) = &row.expectation else { continue };
        if !is_colour || is_lossy {
            continue;
        }
        compared += 1;
        let ours = read(&fixtures().join(&row.file), row.page).unwrap();
        let found = difference(&ours, theirs).unwrap();
        sum += found.mean_delta_e;
        if found.largest_delta_e > 1.0 {
            wrong.push(format!("{}: {found:?}", row.file));
        }
    }
    assert!(compared >= 14, "{compared} compared");
    let mean = sum / f64::from(compared);
    assert!(mean <= 0.2, "{mean}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Pairs of Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula", 2005, table 1.
#[test]
fn the_colour_difference_is_the_published_one() {
    for (one, other, expected) in [
        ([50.0, 2.6772, -79.7751], [50.0, 0.0, -82.7485], 2.0425),
        ([50.0, 2.49, -0.001], [50.0, -2.49, 0.0011], 7.2195),
        ([50.0, 2.5, 0.0], [73.0, 25.0, -18.0], 27.1492),
        ([2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082),
    ] {
        assert!((delta_e_2000(one, other) - expected).abs() < 1e-4, "{one:?} {other:?}");
    }
}
