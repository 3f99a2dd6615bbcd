// verifier/judge.ts: what each of the chosen files is, and whether it is genuine.
import { type Bytes, sha256, toHex } from "../src/bytes.js";
import { kArchiveBytesMax, looksLikeArchive } from "./archive.js";
import { type Evidence, findFork, type Keys } from "./evidence.js";
import { judgeBareProof, judgeCheckpoint, judgeGrowth } from "./growth.js";
import { judgeReceipt, kReceiptBytesMax } from "./receipt.js";
import { asObject, decodeText, judgeReport, parseJson } from "./report.js";
import { headlineOf, Missing, reasonOf, Refusal, Unknown, type Verdict } from "./verdict.js";

export const kFilesMax = 50;
export const kFileBytesMax = kArchiveBytesMax;
const kTextBytesMax = 128 * 1024;

export interface GivenFile {
  name: string;
  bytes: Bytes;
}

type Kind = "report" | "receipt" | "proof" | "growth" | "checkpoint";
const kKindNames: Record<Kind, string> = {
  report: "Pacchetto di un rapporto",
  receipt: "Ricevuta di un evento",
  proof: "Prova di un evento",
  growth: "Prova di crescita del registro",
  checkpoint: "Stato firmato del registro (checkpoint)",
};

interface Sorted {
  file: GivenFile;
  kind: Kind;
  text: string; // nothing for a report
}

function unknownFile(): Unknown {
  return new Unknown(
    "Non è un file che questa pagina sa controllare. Conosce la ricevuta di un evento (JSON), il " +
    "pacchetto di un rapporto (ZIP), lo stato firmato del registro, la prova di un evento " +
    "(.tlog-proof) e la prova di crescita.");
}

function kindOfText(text: string): Kind {
  if (text.startsWith("c2sp.org/tlog-proof@")) return "proof";
  if (text.startsWith("old ")) return "growth";
  if (/^\s*\{/.test(text)) return "receipt";
  if (text.includes("\n\n\u2014 ")) return "checkpoint";
  throw unknownFile();
}

function sortFile(file: GivenFile): Sorted {
  if (file.bytes.length === 0) throw new Refusal("Il file è vuoto.");
  if (looksLikeArchive(file.bytes)) return { file, kind: "report", text: "" };
  if (file.bytes.length > kTextBytesMax) throw unknownFile();
  let text: string;
  try {
    text = decodeText(file.bytes);
  } catch {
    throw unknownFile();
  }
  const kind = kindOfText(text.replaceAll("\r\n", "\n"));
  if (kind !== "receipt" && text.includes("\r")) {
    throw new Refusal(
      "Gli a capo di questo file sono stati cambiati, per esempio da un programma di posta o di " +
      "scrittura: così non si può più controllare. Serve il file originale.");
  }
  if (kind === "receipt" && file.bytes.length > kReceiptBytesMax) throw unknownFile();
  return { file, kind, text };
}

async function judgeSorted(
  { file, kind, text }: Sorted, keys: Keys, seen: Evidence[],
): Promise<Verdict> {
  if (kind === "report") {
    const { verdict, evidence } = await judgeReport(file.name, file.bytes, keys);
    seen.push(...evidence);
    return verdict;
  }
  const judged = kind === "receipt"
    ? await judgeReceipt(file.name, asObject(parseJson(text), "non è un oggetto"), keys)
    : kind === "proof" ? await judgeBareProof(file.name, text, keys)
      : kind === "growth" ? await judgeGrowth(file.name, text, keys, seen)
        : await judgeCheckpoint(file.name, text, keys);
  seen.push(judged.evidence);
  return judged.verdict;
}

function failed(file: GivenFile, kind: string, error: unknown): Verdict {
  return {
    file: file.name, kind, outcome: error instanceof Missing ? "incomplete" : "refused",
    headline: headlineOf(error),
    facts: [], proved: [], notProved: [], notes: [reasonOf(error)],
  };
}

// Growth proofs come last: the states they start from are in the other files. A verdict for each
// file, in the order given, and one before them where two states contradict each other.
export async function judgeAll(files: readonly GivenFile[], keys: Keys): Promise<Verdict[]> {
  const verdicts: (Verdict | undefined)[] = files.map(() => undefined);
  const seen: Evidence[] = [];
  const sorted: { at: number; item: Sorted }[] = [];
  for (const [at, file] of files.entries()) {
    try {
      sorted.push({ at, item: sortFile(file) });
    } catch (error) {
      verdicts[at] = failed(file, "File sconosciuto", error);
    }
  }
  sorted.sort((a, b) => Number(a.item.kind === "growth") - Number(b.item.kind === "growth"));
  for (const { at, item } of sorted) {
    try {
      verdicts[at] = await judgeSorted(item, keys, seen);
    } catch (error) {
      verdicts[at] = failed(item.file, kKindNames[item.kind], error);
    }
  }
  for (const [at, file] of files.entries()) {
    verdicts[at]?.facts.push(["Impronta SHA-256 del file", toHex(await sha256(file.bytes))]);
  }
  const fork = findFork(seen);
  const all = verdicts.filter((verdict) => verdict !== undefined);
  return fork ? [fork, ...all] : all;
}
