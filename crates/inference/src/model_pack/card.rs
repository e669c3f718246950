//! What is said of a pack to people: of a published model what its manifest says, of any other what its file says of itself.

use std::path::Path;

use super::known::{KnownModel, LicencedPart};
use crate::weights::gguf::Header;

/// The role of an explainer that sees no image and is given sentences to say again.
pub const REWRITER: &str = "rewriter";
/// Ids that stand for something else.
const TAKEN: [&str; 1] = ["compact"];

/// A pack's name, its use and its terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackCard {
    /// The pack's id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its name for people.
    pub title: String,
    /// The interfaces it stands behind.
    pub roles: Vec<String>,
    /// The licences of its parts.
    pub licences: Vec<LicencedPart>,
}

impl PackCard {
    /// That of a published model.
    pub(super) fn of_known(model: &KnownModel) -> Self {
        Self {
            id: model.id.clone(),
            version: model.version.clone(),
            title: model.title.clone(),
            roles: model.roles.clone(),
            licences: model.licences.clone(),
        }
    }

    /// That of a model of text alone in the GGUF file `path`. Its id is the file's name, as several of one model may be added.
    pub(super) fn of_text(path: &Path, header: &Header, known: &[KnownModel]) -> Self {
        let file = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut id = plain(&file);
        if id.is_empty() || TAKEN.contains(&id.as_str()) || known.iter().any(|model| model.id == id) {
            id.push_str("-text");
        }
        let title = header.text("general.name").map_or_else(|| file.clone().into_owned(), one_line);
        Self {
            id,
            version: one_line(header.text("general.version").unwrap_or("1")),
            title: format!("{title}, {file}"),
            roles: vec!["explainer".to_owned(), REWRITER.to_owned()],
            licences: vec![licence(header)],
        }
    }
}

/// Small letters, digits and single hyphens.
fn plain(name: &str) -> String {
    let kept = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c.to_ascii_lowercase() } else { '-' });
    let kept: String = kept.collect();
    let words: Vec<&str> = kept.split('-').filter(|word| !word.is_empty()).collect();
    words.join("-").trim_matches('.').to_owned()
}

/// A text of the file as one line of moderate length.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(120).collect()
}

/// The terms that the file names.
fn licence(header: &Header) -> LicencedPart {
    let text = |key: &str| header.text(key).map(one_line);
    let link = text("general.license.link").map(|link| format!("see {link}"));
    let (licence, note) = match text("general.license").as_deref().map(str::to_ascii_lowercase).as_deref() {
        Some("apache-2.0") => ("Apache-2.0".to_owned(), link),
        Some("mit") => ("MIT".to_owned(), link),
        Some("gemma") => {
            let terms = "Gemma Terms of Use: they bind who uses the model, passes it on or derives another from it, and their policy forbids some uses; \
                read them before using it";
            ("LicenseRef-Gemma".to_owned(), Some(terms.to_owned()))
        }
        None => {
            let cause = "the file names no licence; read the terms that it was published under before using it";
            ("LicenseRef-Unstated".to_owned(), Some(cause.to_owned()))
        }
        Some(other) => {
            let name = text("general.license.name").unwrap_or_else(|| other.to_owned());
            let advice = "read its terms before using it".to_owned();
            (
                format!("LicenseRef-{}", plain(&name)),
                Some(link.map_or(advice.clone(), |link| format!("{advice}; {link}"))),
            )
        }
    };
    LicencedPart { what: "weights".into(), licence, note }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::gguf::Value;

    fn card(file: &str, metadata: &[(&str, &str)]) -> PackCard {
        let mut header = Header::default();
        header.metadata.extend(metadata.iter().map(|(key, text)| ((*key).to_owned(), Value::Text((*text).to_owned()))));
        PackCard::of_text(Path::new(file), &header, &super::super::known_models().unwrap())
    }

    #[test]
    fn a_file_that_names_itself_becomes_a_card() {
        let card = card(
            "/models/Gemma 3__270M-Q4_K_M.gguf",
            &[("general.name", "Gemma 3\n270m"), ("general.license", "gemma")],
        );
        assert_eq!(card.id, "gemma-3-270m-q4-k-m");
        assert_eq!(card.title, "Gemma 3 270m, Gemma 3__270M-Q4_K_M");
        assert_eq!(card.roles, ["explainer", REWRITER]);
        assert_eq!(card.licences[0].licence, "LicenseRef-Gemma");
        assert!(card.licences[0].note.as_ref().unwrap().contains("Terms of Use"));
    }

    #[test]
    fn terms_are_told_as_far_as_the_file_tells_them_and_no_id_is_another_pack_s() {
        let licence = |metadata: &[(&str, &str)]| card("compact.gguf", metadata).licences.remove(0);
        assert_eq!(licence(&[("general.license", "apache-2.0")]).licence, "Apache-2.0");
        let unstated = licence(&[]);
        assert!(unstated.licence == "LicenseRef-Unstated" && unstated.note.unwrap().contains("names no licence"));
        let own = licence(&[("general.license", "other"), ("general.license.name", "Qwen Research")]);
        assert_eq!(own.licence, "LicenseRef-qwen-research");
        assert_eq!(card("compact.gguf", &[]).id, "compact-text");
        assert_eq!(card("qwen2.5-vl-3b.gguf", &[]).id, "qwen2.5-vl-3b-text");
        assert_eq!(card("..gguf", &[]).id, "-text");
    }
}
