//! A codebook in one file.

use std::io;
use std::path::{Path, PathBuf};

use super::Codebook;
use super::basis::BLOCK;
use super::centroids::Centroids;
use super::levels::{COARSE_CENTRE, Levels, MOST_BITS};
use crate::files::bytes::{CutOff, Remaining, all_f32, all_u32};
use crate::files::container::{Container, ContainerError, Writer};
use crate::kernels::CENTRE;

const MARK: [u8; 8] = *b"VITRCBK3";
const WIDEST_ROW: usize = 1 << 14;

/// Why a codebook cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum CodebookError {
    /// The file cannot be read.
    #[error("the codebook {path} cannot be read: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// It holds something else, or is damaged.
    #[error("{path} is not a usable codebook: {reason}; the index has to be built again")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl Codebook {
    /// Writes the codebook to a new file and waits until it is on the disk.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let floats = |values: &[f32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
        let mut blocks = Vec::new();
        for block in &self.blocks {
            blocks.extend([block.coarse_bits, block.fine_bits]);
            for number in [block.deviation, block.coarse_step, block.full_step] {
                blocks.extend(number.to_le_bytes());
            }
            blocks.extend(block.coarse.iter().chain(&block.full));
        }
        let mut file = Writer::create(path, MARK)?;
        let size = [self.width as u32, u32::from(self.document_means), self.near.to_bits(), u32::from(self.lists)];
        let size = size.map(u32::to_le_bytes).concat();
        file.whole(*b"size", &size)?;
        file.whole(*b"turn", &floats(&self.rotation))?;
        file.whole(*b"cent", &floats(&self.centroids.values))?;
        let groups: Vec<u8> = self.centroids.groups.iter().flat_map(|g| g.to_le_bytes()).collect();
        file.whole(*b"grps", &groups)?;
        file.whole(*b"levl", &blocks)?;
        file.finish().map(drop)
    }

    /// Reads the codebook at `path`; one that is cut off, altered or impossible is refused.
    pub fn open(path: &Path) -> Result<Self, CodebookError> {
        let damaged = |reason| CodebookError::Damaged { path: path.to_owned(), reason };
        let file = Container::open(path, MARK).map_err(|error| match error {
            ContainerError::Read(source) => CodebookError::Read { path: path.to_owned(), source },
            ContainerError::Damaged(reason) => damaged(reason),
        })?;
        Self::read(&file).map_err(damaged)
    }

    fn read(file: &Container) -> Result<Self, String> {
        file.verify()?;
        let mut size = Remaining(file.section(*b"size")?);
        let width = size.u32().map_err(|CutOff| "it has no width")? as usize;
        let document_means = size.u32().map_err(|CutOff| "it does not say whether documents have means")? == 1;
        let near = size.f32().map_err(|CutOff| "it does not say which rows are near")?;
        let lists = size.u32().map_err(|CutOff| "it does not say whether there are lists")? == 1;
        if !near.is_finite() {
            return Err("it holds numbers that are not finite".to_owned());
        }
        if width == 0 || width > WIDEST_ROW {
            return Err(format!("it claims rows of {width} numbers"));
        }
        let padded = width.next_multiple_of(BLOCK);
        let rotation = all_f32(file.section(*b"turn")?);
        let values = all_f32(file.section(*b"cent")?);
        let groups = all_u32(file.section(*b"grps")?);
        let count = values.len() / padded;
        if rotation.len() != padded * padded || values.len() != count * padded || count == 0 || count > 1 << 16 {
            return Err("its rotation or its centroids are not as large as they should be".to_owned());
        }
        if rotation.iter().chain(&values).any(|v| !v.is_finite()) {
            return Err("it holds numbers that are not finite".to_owned());
        }
        if !groups.is_sorted() || groups.first() != Some(&0) || groups.last() != Some(&(count as u32)) {
            return Err("its groups do not cover its centroids".to_owned());
        }
        let mut rest = Remaining(file.section(*b"levl")?);
        let blocks = (0..padded / BLOCK)
            .map(|_| read_block(&mut rest).map_err(|CutOff| "its levels are cut off".to_owned()).and_then(check_block))
            .collect::<Result<_, _>>()?;
        let centroids = Centroids::new(values, groups, padded);
        Ok(Self { width, padded, rotation, centroids, blocks, near, document_means, lists })
    }
}

fn read_block(rest: &mut Remaining<'_>) -> Result<Levels, CutOff> {
    let (coarse_bits, fine_bits) = (rest.u8()?, rest.u8()?);
    let (deviation, coarse_step, full_step) = (rest.f32()?, rest.f32()?, rest.f32()?);
    let all = u32::from(coarse_bits) + u32::from(fine_bits);
    if all > MOST_BITS.into() || fine_bits == 0 {
        return Err(CutOff);
    }
    let coarse = rest.take(1 << coarse_bits)?.to_vec();
    let full = rest.take(2 << all)?.to_vec();
    Ok(Levels { coarse_bits, fine_bits, deviation, coarse, coarse_step, full, full_step })
}

fn check_block(block: Levels) -> Result<Levels, String> {
    let finite = [block.deviation, block.coarse_step, block.full_step].iter().all(|v| v.is_finite());
    let within = |bytes: &[u8], centre: i32| bytes.iter().all(|&b| i32::from(b) <= 2 * centre);
    let bytes = within(&block.coarse, COARSE_CENTRE) && within(&block.full, CENTRE);
    if finite && bytes { Ok(block) } else { Err("its levels are impossible".to_owned()) }
}
