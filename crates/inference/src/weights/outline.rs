//! A source of weights that has none: it notes what a model asks for and compares that with what files list. So a folder is checked, and a
//! model's size counted, by the very code that loads it.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};

use super::{InferenceError, Linear, Matrix, WeightSource};

/// What files list of a tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// It is there in the shape that was asked for.
    Fits,
    /// It is there in another shape.
    Differs(Vec<usize>),
    /// It is not there.
    Missing,
}

/// One thing that a model asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The plain name.
    pub name: String,
    /// The shape.
    pub shape: Vec<usize>,
    /// Whether it is the matrix of a linear map or a table, which may be packed.
    pub matrix: bool,
}

/// Notes requests.
pub struct Outline<'a> {
    place: PathBuf,
    look: &'a dyn Fn(&Request) -> Listed,
    requests: RefCell<Vec<Request>>,
    device: Device,
}

impl<'a> Outline<'a> {
    /// An outline that asks `look` what the files at `place` have.
    pub fn new(place: &Path, look: &'a dyn Fn(&Request) -> Listed) -> Self {
        Self { place: place.to_owned(), look, requests: RefCell::default(), device: Device::Cpu }
    }

    /// What was asked for.
    pub fn requests(self) -> Vec<Request> {
        self.requests.into_inner()
    }

    fn ask(&self, name: String, shape: &[usize], matrix: bool) -> Result<Tensor, InferenceError> {
        let request = Request { name, shape: shape.to_vec(), matrix };
        let listed = (self.look)(&request);
        match listed {
            Listed::Fits => {}
            Listed::Differs(found) => {
                return Err(InferenceError::tensor(&self.place, &request.name, super::other_shape(&found, shape)));
            }
            Listed::Missing => return Err(InferenceError::tensor(&self.place, &request.name, super::MISSING)),
        }
        self.requests.borrow_mut().push(request);
        // One number, seen as many: takes no memory.
        Ok(Tensor::zeros((), DType::F32, &self.device)?.broadcast_as(shape)?)
    }
}

impl WeightSource for Outline<'_> {
    fn device(&self) -> &Device {
        &self.device
    }

    fn dtype(&self) -> DType {
        DType::F32
    }

    fn contains(&self, name: &str) -> bool {
        // A name alone: any shape that is not missing will do.
        (self.look)(&Request { name: name.to_owned(), shape: Vec::new(), matrix: false }) != Listed::Missing
    }

    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, InferenceError> {
        self.ask(name.to_owned(), shape, false)
    }

    fn linear(&self, name: &str, inputs: usize, outputs: usize, bias: bool) -> Result<Linear, InferenceError> {
        let weight = Matrix::Dense(self.ask(format!("{name}.weight"), &[outputs, inputs], true)?);
        let bias = bias.then(|| self.ask(format!("{name}.bias"), &[outputs], false)).transpose()?;
        Ok(Linear { weight, bias })
    }

    fn table(&self, name: &str, entries: usize, width: usize) -> Result<Matrix, InferenceError> {
        Ok(Matrix::Dense(self.ask(format!("{name}.weight"), &[entries, width], true)?))
    }
}
