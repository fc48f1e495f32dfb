import { build as bundle } from "esbuild";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const WORKLET = "virtual:encoder-worklet";

/**
 * The audio worklet as a string, so that the page can load it from a blob: the same code then runs from the server and
 * from an exported file that has no server at all.
 */
function workletAsText(): Plugin {
  return {
    name: "worklet-as-text",
    resolveId: (id) => (id === WORKLET ? `\0${WORKLET}` : null),
    async load(id) {
      if (id !== `\0${WORKLET}`) return null;
      const entry = fileURLToPath(new URL("src/audio/worklet.ts", import.meta.url));
      const result = await bundle({
        entryPoints: [entry],
        bundle: true,
        write: false,
        minify: true,
        format: "esm",
        target: "es2022",
        metafile: true,
        absWorkingDir: fileURLToPath(new URL(".", import.meta.url)),
      });
      for (const input of Object.keys(result.metafile.inputs)) {
        this.addWatchFile(fileURLToPath(new URL(input, import.meta.url)));
      }
      return `export default ${JSON.stringify(result.outputFiles[0]?.text ?? "")};`;
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [workletAsText()],
  build: {
    outDir: fileURLToPath(new URL("../src/sonovista/viewer/client", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 8000,
    // One script and one style sheet: an exported page carries both inside it.
    cssCodeSplit: false,
    rollupOptions: {
      output: {
        inlineDynamicImports: true,
        entryFileNames: "assets/viewer-[hash].js",
        assetFileNames: "assets/viewer-[hash][extname]",
      },
    },
  },
});
