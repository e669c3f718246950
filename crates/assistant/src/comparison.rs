//! Two works beside each other: what their records share and where they part, and what the passages say about that.

use vitrine_inference::{CardLine, InferenceError, PassageText, Retriever};
use vitrine_knowledge::fold;

use crate::explainer::{Said, Speech};
use crate::explanation::is_about;
use crate::reading::{Read, likeness, read, redundancy};
use crate::wording::{linked, of_two};

/// What is compared, in this order.
const PROPERTIES: [&str; 7] = ["genre", "style", "artist", "date", "media", "tag", "location"];

/// Compares the work on `card` with the one on `other`, in at most `most` sentences.
pub(crate) fn compare(
    card: &[CardLine],
    other: &[CardLine],
    most: usize,
    passages: &[&PassageText],
    retriever: &dyn Retriever,
) -> Result<Speech, InferenceError> {
    let both: Vec<(&CardLine, &CardLine)> =
        PROPERTIES.iter().filter_map(|property| Some((surest(card, property)?, surest(other, property)?))).collect();
    if both.is_empty() {
        return Ok(Err(
            "The records of the two works have nothing in common that could be compared: accept or enter genre, style or maker of both first."
                .to_owned(),
        ));
    }
    let about: Vec<&PassageText> =
        passages.iter().filter(|p| both.iter().any(|(a, b)| is_about(p, a) || is_about(p, b))).copied().collect();
    let sentences = read(&about, retriever)?;
    let mut chosen: Vec<&Read<'_>> = Vec::new();
    let mut said = Vec::new();
    for (first, second) in both {
        if said.len() >= most.max(1) {
            break;
        }
        let link = of_two(first, second);
        let hedge =
            [first, second].into_iter().find(|line| line.confidence.is_some()).map(|line| line.property.clone());
        let same = fold(&first.value) == fold(&second.value);
        let mut found: Vec<&Read<'_>> = Vec::new();
        for (line, against) in [(first, second), (second, first)] {
            let query = if same {
                format!("{} is recognised by its colours, brushwork, light, line and composition", line.value)
            } else {
                format!("{} differs from {} by its colours, light, line, subjects", line.value, against.value)
            };
            let query = retriever.embed_query(&query)?.rows;
            let taken = |s: &&Read<'_>| chosen.iter().chain(&found).any(|c| std::ptr::eq(*c, *s));
            let worth = |s: &Read<'_>| likeness(&query, &s.rows) - 0.3 * redundancy(s, &chosen);
            let fits =
                sentences.iter().filter(|s| is_about(s.passage, line) && s.stands_alone() && s.names_its_title());
            let best = fits.filter(|s| !taken(s)).map(|s| (worth(s), s)).max_by(|a, b| a.0.total_cmp(&b.0));
            found.extend(best.map(|(_, sentence)| sentence));
            if same {
                break;
            }
        }
        let mut found = found.into_iter();
        let Some(opening) = found.next() else {
            said.push(Said { text: format!("{link}."), source: None, hedge });
            continue;
        };
        chosen.push(opening);
        said.push(Said { text: linked(&link, opening.text(), passages), source: Some(opening.place()), hedge });
        for further in found {
            chosen.push(further);
            said.push(Said { text: further.text().to_owned(), source: Some(further.place()), hedge: None });
        }
    }
    Ok(Ok(said))
}

/// The accepted value of a property, or the likeliest suggestion.
fn surest<'a>(card: &'a [CardLine], property: &str) -> Option<&'a CardLine> {
    let of = card.iter().filter(|line| line.property == property);
    of.max_by(|a, b| a.confidence.unwrap_or(2.0).total_cmp(&b.confidence.unwrap_or(2.0)))
}
