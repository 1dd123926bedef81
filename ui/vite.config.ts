import tailwindcss from "@tailwindcss/vite";
import { defineConfig, type Plugin } from "vite";

/** htmx carries one direct `eval`, off by our configuration and forbidden by our policy: take it out of the bundle. */
const withoutEval: Plugin = {
  name: "without-eval",
  transform(code, id) {
    if (!id.endsWith("htmx.esm.js")) return null;
    const changed = code.replace("return eval(str)", 'throw new Error("eval is off")');
    if (changed === code) throw new Error("htmx changed: look for its eval again");
    return { code: changed, map: null };
  },
};

/** Cornerstone writes the look of a label as a style attribute, which our policy forbids; set by script it may be. */
const withoutStyleAttribute: Plugin = {
  name: "without-style-attribute",
  transform(code, id) {
    if (!id.endsWith("drawingSvg/drawTextBox.js")) return null;
    const changed = code.replace("textElement.setAttribute('style', combinedStyle)", "textElement.style.cssText = combinedStyle");
    if (changed === code) throw new Error("Cornerstone changed: look for its style attribute again");
    return { code: changed, map: null };
  },
};

/** dcmjs, which Cornerstone brings, writes XML that we never ask for with a library that only runs under Node. */
const withoutXml: Plugin = {
  name: "without-xml",
  enforce: "pre",
  resolveId: (id) => (id === "xmlbuilder2" ? "\0without-xml" : null),
  load: (id) => (id === "\0without-xml" ? "export const create = () => { throw new Error('no XML here'); };" : null),
};

/** Read as a plain script, in the place of django-unfold's Alpine: closed in itself, under the name its pages ask for. */
const OFFICE = "unfold/js/alpine/alpine.js";
const asPlainScript: Plugin = {
  name: "as-plain-script",
  renderChunk(code, chunk) {
    if (chunk.name !== "office") return null;
    if (chunk.imports.length + chunk.dynamicImports.length + chunk.exports.length) throw new Error("the back office shares nothing");
    return { code: `(() => {${code}})();\n`, map: null };
  },
};

// Names carry twelve hex digits because that is what WhiteNoise recognises as immutable.
const named = "assets/[name].[hash:12]";

export default defineConfig({
  base: "./",
  publicDir: "public",
  plugins: [withoutEval, withoutStyleAttribute, withoutXml, asPlainScript, tailwindcss()],
  build: {
    outDir: "dist",
    manifest: "manifest.json",
    modulePreload: { polyfill: false },
    // County hospitals still run the last Chrome for Windows 7.
    target: ["chrome109", "safari15.4", "firefox115"],
    chunkSizeWarningLimit: 4000, // the reading desk, loaded on the viewer's page only
    cssTarget: ["chrome109", "safari15.4", "firefox115"],
    rolldownOptions: {
      input: { main: "src/main.ts", worker: "src/collect/worker.ts", office: "src/office/main.ts" },
      output: {
        hashCharacters: "hex",
        entryFileNames: (entry) => (entry.name === "office" ? OFFICE : `${named}.js`),
        chunkFileNames: `${named}.js`,
        assetFileNames: `${named}[extname]`,
      },
    },
  },
});
