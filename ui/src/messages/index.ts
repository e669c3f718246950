import { en, type Message, type MessageKey } from "./en";
import { language } from "./language.svelte";
import type { Sayings } from "./sentences";

export type { MessageKey } from "./en";

export type Parameters = Record<string, string | number>;

/** The message with its parameters filled in; its form and its numbers follow the rules of the language. */
export function t(key: MessageKey, parameters: Parameters = {}): string {
  const { messages, plural, whole } = language();
  const message: Message = messages[key];
  let text: string;
  if (typeof message === "string") {
    text = message;
  } else {
    const n = Number(parameters.n ?? 0);
    const form = plural.select(n);
    // `zero` says that there is nothing; the languages whose rules have a form of that name use it for other numbers too.
    text = (n === 0 ? message.zero : undefined) ?? (form === "zero" ? undefined : message[form]) ?? message.other;
  }
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => {
    const value = parameters[name];
    return value === undefined ? hole : typeof value === "number" ? whole.format(value) : value;
  });
}

/** The message under a key that comes from outside, such as a property's; the word itself where there is none. */
export function named(prefix: string, word: string): string {
  const key = `${prefix}.${word}`;
  return Object.hasOwn(en, key) ? t(key as MessageKey) : word;
}

/** What the language calls a term of Vitrine's vocabularies; any other word stays as it is. */
export function term(word: string): string {
  const { terms } = language();
  return (Object.hasOwn(terms, word) ? terms[word] : undefined) ?? word;
}

// Properties whose values are terms. A title that reads “Portrait” is a title.
const OF_VOCABULARIES = new Set(["style", "genre", "media", "technique", "object-type", "subject", "tag"]);

/** Two things as “what: value”, with the space before the colon that a language has. */
export const pair = (what: string, value: string): string => t("words.pair", { what, value });

/** A property's value as it is shown; what is stored, edited and exported stays as it is. */
export function shown(property: string, value: string): string {
  return OF_VOCABULARIES.has(property) ? term(value) : value;
}

export function percent(share: number): number {
  return Math.round(share * 100);
}

/** A share of one with two decimals, such as “0.71”. */
export function share(value: number): string {
  return language().hundredth.format(value);
}

export function number(value: number): string {
  const { tenth, whole } = language();
  return value < 10 && value % 1 !== 0 ? tenth.format(value) : whole.format(value);
}

const terms = (list: string): string => list.split(", ").map(term).join(", ");

// A property is its key in Rust's sentences, and suggestions name terms of the vocabularies.
const SAYINGS: Sayings = { property: (key) => named("property", key), terms, nearest: terms };

/** What Rust says, in the language of the window; a sentence that the language has no words for stays English. */
export const said = (english: string): string => language().translate(english, SAYINGS);

/** What Rust says, begun like a sentence. */
export function sentence(english: string): string {
  const text = said(english);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A length of time, such as “8 s” or “3 min”. */
export function duration(seconds: number): string {
  return seconds < 90
    ? t("time.seconds", { n: Math.max(1, Math.round(seconds)) })
    : t("time.minutes", { n: Math.round(seconds / 60) });
}

/** A length given in millimetres, in the unit that people would say it in: “5 mm”, “2 cm”, “1 m”. */
export function measure(millimetres: number): string {
  const [unit, size] = millimetres < 10 ? ["millimeter", 1] : millimetres < 1000 ? ["centimeter", 10] : ["meter", 1000];
  return new Intl.NumberFormat(language().locale, { style: "unit", unit, maximumSignificantDigits: 3 }).format(millimetres / size);
}

const megabyte = 1_000_000;

/** A size on the disk, such as “3.4 MB” or “120 GB”. */
export function bytes(count: number): string {
  const { tenth } = language();
  return count < 1000 * megabyte
    ? t("size.megabytes", { n: tenth.format(count / megabyte) })
    : t("size.gigabytes", { n: tenth.format(count / (1000 * megabyte)) });
}

/** A language by its code, such as “Italian”; the code itself where it is none. */
export function languageName(code: string): string {
  try {
    return language().languages.of(code) ?? code;
  } catch {
    return code;
  }
}

/** A month such as `2026-11`, as “Nov 2026”. */
export function month(text: string): string {
  const date = new Date(`${text}-01`);
  return Number.isNaN(date.getTime()) ? text : language().monthOfYear.format(date);
}

/** The moment, as “14:05” today and “3 Nov 2026” else. */
export function moment(rfc3339: string): string {
  const date = new Date(rfc3339);
  if (Number.isNaN(date.getTime())) return rfc3339;
  const { clock, day } = language();
  return date.toDateString() === new Date().toDateString() ? clock.format(date) : day.format(date);
}

/** Day and time of a moment, such as “3 Nov 2026, 14:05”. */
export function dayAndTime(rfc3339: string): string {
  const date = new Date(rfc3339);
  if (Number.isNaN(date.getTime())) return rfc3339;
  const { clock, day } = language();
  return `${day.format(date)}, ${clock.format(date)}`;
}
