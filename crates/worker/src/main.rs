//! `vitrine-worker`: one pack on one device, served over standard input and output until the input ends.
//!
//! Not meant to be started by people: the application does, and speaks with it through `vitrine_inference::worker`.

mod load;

use std::io::{self, BufReader, BufWriter, Read};
use std::path::PathBuf;
use std::process::{ExitCode, exit};
use std::thread;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use load::Pack;
use vitrine_inference::PackPaths;
use vitrine_inference::device::DeviceKind;
use vitrine_inference::worker::serve;

vitrine_inference::keep_dropped_buffers!();

/// Serves a model pack to Vitrine over standard input and output.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The folder with the compact pack's pack.toml.
    #[arg(long, requires = "fetched", required_unless_present = "added")]
    manifest: Option<PathBuf>,
    /// The folder with the weights that set-up fetched.
    #[arg(long, requires = "manifest")]
    fetched: Option<PathBuf>,
    /// The id of an added pack, instead of the compact one.
    #[arg(long, requires_all = ["notes", "cache"], conflicts_with = "manifest")]
    added: Option<String>,
    /// The folder where added packs are noted.
    #[arg(long, requires = "added")]
    notes: Option<PathBuf>,
    /// A folder for matrices packed at load.
    #[arg(long, requires = "added")]
    cache: Option<PathBuf>,
    /// The device that computes.
    #[arg(long, default_value = "cpu")]
    device: DeviceName,
    /// Which device of that kind, counted from 0.
    #[arg(long, default_value_t = 0)]
    ordinal: usize,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DeviceName {
    /// The processor.
    Cpu,
    /// The graphics card that this worker was built for.
    Gpu,
}

impl From<DeviceName> for DeviceKind {
    fn from(name: DeviceName) -> Self {
        match name {
            DeviceName::Cpu => Self::Cpu,
            DeviceName::Gpu => Self::Gpu,
        }
    }
}

/// How long a computation goes on that nobody waits for any more.
const GRACE: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let Arguments { manifest, fetched, added, notes, cache, device, ordinal } = Arguments::parse();
    let pack = match (manifest.zip(fetched), added.zip(notes.zip(cache))) {
        (Some((manifest, fetched)), _) => Pack::Compact(PackPaths { manifest, fetched }),
        (None, Some((id, (notes, cache)))) => Pack::Added { id, notes, cache },
        (None, None) => unreachable!("the arguments name one of the two"),
    };
    let served = input().map_err(|error| error.to_string()).and_then(|input| {
        let output = BufWriter::new(io::stdout());
        serve(input, output, || load::load(&pack, device.into(), ordinal)).map_err(|error| error.to_string())
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// Standard input, watched: when it ends the application has gone, however it went, and the worker follows even from the middle of a computation.
fn input() -> io::Result<impl Read> {
    let (reader, mut writer) = io::pipe()?;
    thread::Builder::new().name("input".into()).spawn(move || {
        let ended = io::copy(&mut io::stdin().lock(), &mut writer);
        drop(writer);
        if let Err(error) = ended {
            complain(&error.to_string());
        }
        thread::sleep(GRACE);
        exit(1);
    })?;
    Ok(BufReader::new(reader))
}

/// Standard output belongs to the messages: people are told things on standard error.
#[allow(clippy::print_stderr)]
fn complain(what: &str) {
    eprintln!("vitrine-worker: {what}");
}
