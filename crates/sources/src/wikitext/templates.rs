//! Templates that a paragraph would be maimed without. All others are left out, but for their images.

use super::blocks::Builder;
use super::site::title;
use super::structure::{Kind, Node};
use super::walk::{DEEPEST, Part, Walker};
use crate::LinkTarget;

/// What takes a template's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// The argument of this number.
    Argument(usize),
    /// The last argument without a name.
    Last,
    /// Always the same.
    Constant(&'static str),
    /// Something before the first argument; a second is another end of the span.
    Before(&'static str),
    /// The first argument between two marks.
    Between(&'static str, &'static str),
    /// All arguments, with something between them.
    Joined(&'static str),
    /// The first argument, a paragraph of its own.
    Quotation,
    /// A quantity: numbers and their unit.
    Quantity,
    /// Year, month, day.
    Date,
    /// The first argument is a title, `lt` or the third what is shown of it.
    Title,
    /// English, then the script and the reading in brackets.
    Japanese,
    Fraction,
    /// A ship's prefix and name, in italics on the wiki.
    Ship,
    /// A century in Roman numbers.
    Century,
}

/// The names in lower case, English ones first, then those of other large wikis.
const RULES: [(&str, Rule); 117] = [
    ("lang", Rule::Argument(2)),
    ("langx", Rule::Argument(2)),
    ("langue", Rule::Argument(2)),
    ("lingua", Rule::Argument(2)),
    ("script", Rule::Argument(2)),
    ("transl", Rule::Last),
    ("transliteration", Rule::Last),
    ("translit", Rule::Last),
    ("rtl-lang", Rule::Argument(2)),
    ("convert", Rule::Quantity),
    ("cvt", Rule::Quantity),
    ("unité", Rule::Quantity),
    ("unit", Rule::Quantity),
    ("c.", Rule::Before("c. ")),
    ("ca.", Rule::Before("c. ")),
    ("circa", Rule::Before("c. ")),
    ("floruit", Rule::Before("fl. ")),
    ("fl.", Rule::Before("fl. ")),
    ("reign", Rule::Before("r. ")),
    ("died-in", Rule::Before("d. ")),
    ("as of", Rule::Before("as of ")),
    ("nowrap", Rule::Argument(1)),
    ("nobr", Rule::Argument(1)),
    ("nobreak", Rule::Argument(1)),
    ("j", Rule::Argument(1)),
    ("small", Rule::Argument(1)),
    ("smaller", Rule::Argument(1)),
    ("big", Rule::Argument(1)),
    ("larger", Rule::Argument(1)),
    ("center", Rule::Argument(1)),
    ("abbr", Rule::Argument(1)),
    ("tooltip", Rule::Argument(1)),
    ("sic", Rule::Argument(1)),
    ("em", Rule::Argument(1)),
    ("strong", Rule::Argument(1)),
    ("smallcaps", Rule::Argument(1)),
    ("sc", Rule::Argument(1)),
    ("sup", Rule::Argument(1)),
    ("sub", Rule::Argument(1)),
    ("var", Rule::Argument(1)),
    ("mono", Rule::Argument(1)),
    ("code", Rule::Argument(1)),
    ("underline", Rule::Argument(1)),
    ("not a typo", Rule::Joined("")),
    ("proper name", Rule::Argument(1)),
    ("visible anchor", Rule::Argument(1)),
    ("vanchor", Rule::Argument(1)),
    ("noitalic", Rule::Argument(1)),
    ("italic", Rule::Argument(1)),
    ("title", Rule::Argument(1)),
    ("url", Rule::Last),
    ("color", Rule::Argument(2)),
    ("font color", Rule::Last),
    ("colored text", Rule::Last),
    ("text", Rule::Argument(1)),
    ("resize", Rule::Last),
    ("flag", Rule::Argument(1)),
    ("flagcountry", Rule::Argument(1)),
    ("nts", Rule::Argument(1)),
    ("number", Rule::Argument(1)),
    ("val", Rule::Argument(1)),
    ("formatnum", Rule::Argument(1)),
    ("ndash", Rule::Constant("–")),
    ("en dash", Rule::Constant("–")),
    ("–", Rule::Constant(" – ")),
    ("snd", Rule::Constant(" – ")),
    ("spnd", Rule::Constant(" – ")),
    ("spaced ndash", Rule::Constant(" – ")),
    ("spaced en dash", Rule::Constant(" – ")),
    ("mdash", Rule::Constant("—")),
    ("em dash", Rule::Constant("—")),
    ("—", Rule::Constant("—")),
    ("nbsp", Rule::Constant(" ")),
    ("space", Rule::Constant(" ")),
    ("spaces", Rule::Constant(" ")),
    ("zwsp", Rule::Constant("")),
    ("shy", Rule::Constant("")),
    ("·", Rule::Constant(" · ")),
    ("dot", Rule::Constant(" · ")),
    ("•", Rule::Constant(" • ")),
    ("bullet", Rule::Constant(" • ")),
    ("'", Rule::Constant("'")),
    ("`", Rule::Constant("'")),
    ("'s", Rule::Constant("'s")),
    ("'\"", Rule::Constant("'\"")),
    ("\"'", Rule::Constant("\"'")),
    ("!", Rule::Constant("|")),
    ("=", Rule::Constant("=")),
    ("(", Rule::Constant("{")),
    (")", Rule::Constant("}")),
    ("gloss", Rule::Between("‘", "’")),
    ("literal translation", Rule::Between("lit. ‘", "’")),
    ("lit", Rule::Between("lit. ‘", "’")),
    ("literally", Rule::Between("lit. ‘", "’")),
    ("\"", Rule::Between("“", "”")),
    ("us$", Rule::Before("US$")),
    ("usd", Rule::Before("US$")),
    ("gbp", Rule::Before("£")),
    ("£", Rule::Before("£")),
    ("eur", Rule::Before("€")),
    ("€", Rule::Before("€")),
    ("hlist", Rule::Joined(", ")),
    ("plainlist", Rule::Joined(", ")),
    ("unbulleted list", Rule::Joined(", ")),
    ("ubl", Rule::Joined(", ")),
    ("quote", Rule::Quotation),
    ("blockquote", Rule::Quotation),
    ("cquote", Rule::Quotation),
    ("zitat", Rule::Quotation),
    ("citation bloc", Rule::Quotation),
    ("nihongo", Rule::Japanese),
    ("frac", Rule::Fraction),
    ("fraction", Rule::Fraction),
    ("ill", Rule::Title),
    ("interlanguage link", Rule::Title),
    ("ship", Rule::Ship),
    ("s-", Rule::Century),
];

/// Dates have many templates, whose names begin with one of these.
const DATES: [&str; 8] =
    ["birth date", "death date", "birth year", "death year", "start date", "end date", "film date", "bda"];
/// Ships of navies are templates named after the navy.
const NAVIES: [&str; 6] = ["hms", "uss", "rms", "ss", "sms", "hmas"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// What may stand between the numbers of a quantity, and how it is written.
const BETWEEN: [(&str, &str); 14] = [
    ("x", " × "),
    ("×", " × "),
    ("by", " by "),
    ("xx", " × "),
    ("*", " × "),
    ("-", "–"),
    ("–", "–"),
    ("to", " to "),
    ("to(-)", " to "),
    ("and", " and "),
    ("or", " or "),
    ("and(-)", " and "),
    ("+", " + "),
    (",", ", "),
];
const UNITS: [(&str, &str); 10] = [
    ("sqft", "sq ft"),
    ("sqm", "m²"),
    ("m2", "m²"),
    ("km2", "km²"),
    ("sqkm", "km²"),
    ("sqmi", "sq mi"),
    ("cm2", "cm²"),
    ("ft2", "sq ft"),
    ("m3", "m³"),
    ("acre", "acres"),
];

impl Walker<'_> {
    /// Writes what takes the template's place, or keeps its images where nothing does.
    pub(super) fn template(&self, index: usize, node: &Node, to: &mut Builder, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let parts = self.parts(index, node);
        let Some((name, arguments)) = parts.split_first() else { return };
        let name = self.template_name(name);
        if let Some(rule) = self.rule(&name) {
            Template { walker: self, name: &name, arguments, depth }.write(rule, to);
        } else if let Some((function, argument)) = name.split_once(':') {
            match function {
                "formatnum" | "lc" | "uc" | "lcfirst" | "ucfirst" => to.text(argument.trim()),
                _ => to.hole(),
            }
        } else if matches!(name.as_str(), "pagename" | "fullpagename" | "subject") {
            to.text(self.title);
        } else {
            to.hole();
            self.template_images(index, node, to, depth);
        }
    }

    /// Up to the first mark within it, in lower case.
    fn template_name(&self, part: &Part) -> String {
        let mut name = String::new();
        let mut at = part.range.start;
        for (_, node) in self.structure.within(part.range.clone(), part.first) {
            name.push_str(&self.source()[at..node.start]);
            at = node.end;
            if !matches!(node.kind, Kind::Nothing | Kind::Quotes(_)) {
                break;
            }
            if let Kind::Quotes(_) = node.kind {
                name.push_str(&self.source()[node.start..node.end]);
            }
        }
        if at <= part.range.end {
            name.push_str(&self.source()[at..part.range.end]);
        }
        name.trim().replace('_', " ").to_lowercase()
    }

    fn rule(&self, name: &str) -> Option<Rule> {
        if let Some((_, rule)) = RULES.iter().find(|(known, _)| *known == name) {
            return Some(*rule);
        }
        if DATES.iter().any(|start| name.replace('-', " ").starts_with(start)) {
            return Some(Rule::Date);
        }
        if name.starts_with("lang-") || name.starts_with("script/") {
            return Some(Rule::Argument(1));
        }
        NAVIES.contains(&name).then_some(Rule::Ship)
    }

    /// An argument's name, where it has one, and its value.
    pub(super) fn argument(&self, part: &Part) -> (Option<String>, Part) {
        let text_end =
            self.structure.nodes.get(part.first).map_or(part.range.end, |node| node.start.min(part.range.end));
        let text = self.source().get(part.range.start..text_end).unwrap_or_default();
        match text.split_once('=') {
            Some((key, _)) if key.len() <= 100 => {
                let value = Part { range: part.range.start + key.len() + 1..part.range.end, first: part.first };
                (Some(key.trim().replace('_', " ").to_lowercase()), value)
            }
            _ => (None, part.clone()),
        }
    }
}

/// A template that is shown, with its arguments.
struct Template<'w, 'a> {
    walker: &'w Walker<'a>,
    name: &'w str,
    arguments: &'w [Part],
    depth: usize,
}

impl Template<'_, '_> {
    fn positional(&self) -> impl DoubleEndedIterator<Item = Part> {
        self.arguments.iter().filter_map(|part| match self.walker.argument(part) {
            (None, value) => Some(value),
            _ => None,
        })
    }

    fn named(&self, name: &str) -> Option<Part> {
        self.arguments
            .iter()
            .map(|part| self.walker.argument(part))
            .find(|(key, _)| key.as_deref() == Some(name))
            .map(|(_, value)| value)
    }

    /// The argument of a number, from 1, named so or not.
    fn number(&self, number: usize) -> Option<Part> {
        self.positional().nth(number.saturating_sub(1)).or_else(|| self.named(&number.to_string()))
    }

    fn plain(&self, number: usize) -> Option<String> {
        let text = self.walker.plain(&self.number(number)?, self.depth);
        (!text.is_empty()).then_some(text)
    }

    fn write(&self, rule: Rule, to: &mut Builder) {
        let argument = |part: Option<Part>, to: &mut Builder| {
            if let Some(part) = part {
                self.walker.write(&self.trimmed(part), to, self.depth);
            }
        };
        match rule {
            Rule::Argument(number) => argument(self.number(number).or_else(|| self.named("text")), to),
            Rule::Last => argument(self.positional().next_back(), to),
            Rule::Constant(text) => to.text(text),
            Rule::Before(before) => {
                to.text(before);
                argument(self.number(1), to);
                if let Some(second) = self.plain(2)
                    && before.ends_with(". ")
                {
                    to.text(&format!(" – {before}{second}"));
                }
            }
            Rule::Between(before, after) => {
                to.text(before);
                argument(self.number(1), to);
                to.text(after);
            }
            Rule::Joined(between) => {
                let mut is_first = true;
                for part in self.positional() {
                    let list = self.walker.plain(&self.trimmed(part), self.depth);
                    // Plain lists have one argument of lines with asterisks.
                    for item in list.split('*').map(str::trim).filter(|item| !item.is_empty()) {
                        to.text(if is_first { "" } else { between });
                        to.text(item);
                        is_first = false;
                    }
                }
            }
            Rule::Quotation => {
                to.end_block();
                argument(self.named("text").or_else(|| self.named("quote")).or_else(|| self.number(1)), to);
                to.end_block();
            }
            Rule::Quantity => self.quantity(to),
            Rule::Date => self.date(to),
            Rule::Title => {
                let Some(name) = self.plain(1) else { return };
                let start = to.begin_link();
                match self.named("lt").or_else(|| self.number(3)) {
                    Some(shown) => argument(Some(shown), to),
                    None => to.text(&name),
                }
                to.end_link(start, "", Some(LinkTarget::Page(title(&name))));
            }
            Rule::Japanese => {
                argument(self.number(1), to);
                let others: Vec<String> = [2, 3].iter().filter_map(|number| self.plain(*number)).collect();
                if !others.is_empty() {
                    to.text(&format!(" ({})", others.join(", ")));
                }
            }
            Rule::Fraction => {
                let numbers: Vec<String> = (1..=3).filter_map(|number| self.plain(number)).collect();
                to.text(&match numbers.as_slice() {
                    [whole, above, below] => format!("{whole} {above}/{below}"),
                    [above, below] => format!("{above}/{below}"),
                    [below] => format!("1/{below}"),
                    _ => String::new(),
                });
            }
            Rule::Ship => {
                let navy = (self.name != "ship").then(|| self.name.to_uppercase());
                let words = if navy.is_some() { 1..=1 } else { 1..=2 };
                let names: Vec<String> =
                    navy.into_iter().chain(words.filter_map(|number| self.plain(number))).collect();
                to.text(&names.join(" "));
            }
            Rule::Century => {
                if let Some(number) = self.plain(1) {
                    to.text(&format!("{number}{} siècle", if number == "I" { "er" } else { "e" }));
                }
            }
        }
    }

    fn trimmed(&self, part: Part) -> Part {
        let text = &self.walker.source()[part.range.clone()];
        let start = part.range.start + text.len() - text.trim_start().len();
        Part { range: start..start + text.trim().len(), first: part.first }
    }

    /// Numbers with what stands between them, and their unit.
    fn quantity(&self, to: &mut Builder) {
        let mut quantity = String::new();
        // A quantity has few numbers.
        for part in self.positional().take(12) {
            let text = self.walker.plain(&part, self.depth);
            if let Some((_, written)) = BETWEEN.iter().find(|(mark, _)| *mark == text) {
                quantity.push_str(written);
            } else if text
                .starts_with(|letter: char| letter.is_ascii_digit() || matches!(letter, '.' | '-' | '−' | '+'))
            {
                quantity.push_str(&text);
            } else {
                let unit = UNITS.iter().find(|(code, _)| *code == text).map_or(text.as_str(), |(_, unit)| unit);
                quantity.push(' ');
                quantity.push_str(unit);
                break;
            }
        }
        to.text(&quantity);
    }

    /// Year, month, day in numbers become words; anything else stays as it is.
    fn date(&self, to: &mut Builder) {
        let first = self.plain(1);
        let number = |text: Option<&str>| text.and_then(|text| text.parse::<usize>().ok());
        let (year, month, day) =
            (number(first.as_deref()), number(self.plain(2).as_deref()), number(self.plain(3).as_deref()));
        let month = month.filter(|month| (1..=12).contains(month)).and_then(|month| MONTHS.get(month - 1));
        let day = day.filter(|day| (1..=31).contains(day));
        let day_first = self.named("df").is_some_and(|part| self.walker.plain(&part, self.depth).starts_with('y'));
        to.text(&match (year, month, day) {
            (Some(year), Some(month), Some(day)) if day_first => format!("{day} {month} {year}"),
            (Some(year), Some(month), Some(day)) => format!("{month} {day}, {year}"),
            (Some(year), Some(month), None) => format!("{month} {year}"),
            (Some(year), _, _) => year.to_string(),
            _ => first.unwrap_or_default(),
        });
    }
}
