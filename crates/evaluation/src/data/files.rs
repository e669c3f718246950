//! Reading text files whose encoding is not always what it should be.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::EvaluationError;

/// Bytes of a file; one that is missing is told with what should be there.
pub(super) fn bytes(file: &Path, advice: &str) -> Result<Vec<u8>, EvaluationError> {
    fs::read(file).map_err(|cause| EvaluationError::File {
        file: file.to_path_buf(),
        cause,
        advice: if advice.is_empty() { String::new() } else { format!("; {advice}") },
    })
}

/// A text that must be UTF-8.
pub(crate) fn utf8(file: &Path, advice: &str) -> Result<String, EvaluationError> {
    let bytes = bytes(file, advice)?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned)),
        Err(error) => {
            let lines = encodings(error.as_bytes());
            Err(match lines {
                (Some(utf8), Some(other)) => EvaluationError::MixedEncodings { file: file.to_path_buf(), utf8, other },
                (_, other) => EvaluationError::NotUtf8 { file: file.to_path_buf(), line: other.unwrap_or(1) },
            })
        }
    }
}

/// A text in UTF-8 or all in Latin-1.
pub(super) fn utf8_or_latin1(file: &Path, advice: &str) -> Result<String, EvaluationError> {
    let bytes = bytes(file, advice)?;
    match encodings(&bytes) {
        (Some(utf8), Some(other)) => Err(EvaluationError::MixedEncodings { file: file.to_path_buf(), utf8, other }),
        (None, Some(_)) => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
        (_, None) => utf8(file, advice),
    }
}

/// The first lines with letters beyond ASCII, of those that are UTF-8 and of those that are not.
fn encodings(bytes: &[u8]) -> (Option<usize>, Option<usize>) {
    let (mut utf8, mut other) = (None, None);
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_ascii()) {
        let first = if std::str::from_utf8(line).is_ok() { &mut utf8 } else { &mut other };
        first.get_or_insert(number + 1);
    }
    (utf8, other)
}

/// A JSON file.
pub(super) fn json(file: &Path, advice: &str) -> Result<Value, EvaluationError> {
    let text = utf8(file, advice)?;
    serde_json::from_str(&text).map_err(|error| {
        let place = format!("line {}", error.line());
        if text.lines().nth(error.line().saturating_sub(1)).is_some_and(|line| line.contains("NaN")) {
            return EvaluationError::NotANumber {
                file: file.to_path_buf(),
                line: error.line(),
                what: "a value".into(),
            };
        }
        EvaluationError::broken(file, place, format!("not JSON ({error}); download the file again"))
    })
}
