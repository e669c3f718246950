//! The word lists of METEOR 1.5, read from the package that the user has: they are not ours to ship.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Paraphrases;
use super::normalise::Prefixes;
use super::synonyms::Synonyms;
use crate::EvaluationError;

/// The archive with the lists of words.
const ARCHIVE: &str = "meteor-1.5.jar";
/// The table of paraphrases, beside it.
const PARAPHRASES: &str = "data/paraphrase-en.gz";
/// A list unpacked may have so many bytes; the largest has four million.
const LARGEST_LIST: u64 = 64 << 20;
/// A line of the table may have so many bytes.
const LONGEST_LINE: u64 = 1 << 16;
/// The longest run of words that is looked for in the table; its longest has seven.
const LONGEST_RUN: usize = 7;

/// What was found of METEOR's package.
#[derive(Debug, Default)]
pub struct Package {
    pub(super) function_words: FxHashSet<String>,
    pub(super) prefixes: Prefixes,
    pub(super) synonyms: Option<Synonyms>,
    pub(super) paraphrases: Option<PathBuf>,
    pub(super) lacks: Vec<String>,
}

impl Package {
    /// Without any of its lists: exact words and stems, all words content words. It equals METEOR's figures only where a text has no function words.
    pub fn none() -> Self {
        let absent = |what: &str| format!("METEOR: {what}");
        Self {
            lacks: vec![
                absent("no list of function words: all words count alike"),
                absent("no lists of synonyms: that stage is off"),
                absent("no table of paraphrases: that stage is off"),
            ],
            ..Self::default()
        }
    }

    /// Of a folder: that of the Python package pycocoevalcap, its folder `meteor`, or another one with `meteor-1.5.jar` and `data/paraphrase-en.gz`.
    ///
    /// # Errors
    ///
    /// There is no such archive, it cannot be read, or it lacks its list of function words. Absent synonyms and paraphrases are no error: their stages are off.
    pub fn read(folder: &Path) -> Result<Self, EvaluationError> {
        let folder = if folder.join("meteor").join(ARCHIVE).is_file() { folder.join("meteor") } else { folder.into() };
        let file = folder.join(ARCHIVE);
        let advice = "; name the folder of the Python package pycocoevalcap, which has METEOR 1.5 in it".to_owned();
        let opened = File::open(&file).map_err(|cause| EvaluationError::File { file: file.clone(), cause, advice })?;
        let mut archive = zip::ZipArchive::new(BufReader::new(opened)).map_err(|error| {
            EvaluationError::broken(&file, "as an archive", format!("{error}; install pycocoevalcap again"))
        })?;
        let mut list = |name: &str| -> Result<Option<String>, EvaluationError> {
            let Ok(entry) = archive.by_name(name) else { return Ok(None) };
            let mut text = String::new();
            entry
                .take(LARGEST_LIST)
                .read_to_string(&mut text)
                .map_err(|error| EvaluationError::broken(&file, name, error.to_string()))?;
            if text.len() as u64 >= LARGEST_LIST {
                return Err(EvaluationError::broken(&file, name, "unpacks to more than any list of METEOR's"));
            }
            Ok(Some(text))
        };
        let Some(words) = list("function/english.words")? else {
            let reason = "absent; this is another program than METEOR 1.5, install pycocoevalcap again";
            return Err(EvaluationError::broken(&file, "function/english.words", reason));
        };
        let mut package = Self {
            function_words: words.lines().map(str::to_owned).collect(),
            prefixes: Prefixes::read(&list("nonbreaking/english.prefixes")?.unwrap_or_default()),
            ..Self::default()
        };
        if let (Some(synsets), Some(exceptions)) =
            (list("synonym/english.synsets")?, list("synonym/english.exceptions")?)
        {
            package.synonyms = Some(Synonyms::read(&synsets, &exceptions).map_err(|line| {
                EvaluationError::broken(&file, format!("synonym/english.synsets, line {line}"), "not a number")
            })?);
        } else {
            package.lacks.push(format!("METEOR: {} has no lists of synonyms: that stage is off", file.display()));
        }
        let table = folder.join(PARAPHRASES);
        if table.is_file() {
            package.paraphrases = Some(table);
        } else {
            package.lacks.push(format!("METEOR: there is no {}: paraphrases are off", table.display()));
        }
        Ok(package)
    }

    /// The table's entries of which both runs stand in a case, one in the candidate and one in a reference. The table is much larger than what any corpus needs of it, so it is read past.
    pub(super) fn paraphrases(
        &self,
        texts: &[(Vec<u32>, Vec<Vec<u32>>)],
        numbers: &FxHashMap<String, u32>,
    ) -> Result<Paraphrases, EvaluationError> {
        let mut found = Paraphrases::default();
        let Some(file) = &self.paraphrases else { return Ok(found) };
        let mut runs: [FxHashSet<&[u32]>; 2] = Default::default();
        for (candidate, references) in texts {
            for (side, text) in std::iter::once((0, candidate)).chain(references.iter().map(|text| (1, text))) {
                for length in 1..=LONGEST_RUN.min(text.len()) {
                    runs[side].extend(text.windows(length));
                }
            }
        }
        let failed = |cause| EvaluationError::file(file, cause);
        let mut table =
            BufReader::with_capacity(1 << 20, GzDecoder::new(BufReader::new(File::open(file).map_err(failed)?)));
        let (mut first, mut second) = (Vec::new(), Vec::new());
        let mut line = Vec::new();
        let mut place = 0usize;
        loop {
            line.clear();
            let read = (&mut table).take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(failed)?;
            if read == 0 {
                break;
            }
            place += 1;
            if line.last() != Some(&b'\n') && read as u64 == LONGEST_LINE {
                return Err(EvaluationError::broken(file, format!("line {place}"), "longer than any of METEOR's"));
            }
            // Three lines an entry: how likely, and the two runs.
            match place % 3 {
                2 => numbered(&line, numbers, &mut first),
                0 if !first.is_empty() => {
                    numbered(&line, numbers, &mut second);
                    for (one, other) in [(&first, &second), (&second, &first)] {
                        if runs[0].contains(one.as_slice()) && runs[1].contains(other.as_slice()) {
                            found.longest = found.longest.max(one.len()).max(other.len());
                            *found.same.entry(one.clone()).or_default().entry(other.clone()).or_default() += 1;
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(found)
    }
}

/// The numbers of a line's words; empty where the texts lack one of them.
fn numbered(line: &[u8], numbers: &FxHashMap<String, u32>, run: &mut Vec<u32>) {
    run.clear();
    let Ok(line) = std::str::from_utf8(line) else { return };
    for word in line.trim_end_matches(['\r', '\n']).split(' ') {
        match numbers.get(word) {
            Some(&number) => run.push(number),
            None => {
                run.clear();
                return;
            }
        }
    }
}
