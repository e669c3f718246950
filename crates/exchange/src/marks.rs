//! How a record tells what a machine said from what a person knows.

use vitrine_catalogue::{Pack, Source, State, Statement};

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

/// What a mark says, read back.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Told {
    /// The pack that proposed the value; a mark has no room for its hash.
    pub pack: Option<Pack>,
    /// How sure it was.
    pub confidence: Option<f32>,
    /// Whether nobody has decided.
    pub undecided: bool,
}

/// Reads what [`mark`] writes; another text says nothing.
pub(crate) fn read(text: &str) -> Told {
    let text = text.trim();
    let undecided = text.ends_with(", not reviewed");
    let Some(rest) = text.strip_prefix("suggested by ") else { return Told { undecided, ..Told::default() } };
    let end = rest.rfind(", accepted ").or_else(|| rest.rfind(", not reviewed")).unwrap_or(rest.len());
    let origin = rest.get(..end).unwrap_or_default();
    let (name, confidence) = match origin.rsplit_once(" (confidence ") {
        Some((name, number)) => (name, number.trim_end_matches(')').parse().ok()),
        None => (origin, None),
    };
    let pack = name.rsplit_once(' ').map(|(id, version)| Pack {
        id: id.to_owned(),
        version: version.to_owned(),
        weights_sha256: "not stated".into(),
    });
    Told { pack, confidence, undecided }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_back() {
        let accepted = read("suggested by compact 1, accepted by Anna on 2026-11-22");
        let pack = accepted.pack.map(|pack| (pack.id, pack.version));
        assert_eq!((pack, accepted.undecided), (Some(("compact".into(), "1".into())), false));
        let waiting = read("suggested by large pack 2.1 (confidence 0.63), not reviewed");
        let pack = waiting.pack.map(|pack| (pack.id, pack.version));
        assert_eq!((pack, waiting.confidence), (Some(("large pack".into(), "2.1".into())), Some(0.63)));
        assert!(waiting.undecided);
        assert_eq!(read("according to IPTC, accepted by Anna on 2026-11-22"), Told::default());
        assert_eq!(read("stated by Anna"), Told::default());
    }
}
