// src/log.ts: what a data directory keeps in clear: journal records, log.meta and tiles.
//
// Whoever holds a copy of the directory, and no key, checks the chain of records, the origin and
// the tree with it. Layouts: docs/data_formats.md "Journal", "Log", "Tree and proofs".
import {
  ascii, ByteReader, type Bytes, concat, equal, FormatError, isZero, sha256,
} from "./bytes.js";
import { nodeHash } from "./note.js";

const kPageBytes = 4096;
const kHeaderBytes = 160;
const kHashBytes = 32;
const kPayloadBytesMax = 1280 * 1024;
const kLeafBytes = 256;
const kTileWidth = 256;
const kEntryBytes = 112;

async function checkedContent(bytes: Bytes, what: string): Promise<Bytes> {
  const content = bytes.slice(0, Math.max(0, bytes.length - kHashBytes));
  if (!equal(await sha256(content), bytes.slice(content.length))) {
    throw new FormatError(`the hash of ${what} does not match`);
  }
  return content;
}

function magic(reader: ByteReader, text: string, what: string): void {
  if (!equal(reader.raw(4), ascii(text))) throw new FormatError(`not ${what}`);
}

export interface JournalRecord {
  generation: bigint;
  seq: bigint;
  firstPosition: bigint;
  eventCount: number;
  oldSize: bigint;
  newSize: bigint;
  newRoot: Bytes;
  previous: Bytes; // hash of the record before
  logId: Bytes;
  payload: Bytes;
  hash: Bytes;
}

// The record that starts where `bytes` start; what follows it on its last page is zero.
export async function decodeJournalRecord(bytes: Bytes): Promise<JournalRecord> {
  const reader = new ByteReader(bytes);
  magic(reader, "CRJ1", "a journal record");
  if (reader.u32() !== 1) throw new FormatError("unknown version of a journal record");
  const generation = reader.u64();
  const seq = reader.u64();
  const firstPosition = reader.u64();
  const eventCount = reader.u32();
  const payloadBytes = reader.u32();
  if (payloadBytes > kPayloadBytesMax) throw new FormatError("payload of a journal record");
  const oldSize = reader.u64();
  const newSize = reader.u64();
  const newRoot = reader.raw(32);
  const previous = reader.raw(32);
  const logId = reader.raw(32);
  if (!isZero(reader.raw(8))) throw new FormatError("reserved bytes of a journal record");
  const payload = reader.raw(payloadBytes);
  const hash = reader.raw(kHashBytes);
  const end = kHeaderBytes + payloadBytes + kHashBytes;
  await checkedContent(bytes.slice(0, end), "a journal record");
  const padding = bytes.slice(end, Math.ceil(end / kPageBytes) * kPageBytes);
  if (!isZero(padding)) throw new FormatError("bytes after a journal record");
  if (newSize !== oldSize + BigInt(eventCount) || firstPosition !== oldSize) {
    throw new FormatError("sizes of a journal record");
  }
  return {
    generation, seq, firstPosition, eventCount, oldSize, newSize, newRoot, previous, logId,
    payload, hash,
  };
}

export interface JournalEvent {
  leaf: Bytes;
  body: Bytes;
}
export interface JournalClaim {
  kind: "claim" | "release";
  key: Bytes;
  subject: Bytes;
}
export interface JournalCall {
  commandDigest: Bytes;
  events: JournalEvent[];
  claims: JournalClaim[];
}

function readCall(reader: ByteReader): JournalCall {
  const eventCount = reader.u32();
  const claimCount = reader.u32();
  const commandDigest = reader.raw(32);
  if (eventCount === 0 || eventCount > 256) throw new FormatError("events of a call");
  const events: JournalEvent[] = [];
  for (let i = 0; i < eventCount; ++i) {
    events.push({ leaf: reader.raw(kLeafBytes), body: reader.raw(reader.u32()) });
  }
  const claims: JournalClaim[] = [];
  for (let i = 0; i < claimCount; ++i) {
    const kind = reader.u8();
    if (kind !== 1 && kind !== 2) throw new FormatError("kind of a claim");
    const key = reader.raw(32);
    claims.push({ kind: kind === 1 ? "claim" : "release", key, subject: reader.raw(reader.u32()) });
  }
  return { commandDigest, events, claims };
}

export function decodePayload(payload: Bytes): JournalCall[] {
  const reader = new ByteReader(payload);
  if (reader.u8() !== 1) throw new FormatError("unknown version of a journal payload");
  const count = reader.u32();
  const calls: JournalCall[] = [];
  for (let i = 0; i < count; ++i) calls.push(readCall(reader));
  if (reader.remaining !== 0) throw new FormatError("bytes after a journal payload");
  return calls;
}

export interface SegmentEntry {
  number: number;
  live: boolean;
  generation: bigint;
  fileBytes: bigint;
  afterSeq: bigint; // the record before the segment's first, 0 for none
  afterSize: bigint;
  afterRoot: Bytes;
  afterHash: Bytes;
}
export interface SegmentList {
  epoch: bigint;
  logId: Bytes;
  generationMax: bigint;
  entries: SegmentEntry[];
}

export async function decodeSegmentList(bytes: Bytes): Promise<SegmentList> {
  const reader = new ByteReader(await checkedContent(bytes, "a list of segments"));
  magic(reader, "CRJS", "a list of segments");
  if (reader.u32() !== 1) throw new FormatError("unknown version of a list of segments");
  const list = { epoch: reader.u64(), logId: reader.raw(32), generationMax: reader.u64() };
  const count = reader.u32();
  reader.u32();
  if (reader.remaining !== count * kEntryBytes) throw new FormatError("length of a list");
  const entries: SegmentEntry[] = [];
  for (let i = 0; i < count; ++i) {
    entries.push({
      number: reader.u32(), live: reader.u32() === 1, generation: reader.u64(),
      fileBytes: reader.u64(), afterSeq: reader.u64(), afterSize: reader.u64(),
      afterRoot: reader.raw(32), afterHash: reader.raw(32),
    });
    reader.u64();
  }
  return { ...list, entries };
}

export interface PastKey {
  logId: Bytes;
  publicKey: Bytes;
  origin: string;
  size: bigint; // what stays of the history that it signed; all ones: everything
}

export interface LogMeta {
  logId: Bytes; // of the present era
  publicKey: Bytes;
  origin: string;
  past: PastKey[]; // oldest first
}

export async function decodeLogMeta(bytes: Bytes): Promise<LogMeta> {
  const reader = new ByteReader(await checkedContent(bytes, "log.meta"));
  magic(reader, "CRTM", "log.meta");
  if (reader.u8() !== 4) throw new FormatError("unknown version of log.meta");
  const name = () => ({
    logId: reader.raw(32), publicKey: reader.raw(32),
    origin: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(reader.raw(reader.u32())),
  });
  const present = name();
  const past: PastKey[] = [];
  for (let left = reader.u32(); left > 0; --left) past.push({ ...name(), size: reader.u64() });
  if (reader.remaining !== 0) throw new FormatError("bytes after log.meta");
  return { ...present, past };
}

// The hashes of a tile: 256 where it is full, fewer while it is being filled.
export function decodeTile(bytes: Bytes): Bytes[] {
  const width = bytes.length / kHashBytes;
  if (!Number.isInteger(width) || width === 0 || width > kTileWidth) {
    throw new FormatError("a tile is 1 to 256 hashes wide");
  }
  const reader = new ByteReader(bytes);
  return Array.from({ length: width }, () => reader.raw(kHashBytes));
}

// Root of the tree over these hashes, RFC 6962, 2.1. One hash is its own root.
export async function treeRoot(hashes: readonly Bytes[]): Promise<Bytes> {
  const [only] = hashes;
  if (only === undefined) return sha256(concat());
  if (hashes.length === 1) return only;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeHash(await treeRoot(hashes.slice(0, split)), await treeRoot(hashes.slice(split)));
}
