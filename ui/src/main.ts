import { mount } from "svelte";
import "./app.css";

async function start(): Promise<void> {
  if (import.meta.env.MODE === "mock") (await import("./mock")).pretend();
  const { preferences } = await import("./lib/preferences.svelte");
  const { speak } = await import("./messages/language.svelte");
  // A language that cannot be read is told of once the page is there; English serves until then.
  await speak(preferences.language).catch(() => undefined);
  const { default: App } = await import("./App.svelte");
  const target = document.getElementById("app");
  if (target) mount(App, { target });
}

void start();
