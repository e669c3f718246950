//! The window: a thin adapter over the workbench. Commands, events and pictures pass through here, and nothing is decided.

mod arguments;
#[cfg(test)]
mod bindings;
mod commands;
mod pictures;

use std::{
    env, io,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use tauri::{App, AppHandle, Emitter as _, Manager as _, RunEvent};
use vitrine_workbench::{Settings, Workbench, default_library};

use crate::{
    arguments::Arguments,
    commands::Desk,
    pictures::{Picture, serve},
};

/// The event under which the page hears of the workbench's [`WorkbenchEvent`](vitrine_workbench::view::WorkbenchEvent)s.
const EVENT: &str = "workbench";

/// Opens the window and returns when it is closed.
pub fn run() -> ExitCode {
    match arguments::parse(env::args_os().skip(1)) {
        Ok(Arguments::Open { library, scans }) => window(library.unwrap_or_else(default_library), scans),
        Ok(Arguments::Help) => say(&mut io::stdout(), arguments::HELP, ExitCode::SUCCESS),
        Ok(Arguments::Version) => {
            say(&mut io::stdout(), concat!("vitrine ", env!("CARGO_PKG_VERSION")), ExitCode::SUCCESS)
        }
        Err(sentence) => say(&mut io::stderr(), &format!("vitrine: {sentence}"), ExitCode::from(2)),
    }
}

fn window(library: PathBuf, scans: Vec<PathBuf>) -> ExitCode {
    let desk = Desk::default();
    let built = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::init())
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .manage(desk.clone())
        .invoke_handler(commands::handler())
        .register_asynchronous_uri_scheme_protocol("thumb", |context, request, responder| {
            serve(Picture::Small, &context, &request, responder);
        })
        .register_asynchronous_uri_scheme_protocol("scan", |context, request, responder| {
            serve(Picture::Large, &context, &request, responder);
        })
        .setup(move |app| {
            open(app, library, scans);
            Ok(())
        })
        .build(tauri::generate_context!());
    match built {
        Ok(app) => {
            app.run(move |_, event| {
                if matches!(event, RunEvent::Exit) {
                    desk.close();
                }
            });
            ExitCode::SUCCESS
        }
        Err(cause) => {
            say(&mut io::stderr(), &format!("vitrine: the window could not be opened: {cause}"), ExitCode::FAILURE)
        }
    }
}

/// Opens the library while the window is already being drawn; commands wait for it.
fn open(app: &App, library: PathBuf, scans: Vec<PathBuf>) {
    let handle = app.handle().clone();
    let desk = app.state::<Desk>().inner().clone();
    tauri::async_runtime::spawn_blocking(move || {
        let opened = workbench(&handle, &library);
        if let Ok(bench) = &opened
            && !scans.is_empty()
            && let Err(error) = bench.import(scans)
        {
            say(&mut io::stderr(), &format!("vitrine: {error}"), ());
        }
        desk.lay(opened);
    });
}

fn workbench(app: &AppHandle, library: &Path) -> Result<Workbench, String> {
    let resources = app.path().resource_dir().ok();
    let settings = Settings::discover(resources.as_deref());
    let page = app.clone();
    let observer = Arc::new(move |event| {
        // Without a page there is nobody to tell: the window is closing.
        let _ = page.emit(EVENT, event);
    });
    Workbench::open(library, settings, observer).map_err(|error| error.to_string())
}

/// Says something on a standard stream; when nobody reads it, that is theirs.
fn say<T>(stream: &mut impl io::Write, text: &str, then: T) -> T {
    let _ = writeln!(stream, "{text}");
    then
}
