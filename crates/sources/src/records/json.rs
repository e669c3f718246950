//! JSON: a list of records, an object of records by their keys, or a record a line.

use std::io::BufRead;

use serde_json::Value;

use super::{MOST_RECORD_BYTES, Outcome, Record, Records};

/// How deep objects within a record become columns of their own (`artist.name`).
const MOST_DEPTH: usize = 4;
/// Columns of a record.
const MOST_COLUMNS: usize = 2000;

pub(super) struct JsonRecords<R> {
    bytes: R,
    form: Form,
    number: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Lines,
    /// A whole document whose beginning has not been read.
    Unknown,
    List,
    /// Records by their keys, which become the column `key`.
    Object,
    Done,
}

impl<R: BufRead> JsonRecords<R> {
    pub(super) fn new(bytes: R, lines: bool) -> Self {
        Self { bytes, form: if lines { Form::Lines } else { Form::Unknown }, number: 0 }
    }

    fn next_line(&mut self) -> Option<Outcome> {
        loop {
            let mut line = Vec::new();
            let number = self.number + 1;
            match read_line(&mut self.bytes, &mut line) {
                Ok(Some(true)) => {}
                Ok(Some(false)) => {
                    self.number = number;
                    return Some(Outcome::Damaged(number, "its line is too long to be a record".to_owned()));
                }
                Ok(None) => return None,
                Err(error) => return Some(self.ends(&error.to_string())),
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            self.number = number;
            return Some(self.record(&line, None));
        }
    }

    fn ends(&mut self, cause: &str) -> Outcome {
        self.form = Form::Done;
        Outcome::Ends(self.number + 1, format!("the file cannot be read on: {cause}"))
    }

    fn record(&self, json: &[u8], key: Option<String>) -> Outcome {
        let number = self.number;
        match serde_json::from_slice::<Value>(json) {
            Ok(value @ Value::Object(_)) => {
                let mut fields: Vec<_> = key.into_iter().map(|key| ("key".to_owned(), key)).collect();
                flatten("", &value, 0, &mut fields);
                Outcome::Record(Record { number, fields })
            }
            Ok(_) => Outcome::Damaged(number, "it is no object with fields".to_owned()),
            Err(error) => Outcome::Damaged(number, format!("it is no JSON: {error}")),
        }
    }

    /// The next byte that is no white space, left where it is.
    fn peek(&mut self) -> std::io::Result<Option<u8>> {
        loop {
            let buffer = self.bytes.fill_buf()?;
            if buffer.is_empty() {
                return Ok(None);
            }
            match buffer.iter().position(|byte| !byte.is_ascii_whitespace()) {
                Some(at) => {
                    let byte = buffer[at];
                    self.bytes.consume(at);
                    return Ok(Some(byte));
                }
                None => {
                    let all = buffer.len();
                    self.bytes.consume(all);
                }
            }
        }
    }

    /// The bytes of the next value: up to the end of its brackets or string, or to what parts it from the next. `None` if it is too long; its end was
    /// looked for then all the same.
    fn value(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let mut value = Vec::new();
        let mut too_long = false;
        let (mut depth, mut in_string, mut escaped, mut begun) = (0_u64, false, false, false);
        loop {
            let buffer = self.bytes.fill_buf()?;
            if buffer.is_empty() {
                return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "it is cut off within a record"));
            }
            let mut used = 0;
            let mut done = false;
            for byte in buffer {
                if !in_string && depth == 0 && begun && matches!(byte, b',' | b']' | b'}' | b':') {
                    done = true;
                    break;
                }
                used += 1;
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' if in_string => escaped = true,
                    b'"' => in_string = !in_string,
                    b'{' | b'[' if !in_string => depth += 1,
                    b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
                    _ => {}
                }
                begun |= !byte.is_ascii_whitespace();
                done = !in_string && depth == 0 && matches!(byte, b'}' | b']' | b'"');
                if done {
                    break;
                }
            }
            if value.len() + used > MOST_RECORD_BYTES {
                too_long = true;
                value.clear();
            } else if !too_long {
                value.extend_from_slice(&buffer[..used]);
            }
            self.bytes.consume(used);
            if done {
                return Ok((!too_long).then_some(value));
            }
        }
    }

    /// What comes next in a list or an object; the error ends the file.
    fn next_of_document(&mut self) -> std::io::Result<Option<Outcome>> {
        let damaged = |reason: &str| std::io::Error::new(std::io::ErrorKind::InvalidData, reason.to_owned());
        if self.form == Form::Unknown {
            self.begin().map_err(|_| damaged("it is no list of records and no object of them"))?;
        }
        loop {
            match self.peek()? {
                Some(b',') => {
                    self.bytes.consume(1);
                    continue;
                }
                Some(b']' | b'}') => {
                    self.form = Form::Done;
                    return Ok(None);
                }
                None => return Err(damaged("it is cut off")),
                Some(_) => {}
            }
            let mut key = None;
            if self.form == Form::Object {
                key = self.value()?.and_then(|key| serde_json::from_slice::<String>(&key).ok());
                if self.peek()? != Some(b':') {
                    return Err(damaged("a key has no value"));
                }
                self.bytes.consume(1);
                match self.peek()? {
                    Some(b'{') => {}
                    // A list of records under a name, as servers answer: its records are what is meant.
                    Some(b'[') if self.number == 0 => {
                        self.bytes.consume(1);
                        self.form = Form::List;
                        continue;
                    }
                    // What stands before such a list: counts, versions.
                    _ if self.number == 0 => {
                        self.value()?;
                        continue;
                    }
                    _ => {}
                }
            }
            let value = self.value()?;
            self.number += 1;
            return Ok(Some(match value {
                Some(value) => self.record(&value, key),
                None => Outcome::Damaged(self.number, "it is too long to be a record".to_owned()),
            }));
        }
    }

    fn begin(&mut self) -> std::io::Result<()> {
        let mut first = self.peek()?;
        // UTF-8's mark may stand in front.
        if first == Some(0xef) {
            let mut mark = [0; 3];
            self.bytes.read_exact(&mut mark)?;
            first = self.peek()?;
        }
        self.form = match first {
            Some(b'[') => Form::List,
            Some(b'{') => Form::Object,
            _ => return Err(std::io::ErrorKind::InvalidData.into()),
        };
        self.bytes.consume(1);
        Ok(())
    }
}

impl<R: BufRead + Send> Records for JsonRecords<R> {
    fn next_record(&mut self) -> Option<Outcome> {
        match self.form {
            Form::Done => None,
            Form::Lines => self.next_line(),
            _ => self.next_of_document().unwrap_or_else(|error| Some(self.ends(&error.to_string()))),
        }
    }
}

/// Reads up to a line's end; `false` if the line is too long and was passed over, `None` at the file's end.
fn read_line(bytes: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<Option<bool>> {
    let (mut seen, mut fits) = (false, true);
    loop {
        let buffer = bytes.fill_buf()?;
        if buffer.is_empty() {
            return Ok(seen.then_some(fits));
        }
        seen = true;
        let end = memchr::memchr(b'\n', buffer);
        let used = end.map_or(buffer.len(), |end| end + 1);
        fits &= line.len() + used <= MOST_RECORD_BYTES;
        if fits {
            line.extend_from_slice(&buffer[..used]);
        } else {
            line.clear();
        }
        bytes.consume(used);
        if end.is_some() {
            return Ok(Some(fits));
        }
    }
}

/// Columns of a value: texts and numbers as they are, lists of them joined, objects' fields under `outer.inner`.
fn flatten(name: &str, value: &Value, depth: usize, fields: &mut Vec<(String, String)>) {
    if fields.len() >= MOST_COLUMNS {
        return;
    }
    let scalar = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        // Tables that went through pandas have 29.0 for 29.
        Value::Number(number) => Some(number.to_string().trim_end_matches(".0").to_owned()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    };
    match value {
        Value::Object(inner) if depth < MOST_DEPTH => {
            for (key, value) in inner {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(&name, value, depth + 1, fields);
            }
        }
        Value::Array(values) => {
            let texts: Vec<String> = values.iter().filter_map(scalar).collect();
            // Sentences stand after each other; words are a list.
            let sentences = texts.iter().any(|text| text.trim_end().ends_with('.'));
            fields.push((name.to_owned(), texts.join(if sentences { " " } else { "|" })));
        }
        value => fields.push((name.to_owned(), scalar(value).unwrap_or_default())),
    }
}
