// Shapes in words and in pixels.

import type { RegionView, ShapeView } from "../lib/bindings/workbench";
import { t } from "../messages";

/** The shape with its place, such as “Rectangle, 40 × 30 at 10, 20”. */
export function inWords(shape: ShapeView): string {
  const kind = t(`region.${shape.kind}`);
  if (shape.kind === "rectangle") return `${kind}, ${t("region.rectangleAt", { width: shape.width, height: shape.height, x: shape.x, y: shape.y })}`;
  if (shape.kind === "point") return `${kind}, ${t("region.pointAt", { x: shape.x, y: shape.y })}`;
  return `${kind}, ${t("region.corners", { n: shape.corners.length })}`;
}

/** What a region is called: its note, else its shape. */
export const called = (region: RegionView): string => region.content.note ?? inWords(region.content.shape);

/** The rectangle around a shape. */
export function around(shape: ShapeView): { x: number; y: number; width: number; height: number } {
  if (shape.kind === "rectangle") return shape;
  if (shape.kind === "point") return { x: shape.x, y: shape.y, width: 1, height: 1 };
  const [xs, ys] = [shape.corners.map(([x]) => x), shape.corners.map(([, y]) => y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}
