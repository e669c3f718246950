//! Where a pack computes: on a graphics card through the worker where that works, else here, with the reason.

use std::env;
use std::path::PathBuf;
use std::sync::Arc;

use super::{WorkerClient, WorkerError, WorkerOptions, WorkerPack};
use crate::device::DeviceKind;

/// Where a pack computes.
pub enum Placement {
    /// On a graphics card, in a worker that has loaded the pack.
    Worker(Arc<WorkerClient>),
    /// In this process, on the CPU.
    Here {
        /// Why not on a graphics card: one sentence without its full stop.
        reason: String,
    },
}

impl Placement {
    /// Tries the worker that [`locate`] finds, on a graphics card. Whatever is in the way of that becomes the reason to compute here.
    pub fn choose(pack: WorkerPack) -> Self {
        Self::through(locate(), pack)
    }

    /// The same with a worker of one's own choice.
    pub fn through(executable: Result<PathBuf, WorkerError>, pack: WorkerPack) -> Self {
        let options = executable.map(|executable| WorkerOptions::new(executable, pack, DeviceKind::Gpu));
        match options.and_then(WorkerClient::start) {
            Ok(client) => Self::Worker(Arc::new(client)),
            Err(error) => Self::Here { reason: error.to_string() },
        }
    }

    /// Where the pack computes and why, as a sentence for people.
    pub fn sentence(&self) -> String {
        match self {
            Self::Worker(client) => {
                let description = client.description();
                let free = description
                    .free_memory
                    .map_or_else(String::new, |bytes| format!(", where {:.1} GB are still free", bytes as f64 / 1e9));
                format!("Computes on the {}{free}.", description.device)
            }
            Self::Here { reason } => format!("Computes on the CPU: {reason}."),
        }
    }
}

/// The worker's executable: `$VITRINE_WORKER`, else `vitrine-worker` beside the program's own executable.
pub fn locate() -> Result<PathBuf, WorkerError> {
    let named = env::var_os("VITRINE_WORKER").filter(|value| !value.is_empty()).map(PathBuf::from);
    let path = named.unwrap_or_else(|| {
        let own = env::current_exe().unwrap_or_default();
        own.with_file_name(format!("vitrine-worker{}", env::consts::EXE_SUFFIX))
    });
    if path.is_file() { Ok(path) } else { Err(WorkerError::NotFound { path }) }
}
