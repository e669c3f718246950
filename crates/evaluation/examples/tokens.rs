//! Reads lines from standard input and prints their Penn tokens: to compare with another tokenizer.

use std::io::{self, BufRead, Write};

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let lines = io::stdin().lock().lines().collect::<io::Result<Vec<_>>>()?;
    for (place, line) in lines.iter().enumerate() {
        let following = lines.get(place + 1).map_or("", String::as_str);
        writeln!(out, "{}", vitrine_evaluation::text::penn_tokens(line, following).join(" "))?;
    }
    Ok(())
}
