//! What a scan's file says about its work, put forward for a person to decide on.
//!
//! Not everything it says is about the work. Who made the picture is the photographer as a rule, and the artist is for a person to say, so
//! that is not put forward. A moment to the second is when a camera was pressed; a year or a day may be the work's.

use std::path::Path;

use vitrine_catalogue::{NewStatement, Source};
use vitrine_imaging::Metadata;

/// Keywords beyond these are a program's, not a person's.
const MOST_TAGS: usize = 20;

/// Whose word it is.
pub(crate) fn source(file: &Path) -> Source {
    Source::File { name: "metadata".into(), file: file.display().to_string() }
}

/// The statements that are put forward.
pub(crate) fn statements(metadata: &Metadata, file: &Path) -> Vec<NewStatement> {
    let named = file.file_stem().map(|stem| stem.to_string_lossy().to_lowercase());
    let title = metadata.title.as_deref().filter(|title| Some(title.to_lowercase()) != named);
    let description = metadata.description.as_deref().filter(|text| Some(*text) != title);
    let date = metadata.created.as_deref().filter(|date| !date.contains('T'));
    let single = [
        ("title", title, None),
        ("date", date, Some("The date of creation in the file; it may be the photograph's.")),
        ("description", description, None),
        ("credit-line", metadata.credit.as_deref(), None),
        (
            "rights",
            metadata.rights.as_deref(),
            Some("The copyright notice in the file; it may concern the photograph only."),
        ),
    ];
    let tags = metadata.keywords.iter().take(MOST_TAGS).map(|word| ("tag", Some(word.as_str()), None));
    let said = single.into_iter().chain(tags).filter_map(|(property, value, reason)| {
        let value = value.filter(|value| !value.trim().is_empty())?.to_owned();
        Some(NewStatement {
            property: property.into(),
            value: Some(value),
            reason: reason.map(str::to_owned),
            ..NewStatement::default()
        })
    });
    said.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(metadata: &Metadata) -> Vec<(String, String)> {
        let statements = statements(metadata, Path::new("/scans/Sheet 9.tif"));
        statements.into_iter().map(|s| (s.property, s.value.unwrap_or_default())).collect()
    }

    #[test]
    fn what_may_be_the_works_is_put_forward() {
        let metadata = Metadata {
            title: Some("Harbour".into()),
            creators: vec!["A. Photographer".into()],
            created: Some("1905".into()),
            credit: Some("Town museum".into()),
            keywords: vec!["mill".into(), " ".into()],
            ..Metadata::default()
        };
        let expected = [("title", "Harbour"), ("date", "1905"), ("credit-line", "Town museum"), ("tag", "mill")];
        assert_eq!(said(&metadata), expected.map(|(property, value)| (property.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_cameras_moment_and_a_files_name_are_not() {
        let metadata = Metadata {
            title: Some("SHEET 9".into()),
            created: Some("2021-03-04T05:06:07".into()),
            ..Metadata::default()
        };
        assert_eq!(said(&metadata), []);
    }
}
