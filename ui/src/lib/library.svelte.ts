// The open library at a glance, its jobs, and what happens when the workbench reports a change.

import { listen } from "@tauri-apps/api/event";
import { commands, type JobView, type LibraryView, type UndoView, type WorkbenchEvent } from "./bindings/workbench";
import { frame } from "./frame.svelte";
import { notices } from "./notices.svelte";
import { recordPlan } from "./recordPlan.svelte";
import { said, t } from "../messages";

type Listener = (work: number | null) => void;

/** Whether two jobs of a kind ended alike, so that showing the later one says all. */
function sameEnd(one: JobView, other: JobView): boolean {
  const end = (job: JobView): string => JSON.stringify([job.kind, job.state, job.failures, job.duplicates, job.near, job.remarks, job.output]);
  return one.state !== "running" && one.kind !== "import" && end(one) === end(other);
}

class Library {
  view = $state.raw<LibraryView | null>(null);
  /** Why there is no library, once that is known. */
  fault = $state<string | null>(null);
  jobs = $state.raw<JobView[]>([]);
  demonstration = $state(false);
  #listeners = new Set<Listener>();
  #tileListeners = new Set<(scan: number) => void>();
  #asked = false;
  #again = false;
  #settled = new Set<number>();

  async open(): Promise<void> {
    await listen<WorkbenchEvent>("workbench", (event) => this.#hear(event.payload));
    try {
      this.view = await commands.library();
      void recordPlan.read();
      this.demonstration = await commands.demonstrationAvailable();
      for (const job of await commands.jobs()) if (job.state === "running") this.#job(job);
    } catch (cause) {
      this.fault = String(cause);
    }
  }

  /** Calls `listener` with each work that changed, or null when the library's list did. Returns how to stop. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `listener` with each scan whose tiles are there, or could not be made. Returns how to stop. */
  onTiles(listener: (scan: number) => void): () => void {
    this.#tileListeners.add(listener);
    return () => this.#tileListeners.delete(listener);
  }

  async refresh(): Promise<void> {
    if (this.#asked) {
      this.#again = true;
      return;
    }
    this.#asked = true;
    try {
      this.view = await commands.library();
    } catch (cause) {
      notices.fault(cause);
    }
    // A burst of changes asks a few times a second, not once a change.
    setTimeout(() => {
      this.#asked = false;
      if (this.#again) {
        this.#again = false;
        void this.refresh();
      }
    }, 200);
  }

  /** Says that a person changed a work, so that lists and counts follow. */
  changed(work: number | null): void {
    for (const listener of this.#listeners) listener(work);
    void this.refresh();
  }

  async undo(): Promise<UndoView | null> {
    return this.#step(commands.undo, "undo.done", "undo.none", { word: t("redo.word"), run: () => void this.redo() });
  }

  async redo(): Promise<UndoView | null> {
    return this.#step(commands.redo, "redo.done", "redo.none", { word: t("undo.word"), run: () => void this.undo() });
  }

  async #step(
    step: () => Promise<UndoView | null>,
    done: "undo.done" | "redo.done",
    none: "undo.none" | "redo.none",
    action: { word: string; run: () => void },
  ): Promise<UndoView | null> {
    try {
      const outcome = await step();
      if (outcome) {
        notices.say(t(done, { what: said(outcome.what) }), action);
        this.changed(outcome.work);
      } else {
        notices.say(t(none));
      }
      return outcome;
    } catch (cause) {
      notices.fault(cause);
      return null;
    }
  }

  /** Takes in scans; a single table, workbook, LIDO or Linked Art file is records, and is shown before it changes anything. */
  async import(paths: string[]): Promise<void> {
    const [first] = paths;
    if (first !== undefined && paths.length === 1 && /\.(csv|xlsx|xlsm|xml|json|jsonld|jsonl)$/i.test(first)) return frame.readRecords(first);
    if (paths.length > 0) await commands.import(paths).catch((cause) => notices.fault(cause));
  }

  /** Lets a job rest, or go on. */
  async rest(job: JobView): Promise<void> {
    await (job.paused ? commands.resume(job.id) : commands.pause(job.id)).catch((cause) => notices.fault(cause));
  }

  /** Lets all jobs rest that can, or go on where all of them rest. Whether there were any. */
  restAll(): boolean {
    const able = this.jobs.filter((job) => job.state === "running" && job.pausable);
    const running = able.filter((job) => !job.paused);
    for (const job of running.length > 0 ? running : able) void this.rest(job);
    return able.length > 0;
  }

  dismiss(job: number): void {
    this.jobs = this.jobs.filter((candidate) => candidate.id !== job);
  }

  #job(job: JobView): void {
    const known = this.jobs.some((candidate) => candidate.id === job.id);
    const others = this.jobs.filter((old) => old.id === job.id || !sameEnd(old, job));
    this.jobs = known ? others.map((old) => (old.id === job.id ? job : old)) : [...others, job];
    if (job.state !== "running" && !this.#settled.has(job.id)) {
      this.#settled.add(job.id);
      void this.refresh();
      // A job that left nothing to look into clears itself away.
      const plain = job.state === "finished" && !job.output && [job.failures, job.duplicates, job.near, job.remarks].every((list) => list.length === 0);
      if (plain) setTimeout(() => this.dismiss(job.id), 8000);
    }
  }

  #hear(event: WorkbenchEvent): void {
    if (event.kind === "job") this.#job(event.job);
    else if (event.kind === "notice") notices.say(said(event.text));
    else if (event.kind === "tiles") for (const listener of this.#tileListeners) listener(event.scan);
    else this.changed(event.kind === "workChanged" ? event.work : null);
  }
}

export const library = new Library();
