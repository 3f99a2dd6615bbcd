// verifier/verdict.ts: what the page says of one file, in the words that a person reads.
import { FormatError } from "../src/bytes.js";

// valid: everything that can be checked verifies, under a key that the reader gave.
// partial: what can be checked verifies under such a key, and what a person reads is not all of it.
// unconfirmed: the same, under a key that only the file itself gives.
// incomplete: something is missing that only the reader can add.
// refused: it is not genuine, or not what it says it is.
export type Outcome = "valid" | "partial" | "unconfirmed" | "incomplete" | "refused";

export interface Verdict {
  file: string;
  kind: string;
  outcome: Outcome;
  headline: string;
  facts: [string, string][];
  proved: string[];
  notProved: string[];
  notes: string[];
}

// Why a file is refused; the message is in Italian and holds nothing of the file's content.
export class Refusal extends Error {}
// Bytes that are of none of the forms that are known here.
export class Unknown extends Refusal {}
// What the reader can add so that an answer is possible.
export class Missing extends Error {}

export function reasonOf(error: unknown): string {
  if (error instanceof Refusal || error instanceof Missing) return error.message;
  if (error instanceof FormatError) {
    return `Il file non ha la forma prevista, o è stato alterato (dettaglio: ${error.message}).`;
  }
  // A defect of the page that a file found must not hide what the other files prove.
  return "Il controllo di questo file si è interrotto per un errore imprevisto: il file non ha la " +
    "forma prevista, oppure è un difetto di questa pagina o del browser. Nulla di esso è provato.";
}

export function headlineOf(error: unknown): string {
  if (error instanceof Missing) return "NON BASTA PER DECIDERE";
  if (error instanceof Unknown) return "FILE NON RICONOSCIUTO";
  return error instanceof Refusal || error instanceof FormatError
    ? "NON AUTENTICO" : "CONTROLLO NON RIUSCITO";
}

// Words of a file are shown bounded, and without characters that move or hide others.
export function shown(text: string): string {
  const visible = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "\u00b7");
  return visible.length > 160 ? `${visible.slice(0, 160)}\u2026` : visible;
}

const kRome = new Intl.DateTimeFormat("it-IT", {
  dateStyle: "long", timeStyle: "medium", timeZone: "Europe/Rome",
});

export function moment(microseconds: bigint): string {
  const date = new Date(Number(microseconds / 1000n));
  if (Number.isNaN(date.getTime())) return "un momento che il calendario non ha";
  return `${kRome.format(date)} (ora italiana)`;
}

export function counted(count: number | bigint, one: string, many: string): string {
  return `${count.toLocaleString("it-IT")} ${BigInt(count) === 1n ? one : many}`;
}
