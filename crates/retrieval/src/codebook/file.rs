//! A codebook in one file.

use std::io;
use std::path::{Path, PathBuf};

use super::Codebook;
use super::alphabet::{Alphabet, FEWEST_LEVELS, MOST_LEVELS, TOTAL};
use super::basis::BLOCK;
use super::centroids::Centroids;
use super::excess::{Excess, MEASURES};
use super::levels::{COARSE_CENTRE, CoarseLevels, MOST_BITS};
use super::scales::SCALES;
use super::symbols::{Spread, Symbols};
use crate::files::bytes::{CutOff, Remaining, all_f32, all_u32};
use crate::files::container::{Container, ContainerError, Writer};
use crate::kernels::FINE_CENTRE;

const MARK: [u8; 8] = *b"VITRCBK5";
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
        let mut levels = Vec::new();
        for CoarseLevels { bytes, step } in &self.coarse_levels {
            levels.extend(step.to_le_bytes());
            levels.extend(bytes);
        }
        let mut alphabets = Vec::new();
        for Alphabet { coarse_bits, bytes, runs, frequencies } in &self.symbols.alphabets {
            alphabets.push(*coarse_bits);
            alphabets.push((bytes.len() - 1) as u8);
            alphabets.extend(bytes.iter().chain(runs));
            alphabets.extend(frequencies.iter().flat_map(|frequency| frequency.to_le_bytes()));
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
        file.whole(*b"dvtn", &floats(&self.deviations))?;
        file.whole(*b"wght", &floats(&self.symbols.weights))?;
        file.whole(*b"scal", &floats(&self.sizes))?;
        file.whole(*b"cbit", &self.coarse_bits)?;
        file.whole(*b"levl", &levels)?;
        file.whole(*b"pric", &self.symbols.price.to_le_bytes())?;
        file.whole(*b"alph", &alphabets)?;
        file.whole(*b"whch", &self.symbols.of)?;
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
        let [deviations, weights, sizes, price] =
            [*b"dvtn", *b"wght", *b"scal", *b"pric"].map(|name| file.section(name).map(all_f32));
        let (deviations, weights, sizes, price) = (deviations?, weights?, sizes?, price?);
        let (coarse_bits, of) = (file.section(*b"cbit")?.to_vec(), file.section(*b"whch")?.to_vec());
        let lengths = [deviations.len(), weights.len(), coarse_bits.len() * BLOCK, of.len() / SCALES];
        let (Ok(sizes), [price], true) =
            (<[f32; SCALES]>::try_from(sizes), &price[..], lengths == [padded; 4] && of.len() == SCALES * padded)
        else {
            return Err("what it says of directions and scales is not as long as it should be".to_owned());
        };
        if deviations.iter().chain(&weights).chain(&sizes).chain([price]).any(|v| !v.is_finite() || *v < 0.0) {
            return Err("what it says of directions and scales is impossible".to_owned());
        }
        let cut_off = |CutOff| "its levels are cut off".to_owned();
        let coarse_levels = read_coarse_levels(file.section(*b"levl")?).map_err(cut_off)?;
        let alphabets = read_alphabets(file.section(*b"alph")?).map_err(cut_off)?;
        let fits = |(at, &alphabet): (usize, &u8)| {
            let alphabet: Option<&Alphabet> = alphabets.get(usize::from(alphabet));
            alphabet.is_some_and(|alphabet| alphabet.coarse_bits == coarse_bits[at % padded / BLOCK])
        };
        if !coarse_levels.iter().all(possible_levels)
            || !coarse_bits.iter().all(|&bits| bits < MOST_BITS)
            || !alphabets.iter().all(possible)
            || !of.iter().enumerate().all(fits)
        {
            return Err("its levels are impossible".to_owned());
        }
        let spread = Spread { deviations: &deviations, weights: &weights, sizes: &sizes };
        let symbols = Symbols::new(*price, alphabets, of, &spread);
        let excess = read_excess(file)?;
        let centroids = Centroids::of_bytes(bytes, &steps, groups, padded);
        Ok(Self {
            width,
            padded,
            rotation,
            centroids,
            deviations,
            sizes,
            coarse_bits,
            coarse_levels,
            symbols,
            excess,
            near,
            document_means,
            lists,
        })
    }
}

fn read_coarse_levels(section: &[u8]) -> Result<Vec<CoarseLevels>, CutOff> {
    let mut rest = Remaining(section);
    let of_bits = |bits: u8| {
        let step = rest.f32()?;
        Ok(CoarseLevels { bytes: rest.take(1 << bits)?.to_vec(), step })
    };
    (0..MOST_BITS).map(of_bits).collect()
}

fn read_alphabets(section: &[u8]) -> Result<Vec<Alphabet>, CutOff> {
    let mut rest = Remaining(section);
    let mut alphabets = Vec::new();
    while !rest.0.is_empty() {
        let (coarse_bits, levels) = (rest.u8()?, usize::from(rest.u8()?) + 1);
        let (bytes, runs) = (rest.take(levels)?.to_vec(), rest.take(levels)?.to_vec());
        let frequencies = rest.take(2 * levels)?.as_chunks().0.iter().map(|bytes| u16::from_le_bytes(*bytes)).collect();
        alphabets.push(Alphabet { coarse_bits, bytes, runs, frequencies });
    }
    Ok(alphabets)
}

fn read_excess(file: &Container) -> Result<Excess, String> {
    const CUT: &str = "what it foretells of scores is cut off";
    let numbers = all_f32(file.section(*b"xces")?);
    if numbers.iter().any(|number| !number.is_finite()) {
        return Err("it holds numbers that are not finite".to_owned());
    }
    let [level, ref weights @ .., least, most] = numbers[..] else { return Err(CUT.to_owned()) };
    let weights = *<&[f32; MEASURES]>::try_from(weights).map_err(|_| CUT)?;
    Ok(Excess { level, weights, range: [least, most] })
}

fn possible_levels(levels: &CoarseLevels) -> bool {
    levels.step.is_finite() && levels.bytes.iter().all(|&byte| i32::from(byte) <= 2 * COARSE_CENTRE)
}

/// Whether bytes and runs lie where they must, there are levels of all four subsets, and frequencies add up.
fn possible(alphabet: &Alphabet) -> bool {
    let levels = alphabet.bytes.len();
    let within = alphabet.bytes.iter().all(|&byte| i32::from(byte) <= 2 * FINE_CENTRE);
    let counted = alphabet.coarse_bits < MOST_BITS && alphabet.runs.iter().all(|&run| run < 1 << alphabet.coarse_bits);
    if !within || !counted || !(FEWEST_LEVELS..=MOST_LEVELS).contains(&levels) {
        return false;
    }
    let mut sums = vec![0u32; alphabet.groups()];
    (0..levels).for_each(|level| sums[alphabet.group(level)] += u32::from(alphabet.frequencies[level]));
    alphabet.frequencies.iter().all(|&frequency| frequency > 0) && sums.iter().all(|&sum| sum == TOTAL || sum == 0)
}
