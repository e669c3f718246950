//! Where models run: which device, in how much memory, and in what order requests are served.

mod device;
mod memory;
mod queue;

pub use device::{DeviceChoice, DeviceWish, choose_device};
pub use memory::{FreeMemory, MemoryPlan, ModelSize, plan_memory};
pub use queue::{Engine, EngineOptions, JobHandle, Priority};
