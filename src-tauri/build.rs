//! Builds the window's pages when they are missing or older than their sources, then lets Tauri read its configuration.

use std::{
    error::Error,
    fs::{self, File},
    io,
    path::Path,
    process::Command,
    time::SystemTime,
};

/// What the pages are made from, below `ui/`.
const SOURCES: [&str; 6] =
    ["src", "index.html", "package.json", "package-lock.json", "vite.config.ts", "svelte.config.js"];

fn main() -> Result<(), Box<dyn Error>> {
    for source in SOURCES {
        println!("cargo:rerun-if-changed=ui/{source}");
    }
    for source in ["ui/dist/index.html", "src-tauri/capabilities", "src-tauri/permissions", "tauri.conf.json"] {
        println!("cargo:rerun-if-changed={source}");
    }
    build_pages(Path::new("ui"))?;
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("./src-tauri/capabilities/**/*.json")
        .app_manifest(tauri_build::AppManifest::new().permissions_path_pattern("./src-tauri/permissions/**/*.toml"));
    tauri_build::try_build(attributes)?;
    Ok(())
}

fn build_pages(ui: &Path) -> Result<(), Box<dyn Error>> {
    // Two builds with different target folders share `ui/`: one waits for the other.
    let lock = File::open(ui.join("package-lock.json"))?;
    lock.lock()?;
    let sources = SOURCES.iter().try_fold(SystemTime::UNIX_EPOCH, |newest, source| {
        newest_below(&ui.join(source)).map(|time| time.max(newest))
    })?;
    let built = modified(&ui.join("dist/index.html"));
    if built.is_some_and(|built| built >= sources) {
        return Ok(());
    }
    let installed = modified(&ui.join("node_modules/.package-lock.json"));
    if installed.is_none_or(|installed| modified(&ui.join("package-lock.json")).is_none_or(|lock| installed < lock)) {
        npm(ui, &["ci", "--no-audit", "--no-fund"])?;
    }
    npm(ui, &["run", "build"])
}

fn npm(ui: &Path, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(program).args(arguments).current_dir(ui).output().map_err(|cause| {
        format!("{program} could not be started ({cause}): building the window needs Node.js 20.19 or newer")
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("`npm {}` failed in ui/:\n{}", arguments.join(" "), String::from_utf8_lossy(&said)).into())
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

/// The newest change of a file, or of any file in a folder.
fn newest_below(path: &Path) -> io::Result<SystemTime> {
    let metadata = fs::metadata(path)?;
    let mut newest = metadata.modified()?;
    if metadata.is_dir() {
        for entry in fs::read_dir(path)? {
            newest = newest.max(newest_below(&entry?.path())?);
        }
    }
    Ok(newest)
}
