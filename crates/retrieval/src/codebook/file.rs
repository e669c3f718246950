//! A codebook in one file.

use std::io;
use std::path::{Path, PathBuf};

use super::Codebook;
use super::basis::BLOCK;
use super::centroids::Centroids;
use super::excess::{Excess, MEASURES};
use super::levels::{COARSE_CENTRE, Levels, MOST_BITS};
use super::scales::{Block, SCALES, Scale};
use crate::files::bytes::{CutOff, Remaining, all_f32, all_u32};
use crate::files::container::{Container, ContainerError, Writer};
use crate::kernels::FINE_CENTRE;

const MARK: [u8; 8] = *b"VITRCBK4";
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
            blocks.push(block.coarse_bits);
            blocks.extend(block.deviation.to_le_bytes());
        }
        let mut scales = Vec::new();
        for scale in &self.scales {
            scales.extend(scale.size.to_le_bytes());
            scales.extend(&scale.bits);
        }
        let mut levels = self.levels.full_step.to_le_bytes().to_vec();
        levels.extend(self.levels.full.iter().flatten());
        for (bytes, step) in &self.levels.coarse {
            levels.extend(step.to_le_bytes());
            levels.extend(bytes);
        }
        let mut file = Writer::create(path, MARK)?;
        let size = [self.width as u32, u32::from(self.document_means), self.near.to_bits(), u32::from(self.lists)];
        let size = size.map(u32::to_le_bytes).concat();
        file.whole(*b"size", &size)?;
        file.whole(*b"turn", &floats(&self.rotation))?;
        file.whole(*b"cent", &self.centroids.bytes)?;
        file.whole(*b"step", &floats(&self.centroids.steps))?;
        let groups: Vec<u8> = self.centroids.groups.iter().flat_map(|g| g.to_le_bytes()).collect();
        file.whole(*b"grps", &groups)?;
        file.whole(*b"blck", &blocks)?;
        file.whole(*b"scal", &scales)?;
        file.whole(*b"levl", &levels)?;
        let Excess { level, weights, range } = self.excess;
        file.whole(*b"xces", &floats(&[&[level][..], &weights, &range].concat()))?;
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
        let (bytes, steps) = (file.section(*b"cent")?, all_f32(file.section(*b"step")?));
        let groups = all_u32(file.section(*b"grps")?);
        let count = steps.len();
        if rotation.len() != padded * padded || bytes.len() != count * padded || count == 0 || count > 1 << 16 {
            return Err("its rotation or its centroids are not as large as they should be".to_owned());
        }
        if rotation.iter().chain(&steps).any(|v| !v.is_finite()) {
            return Err("it holds numbers that are not finite".to_owned());
        }
        if bytes.iter().any(|&byte| i32::from(byte) > 2 * FINE_CENTRE) {
            return Err("its centroids are impossible".to_owned());
        }
        if !groups.is_sorted() || groups.first() != Some(&0) || groups.last() != Some(&(count as u32)) {
            return Err("its groups do not cover its centroids".to_owned());
        }
        let cut_off = |CutOff| "its levels are cut off".to_owned();
        let count = padded / BLOCK;
        let blocks = read_blocks(file.section(*b"blck")?, count).map_err(cut_off)?;
        let scales = read_scales(file.section(*b"scal")?, count).map_err(cut_off)?;
        let levels = read_levels(file.section(*b"levl")?).map_err(cut_off)?;
        if !possible(&blocks, &scales, &levels) {
            return Err("its levels are impossible".to_owned());
        }
        let excess = read_excess(file)?;
        let centroids = Centroids::of_bytes(bytes, &steps, groups, padded);
        Ok(Self { width, padded, rotation, centroids, blocks, scales, levels, excess, near, document_means, lists })
    }
}

fn read_blocks(section: &[u8], count: usize) -> Result<Vec<Block>, CutOff> {
    let mut rest = Remaining(section);
    (0..count).map(|_| Ok(Block { coarse_bits: rest.u8()?, deviation: rest.f32()? })).collect()
}

fn read_scales(section: &[u8], blocks: usize) -> Result<Vec<Scale>, CutOff> {
    let mut rest = Remaining(section);
    (0..SCALES).map(|_| Ok(Scale { size: rest.f32()?, bits: rest.take(blocks)?.to_vec() })).collect()
}

fn read_levels(section: &[u8]) -> Result<Levels, CutOff> {
    let mut rest = Remaining(section);
    let full_step = rest.f32()?;
    let full = (1..=MOST_BITS).map(|bits| Ok(rest.take(2 << bits)?.to_vec())).collect::<Result<_, _>>()?;
    let mut coarse = |bits: u8| {
        let step = rest.f32()?;
        Ok((rest.take(1 << bits)?.to_vec(), step))
    };
    Ok(Levels { full, full_step, coarse: (0..MOST_BITS).map(&mut coarse).collect::<Result<_, _>>()? })
}

/// Codebooks from before there was one foretell no excess.
fn read_excess(file: &Container) -> Result<Excess, String> {
    const CUT: &str = "what it foretells of scores is cut off";
    let Ok(section) = file.section(*b"xces") else { return Ok(Excess::default()) };
    let numbers = all_f32(section);
    if numbers.iter().any(|number| !number.is_finite()) {
        return Err("it holds numbers that are not finite".to_owned());
    }
    let [level, ref weights @ .., least, most] = numbers[..] else { return Err(CUT.to_owned()) };
    let weights = *<&[f32; MEASURES]>::try_from(weights).map_err(|_| CUT)?;
    Ok(Excess { level, weights, range: [least, most] })
}

/// Whether all numbers can be used, and bytes and bits lie where they must.
fn possible(blocks: &[Block], scales: &[Scale], levels: &Levels) -> bool {
    let within = |bytes: &[u8], centre: i32| bytes.iter().all(|&b| i32::from(b) <= 2 * centre);
    let bits = |scale: &Scale| {
        let pairs = blocks.iter().zip(&scale.bits);
        pairs.into_iter().all(|(block, &bits)| bits > block.coarse_bits && bits <= MOST_BITS)
    };
    blocks.iter().all(|block| block.deviation.is_finite())
        && scales.iter().all(|scale| scale.size.is_finite() && scale.size >= 0.0 && bits(scale))
        && levels.full_step.is_finite()
        && levels.full.iter().all(|bytes| within(bytes, FINE_CENTRE))
        && levels.coarse.iter().all(|(bytes, step)| within(bytes, COARSE_CENTRE) && step.is_finite())
}
