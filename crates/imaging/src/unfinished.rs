//! What a run that was broken off leaves of a pyramid, so that the next one goes on where it was: the tiles that are there, and the rows that waited for further ones.
//!
//! Tiles are written into a folder of their own, `tiles.part` beside `tiles`, which takes its place when all are there. Now and then the rows that wait at each level are
//! noted in it, with the original's size and time, and their own hash. Only what is complete by that note is gone on with; anything else is begun anew.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use sha2::{Digest, Sha256};

const NOTE: &str = "waiting";
/// Changes whenever tiles come to look otherwise, or are noted otherwise.
const KIND: &[u8; 16] = b"vitrine tiles 1\n";
const HASH_BYTES: usize = 32;

/// A level on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// The rows of tiles that are written.
    pub(crate) tiles_down: u32,
    /// The rows of pixels that wait until a row of tiles is full.
    pub(crate) rows: Vec<u8>,
}

/// The folder in which tiles are written until all are there. No other program writes to it as long as this lives.
pub(crate) struct Unfinished {
    folder: PathBuf,
    lock: PathBuf,
    original: [u8; 24],
    /// Held open for the lock on it.
    _locked: File,
}

impl Unfinished {
    /// The folder for tiles that are to lie in `tiles` when they are complete. Waits for another program that is at the same ones; none if they are there now.
    pub(crate) fn of(tiles: &Path, original: &Path) -> io::Result<Option<Self>> {
        let beside = |ending: &str| {
            let mut name = tiles.file_name().unwrap_or_default().to_owned();
            name.push(ending);
            tiles.with_file_name(name)
        };
        let (folder, lock) = (beside(".part"), beside(".lock"));
        let locked = File::create(&lock)?;
        locked.lock()?;
        if tiles.is_dir() {
            let _ = fs::remove_file(&lock);
            return Ok(None);
        }
        fs::create_dir_all(&folder)?;
        Ok(Some(Self { folder, lock, original: stamp(original)?, _locked: locked }))
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Notes what waits at each level. The tiles before it are all written.
    pub(crate) fn note(&self, levels: &[Waiting]) -> io::Result<()> {
        let mut note = KIND.to_vec();
        note.extend(self.original);
        note.extend(u32::try_from(levels.len()).map_err(io::Error::other)?.to_le_bytes());
        for level in levels {
            note.extend(level.tiles_down.to_le_bytes());
            note.extend((level.rows.len() as u64).to_le_bytes());
            note.extend(&level.rows);
        }
        let hash = Sha256::digest(&note);
        // Aside and renamed: a note is whole or not there.
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(&note)?;
        file.write_all(&hash)?;
        file.persist(self.folder.join(NOTE)).map_err(|error| error.error)?;
        Ok(())
    }

    /// What was noted by a run that was broken off, if it was of the same original and `tiles` of a level and its rows of tiles are all there; otherwise an empty folder and none.
    pub(crate) fn go_on(&self, tiles: impl Fn(usize, u32) -> Vec<PathBuf>) -> io::Result<Option<Vec<Waiting>>> {
        let noted = fs::read(self.folder.join(NOTE)).ok().and_then(|note| read(&note, &self.original));
        let noted = noted.filter(|levels| {
            let all = levels.iter().enumerate().flat_map(|(level, waiting)| tiles(level, waiting.tiles_down));
            all.into_iter().all(|tile| is_whole(&tile).unwrap_or(false))
        });
        if noted.is_none() {
            fs::remove_dir_all(&self.folder)?;
            fs::create_dir_all(&self.folder)?;
        }
        Ok(noted)
    }

    /// Puts the tiles, which are complete, in their place.
    pub(crate) fn finish(self, tiles: &Path) -> io::Result<()> {
        match fs::remove_file(self.folder.join(NOTE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::rename(&self.folder, tiles)?;
        // Whoever waits for the lock finds the tiles.
        let _ = fs::remove_file(&self.lock);
        Ok(())
    }

    /// Takes away what was written, because it cannot become complete. The lock's file stays: somebody may wait for it, and is next.
    pub(crate) fn give_up(self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// An original's size and the time of its last change.
fn stamp(original: &Path) -> io::Result<[u8; 24]> {
    let found = fs::metadata(original)?;
    let changed = found.modified()?.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let mut stamp = [0; 24];
    let (bytes, time) = stamp.split_at_mut(8);
    bytes.copy_from_slice(&found.len().to_le_bytes());
    time.copy_from_slice(&changed.to_le_bytes());
    Ok(stamp)
}

fn read(note: &[u8], original: &[u8; 24]) -> Option<Vec<Waiting>> {
    let (noted, hash) = note.split_at_checked(note.len().checked_sub(HASH_BYTES)?)?;
    if Sha256::digest(noted).as_slice() != hash {
        return None;
    }
    let mut rest = noted.strip_prefix(KIND)?.strip_prefix(original)?;
    let mut take = |length: usize| {
        let (taken, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(taken)
    };
    let count = u32::from_le_bytes(*take(4)?.first_chunk()?);
    let mut level = || {
        let tiles_down = u32::from_le_bytes(*take(4)?.first_chunk()?);
        let length = u64::from_le_bytes(*take(8)?.first_chunk()?);
        Some(Waiting { tiles_down, rows: take(usize::try_from(length).ok()?)?.to_vec() })
    };
    (0..count).map(|_| level()).collect()
}

/// Whether a tile's file ends as a JPEG does: one that the system had not written when the power failed does not.
fn is_whole(tile: &Path) -> io::Result<bool> {
    let mut end = [0; 2];
    let mut file = File::open(tile)?;
    file.seek(SeekFrom::End(-2))?;
    file.read_exact(&mut end)?;
    Ok(end == [0xFF, 0xD9])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let (tiles, original) = (folder.path().join("tiles"), folder.path().join("a.tif"));
        fs::write(&original, b"pixels").unwrap();
        let levels = vec![Waiting { tiles_down: 8, rows: vec![] }, Waiting { tiles_down: 3, rows: vec![1, 2, 3] }];
        let none = |_, _| vec![];
        let unfinished = Unfinished::of(&tiles, &original).unwrap().unwrap();
        assert_eq!(unfinished.go_on(none).unwrap(), None);
        unfinished.note(&levels).unwrap();
        assert_eq!(unfinished.go_on(none).unwrap(), Some(levels.clone()));
        // A tile that is missing, or ends too early.
        let tile = unfinished.folder().join("0_0.jpg");
        let one = |_, _| vec![tile.clone()];
        fs::write(&tile, [0xFF, 0xD8, 0xFF, 0xD9]).unwrap();
        assert_eq!(unfinished.go_on(one).unwrap(), Some(levels.clone()));
        fs::write(&tile, []).unwrap();
        assert_eq!(unfinished.go_on(one).unwrap(), None);
        assert!(!tile.exists(), "it is begun anew");
        // A bit that fell over.
        unfinished.note(&levels).unwrap();
        let note = unfinished.folder().join(NOTE);
        let mut bytes = fs::read(&note).unwrap();
        bytes[50] ^= 1;
        fs::write(&note, &bytes).unwrap();
        assert_eq!(unfinished.go_on(none).unwrap(), None);
        // Another original.
        unfinished.note(&levels).unwrap();
        drop(unfinished);
        fs::write(&original, b"other pixels").unwrap();
        let unfinished = Unfinished::of(&tiles, &original).unwrap().unwrap();
        assert_eq!(unfinished.go_on(none).unwrap(), None);
        unfinished.finish(&tiles).unwrap();
        assert!(Unfinished::of(&tiles, &original).unwrap().is_none(), "they are there");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "the original and its tiles");
    }
}
