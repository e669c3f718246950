//! Which characters the Penn tokenizer takes for letters, digits and signs.
//!
//! Found by giving Stanford's tokenizer (3.4.1) every character of the basic plane, alone and inside a word. It follows an older Unicode: letters that came later are
//! passed over there and taken here.

/// Whether words may consist of it.
pub(super) fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphabetic();
    }
    let no_letter = matches!(c, '\u{2160}'..='\u{2188}' | '\u{24b6}'..='\u{24e9}' | '\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{10000}'..);
    (c.is_alphabetic() && !no_letter) || MARKS.iter().any(|(first, last)| (*first..=*last).contains(&c))
}

/// Marks that belong to the word they stand in; digits of other scripts behave alike.
const MARKS: [(char, char); 46] = [
    ('\u{2c2}', '\u{2c5}'),
    ('\u{2d2}', '\u{2df}'),
    ('\u{2e5}', '\u{36f}'),
    ('\u{375}', '\u{375}'),
    ('\u{384}', '\u{385}'),
    ('\u{3f6}', '\u{3f6}'),
    ('\u{483}', '\u{487}'),
    ('\u{55a}', '\u{55f}'),
    ('\u{591}', '\u{5bd}'),
    ('\u{5bf}', '\u{5bf}'),
    ('\u{5c1}', '\u{5c2}'),
    ('\u{5c4}', '\u{5c5}'),
    ('\u{5c7}', '\u{5c7}'),
    ('\u{615}', '\u{61a}'),
    ('\u{64b}', '\u{65e}'),
    ('\u{660}', '\u{669}'),
    ('\u{670}', '\u{670}'),
    ('\u{6d6}', '\u{6e4}'),
    ('\u{6e7}', '\u{6ed}'),
    ('\u{6f0}', '\u{6f9}'),
    ('\u{6fd}', '\u{6fe}'),
    ('\u{70f}', '\u{74c}'),
    ('\u{7a6}', '\u{7c9}'),
    ('\u{7eb}', '\u{7f3}'),
    ('\u{900}', '\u{963}'),
    ('\u{966}', '\u{96f}'),
    ('\u{981}', '\u{983}'),
    ('\u{9bc}', '\u{9ef}'),
    ('\u{a01}', '\u{a03}'),
    ('\u{a3c}', '\u{a6f}'),
    ('\u{a81}', '\u{a83}'),
    ('\u{abc}', '\u{aef}'),
    ('\u{b66}', '\u{b6f}'),
    ('\u{b82}', '\u{bcd}'),
    ('\u{be6}', '\u{bef}'),
    ('\u{c01}', '\u{c6f}'),
    ('\u{ce6}', '\u{cef}'),
    ('\u{d3e}', '\u{d6f}'),
    ('\u{e31}', '\u{e3a}'),
    ('\u{e47}', '\u{e4e}'),
    ('\u{e50}', '\u{e59}'),
    ('\u{eb1}', '\u{ed9}'),
    ('\u{f20}', '\u{f29}'),
    ('\u{1040}', '\u{1049}'),
    ('\u{a620}', '\u{a629}'),
    ('\u{ff10}', '\u{ff19}'),
];

/// Whether it is a token of its own where nothing else applies; what is neither this nor a letter separates words and is dropped.
pub(super) fn is_sign(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_graphic();
    }
    SIGNS.iter().any(|(first, last)| (*first..=*last).contains(&c))
}

const SIGNS: [(char, char); 66] = [
    ('\u{a1}', '\u{a1}'),
    ('\u{a5}', '\u{a9}'),
    ('\u{ac}', '\u{ac}'),
    ('\u{ae}', '\u{b4}'),
    ('\u{b6}', '\u{b9}'),
    ('\u{bf}', '\u{bf}'),
    ('\u{d7}', '\u{d7}'),
    ('\u{f7}', '\u{f7}'),
    ('\u{37e}', '\u{37e}'),
    ('\u{387}', '\u{387}'),
    ('\u{589}', '\u{589}'),
    ('\u{5be}', '\u{5be}'),
    ('\u{5c0}', '\u{5c0}'),
    ('\u{5c3}', '\u{5c3}'),
    ('\u{5c6}', '\u{5c6}'),
    ('\u{5f3}', '\u{5f4}'),
    ('\u{600}', '\u{603}'),
    ('\u{606}', '\u{60c}'),
    ('\u{614}', '\u{614}'),
    ('\u{61b}', '\u{61b}'),
    ('\u{61e}', '\u{61f}'),
    ('\u{66a}', '\u{66a}'),
    ('\u{66d}', '\u{66d}'),
    ('\u{6d4}', '\u{6d4}'),
    ('\u{700}', '\u{70d}'),
    ('\u{7f6}', '\u{7f8}'),
    ('\u{964}', '\u{965}'),
    ('\u{e3f}', '\u{e3f}'),
    ('\u{e4f}', '\u{e4f}'),
    ('\u{1fbd}', '\u{1fbd}'),
    ('\u{2016}', '\u{2017}'),
    ('\u{201a}', '\u{201a}'),
    ('\u{201e}', '\u{2023}'),
    ('\u{2030}', '\u{2038}'),
    ('\u{203b}', '\u{203b}'),
    ('\u{203e}', '\u{2042}'),
    ('\u{2044}', '\u{2044}'),
    ('\u{2070}', '\u{2070}'),
    ('\u{2074}', '\u{207e}'),
    ('\u{2080}', '\u{208e}'),
    ('\u{20a4}', '\u{20a4}'),
    ('\u{2100}', '\u{2101}'),
    ('\u{2103}', '\u{2106}'),
    ('\u{2108}', '\u{2109}'),
    ('\u{2114}', '\u{2114}'),
    ('\u{2116}', '\u{2118}'),
    ('\u{211e}', '\u{2123}'),
    ('\u{2125}', '\u{2125}'),
    ('\u{2127}', '\u{2127}'),
    ('\u{2129}', '\u{2129}'),
    ('\u{212e}', '\u{212e}'),
    ('\u{213a}', '\u{213b}'),
    ('\u{2140}', '\u{2144}'),
    ('\u{214a}', '\u{214d}'),
    ('\u{214f}', '\u{214f}'),
    ('\u{2155}', '\u{215e}'),
    ('\u{2190}', '\u{2bff}'),
    ('\u{3001}', '\u{3002}'),
    ('\u{3012}', '\u{3012}'),
    ('\u{30fb}', '\u{30fb}'),
    ('\u{ff01}', '\u{ff0f}'),
    ('\u{ff1a}', '\u{ff20}'),
    ('\u{ff3b}', '\u{ff40}'),
    ('\u{ff5b}', '\u{ff65}'),
    ('\u{ffe0}', '\u{ffe1}'),
    ('\u{ffe5}', '\u{ffe6}'),
];
