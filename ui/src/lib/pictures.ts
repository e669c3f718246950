import { convertFileSrc } from "@tauri-apps/api/core";
import type { ScreenGamut } from "./bindings/workbench";

/** Where the small picture of a scan is served, at most 512 pixels long. */
export const thumb = (scan: number): string => convertFileSrc(String(scan), "thumb");

/** Where the large picture of a scan is served, at most 2048 pixels long. */
export const picture = (scan: number): string => convertFileSrc(String(scan), "scan");

/** Where a tile of a scan is served in the colours of a gamut; level 0 is the whole size, each further one half of it. */
export const tile = (scan: number, gamut: ScreenGamut, level: number, x: number, y: number): string =>
  `${convertFileSrc(String(scan), "scan")}/${gamut}/${level}/${x}_${y}`;
