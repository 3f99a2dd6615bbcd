// The page as a person uses it: the one file in a real browser, without network.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { type Browser, chromium, type Page } from "playwright-core";

import { ascii } from "../src/bytes.js";
import type { GivenFile } from "../verifier/judge.js";
import { base64, flipped, given, Key, World } from "./verifier_world.js";

const kPage = new URL("../verifica.html", import.meta.url).href;
const executable = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
  .find(existsSync);
const skip = executable === undefined && process.env["CI"] !== "true" ? "no Chromium here" : false;

let browser: Browser;
let world: World;
const asked: string[] = []; // what any page of this file asked the network for

before(async () => {
  if (skip) return;
  browser = await chromium.launch({ executablePath: executable ?? "/usr/bin/chromium" });
  world = await World.make();
});
after(async () => browser?.close());

async function open(): Promise<Page> {
  const context = await browser.newContext({ offline: true, locale: "it-IT" });
  context.on("request", (request) => asked.push(request.url()));
  const page = await context.newPage();
  page.on("pageerror", (error) => assert.fail(error));
  await page.goto(kPage);
  return page;
}

// As a hand does it: the files fall onto the zone.
async function drop(page: Page, ...files: GivenFile[]): Promise<string> {
  const payload = files.map(({ name, bytes }) => ({ name, bytes: base64(bytes) }));
  const transfer = await page.evaluateHandle((dropped) => {
    const data = new DataTransfer();
    for (const { name, bytes } of dropped) {
      data.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name));
    }
    return data;
  }, payload);
  await page.evaluate(() => { document.getElementById("annuncio")!.textContent = ""; });
  await page.dispatchEvent("#zona", "drop", { dataTransfer: transfer });
  await page.waitForFunction(() =>
    document.getElementById("annuncio")!.textContent!.startsWith("Controllo finito"));
  return page.innerText("#esito");
}

test("whoever drops a genuine receipt reads that it is, and of a falsified one that it is not",
  { skip }, async () => {
    const page = await open();
    await page.fill("#chiavi", await world.key.vkey());
    const receipt = ascii(await world.receipt(4));
    const genuine = await drop(page, given("ricevuta.json", receipt));
    assert.match(genuine, /RICEVUTA AUTENTICA/);
    assert.match(genuine, /Posizione nel registro\s+4/);
    assert.match(genuine, /estratto non provato/);
    const at = new TextDecoder().decode(receipt).indexOf("leaf") + 60;
    const falsified = await drop(page, given("ricevuta.json", flipped(receipt, at, 1)));
    assert.match(falsified, /NON AUTENTICO/);
    assert.doesNotMatch(falsified, /RICEVUTA AUTENTICA|Che cosa è provato/);
    assert.match(await page.innerText("#annuncio"), /1 non autentico/);
  });

test("whoever drops a package reads that its texts are not proved, and of a falsified one which file",
  { skip }, async () => {
    const page = await open();
    await page.fill("#chiavi", await world.key.vkey());
    const genuine = await drop(page, given("pacchetto.zip", await world.package()));
    assert.match(genuine, /TESTI NON PROVATI/);
    assert.match(genuine, /BOZZA – NON RILASCIABILE/);
    const changed = await world.package((files) => {
      files.set("index.html", ascii("<p>un altro testo</p>"));
    });
    const falsified = await drop(page, given("pacchetto.zip", changed));
    assert.match(falsified, /NON AUTENTICO/);
    assert.match(falsified, /«index\.html».*alterato/);
  });

test("another log's key, no key and a key that comes later change the verdict", { skip }, async () => {
  const page = await open();
  const receipt = given("r.json", await world.receipt(2));
  assert.match(await drop(page, receipt), /NON BASTA PER DECIDERE/);
  await page.fill("#chiavi", await (await Key.make(world.key.name)).vkey());
  await page.waitForSelector("article.refused");
  await page.fill("#chiavi", await world.key.vkey());
  await page.waitForSelector("article.valid");
});

test("words of a file become no markup", { skip }, async () => {
  const page = await open();
  const name = "<img src=x onerror=document.title='eseguito'>.json";
  const words = { "<b id=iniettato>": "<script>document.title='eseguito'</script>" };
  await page.fill("#chiavi", await world.key.vkey());
  const shown = await drop(page, given(name, await world.receipt(3, words)));
  assert.match(shown, /<img src=x/);
  assert.match(shown, /<b id=iniettato>/);
  assert.equal(await page.locator("#esito img, #iniettato, #esito script").count(), 0);
  assert.doesNotMatch(await page.title(), /eseguito/);
});

test("the page is usable without a pointer and by whoever does not see it", { skip }, async () => {
  const page = await open();
  await page.fill("#chiavi", await world.key.vkey());
  await page.setInputFiles("#scelta", {
    name: "ricevuta.json", mimeType: "application/json",
    buffer: Buffer.from(await world.receipt(4)),
  });
  await page.waitForSelector("article.valid");
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  await page.evaluate(axe);
  const found: string[] = await page.evaluate(async () => {
    const { violations } = await (globalThis as any).axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
    });
    return violations.map((each: { id: string }) => each.id);
  });
  assert.deepEqual(found, []);
});

test("the page asks nobody for anything, and could not", { skip }, async () => {
  const page = await open();
  await page.fill("#chiavi", await world.key.vkey());
  await drop(page, given("r.json", await world.receipt(1)), given("p.zip", await world.package()));
  const others = asked.filter((url) => url !== kPage);
  assert.deepEqual(others, []);
  assert.ok(asked.length > 0, "the listener hears the page itself");
  const stopped = await page.evaluate(async () => {
    const violated = new Promise<string>((resolve) => {
      document.addEventListener("securitypolicyviolation", (e) => resolve(e.effectiveDirective));
    });
    await fetch("https://localhost:1/").catch(() => undefined);
    return violated;
  });
  assert.equal(stopped, "connect-src");
});

test("the page is one file whose policy names its own script and style only", () => {
  const html = readFileSync(fileURLToPath(kPage), "utf8");
  assert.match(html, /default-src 'none'; script-src 'sha256-/);
  assert.doesNotMatch(html, /unsafe|\ssrc=|<link|@import|url\(/);
});
