//! How a record tells what a machine said from what a person knows.

use vitrine_catalogue::{Source, State, Statement};

/// What marks a statement that is not simply a person's own word, in one line; none for a person's own word.
///
/// * `suggested by compact 1, accepted by Anna on 2026-11-22`: a model proposed it, and a person stands by it.
/// * `suggested by compact 1 (confidence 0.63), not reviewed`: nobody has decided.
/// * `according to IPTC, accepted by Anna on 2026-11-22`: a file or passage says so.
pub(crate) fn mark(statement: &Statement) -> Option<String> {
    let origin = match (&statement.proposed_by, &statement.source) {
        (Some(pack), _) => format!("suggested by {} {}", pack.id, pack.version),
        (None, Source::Person(_)) => return None,
        (None, source) => format!("according to {}", source.name()),
    };
    let confidence = statement.confidence.map(|c| format!(" (confidence {c:.2})"));
    Some(match statement.state {
        State::Accepted | State::Edited => format!("{origin}, accepted {}", decision(statement)),
        _ => format!("{origin}{}, not reviewed", confidence.unwrap_or_default()),
    })
}

/// `by Anna on 2026-11-22`.
pub(crate) fn decision(statement: &Statement) -> String {
    let date = statement.changed_at.strftime("%Y-%m-%d");
    match &statement.decided_by {
        Some(person) => format!("by {person} on {date}"),
        None => format!("on {date}"),
    }
}
