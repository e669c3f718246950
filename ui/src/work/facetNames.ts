import type { FacetKind } from "../lib/bindings/workbench";
import { propertyName } from "../lib/recordPlan.svelte";
import { named, t, term } from "../messages";

/** A facet's value as people say it. */
export function valueName(facet: FacetKind, value: string): string {
  switch (facet) {
    case "state":
      return named("badge", value);
    case "source":
      return named("source", value);
    case "has":
      return propertyName(value);
    case "century": {
      const from = Number(value);
      return t("facet.years", { from: String(from), to: String(from + 99) });
    }
    case "style":
    case "genre":
    case "media":
    case "object-type":
    case "subject":
      return term(value);
    default:
      return value;
  }
}
