use std::sync::Mutex;

use image::RgbImage;

use super::*;
use crate::device::DeviceKind;
use crate::generation::Ending;
use crate::model_pack::{InstalledPacks, check_folder};

/// A writer with the tiny model of text alone `name`, the folder of its notes, and what is said of its loading.
fn writer(name: &str) -> (tempfile::TempDir, Writer, Arc<Mutex<Vec<String>>>) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/text").join(name);
    let notes = tempfile::tempdir().unwrap();
    let checked = check_folder(&file, &mut |_, _| true).unwrap();
    let pack = InstalledPacks::at(notes.path()).add(&file, checked).unwrap();
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let hears = Arc::clone(&said);
    let notice = Arc::new(move |text| hears.lock().unwrap().push(text));
    let device = OpenDevice::open(DeviceKind::Cpu, 0).unwrap();
    let writer = Writer::new(pack, &notes.path().join("packed"), device, notice).unwrap();
    (notes, writer, said)
}

fn request(words: &[&str]) -> WritingRequest {
    let roles = ["user", "assistant"].into_iter().cycle();
    let messages = roles.zip(words).map(|(role, text)| Message::new(role, vec![Part::text(text)])).collect();
    let options = GenerationOptions { max_tokens: 12, ..GenerationOptions::default() };
    WritingRequest { messages, images: Vec::new(), tools: Vec::new(), options }
}

fn write(writer: &Writer, request: WritingRequest) -> (Generated, String) {
    let mut streamed = String::new();
    let generated = writer
        .write(request, &mut |text| {
            streamed.push_str(text);
            ControlFlow::Continue(())
        })
        .unwrap();
    (generated, streamed)
}

#[test]
fn a_model_of_text_alone_writes_and_reads_only_what_is_new() {
    for name in ["gemma3.gguf", "qwen3.gguf"] {
        let (_notes, writer, said) = writer(name);
        let (first, streamed) = write(&writer, request(&["Who painted it?"]));
        assert_eq!(streamed, first.text, "{name}");
        assert!(!first.tokens.is_empty() || first.ending == Ending::Stopped, "{name}: {first:?}");
        assert_eq!(first.reused, 0);
        let (again, _) = write(&writer, request(&["Who painted it?"]));
        assert_eq!((again.text, again.tokens, again.read), (first.text, first.tokens, 1), "{name}");
        let (next, _) = write(&writer, request(&["Who painted it?", "Nobody.", "When?"]));
        assert!(next.reused > 8 && next.read > 1, "{name}: {next:?}");
        // The one brought a layout of conversations, the other did not.
        let poorly = said.lock().unwrap().iter().any(|text| text.contains("no chat template"));
        assert_eq!(poorly, name == "qwen3.gguf");
    }
}

#[test]
fn a_model_of_text_alone_takes_no_image() {
    let (_notes, writer, _) = writer("gemma3.gguf");
    let mut shown = request(&["What is this?"]);
    shown.images.push(Arc::new(RgbImage::new(8, 8)));
    let refused = writer.write(shown, &mut |_| ControlFlow::Continue(())).unwrap_err().to_string();
    assert!(refused.contains("reads text alone"), "{refused}");
}
