//! Pages about works become pairs of an instruction and its explanation, as ExpArt has them (Hayashi and others 2024), for people who train elsewhere.
//!
//! A section of a page answers an instruction that asks for it, with the work's title or without; the page's first image is the work, and the words that are linked in the section
//! are its entities. The fields are those of the workbench's own explanation instructions, and so are the four files: `train.json`, `dev.json`,
//! `test_seen.json`, whose works training knows by other sections, and `test_unseen.json`, whose images no other file has. Which page falls where is decided by its image alone, so that
//! pages can be written as they are read.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Fragment, Page, Result, SourceError};

/// The splits, as their files are called.
const SPLITS: [&str; 4] = ["train", "dev", "test_seen", "test_unseen"];
/// One of so many images is kept unseen, and as many sections of others are kept for `dev` and for `test_seen`.
const ONE_OF: u64 = 10;

/// How a page's opening, a section, and a section within others is asked for, with the title and without it.
const OPENING: [(&str, &str); 3] = [
    ("Introduce the work “{title}”.", "Introduce the work in the image."),
    ("What should a visitor know about “{title}”?", "What should a visitor know about this work?"),
    ("A label is needed for “{title}”. Write it.", "A label is needed for this work. Write it."),
];
const SECTION: [(&str, &str); 3] = [
    ("Write about “{title}” under the heading {section}.", "Write about this work under the heading {section}."),
    ("What is to be said of “{title}” as regards {section}?", "What is to be said of this work as regards {section}?"),
    (
        "A catalogue has the entry “{title}”. Fill in its section {section}.",
        "A catalogue has an entry for this work. Fill in its section {section}.",
    ),
];
const WITHIN: [(&str, &str); 3] = [
    (
        "Write about “{title}” under the heading {section}, which belongs to {outer}.",
        "Write about this work under the heading {section}, which belongs to {outer}.",
    ),
    (
        "As part of {outer}, what is to be said of “{title}” as regards {section}?",
        "As part of {outer}, what is to be said of this work as regards {section}?",
    ),
    (
        "The entry “{title}” has the section {outer}. Fill in its part {section}.",
        "The entry for this work has the section {outer}. Fill in its part {section}.",
    ),
];

/// An instruction with its explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplanationPair {
    /// The id of the section's first fragment.
    pub id: String,
    /// The image's name in the source.
    pub image: String,
    /// The page's title.
    pub title: String,
    /// The headings with ` / ` between them; empty for the opening.
    pub section: String,
    /// What is asked when the title is known.
    pub instruction: String,
    /// What is asked of the image alone.
    pub instruction_without_title: String,
    /// The section's paragraphs.
    pub explanation: String,
    /// Linked words of the explanation, each once.
    pub entities: Vec<String>,
}

/// The pairs of a page, one a section; none where it has no image.
pub fn explanation_pairs(page: &Page, seed: u64) -> Vec<ExplanationPair> {
    let Some(image) = page.fragments.iter().flat_map(|fragment| &fragment.images).next() else { return Vec::new() };
    let sections = page.fragments.chunk_by(|one, next| one.section == next.section);
    let pair = |fragments: &[Fragment]| {
        let first = fragments.first()?;
        let texts: Vec<&str> = fragments.iter().map(|fragment| fragment.text.as_str()).collect();
        let mut entities: Vec<String> = Vec::new();
        for fragment in fragments {
            for link in &fragment.links {
                let words = fragment.text.get(link.range.clone()).unwrap_or_default();
                if !entities.iter().any(|known| known == words) {
                    entities.push(words.to_owned());
                }
            }
        }
        let (instruction, instruction_without_title) = asked(&page.title, first, seed);
        Some(ExplanationPair {
            id: first.id.clone(),
            image: image.name.clone(),
            title: page.title.clone(),
            section: first.section.join(" / "),
            instruction,
            instruction_without_title,
            explanation: texts.join(" "),
            entities,
        })
    };
    sections.filter_map(pair).collect()
}

fn asked(title: &str, first: &Fragment, seed: u64) -> (String, String) {
    let (templates, section, outer) = match first.section.split_last() {
        None => (OPENING, "", String::new()),
        Some((section, [])) => (SECTION, section.as_str(), String::new()),
        Some((section, outer)) => (WITHIN, section.as_str(), outer.join(" / ")),
    };
    let (with_title, without) = templates[(scatter(&first.id, seed) % templates.len() as u64) as usize];
    // The title last, for it may have braces of its own.
    let fill =
        |template: &str| template.replace("{section}", section).replace("{outer}", &outer).replace("{title}", title);
    (fill(with_title), fill(without))
}

/// A number that looks like chance and is always the same for the same text and seed.
fn scatter(text: &str, seed: u64) -> u64 {
    let hash = text
        .bytes()
        .fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mixed = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Which split each of a page's pairs falls into.
fn splits(pairs: &[ExplanationPair], seed: u64) -> Vec<&'static str> {
    let is_unseen = pairs.first().is_some_and(|pair| scatter(&pair.image, seed).is_multiple_of(ONE_OF));
    let split = |pair: &ExplanationPair| match scatter(&pair.id, !seed) % ONE_OF {
        _ if is_unseen => "test_unseen",
        0 => "dev",
        1 => "test_seen",
        _ => "train",
    };
    let mut splits: Vec<&str> = pairs.iter().map(split).collect();
    // A work is seen where a section of it is learnt.
    if !is_unseen && !splits.contains(&"train") {
        splits.fill("train");
    }
    splits
}

/// The four files while they are being written.
pub struct ExplanationFiles {
    files: BTreeMap<&'static str, (PathBuf, BufWriter<File>)>,
    counts: BTreeMap<&'static str, usize>,
    seed: u64,
    left_out: usize,
}

impl ExplanationFiles {
    /// Begins the files in a folder, which is made where it is not there.
    ///
    /// # Errors
    ///
    /// The folder cannot be written into.
    pub fn create(folder: &Path, seed: u64) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|cause| SourceError::file(folder, cause))?;
        let mut files = BTreeMap::new();
        for split in SPLITS {
            let file = folder.join(format!("{split}.json"));
            let mut writer =
                File::create(&file).map(BufWriter::new).map_err(|cause| SourceError::file(&file, cause))?;
            writer.write_all(b"[").map_err(|cause| SourceError::file(&file, cause))?;
            files.insert(split, (file, writer));
        }
        Ok(Self { files, counts: SPLITS.map(|split| (split, 0)).into(), seed, left_out: 0 })
    }

    /// Writes a page's pairs.
    ///
    /// # Errors
    ///
    /// A file cannot be written.
    pub fn add(&mut self, page: &Page) -> Result<()> {
        let pairs = explanation_pairs(page, self.seed);
        self.left_out += usize::from(pairs.is_empty());
        for (pair, split) in pairs.iter().zip(splits(&pairs, self.seed)) {
            let (Some((file, writer)), Some(count)) = (self.files.get_mut(split), self.counts.get_mut(split)) else {
                continue;
            };
            let before = if *count == 0 { "\n" } else { ",\n" };
            *count += 1;
            let written = writer.write_all(before.as_bytes()).and_then(|()| Ok(serde_json::to_writer(writer, pair)?));
            written.map_err(|cause| SourceError::file(file, cause))?;
        }
        Ok(())
    }

    /// Ends the files. How many pairs each split has, and how many pages were left out because they have no image or no paragraph.
    ///
    /// # Errors
    ///
    /// A file cannot be written.
    pub fn finish(self) -> Result<(BTreeMap<&'static str, usize>, usize)> {
        for (file, mut writer) in self.files.into_values() {
            writer
                .write_all(b"\n]\n")
                .and_then(|()| writer.flush())
                .map_err(|cause| SourceError::file(&file, cause))?;
        }
        Ok((self.counts, self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{FragmentImage, Link, LinkTarget, Provenance};

    fn page(number: usize) -> Page {
        let fragment = |ordinal: usize, section: &[&str]| Fragment {
            id: format!("w/{number}#{ordinal}"),
            title: format!("Ships {{{number}}}"),
            section: section.iter().map(|&heading| heading.to_owned()).collect(),
            text: format!("Porcellis painted paragraph {ordinal}."),
            links: vec![Link { range: 0..9, target: LinkTarget::Page("Jan Porcellis".into()) }],
            images: vec![FragmentImage { name: format!("Ships {number}.jpg"), caption: String::new() }],
            provenance: Provenance::default(),
        };
        let fragments =
            vec![fragment(0, &[]), fragment(1, &["Life"]), fragment(2, &["Life"]), fragment(3, &["Life", "Late"])];
        Page {
            id: number.to_string(),
            title: format!("Ships {{{number}}}"),
            categories: vec![],
            fragments,
            provenance: Provenance::default(),
        }
    }

    #[test]
    fn a_section_is_a_pair() {
        let pairs = explanation_pairs(&page(1), 1);
        assert_eq!(pairs.iter().map(|pair| pair.section.as_str()).collect::<Vec<_>>(), ["", "Life", "Life / Late"]);
        assert_eq!(pairs[1].explanation, "Porcellis painted paragraph 1. Porcellis painted paragraph 2.");
        assert_eq!(pairs[1].entities, ["Porcellis"]);
        for pair in &pairs {
            assert!(pair.instruction.contains("“Ships {1}”") && !pair.instruction_without_title.contains("Ships"));
            assert!(!pair.instruction.contains("{section}") && !pair.instruction_without_title.contains("{outer}"));
        }
        assert!(pairs[2].instruction.contains("Late") && pairs[2].instruction.contains("Life"));
        let mut without = page(1);
        without.fragments.iter_mut().for_each(|fragment| fragment.images.clear());
        assert!(explanation_pairs(&without, 1).is_empty());
    }

    #[test]
    fn unseen_images_are_in_no_other_file_and_seen_works_are_learnt() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = ExplanationFiles::create(folder.path(), 3).unwrap();
        (0..300).for_each(|number| files.add(&page(number)).unwrap());
        let (counts, left_out) = files.finish().unwrap();
        assert_eq!((counts.values().sum::<usize>(), left_out), (900, 0));
        let read = |split: &str| -> Vec<ExplanationPair> {
            serde_json::from_str(&fs::read_to_string(folder.path().join(format!("{split}.json"))).unwrap()).unwrap()
        };
        let images = |split: &str| read(split).into_iter().map(|pair| pair.image).collect::<HashSet<_>>();
        let (train, unseen) = (images("train"), images("test_unseen"));
        assert!(unseen.len() > 10 && unseen.len() < 60, "{}", unseen.len());
        assert!(unseen.is_disjoint(&train) && images("dev").is_subset(&train) && images("test_seen").is_subset(&train));
        assert!(SPLITS.iter().all(|split| read(split).len() == counts[split] && counts[split] > 20), "{counts:?}");
    }
}
