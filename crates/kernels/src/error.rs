//! What a kernel refuses, in sentences.

/// Sizes or numbers that a kernel can't work with. Every message says what was expected and what came.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum KernelError {
    /// A slice is of another length than its sizes ask for.
    #[error("{what} should hold {expected} numbers and holds {found}")]
    Length {
        /// Which slice.
        what: &'static str,
        /// How many elements its sizes ask for.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// The bytes of a quantised matrix are not as many as its sizes ask for.
    #[error("a matrix of {rows} x {columns} in {format} takes {expected} bytes and {found} came")]
    Bytes {
        /// Outputs.
        rows: usize,
        /// Inputs.
        columns: usize,
        /// The format's name.
        format: &'static str,
        /// The bytes that it takes.
        expected: usize,
        /// The bytes that came.
        found: usize,
    },
    /// A width that blocks can't cover.
    #[error("{format} needs columns in multiples of {block}, and the matrix has {columns}; pad it with zeros")]
    Columns {
        /// The format's name.
        format: &'static str,
        /// Columns in a block.
        block: usize,
        /// Columns of the matrix.
        columns: usize,
    },
    /// Sizes that are zero or whose product no memory holds.
    #[error("{what} can't be {found}: {expected}")]
    Size {
        /// Which size.
        what: &'static str,
        /// What came.
        found: String,
        /// What it has to be.
        expected: &'static str,
    },
    /// A number that a block can't hold.
    #[error("row {row} holds {value} near column {column}, which {format} can't represent")]
    Value {
        /// The row.
        row: usize,
        /// First column of the block.
        column: usize,
        /// The number.
        value: f32,
        /// The format's name.
        format: &'static str,
    },
    /// An index past the end.
    #[error("row {row} was asked of a matrix of {rows} rows")]
    Row {
        /// The row asked for.
        row: usize,
        /// Rows there are.
        rows: usize,
    },
    /// The system has not the memory.
    #[error("{bytes} bytes could not be had from the system; close other programs or choose a smaller model")]
    Memory {
        /// The bytes asked for.
        bytes: usize,
    },
    /// The source of a matrix's bytes failed.
    #[error("the blocks of a matrix of {rows} x {columns} could not be read: {cause}")]
    Read {
        /// Outputs.
        rows: usize,
        /// Inputs.
        columns: usize,
        /// What the source said.
        cause: String,
    },
}

/// Checks that a slice is as long as its sizes ask for.
pub(crate) fn expect_length(what: &'static str, expected: Option<usize>, found: usize) -> Result<(), KernelError> {
    match expected {
        Some(expected) if expected == found => Ok(()),
        Some(expected) => Err(KernelError::Length { what, expected, found }),
        None => Err(KernelError::Size {
            what,
            found: "so large".to_owned(),
            expected: "the product of its sizes has to fit the machine's address space",
        }),
    }
}
