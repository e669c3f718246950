// What the window remembers for this person: the surround, the language, sizes of panes and pictures.

import type { ScreenGamut } from "./bindings/workbench";
import { speak } from "../messages/language.svelte";
import { notices } from "./notices.svelte";

export type Surround = "system" | "light" | "mid" | "dark";

interface Kept {
  surround: Surround;
  /** The colours that the screen shows. */
  gamut: ScreenGamut;
  /** The code of the language; the system's where it is empty. */
  language: string;
  tile: number;
  statements: number;
  beside: number;
  exportFolder: string;
  /** Where exported records' own addresses begin; empty for none. */
  exportAddress: string;
  /** Whether the column of values is beside the library's grid. */
  facets: boolean;
  /** The same for the inbox. */
  inboxFacets: boolean;
  /** The profile that completeness is told by. */
  profile: string;
  /** The pack that explains and answers; the one that Vitrine comes with where it is empty or gone. */
  speaker: string;
  /** The prompt that is written by. */
  prompt: string;
}

const KEY = "vitrine";
const DEFAULTS: Kept = { surround: "system", gamut: "srgb", language: "", tile: 190, statements: 390, beside: 350, exportFolder: "", exportAddress: "", facets: true, inboxFacets: false, profile: "object-id", speaker: "", prompt: "explain" };

function read(): Kept {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Kept>) };
  } catch {
    // Unreadable preferences are no reason not to open; the next change writes good ones.
    return { ...DEFAULTS };
  }
}

export const preferences: Kept = $state(read());

const dark = window.matchMedia("(prefers-color-scheme: dark)");
let systemDark = $state(dark.matches);
dark.addEventListener("change", (event) => (systemDark = event.matches));

/** The surround in force: light, mid or dark. */
export function surroundNow(): "light" | "mid" | "dark" {
  if (preferences.surround !== "system") return preferences.surround;
  return systemDark ? "dark" : "light";
}

function speakPreferred(language: string): void {
  speak(language).catch((cause) => notices.fault(cause));
}

/** Keeps the preferences and dresses the page; call once, in a component. */
export function keepPreferences(): void {
  $effect(() => localStorage.setItem(KEY, JSON.stringify(preferences)));
  $effect(() => {
    document.documentElement.dataset.surround = surroundNow();
  });
  $effect(() => speakPreferred(preferences.language));
  $effect(() => {
    const changed = (): void => speakPreferred(preferences.language);
    window.addEventListener("languagechange", changed);
    return () => window.removeEventListener("languagechange", changed);
  });
}
