//! The work that is spoken of.

use std::sync::Arc;

use image::RgbImage;
use vitrine_inference::CardLine;

use crate::Desk;

/// The work that is spoken of, and what can be asked about it.
#[derive(Clone, Copy)]
pub struct WorkAtHand<'a> {
    /// What is accepted and what is suggested of it.
    pub card: &'a [CardLine],
    /// Its scan, for explainers that see.
    pub scan: Option<&'a Arc<RgbImage>>,
    /// The library that it is in, for explainers that call tools.
    pub desk: Option<&'a dyn Desk>,
    /// Another work, for comparing the two.
    pub other: Option<&'a OtherWork<'a>>,
}

/// A work that another one is compared with.
#[derive(Clone, Copy)]
pub struct OtherWork<'a> {
    /// What is accepted and what is suggested of it.
    pub card: &'a [CardLine],
    /// Its scan, for explainers that see.
    pub scan: Option<&'a Arc<RgbImage>>,
}

impl<'a> WorkAtHand<'a> {
    /// A work of which nothing but the card is at hand.
    pub fn of_card(card: &'a [CardLine]) -> Self {
        Self { card, scan: None, desk: None, other: None }
    }
}
