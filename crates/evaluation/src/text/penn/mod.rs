//! The tokens of the Penn Treebank as Stanford's tokenizer (CoreNLP 3.4.1, options `-preserveLines -lowerCase`) cuts them, since pycocoevalcap scores what that one leaves.
//!
//! Written from the Treebank's conventions and from what the tokenizer does with probes; `docs/evaluation.md` says on how many lines of real text both agree. As there, the
//! longest match at a place wins, and of two the rule that comes first.

mod abbreviations;
mod markup;
mod numbers;
mod signs;
mod words;

use rayon::prelude::*;

use super::letters::is_letter;

/// Tokens that captions are scored without.
const DROPPED: [&str; 17] =
    ["''", "'", "``", "`", "-LRB-", "-RRB-", "-LCB-", "-RCB-", ".", "?", "!", ",", ":", "-", "--", "...", ";"];

/// Captions as pycocoevalcap's `PTBTokenizer` leaves them: tokens in lower case, without punctuation, separated by spaces.
///
/// Brackets stay, as `-lrb-` and `-rrb-`: it drops their names in capitals, after all has become small. The order matters a little, as it does there: whether a full stop at a
/// caption's end is its own token may depend on how the next caption begins.
pub fn caption_tokens(captions: &[&str]) -> Vec<String> {
    let lines: Vec<String> = captions.par_iter().map(|caption| caption.replace('\n', " ")).collect();
    let cut = |(place, line): (usize, &String)| {
        let mut caption = String::with_capacity(line.len() + 16);
        for token in penn_tokens(line, lines.get(place + 1).map_or("", String::as_str)) {
            if !DROPPED.contains(&token.as_str()) {
                if !caption.is_empty() {
                    caption.push(' ');
                }
                caption.push_str(&token);
            }
        }
        caption
    };
    lines.par_iter().enumerate().map(cut).collect()
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

impl Lexer<'_> {
    fn at(&self, place: usize) -> char {
        self.chars.get(place).copied().unwrap_or('\n')
    }

    fn run(&self, from: usize, is: impl Fn(char) -> bool) -> usize {
        self.chars[from.min(self.chars.len())..].iter().take_while(|c| is(**c)).count()
    }

    fn digits(&self, at: usize) -> usize {
        self.run(at, |c| c.is_ascii_digit())
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
