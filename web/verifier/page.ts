// verifier/page.ts: the page itself: files and keys in, verdicts out, as text only.
//
// Nothing of a file ever becomes markup: every word goes through textContent. Choices are judged
// one after another; an older answer never replaces that of a newer choice.
import type { Bytes } from "../src/bytes.js";
import { engineName } from "../src/ed25519.js";
import { parseKeys } from "./evidence.js";
import { type GivenFile, judgeAll, kFileBytesMax, kFilesMax } from "./judge.js";
import { counted, moment, type Outcome, shown, type Verdict } from "./verdict.js";

const kMarks: Record<Outcome, string> = {
  valid: "\u2714", partial: "!", unconfirmed: "?", incomplete: "?", refused: "\u2716",
};
const kAnnouncements: Record<Outcome, [string, string]> = {
  valid: ["autentico", "autentici"],
  partial: ["integro, provato in parte", "integri, provati in parte"],
  unconfirmed: ["integro ma con la chiave non confermata",
    "integri ma con la chiave non confermata"],
  incomplete: ["da completare", "da completare"],
  refused: ["non autentico o non riconosciuto", "non autentici o non riconosciuti"],
};

function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`no element ${id}`);
  return found as T;
}

function make(tag: string, text = "", className = ""): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

function addList(to: HTMLElement, title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  to.append(make("h4", title));
  const list = make("ul");
  list.append(...lines.map((line) => make("li", line)));
  to.append(list);
}

function render(verdict: Verdict): HTMLElement {
  const article = make("article", "", `verdict ${verdict.outcome}`);
  const header = make("header");
  const title = make("h3");
  const mark = make("span", `${kMarks[verdict.outcome]} `);
  mark.setAttribute("aria-hidden", "true");
  title.append(mark, verdict.headline);
  header.append(title, make("p", `${shown(verdict.file)} \u2013 ${verdict.kind}`));
  article.append(header, ...verdict.notes.map((note) => make("p", note, "mark")));
  addList(article, "Che cosa è provato", verdict.proved);
  addList(article, "Che cosa non è provato", verdict.notProved);
  article.append(make("h4", "Dati"));
  const facts = make("dl", "", "facts");
  for (const [name, value] of verdict.facts) facts.append(make("dt", name), make("dd", value));
  article.append(facts);
  return article;
}

function announce(verdicts: readonly Verdict[]): string {
  const outcomes: Outcome[] = ["refused", "incomplete", "unconfirmed", "partial", "valid"];
  const parts = outcomes.map((outcome) => {
    const count = verdicts.filter((verdict) => verdict.outcome === outcome).length;
    return count === 0 ? "" : counted(count, ...kAnnouncements[outcome]);
  });
  const now = moment(BigInt(Date.now()) * 1000n);
  return `Controllo finito: ${parts.filter((part) => part !== "").join("; ")}. ${now}.`;
}

let files: GivenFile[] = [];
let turn = 0;

function say(text: string): void {
  element("annuncio").textContent = text;
}

async function show(): Promise<void> {
  const own = ++turn;
  const keys = await parseKeys(element<HTMLTextAreaElement>("chiavi").value);
  if (own !== turn) return;
  const given = keys.logs.length + keys.witnesses.length;
  element("esito-chiave").textContent = keys.bad.length > 0
    ? `Non è una chiave: riga ${keys.bad.join(", ")}. Copiatela intera, su una riga sola.`
    : given === 0 ? "" : `${counted(keys.logs.length, "chiave di registro", "chiavi di registro")}` +
      ` e ${counted(keys.witnesses.length, "di testimone", "di testimoni")}.`;
  for (const id of ["stampa", "svuota"]) element(id).hidden = files.length === 0;
  if (files.length === 0) {
    element("esito").replaceChildren();
    say("Nessun file scelto.");
    return;
  }
  say("Controllo in corso…");
  const verdicts = await judgeAll(files, keys);
  if (own !== turn) return;
  element("esito").replaceChildren(...verdicts.map(render));
  say(announce(verdicts));
}

function broken(): void {
  ++turn;
  element("esito").replaceChildren();
  say("");
  const place = element("guasto");
  place.textContent = globalThis.isSecureContext && globalThis.crypto?.subtle !== undefined
    ? "Il controllo non è riuscito per un difetto di questa pagina o del browser: l'esito non c'è. " +
      "Provate con un altro browser aggiornato."
    : "Questo browser qui non offre le funzioni crittografiche: salvate la pagina e apritela dal " +
      "disco, oppure servitevi di un indirizzo https.";
  place.hidden = false;
}

function refresh(): void {
  show().catch(broken);
}

async function take(chosen: readonly File[]): Promise<void> {
  const own = ++turn;
  if (chosen.length > kFilesMax) {
    say(`Al più ${kFilesMax} file alla volta.`);
    return;
  }
  const taken: GivenFile[] = [];
  for (const file of chosen) {
    if (file.size > kFileBytesMax) {
      say(`Il file «${shown(file.name)}» è troppo grande: al più 64 MiB.`);
      return;
    }
    let bytes: Bytes;
    try {
      bytes = new Uint8Array(await file.arrayBuffer());
    } catch {
      say(`«${shown(file.name)}» non si può leggere: è una cartella, o è stato spostato.`);
      return;
    }
    taken.push({ name: file.name, bytes });
  }
  if (own !== turn) return;
  files = taken;
  await show();
}

function start(): void {
  const zone = element("zona");
  const choice = element<HTMLInputElement>("scelta");
  choice.addEventListener("change", () => {
    take([...(choice.files ?? [])]).catch(broken);
    choice.value = "";
  });
  // A file dropped beside the zone must not replace the page.
  for (const event of ["dragover", "drop"]) {
    document.addEventListener(event, (dropped) => dropped.preventDefault());
  }
  document.addEventListener("drop", (event) => {
    zone.classList.remove("over");
    const dropped = [...(event.dataTransfer?.files ?? [])];
    if (dropped.length > 0) take(dropped).catch(broken);
  });
  document.addEventListener("dragover", () => zone.classList.add("over"));
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) zone.classList.remove("over");
  });
  element("chiavi").addEventListener("input", refresh);
  element("stampa").addEventListener("click", () => window.print());
  element("svuota").addEventListener("click", () => {
    files = [];
    refresh();
    choice.focus();
  });
  engineName().then((name) => {
    element("motore").textContent = name === "WebCrypto"
      ? "le funzioni del browser (WebCrypto)"
      : "la libreria @noble/ed25519, perché questo browser non ha Ed25519";
  }).catch(broken);
}

start();
