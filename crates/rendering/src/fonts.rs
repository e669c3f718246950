//! The fonts: one within the program, the others from a folder that set-up fills.

use std::{fs, io, path::Path, sync::Arc};

use cosmic_text::{
    Fallback,
    fontdb::{Database, Source},
};
use sha2::{Digest, Sha256};
use unicode_script::Script;

use crate::RenderingError;

const NOTO_SANS: &[u8] = include_bytes!("../../../assets/fonts/NotoSans.ttf");
const LISTED: &str = include_str!("../../../assets/fonts/fonts.toml");

/// The family of the font within the program.
pub(crate) const FAMILY: &str = "Noto Sans";

/// The fonts that pages are drawn with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Fonts {
    pub(crate) database: Database,
    absent: Vec<String>,
}

#[derive(serde::Deserialize)]
struct FontList {
    fetched: Vec<Listed>,
}

#[derive(serde::Deserialize)]
struct Listed {
    name: String,
    draws: String,
    sha256: String,
}

fn listed() -> Vec<Listed> {
    // A list that cannot be read is a mistake in this repository, which the tests find.
    toml::from_str::<FontList>(LISTED).map(|list| list.fetched).unwrap_or_default()
}

impl Fonts {
    /// The font within the program alone: Latin, Greek and Cyrillic.
    pub fn shipped() -> Self {
        let mut database = Database::new();
        database.load_font_source(Source::Binary(Arc::new(NOTO_SANS)));
        Self { database, absent: listed().into_iter().map(|font| font.draws).collect() }
    }

    /// The font within the program, and those listed in `assets/fonts/fonts.toml` that lie in `folder`. Other files there are not looked at.
    /// About 40 MB are read and kept where all are there.
    pub fn with_folder(folder: &Path) -> Result<Self, RenderingError> {
        let mut fonts = Self::shipped();
        fonts.absent.clear();
        for font in listed() {
            let path = folder.join(&font.name);
            let bytes = match fs::read(&path) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    fonts.absent.push(font.draws);
                    continue;
                }
                Err(source) => return Err(RenderingError::Read { path, source }),
            };
            let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            if digest != font.sha256 {
                return Err(RenderingError::NotTheRecordedFont { path });
            }
            fonts.database.load_font_source(Source::Binary(Arc::new(bytes)));
        }
        Ok(fonts)
    }

    /// The files of the fonts, each once, the one within the program first.
    pub fn files(&self) -> Vec<Arc<dyn AsRef<[u8]> + Send + Sync>> {
        let mut files: Vec<Arc<dyn AsRef<[u8]> + Send + Sync>> = Vec::new();
        for face in self.database.faces() {
            // A file of several faces stands in the database once for each of them.
            if let Source::Binary(bytes) = &face.source
                && !files.iter().any(|known| Arc::ptr_eq(known, bytes))
            {
                files.push(Arc::clone(bytes));
            }
        }
        files
    }

    /// What cannot be drawn because its font is not there, e.g. `Hebrew`.
    pub fn absent(&self) -> &[String] {
        &self.absent
    }
}

/// Which family draws which script. Chinese characters look different in Japan, Korea, Taiwan and Hong Kong: the article's language decides.
pub(crate) struct ByScript {
    han: [&'static str; 1],
    common: [&'static str; 3],
}

impl ByScript {
    /// For articles in `language`, e.g. `en`, `ja`, `zh-Hant`.
    pub(crate) fn new(language: &str) -> Self {
        let language = language.to_ascii_lowercase();
        let han = match language.split(['-', '_']).next() {
            Some("ja") => "Noto Sans CJK JP",
            Some("ko") => "Noto Sans CJK KR",
            Some("yue") => "Noto Sans CJK HK",
            Some("zh") if language.contains("hk") => "Noto Sans CJK HK",
            Some("zh") if language.contains("hant") || language.contains("tw") => "Noto Sans CJK TC",
            _ => "Noto Sans CJK SC",
        };
        Self { han: [han], common: ["Noto Sans Symbols", han, "Noto Emoji"] }
    }
}

impl Fallback for ByScript {
    fn common_fallback(&self) -> &[&'static str] {
        &self.common
    }

    fn forbidden_fallback(&self) -> &[&'static str] {
        &[]
    }

    fn script_fallback(&self, script: Script, _locale: &str) -> &[&'static str] {
        match script {
            Script::Arabic => &["Noto Sans Arabic"],
            Script::Armenian => &["Noto Sans Armenian"],
            Script::Bengali => &["Noto Sans Bengali"],
            Script::Devanagari => &["Noto Sans Devanagari"],
            Script::Ethiopic => &["Noto Sans Ethiopic"],
            Script::Georgian => &["Noto Sans Georgian"],
            Script::Gujarati => &["Noto Sans Gujarati"],
            Script::Gurmukhi => &["Noto Sans Gurmukhi"],
            Script::Hebrew => &["Noto Sans Hebrew"],
            Script::Kannada => &["Noto Sans Kannada"],
            Script::Khmer => &["Noto Sans Khmer"],
            Script::Lao => &["Noto Sans Lao"],
            Script::Malayalam => &["Noto Sans Malayalam"],
            Script::Myanmar => &["Noto Sans Myanmar"],
            Script::Oriya => &["Noto Sans Oriya"],
            Script::Sinhala => &["Noto Sans Sinhala"],
            Script::Tamil => &["Noto Sans Tamil"],
            Script::Telugu => &["Noto Sans Telugu"],
            Script::Thai => &["Noto Sans Thai"],
            Script::Hangul => &["Noto Sans CJK KR"],
            Script::Hiragana | Script::Katakana => &["Noto Sans CJK JP"],
            Script::Bopomofo => &["Noto Sans CJK TC"],
            Script::Han => &self.han,
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_can_be_read_and_the_shipped_font_is_the_recorded_one() {
        assert_eq!(listed().len(), 22);
        let list: toml::Value = toml::from_str(LISTED).unwrap();
        let digest: String = Sha256::digest(NOTO_SANS).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(list["shipped"]["sha256"].as_str(), Some(digest.as_str()));
        assert_eq!(Fonts::shipped().database.len(), 1);
    }

    #[test]
    fn a_font_that_is_not_the_recorded_one_is_refused_by_name_and_an_absent_one_costs_its_script() {
        let folder = std::env::temp_dir().join(format!("vitrine-fonts-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let fonts = Fonts::with_folder(&folder).unwrap();
        assert!(fonts.absent().iter().any(|draws| draws == "Hebrew"));
        fs::write(folder.join("NotoSansHebrew.ttf"), b"no font").unwrap();
        let error = Fonts::with_folder(&folder).unwrap_err().to_string();
        assert!(error.contains("NotoSansHebrew.ttf") && error.contains("Delete it"), "{error}");
        fs::remove_dir_all(&folder).unwrap();
    }
}
