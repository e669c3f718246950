// What of a record comes out of Iconclass.

import { language as spoken } from "../messages/language.svelte";

/** Properties whose values say what a work shows. */
const SHOWN = ["subject", "tag", "iconography"];

/** Whether a property's values can be chosen from Iconclass. */
export function showsSubjects(property: string): boolean {
  return SHOWN.includes(property) || property.includes("iconograph");
}

/** The interface's language as a tag; who reads words looks for concepts in the same ones. */
export const language = (): string => spoken().locale;

/** A notation with a name in the brackets that it leaves open. */
export function withName(notation: string, name: string): string {
  return notation.replace("(...)", `(${name.trim().toUpperCase()})`);
}
