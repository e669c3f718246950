//! The window's program; all of it lives in the library, so that tests can reach it.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::{env, process::ExitCode};

vitrine_workbench::keep_dropped_buffers!();

fn main() -> ExitCode {
    // Candle reads it when it first computes. Its threads would wait for each other in a busy loop after every small operation; the
    // workbench runs several works at once instead.
    // SAFETY: no other thread runs yet.
    #[allow(unsafe_code)]
    unsafe {
        env::set_var("CANDLE_NUM_THREADS", "1");
    }
    vitrine_app::run()
}
