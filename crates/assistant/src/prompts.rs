//! The prompts: what a model is told to write, and for explainers that choose sentences, about what to choose them. Each is a file in `prompts/`, with a
//! version that grows whenever its words change; a library may have its own words instead.

use std::sync::LazyLock;

use serde::Deserialize;

/// What a prompt is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PromptKind {
    /// Goes before every conversation.
    Rules,
    /// The manner of answers to questions.
    Answer,
    /// The manner of answers from the picture alone.
    Look,
    /// Explains a work.
    Explain,
    /// Writes one section on a work.
    Section,
    /// Describes a work for a place where it is shown.
    Describe,
    /// Compares two works.
    Compare,
    /// Asks a model whether a passage says what a sentence says.
    Check,
}

/// What a chosen sentence is to tell about a value of the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Tells {
    /// What it is, tied to the work: the first sentence on every value.
    Definition,
    /// How one recognises it.
    Marks,
    /// What it shows.
    Subjects,
    /// What it led to, and its best-known works.
    Context,
    /// How its surface is arranged.
    Composition,
    /// What its signs stand for.
    Meaning,
    /// How it is made.
    Technique,
    /// Where it was, and whose.
    Provenance,
    /// Of the record itself: the lines of a label.
    Label,
    /// Of the record itself: what is shown, for somebody who cannot see it.
    Alt,
    /// Of the record itself: its lines on inscriptions.
    Inscriptions,
}

/// A sentence that a prompt would like to have, if sentences are chosen.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Planned {
    /// The property of the card; `record` for the record itself.
    pub of: String,
    pub tells: Tells,
    /// Which are left out first when there are too many: the highest.
    pub spare: usize,
}

/// A prompt as it comes with the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Its name in answers and commands, e.g. `wall-label`.
    pub id: &'static str,
    /// Grows whenever its words change.
    pub version: u32,
    /// What it is for.
    pub kind: PromptKind,
    /// What a model is told. `{length}` and `{language}` stand for what is wished for.
    pub text: String,
    /// Sentences at a medium length; 0 where that means nothing.
    pub sentences: usize,
    /// Properties of the card that it may know of; none for all.
    pub(crate) keeps: Vec<String>,
    /// Sentences for explainers that choose, in the order of reading.
    pub(crate) plan: Vec<Planned>,
}

/// What stands in a prompt's file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    kind: PromptKind,
    text: String,
    #[serde(default)]
    sentences: usize,
    #[serde(default)]
    keeps: Vec<String>,
    #[serde(default)]
    plan: Vec<Planned>,
}

/// Files by id, in the order in which they are offered.
const FILES: [(&str, &str); 17] = [
    ("explain", include_str!("../prompts/explain.toml")),
    ("explain-without-title", include_str!("../prompts/explain-without-title.toml")),
    ("subject", include_str!("../prompts/subject.toml")),
    ("composition", include_str!("../prompts/composition.toml")),
    ("context", include_str!("../prompts/context.toml")),
    ("iconography", include_str!("../prompts/iconography.toml")),
    ("technique", include_str!("../prompts/technique.toml")),
    ("provenance", include_str!("../prompts/provenance.toml")),
    ("wall-label", include_str!("../prompts/wall-label.toml")),
    ("catalogue", include_str!("../prompts/catalogue.toml")),
    ("alt-text", include_str!("../prompts/alt-text.toml")),
    ("formal-analysis", include_str!("../prompts/formal-analysis.toml")),
    ("compare", include_str!("../prompts/compare.toml")),
    ("answer", include_str!("../prompts/answer.toml")),
    ("look", include_str!("../prompts/look.toml")),
    ("rules", include_str!("../prompts/rules.toml")),
    ("check", include_str!("../prompts/check.toml")),
];

static PROMPTS: LazyLock<Vec<Prompt>> = LazyLock::new(|| {
    FILES
        .iter()
        .filter_map(|&(id, text)| {
            // The files are compiled in, and a test reads every one of them.
            let File { version, kind, text, sentences, keeps, plan } = toml::from_str(text).ok()?;
            Some(Prompt { id, version, kind, text: text.trim().to_owned(), sentences, keeps, plan })
        })
        .collect()
});

/// All prompts, in the order in which they are offered.
pub fn prompts() -> &'static [Prompt] {
    &PROMPTS
}

/// The prompt of this id.
pub fn prompt(id: &str) -> Option<&'static Prompt> {
    PROMPTS.iter().find(|prompt| prompt.id == id)
}

impl PromptKind {
    /// Whether it can be chosen for writing, as it needs no question.
    pub fn writes(self) -> bool {
        matches!(self, Self::Explain | Self::Section | Self::Describe | Self::Compare)
    }
}

/// How long something is to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Length {
    /// Half as long.
    Short,
    /// As the prompt has it.
    #[default]
    Medium,
    /// Twice as long.
    Long,
}

impl Length {
    /// Sentences, for a prompt that has `medium` of them.
    pub(crate) fn sentences(self, medium: usize) -> usize {
        match self {
            Self::Short => medium.div_ceil(2),
            Self::Medium => medium,
            Self::Long => medium * 2,
        }
    }
}

/// A prompt with the words that are in force, and how it is to be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The prompt's id.
    pub prompt: String,
    /// The version of its words, e.g. `1`, or `1, own 2` where a library has its own.
    pub version: String,
    /// The words in force.
    pub text: String,
    /// How long.
    pub length: Length,
    /// The language, by its English name.
    pub language: String,
}

impl Wish {
    /// A prompt as it comes with the program, at a medium length, in English.
    pub fn of(prompt: &Prompt) -> Self {
        Self {
            prompt: prompt.id.to_owned(),
            version: prompt.version.to_string(),
            text: prompt.text.clone(),
            length: Length::Medium,
            language: "English".to_owned(),
        }
    }

    /// The words for a model, and how many sentences are wished for.
    pub(crate) fn words(&self) -> (String, usize) {
        let medium = prompt(&self.prompt).map_or(0, |prompt| prompt.sentences);
        let sentences = self.length.sentences(medium);
        let length = match sentences {
            1 => "one sentence".to_owned(),
            count => format!("about {count} sentences"),
        };
        (self.text.replace("{length}", &length).replace("{language}", &self.language), sentences)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_prompt_and_says_what_its_kind_needs() {
        for (id, text) in FILES {
            let file: File = toml::from_str(text).unwrap_or_else(|error| panic!("{id}: {error}"));
            assert!(file.version > 0 && !file.text.trim().is_empty(), "{id}");
            let chooses = matches!(file.kind, PromptKind::Explain | PromptKind::Section | PromptKind::Describe);
            assert_eq!(!file.plan.is_empty(), chooses, "{id} has a plan if sentences are chosen by it");
            let long = file.sentences > 0;
            assert_eq!(long, file.text.contains("{length}") && file.text.contains("{language}"), "{id}");
        }
        assert_eq!(prompts().len(), FILES.len());
    }

    #[test]
    fn a_wish_fills_in_length_and_language() {
        let label = Wish { length: Length::Short, language: "Dutch".into(), ..Wish::of(prompt("wall-label").unwrap()) };
        let (words, sentences) = label.words();
        assert!(words.contains("in Dutch") && words.contains("about 2 sentences") && !words.contains('{'), "{words}");
        assert_eq!(sentences, 2);
        assert_eq!(
            prompt("subject").unwrap().plan[0],
            Planned { of: "title".into(), tells: Tells::Subjects, spare: 0 }
        );
    }
}
