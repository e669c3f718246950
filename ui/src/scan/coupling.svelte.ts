// Two scans that are looked at together: whoever is moved by hand leads, and the other one follows.

import type { DeepZoom, Place } from "./deepZoom.svelte";

export class Coupling {
  #coupled = $state(true);
  #leader: DeepZoom | undefined;
  // A point p of the first scan belongs to the point (x, y) + p / ratio of the second one, in widths of either picture.
  #map: { ratio: number; x: number; y: number } | undefined;

  constructor(
    readonly first: DeepZoom,
    readonly second: DeepZoom,
  ) {}

  get coupled(): boolean {
    return this.#coupled;
  }

  /** Coupled anew, the scans keep to each other as they lie then: so they can be brought into register by hand. */
  set coupled(coupled: boolean) {
    this.#coupled = coupled;
    if (coupled) this.take();
  }

  /** The scan that is moved from now on. */
  lead(leader: DeepZoom): void {
    this.#leader = leader;
  }

  /** Takes the scans to belong together as they lie. */
  take(): void {
    const [one, two] = [this.first.view, this.second.view];
    if (!one || !two) return;
    const ratio = two.zoom / one.zoom;
    this.#map = { ratio, x: two.x - one.x / ratio, y: two.y - one.y / ratio };
  }

  /** To be told that a scan has moved. */
  moved(who: DeepZoom): void {
    const map = this.#map;
    const view = who.view;
    if (!this.#coupled || !map || !view || who !== this.#leader) return;
    const { ratio } = map;
    if (who === this.first) this.second.view = { zoom: view.zoom * ratio, x: map.x + view.x / ratio, y: map.y + view.y / ratio };
    else this.first.view = { zoom: view.zoom / ratio, x: (view.x - map.x) * ratio, y: (view.y - map.y) * ratio };
  }

  /** Where the second scan lies over the first one. */
  get place(): Place {
    const map = this.#map;
    return map ? { x: -map.x * map.ratio, y: -map.y * map.ratio, width: map.ratio } : { x: 0, y: 0, width: 1 };
  }
}
