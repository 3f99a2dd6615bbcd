// verifier/growth.ts: signed states of the log, and proofs that a newer one contains an older one.
import {
  parseConsistency, parseProof, verifyConsistency,
} from "../src/note.js";
import { addEvidence, type Evidence, type Keys, openEvidence } from "./evidence.js";
import { counted, Missing, Refusal, shown, type Verdict } from "./verdict.js";

type Judged = { verdict: Verdict; evidence: Evidence };

export async function judgeCheckpoint(file: string, note: string, keys: Keys): Promise<Judged> {
  const evidence = await openEvidence(note, keys);
  const verdict: Verdict = {
    file, kind: "Stato firmato del registro (checkpoint)", outcome: "valid",
    headline: "STATO DEL REGISTRO AUTENTICO", facts: [], proved: [],
    notProved: ["Che un certo evento ne faccia parte: lo dice la ricevuta dell'evento."], notes: [],
  };
  addEvidence(verdict, evidence);
  return { verdict, evidence };
}

// A proof without its leaf: it is only said what it would take.
export async function judgeBareProof(file: string, text: string, keys: Keys): Promise<Judged> {
  const proof = parseProof(text);
  const evidence = await openEvidence(proof.checkpoint, keys);
  if (proof.index >= evidence.checkpoint.size) {
    throw new Refusal("La prova è di una posizione che lo stato firmato non ha.");
  }
  const verdict: Verdict = {
    file, kind: "Prova di un evento, senza l'evento", outcome: "incomplete",
    headline: "NON BASTA PER DECIDERE",
    facts: [["Posizione di cui parla", proof.index.toLocaleString("it-IT")]], proved: [],
    notProved: [
      "Di quale evento è la prova: la foglia non è in questo file. Sta nella ricevuta, e nel " +
      "manifesto di un pacchetto; controllate quelli."],
    notes: [],
  };
  addEvidence(verdict, evidence);
  return { verdict, evidence };
}

// `older` are the states that the other files of the same choice brought, all verified.
export async function judgeGrowth(
  file: string, text: string, keys: Keys, older: readonly Evidence[],
): Promise<Judged> {
  const proof = parseConsistency(text);
  const evidence = await openEvidence(proof.checkpoint, keys);
  const { origin, size } = evidence.checkpoint;
  const candidates = older.filter(({ checkpoint, confirmed }) =>
    confirmed && checkpoint.origin === origin && checkpoint.size === proof.oldSize);
  const [before] = candidates;
  if (before === undefined) {
    throw new Missing(
      `La prova parte dallo stato con ${counted(proof.oldSize, "evento", "eventi")}: scegliete ` +
      "insieme a essa anche il file che lo contiene, per esempio la ricevuta o lo stato firmato di " +
      "allora.");
  }
  for (const { checkpoint } of candidates) {
    if (await verifyConsistency(proof.hashes, checkpoint, evidence.checkpoint)) continue;
    throw new Refusal(
      "Lo stato più recente non contiene quello precedente: la prova è alterata, oppure il " +
      "registro è stato riscritto. Conservate entrambi i file.");
  }
  const verdict: Verdict = {
    file, kind: "Prova di crescita del registro", outcome: "valid",
    headline: "IL REGISTRO È SOLO CRESCIUTO",
    facts: [["Eventi dello stato precedente", proof.oldSize.toLocaleString("it-IT")]],
    proved: [
      `Dallo stato con ${counted(proof.oldSize, "evento", "eventi")} a quello con ` +
      `${counted(size, "evento", "eventi")} del registro «${shown(origin)}» nulla è stato tolto, ` +
      "spostato o cambiato: sono stati soltanto aggiunti eventi in fondo."],
    notProved: [], notes: [],
  };
  addEvidence(verdict, evidence);
  return { verdict, evidence };
}
