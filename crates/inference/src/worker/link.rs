//! One started worker as its client sees it.

use std::path::Path;
use std::time::Duration;

use super::WorkerError;
use super::frame::{Frame, FrameError};

/// A pair of pipes with a worker at the other end. Dropping it ends the worker.
pub(super) trait Link: Send {
    /// The executable, for messages.
    fn path(&self) -> &Path;

    /// Sends one frame. When it takes longer than `limit` the worker is ended, and the pipe breaks.
    fn send(&mut self, limit: Duration, head: &[u8], payload: &[&[u8]]) -> Result<(), FrameError>;

    /// Waits for one frame, in the same way.
    fn receive(&mut self, limit: Duration) -> Result<Frame, FrameError>;

    /// Whether the worker has not ended yet.
    fn runs(&mut self) -> bool;

    /// Ends the worker, whose pipe failed with `error`, and finds out what became of it.
    fn post_mortem(&mut self, error: FrameError) -> WorkerError;

    /// Ends the worker without asking it.
    fn kill(&mut self);
}
