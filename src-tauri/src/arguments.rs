//! What the program is started with: `vitrine [--library DIR] [SCAN...]`.

use std::{ffi::OsString, path::PathBuf};

/// The command line, understood.
#[derive(Debug, PartialEq, Eq)]
pub enum Arguments {
    /// Open the window.
    Open {
        /// The library's folder; none for the usual one.
        library: Option<PathBuf>,
        /// Scans to take in at once.
        scans: Vec<PathBuf>,
    },
    /// Print how to use the program.
    Help,
    /// Print its version.
    Version,
}

/// What is printed for `--help`.
pub const HELP: &str = "Usage: vitrine [--library DIR] [SCAN...]\n\nOpens the library in DIR (or the usual one) and takes in the scans, files or folders.";

/// Understands the command line, without the program's own name.
pub fn parse(given: impl IntoIterator<Item = OsString>) -> Result<Arguments, String> {
    let mut library = None;
    let mut scans = Vec::new();
    let mut given = given.into_iter();
    while let Some(argument) = given.next() {
        match argument.to_str() {
            Some("--help" | "-h") => return Ok(Arguments::Help),
            Some("--version" | "-V") => return Ok(Arguments::Version),
            Some("--library") => {
                let folder = given.next().ok_or("--library needs a folder after it")?;
                library = Some(PathBuf::from(folder));
            }
            Some(text) if text.strip_prefix("--library=").is_some_and(|folder| !folder.is_empty()) => {
                library = text.strip_prefix("--library=").map(PathBuf::from);
            }
            Some(text) if text.starts_with("--") => {
                return Err(format!("there is no option {text}; see vitrine --help"));
            }
            _ => scans.push(PathBuf::from(argument)),
        }
    }
    Ok(Arguments::Open { library, scans })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<Arguments, String> {
        parse(words.iter().map(OsString::from))
    }

    #[test]
    fn library_and_scans() {
        let open = |library: Option<&str>, scans: &[&str]| Arguments::Open {
            library: library.map(PathBuf::from),
            scans: scans.iter().map(PathBuf::from).collect(),
        };
        assert_eq!(parsed(&[]), Ok(open(None, &[])));
        assert_eq!(parsed(&["a.jpg", "--library", "L", "b"]), Ok(open(Some("L"), &["a.jpg", "b"])));
        assert_eq!(parsed(&["--library=L"]), Ok(open(Some("L"), &[])));
    }

    #[test]
    fn mistakes_are_named() {
        assert!(parsed(&["--library"]).is_err_and(|sentence| sentence.contains("folder")));
        assert!(parsed(&["--libary", "x"]).is_err_and(|sentence| sentence.contains("--libary")));
    }
}
