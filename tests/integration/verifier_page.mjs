// verifier_page.mjs URL FOLDER: opens the page and drops real files on it, as a person would.
//
// FOLDER holds `key` and the files; for each the verdict is printed as one line of JSON, then what
// the page asked the network for. Started by verifier_page_test.py.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { chromium } = createRequire(new URL("../../web/package.json", import.meta.url))("playwright-core");
const [url, folder] = process.argv.slice(2);
const executablePath = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find(existsSync);

const browser = await chromium.launch({ executablePath });
const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: "it-IT" });
const asked = [];
context.on("request", (request) => asked.push(request.url()));
const page = await context.newPage();
const faults = [];
page.on("pageerror", (error) => faults.push(String(error)));
page.on("console", (message) => faults.push(message.text()));
await page.goto(url);
await context.setOffline(true);
await page.fill("#chiavi", readFileSync(join(folder, "key"), "utf8"));
for (const name of readdirSync(folder).filter((each) => each !== "key").sort()) {
  const transfer = await page.evaluateHandle(({ name, bytes }) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name));
    return data;
  }, { name, bytes: readFileSync(join(folder, name)).toString("base64") });
  await page.evaluate(() => { document.getElementById("annuncio").textContent = ""; });
  await page.dispatchEvent("#zona", "drop", { dataTransfer: transfer });
  await page.waitForFunction(() =>
    document.getElementById("annuncio").textContent.startsWith("Controllo finito"));
  const headline = await page.innerText("#esito h3");
  console.log(JSON.stringify({ name, headline, text: await page.innerText("#esito") }));
}
console.log(JSON.stringify({ asked, faults }));
await browser.close();
