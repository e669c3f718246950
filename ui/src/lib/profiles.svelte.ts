// What a record should have: the profiles that there are, asked for once.

import { commands, type ProfileView } from "./bindings/workbench";
import { notices } from "./notices.svelte";

class Profiles {
  list = $state.raw<ProfileView[]>([]);

  async read(): Promise<void> {
    try {
      this.list = await commands.profiles();
    } catch (cause) {
      notices.fault(cause);
    }
  }
}

export const profiles = new Profiles();
