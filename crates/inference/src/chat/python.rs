//! Values written as Python writes them. Published templates were made for Python's jinja2, and models were trained on what came out of it.

use std::fmt::Write;

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind};

/// Values nest no deeper; a hostile file may try.
const MOST_DEPTH: usize = 64;

/// `value` as `json.dumps(value, ensure_ascii=False)` writes it, with `indent` spaces a level if given.
pub(super) fn json(value: &Value, indent: Option<usize>) -> Result<String, Error> {
    let mut out = String::new();
    write_json(&mut out, value, indent, 0)?;
    Ok(out)
}

fn write_json(out: &mut String, value: &Value, indent: Option<usize>, depth: usize) -> Result<(), Error> {
    check_depth(depth)?;
    let line = |out: &mut String, depth: usize| {
        if let Some(indent) = indent {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent.min(64) * depth));
        }
    };
    let comma = if indent.is_some() { "," } else { ", " };
    match value.kind() {
        ValueKind::None | ValueKind::Undefined => out.push_str("null"),
        ValueKind::Bool => out.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number => out.push_str(&number(value)),
        ValueKind::String => json_string(out, value.as_str().unwrap_or_default()),
        ValueKind::Map => {
            let mut first = true;
            out.push('{');
            for key in value.try_iter()? {
                if !std::mem::take(&mut first) {
                    out.push_str(comma);
                }
                line(out, depth + 1);
                match key.as_str() {
                    Some(key) => json_string(out, key),
                    None => json_string(out, &json(&key, None)?),
                }
                out.push_str(": ");
                write_json(out, &value.get_item(&key)?, indent, depth + 1)?;
            }
            if !first {
                line(out, depth);
            }
            out.push('}');
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let mut first = true;
            out.push('[');
            for item in value.try_iter()? {
                if !std::mem::take(&mut first) {
                    out.push_str(comma);
                }
                line(out, depth + 1);
                write_json(out, &item, indent, depth + 1)?;
            }
            if !first {
                line(out, depth);
            }
            out.push(']');
        }
        kind => return Err(Error::new(ErrorKind::BadSerialization, format!("{kind} is nothing that JSON has"))),
    }
    Ok(())
}

fn json_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            control if control < ' ' => {
                // Writing to a string can't fail.
                let _ = write!(out, "\\u{:04x}", control as u32);
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// `value` as `str(value)`: what `{{ value }}` prints.
pub(super) fn text(value: &Value) -> Result<String, Error> {
    match value.kind() {
        ValueKind::Undefined => Ok(String::new()),
        ValueKind::String => Ok(value.as_str().unwrap_or_default().to_owned()),
        _ => {
            let mut out = String::new();
            represent(&mut out, value, 0)?;
            Ok(out)
        }
    }
}

/// `repr(value)`.
fn represent(out: &mut String, value: &Value, depth: usize) -> Result<(), Error> {
    check_depth(depth)?;
    match value.kind() {
        ValueKind::None | ValueKind::Undefined => out.push_str("None"),
        ValueKind::Bool => out.push_str(if value.is_true() { "True" } else { "False" }),
        ValueKind::Number => out.push_str(&number(value)),
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default();
            let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
            out.push(quote);
            for character in text.chars() {
                match character {
                    '\\' => out.push_str("\\\\"),
                    '\n' => out.push_str("\\n"),
                    '\r' => out.push_str("\\r"),
                    '\t' => out.push_str("\\t"),
                    _ if character == quote => out.extend(['\\', quote]),
                    _ => out.push(character),
                }
            }
            out.push(quote);
        }
        ValueKind::Map => {
            out.push('{');
            for (at, key) in value.try_iter()?.enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                represent(out, &key, depth + 1)?;
                out.push_str(": ");
                represent(out, &value.get_item(&key)?, depth + 1)?;
            }
            out.push('}');
        }
        ValueKind::Seq | ValueKind::Iterable => {
            out.push('[');
            for (at, item) in value.try_iter()?.enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                represent(out, &item, depth + 1)?;
            }
            out.push(']');
        }
        _ => out.push_str(&value.to_string()),
    }
    Ok(())
}

/// A number as Python prints it: the shortest digits that read back the same, with an exponent from 1e16 on and below 1e-4.
fn number(value: &Value) -> String {
    if value.is_integer() {
        return value.to_string();
    }
    let Ok(float) = f64::try_from(value.clone()) else { return value.to_string() };
    if float.is_nan() {
        return "NaN".into();
    }
    if float.is_infinite() {
        return if float > 0.0 { "Infinity".into() } else { "-Infinity".into() };
    }
    let size = float.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let shortest = format!("{float:e}");
        let (digits, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(exponent) => ('-', exponent),
            None => ('+', exponent),
        };
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    format!("{float:?}")
}

fn check_depth(depth: usize) -> Result<(), Error> {
    if depth > MOST_DEPTH {
        return Err(Error::new(ErrorKind::BadSerialization, "a value nests too deep"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_nesting_look_like_pythons() {
        let value: Value = serde_json::from_str::<Value>(
            r#"{"z": 1, "a": [1.0, 0.5, 1e16, 1e-5, 123456789.25, true, null], "e": {}, "l": [], "s": "ä\"\u0007\n'"}"#,
        )
        .unwrap();
        assert_eq!(
            json(&value, None).unwrap(),
            r#"{"z": 1, "a": [1.0, 0.5, 1e+16, 1e-05, 123456789.25, true, null], "e": {}, "l": [], "s": "ä\"\u0007\n'"}"#
        );
        let nested: Value = serde_json::from_str(r#"{"a": [1, {"b": 2}]}"#).unwrap();
        assert_eq!(json(&nested, Some(2)).unwrap(), "{\n  \"a\": [\n    1,\n    {\n      \"b\": 2\n    }\n  ]\n}");
        assert_eq!(text(&nested).unwrap(), "{'a': [1, {'b': 2}]}");
        assert_eq!(text(&Value::from(true)).unwrap(), "True");
        assert_eq!(text(&Value::from(())).unwrap(), "None");
    }
}
