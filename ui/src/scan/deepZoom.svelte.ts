// A scan in a room of the page, as near as one likes: the whole picture at once, and tiles of the original over it as soon as they are there.

import type OpenSeadragon from "openseadragon";
import { commands } from "../lib/bindings/workbench";
import { picture, tile } from "../lib/pictures";
import { preferences } from "../lib/preferences.svelte";
import type { Engine } from "./openseadragon";

/** A scan to look at, in pixels of the upright original. */
export interface Look {
  scan: number;
  title: string;
  width: number;
  height: number;
}

/** From pixels of the scan to those of the page within the room: x' = a x + c y + e, y' = b x + d y + f. */
export type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** Where another scan lies over this one, in widths of this one's picture. */
export interface Place {
  x: number;
  y: number;
  width: number;
}

export const QUIET = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

export class DeepZoom {
  /** Pixels of the screen for a pixel of the scan; 1 is pixel-exact. */
  scale = $state(0);
  /** Whether the whole scan is in sight, in the middle. */
  atHome = $state(true);
  /** By how many degrees it is turned. */
  turned = $state(0);
  /** Whether the picture could not be shown. */
  broken = $state(false);
  /** `whole` or `tiles` where all detail is there, `making`, or why there is none. */
  sharpness = $state<"whole" | "making" | "tiles" | string>("making");
  matrix = $state.raw<Matrix>([1, 0, 0, 1, 0, 0]);

  readonly #engine: Engine;
  readonly #viewer: OpenSeadragon.Viewer;
  #look: Look | undefined;
  #over: { look: Look; place: Place; opacity: number; items: OpenSeadragon.TiledImage[] } | undefined;

  /** `rested` is told when the picture stands still, `moved` whenever it does not. */
  constructor(engine: Engine, room: HTMLElement, { rested, moved, opened }: { rested?: () => void; moved?: () => void; opened?: () => void } = {}) {
    this.#engine = engine;
    this.#viewer = engine({
      element: room,
      // Tiles come through a protocol of the application's, whose pixels a page may show but not read, as WebGL would.
      drawer: "canvas",
      tabIndex: -1,
      keyboardNavEnabled: false,
      showNavigationControl: false,
      animationTime: QUIET ? 0 : 0.15,
      springStiffness: 12,
      immediateRender: true,
      visibilityRatio: 0.6,
      minZoomImageRatio: 0.1,
      maxZoomPixelRatio: 16,
      preserveImageSizeOnResize: true,
      zoomPerScroll: 1.25,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
    });
    // A tile without overlap is drawn a pixel larger, so that no seams show; at its own size that would be a pixel too much.
    const drawer = this.#viewer.drawer as unknown as { minimumOverlapRequired: () => boolean };
    drawer.minimumOverlapRequired = () => Math.abs(this.#ownScale() - 1) > 1e-6;
    this.#viewer.addHandler("viewport-change", () => {
      this.#measure();
      moved?.();
    });
    this.#viewer.addHandler("update-viewport", () => this.#measure());
    this.#viewer.addHandler("resize", () => this.#measure());
    this.#viewer.addHandler("animation-finish", () => {
      this.#measure();
      rested?.();
    });
    this.#viewer.addHandler("open", () => {
      this.fit();
      this.#measure();
      opened?.();
    });
    this.#viewer.addHandler("open-failed", () => (this.broken = true));
  }

  /** Gives the room back. */
  leave(): void {
    this.#viewer.destroy();
  }

  /** Shows a scan instead of what was shown. */
  show(look: Look): void {
    this.#look = look;
    this.#over = undefined;
    this.broken = false;
    this.turned = 0;
    this.sharpness = "making";
    this.#viewer.viewport?.setRotation(0, true);
    this.#viewer.open({ type: "image", url: picture(look.scan), buildPyramid: false } as unknown as OpenSeadragon.TileSourceSpecifier);
    void this.sharpen(look.scan);
  }

  /** Lays tiles over the picture of this scan, if it is shown and they are there. */
  async sharpen(scan: number): Promise<void> {
    if (scan === this.#look?.scan && this.sharpness !== "tiles") {
      try {
        const gamut = preferences.gamut;
        const source = await this.#tiles(scan);
        // Another scan or other colours may have been chosen meanwhile; whoever chose asks by himself.
        if (scan !== this.#look?.scan || gamut !== preferences.gamut || (this.sharpness as string) === "tiles") return;
        if (typeof source === "string") {
          this.sharpness = source;
        } else {
          this.sharpness = "tiles";
          const lay = (): void => this.#viewer.addTiledImage({ index: 1, tileSource: source });
          // Before the picture below is open, opening it would take the tiles away again.
          if (this.#viewer.isOpen()) lay();
          else this.#viewer.addOnceHandler("open", () => scan === this.#look?.scan && lay());
        }
      } catch (cause) {
        this.sharpness = String(cause);
      }
    }
    const over = this.#over;
    if (over?.look.scan === scan && over.items.length < 2) {
      // Without its tiles the upper scan is still there, only less sharp.
      const source = await this.#tiles(scan).catch(() => "failed");
      if (over === this.#over && over.items.length < 2 && typeof source !== "string") this.#add(source);
    }
  }

  /** Where the tiles of a scan are, or why there are none. */
  async #tiles(scan: number): Promise<OpenSeadragon.TileSourceOptions | string> {
    const gamut = preferences.gamut;
    const tiles = await commands.tiles(scan, gamut);
    if (tiles.state.kind === "needless") return "whole";
    if (tiles.state.kind === "failed") return tiles.state.reason;
    if (tiles.state.kind === "making") return "making";
    const last = tiles.levels - 1;
    return {
      width: tiles.width,
      height: tiles.height,
      tileSize: tiles.side,
      tileOverlap: 0,
      minLevel: 0,
      maxLevel: last,
      getTileUrl: (level: number, x: number, y: number) => tile(scan, gamut, last - level, x, y),
    } as unknown as OpenSeadragon.TileSourceOptions;
  }

  /** Lays another scan over this one. */
  lay(look: Look, place: Place, opacity: number): void {
    this.unlay();
    this.#over = { look, place, opacity, items: [] };
    this.#add({ type: "image", url: picture(look.scan), buildPyramid: false } as unknown as OpenSeadragon.TileSourceOptions);
  }

  #add(tileSource: OpenSeadragon.TileSourceOptions): void {
    const over = this.#over;
    if (!over) return;
    this.#viewer.addTiledImage({
      tileSource,
      ...over.place,
      opacity: over.opacity,
      success: (event) => {
        const { item } = event as unknown as { item: OpenSeadragon.TiledImage };
        if (over !== this.#over) {
          this.#viewer.world.removeItem(item);
          return;
        }
        item.setOpacity(over.opacity);
        over.items.push(item);
        if (over.items.length === 1) void this.sharpen(over.look.scan);
        else over.items[0]?.setOpacity(0);
      },
    });
  }

  /** How strongly the upper scan covers the lower one, 0 to 1. */
  set opacity(opacity: number) {
    if (!this.#over) return;
    this.#over.opacity = opacity;
    // Where there are tiles, the small picture below them would show through twice.
    this.#over.items.at(-1)?.setOpacity(opacity);
  }

  /** Takes the upper scan away. */
  unlay(): void {
    const items = this.#over?.items ?? [];
    this.#over = undefined;
    for (const item of items) this.#viewer.world.removeItem(item);
  }

  /** Lays an element of the page over the whole picture; it turns and grows with it. */
  cover(element: HTMLElement): void {
    const look = this.#look;
    if (!look) return;
    const { Rect, OverlayRotationMode } = this.#engine;
    this.#viewer.clearOverlays();
    this.#viewer.addOverlay({ element, location: new Rect(0, 0, 1, look.height / look.width), rotationMode: OverlayRotationMode.EXACT });
  }

  zoomBy(factor: number): void {
    this.#viewer.viewport?.zoomBy(factor).applyConstraints();
  }

  /** Fits the scan into a room whose size is just changing. */
  refit(): void {
    // The engine is still setting the zoom of before while it tells of the new size.
    this.#viewer.addOnceHandler("after-resize", () => queueMicrotask(() => this.fit()));
  }

  fit(): void {
    this.#viewer.viewport?.goHome(QUIET);
  }

  /** One pixel of the scan is one of the screen, edge on edge. */
  exact(): void {
    const viewport = this.#viewer.viewport;
    if (!viewport || !this.#look) return;
    const density = this.#engine.pixelDensityRatio;
    viewport.zoomTo(this.#look.width / (this.#room() * density), undefined, true);
    viewport.applyConstraints(true);
    const { Point } = this.#engine;
    const corner = viewport.pixelFromPoint(new Point(0, 0), true);
    const off = (at: number): number => Math.round(at * density) / density - at;
    viewport.panBy(viewport.deltaPointsFromPixels(new Point(-off(corner.x), -off(corner.y)), true), true);
    this.#measure();
  }

  turn(): void {
    this.turned = (this.turned + 90) % 360;
    this.#viewer.viewport?.setRotation(this.turned, QUIET);
  }

  /** Moves the view by so many pixels of the page. */
  pan(x: number, y: number): void {
    const viewport = this.#viewer.viewport;
    viewport?.panBy(viewport.deltaPointsFromPixels(new this.#engine.Point(x, y), true)).applyConstraints();
  }

  /** Brings a part of the scan into sight, with some room around it. */
  seek(x: number, y: number, width: number, height: number): void {
    if (!this.#viewer.isOpen()) {
      this.#viewer.addOnceHandler("open", () => this.seek(x, y, width, height));
      return;
    }
    const viewport = this.#viewer.viewport;
    const look = this.#look;
    if (!viewport || !look) return;
    const margin = Math.max(width, height, look.width / 20);
    const rect = new this.#engine.Rect((x - margin / 2) / look.width, (y - margin / 2) / look.width, (width + margin) / look.width, (height + margin) / look.width);
    viewport.fitBoundsWithConstraints(rect, QUIET);
  }

  /** Where the view is: how far in, and around which point in widths of the picture. */
  get view(): { zoom: number; x: number; y: number } | undefined {
    const viewport = this.#viewer.viewport;
    if (!viewport || !this.#viewer.isOpen()) return undefined;
    const { x, y } = viewport.getCenter(true);
    return { zoom: viewport.getZoom(true), x, y };
  }

  /** Goes there at once. */
  set view(view: { zoom: number; x: number; y: number } | undefined) {
    const viewport = this.#viewer.viewport;
    if (!viewport || !view || !this.#viewer.isOpen()) return;
    viewport.zoomTo(view.zoom, undefined, true);
    viewport.panTo(new this.#engine.Point(view.x, view.y), true);
  }

  readonly #room = (): number => this.#viewer.viewport?.getContainerSize().x ?? 0;

  /** Pixels of the screen for a pixel of the scan, at this moment. */
  readonly #ownScale = (): number => ((this.#viewer.viewport?.getZoom(true) ?? 0) * this.#room() * this.#engine.pixelDensityRatio) / (this.#look?.width ?? 1);

  #measure(): void {
    const viewport = this.#viewer.viewport;
    const look = this.#look;
    if (!viewport || !look) return;
    this.scale = this.#ownScale();
    const home = viewport.getHomeZoom();
    this.atHome = Math.abs(viewport.getZoom(false) / home - 1) < 0.001 && viewport.getCenter(false).distanceTo(viewport.getHomeBounds().getCenter()) < 1e-6;
    // From its own size on, the scan is shown as it is, pixel by pixel.
    this.#viewer.drawer?.setImageSmoothingEnabled(this.scale < 0.999);
    const { Point } = this.#engine;
    const at = (x: number, y: number): OpenSeadragon.Point => viewport.pixelFromPoint(new Point(x, y), true);
    const [origin, across, down] = [at(0, 0), at(1, 0), at(0, 1)];
    const share = (to: number, from: number): number => (to - from) / look.width;
    const next: Matrix = [share(across.x, origin.x), share(across.y, origin.y), share(down.x, origin.x), share(down.y, origin.y), origin.x, origin.y];
    if (next.some((value, index) => Math.abs(value - (this.matrix[index] ?? 0)) > 1e-9)) this.matrix = next;
  }
}
