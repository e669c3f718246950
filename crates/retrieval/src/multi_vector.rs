//! The unit of late interaction: a document or a query as a small matrix of unit rows.

use std::fmt;

/// `n` rows of `dimension` numbers each, row-major: what a retriever makes of a text or an image.
///
/// Rows are of unit length, so that a dot product of two rows is their cosine. A document and a query have the same form.
#[derive(Clone, PartialEq)]
pub struct MultiVector {
    pub(crate) values: Vec<f32>,
    pub(crate) dimension: usize,
}

/// Why a list of numbers is not a [`MultiVector`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum MultiVectorError {
    /// The numbers do not fill whole rows.
    #[error("{values} numbers do not make whole rows of {dimension}")]
    Ragged {
        /// How many numbers were given.
        values: usize,
        /// The width of a row.
        dimension: usize,
    },
    /// A number is NaN or infinite.
    #[error("row {row} holds a number that is not finite")]
    NotFinite {
        /// The first row with such a number.
        row: usize,
    },
}

impl MultiVector {
    /// Takes `values` (row-major, `[n, dimension]`) as they are, without normalising them.
    pub fn new(values: Vec<f32>, dimension: usize) -> Result<Self, MultiVectorError> {
        if dimension == 0 || !values.len().is_multiple_of(dimension) {
            return Err(MultiVectorError::Ragged { values: values.len(), dimension });
        }
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            return Err(MultiVectorError::NotFinite { row: at / dimension });
        }
        Ok(Self { values, dimension })
    }

    /// Like [`MultiVector::new`], and scales every row to unit length (a row of zeros stays zero).
    pub fn normalised(mut values: Vec<f32>, dimension: usize) -> Result<Self, MultiVectorError> {
        if dimension > 0 {
            for row in values.chunks_mut(dimension) {
                let length = row.iter().map(|v| v * v).sum::<f32>().sqrt();
                if length > 0.0 {
                    row.iter_mut().for_each(|v| *v /= length);
                }
            }
        }
        Self::new(values, dimension)
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.dimension
    }

    /// Whether there is no row at all.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The width of a row.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Row `index`, of length [`MultiVector::dimension`].
    pub fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.dimension..(index + 1) * self.dimension]
    }

    /// The first `rows` rows alone, or all where there are no more.
    #[must_use]
    pub fn first(&self, rows: usize) -> Self {
        let values = self.values.iter().take(rows.saturating_mul(self.dimension)).copied().collect();
        Self { values, dimension: self.dimension }
    }

    /// All rows in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.dimension)
    }

    /// All numbers, row-major.
    pub fn values(&self) -> &[f32] {
        &self.values
    }
}

impl fmt::Debug for MultiVector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MultiVector[{} x {}]", self.len(), self.dimension)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rows_stand_alone() {
        let rows = MultiVector::new(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2).unwrap();
        assert_eq!(rows.first(2), MultiVector::new(vec![1.0, 2.0, 3.0, 4.0], 2).unwrap());
        assert_eq!(rows.first(usize::MAX), rows);
        assert!(rows.first(0).is_empty());
    }
}
