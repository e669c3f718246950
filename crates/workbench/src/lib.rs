//! The open library and everything a curator does with it: one public function each.

pub mod view;
