import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

/**
 * In the application Object.prototype is frozen, so that nothing can be slipped under it. OpenSeadragon copies methods called `toString` onto its
 * prototypes by assignment, which a frozen ancestor forbids; defined, they are its own and all is well.
 */
const definedNotAssigned: Plugin = {
  name: "openseadragon-defines-what-it-copies",
  apply: "build",
  transform(code, id) {
    if (!id.endsWith("/openseadragon.js")) return null;
    const assigned = "target[ name ] = copy;";
    if (!code.includes(assigned)) this.error(`OpenSeadragon no longer says “${assigned}”: look at how it copies methods now`);
    return code.replaceAll(assigned, "Object.defineProperty(target, name, { value: copy, writable: true, enumerable: true, configurable: true });");
  },
};

export default defineConfig({
  plugins: [svelte(), definedNotAssigned],
  clearScreen: false,
  server: { port: 5173, strictPort: true },
  build: {
    target: "safari16",
    // The content security policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
