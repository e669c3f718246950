// The deep zoom's engine is half of the program's script: it comes once the first scan is looked at.

import type OpenSeadragon from "openseadragon";

/** OpenSeadragon, as a module gives it. */
export type Engine = typeof OpenSeadragon;

let coming: Promise<Engine> | undefined;

/** OpenSeadragon, read once. */
export function engine(): Promise<Engine> {
  coming ??= import("openseadragon").then((module) => module.default);
  // What could not be read is tried again when the next scan is opened.
  coming.catch(() => (coming = undefined));
  return coming;
}
