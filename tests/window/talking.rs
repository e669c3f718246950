//! Writing and asking beside the review desk: answers with what they rest on, branches, prompts, and what was kept.

use std::{fs, time::Duration};

use serde_json::{Value, json};

use crate::{
    Desk, SUGGESTED_WITHIN, assert_accessible,
    webdriver::{Window, keys},
};

const SOON: Duration = Duration::from_secs(60);

/// On the review desk of a work with a title, its tab for asking open: three exchanges are made, one is deleted on the way.
pub fn talking(desk: &Desk, window: &Window) {
    window.click("#explain");
    window.until("an explanation", SUGGESTED_WITHIN, || {
        window.text("#explain").filter(|text| text.contains("again")).and(window.text(".answers .text"))
    });
    assert!(window.count(".answers .cite") > 0, "sentences name their passages");
    assert!(
        window.count(".sentence[data-support=none]") == 0,
        "what is quoted is supported: {:?}",
        window.text(".answers .text")
    );
    desk.picture(window, "6-explanation");
    assert_accessible(window, "the explanation");
    window.click(".answers .add");
    window.wait(".answers .choice");
    assert_accessible(window, "where a sentence may belong");
    window.click(".answers .choice button");
    window.until("the sentence among the suggestions", Duration::from_secs(60), || {
        (window.count("[data-property=description][data-state=suggested]") == 1).then_some(())
    });
    desk.picture(window, "6-suggested");
    accept_the_description(window);

    standing_out(desk, window);
    window.click(".answers .cite");
    window.wait(".reader h2");
    window.until("the words that say so, lit", SOON, || (window.count(".reader mark") > 0).then_some(()));
    desk.picture(window, "6-cited");
    assert_accessible(window, "a passage that is cited");
    window.press(&[keys::ESCAPE]);

    ask(window, "What is impasto?");
    assert!(shown(window).contains("impasto"), "{}", shown(window));
    window.click(".answers .steps summary");
    desk.picture(window, "6-asked");

    // Worded anew it stands beside the first wording; one turns from the one to the other.
    window.click(".answers > section:last-child .reword");
    window.press(&[keys::CONTROL, 'a']);
    ask(window, "What is glazing?");
    window.wait(".ways");
    assert!(shown(window).contains("glaz") && !shown(window).contains("What is impasto?"), "{}", shown(window));
    assert_accessible(window, "a question in two wordings");
    window.click(".ways button:first-child");
    window.until("the first wording", SOON, || shown(window).contains("What is impasto?").then_some(()));
    window.click(".ways button:last-child");
    window.until("the second wording", SOON, || shown(window).contains("What is glazing?").then_some(()));
    window.click(".answers > section:last-child .delete");
    window.click(".answers > section:last-child .delete");
    window.until("the first wording alone", SOON, || {
        (shown(window).contains("What is impasto?") && window.count(".ways") == 0).then_some(())
    });

    prompts(desk, window);
    window.click("#show-earlier");
    window.wait("#earlier li");
    window.write("#earlier-search", "impasto");
    window.until("what was asked", SOON, || window.text("#earlier").filter(|found| found.contains("What is impasto?")));
    desk.picture(window, "6-earlier");
    assert_accessible(window, "earlier talk");
    window.click("#earlier li button");
    window.wait("#question");

    // The file comes from the system's dialog, which calls just this command.
    let work = window.invoke("conversations", json!({ "text": "impasto", "most": 1 }))[0]["work"].clone();
    let file = desk.folder.path().join("conversation.md");
    window.invoke("write_conversation", json!({ "work": work, "file": file }));
    let written = fs::read_to_string(&file).expect("the conversation can be read");
    assert!(written.contains("## What is impasto?") && written.contains("[^1]: "), "{written}");
    nothing_remote_loads(window);
}

/// Shows where on the scan a sentence finds what it speaks of. That takes a pack that compares images with words, noted in the folder that `VITRINE_ADDED_PACKS` names; without
/// one the button is not there. A pack that means nothing is written by the test `writes_a_pack_that_means_nothing` of `vitrine-inference`.
fn standing_out(desk: &Desk, window: &Window) {
    window.wait(".answers .cite");
    if std::env::var_os("VITRINE_ADDED_PACKS").is_none() {
        assert_eq!(window.count(".answers .where"), 0, "only an added pack can tell where");
        return;
    }
    window.wait(".answers .where");
    window.click(".answers .where");
    window.until("parts that stand out", SOON, || (window.count("svg[data-panes] rect") > 8).then_some(()));
    desk.picture(window, "6-standing-out");
    assert_accessible(window, "a scan of which parts stand out");
    window.click("#viewer-dim");
    window.until("the scan as it was", SOON, || (window.count("svg[data-panes]") == 0).then_some(()));
}

/// Takes the sentence that was put forward, by the keys of the desk.
fn accept_the_description(window: &Window) {
    let id = "return Number(document.querySelector('[data-property=description]').dataset.statement)";
    let statement = window.script(id, json!([])).as_u64().expect("the statement's number");
    let view = window.invoke("accept", json!({ "statement": statement }));
    let decided = view["statements"].as_array().and_then(|all| all.iter().find(|one| one["id"] == statement)).cloned();
    assert_eq!(decided.map(|one| one["state"].clone()), Some(json!("accepted")));
}

fn ask(window: &Window, question: &str) {
    window.write("#question", question);
    window.press(&[keys::ENTER]);
    window.until("an answer", SOON, || {
        let asked = "return [...document.querySelectorAll('section h3.asked')].at(-1)?.textContent === arguments[0]
            && document.querySelector('#stop') === null && document.querySelector('.answers > section:last-child .made') !== null";
        (window.script(asked, json!([question])) == json!(true)).then_some(())
    });
}

fn shown(window: &Window) -> String {
    window.text(".answers").unwrap_or_default()
}

/// A prompt is worded anew, followed, and put back.
fn prompts(desk: &Desk, window: &Window) {
    window.click("#show-prompts");
    window.wait("#prompt-text");
    window.wait("#limit-searches");
    desk.picture(window, "6-prompts");
    assert_accessible(window, "the prompts");
    window.click("#prompt-text");
    window.press(&[keys::CONTROL, 'a']);
    window.write("#prompt-text", "Explain it in {length}, in {language}, for children.");
    window.click("#prompt-keep");
    window.until("words of one's own", SOON, || (window.count("#prompt-reset:enabled") == 1).then_some(()));
    let own = of_id(&window.invoke("prompts", json!({})), "explain");
    assert_eq!((own["version"].clone(), own["own"].clone()), (json!("1, own 1"), json!(true)));
    window.click("#prompt-reset");
    window.until("the program's words", SOON, || (window.count("#prompt-reset:disabled") == 1).then_some(()));
    window.click(".prompts .back");
    window.wait("#prompt");
    let label = "const prompt = document.querySelector('#prompt'); prompt.value = 'wall-label'; prompt.dispatchEvent(new Event('change', { bubbles: true }))";
    window.script(label, json!([]));
    window.click("#explain");
    window.until("a label", SOON, || {
        window.text(".answers > section:last-child .made").filter(|made| made.contains("Wall label, version 1"))
    });
    assert!(shown(window).contains("Sun over two fields."), "the label begins with the record: {}", shown(window));
    desk.picture(window, "6-label");
}

fn of_id(prompts: &Value, id: &str) -> Value {
    let found = prompts.as_array().and_then(|all| all.iter().find(|prompt| prompt["id"] == id));
    found.cloned().unwrap_or_default()
}

/// Whatever text brings in, the page asks nobody: a picture, a frame, a script and a call to a remote address are all refused.
fn nothing_remote_loads(window: &Window) {
    let refused = window.script_later(
        "const done = arguments[arguments.length - 1];
         const refused = new Set();
         document.addEventListener('securitypolicyviolation', (event) => refused.add(event.effectiveDirective.split('-')[0]));
         const put = (html) => document.querySelector('.answers').insertAdjacentHTML('beforeend', html);
         put('<div id=hostile><img src=\"https://tracker.example/a.png\"><iframe src=\"https://tracker.example/\"></iframe></div>');
         const script = document.createElement('script');
         script.src = 'https://tracker.example/a.js';
         document.querySelector('#hostile').append(script);
         fetch('https://tracker.example/').catch(() => {}).finally(() => setTimeout(() => {
           document.querySelector('#hostile').remove();
           done([...refused].sort());
         }, 500))",
        json!([]),
    );
    assert_eq!(refused, json!(["connect", "frame", "img", "script"]), "the content security policy lets something out");
}
