// src/note.ts: C2SP checkpoints and proofs of RFC 6962 trees, verified in the browser.
import {
  ascii, ByteReader, type Bytes, concat, equal, FormatError, fromBase64, sha256, toHex,
} from "./bytes.js";
import { verifyEd25519 } from "./ed25519.js";

const kEd25519 = 1;
const kCosignature = 4; // C2SP tlog-cosignature v1
// A log's name of 256 bytes (store/log_meta.cc), key id and key, with room.
const kKeyCharactersMax = 512;
const kNoteCharactersMax = 64 * 1024;
const kSignaturesMax = 100;
const kSizeMax = (1n << 64n) - 1n;

export interface VerifierKey {
  name: string;
  keyId: Bytes;
  publicKey: Bytes;
}

// "<name>+<hex key id>+<base64 of algorithm || key>"
async function parseKey(text: string, algorithm: number): Promise<VerifierKey> {
  if (text.length > kKeyCharactersMax) throw new FormatError("malformed verifier key");
  const match = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim());
  const [, name, id, key] = match ?? [];
  if (name === undefined || id === undefined || key === undefined) {
    throw new FormatError("malformed verifier key");
  }
  const value = fromBase64(key);
  if (value.length !== 33 || value[0] !== algorithm) throw new FormatError("not an Ed25519 key");
  const keyId = (await sha256(ascii(`${name}\n`), value)).slice(0, 4);
  if (toHex(keyId) !== id) throw new FormatError("key id of a verifier key");
  return { name, keyId, publicKey: value.slice(1) };
}

export function parseVerifierKey(text: string): Promise<VerifierKey> {
  return parseKey(text, kEd25519);
}

export function parseWitnessKey(text: string): Promise<VerifierKey> {
  return parseKey(text, kCosignature);
}

export interface Checkpoint {
  origin: string;
  size: bigint;
  root: Bytes;
}

// Extension lines are signed, opaque and never empty.
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split("\n");
  const [origin, size, root] = lines;
  if (!origin || !size || !root || !/^(0|[1-9][0-9]{0,19})$/.test(size) ||
      lines.pop() !== "" || lines.includes("") || BigInt(size) > kSizeMax) {
    throw new FormatError("malformed checkpoint");
  }
  const hash = fromBase64(root);
  if (hash.length !== 32) throw new FormatError("malformed checkpoint");
  return { origin, size: BigInt(size), root: hash };
}

export interface NoteSignature {
  name: string;
  keyId: Bytes;
  value: Bytes;
}
export interface Note {
  text: string; // what is signed
  signatures: NoteSignature[];
}

function parseSignature(line: string): NoteSignature {
  const match = /^\u2014 ([^+\s]+) ([A-Za-z0-9+/=]+)$/.exec(line);
  const [, name, value] = match ?? [];
  if (name === undefined || value === undefined) throw new FormatError("malformed note");
  const raw = fromBase64(value);
  if (raw.length <= 4) throw new FormatError("malformed note");
  return { name, keyId: raw.slice(0, 4), value: raw.slice(4) };
}

export function parseNote(note: string): Note {
  const gap = note.lastIndexOf("\n\n");
  if (gap < 0 || !note.endsWith("\n") || note.length > kNoteCharactersMax ||
      /[\x00-\x09\x0b-\x1f]/.test(note)) {
    throw new FormatError("malformed note");
  }
  const lines = note.slice(gap + 2, -1).split("\n");
  // A line that stands there twice says nothing twice: whoever made the note did not write it.
  if (lines.length > kSignaturesMax || new Set(lines).size !== lines.length) {
    throw new FormatError("malformed note");
  }
  return { text: note.slice(0, gap + 1), signatures: lines.map(parseSignature) };
}

// Whether a line bears the key, whatever it says.
export function bears(note: Note, key: VerifierKey): boolean {
  return note.signatures.some((signature) => isBy(signature, key));
}

function isBy(signature: NoteSignature, key: VerifierKey): boolean {
  return signature.name === key.name && equal(signature.keyId, key.keyId);
}

// The log's own signature is demanded, and no line may bear its key and not verify; lines of other
// keys, cosignatures, are passed over.
export async function openCheckpoint(note: string, key: VerifierKey): Promise<Checkpoint> {
  const { text, signatures } = parseNote(note);
  const checkpoint = parseCheckpoint(text);
  const own = signatures.filter((signature) => isBy(signature, key));
  let valid = own.length > 0 && checkpoint.origin === key.name;
  for (const { value } of own) {
    valid = valid && value.length === 64 && await verifyEd25519(key.publicKey, ascii(text), value);
  }
  if (!valid) throw new FormatError("checkpoint is not signed by the log's key");
  return checkpoint;
}

export interface Cosignature {
  name: string;
  seconds: bigint; // since 1970, as the witness says
  state: "valid" | "invalid" | "unknown"; // unknown: its key was not given
}

// Every line that bears none of the log's keys, in order.
export async function readCosignatures(
  note: string, logs: readonly VerifierKey[], witnesses: readonly VerifierKey[],
): Promise<Cosignature[]> {
  const { text, signatures } = parseNote(note);
  const found: Cosignature[] = [];
  for (const signature of signatures) {
    if (logs.some((log) => isBy(signature, log))) continue;
    const { name, value } = signature;
    const seconds = value.length === 72 ? new ByteReader(value).u64() : 0n;
    const key = witnesses.find((each) => isBy(signature, each));
    if (key === undefined) {
      found.push({ name, seconds, state: "unknown" });
      continue;
    }
    const message = ascii(`cosignature/v1\ntime ${seconds}\n${text}`);
    const valid = value.length === 72 &&
      await verifyEd25519(key.publicKey, message, value.slice(8));
    found.push({ name, seconds, state: valid ? "valid" : "invalid" });
  }
  return found;
}

// One Base64 line a hash; a tree of 2^64 leaves needs no more than 64.
export function parseHashes(lines: string[]): Bytes[] {
  const hashes = lines.map(fromBase64);
  if (lines.length > 64 || hashes.some((hash) => hash.length !== 32)) {
    throw new FormatError("malformed proof");
  }
  return hashes;
}

export interface TlogProof {
  index: bigint;
  hashes: Bytes[];
  checkpoint: string;
}

export function parseProof(text: string): TlogProof {
  const gap = text.indexOf("\n\n");
  const lines = gap < 0 ? [] : text.slice(0, gap).split("\n");
  if (lines.shift() !== "c2sp.org/tlog-proof@v1") throw new FormatError("malformed proof");
  if (lines[0]?.startsWith("extra ")) fromBase64(lines.shift()?.slice(6) ?? "");
  const index = /^index (0|[1-9][0-9]{0,19})$/.exec(lines.shift() ?? "")?.[1];
  if (index === undefined) throw new FormatError("malformed proof");
  return { index: BigInt(index), hashes: parseHashes(lines), checkpoint: text.slice(gap + 2) };
}

export function nodeHash(left: Bytes, right: Bytes): Promise<Bytes> {
  return sha256(concat(new Uint8Array([1]), left, right));
}

// RFC 9162, 2.1.3.2.
export async function verifyInclusion(
  proof: TlogProof, tree: Checkpoint, leafHash: Bytes,
): Promise<boolean> {
  if (proof.index >= tree.size) return false;
  let node = proof.index;
  let last = tree.size - 1n;
  let hash = leafHash;
  for (const sibling of proof.hashes) {
    if (last === 0n) return false;
    if ((node & 1n) === 1n || node === last) {
      hash = await nodeHash(sibling, hash);
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = await nodeHash(hash, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n && equal(hash, tree.root);
}

export interface ConsistencyProof {
  oldSize: bigint;
  hashes: Bytes[];
  checkpoint: string; // signed note of the newer tree
}

// What `cartella prove --consistency` prints, in the form of C2SP tlog-witness.
export function parseConsistency(text: string): ConsistencyProof {
  const gap = text.indexOf("\n\n");
  const lines = gap < 0 ? [] : text.slice(0, gap).split("\n");
  const old = /^old (0|[1-9][0-9]{0,19})$/.exec(lines.shift() ?? "")?.[1];
  if (old === undefined) throw new FormatError("malformed proof");
  return { oldSize: BigInt(old), hashes: parseHashes(lines), checkpoint: text.slice(gap + 2) };
}

// RFC 9162, 2.1.4.2, for an older tree that is not empty.
export async function verifyConsistency(
  hashes: Bytes[], older: Checkpoint, newer: Checkpoint,
): Promise<boolean> {
  if (older.size === 0n || older.size > newer.size || older.origin !== newer.origin) return false;
  if (older.size === newer.size) return hashes.length === 0 && equal(older.root, newer.root);
  if (hashes.length === 0) return false;
  let node = older.size - 1n;
  let last = newer.size - 1n;
  while ((node & 1n) === 1n) {
    node >>= 1n;
    last >>= 1n;
  }
  // A size that is a power of two is a node of the newer tree, so its root is not repeated.
  const [first, ...rest] = node === 0n ? [older.root, ...hashes] : hashes;
  if (first === undefined) return false;
  let olderRoot = first;
  let newerRoot = first;
  for (const hash of rest) {
    if (last === 0n) return false;
    if ((node & 1n) === 1n || node === last) {
      olderRoot = await nodeHash(hash, olderRoot);
      newerRoot = await nodeHash(hash, newerRoot);
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      newerRoot = await nodeHash(newerRoot, hash);
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n && equal(olderRoot, older.root) && equal(newerRoot, newer.root);
}
