// browser_signing.mjs: people who sign what they record, each in a real browser of their own.
//
// Reads {url, log_id, people: [{credentials, role, operator, command, fields}]} from standard input and
// prints for each of them one line of JSON. Started by browser_signing_test.py. The page stands in for
// the front end: it comes from the server's own origin, everything it asks for from the server itself.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const { buildSync } = require("esbuild");

const { url, log_id: logId, people } = JSON.parse(readFileSync(0, "utf8"));
const script = buildSync({
  entryPoints: [fileURLToPath(new URL("browser_signing_page.mjs", import.meta.url))],
  bundle: true, write: false, format: "iife", target: "es2022",
}).outputFiles[0].text;
const html = `<!doctype html><html lang="it"><meta charset="utf-8"><title>Firma</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'self'">
<pre id="anteprima"></pre><script src="/prova.js"></script></html>`;

// The server's answer with one character of a text changed.
async function lie(route) {
  const response = await route.fetch();
  const answer = await response.json();
  for (const segment of answer.events.flatMap((event) => event.segments.slice(1))) {
    const bytes = Buffer.from(segment.plaintext, "base64");
    const at = bytes.toString("latin1").search(/[a-z]{5}/);
    if (at < 0) continue;
    bytes[at] ^= 1;
    segment.plaintext = bytes.toString("base64");
    await route.fulfill({ response, json: answer });
    return;
  }
  throw new Error("no text to change");
}

const executablePath = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find(existsSync);
const browser = await chromium.launch({ executablePath });
for (const { credentials, role, operator, command, fields } of people) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: "it-IT" });
  await context.route(`${url}/prova`, (route) =>
    route.fulfill({ contentType: "text/html", body: html }));
  await context.route(`${url}/prova.js`, (route) =>
    route.fulfill({ contentType: "text/javascript", body: script }));
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  const open = () => page.goto(`${url}/prova`);
  const prepare = () => page.evaluate((words) => signing.prepare(...words),
    [logId, operator, command, fields]);

  await open();
  await page.evaluate((words) => signing.logIn(...words), [credentials, role]);
  const publicKey = await page.evaluate((words) => signing.enrol(...words), [logId, operator]);
  await open(); // the key is the browser's, not the page's
  const privateKeyLeaves = await page.evaluate(() => signing.privateKeyLeaves());

  await page.route("**/v1/preparations", lie);
  const lieToldAs = await prepare().then(() => "believed", (error) => error.message);
  await page.unroute("**/v1/preparations", lie);

  const events = await prepare();
  const preview = await page.innerText("#anteprima");
  const receipt = await page.evaluate(() => signing.signAndCommit());
  const again = await page.evaluate(() => signing.signAndCommit());
  console.log(JSON.stringify({
    publicKey, privateKeyLeaves, lieToldAs, events, preview, receipt, again, faults,
  }));
  await context.close();
}
await browser.close();
