// The properties that a value can be written for.

import { named } from "../messages";
import { profiles } from "./profiles.svelte";

const CORE = [
  "title", "artist", "date", "description", "object-type", "media", "dimensions", "style", "genre", "subject", "tag", "inscription",
  "distinguishing-features", "provenance", "location", "repository", "rights", "credit-line", "identifier", "note",
];

/** The words that move a maker away from a work, as they are offered. */
export const QUALIFIERS = ["attributed to", "workshop of", "circle of", "style of", "after", "copy after"];

/** The core record; what profiles of one's own ask for comes behind it, and so does a property that is asked for from elsewhere. */
export function offeredProperties(wanted: string): { key: string; label: string }[] {
  const own = profiles.list.flatMap((profile) => profile.properties).filter(({ key }) => !CORE.includes(key));
  const known = [...CORE.map((key) => ({ key, label: named("property", key) })), ...own];
  return known.some(({ key }) => key === wanted) ? known : [...known, { key: wanted, label: named("property", wanted) }];
}

/** Whether values of a property are makers, whose names have qualifiers. */
export const isOfMakers = (property: string): boolean => property === "artist" || property === "creator";
