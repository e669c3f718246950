//! The tokens of the Penn Treebank as Stanford's tokenizer (CoreNLP 3.4.1, options `-preserveLines -lowerCase`) cuts them, since pycocoevalcap scores what that one leaves.
//!
//! Written from the Treebank's conventions and from what the tokenizer does with probes; `docs/evaluation.md` says on how many lines of real text both agree. As there, the
//! longest match at a place wins, and of two the rule that comes first.

use super::letters::{is_letter, is_sign};

/// Tokens that captions are scored without.
const DROPPED: [&str; 17] =
    ["''", "'", "``", "`", "-LRB-", "-RRB-", "-LCB-", "-RCB-", ".", "?", "!", ",", ":", "-", "--", "...", ";"];

/// Captions as pycocoevalcap's `PTBTokenizer` leaves them: tokens in lower case, without punctuation, separated by spaces.
///
/// Brackets stay, as `-lrb-` and `-rrb-`: it drops their names in capitals, after all has become small. The order matters a little, as it does there: whether a full stop at a
/// caption's end is its own token may depend on how the next caption begins.
pub fn caption_tokens(captions: &[&str]) -> Vec<String> {
    let lines: Vec<String> = captions.iter().map(|caption| caption.replace('\n', " ")).collect();
    let mut cut = Vec::with_capacity(lines.len());
    for (place, line) in lines.iter().enumerate() {
        let mut caption = String::with_capacity(line.len() + 16);
        for token in penn_tokens(line, lines.get(place + 1).map_or("", String::as_str)) {
            if !DROPPED.contains(&token.as_str()) {
                if !caption.is_empty() {
                    caption.push(' ');
                }
                caption.push_str(&token);
            }
        }
        cut.push(caption);
    }
    cut
}

/// How much of the next line can matter.
const LOOK_AHEAD: usize = 20;

/// The tokens of one line, in lower case; `following` is the line after it. Tokens of numbers and fractions may hold a no-break space.
pub fn penn_tokens(line: &str, following: &str) -> Vec<String> {
    let mut chars: Vec<char> = line.chars().collect();
    let end = chars.len();
    chars.push('\n');
    chars.extend(following.chars().take(LOOK_AHEAD));
    let lexer = Lexer { chars: &chars };
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < end {
        match lexer.longest(at) {
            Some(found) => {
                lexer.write(at, &found, &mut tokens);
                at += found.taken;
            }
            None => at += 1,
        }
    }
    tokens
}

/// What a rule matched.
struct Found {
    /// Characters that count when rules compete: the token and what must follow it.
    reach: usize,
    /// Characters of the token.
    taken: usize,
    form: Form,
}

/// How the token is written.
enum Form {
    /// As it stands, without soft hyphens; no-break spaces for spaces.
    Plain,
    /// Cut in two after so many characters.
    Split(usize),
    /// Something else.
    As(&'static str),
    /// An abbreviation at the end of a sentence: the full stop is said twice.
    TwiceStopped,
    /// A quotation mark, which probably opens or not.
    Quote(bool),
    /// With names for its brackets.
    Brackets,
}

struct Lexer<'a> {
    chars: &'a [char],
}

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
    fn at(&self, place: usize) -> char {
        self.chars.get(place).copied().unwrap_or('\n')
    }

    fn run(&self, from: usize, is: impl Fn(char) -> bool) -> usize {
        self.chars[from.min(self.chars.len())..].iter().take_while(|c| is(**c)).count()
    }

    fn folded(&self, from: usize, length: usize) -> String {
        self.chars[from..from + length].iter().flat_map(|c| c.to_lowercase()).collect()
    }

    fn starts(&self, from: usize, text: &str) -> bool {
        text.chars().enumerate().all(|(place, c)| self.at(from + place) == c)
    }

    /// Ignoring case; `'` stands for itself alone.
    fn starts_folded(&self, from: usize, text: &str) -> bool {
        text.chars().enumerate().all(|(place, c)| self.at(from + place).to_ascii_lowercase() == c)
    }

    fn longest(&self, at: usize) -> Option<Found> {
        let mut best: Option<Found> = None;
        let mut offer = |found: Option<Found>| {
            if let Some(found) = found
                && best.as_ref().is_none_or(|best| found.reach > best.reach)
            {
                best = Some(found);
            }
        };
        let c = self.at(at);
        if is_word(c) || matches!(c, '\'' | '’' | '.' | ',' | '+' | '-' | '&' | '(' | '`' | '‘' | '$' | '#' | '@' | ':')
        {
            offer(self.joined(at));
            offer(self.mark_up(at));
            offer(self.auxiliary(at));
            offer(self.word(at));
            offer(self.address(at));
            offer(self.apostrophe_word(at));
            offer(self.number(at));
            offer(self.thing(at));
            offer(self.verse(at));
            offer(self.slashed(at));
            offer(self.abbreviation(at));
            offer(self.before_comma(at));
        } else {
            offer(self.mark_up(at));
        }
        offer(self.smiley(at));
        offer(self.quote(at));
        offer(self.sign(at));
        best
    }

    /// Two words that are written as one.
    fn joined(&self, at: usize) -> Option<Found> {
        const JOINED: [(&str, usize); 8] = [
            ("cannot", 3),
            ("gonna", 3),
            ("gotta", 3),
            ("lemme", 3),
            ("gimme", 3),
            ("wanna", 3),
            ("'tis", 2),
            ("'twas", 2),
        ];
        let (text, cut) = JOINED.into_iter().find(|(text, _)| self.starts_folded(at, text))?;
        let length = text.chars().count();
        Some(Found { reach: length, taken: length, form: Form::Split(cut) })
    }

    /// Tags and entities.
    fn mark_up(&self, at: usize) -> Option<Found> {
        match self.at(at) {
            '<' => self.tag(at).map(plain),
            '&' => {
                const ENTITIES: [(&str, &str); 7] = [
                    ("&amp;", "&"),
                    ("&lt;", "<"),
                    ("&gt;", ">"),
                    ("&mdash;", "--"),
                    ("&ndash;", "--"),
                    ("&MD;", "--"),
                    ("&nbsp;", ""),
                ];
                let figures = self.digits(at + 2);
                if self.at(at + 1) == '#' && figures > 0 && self.at(at + 2 + figures) == ';' {
                    return Some(plain(figures + 3));
                }
                let (text, written) = ENTITIES.into_iter().find(|(text, _)| self.starts(at, text))?;
                Some(Found { reach: text.len(), taken: text.len(), form: Form::As(written) })
            }
            _ => None,
        }
    }

    /// Whether a character is written as an entity here.
    fn entity(&self, at: usize) -> bool {
        ["&amp;", "&lt;", "&gt;", "&quot;", "&apos;", "&nbsp;"].iter().any(|entity| self.starts(at, entity))
    }

    fn tag(&self, at: usize) -> Option<usize> {
        let mut place = at + 1;
        let closing = self.at(place) == '/';
        if closing || matches!(self.at(place), '!' | '?') {
            place += 1;
        }
        if !self.at(place).is_ascii_alphabetic() {
            return None;
        }
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.' | '-');
        place += self.run(place, name);
        if matches!(self.at(at + 1), '!' | '?') {
            place += self.run(place, |c| c != '>');
        }
        loop {
            let spaces = self.run(place, |c| c == ' ');
            let next = self.at(place + spaces);
            if closing || spaces == 0 || !next.is_ascii_alphabetic() {
                place += spaces;
                break;
            }
            place += spaces;
            place += self.run(place, name);
            let equals = place + self.run(place, |c| c == ' ');
            if self.at(equals) == '=' {
                place = equals + 1;
                place += self.run(place, |c| c == ' ');
                let quote = self.at(place);
                if matches!(quote, '"' | '\'') {
                    let inside = self.run(place + 1, |c| c != quote);
                    if self.at(place + 1 + inside) != quote {
                        return None;
                    }
                    place += inside + 2;
                } else if quote.is_ascii_alphabetic() {
                    place += self.run(place, name);
                } else {
                    return None;
                }
            }
        }
        if self.at(place) == '/' && !closing {
            place += 1;
        }
        (self.at(place) == '>').then_some(place + 1 - at)
    }

    /// `'s`, `n't` and their like, and words before them.
    fn auxiliary(&self, at: usize) -> Option<Found> {
        let word = self.word_length(at);
        if word > 0 {
            if let Some(tail) = self.reduced(at + word) {
                return Some(Found { reach: word + tail, taken: word, form: Form::Plain });
            }
            let letters = self.run(at, is_letter);
            if letters > 1 && self.is_not(at + letters - 1) {
                return Some(Found { reach: letters + 2, taken: letters - 1, form: Form::Plain });
            }
            if self.is_not(at) && !is_word(self.at(at + 3)) {
                return Some(Found { reach: 3, taken: 3, form: Form::Plain });
            }
            return None;
        }
        let tail = self.reduced(at).filter(|tail| !self.at(at + tail).is_ascii_alphabetic())?;
        Some(Found { reach: tail + 1, taken: tail, form: Form::Plain })
    }

    /// `n't` with any apostrophe.
    fn is_not(&self, at: usize) -> bool {
        matches!(self.at(at), 'n' | 'N') && is_any_apostrophe(self.at(at + 1)) && matches!(self.at(at + 2), 't' | 'T')
    }

    fn reduced(&self, at: usize) -> Option<usize> {
        if !is_apostrophe(self.at(at)) {
            return None;
        }
        let two = [self.at(at + 1).to_ascii_lowercase(), self.at(at + 2).to_ascii_lowercase()];
        match two {
            ['r', 'e'] | ['v', 'e'] | ['l', 'l'] => Some(3),
            ['m' | 's' | 'd', _] => Some(2),
            _ => None,
        }
    }

    fn word_length(&self, at: usize) -> usize {
        if !is_letter(self.at(at)) {
            return 0;
        }
        let mut end = at + self.run(at, is_word);
        while matches!(self.at(end), '.' | '!' | '?') && is_letter(self.at(end + 1)) {
            end += 1;
            end += self.run(end, is_word);
        }
        end - at
    }

    fn word(&self, at: usize) -> Option<Found> {
        let length = self.word_length(at);
        (length > 0).then(|| plain(length))
    }

    /// Addresses of pages, letters and people.
    fn address(&self, at: usize) -> Option<Found> {
        let inside = |c: char| !c.is_whitespace() && !matches!(c, '"' | '<' | '>' | '|' | '(' | ')');
        let ends = |c: char| inside(c) && !matches!(c, '.' | '!' | '?' | '{' | '}' | ',' | '-');
        let trimmed = |from: usize, least: usize| {
            let mut length = self.run(from, inside);
            while length > least && !ends(self.at(from + length - 1)) {
                length -= 1;
            }
            (length > least).then_some(length)
        };
        for scheme in ["http://", "https://"] {
            if self.starts(at, scheme) {
                let rest = trimmed(at + scheme.len(), 1)?;
                return Some(plain(scheme.len() + rest));
            }
        }
        if self.starts(at, "www.") {
            let host = |c: char| inside(c) && !matches!(c, '.' | '!' | '?' | '{' | '}' | ',' | '/');
            let mut end = at + 4;
            let mut good = 0;
            loop {
                let part = self.run(end, host);
                if part == 0 {
                    break;
                }
                let last = &self.chars[end..end + part];
                end += part;
                if end > at + 4 + part && (2..=4).contains(&part) && last.iter().all(|c| c.is_ascii_alphabetic()) {
                    good = end;
                }
                if self.at(end) != '.' {
                    break;
                }
                end += 1;
            }
            if good == 0 {
                return None;
            }
            let path = if self.at(good) == '/' { trimmed(good, 1).unwrap_or(0) } else { 0 };
            return Some(plain(good + path - at));
        }
        if self.at(at) == '@' {
            let name = self.run(at + 1, |c| c.is_ascii_alphanumeric() || c == '_');
            return (name > 0 && !self.at(at + 1).is_ascii_digit()).then(|| plain(name + 1));
        }
        if self.at(at) == '#' {
            let letters = self.run(at + 1, is_letter);
            return (letters > 0).then(|| plain(letters + 1));
        }
        if self.at(at).is_ascii_alphanumeric() {
            let local = self.run(at, |c| inside(c) && !matches!(c, '@' | '{' | '}' | '\u{a0}'));
            if self.at(at + local) != '@' {
                return None;
            }
            let from = at + local + 1;
            let mut host =
                self.run(from, |c| inside(c) && !matches!(c, '{' | '}' | '[' | ']' | ',' | ';' | ':' | '\u{a0}'));
            while host > 0 && self.at(from + host - 1) == '.' {
                host -= 1;
            }
            return (host > 0).then(|| plain(local + 1 + host));
        }
        None
    }

    /// Words with an apostrophe that is no quotation mark.
    fn apostrophe_word(&self, at: usize) -> Option<Found> {
        const WHOLE: [&str; 19] = [
            "c'est",
            "dunkin'",
            "somethin'",
            "ol'",
            "'em",
            "'till",
            "'til",
            "'cause",
            "'n'",
            "'n",
            "cont'd.",
            "c'mon",
            "e'er",
            "s'mores",
            "ev'ry",
            "li'l",
            "nat'l",
            "o'clock",
            "d'ye",
        ];
        let typed = |place: usize| if self.at(place) == '’' { '\'' } else { self.at(place).to_ascii_lowercase() };
        let mut longest = WHOLE
            .iter()
            .filter(|text| text.chars().enumerate().all(|(place, c)| typed(at + place) == c))
            .map(|text| text.len())
            .max()
            .unwrap_or(0);
        if is_apostrophe(self.at(at)) && ('2'..='9').contains(&self.at(at + 1)) && self.starts(at + 2, "0s") {
            longest = longest.max(4);
        }
        let c = self.at(at);
        if matches!(c, 'l' | 'L' | 'd' | 'D' | 'j' | 'J' | 'y' | 'Y') && self.at(at + 1) == '\'' {
            longest = longest.max(2);
        }
        if matches!(c, 'A'..='H' | 'J'..='X' | 'Z' | 'n') && is_any_apostrophe(self.at(at + 1)) {
            let letters = self.run(at + 2, is_letter);
            if letters >= 2 {
                longest = longest.max(2 + letters);
            }
        }
        let letters = self.run(at, is_letter);
        if letters >= 2
            && matches!(self.at(at + letters - 1).to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
            && is_any_apostrophe(self.at(at + letters))
            && matches!(self.at(at + letters + 1), 'a' | 'e' | 'i' | 'o' | 'u' | 'A'..='Z')
        {
            longest = longest.max(letters + 1 + self.run(at + letters + 1, is_letter));
        }
        (longest > 0).then(|| plain(longest))
    }

    fn digits(&self, at: usize) -> usize {
        self.run(at, |c| c.is_ascii_digit())
    }

    /// Numbers, dates, fractions, telephone numbers.
    fn number(&self, at: usize) -> Option<Found> {
        let longest = [self.figure(at), self.fraction(at), self.telephone(at), self.date(at)].into_iter().max()?;
        (longest > 0).then(|| plain(longest))
    }

    fn figure(&self, at: usize) -> usize {
        let signed = usize::from(matches!(self.at(at), '+' | '-'));
        let mut end = at + signed + self.digits(at + signed);
        while matches!(self.at(end), '.' | ',' | ':' | '\u{ad}') && self.digits(end + 1) > 0 {
            end += 1 + self.digits(end + 1);
        }
        if end > at + signed { end - at } else { 0 }
    }

    fn fraction(&self, at: usize) -> usize {
        let part = |at: usize| {
            let over = self.digits(at);
            let mut slash = at + over;
            if self.at(slash) == '\\' {
                slash += 1;
            }
            let under = self.digits(slash + 1).min(4);
            let good = (1..=4).contains(&over) && matches!(self.at(slash), '/' | '\u{2044}') && under > 0;
            if good { slash + 1 + under - at } else { 0 }
        };
        let whole = self.digits(at);
        if (1..=4).contains(&whole) && matches!(self.at(at + whole), ' ' | '-' | '\u{a0}') {
            let rest = part(at + whole + 1);
            if rest > 0 {
                return whole + 1 + rest;
            }
        }
        part(at)
    }

    fn date(&self, at: usize) -> usize {
        let day = self.digits(at);
        let month = self.digits(at + day + 1);
        let year = self.digits(at + day + month + 2).min(4);
        let dash = |place| matches!(self.at(place), '-' | '/');
        let good = (1..=2).contains(&day)
            && (1..=2).contains(&month)
            && year >= 2
            && dash(at + day)
            && dash(at + day + month + 1);
        if good { day + month + year + 2 } else { 0 }
    }

    /// `(415) 555-1234`, `+1 415 555 1234`, and other rows of figures that look so.
    fn telephone(&self, at: usize) -> usize {
        let gap = |place: usize| matches!(self.at(place), '-' | ' ' | '\u{a0}');
        let last = |from: usize| {
            // Three or four figures, perhaps a gap, three to five.
            let mut longest = 0;
            for first in 3..=4 {
                if self.digits(from) < first {
                    continue;
                }
                let mut next = from + first;
                if gap(next) {
                    next += 1;
                }
                let figures = self.digits(next).min(5);
                if figures >= 3 {
                    longest = longest.max(next + figures - from);
                }
            }
            longest
        };
        let mut longest = 0;
        if self.at(at) == '(' {
            let area = self.digits(at + 1);
            if (2..=3).contains(&area) && self.at(at + 1 + area) == ')' {
                let mut next = at + area + 2;
                if matches!(self.at(next), ' ' | '\u{a0}') {
                    next += 1;
                }
                let rest = last(next);
                longest = if rest > 0 { next + rest - at } else { 0 };
            }
            return longest;
        }
        let plus = self.run(at, |c| c == '+').min(2);
        let start = at + plus;
        let group = |from: usize| {
            let figures = self.digits(from);
            if (2..=4).contains(&figures) && gap(from + figures) { figures + 1 } else { 0 }
        };
        // With a plus the country's group may have one figure.
        let country = {
            let figures = self.digits(start);
            if plus > 0 && figures == 1 && gap(start + 1) { 2 } else { group(start) }
        };
        for first in [0, country] {
            let second = group(start + first);
            if second > 0 {
                let rest = last(start + first + second);
                if rest > 0 {
                    longest = longest.max(plus + first + second + rest);
                }
            }
        }
        longest
    }

    /// Letters and figures joined by hyphens, `d'` and `O'` before a part.
    fn thing(&self, at: usize) -> Option<Found> {
        let part = |from: usize| {
            let prefixed = matches!(self.at(from), 'd' | 'D' | 'o' | 'O' | 'l' | 'L')
                && is_any_apostrophe(self.at(from + 1))
                && is_word(self.at(from + 2))
                && is_word(self.at(from + 3));
            let prefix = if prefixed { 2 } else { 0 };
            let rest = self.run(from + prefix, is_word);
            if rest > 0 { prefix + rest } else { 0 }
        };
        let mut length = part(at);
        if length == 0 {
            return None;
        }
        while is_hyphen(self.at(at + length)) {
            let next = part(at + length + 1);
            if next == 0 {
                break;
            }
            length += 1 + next;
        }
        // Companies and the like: AT&T, R&D, A+B.
        let letters = |from: usize, signs: bool| {
            self.run(from, |c| if signs { c.is_ascii_uppercase() } else { c.is_ascii_alphabetic() })
        };
        for sign in ['&', '+'] {
            let mut end = at + letters(at, sign == '+');
            let begun = end;
            while end > at && self.at(end) == sign && !self.entity(end) {
                let next = letters(end + 1, sign == '+');
                if next == 0 {
                    break;
                }
                end += 1 + next;
                if sign == '&' && self.chars[at..end].iter().any(char::is_ascii_lowercase) {
                    break;
                }
            }
            if end > begun {
                length = length.max(end - at);
            }
        }
        Some(plain(length))
    }

    /// `3.18-19`, `st.-germain`: words with full stops inside or at their end, joined by hyphens to others.
    fn verse(&self, at: usize) -> Option<Found> {
        let mut length = self.run(at, is_word);
        let begun = length;
        while length > 0 && self.at(at + length) == '.' {
            let next = self.run(at + length + 1, is_word);
            length += 1 + next;
            if next == 0 {
                break;
            }
        }
        if length == begun || !is_hyphen(self.at(at + length)) {
            return None;
        }
        let mut whole = length;
        while is_hyphen(self.at(at + whole)) {
            let next = self.run(at + whole + 1, is_word);
            if next == 0 {
                break;
            }
            whole += 1 + next;
        }
        (whole > length).then(|| plain(whole))
    }

    /// `and/or`, `24/7`, at most three parts.
    fn slashed(&self, at: usize) -> Option<Found> {
        let ascii = |from: usize| self.run(from, |c| c.is_ascii_alphanumeric());
        let part = |from: usize| {
            let mut length = ascii(from);
            if length == 0 {
                return 0;
            }
            for _ in 0..2 {
                let next = if self.at(from + length) == '-' { ascii(from + length + 1) } else { 0 };
                if next == 0 {
                    break;
                }
                length += 1 + next;
            }
            length
        };
        let mut length = part(at);
        if length == 0 {
            return None;
        }
        let mut parts = 0;
        while parts < 2 && self.at(at + length) == '/' {
            let next = part(at + length + 1);
            if next == 0 {
                break;
            }
            length += 1 + next;
            parts += 1;
        }
        (parts > 0).then(|| plain(length))
    }

    /// Words and letters with a full stop that belongs to them.
    fn abbreviation(&self, at: usize) -> Option<Found> {
        if !self.at(at).is_ascii_alphabetic() {
            return None;
        }
        if let Some(length) = self.initials(at) {
            return Some(length);
        }
        let mut letters = self.run(at, |c| c.is_ascii_alphabetic());
        let mut word = self.folded(at, letters);
        if matches!(word.as_str(), "ph" | "ed") && self.starts_folded(at + letters, ".d.") {
            letters += 2;
            word = "esq".into();
        }
        if self.at(at + letters) != '.' {
            return None;
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

    /// A word keeps its full stop before a comma or a colon.
    fn before_comma(&self, at: usize) -> Option<Found> {
        let length = self.thing(at)?.taken.max(self.word_length(at));
        let comma = matches!(self.at(at + length + 1), ',' | ';' | ':' | '\u{3001}');
        (self.at(at + length) == '.' && comma).then(|| Found {
            reach: length + 2,
            taken: length + 1,
            form: Form::Plain,
        })
    }

    fn smiley(&self, at: usize) -> Option<Found> {
        let mut place = at;
        if matches!(self.at(place), '<' | '>') {
            place += 1;
        }
        if matches!(self.at(place), ':' | ';' | '=') {
            place += 1;
            if matches!(self.at(place), '-' | 'o' | '*' | '\'') {
                place += 1;
            }
            if matches!(self.at(place), '(' | ')' | 'D' | 'P' | 'd' | 'p' | 'O' | '\\' | '{' | '@' | '|' | '[' | ']') {
                let length = place + 1 - at;
                return Some(Found { reach: length, taken: length, form: Form::Brackets });
            }
        }
        let eye = |c: char| matches!(c, '-' | '^' | 'x' | '=' | '~' | '<' | '>' | '\'');
        let bare = |c: char| eye(c) && !matches!(c, '-' | '\'');
        if bare(self.at(at)) && self.at(at + 1) == '.' && bare(self.at(at + 2))
            || eye(self.at(at)) && self.at(at + 1) == '_' && eye(self.at(at + 2))
        {
            return Some(plain(3));
        }
        if self.at(at) == '(' && eye(self.at(at + 1)) {
            let mouth = usize::from(matches!(self.at(at + 2), '_' | '.'));
            if eye(self.at(at + 2 + mouth)) && self.at(at + 3 + mouth) == ')' {
                let length = 4 + mouth;
                return Some(Found { reach: length, taken: length, form: Form::Brackets });
            }
        }
        None
    }

    fn quote(&self, at: usize) -> Option<Found> {
        if self.starts(at, "&quot;") || self.starts(at, "&apos;") {
            let form = if self.starts(at, "&quot;") {
                Form::Quote(self.at(at + 6).is_ascii_alphanumeric())
            } else {
                Form::As("'")
            };
            let reach = if self.starts(at, "&quot;") && self.at(at + 6).is_ascii_alphanumeric() { 7 } else { 6 };
            return Some(Found { reach, taken: 6, form });
        }
        let c = self.at(at);
        match c {
            '"' => {
                let opens = self.at(at + 1).is_ascii_alphanumeric() || self.at(at + 1) == '$';
                Some(Found { reach: 1 + usize::from(opens), taken: 1, form: Form::Quote(opens) })
            }
            '\'' | '`' if self.at(at + 1) == c => Some(Found { reach: 2, taken: 2, form: Form::Plain }),
            '\'' => {
                let next = self.at(at + 2);
                let opens = self.at(at + 1).is_ascii_alphabetic() && !is_space(next) && next != '\n';
                Some(Found { reach: if opens { 3 } else { 1 }, taken: 1, form: Form::Quote(opens) })
            }
            '`' | '‘' | '\u{201b}' | '\u{91}' | '‹' => Some(written("`")),
            '’' | '\u{92}' | '›' => Some(written("'")),
            '“' | '\u{93}' | '«' => Some(written("``")),
            '”' | '\u{94}' | '»' => Some(written("''")),
            _ => None,
        }
    }

    /// Everything else.
    fn sign(&self, at: usize) -> Option<Found> {
        let c = self.at(at);
        let repeated = |most: usize| self.run(at, |other| other == c).min(most);
        Some(match c {
            '(' => written("-lrb-"),
            ')' => written("-rrb-"),
            '[' => written("-lsb-"),
            ']' => written("-rsb-"),
            '{' => written("-lcb-"),
            '}' => written("-rcb-"),
            '–' | '—' | '―' | '\u{96}' | '\u{97}' => written("--"),
            '-' if repeated(usize::MAX) > 1 => {
                Found { reach: repeated(usize::MAX), taken: repeated(usize::MAX), form: Form::As("--") }
            }
            '\u{ad}' => written("-"),
            '…' => written("..."),
            '.' => {
                let dots = repeated(5);
                let spaced = self.spaced_dots(at);
                if dots >= 3 {
                    Found { reach: dots, taken: dots, form: Form::As("...") }
                } else if spaced > 0 {
                    Found { reach: spaced, taken: spaced, form: Form::As("...") }
                } else {
                    plain(1)
                }
            }
            '!' | '?' => plain(self.run(at, |c| matches!(c, '!' | '?'))),
            '*' | '#' | '@' | '_' => plain(repeated(usize::MAX)),
            '<' | '>' => plain(repeated(2)),
            'A'..='Z' | '$' => {
                let letters = self.run(at, |c| c.is_ascii_uppercase());
                if self.at(at + letters) != '$' {
                    return None;
                }
                plain(letters + 1)
            }
            '¢' => written("cents"),
            '£' => written("#"),
            '¤' | '€' | '\u{80}' | '\u{20a0}' => written("$"),
            '¼' => written("1/4"),
            '½' => written("1/2"),
            '¾' => written("3/4"),
            '⅓' => written("1/3"),
            '⅔' => written("2/3"),
            '⁰'..='₉' | '²' | '³' | '¹' => {
                let above = |c: char| matches!(c, '⁰' | '²' | '³' | '¹' | '⁴'..='⁹');
                let below = |c: char| matches!(c, '₀'..='₉');
                plain(self.run(at, above).max(self.run(at, below)).max(1))
            }
            _ if is_sign(c) => plain(1),
            _ => return None,
        })
    }

    /// `. . .`: three to five with a space between.
    fn spaced_dots(&self, at: usize) -> usize {
        let mut dots = 1;
        while dots < 5 && matches!(self.at(at + 2 * dots - 1), ' ' | '\u{a0}') && self.at(at + 2 * dots) == '.' {
            dots += 1;
        }
        if dots >= 3 { 2 * dots - 1 } else { 0 }
    }

    fn write(&self, at: usize, found: &Found, tokens: &mut Vec<String>) {
        let text = |from: usize, length: usize| -> String {
            self.chars[from..from + length]
                .iter()
                .filter(|c| **c != '\u{ad}')
                .map(|c| if *c == ' ' { '\u{a0}' } else { *c })
                .collect::<String>()
                .to_lowercase()
        };
        match found.form {
            Form::Plain => {
                let token = text(at, found.taken);
                let token = if token.is_empty() { "-".to_owned() } else { token };
                let apostrophe = token.starts_with('’') || (found.taken == 3 && self.is_not(at));
                let token =
                    if token.starts_with('(') { token.replace('(', "-lrb-").replace(')', "-rrb-") } else { token };
                tokens.push(if apostrophe { token.replace(['’', '‘', '`'], "'") } else { token });
            }
            Form::Split(cut) => {
                tokens.push(text(at, cut));
                tokens.push(text(at + cut, found.taken - cut));
            }
            Form::As("") => {}
            Form::As(written) => tokens.push(written.into()),
            Form::TwiceStopped => {
                tokens.push(text(at, found.taken));
                tokens.push(".".into());
            }
            Form::Quote(opens) => {
                let double = self.at(at) == '"' || self.at(at) == '&';
                tokens.push(
                    match (opens, double) {
                        (true, true) => "``",
                        (false, true) => "''",
                        (true, false) => "`",
                        (false, false) => "'",
                    }
                    .into(),
                );
            }
            Form::Brackets => {
                let token = text(at, found.taken);
                tokens.push(token.replace('(', "-lrb-").replace(')', "-rrb-"));
            }
        }
    }
}

fn plain(length: usize) -> Found {
    Found { reach: length, taken: length, form: Form::Plain }
}

fn written(text: &'static str) -> Found {
    Found { reach: 1, taken: 1, form: Form::As(text) }
}

fn is_word(c: char) -> bool {
    is_letter(c) || c.is_ascii_digit() || c == '\u{ad}'
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{3000}')
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '_' | '\u{58a}' | '\u{2010}' | '\u{2011}')
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '\u{92}')
}

fn is_any_apostrophe(c: char) -> bool {
    is_apostrophe(c) || matches!(c, '`' | '‘' | '\u{91}' | '\u{201b}')
}
