//! The engine's files: containers of checked sections, and the manifest that says which of them count.

pub(crate) mod bytes;
pub(crate) mod container;
pub(crate) mod disk;
pub(crate) mod manifest;
