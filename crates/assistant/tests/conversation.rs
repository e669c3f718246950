//! Explanations and answers over a small knowledge base, with a retriever that knows letters alone.

#![allow(clippy::unwrap_used)]

#[path = "../../knowledge/tests/word_rows/mod.rs"]
mod word_rows;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use vitrine_assistant::{
    Answer, AnswerEvent, Assistant, AssistantError, Exchange, ExtractiveExplainer, Length, Manner, OtherWork, Support,
    WorkAtHand, prompts,
};
use vitrine_inference::CardLine;
use vitrine_knowledge::{Collection, KnowledgeBase};
use vitrine_sources::{Position, SourceOptions, open_source};
use word_rows::{WordRows, write_article};

fn assistant() -> (tempfile::TempDir, Assistant) {
    let (place, _, assistant) = desk();
    (place, assistant)
}

/// An assistant, and the knowledge base that it speaks from.
fn desk() -> (tempfile::TempDir, Arc<KnowledgeBase>, Assistant) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("articles");
    write_article(
        &folder,
        "style/rococo",
        "Rococo",
        &[],
        "Rococo is a playful style that arose in Paris. It came after the Baroque.\n\n\
         Rococo is recognised by pastel colours and feathery brushwork. Rococo subjects include picnics in a park.\n\n\
         Key works of the Rococo hang in London.",
    );
    write_article(
        &folder,
        "genre/portrait",
        "Portrait",
        &[],
        "A portrait is a picture of one person.\n\nA portrait is recognised by its emphasis on the face.",
    );
    write_article(
        &folder,
        "artist/alfred-sisley",
        "Alfred Sisley",
        &[],
        "Alfred Sisley (1839–1899) was a landscape painter. Sisley died at Moret in 1899.",
    );
    write_article(
        &folder,
        "technique/etching",
        "Etching",
        &[],
        "Etching bites lines into copper with acid. An etching differs from an engraving by its blunt lines.",
    );
    write_article(
        &folder,
        "technique/engraving",
        "Engraving",
        &[],
        "Engraving cuts lines into copper with a burin. An engraving differs by its tapering lines.",
    );
    let retriever = Arc::new(WordRows::new("1"));
    let index = place.path().join("knowledge.index");
    let knowledge =
        KnowledgeBase::open_or_build(&folder, &index, retriever.clone(), &|_, _| {}, &AtomicBool::new(false)).unwrap();
    let knowledge = Arc::new(knowledge);
    (place, knowledge.clone(), Assistant::new(knowledge, Arc::new(ExtractiveExplainer::new(retriever))))
}

fn line(property: &str, value: &str, confidence: Option<f32>) -> CardLine {
    CardLine { property: property.to_owned(), value: value.to_owned(), qualifier: None, confidence }
}

fn ask(assistant: &Assistant, question: &str, card: &[CardLine], history: &[Exchange]) -> Answer {
    assistant.ask(question, &WorkAtHand::of_card(card), history, &mut |_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn an_explanation_hedges_what_is_suggested_and_cites_every_sentence() {
    let (_place, assistant) = assistant();
    let card = [
        line("style", "rococo", Some(0.71)),
        line("genre", "portrait", None),
        line("artist", "Alfred Sisley", Some(0.4)),
    ];
    let mut told = Vec::new();
    let answer = assistant
        .explain(&WorkAtHand::of_card(&card), &mut |event| {
            if let AnswerEvent::Sentence(sentence) = event {
                told.push(sentence);
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(told, answer.sentences, "streamed as they are returned");
    let texts: Vec<&str> = answer.sentences.iter().map(|s| s.text.as_str()).collect();
    assert_eq!(
        texts[0],
        "The style may be Rococo (suggested with 71 % confidence); Rococo is a playful style that arose in Paris."
    );
    assert!(texts.contains(&"The genre is accepted as portrait; a portrait is a picture of one person."), "{texts:?}");
    assert!((4..=7).contains(&texts.len()), "{texts:?}");
    assert!(texts.iter().all(|t| !t.contains("Sisley")), "a faint suggestion of an artist is not spoken of");
    assert!(texts.iter().all(|t| !t.starts_with("It ")), "no sentence leans on one that is not there");
    for sentence in &answer.sentences {
        assert_eq!(sentence.support, Support::Passage);
        assert_eq!(sentence.hedged, sentence.text.contains("may be"), "{}", sentence.text);
        let quote = &sentence.citations[0].quote;
        let told = sentence.text.to_lowercase();
        assert!(told.ends_with(&quote.to_lowercase()), "{told} rests on {quote}");
    }
    let mut distinct = texts.clone();
    distinct.dedup();
    assert_eq!(distinct.len(), texts.len());
    assert_eq!(answer.steps.len(), 2);
    assert!(answer.steps.iter().all(|step| !step.asked));
    assert!(
        answer.sentences.iter().all(|s| answer.passages.iter().any(|(p, _)| p.fragment.id == s.citations[0].fragment))
    );
}

/// Reads a page on a painting into a collection.
fn bring_the_heron_pool_in(place: &tempfile::TempDir, knowledge: &KnowledgeBase) {
    let texts = place.path().join("Catalogue");
    std::fs::create_dir(&texts).unwrap();
    let page = "# The Heron Pool\n\nThe Heron Pool is a painting by Ada Winterbourne, finished in 1888 for the dining room of a mill owner. \
        Three herons stand at the edge of a still pond, with a white farmhouse in the evening light behind them. \
        Winterbourne laid it out in thin glazes over a warm ground.\n";
    std::fs::write(texts.join("heron.md"), page).unwrap();
    let collection = Collection::create(place.path(), "Catalogue raisonné").unwrap();
    let open = |from: Option<&Position>| open_source(&texts, &SourceOptions::default(), from);
    collection.read(&texts, &open, &|_| true, &mut |_| true).unwrap();
    collection.index_fragments(knowledge.retriever().as_ref(), &mut |_| true).unwrap();
    knowledge.set_collections(vec![Arc::new(collection)]);
}

#[test]
fn a_page_of_a_collection_on_the_very_work_explains_it() {
    let (place, knowledge, assistant) = desk();
    bring_the_heron_pool_in(&place, &knowledge);
    let card = [line("title", "The Heron Pool", None)];
    let told = assistant.explain(&WorkAtHand::of_card(&card), &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(told.abstention, None);
    let text: Vec<&str> = told.sentences.iter().map(|sentence| sentence.text.as_str()).collect();
    assert!(text[0].starts_with("The title is accepted as The Heron Pool"), "{text:?}");
    assert!(text.iter().any(|sentence| sentence.contains("Three herons")), "{text:?}");
    assert!(told.sentences.iter().all(|sentence| sentence.citations[0].fragment.starts_with("catalogue-raisonne:")));
}

#[test]
fn an_empty_card_and_an_unknown_value_are_not_explained() {
    let (_place, assistant) = assistant();
    let explain =
        |card: &[CardLine]| assistant.explain(&WorkAtHand::of_card(card), &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(explain(&[]).abstention.unwrap().contains("Nothing is suggested"));
    let unknown = explain(&[line("style", "Zzyzx", None)]);
    assert!(unknown.sentences.is_empty() && unknown.abstention.unwrap().contains("Zzyzx"));
}

fn write(assistant: &Assistant, prompt: &str, card: &[CardLine]) -> Answer {
    assistant.write(&Manner::of(prompt), &WorkAtHand::of_card(card), &mut |_| ControlFlow::Continue(())).unwrap()
}

fn texts(answer: &Answer) -> Vec<&str> {
    answer.sentences.iter().map(|sentence| sentence.text.as_str()).collect()
}

#[test]
fn each_prompt_is_followed_or_says_why_not() {
    let (place, knowledge, assistant) = desk();
    bring_the_heron_pool_in(&place, &knowledge);
    let card = [
        line("title", "The Heron Pool", None),
        line("date", "1888", None),
        line("style", "Rococo", Some(0.6)),
        line("genre", "Portrait", None),
    ];
    for prompt in prompts().iter().filter(|prompt| prompt.kind.writes()) {
        let answer = write(&assistant, prompt.id, &card);
        assert_eq!((answer.prompt.as_str(), answer.version.clone()), (prompt.id, prompt.version.to_string()));
        assert_eq!(answer.sentences.is_empty(), answer.abstention.is_some(), "{}", prompt.id);
        assert!(answer.sentences.len() <= prompt.sentences, "{}: {:?}", prompt.id, texts(&answer));
        assert!(answer.sentences.iter().all(|s| s.support != Support::None), "{}: {:?}", prompt.id, answer.sentences);
    }
    let label = write(&assistant, "wall-label", &card);
    assert_eq!(texts(&label)[0], "The Heron Pool. 1888.");
    assert_eq!((label.sentences[0].support, label.sentences[0].citations.len()), (Support::Record, 0));
    let alt = write(&assistant, "alt-text", &card);
    assert!(texts(&alt)[0].starts_with("Portrait") && texts(&alt)[1].contains("Three herons"), "{:?}", texts(&alt));
    let technique = write(&assistant, "technique", &card);
    assert!(texts(&technique).iter().any(|text| text.contains("thin glazes")), "{:?}", texts(&technique));
    assert!(texts(&technique).iter().all(|text| !text.contains("Three herons")), "{:?}", texts(&technique));
    let untitled = write(&assistant, "explain-without-title", &card);
    assert!(texts(&untitled).iter().all(|text| !text.contains("Heron")), "{:?}", texts(&untitled));
    assert!(untitled.steps.iter().all(|step| !step.query.contains("Heron")), "the title is not searched for either");
}

#[test]
fn a_short_wish_is_followed_shorter() {
    let (_place, assistant) = assistant();
    let card = [line("style", "Rococo", None), line("genre", "Portrait", None)];
    let mut manner = Manner::of("explain");
    let mut count = |length| {
        manner.wish.length = length;
        let work = WorkAtHand::of_card(&card);
        assistant.write(&manner, &work, &mut |_| ControlFlow::Continue(())).unwrap().sentences.len()
    };
    let (short, long) = (count(Length::Short), count(Length::Long));
    assert!(short <= 4 && short < long, "{short} and {long}");
}

#[test]
fn two_works_are_compared_by_what_their_records_say() {
    let (_place, assistant) = assistant();
    let first = [line("style", "Rococo", Some(0.7)), line("genre", "Portrait", None)];
    let second = [line("genre", "Portrait", None), line("style", "Baroque", None)];
    let other = OtherWork { card: &second, scan: None };
    let work = WorkAtHand { other: Some(&other), ..WorkAtHand::of_card(&first) };
    let answer = assistant.write(&Manner::of("compare"), &work, &mut |_| ControlFlow::Continue(())).unwrap();
    let texts = texts(&answer);
    assert!(
        texts[0].starts_with("The genre of both works is portrait") && texts[0].contains("; a portrait is"),
        "{texts:?}"
    );
    let style = answer.sentences.iter().find(|s| s.text.contains("that of the second is Baroque")).unwrap();
    assert!(style.hedged && style.text.contains("may be Rococo (suggested with 70 % confidence)"), "{style:?}");
    let nothing = WorkAtHand { other: Some(&OtherWork { card: &[], scan: None }), ..WorkAtHand::of_card(&first) };
    let nothing = assistant.write(&Manner::of("compare"), &nothing, &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(nothing.abstention.unwrap().contains("nothing in common"));
}

#[test]
fn a_question_on_the_very_work_is_answered_from_its_record_and_its_page() {
    let (place, knowledge, assistant) = desk();
    let card = [line("title", "The Heron Pool", None), line("date", "1888", None)];
    let of_the_record = ask(&assistant, "When was this painted?", &card, &[]);
    assert_eq!(texts(&of_the_record), ["The date is accepted as 1888."]);
    assert_eq!(of_the_record.sentences[0].support, Support::Record);
    bring_the_heron_pool_in(&place, &knowledge);
    let who = ask(&assistant, "Who painted this?", &card, &[]);
    assert!(texts(&who)[0].contains("Ada Winterbourne"), "{:?}", texts(&who));
    let stand = ask(&assistant, "What stands at the edge of the pond in this painting?", &card, &[]);
    assert!(texts(&stand)[0].contains("Three herons"), "{:?}", texts(&stand));
    assert!(stand.retrieved.contains(&stand.sentences[0].citations[0].fragment));
}

#[test]
fn the_picture_is_not_spoken_of_by_who_does_not_see_it() {
    let (_place, assistant) = assistant();
    let card = [line("style", "Rococo", None)];
    let work = WorkAtHand::of_card(&card);
    let look = Manner::of("look");
    let blind = assistant
        .answer_as(&look, "How many herons are there?", &work, &[], &mut |_| ControlFlow::Continue(()))
        .unwrap();
    assert!(blind.abstention.unwrap().contains("nobody who answers sees the picture"));
}

#[test]
fn a_comparison_speaks_of_both_sides() {
    let (_place, assistant) = assistant();
    let answer = ask(&assistant, "How do etching and engraving differ?", &[], &[]);
    let titles: Vec<&str> = answer.sentences.iter().map(|s| s.citations[0].title.as_str()).collect();
    assert!(titles.contains(&"Etching") && titles.contains(&"Engraving"), "{titles:?}");
}

#[test]
fn a_follow_up_speaks_of_what_was_spoken_of() {
    let (_place, assistant) = assistant();
    let history = [Exchange {
        question: "Who was Sisley?".to_owned(),
        answer: "Alfred Sisley (1839–1899) was a landscape painter.".to_owned(),
    }];
    let answer = ask(&assistant, "and when did he die?", &[], &history);
    assert!(answer.sentences.iter().any(|s| s.text.contains("1899")), "{:?}", answer.sentences);
    assert_eq!(answer.question.as_deref(), Some("and when did he die?"));
    assert!(answer.steps[0].query.contains("Alfred Sisley"));
}

#[test]
fn a_question_that_points_at_the_card_says_how_sure_the_card_is() {
    let (_place, assistant) = assistant();
    let card = [line("style", "Rococo", Some(0.9))];
    let answer = ask(&assistant, "How can I recognise this style?", &card, &[]);
    let first = &answer.sentences[0];
    assert!(first.hedged && first.text.starts_with("The style may well be Rococo (suggested with 90 % confidence)"));
    assert!(answer.sentences.iter().all(|s| s.citations[0].title == "Rococo"));
}

#[test]
fn abstains_where_nothing_answers() {
    let (_place, assistant) = assistant();
    let card = [line("style", "Rococo", None), line("genre", "portrait", None)];
    let bicycle = ask(&assistant, "Who repaired my bicycle?", &card, &[]);
    assert_eq!(bicycle.abstention.as_deref(), Some("The knowledge base has nothing on “repaired my bicycle”."));
    for question in ["Who is the sitter?", "When was this painted?", "Who owns this painting?"] {
        let answer = ask(&assistant, question, &card, &[]);
        assert!(answer.sentences.is_empty() && answer.abstention.unwrap().contains("record"), "{question}");
    }
}

#[test]
fn a_listener_may_stop_it() {
    let (_place, assistant) = assistant();
    let card = [line("style", "Rococo", None)];
    let stopped = assistant.explain(&WorkAtHand::of_card(&card), &mut |event| match event {
        AnswerEvent::Sentence(_) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    assert!(matches!(stopped, Err(AssistantError::Stopped)));
}
