//! A pack in a process of its own: so that the application carries no GPU's libraries, and survives what happens there.
//!
//! The executable `vitrine-worker` [serves](serve()) one pack over its standard input and output; [`WorkerClient`] starts it and stands behind
//! the three interfaces in the application. Frames carry a JSON head and, for images and rows, raw bytes: rows arrive bit for bit.

mod client;
mod frame;
mod link;
mod message;
mod placement;
mod process;
mod serve;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::process::ExitStatus;

pub use client::WorkerClient;
pub use frame::FrameError;
pub use message::{ExplainerDescription, RetrieverDescription, WorkerDescription};
pub use placement::{Placement, locate};
pub use process::{WorkerOptions, WorkerPack};
pub use serve::{ServeError, Served, serve};

/// Why a worker can't be used, or what became of it.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// There is no executable.
    #[error("no worker for the graphics card was found at {}; install vitrine-worker there, or set VITRINE_WORKER to where it lies", path.display())]
    NotFound {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The system did not start the executable.
    #[error("the worker {} could not be started: {cause}", path.display())]
    Start {
        /// The executable.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// It speaks another version of our language.
    #[error("the worker {} is of version {version} and this program of {}; install both from one build", path.display(), env!("CARGO_PKG_VERSION"))]
    Version {
        /// The executable.
        path: PathBuf,
        /// What it calls itself.
        version: String,
    },
    /// It can't use the device or load the pack.
    #[error("the worker {} can't take this pack: {reason}", path.display())]
    Unready {
        /// The executable.
        path: PathBuf,
        /// Its reason.
        reason: String,
    },
    /// It ended before it had answered.
    #[error("the worker {} ended before it had answered ({}){}; the next request starts it anew", path.display(), how(*status), quoted(said))]
    Ended {
        /// The executable.
        path: PathBuf,
        /// How, if the system knows.
        status: Option<ExitStatus>,
        /// The end of what it wrote to standard error.
        said: String,
    },
    /// It did not answer in time, and was ended.
    #[error("the worker {} gave no answer for {seconds} seconds and was ended; the next request starts it anew", path.display())]
    Silent {
        /// The executable.
        path: PathBuf,
        /// How long it was waited for.
        seconds: u64,
    },
    /// What it said is no answer to what was asked; it was ended.
    #[error("the worker {} gave an unusable answer and was ended: {cause}; the next request starts it anew", path.display())]
    Nonsense {
        /// The executable.
        path: PathBuf,
        /// What is wrong with the answer.
        cause: String,
    },
    /// It failed too often in a row.
    #[error(
        "the worker failed {times} times in a row and is left alone until the program starts again; the last time: {last}"
    )]
    GivenUp {
        /// How often.
        times: u32,
        /// The last failure.
        last: String,
    },
    /// It understood the request and could not do it.
    #[error("{0}")]
    Refused(String),
    /// A request that no message can carry.
    #[error("the request is too large for the worker: {0}")]
    TooLarge(FrameError),
}

fn how(status: Option<ExitStatus>) -> String {
    status.map_or_else(|| "it had to be stopped".into(), |status| status.to_string())
}

fn quoted(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!("; it last said: {said}") }
}
