//! How a work came to be: makers with their qualifiers, and dates.

use serde_json::Value;
use vitrine_catalogue::{ROLES, closeness, read_maker, split_qualifier};

use super::super::FileClaim;
use super::{Unread, claim, concept, content, is_classed, is_term, label, list, text};
use crate::addresses::aat;

/// Qualifiers of attributions by their numbers in the AAT, for documents whose labels are in other words or languages.
const QUALIFIERS: [(&str, &str); 13] = [
    ("aat:300404269", "attributed to"),
    ("aat:300404270", "formerly attributed to"),
    ("aat:300404272", "possibly by"),
    ("aat:300404274", "workshop of"),
    ("aat:300404275", "studio of"),
    ("aat:300404279", "pupil of"),
    ("aat:300404282", "follower of"),
    ("aat:300404283", "circle of"),
    ("aat:300404284", "school of"),
    ("aat:300404285", "style of"),
    ("aat:300404286", "after"),
    ("aat:300404287", "copy after"),
    ("aat:300404288", "manner of"),
];

/// Keys of a production that are understood, or say nothing that a record has.
const KNOWN: [&str; 14] = [
    "id",
    "type",
    "_label",
    "identified_by",
    "classified_as",
    "referred_to_by",
    "timespan",
    "carried_out_by",
    "influenced_by",
    "part",
    "technique",
    "took_place_at",
    "attributed_by",
    "assigned_by",
];

/// What a production says. `own` documents have the maker as the record puts it.
pub(super) fn claims(production: &Value, own: bool, unread: &mut Unread) -> Vec<FileClaim> {
    let mut claims: Vec<FileClaim> = list(production, "timespan").iter().filter_map(date).collect();
    for part in list(production, "part") {
        for said in self::claims(part, own, unread) {
            // A date of the whole says more than those of its parts.
            let of_whole = said.property == "date" && !list(production, "timespan").is_empty();
            if !of_whole && !claims.contains(&said) {
                claims.push(said);
            }
        }
    }
    claims.extend(makers(production, own));
    for assignment in list(production, "attributed_by").iter().chain(list(production, "assigned_by")) {
        if matches!(text(assignment, "assigned_property"), Some("carried_out_by" | "influenced_by")) {
            let standing = standing(assignment);
            let assigned =
                list(assignment, "assigned").iter().filter_map(|agent| maker(agent, qualifier_of(assignment)));
            claims.extend(
                assigned.map(|claim| FileClaim { qualifier: claim.qualifier.or(standing.map(str::to_owned)), ..claim }),
            );
        } else {
            unread.leave("produced_by.attributed_by");
        }
    }
    for technique in list(production, "technique") {
        let named = label(technique).and_then(|words| claim("technique", words));
        claims.extend(named.map(|claim| FileClaim { concept: concept(technique, None), ..claim }));
    }
    for place in list(production, "took_place_at") {
        let named = label(place).and_then(|words| claim("production-place", words));
        claims.extend(named.map(|claim| FileClaim { concept: concept(place, None), ..claim }));
    }
    for key in production.as_object().into_iter().flat_map(|map| map.keys()) {
        if !KNOWN.contains(&key.as_str()) {
            unread.leave(&format!("produced_by.{key}"));
        }
    }
    claims
}

/// The doubt that an assignment reports, in the words of attributions.
pub(super) fn standing(assignment: &Value) -> Option<&'static str> {
    let standings =
        [(aat::POSSIBLY, "possibly by"), (aat::PROBABLY, "probably by"), (aat::OBSOLETE, "formerly attributed to")];
    standings.into_iter().find(|(term, _)| is_classed(assignment, *term)).map(|(_, words)| words)
}

fn makers(production: &Value, own: bool) -> Vec<FileClaim> {
    let is_agent = |agent: &&Value| matches!(text(agent, "type"), Some("Person" | "Group" | "Actor"));
    let carried_out: Vec<&Value> = list(production, "carried_out_by").iter().collect();
    let leant_on: Vec<&Value> = list(production, "influenced_by").iter().filter(is_agent).collect();
    let described =
        list(production, "referred_to_by").iter().find(|said| is_classed(said, aat::CREATOR)).and_then(content);
    if let (true, Some(words), [agent]) =
        (own, &described, carried_out.iter().chain(&leant_on).collect::<Vec<_>>().as_slice())
    {
        return as_put(words, label(agent).unwrap_or_default()).into_iter().collect();
    }
    let qualifier = qualifier_of(production);
    let mut claims: Vec<FileClaim> =
        carried_out.into_iter().filter_map(|agent| maker(agent, qualifier.clone())).collect();
    // Words for an influence that the document itself has; otherwise no more than that there was one.
    let influence = qualifier.unwrap_or_else(|| "influenced by".into());
    claims.extend(leant_on.into_iter().filter_map(|agent| maker(agent, Some(influence.clone()))));
    claims
}

/// A maker as our record puts it: words, at whose end the name stands, or that name a group around somebody.
fn as_put(words: &str, name: &str) -> Option<FileClaim> {
    let claim = claim("artist", words)?;
    let at = claim.value.rfind(name).filter(|at| *at > 0 && !name.is_empty());
    let parts = at.and_then(|at| Some((claim.value.get(..at)?.trim_end(), claim.value.get(at..)?)));
    let (qualifier, value) = parts.unwrap_or_else(|| {
        let (_, rest) = split_qualifier(&claim.value);
        // In its own words, which may be others than ours (`Workshop of`).
        (claim.value.strip_suffix(rest).unwrap_or_default().trim_end(), rest)
    });
    let qualifier = Some(qualifier.to_owned()).filter(|words| !words.is_empty());
    Some(FileClaim { qualifier, value: value.to_owned(), ..claim.clone() })
}

/// The maker that an agent is, with the qualifier that its own name has or else this one.
fn maker(agent: &Value, qualifier: Option<String>) -> Option<FileClaim> {
    let name = label(agent)?;
    let (own, name) = split_qualifier(name);
    let mut value = name.to_owned();
    let role = list(agent, "classified_as").iter().filter_map(label).map(str::to_lowercase);
    if let Some(role) = role.into_iter().find(|role| ROLES.contains(&role.as_str()))
        && read_maker(&value).is_some_and(|maker| maker.role.is_none())
    {
        value = format!("{value} ({role})");
    }
    let claim = claim("artist", &value)?;
    Some(FileClaim { qualifier: own.or(qualifier), concept: concept(agent, None), ..claim })
}

/// The qualifier that a production or an assignment is classified by.
fn qualifier_of(value: &Value) -> Option<String> {
    list(value, "classified_as").iter().find_map(|class| {
        let numbered = QUALIFIERS.iter().find(|(term, _)| is_term(class, term)).map(|(_, words)| (*words).to_owned());
        let in_words = || label(class).map(str::to_lowercase).filter(|words| closeness(words).is_some());
        numbered.or_else(in_words)
    })
}

/// A date as it is displayed, or by its days where nothing is.
fn date(span: &Value) -> Option<FileClaim> {
    let names = list(span, "identified_by").iter().filter(|name| text(name, "type") == Some("Name"));
    let displayed = names.into_iter().find_map(content).or_else(|| text(span, "_label").map(str::to_owned));
    claim("date", &displayed.or_else(|| days(span))?)
}

/// Earliest and latest day as one date of EDTF; whole years without their days.
fn days(span: &Value) -> Option<String> {
    let day = |key: &str| text(span, key).and_then(|moment| moment.split('T').next()).map(str::to_owned);
    match (day("begin_of_the_begin"), day("end_of_the_end")) {
        (Some(first), Some(last)) => Some(match (first.strip_suffix("-01-01"), last.strip_suffix("-12-31")) {
            (Some(first), Some(last)) if first == last => first.to_owned(),
            (Some(first), Some(last)) => format!("{first}/{last}"),
            _ if first == last => first,
            _ => format!("{first}/{last}"),
        }),
        (Some(first), None) => Some(format!("{first}/..")),
        (None, Some(last)) => Some(format!("../{last}")),
        (None, None) => None,
    }
}
