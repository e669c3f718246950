//! Cutting what a model writes into sentences while it comes, with the numbers of the passages that each names, and into calls of tools.

use vitrine_knowledge::sentences;

use super::calls;

/// A sentence that is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// Its words, without the numbers.
    pub text: String,
    /// The numbers that it names, each once, in order.
    pub cited: Vec<usize>,
}

/// What marks the model's thoughts, which are not part of the answer.
const THOUGHTS: [&str; 2] = ["<think>", "</think>"];

/// Takes text piece by piece and gives sentences as soon as they are over: when the next has begun, since numbers may follow the
/// full stop.
#[derive(Debug, Default)]
pub(super) struct Sentences {
    open: String,
    /// What stood between the marks of calls, in order.
    calls: Vec<String>,
    /// What stood between the marks of thoughts and was not yet asked for.
    thoughts: Vec<String>,
    begun: bool,
}

/// What is left at the end.
#[derive(Debug, Default)]
pub(super) struct Finished {
    pub sentences: Vec<Written>,
    /// All calls.
    pub calls: Vec<String>,
    /// Thoughts that were not yet asked for.
    pub thoughts: Vec<String>,
}

impl Sentences {
    /// The sentences that `text` completes.
    pub(super) fn push(&mut self, text: &str) -> Vec<Written> {
        self.open.push_str(text);
        self.take(false)
    }

    /// The words so far of the sentence that is open, without what may yet become a mark.
    pub(super) fn open(&self) -> &str {
        let sure = self.open.find(['<', '[']).map_or(&self.open[..], |mark| &self.open[..mark]);
        if self.begun { sure.trim() } else { "" }
    }

    /// The thoughts that have come to their end since this was last asked.
    pub(super) fn thoughts(&mut self) -> Vec<String> {
        std::mem::take(&mut self.thoughts)
    }

    /// What is left when the model has ended.
    pub(super) fn finish(mut self) -> Finished {
        let sentences = self.take(true);
        Finished { sentences, calls: self.calls, thoughts: self.thoughts }
    }

    fn take(&mut self, ended: bool) -> Vec<Written> {
        let thoughts = self.take_out(THOUGHTS, ended);
        self.thoughts.extend(thoughts.into_iter().map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()));
        let calls = self.take_out(calls::MARKS, ended);
        self.calls.extend(calls);
        if !self.begun {
            let start = self.open.trim_start();
            if !ended && start.starts_with(['{', '[', '`']) {
                // Perhaps a call without marks: that shows at the end.
                return Vec::new();
            }
            if ended && calls::begins_like_a_call(start) {
                self.calls.push(std::mem::take(&mut self.open));
                return Vec::new();
            }
            self.begun = !start.is_empty();
        }
        let mut found = Vec::new();
        while let Some(end) = end_of_first(&self.open, ended) {
            let rest = self.open.split_off(end);
            let sentence = std::mem::replace(&mut self.open, rest);
            found.extend(written(&sentence));
        }
        found
    }

    /// Cuts out what stands between marks and gives it; what is unfinished is kept back whole until its end comes.
    fn take_out(&mut self, marks: [&str; 2], ended: bool) -> Vec<String> {
        let mut taken = Vec::new();
        while let Some(start) = self.open.find(marks[0]) {
            let inside = start + marks[0].len();
            let end = match self.open[inside..].find(marks[1]) {
                Some(length) => inside + length,
                None if ended => self.open.len(),
                None => break,
            };
            taken.push(self.open[inside..end].to_owned());
            self.open.replace_range(start..self.open.len().min(end + marks[1].len()), "");
        }
        taken
    }
}

/// Where the first sentence of `text` ends, numbers behind it included, if it is over.
fn end_of_first(text: &str, ended: bool) -> Option<usize> {
    let whole = text.trim_end();
    // A mark that begins (`[1`, `<thi`) may still become something; what stands before it may be over nevertheless.
    let marked = [THOUGHTS[0], calls::MARKS[0]].into_iter().filter_map(|mark| text.find(mark)).min();
    let sure = if ended { text.len() } else { marked.unwrap_or(whole.len()) };
    let cut = sentences(&text[..sure]);
    let first = cut.first()?;
    let behind = behind_numbers(text, first.end);
    let more = text[behind..].trim_start();
    match more.chars().next() {
        Some('[') if !ended && !more.contains(']') => None,
        Some('<') if !ended => None,
        Some(_) => Some(behind),
        None if ended => Some(text.len()),
        None => None,
    }
}

/// The place behind all `[1]` that follow `at`.
fn behind_numbers(text: &str, mut at: usize) -> usize {
    loop {
        let rest = &text[at..];
        let inner = rest.trim_start();
        match numbers(inner) {
            Some((length, _)) => at += rest.len() - inner.len() + length,
            None => return at,
        }
    }
}

/// The numbers at the beginning of `text` (`[1]`, `[1, 3]`) and how long they are.
fn numbers(text: &str) -> Option<(usize, Vec<usize>)> {
    let inside = text.strip_prefix('[')?;
    let end = inside.find(']')?;
    let listed: Option<Vec<usize>> =
        inside[..end].split([',', ' ']).filter(|n| !n.is_empty()).map(|n| n.parse().ok()).collect();
    listed.filter(|listed| !listed.is_empty()).map(|listed| (end + 2, listed))
}

/// A sentence with its numbers taken out; none where nothing else is left.
fn written(sentence: &str) -> Option<Written> {
    let (mut text, mut cited) = (String::new(), Vec::new());
    let mut at = 0;
    while let Some(letter) = sentence[at..].chars().next() {
        if let Some((length, listed)) = numbers(&sentence[at..]) {
            for number in listed {
                if !cited.contains(&number) {
                    cited.push(number);
                }
            }
            at += length;
            // "the field [1]." is "the field."
            if sentence[at..].starts_with(['.', ',', ';', ':', '!', '?']) || sentence[at..].trim().is_empty() {
                text.truncate(text.trim_end().len());
            }
            continue;
        }
        text.push(letter);
        at += letter.len_utf8();
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(Written { text, cited })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pieces: &[&str]) -> Vec<(String, Vec<usize>)> {
        let mut sentences = Sentences::default();
        let mut found: Vec<Written> = pieces.iter().flat_map(|piece| sentences.push(piece)).collect();
        found.extend(sentences.finish().sentences);
        found.into_iter().map(|written| (written.text, written.cited)).collect()
    }

    fn expected() -> Vec<(String, Vec<usize>)> {
        vec![
            ("A field lies under a dark sky.".into(), vec![]),
            ("Van Gogh painted it in 1890.".into(), vec![1, 2]),
            ("It may be his last work, some say.".into(), vec![3]),
        ]
    }

    #[test]
    fn sentences_come_with_their_numbers_however_the_text_is_cut() {
        let text =
            "A field lies under a dark sky. Van Gogh painted it in 1890. [1][2] It may be his last work [3], some say.";
        assert_eq!(all(&[text]), expected());
        for size in 1..9 {
            let letters: Vec<String> =
                text.chars().collect::<Vec<_>>().chunks(size).map(|chunk| chunk.iter().collect()).collect();
            let pieces: Vec<&str> = letters.iter().map(String::as_str).collect();
            assert_eq!(all(&pieces), expected(), "in pieces of {size}");
        }
    }

    #[test]
    fn a_sentence_is_given_as_soon_as_the_next_begins() {
        let mut sentences = Sentences::default();
        assert_eq!(sentences.push("It is a fresco. [1"), []);
        assert_eq!(sentences.open(), "It is a fresco.");
        assert_eq!(sentences.push("]"), []);
        let found = sentences.push(" The");
        assert_eq!(found, [Written { text: "It is a fresco.".into(), cited: vec![1] }]);
    }

    #[test]
    fn thoughts_are_left_out_and_what_is_no_number_stays() {
        assert_eq!(
            all(&["<think>Is it a ", "fresco? Yes.</think>It is ", "a fresco [sic]."]),
            [("It is a fresco [sic].".to_owned(), vec![])]
        );
        assert_eq!(all(&["It is so. <think>Never ends."]), [("It is so.".to_owned(), vec![])]);
        let mut thinking = Sentences::default();
        thinking.push("<think>Is it a ");
        assert!(thinking.thoughts().is_empty(), "a thought is handed on whole");
        thinking.push("fresco? </think>It");
        assert_eq!(thinking.thoughts(), ["Is it a fresco?"]);
        assert!(thinking.thoughts().is_empty(), "and once");
        assert_eq!(all(&["[1]"]), []);
        assert_eq!(all(&["no full stop [2]"]), [("no full stop".to_owned(), vec![2])]);
        assert_eq!(all(&["  "]), []);
    }

    #[test]
    fn calls_are_taken_out_whole_however_the_text_is_cut() {
        let first = "{\"name\": \"a\"}";
        let text = format!("I look it up. <tool_call>{first}</tool_call> <tool_call>{{\"name\": \"b. C");
        for size in 1..12 {
            let letters: Vec<char> = text.chars().collect();
            let mut sentences = Sentences::default();
            let mut found = Vec::new();
            for piece in letters.chunks(size) {
                found.extend(sentences.push(&piece.iter().collect::<String>()));
            }
            let Finished { sentences: rest, calls, .. } = sentences.finish();
            found.extend(rest);
            assert_eq!(found, [Written { text: "I look it up.".into(), cited: vec![] }], "in pieces of {size}");
            assert_eq!(calls, [first, "{\"name\": \"b. C"], "in pieces of {size}");
        }
    }

    #[test]
    fn an_answer_that_is_a_call_without_marks_is_no_sentence() {
        let text = "{\"name\": \"find\", \"arguments\": {\"query\": \"A storm. Two.\"}}";
        let mut sentences = Sentences::default();
        assert_eq!(sentences.push(&text[..50]), []);
        assert_eq!(sentences.open(), "");
        assert_eq!(sentences.push(&text[50..]), []);
        let finished = sentences.finish();
        assert_eq!((finished.sentences, finished.calls), (vec![], vec![text.to_owned()]));
        // Brackets alone are no call.
        assert_eq!(all(&["[Untitled]", " is its title. It hangs."]).len(), 2);
    }
}
