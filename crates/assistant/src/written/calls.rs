//! Calls of tools as models write them: JSON between marks, more or less.
//!
//! Models of the Qwen family write `<tool_call>{"name": …, "arguments": {…}}</tool_call>`; smaller ones forget the end mark, a brace or the marks
//! altogether, fence the JSON, or quote it as Python does. What can only mean one thing is read; the rest is answered with what is wrong with it.

use serde::Deserialize;
use serde_json::Value;
use vitrine_inference::{ExplainerEvent, ToolCall};

/// What begins and ends a call.
pub(super) const MARKS: [&str; 2] = ["<tool_call>", "</tool_call>"];
/// A longer call is not worth reading.
const MOST_BYTES: usize = 8 << 10;
/// How much of a broken call is told to others.
const SHOWN: usize = 200;

/// The calls in `text`, which stood between the marks or is a whole answer that begins like a call.
pub(super) fn calls(text: &str) -> Vec<ExplainerEvent> {
    let broken = |cause: String| {
        let shown = text.chars().take(SHOWN).collect();
        vec![ExplainerEvent::BrokenCall { text: shown, cause }]
    };
    if text.len() > MOST_BYTES {
        return broken(format!("the call is longer than {MOST_BYTES} bytes"));
    }
    match read(without_fence(text)).or_else(|cause| repaired(text).and_then(|text| read(&text).ok()).ok_or(cause)) {
        Ok(calls) => calls.into_iter().map(ExplainerEvent::Call).collect(),
        Err(cause) => broken(cause),
    }
}

/// Whether an answer is a call without marks.
pub(super) fn begins_like_a_call(answer: &str) -> bool {
    let inside = without_fence(answer);
    (inside.starts_with('{') || inside.starts_with('[')) && inside.contains("name") && inside.contains("arguments")
}

#[derive(Deserialize)]
struct Written {
    name: String,
    #[serde(alias = "parameters", default)]
    arguments: Value,
}

/// One JSON object after the other, or a list of them.
fn read(text: &str) -> Result<Vec<ToolCall>, String> {
    let mut calls = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        let value = value.map_err(|error| format!("it is no JSON: {error}"))?;
        let values = match value {
            Value::Array(values) => values,
            value => vec![value],
        };
        for value in values {
            let value = value.get("function").cloned().unwrap_or(value);
            let Written { name, arguments } = serde_json::from_value(value)
                .map_err(|error| format!("it is not an object with `name` and `arguments`: {error}"))?;
            // Some write the arguments as a string that holds JSON, as one published interface does.
            let arguments = match &arguments {
                Value::String(inner) => serde_json::from_str(inner).unwrap_or(arguments),
                _ => arguments,
            };
            calls.push(ToolCall { name, arguments });
        }
    }
    if calls.is_empty() { Err("there is nothing between the marks".into()) } else { Ok(calls) }
}

/// The text within a Markdown fence, if it is in one.
fn without_fence(text: &str) -> &str {
    let text = text.trim();
    let Some(inside) = text.strip_prefix("```") else { return text };
    let inside = inside.strip_suffix("```").unwrap_or(inside);
    inside.find(['{', '[']).map_or(inside, |start| &inside[start..]).trim()
}

/// The text with Python's quotes and words turned into JSON's, commas before an end taken out, and open strings and braces closed. None where nothing
/// could be done.
fn repaired(text: &str) -> Option<String> {
    let text = without_fence(text);
    let start = text.find(['{', '['])?;
    let python = !text.contains('"');
    let (mut fixed, mut open, mut quoted, mut escaped) = (String::new(), Vec::new(), false, false);
    for letter in text[start..].chars() {
        let letter = if python && letter == '\'' { '"' } else { letter };
        if quoted {
            quoted = escaped || letter != '"';
            escaped = !escaped && letter == '\\';
        } else {
            match letter {
                '"' => quoted = true,
                '{' => open.push('}'),
                '[' => open.push(']'),
                '}' | ']' => {
                    fixed.truncate(fixed.trim_end().trim_end_matches(',').len());
                    // A closing brace too many ends the call.
                    if open.pop() != Some(letter) {
                        break;
                    }
                }
                _ => {}
            }
        }
        fixed.push(letter);
    }
    if quoted {
        fixed.push('"');
    }
    fixed.truncate(fixed.trim_end().trim_end_matches(',').len());
    fixed.extend(open.into_iter().rev());
    if python {
        fixed = fixed.replace("True", "true").replace("False", "false").replace("None", "null");
    }
    Some(fixed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn only(text: &str) -> ToolCall {
        match &calls(text)[..] {
            [ExplainerEvent::Call(call)] => call.clone(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn what_can_only_mean_one_thing_is_read() {
        let meant = ToolCall { name: "find".into(), arguments: json!({"query": "it's a \"storm\"", "k": true}) };
        for text in [
            r#"{"name": "find", "arguments": {"query": "it's a \"storm\"", "k": true}}"#,
            r#" {"function": {"name": "find", "arguments": {"query": "it's a \"storm\"", "k": true}}} "#,
            r#"[{"name": "find", "parameters": {"query": "it's a \"storm\"", "k": true}}]"#,
            r#"{"name": "find", "arguments": "{\"query\": \"it's a \\\"storm\\\"\", \"k\": true}"}"#,
            r#"{"name": "find", "arguments": {"query": "it's a \"storm\"", "k": true,},}"#,
            r#"{"name": "find", "arguments": {"query": "it's a \"storm\"", "k": true"#,
            r#"{"name": "find", "arguments": {"query": "it's a \"storm\"", "k": true}}}"#,
            "```json\n{\"name\": \"find\", \"arguments\": {\"query\": \"it's a \\\"storm\\\"\", \"k\": true}}\n```",
        ] {
            assert_eq!(only(text), meant, "{text}");
        }
        let python = "{'name': 'find', 'arguments': {'query': 'storm', 'k': True}}";
        assert_eq!(only(python).arguments, json!({"query": "storm", "k": true}));
        assert_eq!(only(r#"{"name": "get_record"}"#).arguments, Value::Null);
    }

    #[test]
    fn several_calls_are_several() {
        let two = "{\"name\": \"a\", \"arguments\": {}}\n{\"name\": \"b\", \"arguments\": {}}";
        assert_eq!(calls(two).len(), 2);
    }

    #[test]
    fn the_rest_is_broken_for_a_reason() {
        let long = format!("{{\"name\": \"{}\"}}", "x".repeat(MOST_BYTES));
        for (text, why) in [
            ("find(storm)", "no JSON"),
            (r#"{"query": "storm"}"#, "`name`"),
            ("", "nothing"),
            ("42", "not an object"),
            (&long, "longer"),
        ] {
            let found = calls(text);
            let [ExplainerEvent::BrokenCall { cause, text: shown }] = &found[..] else { panic!("{text}: {found:?}") };
            assert!(cause.contains(why) && shown.len() <= SHOWN, "{text}: {cause}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "[\\[\\]{}\"',:a-z \\\\é`\n]{0,60}") {
            prop_assert!(!calls(&text).is_empty());
            begins_like_a_call(&text);
        }
    }
}
