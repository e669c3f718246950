use serde::Deserialize;

use super::*;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/chat")
}

/// Messages and tools stay in the order of the file, as Python's dictionaries do.
#[derive(Deserialize)]
struct Recorded {
    messages: Vec<Value>,
    tools: Option<Vec<Value>>,
    add_generation_prompt: bool,
    text: String,
}

fn recorded() -> Vec<Recorded> {
    serde_json::from_str(include_str!("../../../fixtures/chat/conversations.json")).unwrap()
}

fn render(template: &ChatTemplate, conversation: &Recorded) -> Result<String, InferenceError> {
    template.render(&TemplateInput {
        messages: &conversation.messages,
        tools: conversation.tools.as_deref(),
        add_generation_prompt: conversation.add_generation_prompt,
        bos_token: None,
        eos_token: Some("<|im_end|>"),
        enable_thinking: None,
    })
}

#[test]
fn thirty_conversations_read_as_transformers_writes_them() {
    let template = ChatTemplate::open(&folder()).unwrap();
    let conversations = recorded();
    assert_eq!(conversations.len(), 30);
    for (at, conversation) in conversations.iter().enumerate() {
        assert_eq!(render(&template, conversation).unwrap(), conversation.text, "conversation {at}");
    }
}

#[test]
fn the_published_files_forms_are_all_read() {
    let text = std::fs::read_to_string(folder().join("chat_template.jinja")).unwrap();
    let conversation = &recorded()[0];
    let quoted = serde_json::to_string(&text).unwrap();
    for (name, content) in [
        ("chat_template.json", format!("{{\"chat_template\": {quoted}}}")),
        ("tokenizer_config.json", format!("{{\"chat_template\": {quoted}}}")),
        (
            "tokenizer_config.json",
            format!(
                "{{\"chat_template\": [{{\"name\": \"tool\", \"template\": \"\"}}, {{\"name\": \"default\", \"template\": {quoted}}}]}}"
            ),
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), content).unwrap();
        let template = ChatTemplate::open(folder.path()).unwrap();
        assert_eq!(render(&template, conversation).unwrap(), conversation.text, "{name}");
    }
    let empty = tempfile::tempdir().unwrap();
    assert!(ChatTemplate::open(empty.path()).unwrap_err().to_string().contains("holds no chat template"));
}

#[test]
fn templates_that_fail_or_never_end_say_so() {
    let conversation = &recorded()[0];
    let path = Path::new("chat_template.jinja");
    let broken = ChatTemplate::new(path, "{% for x in %}".into()).unwrap_err().to_string();
    assert!(broken.contains("chat_template.jinja") && broken.contains("can't be read"), "{broken}");
    for (text, said) in [
        ("{{ raise_exception('roles must alternate') }}", "roles must alternate"),
        (
            "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
            "refuses this conversation",
        ),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "refuses this conversation"),
    ] {
        let template = ChatTemplate::new(path, text.into()).unwrap();
        let error = render(&template, conversation).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}
