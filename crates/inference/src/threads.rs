//! The threads that kernels run on.

use std::sync::OnceLock;

use vitrine_kernels::Pool;

/// One pool for all models: two that compute at the same time would only be in each other's way.
pub(crate) fn pool() -> &'static Pool {
    static POOL: OnceLock<Pool> = OnceLock::new();
    POOL.get_or_init(Pool::for_this_machine)
}
