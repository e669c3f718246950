import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";

export default {
  preprocess: vitePreprocess(),
  // Warnings about access are errors in `npm run check`.
  compilerOptions: { runes: true },
};
