//! Front and back of one sheet, told by the names of their files: offered after an import, joined where a person wants it.
//!
//! The rules: two files of one folder are a pair where their names without ending differ only in the last word, that word stands behind `_`, `-`, `.`, a blank or in
//! brackets, and the two words belong together in a row of [`WORDS`]; upper and lower case count the same. `f012r` and `f012v` are a pair too, as folios are
//! counted. A back by a whole word also goes with the file that has its name and no such word. `(1)` and `(2)` mean nothing: systems call copies so. Where two files could be the
//! front, none is.

use std::{
    collections::{BTreeMap, HashSet},
    path::{Path, PathBuf},
};

use vitrine_catalogue::WorkId;

use crate::{
    Workbench, WorkbenchError,
    jobs::Job,
    view::{PairView, WorkbenchEvent},
    workbench::now,
};

/// What front and back are called, in English, Italian, German and French, and in Latin.
const WORDS: [(&str, &str); 16] = [
    ("recto", "verso"),
    ("r", "v"),
    ("front", "back"),
    ("obverse", "reverse"),
    ("obv", "rev"),
    ("fronte", "retro"),
    ("dritto", "rovescio"),
    ("diritto", "rovescio"),
    ("vorderseite", "rückseite"),
    ("vorderseite", "rueckseite"),
    ("vorne", "hinten"),
    ("vs", "rs"),
    ("avers", "revers"),
    ("face", "dos"),
    ("devant", "dos"),
    ("endroit", "envers"),
];
/// The row of folios, whose letter stands right behind the number.
const FOLIOS: usize = WORDS.len();
/// A shorter word alone is too little to go with a name without one: `x_v` may be a version.
const WHOLE_WORD: usize = 4;

/// A file's name as one side of something.
struct Side {
    /// What is left of the name.
    base: String,
    /// The row of the words.
    row: usize,
    is_back: bool,
    is_whole_word: bool,
}

/// A file that came in, and the work that it became.
type Taken = (WorkId, PathBuf);

impl Workbench {
    /// Notes with an import which of its works are fronts and backs of each other by their files' names.
    pub(crate) fn offer_pairs(&self, job: &Job) {
        let imported = job.view().map(|view| view.imported).unwrap_or_default();
        let taken = imported.into_iter().filter_map(|work| {
            let scan = self.0.catalogue.scans(WorkId(work)).ok()?.into_iter().next()?;
            Some((WorkId(work), scan.path))
        });
        let taken: Vec<Taken> = taken.collect();
        let view = |(front, back): (&Taken, &Taken)| PairView {
            front: front.0.0,
            front_file: file_name(&front.1),
            back: back.0.0,
            back_file: file_name(&back.1),
        };
        let pairs: Vec<PairView> = pairs(&taken).into_iter().map(view).collect();
        if !pairs.is_empty() {
            job.update(|view| view.pairs = pairs);
        }
    }

    /// Makes the backs that an import offers further scans of their fronts' works, as one act; says how many.
    pub fn join_pairs(&self, job: u64) -> Result<usize, WorkbenchError> {
        let pairs = self.0.jobs.get(job).map(|view| view.pairs).unwrap_or_default();
        let groups: Vec<(i64, Vec<i64>)> = pairs.iter().map(|pair| (pair.front, vec![pair.back])).collect();
        if !groups.is_empty() {
            self.join(&groups)?;
        }
        self.0.jobs.revise(job, |view| view.pairs.clear());
        Ok(groups.len())
    }

    /// Makes the scans of other works further scans of one work, as one act.
    pub fn join_works(&self, into: i64, others: Vec<i64>) -> Result<(), WorkbenchError> {
        self.join(&[(into, others)])
    }

    fn join(&self, groups: &[(i64, Vec<i64>)]) -> Result<(), WorkbenchError> {
        let ids: Vec<(WorkId, Vec<WorkId>)> = groups
            .iter()
            .map(|(into, others)| (WorkId(*into), others.iter().map(|other| WorkId(*other)).collect()))
            .collect();
        self.0.catalogue.join_works(&ids, self.person(), now())?;
        self.announce(WorkbenchEvent::LibraryChanged);
        for (into, _) in groups {
            self.announce(WorkbenchEvent::WorkChanged { work: *into });
        }
        Ok(())
    }
}

/// Fronts with their backs.
fn pairs(taken: &[Taken]) -> Vec<(&Taken, &Taken)> {
    let mut rows: BTreeMap<(&Path, String, usize), [Vec<&Taken>; 2]> = BTreeMap::new();
    let mut plain: BTreeMap<(&Path, String), Vec<&Taken>> = BTreeMap::new();
    let mut whole_words = HashSet::new();
    for one in taken {
        let (folder, stem) = (one.1.parent().unwrap_or(Path::new("")), stem(&one.1));
        let sides = sides(&stem);
        if sides.is_empty() {
            plain.entry((folder, stem)).or_default().push(one);
        }
        for side in sides {
            if side.is_back && side.is_whole_word {
                whole_words.insert(one.0);
            }
            let [fronts, backs] = rows.entry((folder, side.base, side.row)).or_default();
            if side.is_back {
                backs.push(one)
            } else {
                fronts.push(one)
            };
        }
    }
    let mut found = Vec::new();
    let mut used = HashSet::new();
    for ((folder, base, _), [fronts, backs]) in &rows {
        let alone = plain.get(&(*folder, base.clone()));
        let front = match (fronts.as_slice(), backs.as_slice()) {
            ([front], [_]) => Some(*front),
            ([], [back]) if whole_words.contains(&back.0) => {
                alone.and_then(|plain| if let [front] = plain.as_slice() { Some(*front) } else { None })
            }
            _ => None,
        };
        if let (Some(front), [back]) = (front, backs.as_slice())
            && !used.contains(&front.0)
            && !used.contains(&back.0)
        {
            used.extend([front.0, back.0]);
            found.push((front, *back));
        }
    }
    found
}

/// What a name says of the side, by every row that knows its last word.
fn sides(stem: &str) -> Vec<Side> {
    let bracketed = stem.strip_suffix(')').or_else(|| stem.strip_suffix(']'));
    let before = |word: &str| match bracketed {
        Some(inner) => inner.strip_suffix(word)?.strip_suffix(['(', '[']),
        None => stem.strip_suffix(word)?.strip_suffix(['_', '-', '.', ' ']),
    };
    let mut found = Vec::new();
    for (row, (front, back)) in WORDS.iter().enumerate() {
        for (word, is_back) in [(front, false), (back, true)] {
            let Some(base) = before(word) else { continue };
            let base = base.trim_end_matches(['_', '-', '.', ' ']).to_owned();
            if !base.is_empty() {
                found.push(Side { base, row, is_back, is_whole_word: word.chars().count() >= WHOLE_WORD });
            }
        }
    }
    for (letter, is_back) in [('r', false), ('v', true)] {
        if let Some(base) = stem.strip_suffix(letter).filter(|base| base.ends_with(|c: char| c.is_ascii_digit())) {
            found.push(Side { base: base.to_owned(), row: FOLIOS, is_back, is_whole_word: false });
        }
    }
    found
}

/// A file's name without its ending in small letters; an umlaut may come as a letter and its dots.
fn stem(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    stem.replace("u\u{308}", "ü")
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[&str]) -> Vec<(String, String)> {
        let taken: Vec<Taken> =
            (1..).zip(names).map(|(work, name)| (WorkId(work), Path::new("/scans").join(name))).collect();
        let mut found: Vec<_> = pairs(&taken)
            .into_iter()
            .map(|(front, back)| {
                let name = |one: &Taken| one.1.strip_prefix("/scans").unwrap().display().to_string();
                (name(front), name(back))
            })
            .collect();
        found.sort();
        found
    }

    #[test]
    fn two_sides_of_a_sheet() {
        for (front, back) in [
            ("x_recto.tif", "x_verso.tif"),
            ("X-RECTO.TIF", "x-verso.jpg"),
            ("inv. 7 r.tif", "inv. 7 v.tif"),
            ("x_front.jpg", "x_back.jpg"),
            ("coin.obv.png", "coin.rev.png"),
            ("foglio 3 fronte.tif", "foglio 3 retro.tif"),
            ("moneta_dritto.tif", "moneta_rovescio.tif"),
            ("Blatt_Vorderseite.tif", "Blatt_Rückseite.tif"),
            ("Blatt_Vorderseite.tif", "Blatt_Ru\u{308}ckseite.tif"),
            ("Blatt VS.tif", "Blatt RS.tif"),
            ("dessin (face).tif", "dessin (dos).tif"),
            ("medaille_avers.tif", "medaille_revers.tif"),
            ("ms12_f001r.tif", "ms12_f001v.tif"),
            ("drawing.tif", "drawing_verso.tif"),
            ("disegno.tif", "disegno-retro.tif"),
        ] {
            assert_eq!(found(&[back, "other.tif", front]), [(front.to_owned(), back.to_owned())], "{front} {back}");
        }
    }

    #[test]
    fn what_is_no_pair() {
        for names in [
            &["x_recto.tif", "y_verso.tif"][..],
            &["a/x_recto.tif", "b/x_verso.tif"],
            &["x_recto.tif", "x_back.tif"],
            &["x (1).tif", "x (2).tif"],
            &["x.tif", "x_v.tif"],
            &["harbour.tif", "harbouv.tif"],
            &["recto.tif", "verso.tif"],
            &["x_recto.tif", "x_recto.jpg", "x_verso.tif"],
            &["x.tif", "x.jpg", "x_verso.tif"],
        ] {
            assert_eq!(found(names), [], "{names:?}");
        }
    }

    #[test]
    fn many_sheets_at_once() {
        let names = ["1r.tif", "1v.tif", "2r.tif", "2v.tif", "3r.tif", "cover_front.tif", "cover_back.tif"];
        assert_eq!(found(&names).len(), 3);
    }
}
