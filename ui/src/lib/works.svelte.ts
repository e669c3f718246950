// A list of works that is loaded a page at a time, so that 100,000 cost no more than what is seen.

import { SvelteMap } from "svelte/reactivity";
import { commands, type WorkCard, type WorkFilter } from "./bindings/workbench";
import { notices } from "./notices.svelte";

const PAGE = 100;

/** Which works, in which order. */
export type Wanted = Omit<WorkFilter, "offset" | "limit">;

export const EVERYTHING: Wanted = { text: "", badge: null, open: false, facets: [], lacking: [], sort: "added" };

/** A query as it is meant while it is typed: its last word may be a beginning, until a space or a quotation mark ends it. */
export function asTyped(text: string): string {
  const quoted = (text.match(/"/g)?.length ?? 0) % 2 === 1;
  const last = text.split(/\s/).at(-1) ?? "";
  return !quoted && /[\p{L}\p{N}]$/u.test(last) && !["OR", "AND", "NOT"].includes(last) ? `${text}*` : text;
}

/** The works that one filter finds, in their order. */
class Part {
  total = $state(0);
  pages = new SvelteMap<number, WorkCard[]>();
  #asked = new Map<number, Promise<void>>();
  // The last request for each page: an answer that was overtaken is not shown.
  #latest = new Map<number, number>();
  #requests = 0;
  // The pages in sight, the last one excluded.
  #shown: [number, number] = [0, 1];

  constructor(readonly wanted: Wanted) {}

  load(page: number): Promise<void> {
    const asked = this.#asked.get(page) ?? this.#ask(page);
    this.#asked.set(page, asked);
    return asked;
  }

  async #ask(page: number): Promise<void> {
    const mine = ++this.#requests;
    this.#latest.set(page, mine);
    try {
      const answer = await commands.works({ ...this.wanted, offset: page * PAGE, limit: PAGE });
      if (this.#latest.get(page) !== mine) return;
      this.total = answer.total;
      this.pages.set(page, answer.works);
    } catch (cause) {
      this.#asked.delete(page);
      throw cause;
    }
  }

  /** Loads the places `from` to `to` of this part, the last one excluded. */
  async ensure(from: number, to: number): Promise<void> {
    this.#shown = [Math.max(0, Math.floor(from / PAGE)), Math.max(1, Math.ceil(Math.min(to, this.total) / PAGE))];
    const loading: Promise<void>[] = [];
    for (let page = this.#shown[0]; page < this.#shown[1]; page++) loading.push(this.load(page).catch((cause) => notices.fault(cause)));
    await Promise.all(loading);
  }

  /** Asks again for what is shown, and forgets the rest; the old stays until the new is here, so that nothing jumps. */
  async refresh(): Promise<void> {
    const [first, last] = this.#shown;
    this.#asked.clear();
    for (const page of this.pages.keys()) if (page < first || page >= last) this.pages.delete(page);
    const loading: Promise<void>[] = [];
    for (let page = first; page < last; page++) loading.push(this.load(page).catch((cause) => notices.fault(cause)));
    await Promise.all(loading);
  }
}

export class WorkList {
  #parts: Part[];
  #refreshing = false;
  #stale = false;
  /** Whether the first answer is here. */
  ready = $state(false);
  /** Ends with the first answer: null, or the sentence why there is none. */
  readonly begun: Promise<string | null>;

  /** The works of several filters, those of the first one first. */
  constructor(wanted: Wanted[]) {
    this.#parts = wanted.map((one) => new Part(one));
    this.begun = Promise.all(this.#parts.map((part) => part.load(0))).then(
      () => {
        this.ready = true;
        return null;
      },
      (cause) => String(cause),
    );
  }

  get total(): number {
    return this.#parts.reduce((sum, part) => sum + part.total, 0);
  }

  /** The work at a place of the list, once it is loaded. */
  at(index: number): WorkCard | undefined {
    for (const part of this.#parts) {
      if (index < part.total) return part.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
      index -= part.total;
    }
    return undefined;
  }

  /** Loads the places `from` to `to`, the last one excluded. */
  async ensure(from: number, to: number): Promise<void> {
    const loading: Promise<void>[] = [];
    for (const part of this.#parts) {
      if (from < part.total && to > 0) loading.push(part.ensure(from, to));
      from -= part.total;
      to -= part.total;
    }
    await Promise.all(loading);
  }

  async slice(from: number, to: number): Promise<WorkCard[]> {
    const end = Math.min(to, this.total);
    await this.ensure(from, end);
    const cards: WorkCard[] = [];
    for (let index = Math.max(0, from); index < end; index++) {
      const card = this.at(index);
      if (card) cards.push(card);
    }
    return cards;
  }

  /** The first works of the list, once it is known how many there are. */
  async first(count: number): Promise<WorkCard[]> {
    const fault = await this.begun;
    if (fault !== null) notices.fault(fault);
    return this.slice(0, count);
  }

  /** Asks again, once the first answer is here; several calls while one is under way become one more. */
  async refresh(): Promise<void> {
    this.#stale = true;
    if (this.#refreshing) return;
    this.#refreshing = true;
    await this.begun;
    while (this.#stale) {
      this.#stale = false;
      await Promise.all(this.#parts.map((part) => part.refresh()));
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    this.#refreshing = false;
  }
}
