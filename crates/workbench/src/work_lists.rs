//! Lists of works that people put together by hand.

use vitrine_catalogue::WorkId;

use crate::{
    Workbench, WorkbenchError,
    view::{ListedView, WorkListView, WorkbenchEvent},
    workbench::now,
};

impl Workbench {
    /// The lists of works, by name.
    pub fn work_lists(&self) -> Result<Vec<WorkListView>, WorkbenchError> {
        let lists = self.0.catalogue.work_lists()?.into_iter();
        Ok(lists.map(|list| WorkListView { name: list.name, works: list.works }).collect())
    }

    /// Puts works on a list, which is begun if there is none of that name.
    pub fn put_on_list(&self, name: &str, works: &[i64]) -> Result<ListedView, WorkbenchError> {
        let works: Vec<WorkId> = works.iter().copied().map(WorkId).collect();
        let put = self.0.catalogue.put_on_list(name, &works, self.person(), now())?;
        self.listed(&put)
    }

    /// Takes works off a list.
    pub fn take_off_list(&self, name: &str, works: &[i64]) -> Result<ListedView, WorkbenchError> {
        let works: Vec<WorkId> = works.iter().copied().map(WorkId).collect();
        let taken = self.0.catalogue.take_off_list(name, &works)?;
        self.listed(&taken)
    }

    /// Gives up a list; the works that were on it stay as they are.
    pub fn give_up_list(&self, name: &str) -> Result<ListedView, WorkbenchError> {
        let left = self.0.catalogue.give_up_list(name)?;
        self.listed(&left)
    }

    fn listed(&self, works: &[WorkId]) -> Result<ListedView, WorkbenchError> {
        self.announce(WorkbenchEvent::LibraryChanged);
        Ok(ListedView { works: works.iter().map(|work| work.0).collect(), lists: self.work_lists()? })
    }
}
