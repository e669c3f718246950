//! Which column is what.

use serde::{Deserialize, Serialize};

/// Columns by what they hold. Where several are named, those of a record that are not empty are taken together.
///
/// As TOML: `title = ["Title"]`, `artist = ["Artist Display Name"]`, `id = "Object ID"` and so on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mapping {
    /// What tells records apart and stays the same; without it the record's number does.
    pub id: Option<String>,
    /// The work's title, or the person's name.
    pub title: Vec<String>,
    /// What kind of thing it is: painting, cup.
    pub kind: Vec<String>,
    /// Who made it.
    pub artist: Vec<String>,
    /// About the maker: nationality, years.
    pub artist_note: Vec<String>,
    /// When it was made, or a person lived.
    pub date: Vec<String>,
    /// Where it was made or found.
    pub place: Vec<String>,
    /// School, culture, style, nationality.
    pub school: Vec<String>,
    /// Material and technique.
    pub medium: Vec<String>,
    /// Its measures.
    pub dimensions: Vec<String>,
    /// The institution or department that keeps it.
    pub keeper: Vec<String>,
    /// The number that it has there.
    pub number: Vec<String>,
    /// How it came there, in the keeper's words.
    pub credit: Vec<String>,
    /// Subjects and other keywords, parted by `|` or `;`.
    pub keywords: Vec<String>,
    /// Running text, taken over as it stands.
    pub text: Vec<String>,
    /// File names of pictures, parted by `|`.
    pub image: Vec<String>,
    /// The record's address on the web.
    pub address: Option<String>,
    /// The record's licence.
    pub licence: Option<String>,
    /// The record's language.
    pub language: Option<String>,
}

impl Mapping {
    /// Reads a mapping from TOML. The error names the line and what is wrong.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// The mapping that columns' names suggest. Columns that suggest nothing are not taken over.
    pub fn guess<'a>(columns: impl IntoIterator<Item = &'a str>) -> Self {
        let columns: Vec<(&str, String)> = columns.into_iter().map(|column| (column, plain(column))).collect();
        // Of several names for the same thing the first that there is: exports often have the same twice in different forms.
        let first = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| columns.iter().find(|(_, plain)| plain == name))
                .map(|(column, _)| (*column).to_owned())
        };
        let one = |names: &[&str]| first(names).into_iter().collect::<Vec<String>>();
        let all = |names: &[&str]| {
            let found = names.iter().filter_map(|name| columns.iter().find(|(_, plain)| plain == name));
            found.map(|(column, _)| (*column).to_owned()).collect::<Vec<String>>()
        };
        let mut mapping = Self {
            id: first(&["objectid", "id", "identifier", "recordid", "uuid", "inventorynumber", "imagefile", "key"]),
            title: one(&["title", "titel", "titre", "worktitle", "objecttitle", "objectname", "name", "label"]),
            kind: one(&["objectname", "objecttype", "worktype", "classification", "type", "kind", "category"]),
            artist: one(&[
                "artistdisplayname",
                "artist",
                "artistname",
                "author",
                "creator",
                "maker",
                "painter",
                "kunstler",
                "attribution",
            ]),
            artist_note: one(&["artistdisplaybio", "artistbio", "artistdates", "artistnote"]),
            date: one(&[
                "objectdate",
                "date",
                "dating",
                "creationdate",
                "year",
                "years",
                "dates",
                "datierung",
                "timeframe",
                "century",
            ]),
            place: all(&["placeofcreation", "place", "city", "country", "region", "origin", "location"]),
            school: all(&["school", "culture", "dynasty", "period", "style", "movement", "nationality", "genre"]),
            medium: one(&["medium", "technique", "materials", "material", "mediumtechnique", "materialtechnique"]),
            dimensions: one(&["dimensions", "size", "measurements", "masse"]),
            keeper: one(&["repository", "museum", "collection", "institution", "department"]),
            number: one(&["objectnumber", "accessionnumber", "inventorynumber", "inventoryno", "inventarnummer"]),
            credit: one(&["creditline", "credit", "provenance"]),
            keywords: all(&["tags", "keywords", "subjects", "subject", "iconclass"]),
            text: all(&[
                "description",
                "text",
                "content",
                "bio",
                "biography",
                "abstract",
                "comment",
                "notes",
                "visual",
                "context",
                "beschreibung",
            ]),
            image: one(&["imagefile", "image", "filename", "file", "primaryimage"]),
            address: first(&["linkresource", "url", "link", "wikipedia", "homepage", "address"]),
            licence: first(&["licence", "license", "rightsandreproduction", "rights"]),
            language: first(&["language", "lang"]),
        };
        // A column that names the kind and stands in for a title says the same twice.
        mapping.kind.retain(|column| !mapping.title.contains(column));
        mapping
    }
}

/// A column's name in small letters, without what is no letter; `ü` and its like without their marks.
fn plain(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    name.nfkd().filter(char::is_ascii_alphanumeric).map(|character| character.to_ascii_lowercase()).collect()
}
