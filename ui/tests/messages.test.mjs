// What all languages must agree in: messages, the holes in them, forms that their plural rules know, and the terms that they have words for.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const read = (path) => readFileSync(at(path), "utf8");
const load = async (path) => (await runnerImport(at(path), { configFile: false, logLevel: "error" })).module;

const codes = (folder) => readdirSync(at(folder)).flatMap((file) => file.match(/^(..(?:-..)?)\.ts$/)?.[1] ?? []);
const languages = codes("../src/messages/").filter((code) => code !== "en");
const { en } = await load("../src/messages/en.ts");
const { TERMS } = await load("../src/messages/vocabulary/terms.ts");
const spoken = new Map();
for (const code of languages) spoken.set(code, (await load(`../src/messages/${code}.ts`)).default);

const forms = (message) => (typeof message === "string" ? { other: message } : message);
const holes = (text) => [...new Set((text ?? "").match(/\{\w+\}/g))].sort();
const allHoles = (message) => [...new Set(Object.values(forms(message)).flatMap(holes))].sort();

test("there are Italian, German and French beside English", () => {
  for (const code of ["it", "de", "fr"]) assert.ok(languages.includes(code), code);
});

for (const code of languages) {
  test(`${code} says what English says`, () => {
    assert.deepEqual(Object.keys(spoken.get(code)).sort(), Object.keys(en).sort());
  });

  test(`${code} has the holes of the English`, () => {
    for (const [key, message] of Object.entries(spoken.get(code))) {
      assert.deepEqual(allHoles(message), allHoles(en[key]), `${code}: ${key}`);
      assert.deepEqual(holes(forms(message).other), holes(forms(en[key]).other), `${code}: ${key}, its form “other”`);
    }
  });

  test(`${code} has forms that its plural rules know, and no empty one`, () => {
    const known = new Set(["zero", ...new Intl.PluralRules(code).resolvedOptions().pluralCategories]);
    for (const [key, message] of Object.entries(spoken.get(code))) {
      for (const [form, text] of Object.entries(forms(message))) {
        assert.ok(known.has(form), `${code}: ${key} has a form “${form}”`);
        assert.notEqual(text.trim(), "", `${code}: ${key}`);
      }
    }
  });
}

test("French signs stand off by a space that does not break", () => {
  // Brackets and addresses of fields, such as `title:`, are not French.
  for (const [key, message] of Object.entries(spoken.get("fr") ?? {})) {
    for (const text of Object.values(forms(message))) assert.doesNotMatch(text, / [;:!?»%]|« /u, `fr: ${key}`);
  }
});

test("the terms are those of the packs, the articles and the profiles", () => {
  const classifier = JSON.parse(read("../../models/compact/classifier.json"));
  const labels = classifier.tasks.filter(({ task }) => task === "style" || task === "genre").flatMap((task) => task.labels);
  const movements = read("../../models/compact/labels.toml").split("[movement]")[1].split("\n[")[0].match(/(?<== ")[^"]+/g);
  const articles = ["style", "genre", "medium", "technique", "theme"].flatMap((kind) => {
    const folder = `../../assets/knowledge/${kind}/`;
    return readdirSync(at(folder)).map((file) => read(folder + file).match(/^title = "(.+)"$/m)[1]);
  });
  const profiles = "../../crates/catalogue/profiles/";
  const asked = readdirSync(at(profiles)).flatMap((file) => [...read(profiles + file).matchAll(/^(?:name|title) = "(.+)"$/gm)].map((found) => found[1]));
  assert.ok(labels.length > 30 && movements.length > 20 && articles.length > 200 && asked.length > 30, "the files that terms come from have changed their shape");
  const known = [...new Set([...labels, ...movements, ...articles, ...asked])].sort();
  assert.deepEqual([...TERMS].sort(), known);
});

for (const code of codes("../src/messages/vocabulary/")) {
  test(`${code} has a word for every term`, async () => {
    const words = (await load(`../src/messages/vocabulary/${code}.ts`)).default;
    assert.deepEqual(Object.keys(words).sort(), [...TERMS].sort());
    for (const [term, word] of Object.entries(words)) assert.notEqual(word.trim(), "", term);
  });
}
