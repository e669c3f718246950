// What records of this library hold and should have: properties of its own, and the profiles that there are.

import { named } from "../messages";
import { commands, type OwnPropertyView, type ProfileView, type PropertyKind, type RecordPlanView } from "./bindings/workbench";
import { notices } from "./notices.svelte";

/** Core properties whose values are more than words to the program. */
const KINDS: Record<string, PropertyKind> = { artist: "maker", creator: "maker", date: "date", dimensions: "measures", rights: "rights" };

class RecordPlan {
  view = $state.raw<RecordPlanView | null>(null);

  get profiles(): ProfileView[] {
    return this.view?.profiles ?? [];
  }

  get properties(): OwnPropertyView[] {
    return this.view?.properties ?? [];
  }

  async read(): Promise<void> {
    await this.take(commands.recordPlan());
  }

  /** Shows the plan as a command leaves it; false where the command failed, which is told. */
  async take(plan: Promise<RecordPlanView>): Promise<boolean> {
    try {
      this.view = await plan;
      return true;
    } catch (cause) {
      notices.fault(cause);
      return false;
    }
  }

  own(key: string): OwnPropertyView | undefined {
    return this.properties.find((property) => property.key === key);
  }

  /** What values of a property are. */
  kind(key: string): PropertyKind {
    return this.own(key)?.kind ?? KINDS[key] ?? "term";
  }
}

export const recordPlan = new RecordPlan();

/** What a property is called: one of the library's own by the name that it was given, others in the language of the window. */
export const propertyName = (key: string): string => recordPlan.own(key)?.label ?? named("property", key);
