//! Lists of works that people put together.

use vitrine_catalogue::{Facet, Search, WorkId, WorkList};

use crate::{Shelf, at, shelf, work};

fn counted(s: &Shelf) -> Vec<(String, u64)> {
    let facets = s.library.facets(&Search::default(), 10).unwrap();
    let lists = facets.into_iter().find(|(facet, _)| *facet == Facet::List).unwrap().1;
    lists.into_iter().map(|count| (count.value, count.works)).collect()
}

fn on(s: &Shelf, list: &str) -> Vec<WorkId> {
    s.library.search_ids(&Search { facets: vec![(Facet::List, list.into())], ..Search::default() }).unwrap()
}

#[test]
fn works_are_put_on_lists_counted_and_taken_off() {
    let s = shelf();
    let [one, two, three] = ["1.jpg", "2.jpg", "3.jpg"].map(|name| work(&s.library, name));
    s.library.add_statement(one, "date", "1650", None, "Anna", at(1)).unwrap();
    let put = |name: &str, works: &[WorkId]| s.library.put_on_list(name, works, "Anna", at(2)).unwrap();
    assert_eq!(put("Loan to Ghent", &[one, two]), [one, two]);
    assert_eq!(put(" loan to GHENT ", &[two, three]), [three], "the same list; what is on it already is not put twice");
    assert_eq!(put("Frames", &[one]), [one]);
    let list = |name: &str, works| WorkList { name: name.into(), works };
    assert_eq!(s.library.work_lists().unwrap(), [list("Frames", 1), list("Loan to Ghent", 3)]);
    assert_eq!(counted(&s), [("Loan to Ghent".to_owned(), 3), ("Frames".to_owned(), 1)]);
    assert_eq!(on(&s, "Loan to Ghent"), [three, two, one]);
    let within = Search { text: "date:1600..1700".into(), ..Search::default() };
    assert_eq!(s.library.search_ids(&within).unwrap(), [one], "its years are still known");

    // What changes in a record does not take it off its lists, and neither does writing all that is derived anew.
    s.library.add_statement(one, "title", "The Swing", None, "Anna", at(3)).unwrap();
    assert_eq!(on(&s, "Frames"), [one]);
    s.library.rebuild_derived().unwrap();
    assert_eq!(on(&s, "Loan to Ghent"), [three, two, one]);

    assert_eq!(s.library.take_off_list("loan to ghent", &[two, two]).unwrap(), [two]);
    assert_eq!(on(&s, "Loan to Ghent"), [three, one]);
    assert_eq!(s.library.give_up_list("Loan to Ghent").unwrap(), [one, three]);
    assert_eq!((on(&s, "Loan to Ghent"), counted(&s)), (vec![], vec![("Frames".to_owned(), 1)]));
    assert_eq!(s.library.badges().unwrap().works(), 3, "the works stay");
    assert_eq!(s.library.check_integrity().unwrap(), Vec::<String>::new());
}

#[test]
fn what_cannot_be_listed_is_refused_with_a_sentence() {
    let s = shelf();
    let one = work(&s.library, "1.jpg");
    let said = |error: vitrine_catalogue::CatalogueError| error.to_string();
    assert_eq!(
        said(s.library.put_on_list(" ", &[one], "Anna", at(1)).unwrap_err()),
        "a list of works needs a name; write one"
    );
    assert!(
        said(s.library.put_on_list("Loan", &[one], " ", at(1)).unwrap_err()).contains("needs the name of the person")
    );
    assert!(
        said(s.library.put_on_list("Loan", &[one, WorkId(99)], "Anna", at(1)).unwrap_err())
            .contains("no work number 99")
    );
    assert_eq!(s.library.work_lists().unwrap(), [], "all of it happens, or nothing");
    assert!(said(s.library.give_up_list("Loan").unwrap_err()).contains("no list of works “Loan”"));
}
