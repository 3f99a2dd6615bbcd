// verifier/receipt.ts: the receipt of one event: its leaf, and the proof that it is in the log.
//
// As `cartella check`; besides, what the file says in clear beside leaf and proof is compared with
// the leaf, because a person reads that and not hexadecimal digits.
import { fromHex, toHex } from "../src/bytes.js";
import { decodeLeaf, kAuthorSigned, type Kind, type Leaf, leafHash } from "../src/decode.js";
import { parseProof, type TlogProof, verifyInclusion } from "../src/note.js";
import { addEvidence, type Evidence, type Keys, openEvidence } from "./evidence.js";
import { moment, Refusal, shown, type Verdict } from "./verdict.js";

export const kReceiptBytesMax = 64 * 1024;

const kKindNames: Record<Kind, string> = {
  event: "atto o annotazione",
  access: "consultazione di dati",
  key: "chiave di chi firma",
  schema: "inizio del registro",
  configuration: "impostazione",
  erasure: "cancellazione",
  attestation: "attestazione di una vista",
};

export interface ProvenLeaf {
  leaf: Leaf;
  evidence: Evidence;
}

export function parseLeaf(hex: string): Leaf {
  if (hex !== hex.toLowerCase()) throw new Refusal("La foglia dell'evento non ha la forma prevista.");
  return decodeLeaf(fromHex(hex));
}

// That the leaf stands in the log where the proof says.
export async function proveLeaf(
  hex: string, proof: TlogProof, evidence: Evidence,
): Promise<Leaf> {
  const leaf = parseLeaf(hex);
  const isInLog = leaf.position === proof.index &&
    await verifyInclusion(proof, evidence.checkpoint, await leafHash(fromHex(hex)));
  if (!isInLog) {
    throw new Refusal(
      "L'evento non sta nel registro che questo stato firma: la foglia o la prova è stata alterata.");
  }
  return leaf;
}

export function describeLeaf(leaf: Leaf): [string, string][] {
  const signer = leaf.kind === "access"
    ? "nessuna firma propria: lo copre quella del registro"
    : leaf.flags === kAuthorSigned ? "l'autore, con la propria chiave" : "il servente del registro";
  return [
    ["Posizione nel registro", leaf.position.toLocaleString("it-IT")],
    ["Registrato, secondo il registro", moment(leaf.recordedAt)],
    ["Genere", kKindNames[leaf.kind]],
    ["Firmato da", signer],
    ["Evento", toHex(leaf.eventId)],
    ["Flusso", toHex(leaf.streamId)],
  ];
}

export const kContentNotProved =
  "Che cosa dice l'evento: la ricevuta ne contiene soltanto l'impronta, non il testo. Un testo " +
  "mostrato a parte è un estratto non provato.";
export const kAuthorNotProved =
  "Chi è la persona che ha firmato: la sua chiave non è in questo file.";

// Words of the answer of a command that the leaf or the proof tells too.
function checkWords(words: Record<string, unknown>, leaf: Leaf, size: bigint): string[] {
  const isoTime = (text: unknown): bigint | undefined => {
    const match = typeof text === "string"
      ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})Z$/.exec(text) : null;
    const seconds = match ? Date.parse(`${match[1]}Z`) : NaN;
    return Number.isNaN(seconds) ? undefined : BigInt(seconds) * 1000n + BigInt(match?.[2] ?? 0);
  };
  const agrees: Record<string, (value: unknown) => boolean> = {
    leaf: () => true,
    receipt: () => true,
    proof: () => true,
    position: (value) => value === Number(leaf.position),
    recorded_at: (value) => isoTime(value) === leaf.recordedAt,
    command_id: (value) => value === toHex(leaf.eventId),
    stream: (value) => value === toHex(leaf.streamId),
    tree_size: (value) => typeof value === "number" && Number.isSafeInteger(value) &&
      value > Number(leaf.position) && BigInt(value) <= size,
  };
  const others: string[] = [];
  for (const [name, value] of Object.entries(words)) {
    const check = Object.hasOwn(agrees, name) ? agrees[name] : undefined;
    if (check === undefined) others.push(shown(name).slice(0, 40));
    else if (!check(value)) {
      throw new Refusal(
        `Il campo «${name}» scritto nel file non corrisponde all'evento registrato.`);
    }
  }
  return others;
}

export async function judgeReceipt(
  file: string, words: Record<string, unknown>, keys: Keys,
): Promise<{ verdict: Verdict; evidence: Evidence }> {
  if (words["formato"] !== undefined) {
    throw new Refusal("È il manifesto da solo: scegliete il pacchetto ZIP intero.");
  }
  const text = words["receipt"] ?? words["proof"];
  if (typeof words["leaf"] !== "string" || typeof text !== "string") {
    throw new Refusal("Non è una ricevuta: mancano la foglia dell'evento o la prova.");
  }
  const proof = parseProof(text);
  const evidence = await openEvidence(proof.checkpoint, keys);
  const leaf = await proveLeaf(words["leaf"], proof, evidence);
  const others = checkWords(words, leaf, evidence.checkpoint.size);
  const verdict: Verdict = {
    file, kind: "Ricevuta di un evento", outcome: "valid", headline: "RICEVUTA AUTENTICA",
    facts: describeLeaf(leaf),
    proved: [
      `L'evento sta nel registro alla posizione ${leaf.position.toLocaleString("it-IT")} ` +
      "esattamente con questa impronta: nessuno può toglierlo, spostarlo o cambiarlo senza che " +
      "questa ricevuta lo dimostri."],
    notProved: [kContentNotProved], notes: [],
  };
  if (leaf.kind !== "access") verdict.notProved.push(kAuthorNotProved);
  if (others.length > 0) {
    verdict.notProved.push(
      `Questi campi del file non sono coperti dalla prova: ${others.slice(0, 20).join(", ")}.`);
  }
  addEvidence(verdict, evidence);
  return { verdict, evidence };
}
