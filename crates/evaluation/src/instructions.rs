//! Explanation instructions as ExpArt has them (Hayashi and others 2024), made from a data set or the library: for people who train elsewhere.
//!
//! A section of what is told about a work answers an instruction that asks for it, with the work's title or without. Four files: `train.json`, `dev.json`, `test_seen.json`, whose works
//! training knows by other sections, and `test_unseen.json`, whose works it never saw.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::EvaluationError;
use crate::data::{DataSet, Form, Item, read};
use crate::metrics::interval::Random;

/// The splits, as their files are called.
const SPLITS: [&str; 4] = ["train", "dev", "test_seen", "test_unseen"];
/// One of so many works is kept unseen, and as many sections of others are kept for `dev` and for `test_seen`.
const ONE_OF: usize = 10;

/// How a section of a work whose title is known is asked for; `{section}` and `{title}` are filled in.
const WITH_TITLE: [&str; 3] = [
    "Explain the {section} of “{title}”.",
    "What is to be said about the {section} of “{title}”?",
    "This work is called “{title}”. Write about its {section}.",
];
/// The same from the image alone.
const WITHOUT_TITLE: [&str; 3] = [
    "Explain the {section} of this work.",
    "What is to be said about the {section} of the work in the image?",
    "Look at this work and write about its {section}.",
];

/// An instruction with its explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Instruction {
    /// Unique in its file: the work and the section.
    pub id: String,
    /// The image; it may lie anywhere.
    pub image: Option<String>,
    /// The work's title.
    pub title: String,
    /// Which section is asked for.
    pub section: String,
    /// What is asked when the title is known.
    pub instruction: String,
    /// What is asked of the image alone.
    pub instruction_without_title: String,
    /// What is told.
    pub explanation: String,
    /// Names that stand in the explanation word for word: entities of the data set, and values of the record.
    pub entities: Vec<String>,
}

/// How many instructions each file has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Written {
    /// By split: `train`, `dev`, `test_seen`, `test_unseen`.
    pub instructions: BTreeMap<String, usize>,
    /// Works that were left out, for they have no title or nothing is told about them.
    pub left_out: usize,
}

/// What a kind of text is called in an instruction.
fn section(kind: &str) -> &str {
    match kind {
        "visual" | "content" | "description" => "subject",
        "context" => "history",
        "form" => "style and technique",
        "explanation" => "meaning",
        "note" | "notes" => "background",
        other => other,
    }
}

/// Writes the four files into `out`, which is made where it is not there; the seed says which work falls where.
///
/// # Errors
///
/// No work has a title and texts, or a file cannot be written.
pub fn write(data: &DataSet, out: &Path, seed: u64) -> Result<Written, EvaluationError> {
    let told: Vec<(&Item, &str)> = data
        .items
        .iter()
        .filter_map(|item| Some((item, item.title.as_deref()?)))
        .filter(|(item, title)| {
            !title.trim().is_empty() && item.texts.values().flatten().any(|text| !text.trim().is_empty())
        })
        .collect();
    if told.is_empty() {
        let lacks =
            "no work has both a title and a text; accept titles and descriptions first, or name another data set";
        let (name, task) = (data.name.clone(), "explanation instructions".to_owned());
        return Err(EvaluationError::Unsuited { name, task, lacks: lacks.into() });
    }
    let mut files: BTreeMap<&str, Vec<Instruction>> = SPLITS.iter().map(|split| (*split, Vec::new())).collect();
    let mut random = Random::new(seed);
    // Works that share an image share their fate.
    let mut fates: BTreeMap<String, bool> = BTreeMap::new();
    for (item, title) in &told {
        let image = item.image.as_ref().map_or_else(|| item.id.clone(), |image| image.display().to_string());
        let unseen = *fates.entry(image).or_insert_with(|| random.below(ONE_OF) == 0);
        let sections: Vec<Instruction> = item
            .texts
            .iter()
            .filter_map(|(kind, texts)| {
                let text = texts.join(" ");
                (!text.trim().is_empty()).then(|| instruction(item, title, kind, text, &mut random))
            })
            .collect();
        // Of a work with several sections one may be kept for the tests: its others are learnt.
        let kept = random.below(sections.len());
        let several = sections.len() > 1;
        for (place, section) in sections.into_iter().enumerate() {
            let split = match random.below(ONE_OF) {
                _ if unseen => "test_unseen",
                0 => "dev",
                1..=2 if several && place == kept => "test_seen",
                _ => "train",
            };
            files.entry(split).or_default().push(section);
        }
    }
    // A work is seen where a section of it is learnt; otherwise what was kept is learnt after all.
    let learnt: HashSet<String> = files["train"].iter().map(work_of).collect();
    for split in ["dev", "test_seen"] {
        let all = files.insert(split, Vec::new()).unwrap_or_default();
        let (stay, learn): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| learnt.contains(&work_of(one)));
        files.insert(split, stay);
        files.entry("train").or_default().extend(learn);
    }
    fs::create_dir_all(out).map_err(|cause| EvaluationError::file(out, cause))?;
    let mut written = Written { left_out: data.items.len() - told.len(), ..Written::default() };
    for (split, instructions) in &files {
        let file = out.join(format!("{split}.json"));
        let text = serde_json::to_string_pretty(instructions).map_err(std::io::Error::from);
        text.and_then(|text| fs::write(&file, text + "\n")).map_err(|cause| EvaluationError::file(&file, cause))?;
        written.instructions.insert((*split).to_owned(), instructions.len());
    }
    Ok(written)
}

/// The image, or the work where there is none.
fn work_of(instruction: &Instruction) -> String {
    instruction.image.clone().unwrap_or_else(|| instruction.title.clone())
}

fn instruction(item: &Item, title: &str, kind: &str, explanation: String, random: &mut Random) -> Instruction {
    let asked = |templates: &[&str; 3], random: &mut Random| {
        templates[random.below(templates.len())].replace("{section}", section(kind)).replace("{title}", title)
    };
    let names = item.entities.iter().chain(item.labels.values().flatten());
    let mut entities: Vec<String> =
        names.filter(|name| !name.is_empty() && explanation.contains(name.as_str())).cloned().collect();
    entities.sort();
    entities.dedup();
    Instruction {
        id: format!("{} {kind}", item.id),
        image: item.image.as_ref().map(|image| image.display().to_string()),
        title: title.to_owned(),
        section: section(kind).to_owned(),
        instruction: asked(&WITH_TITLE, random),
        instruction_without_title: asked(&WITHOUT_TITLE, random),
        explanation,
        entities,
    }
}

/// Reads the files of a folder again, whoever made them, and looks for what would spoil a measurement: works of `test_unseen` that are learnt, entities that their
/// explanation lacks, entries that stand there twice. How many instructions there are.
///
/// # Errors
///
/// The folder has no such files, or one of them is spoilt: the first entry that is, with what to do.
pub fn check(folder: &Path) -> Result<usize, EvaluationError> {
    let data = read(folder, Some(Form::ExpArt))?;
    let spoilt = |item: &Item, reason: String| {
        let split = item.split.as_deref().unwrap_or_default();
        EvaluationError::broken(&folder.join(format!("{split}.json")), format!("entry “{}”", item.id), reason)
    };
    let is_unseen = |item: &&Item| item.split.as_deref() == Some("test_unseen");
    let works = |item: &Item| item.image.clone().or_else(|| item.title.clone().map(Into::into));
    let seen: HashSet<_> = data.items.iter().filter(|item| !is_unseen(item)).filter_map(works).collect();
    let mut ids = HashSet::new();
    for item in &data.items {
        let explanation = item.texts.get("explanation").map(|texts| texts.join(" ")).unwrap_or_default();
        if !ids.insert(&item.id) {
            return Err(spoilt(item, "stands there twice; give each entry an id of its own".into()));
        }
        if let Some(entity) = item.entities.iter().find(|entity| !explanation.contains(entity.as_str())) {
            return Err(spoilt(item, format!("its explanation does not name “{entity}”; leave that entity out")));
        }
        if is_unseen(&item) && works(item).is_some_and(|work| seen.contains(&work)) {
            return Err(spoilt(item, "its work is in another file too, so it is not unseen; move it there".into()));
        }
    }
    Ok(data.items.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(works: usize) -> DataSet {
        let item = |number: usize| Item {
            id: number.to_string(),
            image: Some(format!("/scans/{number}.jpg").into()),
            title: Some(format!("Ships {number}")),
            labels: BTreeMap::from([("artist".into(), vec!["Jan Porcellis".into()])]),
            texts: BTreeMap::from([
                ("description".into(), vec!["Ships of Jan Porcellis in a storm.".into()]),
                ("provenance".into(), vec!["Sold in 1900.".into()]),
            ]),
            ..Item::default()
        };
        let mut items: Vec<Item> = (1..=works).map(item).collect();
        items.push(Item { id: "untold".into(), title: Some("Trees".into()), ..Item::default() });
        DataSet { name: "The library".into(), items, lacks: Vec::new() }
    }

    #[test]
    fn what_is_written_is_whole_and_its_unseen_works_are_unseen() {
        let folder = tempfile::tempdir().unwrap();
        let written = write(&library(100), folder.path(), 1).unwrap();
        assert_eq!((written.instructions.values().sum::<usize>(), written.left_out), (200, 1));
        assert!(SPLITS.iter().all(|split| written.instructions[*split] > 0), "{written:?}");
        assert!(written.instructions["train"] > 120, "{written:?}");
        assert_eq!(check(folder.path()).unwrap(), 200);
        let data = read(folder.path(), Some(Form::ExpArt)).unwrap();
        let described = data.items.iter().find(|item| item.id.ends_with("description")).unwrap();
        assert_eq!(described.entities, ["Jan Porcellis"]);
        assert!(described.question.as_ref().unwrap().contains(described.title.as_ref().unwrap()));
        // The same seed gives the same files.
        let again = tempfile::tempdir().unwrap();
        write(&library(100), again.path(), 1).unwrap();
        let file = |folder: &Path| fs::read_to_string(folder.join("test_seen.json")).unwrap();
        assert_eq!(file(folder.path()), file(again.path()));
    }

    #[test]
    fn spoilt_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |train: &str, unseen: &str, says: &str| {
            fs::write(folder.path().join("train.json"), train).unwrap();
            fs::write(folder.path().join("test_unseen.json"), unseen).unwrap();
            let message = check(folder.path()).unwrap_err().to_string();
            assert!(message.contains(says), "{message}");
        };
        let entry = |image: &str, explanation: &str, entities: &str| {
            format!(r#"[{{"id": "1", "image": "{image}", "explanation": "{explanation}", "entities": [{entities}]}}]"#)
        };
        refused(&entry("a.jpg", "Ships.", ""), &entry("a.jpg", "Sold.", ""), "it is not unseen");
        refused(&entry("a.jpg", "Ships.", r#""Hals""#), &entry("b.jpg", "Sold.", ""), "does not name “Hals”");
        let nothing = write(&library(0), folder.path(), 1).unwrap_err().to_string();
        assert!(nothing.contains("accept titles and descriptions first"), "{nothing}");
    }
}
