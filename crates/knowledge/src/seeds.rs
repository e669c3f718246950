//! From a work to the knowledge base: which searches a question and the artwork card suggest.
//!
//! A retriever that does not relate images to texts still leads from an image to passages: by the attributes that were read off
//! it. The wording of the query decides here, so the searches are worded by us rather than left to a model.

use vitrine_inference::CardLine;

/// Suggestions below this are too doubtful to lead a search.
const LEAST_CONFIDENCE: f32 = 0.1;
/// How many values of one property lead searches: a work has one style, but perhaps several materials.
const VALUES_A_PROPERTY: usize = 2;

/// A search that the question or a line of the artwork card suggests.
#[derive(Debug, Clone, PartialEq)]
pub struct SeedQuery {
    /// The words to search for.
    pub text: String,
    /// How much its results count in the fusion, 0 to 1.
    pub weight: f32,
    /// The property of the card line it comes from; `None` for the question.
    pub property: Option<String>,
    /// The value of that line, looked up among titles and aliases before the search.
    pub value: Option<String>,
}

/// The searches for `question` and the `card`, most weighty first.
///
/// The question counts fully, an accepted statement almost so, a suggestion as much as its confidence says. Other values of a
/// property that has an accepted one are not searched for.
pub fn seed_queries(question: Option<&str>, card: &[CardLine]) -> Vec<SeedQuery> {
    let mut seeds: Vec<SeedQuery> = Vec::new();
    for line in card {
        let accepted = |l: &CardLine| l.confidence.is_none();
        let superseded = !accepted(line) && card.iter().any(|l| l.property == line.property && accepted(l));
        let confidence = line.confidence.unwrap_or(1.0);
        let Some(text) = wording(&line.property, line.value.trim()) else { continue };
        if superseded || confidence < LEAST_CONFIDENCE || line.value.trim().is_empty() {
            continue;
        }
        seeds.push(SeedQuery {
            text,
            weight: 0.9 * confidence.min(1.0),
            property: Some(line.property.clone()),
            value: Some(line.value.trim().to_owned()),
        });
    }
    seeds.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    let mut kept: Vec<SeedQuery> = Vec::new();
    if let Some(question) = question.map(str::trim).filter(|q| !q.is_empty()) {
        kept.push(SeedQuery { text: question.to_owned(), weight: 1.0, property: None, value: None });
    }
    for seed in seeds {
        let same = kept.iter().filter(|k| k.property == seed.property).count();
        if same < VALUES_A_PROPERTY && kept.iter().all(|k| k.text != seed.text) {
            kept.push(seed);
        }
    }
    kept
}

/// What to search for when a work has `value` as its `property`; nothing for properties that no article can explain.
fn wording(property: &str, value: &str) -> Option<String> {
    match property {
        "style" => Some(format!("How {value} is recognised, its colours, subjects and painters")),
        "artist" => Some(format!("{value}, the artist's manner, subjects and works")),
        "genre" => Some(format!("{value} as a genre of painting")),
        "media" => Some(format!("{value}, the material and technique")),
        "tag" | "subject" => Some(format!("{value}, how the subject is shown")),
        "title" => Some(value.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(property: &str, value: &str, confidence: Option<f32>) -> CardLine {
        CardLine { property: property.to_owned(), value: value.to_owned(), qualifier: None, confidence }
    }

    #[test]
    fn what_is_surer_weighs_more() {
        let card = [
            line("genre", "portrait", Some(0.6)),
            line("style", "Rococo", None),
            line("style", "Baroque", Some(0.3)),
            line("artist", "Somebody", Some(0.02)),
            line("inventory number", "1937.1", None),
        ];
        let seeds = seed_queries(Some("Who wears silk?"), &card);
        let values: Vec<_> = seeds.iter().map(|s| s.value.as_deref().unwrap_or("?")).collect();
        assert_eq!(values, ["?", "Rococo", "portrait"]);
        assert!(seeds.windows(2).all(|w| w[0].weight >= w[1].weight));
    }

    #[test]
    fn asks_nothing_of_nothing() {
        assert!(seed_queries(None, &[]).is_empty());
        assert!(seed_queries(Some("  "), &[line("style", " ", None)]).is_empty());
    }

    #[test]
    fn takes_two_values_of_a_property_at_most() {
        let card = ["oil", "canvas", "panel"].map(|v| line("media", v, Some(0.5)));
        assert_eq!(seed_queries(None, &card).len(), 2);
    }
}
