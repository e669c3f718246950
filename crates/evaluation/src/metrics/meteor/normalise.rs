//! Words as METEOR 1.5 cuts them (`-norm`): small letters, marks apart, hyphens opened, acronyms without their stops.
//!
//! Redone from what the program does with probes: every letter of the common planes in nine surroundings, and stops, commas, dashes and apostrophes in many. The rules for
//! apostrophes, commas and stops are those of the tokenizer of the Moses toolkit, which its papers name.

use rustc_hash::FxHashSet;

/// Whether the program leaves a character where it is; it parts all others from their neighbours, Greek and Chinese letters too.
fn stays(c: char) -> bool {
    matches!(c, '.' | '\'' | ',' | '-') || is_letter(c) || c.is_ascii_digit()
}

/// The letters that it knows.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic()
        || matches!(c, 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ž' | '\u{400}'..='\u{527}' | '\u{1d00}'..='\u{1d7f}' | '\u{a640}'..='\u{a66e}' | '\u{a67e}'..='\u{a697}')
}

/// Abbreviations that keep their stop wherever they stand, and those that keep it before a number.
#[derive(Debug, Default)]
pub(super) struct Prefixes {
    always: FxHashSet<String>,
    before_numbers: FxHashSet<String>,
}

impl Prefixes {
    /// From the package's list: one a line, `#` begins a remark, `#NUMERIC_ONLY#` behind a word means only before numbers.
    pub(super) fn read(list: &str) -> Self {
        let mut prefixes = Self::default();
        for line in list.lines().filter(|line| !line.starts_with('#')) {
            match line.split_once("#NUMERIC_ONLY#") {
                Some((word, _)) => prefixes.before_numbers.insert(word.trim().to_owned()),
                None => prefixes.always.insert(line.trim().to_owned()),
            };
        }
        prefixes
    }
}

/// The words, separated by single spaces.
pub(super) fn normalised(text: &str, prefixes: &Prefixes) -> String {
    // White space at both ends lets the rules below look at a neighbour everywhere.
    let mut marked: Vec<char> = vec![' '];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let c = match c {
            '“' | '”' => '"',
            '‘' | '’' | '`' => '\'',
            '–' => '-',
            space if space.is_whitespace() => ' ',
            other => other,
        };
        marked.push(c);
        // The next one, read as this loop will read it, tells doubled marks.
        if let Some(&next) = chars.peek() {
            let doubled = match c {
                '\'' => matches!(next, '‘' | '’' | '`' | '\'').then_some('"'),
                '-' => matches!(next, '–' | '-').then_some('-'),
                _ => None,
            };
            if let Some(one) = doubled {
                chars.next();
                marked.pop();
                marked.push(one);
            }
        }
    }
    marked.push(' ');

    let mut spaced = Vec::with_capacity(marked.len() * 2);
    for c in marked {
        if stays(c) || c == ' ' { spaced.push(c) } else { spaced.extend([' ', c, ' ']) }
    }
    let is_word = |c: char| is_letter(c) || c.is_ascii_digit() || c == '.';
    let digit = |c: char| c.is_ascii_digit();
    let spaced = between(&spaced, '-', is_word, is_word, " ");
    let spaced = between(&spaced, ',', |c| !digit(c), |c| !digit(c), " , ");
    let spaced = between(&spaced, ',', digit, |c| !digit(c), " , ");
    let spaced = between(&spaced, ',', |c| !digit(c), digit, " , ");
    let spaced = between(&spaced, '\'', |c| !is_letter(c), |c| !is_letter(c), " ' ");
    let spaced = between(&spaced, '\'', |c| !is_letter(c) && !digit(c), is_letter, " ' ");
    let spaced = between(&spaced, '\'', is_letter, |c| !is_letter(c), " ' ");
    let spaced = between(&spaced, '\'', is_letter, is_letter, " '");
    let spaced = between(&spaced, '\'', digit, |c| c == 's', " '");
    let spaced: String = stops_in_a_row_apart(&spaced).into_iter().collect();

    let words: Vec<&str> = spaced.split(' ').filter(|word| !word.is_empty()).collect();
    let mut normalised = String::with_capacity(spaced.len());
    let mut push = |word: &str| {
        if !normalised.is_empty() {
            normalised.push(' ');
        }
        normalised.push_str(&word.to_lowercase());
    };
    for (place, word) in words.iter().enumerate() {
        let following = words.get(place + 1).and_then(|next| next.chars().next());
        let Some(stem) = word.strip_suffix('.').filter(|stem| !stem.is_empty() && !stem.ends_with('.')) else {
            push(word);
            continue;
        };
        if stem.contains('.') && stem.chars().any(is_letter) {
            push(&stem.replace('.', ""));
        } else if prefixes.always.contains(stem)
            || following.is_some_and(|next| next.is_ascii_lowercase())
            || (prefixes.before_numbers.contains(stem) && following.is_some_and(digit))
        {
            push(word);
        } else {
            push(stem);
            push(".");
        }
    }
    normalised
}

/// Puts `instead` in place of `mark` where its neighbours are as they should be. As with a regular expression's replacement, a neighbour serves one mark only.
fn between(
    text: &[char],
    mark: char,
    before: impl Fn(char) -> bool,
    after: impl Fn(char) -> bool,
    instead: &str,
) -> Vec<char> {
    let mut replaced = Vec::with_capacity(text.len() + 8);
    let mut at = 0;
    while let Some(&c) = text.get(at) {
        replaced.push(c);
        at += 1;
        if let [second, third, ..] = text[at..]
            && second == mark
            && before(c)
            && after(third)
        {
            replaced.extend(instead.chars());
            replaced.push(third);
            at += 2;
        }
    }
    replaced
}

/// `a...b` becomes `a ... b`.
fn stops_in_a_row_apart(text: &[char]) -> Vec<char> {
    let mut apart = Vec::with_capacity(text.len() + 8);
    for run in text.chunk_by(|a, b| (*a == '.') == (*b == '.')) {
        if run.len() > 1 && run[0] == '.' {
            apart.push(' ');
            apart.extend_from_slice(run);
            apart.push(' ');
        } else {
            apart.extend_from_slice(run);
        }
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What METEOR 1.5 prints (`-writeAlignments`) for each, with abbreviations of this test.
    #[test]
    fn as_the_program_cuts() {
        let prefixes = Prefixes::read("# a remark\nMr\nA\nNo #NUMERIC_ONLY#\n");
        for (text, words) in [
            ("A self-portrait, isn't it? He's 50%", "a self portrait , isn 't it ? he 's 50 %"),
            ("it 's n't ca n't l’avignon 1990's dogs'", "it ' s n 't ca n 't l 'avignon 1990 's dogs '"),
            ("“young” – ōkyo 富嶽 3.5 4,000 a,b", "\" young \" - ōkyo 富 嶽 3.5 4,000 a , b"),
            ("x-y-z --a a--b a---b a-- %-b 5.-a", "x y-z -a a b a--b a- % -b 5. a"),
            ("''double'' `back` x'y'z 1'a 1'2", "\" double \" ' back ' x 'y'z 1'a 1 ' 2"),
            ("end. End. Mr. Smith No. 5 No. X A. B", "end . end . mr. smith no. 5 no . x a. b"),
            ("U.S. e.g. a.b 12. 13. a a...b U.S..", "us eg a.b 12 . 13. a a ... b u.s .."),
            (",, a,,b 1,,2 ,1, 1,2,3", ", , a , ,b 1 , , 2 , 1 , 1,2,3"),
            ("", ""),
        ] {
            assert_eq!(normalised(text, &prefixes), words, "{text}");
        }
    }
}
