import { en, type Message, type MessageKey } from "./en";

export type { MessageKey } from "./en";

const locale = "en";
const plural = new Intl.PluralRules(locale);
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat(locale, { maximumFractionDigits: 1, minimumFractionDigits: 1 });
const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });
const monthOfYear = new Intl.DateTimeFormat(locale, { month: "short", year: "numeric", timeZone: "UTC" });
const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export type Parameters = Record<string, string | number>;

/** The message with its parameters filled in; numbers are written by the locale's rules. */
export function t(key: MessageKey, parameters: Parameters = {}): string {
  const message: Message = en[key];
  let text: string;
  if (typeof message === "string") {
    text = message;
  } else {
    const n = Number(parameters.n ?? 0);
    const form = plural.select(n) === "one" ? message.one : message.other;
    text = n === 0 ? (message.zero ?? form) : form;
  }
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => {
    const value = parameters[name];
    return value === undefined ? hole : typeof value === "number" ? whole.format(value) : value;
  });
}

/** The message under a key that comes from outside, such as a property's; the word itself where there is none. */
export function named(prefix: string, word: string): string {
  const key = `${prefix}.${word}`;
  return key in en ? t(key as MessageKey) : word;
}

export function percent(share: number): number {
  return Math.round(share * 100);
}

export function number(value: number): string {
  return value < 10 && value % 1 !== 0 ? tenth.format(value) : whole.format(value);
}

/** A cause as it comes, begun like a sentence. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A length of time, such as “8 s” or “3 min”. */
export function duration(seconds: number): string {
  return seconds < 90
    ? t("time.seconds", { n: Math.max(1, Math.round(seconds)) })
    : t("time.minutes", { n: Math.round(seconds / 60) });
}

const megabyte = 1_000_000;

/** A size on the disk, such as “3.4 MB” or “120 GB”. */
export function bytes(count: number): string {
  return count < 1000 * megabyte
    ? t("size.megabytes", { n: tenth.format(count / megabyte) })
    : t("size.gigabytes", { n: tenth.format(count / (1000 * megabyte)) });
}

/** A month such as `2026-11`, as “Nov 2026”. */
export function month(text: string): string {
  const date = new Date(`${text}-01`);
  return Number.isNaN(date.getTime()) ? text : monthOfYear.format(date);
}

/** The moment, as “14:05” today and “3 Nov 2026” else. */
export function moment(rfc3339: string): string {
  const date = new Date(rfc3339);
  if (Number.isNaN(date.getTime())) return rfc3339;
  return date.toDateString() === new Date().toDateString() ? clock.format(date) : day.format(date);
}
