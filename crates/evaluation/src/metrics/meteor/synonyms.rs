//! WordNet's sets of synonyms as METEOR's package has them: two words are synonyms where they share one.

use rustc_hash::FxHashMap;

/// Endings that are cut, and what is put in their place; the first that leads to a known word counts (WordNet's rules of detachment).
const ENDINGS: [(&str, &str); 18] = [
    ("ches", "ch"),
    ("shes", "sh"),
    ("ses", "s"),
    ("xes", "x"),
    ("zes", "z"),
    ("ies", "y"),
    ("men", "man"),
    ("s", ""),
    ("es", "e"),
    ("es", ""),
    ("ed", "e"),
    ("ed", ""),
    ("ing", "e"),
    ("ing", ""),
    ("er", ""),
    ("er", "e"),
    ("est", ""),
    ("est", "e"),
];

/// The two lists.
#[derive(Debug, Default)]
pub(super) struct Synonyms {
    synsets: FxHashMap<String, Vec<u32>>,
    /// Irregular forms with what they are forms of.
    irregular: FxHashMap<String, Vec<String>>,
}

impl Synonyms {
    /// Of the package's lists: a word a line, on the next line the numbers of its sets, or its irregular forms. A number that is none is an error, with its line from 1.
    pub(super) fn read(synsets: &str, exceptions: &str) -> Result<Self, usize> {
        let mut synonyms = Self::default();
        for (place, (word, numbers)) in in_twos(synsets).enumerate() {
            let mut sets =
                numbers.split(' ').map(str::parse).collect::<Result<Vec<u32>, _>>().map_err(|_| 2 * place + 2)?;
            sets.sort_unstable();
            synonyms.synsets.insert(word.to_owned(), sets);
        }
        for (word, forms) in in_twos(exceptions) {
            for form in forms.split(' ') {
                synonyms.irregular.entry(form.to_owned()).or_default().push(word.to_owned());
            }
        }
        Ok(synonyms)
    }

    /// The sets of a word and of what it is a form of, sorted.
    pub(super) fn synsets(&self, word: &str) -> Vec<u32> {
        let own = self.synsets.get(word);
        let mut sets = own.cloned().unwrap_or_default();
        if let Some(bases) = self.irregular.get(word) {
            sets.extend(bases.iter().filter_map(|base| self.synsets.get(base)).flatten());
        } else {
            let base = ENDINGS.iter().find_map(|(ending, instead)| {
                let stem = word.strip_suffix(ending).filter(|_| word.len() > 2)?;
                if *ending == "s" && stem.ends_with('s') {
                    return None;
                }
                self.synsets.get(&format!("{stem}{instead}"))
            });
            sets.extend(base.into_iter().flatten());
        }
        sets.sort_unstable();
        sets.dedup();
        sets
    }
}

/// Lines in twos; a last odd one is left out.
fn in_twos(list: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut lines = list.lines();
    std::iter::from_fn(move || Some((lines.next()?, lines.next()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_lead_to_their_words() {
        let synonyms = Synonyms::read(
            "box\n1 2\nboxe\n9\ncity\n3\nfoot\n4\nfeet\n5\nglass\n6\nbus\n7\no\n8\n",
            "foot\nfeet\nglad\ngladder gladdest\n",
        )
        .unwrap();
        assert_eq!(synonyms.synsets("boxes"), [1, 2], "xes before es");
        assert_eq!(synonyms.synsets("boxed"), [9], "ed to e before ed alone");
        assert_eq!(synonyms.synsets("cities"), [3]);
        assert_eq!(synonyms.synsets("feet"), [4, 5], "its own and those of what it is a form of");
        assert_eq!(synonyms.synsets("glasss"), [0u32; 0]);
        assert_eq!(synonyms.synsets("os"), [0u32; 0], "too short to cut");
        assert_eq!(Synonyms::read("box\n1 x\n", "").unwrap_err(), 2);
    }
}
