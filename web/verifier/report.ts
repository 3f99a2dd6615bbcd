// verifier/report.ts: the package of a report (docs/data_formats.md "Package").
//
// Nothing signs the manifest: what is proved is that the package is whole and that the events which
// it cites stand in the log. That its words are those of the record is not, and the page says so.
import { type Bytes, FormatError, sha256, toHex } from "../src/bytes.js";
import { parseProof, parseVerifierKey, type VerifierKey } from "../src/note.js";
import { readArchive } from "./archive.js";
import { addEvidence, type Evidence, type Keys, openEvidence } from "./evidence.js";
import { proveLeaf } from "./receipt.js";
import { counted, moment, Refusal, shown, type Verdict } from "./verdict.js";

const kFormat = "cartella-dsar/1";
const kDraft = "BOZZA \u2013 NON RILASCIABILE";
const kProofsMax = 501;

type Json = Record<string, unknown>;

function wrongManifest(what: string): Refusal {
  return new Refusal(`Il manifesto del pacchetto non è quello che dovrebbe essere: ${what}.`);
}

export function asObject(value: unknown, what: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrongManifest(what);
  }
  return value as Json;
}

function textOf(object: Json, name: string): string {
  const value = object[name];
  if (typeof value !== "string") throw wrongManifest(`manca «${name}»`);
  return value;
}

function countOf(object: Json, name: string): number {
  const value = object[name];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw wrongManifest(`manca «${name}»`);
  }
  return value;
}

export function decodeText(bytes: Bytes): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FormatError("not UTF-8");
  }
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FormatError("not JSON");
  }
}

interface Manifest {
  request: string;
  controller: string;
  key: VerifierKey;
  position: number;
  asOf: string;
  checkpoint: string;
  cited: number;
  events: Json[];
  digests: Json;
}

const kManifestFields = [
  "stato", "formato", "richiesta", "titolare", "registro", "chiave_del_registro", "posizione",
  "istante", "punto_di_controllo", "eventi_citati", "eventi_provati", "eventi", "sha256",
];

async function readManifest(bytes: Bytes | undefined): Promise<Manifest> {
  if (bytes === undefined) throw new Refusal("Non è un pacchetto: manca manifest.json.");
  const json = asObject(parseJson(decodeText(bytes)), "non è un oggetto");
  if (textOf(json, "formato") !== kFormat) {
    throw wrongManifest(`questa pagina conosce il formato ${kFormat}, il file è di un altro`);
  }
  const unknown = Object.keys(json).filter((name) => !kManifestFields.includes(name));
  if (unknown.length > 0) throw wrongManifest("contiene campi sconosciuti");
  if (textOf(json, "stato") !== kDraft) throw wrongManifest("lo stato non è quello di una bozza");
  const key = await parseVerifierKey(textOf(json, "chiave_del_registro"));
  if (key.name !== textOf(json, "registro")) throw wrongManifest("la chiave è di un altro registro");
  const events = json["eventi"];
  if (!Array.isArray(events) || events.length > kProofsMax ||
      events.length !== countOf(json, "eventi_provati")) {
    throw wrongManifest("gli eventi provati non sono quelli contati");
  }
  const cited = countOf(json, "eventi_citati");
  if (cited < events.length) throw wrongManifest("ci sono più eventi provati che citati");
  return {
    request: textOf(json, "richiesta"),
    controller: textOf(json, "titolare"),
    key,
    position: countOf(json, "posizione"),
    asOf: textOf(json, "istante"),
    checkpoint: textOf(json, "punto_di_controllo"),
    cited,
    events: events.map((event) => asObject(event, "un evento non è un oggetto")),
    digests: asObject(json["sha256"], "mancano le impronte dei file"),
  };
}

async function checkDigests(files: Map<string, Bytes>, digests: Json): Promise<void> {
  for (const [name, content] of files) {
    if (name === "manifest.json") continue;
    if (!Object.hasOwn(digests, name)) {
      throw new Refusal(`Il file «${shown(name)}» non è nel manifesto: è stato aggiunto dopo.`);
    }
    if (digests[name] !== toHex(await sha256(content))) {
      throw new Refusal(
        `Il file «${shown(name)}» non è quello del manifesto: è stato alterato o scambiato.`);
    }
  }
  for (const name of Object.keys(digests)) {
    if (!files.has(name)) throw new Refusal(`Manca il file «${shown(name)}» del manifesto.`);
  }
}

// Each event of the manifest with its own proof; no proof file is left over.
async function checkEvents(
  files: Map<string, Bytes>, manifest: Manifest, keys: Keys, all: Map<string, Evidence>,
): Promise<void> {
  const used = new Set(["proofs/checkpoint.txt"]);
  for (const event of manifest.events) {
    const name = textOf(event, "prova");
    const content = files.get(name);
    if (content === undefined || used.has(name)) throw wrongManifest("manca la prova di un evento");
    used.add(name);
    const proof = parseProof(decodeText(content));
    let evidence = all.get(proof.checkpoint);
    if (evidence === undefined) {
      evidence = await openEvidence(proof.checkpoint, keys, manifest.key);
      all.set(proof.checkpoint, evidence);
    }
    const leaf = await proveLeaf(textOf(event, "foglia"), proof, evidence);
    if (leaf.position !== BigInt(countOf(event, "posizione")) ||
        toHex(leaf.eventId) !== textOf(event, "evento") ||
        leaf.position >= BigInt(manifest.position)) {
      throw wrongManifest("un evento non è quello della sua prova");
    }
  }
  for (const name of files.keys()) {
    if (name.startsWith("proofs/") && !used.has(name)) {
      throw wrongManifest("c'è una prova che non è di nessun evento");
    }
  }
}

const kNotProved = [
  "I testi del rapporto (index.html, report.pdf, data/…, accesses.csv) sono un estratto non " +
  "provato: li ha scritti il programma a partire dal registro, e il manifesto ne tiene " +
  "l'impronta; ma i byte registrati, da cui vengono, non sono in questo pacchetto, e il manifesto " +
  "non è firmato. Qui non si può quindi escludere che qualcuno abbia cambiato un testo e rifatto il " +
  "manifesto.",
  "Per sapere se è proprio il file rilasciato, fate confermare dal comune l'impronta SHA-256 del " +
  "pacchetto scritta qui sotto: al rilascio il registro la annota.",
  "Che il rapporto sia completo: quello che è stato omesso, e perché, sta in redactions.json.",
];

export async function judgeReport(
  file: string, bytes: Bytes, keys: Keys,
): Promise<{ verdict: Verdict; evidence: Evidence[] }> {
  const files = readArchive(bytes);
  const manifest = await readManifest(files.get("manifest.json"));
  await checkDigests(files, manifest.digests);
  const checkpoint = files.get("proofs/checkpoint.txt");
  if (checkpoint === undefined || decodeText(checkpoint) !== manifest.checkpoint) {
    throw wrongManifest("lo stato firmato non è quello del pacchetto");
  }
  const head = await openEvidence(manifest.checkpoint, keys, manifest.key);
  const all = new Map([[manifest.checkpoint, head]]);
  if (BigInt(manifest.position) > head.checkpoint.size) {
    throw wrongManifest("la posizione è oltre lo stato firmato");
  }
  await checkEvents(files, manifest, keys, all);
  const proven = manifest.events.length;
  const verdict: Verdict = {
    file, kind: "Pacchetto di un rapporto", outcome: head.confirmed ? "partial" : "unconfirmed",
    headline: head.confirmed
      ? "PACCHETTO INTEGRO, EVENTI PROVATI, TESTI NON PROVATI"
      : "PACCHETTO INTEGRO, CHIAVE NON CONFERMATA, TESTI NON PROVATI",
    facts: [
      ["Stato", kDraft],
      ["Titolare, secondo il pacchetto", shown(manifest.controller)],
      ["Richiesta", shown(manifest.request)],
      ["Dati fino alla posizione", manifest.position.toLocaleString("it-IT")],
      ["Istante, secondo il pacchetto", momentOf(manifest.asOf)],
      ["File controllati", (files.size - 1).toLocaleString("it-IT")],
      ["Eventi citati e provati", `${manifest.cited} e ${proven}`],
    ],
    proved: [
      `I ${files.size - 1} file del pacchetto sono quelli del manifesto, nessuno in più o in meno.`,
      `${counted(proven, "evento citato sta", "eventi citati stanno")} nel registro, ` +
      "ciascuno alla sua posizione e con la sua impronta."],
    notProved: [...kNotProved],
    notes: [
      `${kDraft}: nessuno ha ancora riveduto e firmato questo rapporto. Non vale come risposta del ` +
      "titolare."],
  };
  if (manifest.cited > proven) {
    verdict.notProved.push(
      `Di ${counted(manifest.cited - proven, "evento citato", "eventi citati")} il pacchetto non ` +
      "porta la prova.");
  }
  addEvidence(verdict, head);
  return { verdict, evidence: [...all.values()] };
}

function momentOf(text: string): string {
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? shown(text) : moment(BigInt(milliseconds) * 1000n);
}
