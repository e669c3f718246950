//! Suggestions of many works accepted together: those that say the same, seen picture by picture; and those of a pack that has been right so
//! often here that they may be accepted unseen.

use std::collections::BTreeSet;

use vitrine_catalogue::{Act, CatalogueError, Source, Statement, StatementId, is_decided_one_by_one};
use vitrine_evaluation::track::expected_at_least;

use crate::{
    Workbench, WorkbenchError,
    view::{AcceptedView, AlikeView, BulkOfferView, BulkView, TrackRecordView, WaitingGroupView, WaitingView},
    views,
    workbench::now,
};

/// Fewer works than this are no group.
const GROUP: u64 = 2;
/// Groups that are listed.
const GROUPS: usize = 200;
/// Suggestions of a group that are shown, and so can be accepted, at once.
const SHOWN: usize = 120;

impl Workbench {
    /// What waits in several works in the same words, the most frequent first. Makers are never among it.
    pub fn waiting_groups(&self) -> Result<Vec<WaitingGroupView>, WorkbenchError> {
        let groups = self.0.catalogue.waiting_groups(GROUP, GROUPS)?.into_iter();
        Ok(groups
            .map(|group| WaitingGroupView {
                property: group.property,
                value: group.value,
                qualifier: group.qualifier,
                works: group.works,
            })
            .collect())
    }

    /// The suggestions that say this, so many as can be looked at.
    pub fn waiting_alike(
        &self,
        property: &str,
        value: &str,
        qualifier: Option<&str>,
    ) -> Result<AlikeView, WorkbenchError> {
        let alike = self.0.catalogue.waiting_alike(property, value, qualifier)?;
        let waiting = alike.len() as u64;
        let records = self.track_records()?;
        let suggestions = alike.into_iter().take(SHOWN).map(|statement| self.with_work(statement, &records));
        Ok(AlikeView { suggestions: suggestions.collect::<Result<_, _>>()?, waiting })
    }

    /// Accepts suggestions that say the same and that a person has looked at, as one act.
    pub fn accept_alike(&self, statements: &[i64]) -> Result<AcceptedView, WorkbenchError> {
        let ids = ids(statements);
        let mut same: Option<(String, Option<String>)> = None;
        for id in &ids {
            let statement = self.0.catalogue.statement(*id)?;
            let says = (statement.property.clone(), statement.wording());
            if same.as_ref().is_some_and(|same| *same != says) {
                return Err(WorkbenchError::NotAlike);
            }
            same = Some(says);
        }
        self.accept_together(&ids)
    }

    /// Suggestions that may be accepted unseen, by pack and property: with the figures that say so, from this library's own decisions, each of
    /// which was taken on one work by itself.
    pub fn bulk_offers(&self) -> Result<Vec<BulkOfferView>, WorkbenchError> {
        let records = self.track_records()?;
        let offers = records.iter().map(|record| self.offer(record, &records));
        let offers = offers.collect::<Result<Vec<_>, WorkbenchError>>()?;
        Ok(offers.into_iter().flatten().filter(|offer| !offer.statements.is_empty()).collect())
    }

    /// Accepts suggestions of a pack for a property unseen, as one act: only such as are on offer now.
    pub fn accept_in_bulk(
        &self,
        pack: &str,
        property: &str,
        statements: &[i64],
    ) -> Result<AcceptedView, WorkbenchError> {
        if is_decided_one_by_one(property) {
            return Err(CatalogueError::ArtistInBulk.into());
        }
        let records = self.track_records()?;
        let record = records.iter().find(|record| record.pack == pack && record.property == property);
        let Some(offer) = record.map(|record| self.offer(record, &records)).transpose()?.flatten() else {
            return Err(WorkbenchError::NotVouched { pack: pack.to_owned(), property: property.to_owned() });
        };
        let offered: BTreeSet<i64> = offer.statements.into_iter().collect();
        if !statements.iter().all(|statement| offered.contains(statement)) {
            return Err(CatalogueError::PreviewOutdated.into());
        }
        self.accept_together(&ids(statements))
    }

    fn offer(
        &self,
        record: &TrackRecordView,
        records: &[TrackRecordView],
    ) -> Result<Option<BulkOfferView>, WorkbenchError> {
        let BulkView::From { confidence, decided, right } = record.bulk else { return Ok(None) };
        let TrackRecordView { pack, property, .. } = record;
        let waiting = self.0.catalogue.waiting_of_pack(pack, property, confidence)?;
        let statements = waiting.iter().map(|statement| statement.id.0).collect();
        let suggestions = waiting.into_iter().take(SHOWN).map(|statement| self.with_work(statement, records));
        Ok(Some(BulkOfferView {
            pack: pack.clone(),
            property: property.clone(),
            confidence,
            decided,
            right,
            expected: expected_at_least(right as usize, decided as usize),
            statements,
            suggestions: suggestions.collect::<Result<_, _>>()?,
        }))
    }

    fn with_work(&self, statement: Statement, records: &[TrackRecordView]) -> Result<WaitingView, WorkbenchError> {
        let vouched = records.iter().any(|record| vouches(record, &statement));
        Ok(WaitingView {
            statement: statement.id.0,
            work: self.card(statement.work)?,
            value: statement.wording().unwrap_or_default(),
            confidence: statement.confidence,
            source: views::source(&statement.source),
            vouched,
        })
    }

    fn accept_together(&self, statements: &[StatementId]) -> Result<AcceptedView, WorkbenchError> {
        let mut watch = self.watch(statements.len());
        let accepted =
            self.0.catalogue.accept_together(statements, self.person(), now(), &mut |done, all| watch.at(done, all));
        let Act { description, statements, works } = watch.end(accepted)?;
        self.announce_works(&works);
        Ok(AcceptedView { what: description, accepted: statements.len() as u64, works: works.len() as u64 })
    }
}

fn ids(statements: &[i64]) -> Vec<StatementId> {
    statements.iter().copied().map(StatementId).collect()
}

/// Whether a pack's record says that this suggestion may be accepted unseen.
fn vouches(record: &TrackRecordView, statement: &Statement) -> bool {
    let BulkView::From { confidence, .. } = record.bulk else { return false };
    let by_the_pack = matches!(statement.source, Source::Pack(_)) && statement.source.name() == record.pack;
    by_the_pack
        && statement.property == record.property
        && statement.confidence.is_some_and(|sure| f64::from(sure) >= confidence)
}

#[cfg(test)]
mod tests {
    use vitrine_catalogue::is_decided_one_by_one;
    use vitrine_evaluation::track::ONE_BY_ONE;

    #[test]
    fn what_is_measured_and_what_is_decided_agree_on_makers() {
        assert!(ONE_BY_ONE.iter().all(|property| is_decided_one_by_one(property)));
        assert!(!is_decided_one_by_one("style"));
    }
}
