// That the sentences of Rust are said in every language, that what is said belongs to a sentence of Rust, and how one is found.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const load = async (path) => (await runnerImport(at(path), { configFile: false, logLevel: "error" })).module;

const languages = readdirSync(at("../src/messages/sentences/")).map((file) => file.replace(/\.ts$/, ""));
const { translator } = await load("../src/messages/sentences.ts");
const said = new Map();
for (const code of languages) said.set(code, (await load(`../src/messages/sentences/${code}.ts`)).default);

// Crates whose errors a person meets in the window, but for those of `NEVER_SHOWN`.
const SHOWN = ["assistant", "catalogue", "exchange", "imaging", "inference", "knowledge", "rendering", "retrieval", "sources", "vocabularies", "workbench"];

/** Files whose errors no window shows as they are, with the reason. */
const NEVER_SHOWN = {
  "inference/src/worker/frame.rs": "what went over the pipe to a worker, in the brackets of an error that is translated",
  "inference/src/worker/serve.rs": "the worker's own end of that pipe",
  "retrieval/src/codebook/file.rs": "the insides of an index, within an error that is translated",
  "retrieval/src/multi_vector.rs": "numbers within an error that is translated",
  "retrieval/src/store.rs": "a server for vectors, which the window does not use",
  "imaging/src/similarity.rs": "a fingerprint that this program itself has written",
};
/** Single errors of the kind. */
const LEFT_OUT = new Map([
  ["the worker {} ended before it had answered ({}){}; the next request starts it anew", "said with and without its optional part"],
  ["{} weights were given for {} query rows", "a fault of the program itself"],
  ["the weight of query row {} is {}; weights are finite and not negative", "a fault of the program itself"],
]);

/** Sentences that Rust puts together, with the literals it has for them. */
const PUT_TOGETHER = {
  "in line {line}, {reason}": ["in line {line}, ", "the {what} was not understood: {}{reason}; correct its file"],
  "{count} statements without a row in the log": ["{count} {what}", "statements without a row in the log"],
  "{count} works without a scan": ["{count} {what}", "works without a scan"],
  "{count} works without a card": ["{count} {what}", "works without a card"],
  "{count} works that searches do not know": ["{count} {what}", "works that searches do not know"],
  "{count} decisions of nobody": ["{count} {what}", "decisions of nobody"],
  "Accepted {property}: {value}": ["{verb} {}: {}", "Accepted"],
  "Rejected {property}: {value}": ["{verb} {}: {}", "Rejected"],
  "Accepted {count} statements": ["{verb} {} statements", "Accepted"],
  "Rejected {count} statements": ["{verb} {} statements", "Rejected"],
  "Changed {count} statements": ["{verb} {} statements", "Changed"],
  "Decided on {count} statements": ["{verb} {} statements", "Decided on"],
  "Drew {shape}": ["{verb} {shape}", "Drew"],
  "Drew {shape}: {note}": ["{verb} {shape}: {}", "Drew"],
  "Changed {shape}": ["{verb} {shape}", "Changed"],
  "Changed a rectangle: {note}": ["{verb} {shape}: {}", "Changed", "a rectangle"],
  "Changed a polygon: {note}": ["{verb} {shape}: {}", "Changed", "a polygon"],
  "Changed a point: {note}": ["{verb} {shape}: {}", "Changed", "a point"],
  "Removed {shape}": ["{verb} {shape}", "Removed"],
  "Removed {shape}: {note}": ["{verb} {shape}: {}", "Removed"],
  "the camera's own preview, not a development of its raw data; for the full quality develop it and take in the TIFF": [
    "the camera's own preview, not a development of its raw data",
    "; for the full quality develop it and take in the TIFF",
  ],
  "the camera's own preview, not a development of its raw data of {width} x {height} pixels; for the full quality develop it and take in the TIFF": [
    "the camera's own preview, not a development of its raw data",
    " of {width} x {height} pixels",
    "; for the full quality develop it and take in the TIFF",
  ],
  "no search is kept as “{name}”; kept are: none": ["no search is kept as “{name}”; kept are: {}", "none"],
  "the worker {path} ended before it had answered ({how}); the next request starts it anew": ["the worker {} ended before it had answered ({}){}; the next request starts it anew"],
  "the worker {path} ended before it had answered ({how}); it last said: {words}; the next request starts it anew": [
    "the worker {} ended before it had answered ({}){}; the next request starts it anew",
    "; it last said: {said}",
  ],
  "Computes on the {device}, where {gigabytes} GB are still free.": ["Computes on the {}{free}.", ", where {:.1} GB are still free"],
  "{size} takes {room} in {precision}; {better} would need {needed}, and {limit} allows {allowed}.": [
    "{} takes {} in {}",
    "{takes}; {} would need {}, and {} allows {}.",
  ],
};

// Names of holes need not agree, and of holes that touch, as of an optional part beside another, a key may have one.
const shape = (text) => text.replace(/\{[^{}]*\}/g, "{}").replace(/(\{\})+/g, "{}");
const english = (key) => key.replace(/^\w+\|/, "");
const holes = (text) => [...new Set(text.match(/\{\w+\}/g))].sort();
const words = (text) => text.replace(/\{[^{}]*\}/g, " ").match(/\p{L}+/gu) ?? [];

/** What a literal of Rust says, its escapes undone. */
const unescaped = (literal) =>
  literal
    .replace(/\\\r?\n\s*/g, "")
    .replace(/\\u\{([0-9a-f]+)\}/gi, (_, digits) => String.fromCodePoint(parseInt(digits, 16)))
    .replace(/\\(.)/g, (_, sign) => ({ n: "\n", t: "\t", r: "\r", 0: "\0" })[sign] ?? sign);

/** The texts in a file of Rust: comments are passed over, and a letter in single quotes may be a double quote. */
function literals(source) {
  const parts = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|r(#*)"([\s\S]*?)"\1|"((?:[^"\\]|\\[\s\S])*)"|'(?:[^'\\\n]|\\[^\n]{1,8}?)'/g;
  return [...source.matchAll(parts)].flatMap(([, , raw, plain]) => (raw !== undefined ? [raw] : plain !== undefined ? [unescaped(plain)] : []));
}

/** The files of Rust below a folder, by their paths within it. */
function rust(folder) {
  const paths = readdirSync(at(folder), { recursive: true }).map((path) => path.replaceAll("\\", "/"));
  return new Map(paths.filter((path) => /(^|\/)src\/.*\.rs$/.test(path)).map((path) => [path, readFileSync(at(folder + path), "utf8")]));
}

const crates = rust("../../crates/");
const inRust = new Set([...crates.values(), ...rust("../../src-tauri/").values()].flatMap(literals).map(shape));
const errors = [...crates].flatMap(([file, source]) =>
  [...source.matchAll(/#\[error\(\s*"((?:[^"\\]|\\[\s\S])*)"/g)].map(([, literal]) => ({ file, text: shape(unescaped(literal)) })),
);

test("the sources of Rust are read", () => {
  assert.ok(errors.length > 200 && inRust.size > 3000, "the files that sentences come from have changed their place or shape");
  assert.deepEqual(literals(`let a = "x \\"y\\" \\\n   z"; // "no"\nlet b = '"'; let c: &'static str = r#"raw "q""#;`), [`x "y" z`, `raw "q"`]);
});

test("there are sentences for Italian, German and French", () => {
  for (const code of ["it", "de", "fr"]) assert.ok(languages.includes(code), code);
});

for (const code of languages) {
  const sentences = said.get(code);

  test(`${code} says sentences that Rust has`, () => {
    for (const key of Object.keys(sentences)) {
      const parts = PUT_TOGETHER[key];
      if (parts === undefined) {
        assert.ok(inRust.has(shape(english(key))), `${code}: Rust does not say “${key}”`);
      } else {
        for (const part of parts) assert.ok(inRust.has(shape(part)), `Rust does not say “${part}”, a part of “${key}”`);
        const told = new Set(parts.flatMap(words));
        for (const word of words(key)) assert.ok(told.has(word), `no part of “${key}” says “${word}”`);
      }
    }
  });

  test(`${code} says every error that the window can show`, () => {
    const known = new Set(Object.keys(sentences).map((key) => shape(english(key))));
    for (const { file, text } of errors) {
      // What has no word of its own is another sentence, or such as `{}: {}`.
      if (!SHOWN.includes(file.split("/")[0]) || NEVER_SHOWN[file] || LEFT_OUT.has(text) || words(text).length === 0) continue;
      assert.ok(known.has(text), `${code} has no word for “${text}” of ${file}`);
    }
  });

  test(`${code} says the same sentences as the others, with the same holes`, () => {
    assert.deepEqual(Object.keys(sentences).sort(), Object.keys(said.get(languages[0])).sort());
    for (const [key, text] of Object.entries(sentences)) {
      assert.deepEqual(holes(text), holes(key), `${code}: ${key}`);
      assert.notEqual(text.trim(), "", `${code}: ${key}`);
    }
  });
}

test("what is left out is there to be left out", () => {
  for (const file of Object.keys(NEVER_SHOWN)) assert.ok(errors.some((error) => error.file === file), `${file} has no errors`);
  for (const text of LEFT_OUT.keys()) assert.ok(errors.some((error) => error.text === text), `no error says “${text}”`);
});

test("French signs stand off by a space that does not break", () => {
  for (const [key, text] of Object.entries(said.get("fr"))) {
    // Columns, fields and commands keep the signs that they have.
    const prose = text.replace(/`[^`]*`|date:\S+|https:\S+|“"”|&\{entity\};/g, "");
    assert.doesNotMatch(prose, / [;:!?»%]|« /u, `fr: ${key}`);
    assert.doesNotMatch(prose, /[^\u00a0\u202f\s][;:!?»%]|«[^\u00a0]/u, `fr: ${key}`);
  }
});

const FEW = {
  "{place}: {cause}": "{place} – {cause}",
  "{file}, {place}": "{file}, {place}",
  "{file} could not be {doing}: {cause}; {advice}": "{cause} beim {doing} von {file}, also {advice}",
  "the disk is full": "die Platte ist voll",
  "doing|read": "Lesen",
  "advice|check the disk": "die Platte prüfen",
  "place|row {number}": "Zeile {number}",
  "its colours are wrong ({cause})": "falsche Farben ({cause})",
  "“{value}” is no day": "„{value}“ ist kein Tag",
  "“{value}” is no day; write one like 2026-11-22": "„{value}“ ist kein Tag, sondern so etwas: 2026-11-22",
  "the value for “{property}” is empty": "kein Wert bei {property}",
};
const few = translator(FEW);
const say = (text) => few(text, { property: (key) => (key === "style" ? "Stil" : key) });

test("a cause is said within its sentence, and holes change their places", () => {
  assert.equal(say("/a/b.csv could not be read: the disk is full; check the disk"), "die Platte ist voll beim Lesen von /a/b.csv, also die Platte prüfen");
  assert.equal(say("row 7: its colours are wrong (the disk is full)"), "Zeile 7 – falsche Farben (die Platte ist voll)");
  assert.equal(say("list.csv, row 7: the disk is full"), "list.csv, Zeile 7 – die Platte ist voll");
});

test("names of files stay as they are, whatever signs they have", () => {
  for (const name of ["a: b.tif", "C:\\scans\\(1).tif", "“q” {file} $& [x]*.tif", "row: x; y, z.tif", "the disk is full.tif", ""]) {
    assert.equal(say(`${name}: the disk is full`), `${name} – die Platte ist voll`);
    assert.equal(say(`${name} could not be read: x; check the disk`), `x beim Lesen von ${name}, also die Platte prüfen`);
  }
});

test("a sentence that no key fits stays English, and so does a word out of its place", () => {
  for (const text of ["", "read", "check the disk", "row 7", "a: b, c: d", "it could not be read", "the disk is full.", "b.csv could not be lost: x; check the disk", "The disk is full", "constructor"]) {
    assert.equal(say(text), text);
  }
});

test("the template with the most fixed text holds", () => {
  assert.equal(say("“x” is no day; write one like 2026-11-22"), "„x“ ist kein Tag, sondern so etwas: 2026-11-22");
  assert.equal(say("“x” is no day"), "„x“ ist kein Tag");
});

test("what a hole's name stands for is said by whoever knows it", () => {
  assert.equal(say("the value for “style” is empty"), "kein Wert bei Stil");
  assert.equal(say("the value for “drawer” is empty"), "kein Wert bei drawer");
});

test("a sentence within sentences within sentences comes to its end", () => {
  const german = translator(said.get("de"));
  const begun = performance.now();
  for (const part of ["a.csv, row 5: ", "row 5: the table is not well formed: ", "at x: y (z); w, v "]) {
    assert.notEqual(german(`${part.repeat(60)}the file is empty; scan or copy it again`, {}), "");
  }
  assert.ok(performance.now() - begun < 5_000, "what stands in holes is looked through again and again");
});

test("many sentences are said at once", () => {
  const german = translator(said.get("de"));
  const begun = performance.now();
  for (let n = 0; n < 10_000; n++) {
    const text = `/scans/${n}.tif could not be read: the file is incomplete: it ends before the picture does; copy or scan it again`;
    assert.match(german(text, {}), /konnte nicht gelesen werden: die Datei ist unvollständig/);
  }
  assert.ok(performance.now() - begun < 5_000, "ten thousand failures take longer than anybody would wait");
});
