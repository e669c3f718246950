//! The pictures that fragments name, out of the source that they were read from.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use crate::records::has_record_extension;
use crate::zim::ZimArchive;
use crate::{FragmentImage, Result, SourceError};

/// Bytes of a picture that lies in a folder.
const MOST_PICTURE_BYTES: u64 = 256 << 20;

/// A source that is open for its pictures.
#[derive(Debug)]
pub struct Pictures(From);

#[derive(Debug)]
enum From {
    Archive(Box<ZimArchive>),
    Folder(PathBuf),
    /// Dumps of wikis name pictures and do not have them.
    Nowhere,
}

impl Pictures {
    /// Of the source at `path`: an archive of Kiwix, a folder, a file of records with its pictures beside it, or a dump, which has none.
    pub fn open(path: &Path) -> Result<Self> {
        let is_archive = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zim"));
        Ok(Self(if path.is_dir() {
            From::Folder(path.to_path_buf())
        } else if is_archive {
            From::Archive(Box::new(ZimArchive::open(path)?))
        } else if let Some(folder) = path.parent().filter(|_| has_record_extension(path)) {
            From::Folder(folder.to_path_buf())
        } else {
            From::Nowhere
        }))
    }

    /// The bytes of a picture as it lies in the source, not decoded; `None` if the source does not have it.
    ///
    /// Out of a folder come regular files within it alone: a text cannot make its reader open something else.
    pub fn bytes(&mut self, image: &FragmentImage) -> Result<Option<Vec<u8>>> {
        match &mut self.0 {
            From::Archive(archive) => archive.image(&image.name),
            From::Folder(folder) => within(folder, &image.name),
            From::Nowhere => Ok(None),
        }
    }
}

fn within(folder: &Path, name: &str) -> Result<Option<Vec<u8>>> {
    let inside = Path::new(name);
    if name.is_empty() || !inside.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Ok(None);
    }
    let path = folder.join(inside);
    // What a link leads to is judged by where it ends.
    let (Ok(folder), Ok(path)) = (folder.canonicalize(), path.canonicalize()) else { return Ok(None) };
    let Ok(metadata) = fs::metadata(&path) else { return Ok(None) };
    if !path.starts_with(&folder) || !metadata.is_file() {
        return Ok(None);
    }
    if metadata.len() > MOST_PICTURE_BYTES {
        let reason = format!("it has more than the {} MB that are read", MOST_PICTURE_BYTES >> 20);
        return Err(SourceError::broken(&path, "the whole file", reason));
    }
    let mut bytes = Vec::new();
    let file = File::open(&path).map_err(|cause| SourceError::file(&path, cause))?;
    file.take(MOST_PICTURE_BYTES).read_to_end(&mut bytes).map_err(|cause| SourceError::file(&path, cause))?;
    Ok(Some(bytes))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn named(name: &str) -> FragmentImage {
        FragmentImage { name: name.to_owned(), caption: String::new() }
    }

    #[test]
    fn a_folder_gives_what_lies_within_it_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("notes");
        fs::create_dir_all(folder.join("pictures")).unwrap();
        fs::write(folder.join("pictures/harbour.jpg"), b"boats").unwrap();
        fs::write(place.path().join("secret.jpg"), b"secret").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(place.path().join("secret.jpg"), folder.join("link.jpg")).unwrap();
        let mut pictures = Pictures::open(&folder).unwrap();
        assert_eq!(pictures.bytes(&named("pictures/harbour.jpg")).unwrap().as_deref(), Some(&b"boats"[..]));
        let absolute = place.path().join("secret.jpg").display().to_string();
        for name in ["../secret.jpg", "pictures/../../secret.jpg", &absolute, "link.jpg", "pictures", "nowhere.jpg", ""]
        {
            assert_eq!(pictures.bytes(&named(name)).unwrap(), None, "{name}");
        }
    }

    #[test]
    fn a_table_has_its_pictures_beside_it_and_a_dump_has_none() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("one.jpg"), b"one").unwrap();
        let (table, dump) = (place.path().join("works.csv"), place.path().join("wiki.xml"));
        fs::write(&table, "title,image\nOne,one.jpg\n").unwrap();
        fs::write(&dump, "<mediawiki/>").unwrap();
        assert!(Pictures::open(&table).unwrap().bytes(&named("one.jpg")).unwrap().is_some());
        assert!(Pictures::open(&dump).unwrap().bytes(&named("one.jpg")).unwrap().is_none());
    }
}
