// The properties that a value can be written for.

import { propertyName, recordPlan } from "./recordPlan.svelte";

export const CORE = [
  "title", "artist", "date", "description", "object-type", "media", "dimensions", "style", "genre", "subject", "tag", "inscription",
  "distinguishing-features", "provenance", "location", "repository", "rights", "credit-line", "identifier", "note",
];

/** The words that move a maker away from a work, as they are offered. */
export const QUALIFIERS = ["attributed to", "workshop of", "circle of", "style of", "after", "copy after"];

/** The core record and the library's own properties by name. */
export function knownProperties(): { key: string; label: string }[] {
  const own = recordPlan.properties.map(({ key, label }) => ({ key, label }));
  return [...CORE.map((key) => ({ key, label: propertyName(key) })), ...own];
}

/** The same; a property that is asked for from elsewhere comes behind it. */
export function offeredProperties(wanted: string): { key: string; label: string }[] {
  const known = knownProperties();
  return known.some(({ key }) => key === wanted) ? known : [...known, { key: wanted, label: propertyName(wanted) }];
}

/** Whether values of a property are makers, whose names have qualifiers. */
export const isOfMakers = (property: string): boolean => recordPlan.kind(property) === "maker";

/** Whether values of a property are texts of several lines. */
export const isOfTexts = (property: string): boolean =>
  ["description", "provenance", "note"].includes(property) || recordPlan.own(property)?.kind === "text";
