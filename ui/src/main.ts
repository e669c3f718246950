import { mount } from "svelte";
import "./app.css";

async function start(): Promise<void> {
  if (import.meta.env.MODE === "mock") (await import("./mock")).pretend();
  const { default: App } = await import("./App.svelte");
  const target = document.getElementById("app");
  if (target) mount(App, { target });
}

void start();
