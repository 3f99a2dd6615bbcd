// build-verifier.mjs: verifier/ as one HTML file that may talk to nobody.
//
//   node build-verifier.mjs OUTPUT
//
// Script and style stand in the file; the content security policy names them by their hashes and
// allows nothing else. Equal sources give equal bytes.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const folder = new URL("verifier/", import.meta.url);
const output = process.argv[2] ?? fileURLToPath(new URL("dist/verifica.html", import.meta.url));

async function bundle(name, loader) {
  const done = await build({
    entryPoints: [fileURLToPath(new URL(name, folder))],
    bundle: true, write: false, minify: true, format: loader === "css" ? undefined : "iife",
    target: loader === "css" ? undefined : "es2022", charset: "ascii", legalComments: "inline",
  });
  return done.outputFiles[0].text.trim();
}

const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const script = await bundle("page.ts", "js");
const style = await bundle("page.css", "css");
const policy = "default-src 'none'; script-src " + hash(script) + "; style-src " + hash(style) +
  "; base-uri 'none'; form-action 'none'";
// Markup that would end the element early, or begin a comment in it.
if (/<\/script|<\/style|<!--/i.test(script + style)) throw new Error("script or style ends early");
const values = { policy, script, style };
const page = readFileSync(new URL("page.html", folder), "utf8")
  .replace(/\{\{(\w+)\}\}/g, (_, name) => values[name]);
mkdirSync(dirname(output), { recursive: true });
writeFileSync(output, page);
