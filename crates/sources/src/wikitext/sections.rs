//! Where in a page's headings a paragraph stands.

/// Sections that name sources and lead elsewhere, in the languages with the largest wikis.
const APPARATUS: [&str; 48] = [
    "references",
    "notes",
    "notes and references",
    "references and notes",
    "footnotes",
    "citations",
    "sources",
    "bibliography",
    "further reading",
    "external links",
    "see also",
    "works cited",
    "general references",
    "cited sources",
    "einzelnachweise",
    "literatur",
    "weblinks",
    "siehe auch",
    "anmerkungen",
    "quellen",
    "références",
    "notes et références",
    "bibliographie",
    "liens externes",
    "voir aussi",
    "annexes",
    "articles connexes",
    "referencias",
    "bibliografía",
    "enlaces externos",
    "véase también",
    "note",
    "bibliografia",
    "collegamenti esterni",
    "voci correlate",
    "altri progetti",
    "referenties",
    "externe links",
    "zie ook",
    "bronnen",
    "referências",
    "ligações externas",
    "ver também",
    "przypisy",
    "linki zewnętrzne",
    "примечания",
    "литература",
    "ссылки",
];

/// A heading has at most so many characters: each paragraph below repeats it.
const LONGEST_HEADING: usize = 200;

/// The headings above a place.
#[derive(Debug, Default)]
pub(super) struct Sections {
    above: Vec<(usize, String)>,
}

impl Sections {
    /// A heading of a level: it ends those of its own level and below.
    pub fn enter(&mut self, level: usize, heading: String) {
        while self.above.last().is_some_and(|(other, _)| *other >= level) {
            self.above.pop();
        }
        let heading = match heading.char_indices().nth(LONGEST_HEADING) {
            Some((end, _)) => heading[..end].to_owned(),
            None => heading,
        };
        self.above.push((level, heading));
    }

    pub fn path(&self) -> Vec<String> {
        self.above.iter().map(|(_, heading)| heading.clone()).collect()
    }

    /// Whether what stands here is about other texts rather than about the subject.
    pub fn is_apparatus(&self) -> bool {
        self.above.iter().any(|(_, heading)| APPARATUS.contains(&heading.to_lowercase().as_str()))
    }
}
