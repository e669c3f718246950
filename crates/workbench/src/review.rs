//! What a curator does at the review desk: look, decide, take back.

use vitrine_catalogue::{Act, CatalogueError, Statement, StatementId, WorkId};

use crate::{
    Workbench, WorkbenchError,
    dating::DATE,
    regions,
    view::{UndoView, WorkCard, WorkView, WorkbenchEvent},
    views,
    workbench::now,
};

impl Workbench {
    /// A work with its scans and statements.
    pub fn work(&self, work: i64) -> Result<WorkView, WorkbenchError> {
        let catalogue = &self.0.catalogue;
        let statements = catalogue.statements(WorkId(work))?;
        let prepared = catalogue.preparations(WorkId(work))?;
        let title = |id: WorkId| catalogue.work_card(id).map_or_else(|_| format!("work {id}"), |card| card.title);
        Ok(WorkView {
            card: self.card(WorkId(work))?,
            scans: catalogue.scans(WorkId(work))?.into_iter().map(|scan| views::scan(scan, &prepared)).collect(),
            regions: catalogue.regions(WorkId(work))?.into_iter().map(regions::shown).collect(),
            statements: statements.into_iter().map(|statement| views::statement(statement, title)).collect(),
        })
    }

    /// Stands by a statement.
    pub fn accept(&self, statement: i64) -> Result<WorkView, WorkbenchError> {
        self.decided(StatementId(statement), self.0.catalogue.accept(StatementId(statement), self.person(), now()))
    }

    /// Holds a statement wrong.
    pub fn reject(&self, statement: i64) -> Result<WorkView, WorkbenchError> {
        self.decided(StatementId(statement), self.0.catalogue.reject(StatementId(statement), self.person(), now()))
    }

    /// Puts another value, with or without a qualifier, in a statement's place.
    pub fn edit(&self, statement: i64, value: &str, qualifier: Option<&str>) -> Result<WorkView, WorkbenchError> {
        let act = self.0.catalogue.edit(StatementId(statement), value, qualifier, self.person(), now());
        self.decided(StatementId(statement), act)
    }

    /// Puts one of a statement's alternatives, counted from 0, in its place.
    pub fn take_alternative(&self, statement: i64, index: usize) -> Result<WorkView, WorkbenchError> {
        let act = self.0.catalogue.take_alternative(StatementId(statement), index, self.person(), now());
        self.decided(StatementId(statement), act)
    }

    /// States something about a work.
    pub fn add_statement(&self, work: i64, property: &str, value: &str) -> Result<WorkView, WorkbenchError> {
        self.has_room_for(work, property)?;
        self.0.catalogue.add_statement(WorkId(work), property, value, None, self.person(), now())?;
        self.announce(WorkbenchEvent::WorkChanged { work });
        if property == DATE {
            self.follow_date(WorkId(work))?;
        }
        self.work(work)
    }

    /// Takes back the last thing that a person did; `None` if there is nothing left.
    pub fn undo(&self) -> Result<Option<UndoView>, WorkbenchError> {
        let undone = self.0.catalogue.undo(self.person(), now())?;
        undone.map(|undone| self.taken_back(undone)).transpose()
    }

    /// Does again what was taken back last; `None` if there is nothing.
    pub fn redo(&self) -> Result<Option<UndoView>, WorkbenchError> {
        let redone = self.0.catalogue.redo(self.person(), now())?;
        redone.map(|redone| self.taken_back(redone)).transpose()
    }

    pub(crate) fn card(&self, work: WorkId) -> Result<WorkCard, WorkbenchError> {
        Ok(views::card(self.0.catalogue.work_card(work)?))
    }

    /// The work after a decision on one of its statements. Deciding the same again is no error: a key may be pressed twice.
    pub(crate) fn decided(
        &self,
        statement: StatementId,
        act: Result<Act, CatalogueError>,
    ) -> Result<WorkView, WorkbenchError> {
        let Statement { work, property, .. } = match act {
            Ok(_) | Err(CatalogueError::NothingChanges(_)) => self.0.catalogue.statement(statement)?,
            Err(error) => return Err(error.into()),
        };
        self.announce(WorkbenchEvent::WorkChanged { work: work.0 });
        if property == DATE {
            self.follow_date(work)?;
        }
        self.work(work.0)
    }

    fn taken_back(&self, undone: vitrine_catalogue::Undone) -> Result<UndoView, WorkbenchError> {
        self.announce_works(&undone.works);
        undone.works.iter().try_for_each(|work| self.follow_date(*work))?;
        Ok(UndoView { what: undone.description, work: undone.works.first().map(|work| work.0) })
    }
}
