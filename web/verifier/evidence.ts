// verifier/evidence.ts: a signed state of the log, the key it was checked with, and who saw it.
import { FormatError, toHex } from "../src/bytes.js";
import {
  bears, type Checkpoint, type Cosignature, openCheckpoint, parseCheckpoint, parseNote,
  parseVerifierKey, parseWitnessKey, readCosignatures, type VerifierKey,
} from "../src/note.js";
import { counted, Missing, moment, Refusal, shown, type Verdict } from "./verdict.js";

const kKeysMax = 100;

export interface Keys {
  logs: VerifierKey[];
  witnesses: VerifierKey[];
  bad: number[]; // lines that are no key, from 1
}

async function attempt<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

// One key a line, of the log or of a witness; lines that start with # are comments.
export async function parseKeys(text: string): Promise<Keys> {
  const keys: Keys = { logs: [], witnesses: [], bad: [] };
  for (const [i, raw] of text.split("\n").slice(0, kKeysMax).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const log = await attempt(parseVerifierKey(line));
    const witness = !log ? await attempt(parseWitnessKey(line)) : undefined;
    if (log) keys.logs.push(log);
    else if (witness) keys.witnesses.push(witness);
    else keys.bad.push(i + 1);
  }
  return keys;
}

export interface Evidence {
  checkpoint: Checkpoint;
  signers: VerifierKey[]; // whose signatures were checked: at a change of key there are two
  confirmed: boolean; // the signers are keys that the reader gave
  cosignatures: Cosignature[];
}

// A log that changed its key has several under one name.
function keysOf(origin: string, keys: Keys, inFile: VerifierKey | undefined): VerifierKey[] {
  const given = keys.logs.filter((key) => key.name === origin);
  if (given.length > 0) return given;
  if (keys.logs.length > 0) {
    throw new Refusal(
      `Il file viene dal registro «${shown(origin)}», ma la chiave indicata è di un altro registro.`);
  }
  if (inFile?.name === origin) return [inFile];
  throw new Missing(
    `Per controllare la firma serve la chiave del registro «${shown(origin)}»: ` +
    "copiatela nel riquadro 1 da una fonte diversa da questo file.");
}

// Throws Refusal, Missing or FormatError.
export async function openEvidence(
  note: string, keys: Keys, inFile?: VerifierKey,
): Promise<Evidence> {
  const parts = parseNote(note);
  const checkpoint = parseCheckpoint(parts.text);
  const known = keysOf(checkpoint.origin, keys, inFile);
  const signers = known.filter((key) => bears(parts, key));
  const opened = await Promise.all(signers.map((key) => attempt(openCheckpoint(note, key))));
  if (opened.length === 0 || opened.includes(undefined)) {
    throw new Refusal(
      "La firma del registro non è valida: il file è stato alterato, oppure non l'ha firmato " +
      "il registro della chiave indicata.");
  }
  const cosignatures = await readCosignatures(note, known, keys.witnesses);
  const forged = cosignatures.find(({ state }) => state === "invalid");
  if (forged) {
    throw new Refusal(
      `La controfirma del testimone «${shown(forged.name)}» non è valida: è stata alterata o ` +
      "non è sua.");
  }
  return { checkpoint, signers, confirmed: keys.logs.length > 0, cosignatures };
}

// Who vouches for this state of the log, and until when.
export function addEvidence(verdict: Verdict, evidence: Evidence): void {
  const { checkpoint, cosignatures, confirmed } = evidence;
  verdict.facts.push(
    ["Registro", shown(checkpoint.origin)],
    ["Eventi del registro nello stato firmato", checkpoint.size.toLocaleString("it-IT")]);
  verdict.proved.push(
    `Il registro «${shown(checkpoint.origin)}» ha firmato lo stato con i suoi primi ` +
    `${counted(checkpoint.size, "evento", "eventi")}.`);
  const known = cosignatures.filter(({ state }) => state === "valid");
  for (const { name, seconds } of known) {
    verdict.proved.push(
      `Il testimone «${shown(name)}» ha visto e controfirmato questo stato: ` +
      `${moment(seconds * 1_000_000n)}.`);
  }
  for (const { name, state } of cosignatures) {
    if (state !== "unknown") continue;
    verdict.notProved.push(
      `C'è una firma di «${shown(name)}», ma la sua chiave non è nel riquadro 1: non è stata ` +
      "controllata e non conta.");
  }
  if (known.length === 0) {
    verdict.notProved.push(
      "Nessun testimone indipendente ha controfirmato questo stato, per quanto qui si può " +
      "controllare: che non esistano due versioni del registro, e quando lo stato è stato firmato, " +
      "lo dice per ora solo chi lo gestisce. Conservate il file: ogni versione successiva del " +
      "registro deve contenerlo.");
  }
  if (!confirmed) {
    verdict.notProved.push(
      "Chiave non confermata: è quella scritta nel file stesso. Confrontatela con quella " +
      "pubblicata dal comune e copiatela nel riquadro 1; chi ha falsificato il file potrebbe " +
      "averci messo la propria.");
  }
}

function forkOf({ checkpoint, confirmed }: Evidence): Verdict {
  const verdict: Verdict = {
    file: "Confronto fra i file", kind: "Confronto", outcome: "refused",
    headline: "DUE VERSIONI DEL REGISTRO",
    facts: [["Registro", shown(checkpoint.origin)],
      ["Eventi", checkpoint.size.toLocaleString("it-IT")]],
    proved: [
      "Lo stesso registro ha firmato due stati diversi con lo stesso numero di eventi: a " +
      "persone diverse sono state mostrate storie diverse. Conservate tutti i file: insieme " +
      "sono la prova."],
    notProved: ["Quale delle due versioni sia quella vera."], notes: [],
  };
  if (confirmed) return verdict;
  verdict.outcome = "incomplete";
  verdict.headline = "DUE STATI DIVERSI CON LA STESSA CHIAVE, NON CONFERMATA";
  verdict.facts[0] = ["Registro, secondo i file", shown(checkpoint.origin)];
  verdict.proved = [
    "La stessa chiave, scritta nei file stessi, ha firmato due stati diversi con lo stesso numero " +
    "di eventi. Conservate tutti i file."];
  verdict.notProved = [
    "Che la chiave sia del registro: chi ha falsificato i file potrebbe averci messo la propria. " +
    "Copiate nel riquadro 1 quella pubblicata dal comune: se è questa, il registro ha due versioni."];
  return verdict;
}

// Two states of one log that cannot both be true. All keys of a name that the reader gave are one
// log's; a key that only a file gives speaks for nobody but itself.
export function findFork(all: readonly Evidence[]): Verdict | undefined {
  const roots = new Map<string, string>();
  for (const evidence of all) {
    const { checkpoint, confirmed, signers } = evidence;
    const root = checkpoint.root.join();
    for (const { publicKey } of signers) {
      const signer = confirmed ? "" : toHex(publicKey);
      const at = `${checkpoint.origin}\n${checkpoint.size}\n${signer}`;
      if ((roots.get(at) ?? root) !== root) return forkOf(evidence);
      roots.set(at, root);
    }
  }
  return undefined;
}
