//! Words and names as they are compared: without case and accents.

use std::collections::HashMap;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::{Article, Entity, Kind};

/// Words that ask or join and say nothing of what is spoken of.
const COMMON: [&str; 90] = [
    "a", "about", "all", "am", "an", "and", "any", "are", "as", "at", "be", "been", "being", "but", "by", "can",
    "could", "did", "do", "does", "for", "from", "had", "has", "have", "he", "her", "hers", "him", "his", "how", "i",
    "if", "in", "into", "is", "it", "its", "may", "me", "might", "mine", "more", "most", "much", "my", "no", "not",
    "of", "on", "or", "our", "shall", "she", "should", "so", "some", "such", "than", "that", "the", "their", "them",
    "then", "there", "these", "they", "this", "those", "to", "us", "was", "we", "were", "what", "when", "where",
    "which", "who", "whom", "whose", "why", "will", "with", "would", "you", "your", "tell", "please", "s",
];

/// Whether `word` (folded) only asks or joins.
pub fn is_common(word: &str) -> bool {
    COMMON.contains(&word)
}

/// `text` in lower case and without accents, as names are compared.
pub fn fold(text: &str) -> String {
    text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).fold(
        String::with_capacity(text.len()),
        |mut folded, letter| {
            match letter {
                'ł' => folded.push('l'),
                'ø' => folded.push('o'),
                'đ' => folded.push('d'),
                'ß' => folded.push_str("ss"),
                'æ' => folded.push_str("ae"),
                'œ' => folded.push_str("oe"),
                other => folded.push(other),
            }
            folded
        },
    )
}

/// The words of `text` (letters and digits in a row), each with its bytes and [`fold`]ed.
pub fn words(text: &str) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        match (letter.is_alphanumeric() || is_combining_mark(letter), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                found.push((from..at, fold(&text[from..at])));
                start = None;
            }
            _ => {}
        }
    }
    found
}

fn key(name: &str) -> String {
    words(name).into_iter().map(|(_, word)| word).collect::<Vec<_>>().join(" ")
}

/// Titles and aliases, for looking up articles by name.
#[derive(Debug, Default)]
pub(crate) struct Names {
    articles: HashMap<String, usize>,
    /// Family names of artists, where only one artist bears it and no article has it as its name.
    families: HashMap<String, usize>,
    longest: usize,
}

impl Names {
    pub(crate) fn new(articles: &[Article]) -> Self {
        let mut names = Self::default();
        // Titles first: an alias never takes the place of another article's title.
        let titles = articles.iter().enumerate().map(|(number, a)| (number, &a.title));
        let aliases = articles.iter().enumerate().flat_map(|(number, a)| a.aliases.iter().map(move |n| (number, n)));
        for (number, name) in titles.chain(aliases) {
            let key = key(name);
            if !key.is_empty() {
                names.longest = names.longest.max(key.split(' ').count());
                names.articles.entry(key).or_insert(number);
            }
        }
        let mut bearers: HashMap<String, Vec<usize>> = HashMap::new();
        for (number, article) in articles.iter().enumerate().filter(|(_, a)| a.kind == Kind::Artist) {
            if let Some((_, family)) = words(&article.title).pop() {
                bearers.entry(family).or_default().push(number);
            }
        }
        for (family, bearers) in bearers {
            if let [only] = bearers[..]
                && family.chars().count() > 3
                && !names.articles.contains_key(&family)
            {
                names.families.insert(family, only);
            }
        }
        names
    }

    /// The article with this title or alias.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        let key = key(name);
        let singular = || key.strip_suffix('s').and_then(|k| self.articles.get(k));
        self.articles.get(&key).or_else(singular).copied()
    }

    /// The names that occur in `text`, in order; the longest where several overlap.
    pub(crate) fn occurring(&self, text: &str, articles: &[Article]) -> Vec<Entity> {
        let words = words(text);
        let mut found = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let longest = (1..=self.longest.min(words.len() - at)).rev().find_map(|count| {
                let name = &text[words[at].0.start..words[at + count - 1].0.end];
                self.find(name).map(|article| (article, count))
            });
            let family = || {
                let capital = text[words[at].0.clone()].starts_with(char::is_uppercase);
                self.families.get(&words[at].1).filter(|_| capital).map(|&article| (article, 1))
            };
            let named = longest.filter(|&(article, count)| {
                !is_common(&words[at].1) && !self.begins_another_name(text, &words[at..], count, articles[article].kind)
            });
            match named.or_else(family) {
                Some((article, count)) => {
                    let span = words[at].0.start..words[at + count - 1].0.end;
                    let Article { id, title, .. } = &articles[article];
                    found.push(Entity { article: id.clone(), title: title.clone(), span });
                    at += count;
                }
                None => at += 1,
            }
        }
        found
    }

    /// Whether the first of `words` is no name here, though a common noun of its own, because it begins the longer name of something that no article is about: the mount of "Mount Everest".
    /// Styles and artists are proper names, which stand before others without becoming part of them: "Baroque Rome".
    fn begins_another_name(&self, text: &str, words: &[(Range<usize>, String)], count: usize, kind: Kind) -> bool {
        let [(first, _), (next, following), ..] = words else { return false };
        let capital = |word: &Range<usize>| text[word.clone()].starts_with(char::is_uppercase);
        let joined = text[first.end..next.start].chars().all(char::is_whitespace);
        count == 1
            && !matches!(kind, Kind::Style | Kind::Artist | Kind::Page)
            && joined
            && capital(first)
            && capital(next)
            && self.find(following).is_none()
            && !self.families.contains_key(following)
    }
}

/// Which words the fragments of the articles use.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    /// By word (folded), the numbers of the fragments that use it, in order.
    fragments: HashMap<String, Vec<usize>>,
}

impl Usage {
    /// Of fragments in the order of their numbers, each with the names of its article.
    pub(crate) fn new<'a, N: IntoIterator<Item = &'a str>>(fragments: impl IntoIterator<Item = (&'a str, N)>) -> Self {
        let mut usage = Self::default();
        for (number, (text, names)) in fragments.into_iter().enumerate() {
            for (_, word) in words(text).into_iter().chain(names.into_iter().flat_map(words)) {
                let using = usage.fragments.entry(word).or_default();
                if using.last() != Some(&number) {
                    using.push(number);
                }
            }
        }
        usage
    }

    /// The fragments that use one of `forms`, in order, each once.
    pub(crate) fn of(&self, forms: &[String]) -> Vec<usize> {
        let mut using: Vec<usize> =
            forms.iter().filter_map(|form| self.fragments.get(form)).flatten().copied().collect();
        using.sort_unstable();
        using.dedup();
        using
    }

    /// The words, one slip of the pen away from `word`, that are used; none for short words, which have too many neighbours.
    pub(crate) fn like(&self, word: &str) -> Vec<String> {
        match word.chars().count() >= 6 {
            true => self.fragments.keys().filter(|known| one_slip(word, known)).cloned().collect(),
            false => Vec::new(),
        }
    }
}

/// `word` (folded), and the forms in which English may use it elsewhere.
pub(crate) fn forms(word: &str) -> Vec<String> {
    const ENDINGS: [&str; 6] = ["s", "es", "ed", "d", "ing", "er"];
    let shorter = ENDINGS.iter().filter_map(|ending| word.strip_suffix(ending)).filter(|stem| stem.chars().count() > 1);
    let longer = ENDINGS.iter().map(|ending| format!("{word}{ending}"));
    std::iter::once(word.to_owned()).chain(shorter.map(str::to_owned)).chain(longer).collect()
}

/// Whether the words differ by one letter put in, left out or exchanged, the first one apart.
fn one_slip(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 1 || a.first() != b.first() {
        return false;
    }
    let same = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[same..], &b[same..]);
    match a.len().cmp(&b.len()) {
        std::cmp::Ordering::Equal => a.is_empty() || a[1..] == b[1..],
        std::cmp::Ordering::Less => *a == b[1..],
        std::cmp::Ordering::Greater => a[1..] == *b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article(id: &str, title: &str, kind: Kind, aliases: &[&str]) -> Article {
        Article {
            id: id.to_owned(),
            title: title.to_owned(),
            kind,
            aliases: aliases.iter().map(|&a| a.to_owned()).collect(),
            related: vec![],
            paragraphs: vec!["Etchings are bitten into copper.".to_owned()],
        }
    }

    fn articles() -> Vec<Article> {
        vec![
            article("artist/leger", "Fernand Léger", Kind::Artist, &[]),
            article("artist/seurat", "Georges Seurat", Kind::Artist, &[]),
            article("style/cubism", "Cubism", Kind::Style, &["Cubist painting"]),
            article("style/ukiyo-e", "Ukiyo-e", Kind::Style, &["Rococo"]),
            article("style/rococo", "Rococo", Kind::Style, &[]),
            article("technique/etching", "Etching", Kind::Technique, &[]),
        ]
    }

    #[test]
    fn finds_a_name_whatever_its_case_accents_and_hyphens() {
        let names = Names::new(&articles());
        assert_eq!(names.find("fernand leger"), Some(0));
        assert_eq!(names.find("Ukiyo e"), Some(3));
        assert_eq!(names.find("etchings"), Some(5));
        assert_eq!(names.find("Rococo"), Some(4), "a title stands before an alias");
        assert_eq!(names.find("Léger and others"), None);
        assert_eq!(fold("Wrocław, Søren, Müßig"), "wroclaw, soren, mussig");
    }

    #[test]
    fn finds_the_names_that_occur_longest_first() {
        let articles = articles();
        let names = Names::new(&articles);
        let text = "Did Seurat know Cubist painting or ukiyo-e? A leger line is no name, seurat neither.";
        let found: Vec<_> =
            names.occurring(text, &articles).into_iter().map(|e| (e.title, text[e.span].to_owned())).collect();
        let expected = [("Georges Seurat", "Seurat"), ("Cubism", "Cubist painting"), ("Ukiyo-e", "ukiyo-e")];
        assert_eq!(found, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }

    #[test]
    fn a_noun_that_begins_the_name_of_something_else_is_no_name() {
        let mut articles = articles();
        articles.push(article("term/mount", "Mount", Kind::Term, &[]));
        let names = Names::new(&articles);
        let found =
            |text: &str| -> Vec<String> { names.occurring(text, &articles).into_iter().map(|e| e.title).collect() };
        assert_eq!(found("How tall is Mount Everest?"), [""; 0]);
        assert_eq!(found("What is a Mount, Everest?"), ["Mount"], "a comma parts two things");
        assert_eq!(found("Mount or frame?"), ["Mount"]);
        assert_eq!(found("Etching Seurat never tried"), ["Etching", "Georges Seurat"]);
        assert_eq!(found("Rococo Bavaria"), ["Rococo"]);
    }

    #[test]
    fn knows_which_fragments_use_a_word_in_whatever_form() {
        let usage = Usage::new([("Etchings are bitten into copper.", ["Etching"]), ("A plate is inked.", ["Etching"])]);
        assert_eq!(usage.of(&forms("etching")), [0, 1], "a title counts for all its fragments");
        assert_eq!(usage.of(&forms("plates")), [1]);
        assert_eq!(usage.of(&forms("bicycle")), Vec::<usize>::new());
        assert_eq!(usage.like("eching"), ["etching"], "a slip of the pen is no other word");
        assert_eq!(usage.like("inkd"), Vec::<String>::new());
    }
}
