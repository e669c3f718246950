//! The tools that an explainer may call: their descriptions, and calls as they are understood.

use image::RgbImage;
use serde_json::{Value, json};
use vitrine_inference::{ToolCall, ToolDescription};

/// Similar works that are told of unless the call says how many, and at most.
const SIMILAR: u64 = 5;
const MOST_SIMILAR: u64 = 12;
/// A longer query is cut: the retriever reads no more.
const MOST_LETTERS: usize = 400;
/// A part narrower than this share of the scan shows nothing.
const LEAST_SIDE: f64 = 0.01;

/// What tools reach beyond the knowledge base: the library that the work is in. What fails is told to the explainer as a sentence.
pub trait Desk {
    /// A line each of the works that look most like this one, the most alike first.
    fn similar_works(&self, count: usize) -> Result<Vec<String>, String>;

    /// A part of the scan in the resolution of the original, as far as an explainer can see it.
    fn closer(&self, part: ScanPart) -> Result<RgbImage, String>;
}

/// A part of a scan, its edges as shares of the whole width and height, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScanPart {
    /// Of the width, from the left.
    pub left: f64,
    /// Of the height, from the top.
    pub top: f64,
    /// Of the width, from the left; beyond `left`.
    pub right: f64,
    /// Of the height, from the top; beyond `top`.
    pub bottom: f64,
}

/// What a call asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Asked {
    Documents { query: String },
    SimilarWorks { count: usize },
    Closer(ScanPart),
    Record,
}

/// The tools; those that need a library only where there is one.
pub(crate) fn descriptions(has_desk: bool, sees: bool) -> Vec<ToolDescription> {
    let tool = |name: &str, description: &str, properties: Value, required: &[&str]| ToolDescription {
        name: name.to_owned(),
        description: description.to_owned(),
        parameters: json!({ "type": "object", "properties": properties, "required": required }),
    };
    let mut tools = vec![
        tool(
            "get_relevant_documents",
            "Searches the knowledge base for passages. Ask for one thing at a time and name it: an artist, a style, a subject, a technique.",
            json!({
                "query": { "type": "string", "description": "What to look for, in words" },
                "requires_image": { "type": "boolean", "description": "Whether only passages with pictures help" },
            }),
            &["query"],
        ),
        tool(
            "get_record",
            "Reads the record of the work again: what is accepted and what is only suggested.",
            json!({}),
            &[],
        ),
    ];
    if has_desk {
        tools.push(tool(
            "get_similar_works",
            "Names works of the same collection that look like this one, with what is recorded of them.",
            json!({ "k": { "type": "integer", "description": "How many, 5 as a rule" } }),
            &[],
        ));
    }
    if has_desk && sees {
        let share = |edge: &str| json!({ "type": "number", "description": format!("The {edge} edge, 0 to 1") });
        tools.push(tool(
            "look_closer",
            "Shows a part of the scan enlarged, to read an inscription or to see a detail.",
            json!({ "left": share("left"), "top": share("top"), "right": share("right"), "bottom": share("bottom") }),
            &["left", "top", "right", "bottom"],
        ));
    }
    tools
}

/// Understands a call; else what is wrong with it, as a sentence that helps to do better.
pub(crate) fn understand(call: &ToolCall, tools: &[ToolDescription]) -> Result<Asked, String> {
    if !tools.iter().any(|tool| tool.name == call.name) {
        let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
        return Err(format!("There is no tool named \"{}\". There are: {}.", call.name, names.join(", ")));
    }
    let argument = |name: &str| &call.arguments[name];
    match call.name.as_str() {
        "get_relevant_documents" => {
            let query = argument("query").as_str().map(str::trim).unwrap_or_default();
            if query.is_empty() {
                return Err("The argument \"query\" is missing: say in words what to look for.".into());
            }
            Ok(Asked::Documents { query: query.chars().take(MOST_LETTERS).collect() })
        }
        "get_similar_works" => {
            let count = number(argument("k")).map_or(SIMILAR, |k| k.clamp(1.0, MOST_SIMILAR as f64) as u64);
            Ok(Asked::SimilarWorks { count: count as usize })
        }
        "look_closer" => {
            let [left, top, right, bottom] = ["left", "top", "right", "bottom"].map(|edge| number(argument(edge)));
            let (Some(left), Some(top), Some(right), Some(bottom)) = (left, top, right, bottom) else {
                return Err(
                    "The arguments \"left\", \"top\", \"right\" and \"bottom\" have to be numbers from 0 to 1.".into(),
                );
            };
            let within = [left, top, right, bottom].iter().all(|edge| (0.0..=1.0).contains(edge));
            if !within || right - left < LEAST_SIDE || bottom - top < LEAST_SIDE {
                return Err("The edges are shares of the scan from 0 to 1, \"right\" beyond \"left\" and \"bottom\" below \"top\".".into());
            }
            Ok(Asked::Closer(ScanPart { left, top, right, bottom }))
        }
        _ => Ok(Asked::Record),
    }
}

/// A number, also one in quotes.
fn number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    number.filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(name: &str, arguments: Value) -> Result<Asked, String> {
        understand(&ToolCall { name: name.into(), arguments }, &descriptions(true, true))
    }

    #[test]
    fn calls_are_understood_and_wrong_ones_corrected() {
        let storm = json!({ "query": " a storm ", "requires_image": "yes" });
        assert_eq!(ask("get_relevant_documents", storm), Ok(Asked::Documents { query: "a storm".into() }));
        assert_eq!(ask("get_similar_works", Value::Null), Ok(Asked::SimilarWorks { count: 5 }));
        assert_eq!(ask("get_similar_works", json!({ "k": "900" })), Ok(Asked::SimilarWorks { count: 12 }));
        let part = ScanPart { left: 0.5, top: 0.0, right: 1.0, bottom: 0.25 };
        let corner = json!({ "left": 0.5, "top": 0, "right": "1", "bottom": 0.25 });
        assert_eq!(ask("look_closer", corner), Ok(Asked::Closer(part)));
        assert_eq!(ask("get_record", json!([1])), Ok(Asked::Record));
        for (name, arguments, why) in [
            ("find", json!({}), "no tool named \"find\". There are: get_relevant_documents"),
            ("get_relevant_documents", json!({ "query": 7 }), "\"query\" is missing"),
            ("get_relevant_documents", json!("storm"), "\"query\" is missing"),
            ("look_closer", json!({ "left": 0.1 }), "have to be numbers"),
            ("look_closer", json!({ "left": 1, "top": 0, "right": 0, "bottom": 1 }), "beyond"),
            ("look_closer", json!({ "left": 10, "top": 0, "right": 90, "bottom": 1 }), "from 0 to 1"),
        ] {
            let said = ask(name, arguments).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
    }

    #[test]
    fn tools_are_those_that_can_be_served() {
        let names = |desk, sees| descriptions(desk, sees).into_iter().map(|tool| tool.name).collect::<Vec<_>>();
        assert_eq!(names(false, true), ["get_relevant_documents", "get_record"]);
        assert_eq!(names(true, false).len(), 3);
        assert_eq!(names(true, true).len(), 4);
    }
}
