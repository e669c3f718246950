//! Tools as Qwen's models were trained to see them, for templates that describe none: Qwen2.5-VL's own is one of these.

use serde_json::{Value, json};

use super::{Message, Part};
use crate::ToolDescription;

/// The descriptions as a template takes them.
pub(super) fn schemas(tools: &[ToolDescription]) -> Vec<Value> {
    let schema = |tool: &ToolDescription| {
        json!({
            "type": "function",
            "function": { "name": tool.name, "description": tool.description, "parameters": tool.parameters },
        })
    };
    tools.iter().map(schema).collect()
}

/// The conversation with tools, calls and their answers in words: descriptions behind the rules, calls as the model writes them, answers in a turn of the user.
pub(super) fn spelled_out(messages: &[Message], tools: &[ToolDescription]) -> Vec<Message> {
    let mut spelled: Vec<Message> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let mut content = message.content.clone();
        match message.role {
            "system" if at == 0 && !tools.is_empty() => content.push(Part::Text { text: description(tools) }),
            "assistant" => content.extend(message.tool_calls.iter().map(|call| {
                let call = json!({ "name": call.name, "arguments": call.arguments });
                Part::text(&format!("\n<tool_call>\n{call}\n</tool_call>"))
            })),
            "tool" => {
                content.insert(0, Part::text("<tool_response>\n"));
                content.push(Part::text("\n</tool_response>"));
                if let Some(answers) = spelled.last_mut().filter(|_| at > 0 && messages[at - 1].role == "tool") {
                    answers.content.push(Part::text("\n"));
                    answers.content.append(&mut content);
                    continue;
                }
            }
            _ => {}
        }
        let role = if message.role == "tool" { "user" } else { message.role };
        spelled.push(Message::new(role, content));
    }
    spelled
}

fn description(tools: &[ToolDescription]) -> String {
    let mut text = String::from("\n\n# Tools\n\nThese functions may be called:\n<tools>\n");
    for schema in schemas(tools) {
        text.push_str(&format!("{schema}\n"));
    }
    text.push_str(
        "</tools>\n\nTo call one, write a JSON object with its name and arguments between these marks, and nothing after the last call:\n\
         <tool_call>\n{\"name\": \"...\", \"arguments\": {...}}\n</tool_call>",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ToolCall;

    #[test]
    fn calls_and_answers_become_words_and_answers_in_a_row_one_turn() {
        let tool = ToolDescription {
            name: "get_record".into(),
            description: "Reads the record.".into(),
            parameters: json!({ "type": "object", "properties": {} }),
        };
        let call = ToolCall { name: "get_record".into(), arguments: json!({}) };
        let words = |role, text: &str| Message::new(role, vec![Part::text(text)]);
        let messages = [
            words("system", "Be exact."),
            words("user", "Who?"),
            Message { tool_calls: vec![call.clone(), call], ..words("assistant", "I look.") },
            words("tool", "Nobody."),
            Message::new("tool", vec![Part::Image]),
            words("user", "And when?"),
        ];
        let spelled = spelled_out(&messages, std::slice::from_ref(&tool));
        let roles: Vec<&str> = spelled.iter().map(|message| message.role).collect();
        assert_eq!(roles, ["system", "user", "assistant", "user", "user"]);
        let text = |message: &Message| {
            let part = |part: &Part| match part {
                Part::Text { text } => text.clone(),
                Part::Image => "IMAGE".into(),
            };
            message.content.iter().map(part).collect::<String>()
        };
        assert!(text(&spelled[0]).contains("\"name\":\"get_record\""));
        let call = "\n<tool_call>\n{\"arguments\":{},\"name\":\"get_record\"}\n</tool_call>";
        assert_eq!(text(&spelled[2]), format!("I look.{call}{call}"));
        let answers = "<tool_response>\nNobody.\n</tool_response>\n<tool_response>\nIMAGE\n</tool_response>";
        assert_eq!(text(&spelled[3]), answers);
        assert!(spelled.iter().all(|message| message.tool_calls.is_empty()));
    }

    #[test]
    fn without_tools_a_conversation_stays_as_it_is() {
        let messages = [Message::new("system", vec![Part::text("Be exact.")]), Message::new("user", vec![Part::Image])];
        assert_eq!(spelled_out(&messages, &[]), messages);
    }

    /// A template that knows tools writes calls and answers as the models were trained to see them, out of the same messages.
    #[test]
    fn a_template_that_knows_tools_gets_them_as_they_are() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/chat");
        let template = crate::chat::ChatTemplate::open(&folder).unwrap();
        assert!(template.knows_tools());
        let call = ToolCall { name: "get_record".into(), arguments: json!({ "k": 2 }) };
        let messages = [
            Message::new("user", vec![Part::Image, Part::text("Who?")]),
            Message { tool_calls: vec![call], ..Message::new("assistant", Vec::new()) },
            Message::new("tool", vec![Part::text("Nobody.")]),
        ];
        let rendered = template
            .render(&crate::chat::TemplateInput {
                messages: &messages,
                tools: None::<&[Value]>,
                add_generation_prompt: true,
                bos_token: None,
                eos_token: None,
                enable_thinking: None,
            })
            .unwrap();
        let turns: Vec<&str> = rendered.split("<|im_start|>").skip(2).collect();
        assert_eq!(
            turns,
            [
                "user\n<|vision_start|><|image_pad|><|vision_end|>Who?<|im_end|>\n",
                "assistant\n<tool_call>\n{\"name\": \"get_record\", \"arguments\": {\"k\": 2}}\n</tool_call><|im_end|>\n",
                "user\n<tool_response>\nNobody.\n</tool_response><|im_end|>\n",
                "assistant\n",
            ]
        );
    }
}
