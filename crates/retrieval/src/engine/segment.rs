//! A segment: up to 65,536 documents as codes in one file that never changes.
//!
//! Sections: `size` (documents, rows with codes, and rows that were given), `ids.` (u64 a document), `byid` (places in the order of their ids, u16 each),
//! `rows` (where each document's rows with codes begin, u32, and the end), `mean` and `mstp` (what each document's rows have in common, in bytes, and what a
//! step is worth, f32; only where the codebook says so), `xces` (how much too high each document's score is a query row, f32), `cent` (u16 a row), `scal` (the number of a row's scale, two in a byte, the lower half first), `crse`
//! and `fine` (the codes), `foff` (where each document's fine codes begin, in words of four bytes, u32, and the end), `givn` (how many rows each document was given
//! with, u32), `loff` and `link` (which code stands for which of them, see [`super::links`]: where each document's bytes begin, u32, and the bytes), `noff`
//! and `note` (where each note begins, u64; their bytes), and in segments that are large enough, where the codebook says so, `poff` and `post`: for each
//! centroid where its list begins (u32), and the documents with a row there (u16 each).

use std::io;
use std::path::Path;

use super::links;
use crate::codebook::{Codebook, Codes, least_bytes};
use crate::files::bytes::{Remaining, u16_at, u32_at, u64_at};
use crate::files::container::{Container, ContainerError, Writer};
use crate::kernels::fetch;

const MARK: [u8; 8] = *b"VITRSEG5";
/// Documents of a segment are numbered in 16 bits.
pub(crate) const MOST_DOCUMENTS: usize = 1 << 16;
/// Smaller segments have no lists by centroid: to look at all their documents costs less.
const LISTED_ROWS: usize = 200_000;
/// Fine codes are words of so many bytes.
const FINE_WORD: usize = 4;

/// A document on its way into a segment.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) id: u64,
    pub(crate) note: Vec<u8>,
    pub(crate) codes: Codes,
}

/// Writes documents that come one after the other, keeping their codes in memory until the end.
#[derive(Default)]
pub(crate) struct Batch {
    ids: Vec<u64>,
    row_ends: Vec<u32>,
    codes: Codes,
    fine_ends: Vec<u32>,
    /// How many rows each document was given with.
    given: Vec<u32>,
    link_ends: Vec<u32>,
    links: Vec<u8>,
    note_ends: Vec<u64>,
    notes: Vec<u8>,
}

impl Batch {
    /// Adds a document by its codes: of one document alone.
    pub(crate) fn push(&mut self, id: u64, note: &[u8], codes: &Codes) {
        let centroids: Vec<u8> = codes.centroids.iter().flat_map(|c| c.to_le_bytes()).collect();
        let rows = CodedRows {
            mean: &codes.means,
            mean_step: codes.mean_steps[0],
            excess: codes.excesses[0],
            centroids: &centroids,
            scales: Scales { packed: &pack(&codes.scales), first: 0 },
            coarse: &codes.coarse,
            fine: &codes.fine,
            given: codes.code_of.len() as u32,
            links: &links::write(&codes.code_of),
        };
        self.push_coded(id, note, rows);
    }

    /// Adds a document by its codes as they stand in another segment.
    pub(crate) fn push_coded(&mut self, id: u64, note: &[u8], rows: CodedRows<'_>) {
        let CodedRows { mean, mean_step, excess, coarse, fine, given, links, .. } = rows;
        self.codes.means.extend_from_slice(mean);
        self.codes.mean_steps.push(mean_step);
        self.codes.excesses.push(excess);
        self.ids.push(id);
        self.notes.extend_from_slice(note);
        self.note_ends.push(self.notes.len() as u64);
        self.codes.centroids.extend(rows.centroid_numbers());
        self.codes.scales.extend(rows.scale_numbers());
        self.codes.coarse.extend_from_slice(coarse);
        self.codes.fine.extend_from_slice(fine);
        self.fine_ends.push((self.codes.fine.len() / FINE_WORD) as u32);
        self.row_ends.push(self.codes.centroids.len() as u32);
        self.given.push(given);
        self.links.extend_from_slice(links);
        self.link_ends.push(self.links.len() as u32);
    }

    pub(crate) fn ids(&self) -> &[u64] {
        &self.ids
    }

    pub(crate) fn rows(&self) -> usize {
        self.codes.centroids.len()
    }

    /// Whether `rows` more rows are too many for one segment.
    pub(crate) fn is_full(&self, rows: usize, most_rows: usize) -> bool {
        let held = self.rows();
        self.ids.len() >= MOST_DOCUMENTS || held > 0 && held + rows > most_rows.min(u32::MAX as usize)
    }

    /// Writes the segment and waits until it is on the disk. Returns its size.
    pub(crate) fn write(&self, path: &Path, book: &Codebook) -> io::Result<u64> {
        let mut file = Writer::create(path, MARK)?;
        let given = self.given.iter().map(|&g| u64::from(g)).sum();
        let sizes = [self.ids.len() as u64, self.rows() as u64, given].map(u64::to_le_bytes).concat();
        file.whole(*b"size", &sizes)?;
        file.section(*b"ids.");
        self.ids.iter().try_for_each(|id| file.write(&id.to_le_bytes()))?;
        let mut places: Vec<u16> = (0..self.ids.len()).map(|p| p as u16).collect();
        places.sort_unstable_by_key(|&p| self.ids[usize::from(p)]);
        file.section(*b"byid");
        places.iter().try_for_each(|p| file.write(&p.to_le_bytes()))?;
        file.section(*b"rows");
        std::iter::once(&0).chain(&self.row_ends).try_for_each(|end| file.write(&end.to_le_bytes()))?;
        if !self.codes.means.is_empty() {
            file.whole(*b"mean", &self.codes.means)?;
            file.section(*b"mstp");
            self.codes.mean_steps.iter().try_for_each(|step| file.write(&step.to_le_bytes()))?;
        }
        file.section(*b"xces");
        self.codes.excesses.iter().try_for_each(|excess| file.write(&excess.to_le_bytes()))?;
        file.section(*b"cent");
        self.codes.centroids.iter().try_for_each(|c| file.write(&c.to_le_bytes()))?;
        file.whole(*b"scal", &pack(&self.codes.scales))?;
        file.whole(*b"crse", &self.codes.coarse)?;
        file.whole(*b"fine", &self.codes.fine)?;
        file.section(*b"foff");
        std::iter::once(&0).chain(&self.fine_ends).try_for_each(|end| file.write(&end.to_le_bytes()))?;
        file.section(*b"givn");
        self.given.iter().try_for_each(|given| file.write(&given.to_le_bytes()))?;
        file.section(*b"loff");
        std::iter::once(&0).chain(&self.link_ends).try_for_each(|end| file.write(&end.to_le_bytes()))?;
        file.whole(*b"link", &self.links)?;
        file.section(*b"noff");
        std::iter::once(&0).chain(&self.note_ends).try_for_each(|end| file.write(&end.to_le_bytes()))?;
        file.whole(*b"note", &self.notes)?;
        if book.lists() && self.rows() >= LISTED_ROWS {
            let (ends, documents) = self.lists(book.centroid_count());
            file.section(*b"poff");
            std::iter::once(&0).chain(&ends).try_for_each(|end| file.write(&end.to_le_bytes()))?;
            file.section(*b"post");
            documents.iter().try_for_each(|d| file.write(&d.to_le_bytes()))?;
        }
        file.finish()
    }

    /// For each centroid where its list ends, and the lists: documents with a row there, each once, in order.
    fn lists(&self, centroids: usize) -> (Vec<u32>, Vec<u16>) {
        let each = |see: &mut dyn FnMut(usize, u16)| {
            let mut last = vec![u32::MAX; centroids];
            let mut begin = 0;
            for (document, &end) in self.row_ends.iter().enumerate() {
                for &centroid in &self.codes.centroids[begin as usize..end as usize] {
                    let centroid = usize::from(centroid);
                    if last[centroid] != document as u32 {
                        last[centroid] = document as u32;
                        see(centroid, document as u16);
                    }
                }
                begin = end;
            }
        };
        let mut ends = vec![0u32; centroids];
        each(&mut |centroid, _| ends[centroid] += 1);
        let mut sum = 0;
        let mut next: Vec<u32> = Vec::with_capacity(centroids);
        for end in &mut ends {
            next.push(sum);
            sum += *end;
            *end = sum;
        }
        let mut documents = vec![0u16; sum as usize];
        each(&mut |centroid, document| {
            documents[next[centroid] as usize] = document;
            next[centroid] += 1;
        });
        (ends, documents)
    }
}

/// Numbers of scales, two in a byte.
fn pack(scales: &[u8]) -> Vec<u8> {
    scales.chunks(2).map(|pair| pair[0] | pair.get(1).map_or(0, |second| second << 4)).collect()
}

/// The scales of some rows, from row `first` of those that stand two in a byte.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scales<'a> {
    packed: &'a [u8],
    first: usize,
}

impl Scales<'_> {
    /// The bytes in which the scales of so many rows stand.
    fn bytes(&self, rows: usize) -> &[u8] {
        self.packed.get(self.first / 2..(self.first + rows).div_ceil(2)).unwrap_or_default()
    }

    /// Writes the numbers of the scales of so many rows to `numbers`.
    fn unpack(&self, rows: usize, numbers: &mut Vec<u8>) {
        let packed = self.bytes(rows);
        numbers.clear();
        numbers.resize(2 * packed.len(), 0);
        let pairs = numbers.as_chunks_mut().0;
        packed.iter().zip(pairs).for_each(|(pair, numbers)| *numbers = [pair & 15, pair >> 4]);
        // The first one may be another document's, as may the last one.
        numbers.drain(..(self.first % 2).min(numbers.len()));
        numbers.resize(rows, 0);
    }

    /// Asks for those of so many rows.
    fn fetch(&self, rows: usize) {
        fetch(self.bytes(rows));
    }
}

/// An open segment.
#[derive(Debug)]
pub(crate) struct Segment {
    file: Container,
    documents: usize,
    rows: usize,
    given: u64,
    coarse_bytes: usize,
    mean_bytes: usize,
    centroids: usize,
}

/// A document's rows as they stand in the segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CodedRows<'a> {
    /// What the rows have in common, and what a step of it is worth.
    pub(crate) mean: &'a [u8],
    pub(crate) mean_step: f32,
    /// How much higher the document scores by its codes than by its rows, a query row, as far as that was foretold.
    pub(crate) excess: f32,
    /// Two bytes a row.
    pub(crate) centroids: &'a [u8],
    pub(crate) scales: Scales<'a>,
    pub(crate) coarse: &'a [u8],
    pub(crate) fine: &'a [u8],
    /// How many rows the document was given with, and which code stands for which of them.
    given: u32,
    links: &'a [u8],
}

impl CodedRows<'_> {
    /// For each row that the document was given with the one of its codes that stands for it; `None` where the file is damaged.
    pub(crate) fn code_of(&self) -> Option<Vec<u32>> {
        // A bit a row: no more than the bytes there are can tell apart.
        let given = self.given as usize;
        let told = if self.links.is_empty() { self.len() } else { self.links.len() * 8 };
        if given > told { None } else { links::read(self.links, given, self.len()) }
    }

    pub(crate) fn len(&self) -> usize {
        self.centroids.len() / 2
    }

    pub(crate) fn scale_numbers(&self) -> Vec<u8> {
        let mut scales = Vec::new();
        self.scales_into(&mut scales);
        scales
    }

    /// Asks for what ranking by the coarse code reads.
    pub(crate) fn fetch(&self) {
        self.scales.fetch(self.len());
        [self.mean, self.centroids, self.coarse].into_iter().for_each(fetch);
    }

    /// Writes the numbers of the rows' scales to `scales`.
    pub(crate) fn scales_into(&self, scales: &mut Vec<u8>) {
        self.scales.unpack(self.len(), scales);
    }

    pub(crate) fn centroid_numbers(&self) -> Vec<u16> {
        self.centroids.as_chunks().0.iter().map(|b| u16::from_le_bytes(*b)).collect()
    }
}

/// The sections that a search reads for every document.
#[derive(Clone, Copy)]
pub(crate) struct Scan<'a> {
    row_bounds: &'a [u8],
    centroids: &'a [u8],
}

impl<'a> Scan<'a> {
    /// The centroids of a document's rows, two bytes each; nothing where the file is damaged.
    #[inline]
    pub(crate) fn centroids(&self, document: usize) -> &'a [u8] {
        let bounds = u32_at(self.row_bounds, document).zip(u32_at(self.row_bounds, document + 1));
        bounds.and_then(|(from, to)| self.centroids.get(from as usize * 2..to as usize * 2)).unwrap_or(&[])
    }
}

/// For each centroid the documents with a row there.
#[derive(Clone, Copy)]
pub(crate) struct Lists<'a> {
    bounds: &'a [u8],
    documents: &'a [u8],
}

impl<'a> Lists<'a> {
    /// Two bytes a document; nothing where the file is damaged.
    #[inline]
    pub(crate) fn of(&self, centroid: usize) -> &'a [u8] {
        let bounds = u32_at(self.bounds, centroid).zip(u32_at(self.bounds, centroid + 1));
        bounds.and_then(|(from, to)| self.documents.get(from as usize * 2..to as usize * 2)).unwrap_or(&[])
    }
}

impl Segment {
    /// Opens the segment: its list of sections is checked, and that they are as long as they must be; contents by [`Segment::verify`].
    pub(crate) fn open(path: &Path, book: &Codebook) -> Result<Self, ContainerError> {
        let file = Container::open(path, MARK)?;
        let mut segment = Self {
            documents: 0,
            rows: 0,
            given: 0,
            coarse_bytes: book.coarse_bytes(),
            mean_bytes: book.mean_bytes(),
            centroids: book.centroid_count(),
            file,
        };
        segment.check_lengths().map_err(ContainerError::Damaged)?;
        Ok(segment)
    }

    fn check_lengths(&mut self) -> Result<(), String> {
        let mut sizes = Remaining(self.file.section(*b"size")?);
        let size = |s: &mut Remaining<'_>| s.u64().ok().and_then(|v| usize::try_from(v).ok()).ok_or("it has no sizes");
        let (documents, rows, given) = (size(&mut sizes)?, size(&mut sizes)?, size(&mut sizes)? as u64);
        if documents == 0 || documents > MOST_DOCUMENTS || rows > u32::MAX as usize {
            return Err(format!("it claims {documents} documents of {rows} rows"));
        }
        let mut lengths = vec![
            (*b"ids.", documents * 8),
            (*b"byid", documents * 2),
            (*b"rows", (documents + 1) * 4),
            (*b"cent", rows * 2),
            (*b"scal", rows.div_ceil(2)),
            (*b"crse", rows * self.coarse_bytes),
            (*b"foff", (documents + 1) * 4),
            (*b"givn", documents * 4),
            (*b"loff", (documents + 1) * 4),
            (*b"noff", (documents + 1) * 8),
            (*b"xces", documents * 4),
        ];
        if self.mean_bytes > 0 {
            lengths.extend([(*b"mean", documents * self.mean_bytes), (*b"mstp", documents * 4)]);
        }
        if self.file.section(*b"poff").is_ok() {
            lengths.push((*b"poff", (self.centroids + 1) * 4));
        }
        for (name, length) in lengths {
            let held = self.file.section(name)?.len();
            if held != length {
                let name = String::from_utf8_lossy(&name).into_owned();
                return Err(format!(
                    "the part {name} has {held} bytes where {documents} documents of {rows} rows take {length}"
                ));
            }
        }
        self.file.section(*b"fine")?;
        self.file.section(*b"link")?;
        self.file.section(*b"note")?;
        (self.documents, self.rows, self.given) = (documents, rows, given);
        Ok(())
    }

    /// Reads everything: the sums of all sections, and that what refers to something else refers to something there.
    pub(crate) fn verify(&self) -> Result<(), String> {
        self.file.verify()?;
        let rows = self.section(*b"rows");
        let bounds: Vec<u32> = (0..=self.documents).filter_map(|d| u32_at(rows, d)).collect();
        if !bounds.is_sorted() || bounds.first() != Some(&0) || bounds.last() != Some(&(self.rows as u32)) {
            return Err("its documents do not share out its rows".to_owned());
        }
        let centroids = self.section(*b"cent").as_chunks().0.iter().map(|b| u16::from_le_bytes(*b));
        if centroids.into_iter().any(|c| usize::from(c) >= self.centroids) {
            return Err("a row names a centroid that the codebook lacks".to_owned());
        }
        let floats = [*b"mstp", *b"xces"].map(|name| self.section(name).as_chunks().0);
        if floats.into_iter().flatten().any(|b| !f32::from_le_bytes(*b).is_finite()) {
            return Err("a number in it is not finite".to_owned());
        }
        if (0..self.documents).any(|d| self.coded(d).and_then(|rows| rows.code_of()).is_none()) {
            return Err("a row of a document has no code".to_owned());
        }
        if !(0..self.documents).all(|d| self.coded(d).is_some_and(|rows| rows.fine.len() >= least_bytes(rows.len()))) {
            return Err("the fine code of a document is cut off".to_owned());
        }
        Ok(())
    }

    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    pub(crate) fn size(&self) -> u64 {
        self.file.size()
    }

    pub(crate) fn len(&self) -> usize {
        self.documents
    }

    pub(crate) fn row_count(&self) -> usize {
        self.rows
    }

    /// How many rows its documents were given with.
    pub(crate) fn given(&self) -> u64 {
        self.given
    }

    pub(crate) fn scan(&self) -> Scan<'_> {
        Scan { row_bounds: self.section(*b"rows"), centroids: self.section(*b"cent") }
    }

    /// What the rows of documents `from..to` have in common, and what a step of each is worth; nothing where the codebook keeps none.
    pub(crate) fn means(&self, from: usize, to: usize) -> Option<(&[u8], &[[u8; 4]])> {
        let means = self.section(*b"mean").get(from * self.mean_bytes..to * self.mean_bytes)?;
        let steps = self.section(*b"mstp").as_chunks().0.get(from..to)?;
        (self.mean_bytes > 0).then_some((means, steps))
    }

    pub(crate) fn lists(&self) -> Option<Lists<'_>> {
        Some(Lists { bounds: self.file.section(*b"poff").ok()?, documents: self.file.section(*b"post").ok()? })
    }

    pub(crate) fn id(&self, document: usize) -> Option<u64> {
        u64_at(self.section(*b"ids."), document)
    }

    /// Where the document with this id stands.
    pub(crate) fn find(&self, id: u64) -> Option<usize> {
        let (ids, places) = (self.section(*b"ids."), self.section(*b"byid"));
        let place = |at: usize| u16_at(places, at).map(usize::from);
        let (mut low, mut high) = (0, self.documents);
        while low < high {
            let middle = low + (high - low) / 2;
            if u64_at(ids, place(middle)?)? < id { low = middle + 1 } else { high = middle }
        }
        place(low).filter(|&p| low < self.documents && u64_at(ids, p) == Some(id))
    }

    /// The codes of a document; `None` where the file is damaged.
    pub(crate) fn coded(&self, document: usize) -> Option<CodedRows<'_>> {
        let rows = self.section(*b"rows");
        let (from, to) = (u32_at(rows, document)? as usize, u32_at(rows, document + 1)? as usize);
        let part = |name, bytes: usize| self.section(name).get(from * bytes..to * bytes);
        let mean = self.means(document, document + 1);
        let (given, bounds) = (u32_at(self.section(*b"givn"), document)?, self.section(*b"loff"));
        let fine = self.section(*b"foff");
        let (fine_from, fine_to) = (u32_at(fine, document)? as usize, u32_at(fine, document + 1)? as usize);
        let (link_from, link_to) = (u32_at(bounds, document)? as usize, u32_at(bounds, document + 1)? as usize);
        Some(CodedRows {
            given,
            links: self.section(*b"link").get(link_from..link_to)?,
            mean: mean.map_or(&[], |m| m.0),
            mean_step: mean.and_then(|m| m.1.first()).map_or(0.0, |b| f32::from_le_bytes(*b)),
            excess: self.section(*b"xces").as_chunks().0.get(document).map_or(0.0, |b| f32::from_le_bytes(*b)),
            centroids: part(*b"cent", 2)?,
            coarse: part(*b"crse", self.coarse_bytes)?,
            scales: Scales { packed: self.section(*b"scal"), first: from },
            fine: self.section(*b"fine").get(fine_from * FINE_WORD..fine_to * FINE_WORD)?,
        })
    }

    /// The bytes kept beside a document; `None` where the file is damaged.
    pub(crate) fn note(&self, document: usize) -> Option<&[u8]> {
        let bounds = self.section(*b"noff");
        let (from, to) = (u64_at(bounds, document)?, u64_at(bounds, document + 1)?);
        self.section(*b"note").get(usize::try_from(from).ok()?..usize::try_from(to).ok()?)
    }

    /// A section that opening has seen.
    fn section(&self, name: [u8; 4]) -> &[u8] {
        self.file.section(name).unwrap_or(&[])
    }
}
