//! The prompts that conversations follow, with a library's own words for them, and how conversations are held.

use std::time::Duration;

use vitrine_assistant::{Length, Limits, Manner, Prompt, PromptKind, Wish, prompt, prompts};
use vitrine_catalogue::OwnPrompt;
use vitrine_knowledge::ARTICLES;

use crate::{
    Workbench, WorkbenchError,
    scope::scope_of,
    view::{LengthView, PromptUse, PromptVersionView, PromptView, TalkSettings},
    workbench::now,
};

/// The name of the settings among the library's preferences.
const SETTINGS: &str = "conversations";

impl Workbench {
    /// All prompts with the words that are in force, in the order in which they are offered.
    pub fn prompts(&self) -> Result<Vec<PromptView>, WorkbenchError> {
        let own = self.0.catalogue.own_prompts()?;
        Ok(prompts().iter().map(|prompt| view(prompt, &own)).collect())
    }

    /// Puts words of one's own in force for a prompt in this library; `None` takes those that come with the program again.
    pub fn write_prompt(&self, id: &str, text: Option<&str>) -> Result<PromptView, WorkbenchError> {
        let shipped = prompt(id).ok_or_else(|| WorkbenchError::NoPrompt(id.to_owned()))?;
        let text = text.map(str::trim).filter(|text| *text != shipped.text);
        let own = self.0.catalogue.own_prompts()?;
        // What is in force already makes no new version.
        if in_force(&own, id).and_then(|own| own.text.as_deref()) != text {
            self.0.catalogue.write_prompt(id, text, self.person(), now())?;
        }
        Ok(view(shipped, &self.0.catalogue.own_prompts()?))
    }

    /// How conversations are held in this library.
    pub fn talk_settings(&self) -> Result<TalkSettings, WorkbenchError> {
        let kept = self.0.catalogue.preference(SETTINGS)?;
        // Settings that another version wrote and this one cannot read are no reason not to speak.
        let mut settings: TalkSettings = kept.and_then(|kept| serde_json::from_str(&kept).ok()).unwrap_or_default();
        // A collection that was removed is chosen no more; where it was the only one, all are drawn on again.
        if !settings.sources.collections.is_empty() {
            let known = self.collections()?;
            let is_there = |key: &String| key == ARTICLES || known.iter().any(|collection| collection.key == *key);
            settings.sources.collections.retain(is_there);
        }
        Ok(settings)
    }

    /// Changes how conversations are held; numbers are brought within their bounds.
    pub fn set_talk_settings(&self, settings: &TalkSettings) -> Result<TalkSettings, WorkbenchError> {
        self.check_scope(&settings.sources)?;
        let language = settings.language.trim();
        let settings = TalkSettings {
            searches: settings.searches.min(10),
            turns: settings.turns.clamp(1, 20),
            tokens: settings.tokens.clamp(64, 32_768),
            seconds: settings.seconds.clamp(5, 3_600),
            language: if language.is_empty() { TalkSettings::default().language } else { language.to_owned() },
            ..settings.clone()
        };
        let kept = serde_json::to_string(&settings).map_err(WorkbenchError::KeptAnswer)?;
        self.0.catalogue.set_preference(SETTINGS, &kept)?;
        Ok(settings)
    }

    /// How something is to be written by the prompt `id`. A model is asked to check its sentences only if one speaks.
    pub(crate) fn manner(
        &self,
        id: &str,
        length: Option<LengthView>,
        language: Option<&str>,
        model_speaks: bool,
    ) -> Result<Manner, WorkbenchError> {
        let shipped = prompt(id).ok_or_else(|| WorkbenchError::NoPrompt(id.to_owned()))?;
        let settings = self.talk_settings()?;
        let own = self.0.catalogue.own_prompts()?;
        let words = |id: &str| prompt(id).map(|prompt| view(prompt, &own).text);
        let PromptView { text, version, .. } = view(shipped, &own);
        let length = match length.unwrap_or(settings.length) {
            LengthView::Short => Length::Short,
            LengthView::Medium => Length::Medium,
            LengthView::Long => Length::Long,
        };
        let language = language.map(str::to_owned).unwrap_or(settings.language);
        Ok(Manner {
            wish: Wish { prompt: id.to_owned(), version, text, length, language },
            rules: words("rules").unwrap_or_default(),
            limits: Limits {
                searches: settings.searches as usize,
                turns: settings.turns as usize,
                tokens: settings.tokens as usize,
                time: Duration::from_secs(settings.seconds.into()),
            },
            check: words("check").filter(|_| settings.check && model_speaks),
            scope: scope_of(&settings.sources),
        })
    }
}

/// The newest of the library's own versions of a prompt.
fn in_force<'a>(own: &'a [OwnPrompt], id: &str) -> Option<&'a OwnPrompt> {
    own.iter().filter(|own| own.prompt == id).max_by_key(|own| own.version)
}

fn view(shipped: &Prompt, own: &[OwnPrompt]) -> PromptView {
    let newest = in_force(own, shipped.id);
    let words = newest.and_then(|newest| Some((newest.version, newest.text.clone()?)));
    let version = match &words {
        Some((version, _)) => format!("{}, own {version}", shipped.version),
        None => shipped.version.to_string(),
    };
    PromptView {
        id: shipped.id.to_owned(),
        purpose: match shipped.kind {
            PromptKind::Rules => PromptUse::Rules,
            PromptKind::Answer => PromptUse::Answer,
            PromptKind::Look => PromptUse::Look,
            PromptKind::Explain => PromptUse::Explain,
            PromptKind::Section => PromptUse::Section,
            PromptKind::Describe => PromptUse::Describe,
            PromptKind::Compare => PromptUse::Compare,
            PromptKind::Check => PromptUse::Check,
        },
        version,
        own: words.is_some(),
        text: words.map_or_else(|| shipped.text.clone(), |(_, text)| text),
        shipped: shipped.text.clone(),
        history: own
            .iter()
            .filter(|own| own.prompt == shipped.id)
            .map(|own| PromptVersionView {
                version: own.version,
                text: own.text.clone(),
                person: own.person.clone(),
                at: own.at.to_string(),
            })
            .collect(),
    }
}
