// The language that the window speaks: the one a person chose, or the system's as far as it is here. A further language is a file beside this
// one, named by its code and typed `Messages`; what it calls the terms of vocabularies is a file in `vocabulary`, how it says the sentences that
// come from below the window a file in `sentences`, and both may be missing.

import { en, type Messages } from "./en";
import { translator, type Sayings, type Sentences } from "./sentences";

type Said = { default: Messages };
type Called = { default: Partial<Record<string, string>> };
type Translated = { default: Sentences };

const files = import.meta.glob<Said>(["./??.ts", "./??-??.ts", "!./en.ts"]);
const vocabularies = import.meta.glob<Called>(["./vocabulary/??.ts", "./vocabulary/??-??.ts"]);
const sentences = import.meta.glob<Translated>(["./sentences/??.ts", "./sentences/??-??.ts"]);

const code = (path: string): string => path.replace(/^.*\/|\.ts$/g, "");

/** The codes of the languages that are here. */
export const LANGUAGES: readonly string[] = ["en", ...Object.keys(files).map(code)].sort();

/** What is said in a language, and how it writes numbers and dates. */
export class Language {
  readonly plural: Intl.PluralRules;
  readonly whole: Intl.NumberFormat;
  readonly tenth: Intl.NumberFormat;
  readonly hundredth: Intl.NumberFormat;
  readonly day: Intl.DateTimeFormat;
  readonly monthOfYear: Intl.DateTimeFormat;
  readonly clock: Intl.DateTimeFormat;
  readonly languages: Intl.DisplayNames;
  /** Says a sentence that comes in English. */
  readonly translate: (english: string, sayings: Sayings) => string;

  constructor(
    /** The language with the region whose customs it follows, such as `de-CH`. */
    readonly locale: string,
    readonly messages: Messages,
    readonly terms: Partial<Record<string, string>>,
    sentences: Sentences,
  ) {
    this.translate = translator(sentences);
    this.plural = new Intl.PluralRules(locale);
    this.whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
    this.tenth = new Intl.NumberFormat(locale, { maximumFractionDigits: 1, minimumFractionDigits: 1 });
    this.hundredth = new Intl.NumberFormat(locale, { maximumFractionDigits: 2, minimumFractionDigits: 2 });
    this.day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });
    this.monthOfYear = new Intl.DateTimeFormat(locale, { month: "short", year: "numeric", timeZone: "UTC" });
    this.clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    this.languages = new Intl.DisplayNames(locale, { type: "language" });
  }
}

let spoken = $state.raw(new Language("en", en, {}, {}));
// Who chooses quickly gets the last choice, whichever file arrives first.
let wanted = "en";

/** The language in force; whoever reads it in the page is drawn again when it changes. */
export const language = (): Language => spoken;

/** The first of the system's languages that is here, else English. */
function ofSystem(): string {
  for (const asked of navigator.languages) {
    const found = LANGUAGES.find((one) => one === asked) ?? LANGUAGES.find((one) => one === asked.split("-")[0]);
    if (found !== undefined) return found;
  }
  return "en";
}

/** The language with the system's region where the system speaks it too, so that dates and numbers are written as in that country. */
const regional = (one: string): string => navigator.languages.find((asked) => asked === one || asked.startsWith(`${one}-`)) ?? one;

/** Speaks the language of this code, the system's where it is empty or not here. */
export async function speak(choice: string): Promise<void> {
  const chosen = LANGUAGES.includes(choice) ? choice : ofSystem();
  wanted = chosen;
  const file = files[`./${chosen}.ts`];
  const [said, called, translated] = await Promise.all([
    file?.(),
    vocabularies[`./vocabulary/${chosen}.ts`]?.(),
    sentences[`./sentences/${chosen}.ts`]?.(),
  ]);
  if (wanted !== chosen) return;
  spoken = new Language(regional(chosen), said?.default ?? en, called?.default ?? {}, translated?.default ?? {});
  document.documentElement.lang = spoken.locale;
  document.documentElement.dir = RIGHT_TO_LEFT.has(chosen.split("-")[0] ?? "") ? "rtl" : "ltr";
}

const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur"]);

/** What a language calls itself, begun with a capital as in a list. */
export function ownName(one: string): string {
  const name = new Intl.DisplayNames([one], { type: "language" }).of(one) ?? one;
  return name.charAt(0).toLocaleUpperCase(one) + name.slice(1);
}
