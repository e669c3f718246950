//! Conversations: what follows what, finding and deleting them; a library's own prompts and preferences.

use rusqlite::Connection;
use vitrine_catalogue::{CatalogueError, ExchangeId, LIBRARY_FILE, Library, NewExchange, WorkId};

use crate::{Shelf, at, shelf, work};

/// Keeps an exchange whose answer is only words.
fn keep(s: &Shelf, work: WorkId, follows: Option<ExchangeId>, question: &str, said: &str) -> ExchangeId {
    let exchange =
        NewExchange { follows, question: Some(question), answer: "{}", said, prompt: "answer 1", pack: "compact 1" };
    s.library.keep_answer(work, &exchange, at(1)).unwrap()
}

/// What follows what about a work.
fn tree(s: &Shelf, work: WorkId) -> Vec<(ExchangeId, Option<ExchangeId>)> {
    s.library.conversation(work).unwrap().into_iter().map(|exchange| (exchange.id, exchange.follows)).collect()
}

#[test]
fn a_question_worded_anew_stands_beside_the_first() {
    let s = shelf();
    let (swing, wave) = (work(&s.library, "a.jpg"), work(&s.library, "b.jpg"));
    let first = keep(&s, swing, None, "Who?", "Fragonard painted it.");
    let second = keep(&s, swing, Some(first), "When?", "About 1767.");
    let again = keep(&s, swing, Some(first), "In which year?", "In 1767.");
    assert_eq!(tree(&s, swing), [(first, None), (second, Some(first)), (again, Some(first))]);
    let kept = s.library.exchange(again).unwrap();
    assert_eq!((kept.prompt.as_str(), kept.said.as_str()), ("answer 1", "In 1767."));
    let elsewhere = NewExchange { follows: Some(first), answer: "{}", ..NewExchange::default() };
    let error = s.library.keep_answer(wave, &elsewhere, at(2)).unwrap_err();
    assert!(matches!(error, CatalogueError::NoSuchExchange(id) if id == first), "{error}");
}

#[test]
fn conversations_are_found_by_their_words_and_forgotten_when_deleted() {
    let s = shelf();
    let (swing, wave) = (work(&s.library, "a.jpg"), work(&s.library, "b.jpg"));
    let first = keep(&s, swing, None, "Who was Léger?", "He painted cylinders.");
    let second = keep(&s, swing, Some(first), "When?", "About 1767, \"perhaps\".");
    let third = keep(&s, swing, Some(second), "Where?", "In Paris.");
    let other = keep(&s, wave, None, "What is this?", "A wave off Kanagawa.");
    let found = |text: &str| -> Vec<ExchangeId> {
        s.library.search_conversations(text, 10).unwrap().into_iter().map(|exchange| exchange.id).collect()
    };
    assert_eq!((found("leger cyl"), found("kanagawa"), found("\"perhaps")), (vec![first], vec![other], vec![second]));
    assert_eq!(found("painted wave"), []);
    assert_eq!(found("  "), [other, third, second, first], "all, the newest first");

    s.library.delete_exchange(second).unwrap();
    assert_eq!(tree(&s, swing), [(first, None), (third, Some(first))]);
    assert_eq!(found("perhaps"), []);
    assert!(matches!(s.library.exchange(second), Err(CatalogueError::NoSuchExchange(_))));
    assert!(matches!(s.library.delete_exchange(second), Err(CatalogueError::NoSuchExchange(_))));
    assert_eq!(s.library.delete_conversation(swing).unwrap(), 2);
    assert_eq!((found(""), tree(&s, swing)), (vec![other], vec![]));
    let raw = Connection::open(s.folder.path().join(LIBRARY_FILE)).unwrap();
    let left: i64 = raw.query_row("SELECT count(*) FROM conversations WHERE work = 1", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0, "deleted is deleted");

    raw.execute_batch("INSERT INTO conversation_words (conversation_words) VALUES ('delete-all')").unwrap();
    drop(raw);
    assert_eq!(found("kanagawa"), []);
    // What searches look up is derived, and comes back.
    s.library.rebuild_derived().unwrap();
    assert_eq!(found("kanagawa"), [other]);
}

#[test]
fn what_was_kept_before_there_were_branches_follows_in_a_row() {
    let s = shelf();
    let swing = work(&s.library, "a.jpg");
    let path = s.folder.path().to_path_buf();
    drop(s.library);
    // The table and the layout as they were.
    let raw = Connection::open(path.join(LIBRARY_FILE)).unwrap();
    raw.execute_batch(
        "DROP TRIGGER conversation_kept; DROP TRIGGER conversation_forgotten; DROP TABLE conversation_words; DROP TABLE conversations;
         DROP TABLE own_prompts; DROP TABLE preferences; DROP TABLE region_versions; DROP TABLE regions; DROP INDEX statements_derived;
         DROP TABLE scan_paths; DROP TABLE fixity_checks; DROP TABLE listed_works; DROP TABLE work_lists; DROP TABLE scan_moves; DROP TABLE preparations; ALTER TABLE scans DROP COLUMN place; ALTER TABLE scans DROP COLUMN standing;
         CREATE TABLE conversations (id INTEGER PRIMARY KEY AUTOINCREMENT, work INTEGER NOT NULL REFERENCES works(id), question TEXT,
             answer TEXT NOT NULL, pack TEXT NOT NULL, at TEXT NOT NULL) STRICT;
         INSERT INTO conversations (work, question, answer, pack, at) VALUES
             (1, 'Who?', '{\"sentences\": [{\"text\": \"Nobody knows.\"}, {\"text\": \"Perhaps Anna.\"}]}', 'compact 1', '2026-09-21T14:13:31.000Z'),
             (1, NULL, '{\"sentences\": []}', 'compact 1', '2026-09-21T14:14:31.000Z');
         ALTER TABLE statements DROP COLUMN concept; DROP TABLE list_terms; DROP TABLE term_lists;
         PRAGMA user_version = 3;",
    )
    .unwrap();
    drop(raw);
    let library = Library::open(&path).unwrap();
    let kept = library.conversation(swing).unwrap();
    assert_eq!((kept[0].follows, kept[1].follows), (None, Some(kept[0].id)));
    assert_eq!(kept[0].said, "Nobody knows. Perhaps Anna.");
    assert_eq!(library.search_conversations("anna", 5).unwrap().len(), 1);
    assert_eq!(library.check_integrity().unwrap(), Vec::<String>::new());
}

#[test]
fn own_prompts_are_versions_and_going_back_is_one() {
    let s = shelf();
    assert_eq!(s.library.write_prompt("wall-label", Some("Write a label."), "Anna", at(1)).unwrap(), 1);
    assert_eq!(s.library.write_prompt("wall-label", Some("Write a short label."), "Bo", at(2)).unwrap(), 2);
    assert_eq!(s.library.write_prompt("wall-label", None, "Anna", at(3)).unwrap(), 3);
    let kept = s.library.own_prompts().unwrap();
    let texts: Vec<Option<&str>> = kept.iter().map(|own| own.text.as_deref()).collect();
    assert_eq!(texts, [Some("Write a label."), Some("Write a short label."), None]);
    assert_eq!((kept[1].person.as_str(), kept[2].at), ("Bo", at(3)));
    let error = s.library.write_prompt("wall-label", Some("  "), "Anna", at(4)).unwrap_err().to_string();
    assert!(error.contains("the prompt “wall-label” is empty"), "{error}");
}

#[test]
fn preferences_are_kept_as_json() {
    let s = shelf();
    assert_eq!(s.library.preference("assistant").unwrap(), None);
    s.library.set_preference("assistant", r#"{"searches":2}"#).unwrap();
    s.library.set_preference("assistant", r#"{"searches":1}"#).unwrap();
    assert_eq!(s.library.preference("assistant").unwrap().as_deref(), Some(r#"{"searches":1}"#));
    assert!(s.library.set_preference("assistant", "{").is_err());
}
