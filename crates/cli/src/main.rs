//! Vitrine on the command line.

fn main() {}
