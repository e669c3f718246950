//! From the crates' own types to the values that a front door shows.

use jiff::Timestamp;
use vitrine_assistant::{Answer, ScanPart, Sentence, Step, Timing, Tool};
use vitrine_catalogue::{self as catalogue, Evidence, Pack, Preparation, Scan, Source, State, Statement, WorkId};
use vitrine_evaluation::track::{Bulk, TrackRecord};
use vitrine_inference::{Effort, PackIdentity};
use vitrine_knowledge::{Fragment, PassageHit};

use crate::view::*;

pub(crate) fn badge_counts(counts: &catalogue::BadgeCounts) -> BadgeCounts {
    BadgeCounts { new: counts.new, suggested: counts.suggested, in_review: counts.in_review, complete: counts.complete }
}

/// `together` is how many were decided in one act with others.
pub(crate) fn track_record(record: TrackRecord, together: u64) -> TrackRecordView {
    let TrackRecord { pack, property, share, low, high, calibration_error, bulk, .. } = record;
    let reliability = record.reliability.iter().filter(|bin| bin.answers > 0).map(|bin| ReliabilityView {
        from: bin.from,
        decided: bin.answers as u64,
        confidence: bin.confidence,
        right: bin.accuracy,
    });
    let months = record.months.into_iter().map(|month| TrackMonthView {
        month: month.month,
        decided: month.decided as u64,
        right: month.right as u64,
    });
    TrackRecordView {
        pack,
        property,
        decided: record.decided as u64,
        right: record.right as u64,
        together,
        share,
        low,
        high,
        calibration_error,
        reliability: reliability.collect(),
        months: months.collect(),
        bulk: match bulk {
            Bulk::From { confidence, decided, right } => {
                BulkView::From { confidence, decided: decided as u64, right: right as u64 }
            }
            Bulk::Never => BulkView::Never,
            Bulk::TooFew { needed } => BulkView::TooFew { needed: needed as u64 },
            Bulk::TooOftenWrong => BulkView::TooOftenWrong,
        },
    }
}

pub(crate) fn catalogue_badge(badge: Badge) -> catalogue::Badge {
    match badge {
        Badge::New => catalogue::Badge::New,
        Badge::Suggested => catalogue::Badge::Suggested,
        Badge::InReview => catalogue::Badge::InReview,
        Badge::Complete => catalogue::Badge::Complete,
    }
}

pub(crate) fn catalogue_sort(sort: WorkSort) -> catalogue::WorkSort {
    match sort {
        WorkSort::Added => catalogue::WorkSort::Added,
        WorkSort::Title => catalogue::WorkSort::Title,
        WorkSort::Doubt => catalogue::WorkSort::Doubt,
    }
}

pub(crate) fn facet(facet: catalogue::Facet) -> FacetKind {
    use catalogue::Facet;
    match facet {
        Facet::State => FacetKind::State,
        Facet::Artist => FacetKind::Artist,
        Facet::Style => FacetKind::Style,
        Facet::Genre => FacetKind::Genre,
        Facet::ObjectType => FacetKind::ObjectType,
        Facet::Media => FacetKind::Media,
        Facet::Subject => FacetKind::Subject,
        Facet::Location => FacetKind::Location,
        Facet::Century => FacetKind::Century,
        Facet::Source => FacetKind::Source,
        Facet::Pack => FacetKind::Pack,
        Facet::Has => FacetKind::Has,
        Facet::List => FacetKind::List,
    }
}

pub(crate) fn catalogue_facet(facet: FacetKind) -> catalogue::Facet {
    use catalogue::Facet;
    match facet {
        FacetKind::State => Facet::State,
        FacetKind::Artist => Facet::Artist,
        FacetKind::Style => Facet::Style,
        FacetKind::Genre => Facet::Genre,
        FacetKind::ObjectType => Facet::ObjectType,
        FacetKind::Media => Facet::Media,
        FacetKind::Subject => Facet::Subject,
        FacetKind::Location => Facet::Location,
        FacetKind::Century => Facet::Century,
        FacetKind::Source => Facet::Source,
        FacetKind::Pack => Facet::Pack,
        FacetKind::Has => Facet::Has,
        FacetKind::List => Facet::List,
    }
}

pub(crate) fn card(card: catalogue::WorkCard) -> WorkCard {
    WorkCard {
        id: card.id.0,
        title: card.title,
        artist: card.artist,
        file_name: card.file_name,
        scan: card.scan.0,
        aspect: card.aspect,
        badge: match card.badge {
            catalogue::Badge::New => Badge::New,
            catalogue::Badge::Suggested => Badge::Suggested,
            catalogue::Badge::InReview => Badge::InReview,
            catalogue::Badge::Complete => Badge::Complete,
        },
        waiting: card.waiting,
    }
}

/// `prepared` says how scans were made of others.
pub(crate) fn scan(scan: Scan, prepared: &[Preparation]) -> ScanView {
    let made = prepared.iter().find(|preparation| preparation.scan == scan.id);
    ScanView {
        prepared_from: made.map(|made| PreparedFrom { scan: made.original.0, recipe: made.recipe.to_string() }),
        id: scan.id.0,
        path: scan.path.display().to_string(),
        sha256: scan.sha256,
        page: scan.page,
        bytes: scan.bytes,
        width: scan.width,
        height: scan.height,
        format: scan.format,
        imported_at: scan.imported_at.to_string(),
    }
}

/// `title` names a work that is given as evidence.
pub(crate) fn statement(statement: Statement, title: impl Fn(WorkId) -> String) -> StatementView {
    let evidence = statement.evidence.into_iter().map(|evidence| match evidence {
        Evidence::Work { id } => EvidenceView::Work { id: id.0, title: title(id) },
        Evidence::Passage { id, title, snippet } => EvidenceView::Passage { id, title, snippet },
    });
    let alternatives = statement.alternatives.into_iter().take(5);
    StatementView {
        id: statement.id.0,
        property: statement.property,
        value: statement.value,
        qualifier: statement.qualifier,
        concept: statement.concept.as_ref().map(|concept| ListedConcept {
            list: concept.list().to_owned(),
            id: concept.id().to_owned(),
            uri: concept.uri().map(str::to_owned),
        }),
        confidence: statement.confidence,
        raw_confidence: statement.raw_confidence,
        likelihood: statement.confidence.map(|confidence| vitrine_inference::Likelihood::of(confidence).into()),
        source: source(&statement.source),
        state: state(statement.state),
        alternatives: alternatives.map(|a| AlternativeView { value: a.value, confidence: a.confidence }).collect(),
        reason: statement.reason,
        evidence: evidence.collect(),
        decided_by: statement.decided_by,
        changed_at: statement.changed_at.to_string(),
    }
}

impl From<vitrine_inference::Likelihood> for Likelihood {
    fn from(word: vitrine_inference::Likelihood) -> Self {
        use vitrine_inference::Likelihood as Word;
        match word {
            Word::VeryLikely => Self::VeryLikely,
            Word::Probably => Self::Probably,
            Word::Possibly => Self::Possibly,
            Word::Doubtful => Self::Doubtful,
        }
    }
}

pub(crate) fn source(source: &Source) -> SourceView {
    SourceView { kind: source.kind().to_owned(), name: source.name() }
}

fn state(state: State) -> StateView {
    match state {
        State::Suggested => StateView::Suggested,
        State::Accepted => StateView::Accepted,
        State::Edited => StateView::Edited,
        State::Rejected => StateView::Rejected,
        State::Superseded => StateView::Superseded,
    }
}

/// The name under which a loaded pack's words are recorded.
pub(crate) fn recorded_pack(identity: &PackIdentity) -> Pack {
    Pack { id: identity.id.clone(), version: identity.version.clone(), weights_sha256: identity.weights_sha256.clone() }
}

pub(crate) fn passage(hit: &PassageHit, query: &str) -> PassageView {
    let fragment = &hit.fragment;
    let mut segments = Vec::new();
    let mut end = 0;
    let mut push = |text: &str, weight: f32| {
        if !text.is_empty() {
            segments.push(TextSegment { text: text.to_owned(), weight });
        }
    };
    for found in &hit.matches {
        push(fragment.text.get(end..found.span.start).unwrap_or_default(), 0.0);
        push(fragment.text.get(found.span.clone()).unwrap_or_default(), found.weight.clamp(0.0, 1.0));
        end = found.span.end;
    }
    push(fragment.text.get(end..).unwrap_or_default(), 0.0);
    PassageView {
        segments,
        score: Some(hit.relevance.clamp(0.0, 1.0)),
        doubtful: !hit.is_relevant(),
        query: query.to_owned(),
        ..whole_passage(fragment)
    }
}

/// A passage that no search found: nothing in it is lit.
pub(crate) fn whole_passage(fragment: &Fragment) -> PassageView {
    PassageView {
        id: fragment.id.clone(),
        title: fragment.title.clone(),
        section: fragment.section.clone(),
        kind: fragment.kind.name().to_owned(),
        score: None,
        doubtful: false,
        segments: vec![TextSegment { text: fragment.text.clone(), weight: 0.0 }],
        query: String::new(),
        source: fragment.source.clone(),
        address: fragment.address.clone(),
    }
}

pub(crate) fn step(step: Step) -> StepView {
    let kind = match step.tool {
        Tool::Search => StepKind::Search,
        Tool::SimilarWorks => StepKind::SimilarWorks,
        Tool::LookCloser => StepKind::LookCloser,
        Tool::Record => StepKind::Record,
    };
    StepView {
        kind,
        query: step.query,
        part: step.part.map(|ScanPart { left, top, right, bottom }| PartView { left, top, right, bottom }),
        asked: step.asked,
        passages: step.passages as u64,
        milliseconds: step.milliseconds,
    }
}

pub(crate) fn sentence(sentence: Sentence) -> SentenceView {
    use vitrine_assistant::Support as Rests;
    let citations = sentence.citations.into_iter();
    SentenceView {
        text: sentence.text,
        support: match sentence.support {
            Rests::Passage => Support::Passage,
            Rests::Record => Support::Record,
            Rests::Image => Support::Image,
            Rests::None => Support::None,
        },
        hedged: sentence.hedged,
        citations: citations
            .map(|c| CitationView { passage: c.fragment, title: c.title, quote: c.quote, agreement: Some(c.agreement) })
            .collect(),
        unsupported: sentence.unsupported,
        confirmed: sentence.confirmed,
    }
}

/// An answer that is not kept yet, and has no number.
pub(crate) fn answer(work: WorkId, answer: Answer, at: Timestamp) -> AnswerView {
    let Timing { searched, first_word, whole } = answer.timing;
    let Effort { written, read, reused } = answer.effort;
    AnswerView {
        id: 0,
        follows: None,
        work: work.0,
        question: answer.question,
        prompt: answer.prompt,
        prompt_version: answer.version,
        other: None,
        sentences: answer.sentences.into_iter().map(sentence).collect(),
        abstention: answer.abstention,
        steps: answer.steps.into_iter().map(step).collect(),
        passages: answer.passages.iter().map(|(hit, query)| passage(hit, query)).collect(),
        retrieved: answer.retrieved,
        thoughts: answer.thoughts,
        timing: TimingView { searched, first_word, whole },
        effort: EffortView { written: written as u64, read: read as u64, reused: reused as u64 },
        pack: format!("{} {}", answer.pack.id, answer.pack.version),
        at: at.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use vitrine_knowledge::{Kind, RelevanceFeatures, WordMatch};

    use super::*;

    #[test]
    fn words_that_matched_become_segments_and_nothing_is_lost() {
        let text = "Ukiyo-e prints reached Europe – and Paris.";
        let fragment = Fragment {
            id: "style/ukiyo-e#1".into(),
            title: "Ukiyo-e".into(),
            section: Vec::new(),
            kind: Kind::Style,
            text: text.into(),
            source: "us".into(),
            address: None,
        };
        let at = |word: &str| text.find(word).map(|start| start..start + word.len()).unwrap();
        let matches = vec![WordMatch { span: at("prints"), weight: 0.9 }, WordMatch { span: at("Paris"), weight: 1.5 }];
        let hit = PassageHit {
            fragment: Arc::new(fragment),
            features: RelevanceFeatures::default(),
            relevance: 0.7,
            matches,
        };
        let view = passage(&hit, "prints in Paris");
        assert_eq!(view.segments.iter().map(|s| s.text.as_str()).collect::<String>(), text);
        let lit: Vec<_> =
            view.segments.iter().filter(|s| s.weight > 0.0).map(|s| (s.text.as_str(), s.weight)).collect();
        assert_eq!(lit, [("prints", 0.9), ("Paris", 1.0)]);
    }
}
