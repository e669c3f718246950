//! A process that makes tiles is killed. The next one goes on with what it left, and ends with the very tiles that one has that was never disturbed.

#![allow(clippy::unwrap_used)]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, SystemTime},
};

use image::{Rgb, RgbImage};
use vitrine_imaging::{Gamut, Limits, write_pyramid};

const FOLDER: &str = "VITRINE_IMAGING_TEST_FOLDER";

/// Not a test of its own: what the other one starts and kills.
#[test]
fn makes_tiles_until_it_is_killed() {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else { return };
    write_pyramid(&folder.join("original.tif"), 0, Gamut::Srgb, &folder.join("tiles"), &Limits::default()).unwrap();
}

#[test]
fn what_a_killed_process_left_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let original = folder.path().join("original.tif");
    // More rows of tiles than are noted at once, twice over.
    let picture = RgbImage::from_fn(1300, 11_003, |x, y| Rgb([(x / 5) as u8, (y / 43) as u8, (x ^ y) as u8]));
    picture.save(&original).unwrap();
    let undisturbed =
        write_pyramid(&original, 0, Gamut::Srgb, &folder.path().join("undisturbed"), &Limits::default()).unwrap();

    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "makes_tiles_until_it_is_killed", "--nocapture"])
        .env(FOLDER, folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (part, tiles) = (folder.path().join("tiles.part"), folder.path().join("tiles"));
    let ended = loop {
        if part.join("waiting").exists() {
            break child.try_wait().unwrap();
        }
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        thread::sleep(Duration::from_millis(1));
    };
    assert_eq!(ended, None, "the process was to be killed in the middle");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!tiles.exists() && part.join("waiting").is_file());
    // The first tiles are not written again.
    let first = |folder: &Path| folder.join("0/0_0.jpg");
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::options().write(true).open(first(&part)).unwrap().set_modified(long_ago).unwrap();

    let resumed = write_pyramid(&original, 0, Gamut::Srgb, &tiles, &Limits::default()).unwrap();
    assert_eq!(resumed.levels, undisturbed.levels);
    assert_eq!(fs::metadata(first(&tiles)).unwrap().modified().unwrap(), long_ago);
    let (all, expected) = (files(&tiles), files(&undisturbed.folder));
    assert_eq!(all.len(), expected.len());
    for (one, other) in all.iter().zip(&expected) {
        assert_eq!(one.strip_prefix(&tiles).unwrap(), other.strip_prefix(&undisturbed.folder).unwrap());
        assert!(fs::read(one).unwrap() == fs::read(other).unwrap(), "{}", one.display());
    }
    assert!(!part.exists());
    // Asked for once more, they stay.
    assert_eq!(write_pyramid(&original, 0, Gamut::Srgb, &tiles, &Limits::default()).unwrap(), resumed);
}

/// All files below a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}
