//! How models run: in how much memory, and in what order requests are served.

mod memory;
mod queue;

pub use memory::{FreeMemory, MemoryPlan, ModelSize, plan_memory};
pub use queue::{Engine, EngineOptions, JobHandle, Priority};
