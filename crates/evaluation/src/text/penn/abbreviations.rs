//! Abbreviations and initials, whose full stop belongs to them, and whether it ends a sentence too.

use super::{Form, Found, Lexer, is_space, is_word, plain};

/// Begin sentences so often that an abbreviation before them ends one.
const STARTERS: [&str; 46] = [
    "A",
    "About",
    "According",
    "Additionally",
    "After",
    "An",
    "As",
    "At",
    "But",
    "Earlier",
    "He",
    "Her",
    "Here",
    "However",
    "If",
    "In",
    "It",
    "Last",
    "Many",
    "More",
    "Mr.",
    "Ms.",
    "Now",
    "Once",
    "One",
    "Other",
    "Our",
    "She",
    "Since",
    "So",
    "Some",
    "Such",
    "That",
    "The",
    "Their",
    "Then",
    "There",
    "These",
    "They",
    "This",
    "We",
    "What",
    "When",
    "While",
    "Yet",
    "You",
];

/// Abbreviations that always go on.
const TITLES: [&str; 64] = [
    "adj", "adm", "adv", "alex", "assoc", "asst", "atty", "attys", "ave", "brig", "capt", "cie", "cmdr", "col",
    "comdr", "cpl", "dept", "det", "dr", "drs", "elec", "ens", "ft", "gen", "gov", "govs", "hon", "insp", "invt",
    "lieut", "lt", "maj", "messrs", "mfg", "mlle", "mme", "mr", "mrs", "ms", "msgr", "mt", "mtg", "natl", "pfc", "ph",
    "pres", "prof", "profs", "pvt", "rep", "reps", "rev", "sen", "sens", "sfc", "sgt", "spc", "st", "ste", "supt",
    "supts", "wm", "cf", "vs",
];

/// Abbreviations that may end a sentence.
const ENDING: [&str; 78] = [
    "ala", "apr", "ariz", "assn", "aug", "bancorp", "bhd", "bldg", "blvd", "bros", "calif", "co", "colo", "conn",
    "corp", "cos", "ct", "dak", "dec", "esq", "est", "ext", "feb", "fla", "fri", "ga", "inc", "ind", "intl", "jan",
    "jr", "jul", "jun", "kan", "kans", "ky", "ltd", "mar", "md", "mich", "minn", "mo", "mon", "mont", "neb", "nev",
    "nov", "oct", "okla", "penn", "plc", "pte", "ptes", "pty", "ptys", "rd", "rt", "sep", "sept", "sq", "sr", "sys",
    "tel", "tenn", "thu", "thurs", "tue", "tues", "univ", "va", "vt", "wed", "wis", "wisc", "wyo", "al", "seq", "etc",
];

/// Such of them as are words too, unless they begin with a capital.
const ENDING_CAPITAL: [&str; 10] = ["ark", "del", "ill", "la", "mass", "miss", "ore", "pa", "tex", "wash"];

/// Abbreviations only before a number.
const NUMBERED: [&str; 9] = ["art", "ca", "fig", "figs", "no", "nos", "op", "pp", "prop"];

impl Lexer<'_> {
    /// Words and letters with a full stop that belongs to them.
    pub(super) fn abbreviation(&self, at: usize) -> Option<Found> {
        if !self.at(at).is_ascii_alphabetic() {
            return None;
        }
        if let Some(length) = self.initials(at) {
            return Some(length);
        }
        let mut letters = self.run(at, |c| c.is_ascii_alphabetic());
        if self.at(at + letters) != '.' {
            return None;
        }
        let mut word = self.folded(at, letters);
        if matches!(word.as_str(), "ph" | "ed") && self.starts_folded(at + letters, ".d.") {
            letters += 2;
            word = "esq".into();
        }
        let length = letters + 1;
        if TITLES.contains(&word.as_str()) {
            return Some(plain(length));
        }
        let capital = self.at(at).is_ascii_uppercase();
        if ENDING.contains(&word.as_str()) || (capital && ENDING_CAPITAL.contains(&word.as_str())) {
            let after = at + length;
            let gap = |place| is_space(self.at(place)) || self.at(place) == '\n';
            let ends =
                gap(after) && (gap(after + 1) || self.at(after + 1).is_uppercase() || self.tag(after + 1).is_some());
            let (reach, form) = if ends { (length + 2, Form::TwiceStopped) } else { (length, Form::Plain) };
            return Some(Found { reach, taken: length, form });
        }
        if NUMBERED.contains(&word.as_str()) {
            let gap = usize::from(is_space(self.at(at + length)) || self.at(at + length) == '\n');
            if self.at(at + length + gap).is_ascii_digit() {
                return Some(Found { reach: length + gap + 1, taken: length, form: Form::Plain });
            }
        }
        None
    }

    /// `J.`, `U.S.`, `e.g.`: single letters and full stops.
    fn initials(&self, at: usize) -> Option<Found> {
        let mut end = at + 1;
        while self.at(end) == '.' && self.at(end + 1).is_ascii_alphabetic() {
            end += 2;
        }
        if self.at(end) != '.' || is_word(self.at(end + 1)) && self.at(end + 1).is_ascii_alphabetic() {
            return None;
        }
        let length = end + 1 - at;
        if self.at(end + 1) == '-' {
            let rest = self.run(end + 2, is_word);
            if rest > 0 {
                return Some(plain(length + 1 + rest));
            }
        }
        let starter = self.starter(end + 1);
        Some(match (starter, length) {
            // A single letter before the beginning of a sentence is a word at the end of one.
            (Some(_), 2) => return None,
            (Some(reach), _) => Found { reach: length + reach, taken: length, form: Form::TwiceStopped },
            (None, _) => plain(length),
        })
    }

    /// How far white space and a word that begins sentences reach.
    fn starter(&self, at: usize) -> Option<usize> {
        let spaces = self.run(at, |c| is_space(c) || c == '\n');
        if spaces == 0 {
            return None;
        }
        let from = at + spaces;
        let found = STARTERS.iter().find(|word| {
            let length = word.len();
            self.starts(from, word)
                && (word.ends_with('.') || is_space(self.at(from + length)) || self.at(from + length) == '\n')
        });
        found.map(|word| spaces + word.len() + 1)
    }

    fn folded(&self, from: usize, length: usize) -> String {
        self.chars[from..from + length].iter().flat_map(|c| c.to_lowercase()).collect()
    }
}
