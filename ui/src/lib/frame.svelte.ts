// Where the window is: the place, the selection, and the works under review.

import type { Badge, FacetChoice, PassageScope, ShapeView, WorkCard, WorkSort } from "./bindings/workbench";

export type Place = "inbox" | "library" | "review" | "record" | "knowledge" | "models" | "evaluation" | "export" | "safety";

export const PLACES: Place[] = ["inbox", "library", "review", "record", "knowledge", "models", "evaluation", "export", "safety"];

/** What is sought by its look. */
export interface Sought {
  scan: number;
  part: ShapeView | null;
  called: string;
}

/** What a light table shows and where one was in it, so that coming back loses nothing. */
export interface Table {
  text: string;
  badge: Badge | null;
  facets: FacetChoice[];
  /** Properties of which nobody stands by a value. */
  lacking: string[];
  sort: WorkSort;
  top: number;
  active: number;
}

/** What a table looks for besides its query, as plain values. */
export function lookedFor(table: Table): Pick<Table, "badge" | "facets" | "lacking"> & { open: boolean } {
  return { badge: table.badge, open: false, facets: $state.snapshot(table.facets), lacking: $state.snapshot(table.lacking) };
}

class Frame {
  place = $state<Place>("library");
  tables: Record<"inbox" | "library", Table> = $state({
    inbox: { text: "", badge: null, facets: [], lacking: [], sort: "doubt", top: 0, active: 0 },
    library: { text: "", badge: null, facets: [], lacking: [], sort: "added", top: 0, active: 0 },
  });
  /** The works selected in a grid, by number. */
  selection = $state.raw<ReadonlySet<number>>(new Set());
  /** Whether the panel is open that changes the selected works together. */
  editing = $state(false);
  /** Whether the inbox shows what waits in several works alike instead of its works. */
  together = $state(false);
  /** The works under review, in their order; it holds still while one reviews. */
  queue = $state.raw<WorkCard[]>([]);
  position = $state(0);
  /** The passage to read in Knowledge, and what was searched. */
  passage = $state<string | null>(null);
  knowledgeText = $state("");
  /** What the search in Knowledge is narrowed down to. */
  knowledgeScope = $state.raw<PassageScope>({ collections: [], languages: [] });
  /** Sources that a person is about to add to the knowledge base; the first is being looked at. */
  sources = $state.raw<string[]>([]);
  /** The scan, or a part of it, whose like is sought among drawn pages, and what it is called. */
  sought = $state.raw<Sought | null>(null);
  /** Whether records go out or come in, and which file's. */
  records = $state<"out" | "in">("out");
  recordsFile = $state("");
  /** The work whose part of the log is shown; none for all. */
  loggedWork = $state<number | null>(null);
  /** The property that the review desk is opened for. */
  wanted = $state<string | null>(null);
  #cameFrom: Place = "library";

  go(place: Place): void {
    if (place === "review" && this.place !== "review") this.#cameFrom = this.place;
    this.place = place;
  }

  /** Opens the review desk on one of some works, for one property if it is given. */
  review(queue: WorkCard[], work: number, property: string | null = null): void {
    this.wanted = property;
    this.queue = queue;
    this.position = Math.max(0, queue.findIndex((card) => card.id === work));
    this.go("review");
  }

  /** Back to the grid that the review was opened from. */
  leaveReview(): void {
    this.go(this.#cameFrom);
  }

  /** Shows what the records of a file would change. */
  readRecords(file: string): void {
    this.records = "in";
    this.recordsFile = file;
    this.go("export");
  }

  /** Shows all that happened to a work. */
  log(work: number): void {
    this.loggedWork = work;
    this.go("safety");
  }

  read(passage: string): void {
    this.passage = passage;
    this.go("knowledge");
  }
}

export const frame = new Frame();
