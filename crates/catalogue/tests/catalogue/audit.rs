//! The log read through by work, person and time.

use vitrine_catalogue::LogQuery;

use crate::{at, compact, says, shelf, work};

#[test]
fn the_log_is_read_by_work_person_and_time_newest_first() {
    let s = shelf();
    let (one, two) = (work(&s.library, "one.jpg"), work(&s.library, "two.jpg"));
    let said = s.library.suggest(one, &compact(), &[says("style", "Rococo", 0.4)], at(1)).unwrap();
    s.library.accept(said[0], "Anna", at(2)).unwrap();
    s.library.add_statement(two, "title", "A", None, "Ben", at(100)).unwrap();
    s.library.undo("Ben", at(101)).unwrap();
    let told = |query: &LogQuery| -> Vec<(i64, String)> {
        let rows = s.library.log(query, None, 10).unwrap();
        assert!(rows.windows(2).all(|pair| pair[0].number > pair[1].number));
        rows.into_iter().map(|row| (row.work.0, row.entry.person.unwrap_or_default())).collect()
    };
    let line = |work: vitrine_catalogue::WorkId, person: &str| (work.0, person.to_owned());
    assert_eq!(told(&LogQuery::default()), [line(two, "Ben"), line(two, "Ben"), line(one, "Anna")]);
    let everything = LogQuery { everything: true, ..LogQuery::default() };
    assert_eq!(told(&everything).last(), Some(&line(one, "")));
    assert_eq!(told(&LogQuery { work: Some(one), ..LogQuery::default() }), [line(one, "Anna")]);
    assert_eq!(told(&LogQuery { person: Some("Anna".into()), ..LogQuery::default() }), [line(one, "Anna")]);
    let evening = LogQuery { from: Some(at(50)), until: Some(at(101)), ..LogQuery::default() };
    assert_eq!(told(&evening), [line(two, "Ben")]);
    assert_eq!(s.library.people().unwrap(), ["Anna", "Ben"]);
}

#[test]
fn a_long_log_comes_in_parts() {
    let s = shelf();
    let one = work(&s.library, "one.jpg");
    for number in 0..7 {
        s.library.add_statement(one, "tag", &format!("tag {number}"), None, "Anna", at(number)).unwrap();
    }
    let mut before = None;
    let mut values = Vec::new();
    loop {
        let rows = s.library.log(&LogQuery::default(), before, 3).unwrap();
        let Some(last) = rows.last() else { break };
        before = Some(last.number);
        values.extend(rows.into_iter().filter_map(|row| row.entry.value));
    }
    assert_eq!(values, ["tag 6", "tag 5", "tag 4", "tag 3", "tag 2", "tag 1", "tag 0"]);
    let missing = LogQuery { work: Some(vitrine_catalogue::WorkId(99)), ..LogQuery::default() };
    assert!(s.library.log(&missing, None, 3).is_err());
}
