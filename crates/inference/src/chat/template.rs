//! The chat template that was published with a model, rendered with its conversation.

use std::path::{Path, PathBuf};

use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use serde::Serialize;

use super::python;
use crate::InferenceError;

/// Steps that a template may take: ten thousand times what a published one takes for a page of text, a second at most.
const FUEL: u64 = 20_000_000;
/// The longest template.
const MOST_BYTES: u64 = 1 << 20;
/// The longest `tokenizer_config.json`.
const MOST_CONFIG_BYTES: u64 = 64 << 20;

/// A template, ready to render.
#[derive(Debug)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    path: PathBuf,
}

/// What a template renders.
#[derive(Debug, Clone, Serialize)]
pub struct TemplateInput<'a, M, T> {
    /// The messages (maps with `role`, `content` and so on), in order.
    pub messages: &'a [M],
    /// Descriptions of the tools that may be called, in JSON schema; none is as if there were no such word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<&'a [T]>,
    /// Whether the text ends where the answer begins.
    pub add_generation_prompt: bool,
    /// The tokenizer's name for the beginning of a text, if it has one.
    pub bos_token: Option<&'a str>,
    /// The tokenizer's name for the end of a text.
    pub eos_token: Option<&'a str>,
    /// Whether the model may think before it answers, for templates that ask; none is as if there were no such word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_thinking: Option<bool>,
}

impl ChatTemplate {
    /// The template of a model's folder: `chat_template.jinja`, else `chat_template.json`, else the one in `tokenizer_config.json` (of
    /// several the one named `default`).
    pub fn open(folder: &Path) -> Result<Self, InferenceError> {
        let plain = folder.join("chat_template.jinja");
        if plain.is_file() {
            let text = read(&plain, MOST_BYTES)?;
            return Self::new(&plain, text);
        }
        for (name, most) in [("chat_template.json", MOST_BYTES), ("tokenizer_config.json", MOST_CONFIG_BYTES)] {
            let path = folder.join(name);
            if !path.is_file() {
                continue;
            }
            let file: serde_json::Value = serde_json::from_str(&read(&path, most)?)
                .map_err(|error| InferenceError::model_file(&path, format!("{error}; download it again")))?;
            if let Some(text) = named_template(&file["chat_template"]) {
                return Self::new(&path, text.to_owned());
            }
        }
        let cause = "it holds no chat template (chat_template.jinja, chat_template.json or tokenizer_config.json); download the one of the model";
        Err(InferenceError::model_file(folder, cause))
    }

    /// The template `text` from the file `path`, which errors name.
    pub fn new(path: &Path, text: String) -> Result<Self, InferenceError> {
        let mut environment = Environment::empty();
        // transformers' environment: trimmed blocks, loop controls, `tojson` as Python writes JSON, `raise_exception`.
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.set_undefined_behavior(UndefinedBehavior::Lenient);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(64);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.set_formatter(|out, _, value| {
            out.write_str(&python::text(value)?)
                .map_err(|_| Error::new(ErrorKind::WriteFailure, "no room for the text"))
        });
        add_words(&mut environment);
        environment
            .add_template_owned("chat", text)
            .map_err(|error| InferenceError::model_file(path, format!("its chat template can't be read: {error:#}")))?;
        Ok(Self { environment, path: path.to_owned() })
    }

    /// Whether it describes tools. One that does not would leave them, their calls and their answers out.
    pub fn knows_tools(&self) -> bool {
        self.environment.get_template("chat").is_ok_and(|template| template.source().contains("tools"))
    }

    /// The text that the model reads.
    pub fn render<M: Serialize, T: Serialize>(&self, input: &TemplateInput<M, T>) -> Result<String, InferenceError> {
        let rendered = self.environment.get_template("chat").and_then(|template| template.render(input));
        rendered.map_err(|error| {
            let cause = match error.detail() {
                Some(detail) if error.kind() == ErrorKind::InvalidOperation => detail.to_owned(),
                _ => error.to_string(),
            };
            InferenceError::model_file(&self.path, format!("its chat template refuses this conversation: {cause}"))
        })
    }
}

/// The filters, tests and functions that jinja2 has.
fn add_words(environment: &mut Environment<'static>) {
    use minijinja::{filters, functions, tests};
    environment.add_filter("tojson", |value: Value, kwargs: Kwargs| {
        let indent = kwargs.get::<Option<usize>>("indent")?;
        kwargs.get::<Option<bool>>("ensure_ascii")?;
        kwargs.assert_all_used()?;
        python::json(&value, indent)
    });
    environment.add_filter("string", |value: Value| python::text(&value));
    environment.add_filter("trim", filters::trim);
    environment.add_filter("length", filters::length);
    environment.add_filter("count", filters::length);
    environment.add_filter("upper", filters::upper);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("title", filters::title);
    environment.add_filter("capitalize", filters::capitalize);
    environment.add_filter("replace", filters::replace);
    environment.add_filter("join", filters::join);
    environment.add_filter("first", filters::first);
    environment.add_filter("last", filters::last);
    environment.add_filter("list", filters::list);
    environment.add_filter("items", filters::items);
    environment.add_filter("dictsort", filters::dictsort);
    environment.add_filter("default", filters::default);
    environment.add_filter("d", filters::default);
    environment.add_filter("select", filters::select);
    environment.add_filter("reject", filters::reject);
    environment.add_filter("selectattr", filters::selectattr);
    environment.add_filter("rejectattr", filters::rejectattr);
    environment.add_filter("map", filters::map);
    environment.add_filter("reverse", filters::reverse);
    environment.add_filter("sort", filters::sort);
    environment.add_filter("unique", filters::unique);
    environment.add_filter("indent", filters::indent);
    environment.add_filter("int", filters::int);
    environment.add_filter("float", filters::float);
    environment.add_filter("safe", filters::safe);
    environment.add_test("defined", tests::is_defined);
    environment.add_test("undefined", tests::is_undefined);
    environment.add_test("none", tests::is_none);
    environment.add_test("string", tests::is_string);
    environment.add_test("number", tests::is_number);
    environment.add_test("boolean", tests::is_boolean);
    environment.add_test("true", tests::is_true);
    environment.add_test("false", tests::is_false);
    environment.add_test("mapping", tests::is_mapping);
    environment.add_test("sequence", tests::is_sequence);
    environment.add_test("iterable", tests::is_iterable);
    environment.add_test("equalto", tests::is_eq);
    environment.add_test("eq", tests::is_eq);
    environment.add_test("ne", tests::is_ne);
    environment.add_test("in", tests::is_in);
    environment.add_test("odd", tests::is_odd);
    environment.add_test("even", tests::is_even);
    environment.add_function("range", functions::range);
    environment.add_function("dict", functions::dict);
    environment.add_function("namespace", functions::namespace);
    environment.add_function("raise_exception", |message: String| -> Result<Value, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, message))
    });
}

fn named_template(value: &serde_json::Value) -> Option<&str> {
    let named = || value.as_array()?.iter().find(|entry| entry["name"] == "default")?["template"].as_str();
    value.as_str().or_else(named)
}

pub(super) fn read(path: &Path, most: u64) -> Result<String, InferenceError> {
    let unreadable = |cause| InferenceError::file(path, cause);
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > most {
        return Err(InferenceError::model_file(path, format!("it has {length} bytes, more than any such file has")));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|_| InferenceError::model_file(path, "it is no UTF-8 text; download it again"))
}

#[cfg(test)]
mod tests;
