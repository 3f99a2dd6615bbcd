// src/decode.ts: leaf, body record and segments, decoded and verified without the server's code.
//
// The page that signs shows what THIS file decodes and signs what it recomputed, so a server that
// changes a field after the preview is found out. Layouts: docs/data_formats.md.
import {
  ascii, be, ByteReader, type Bytes, concat, equal, FormatError, isZero, sha256,
} from "./bytes.js";
import { verifyEd25519 } from "./ed25519.js";

export const kLeafBytes = 256;
export const kAuthorSigned = 1;
export const kServerSigned = 2;
export const kKinds = [
  "event", "access", "key", "schema", "configuration", "erasure", "attestation",
] as const;
export type Kind = (typeof kKinds)[number];

const kMagic = ascii("CRT1");
const kSegmentsMax = 64;
const kEventBytesMax = 256 * 1024;
const kSteps = [256, 512, 1024, 4 * 1024, 16 * 1024, 64 * 1024, 192 * 1024];
const kHeadBytes = 1 + 1 + 16 + 24;
const kSaltBytes = 32;
const kTagBytes = 16;
const kClearKinds: readonly Kind[] = ["key", "schema", "configuration", "erasure", "attestation"];

export interface Leaf {
  kind: Kind;
  flags: number;
  position: bigint;
  eventId: Bytes;
  streamId: Bytes;
  revision: bigint;
  recordedAt: bigint; // microseconds UTC
  bodyCommitment: Bytes;
  storedHash: Bytes;
  previousLeafHash: Bytes;
  signerId: Bytes;
  expectedRevision: bigint;
  signature: Bytes;
}

export function decodeLeaf(bytes: Bytes): Leaf {
  if (bytes.length !== kLeafBytes) throw new FormatError("a leaf has 256 bytes");
  const reader = new ByteReader(bytes);
  if (!equal(reader.raw(4), kMagic)) throw new FormatError("a leaf starts with CRT1");
  if (reader.u8() !== 1) throw new FormatError("unknown leaf version");
  const kind = kKinds[reader.u8()];
  if (kind === undefined) throw new FormatError("unknown leaf kind");
  const leaf: Leaf = {
    kind,
    flags: reader.u16(),
    position: reader.u64(),
    eventId: reader.raw(16),
    streamId: reader.raw(16),
    revision: reader.u64(),
    recordedAt: reader.i64(),
    bodyCommitment: reader.raw(32),
    storedHash: reader.raw(32),
    previousLeafHash: reader.raw(32),
    signerId: reader.raw(16),
    expectedRevision: reader.i64(),
    signature: reader.raw(64),
  };
  if (!isZero(reader.raw(8))) throw new FormatError("reserved bytes of a leaf are not zero");
  const unsigned = leaf.flags === 0 && isZero(leaf.signerId) && isZero(leaf.signature);
  const signed = leaf.flags === kAuthorSigned || leaf.flags === kServerSigned;
  if (kind === "access" ? !unsigned : !signed) throw new FormatError("leaf flags");
  const expected = leaf.expectedRevision;
  if (expected < -1n && expected !== -2n && expected !== -4n) {
    throw new FormatError("expected revision of a leaf");
  }
  return leaf;
}

export function leafHash(leaf: Bytes): Promise<Bytes> {
  return sha256(new Uint8Array([0]), leaf);
}

// The fields of a leaf that are signed; nothing that the writer decides is among them.
export type Signable = Pick<
  Leaf, "kind" | "flags" | "eventId" | "streamId" | "expectedRevision" | "bodyCommitment">;

export function signedMessage(logId: Bytes, leaf: Signable): Bytes {
  return concat(
    ascii("cartella/sig/1\0"), logId, be(kKinds.indexOf(leaf.kind), 1), be(leaf.flags, 2),
    leaf.eventId, leaf.streamId, be(leaf.expectedRevision, 8), leaf.bodyCommitment);
}

export async function signerId(publicKey: Bytes): Promise<Bytes> {
  return (await sha256(new Uint8Array([1]), publicKey)).slice(0, 16);
}

// The signature is by `publicKey`, and the leaf names that key.
export async function verifyLeaf(logId: Bytes, leaf: Leaf, publicKey: Bytes): Promise<boolean> {
  if (leaf.flags === 0 || !equal(await signerId(publicKey), leaf.signerId)) return false;
  return verifyEd25519(publicKey, signedMessage(logId, leaf), leaf.signature);
}

export interface Stub {
  commitment: Bytes;
  storedHash: Bytes;
}
export interface BodyRecord {
  stubs: Stub[];
  segments: Bytes[]; // empty: erased
}

export function decodeBodyRecord(bytes: Bytes): BodyRecord {
  if (bytes.length > kEventBytesMax) throw new FormatError("body record is too large");
  const reader = new ByteReader(bytes);
  const count = reader.u16();
  if (count === 0 || count > kSegmentsMax) throw new FormatError("number of segments");
  const stubs = Array.from({ length: count }, () => ({
    commitment: reader.raw(32),
    storedHash: reader.raw(32),
  }));
  const segments = Array.from({ length: count }, () => reader.raw(reader.u32()));
  for (const segment of segments) if (segment.length !== 0) segmentHead(segment);
  if (reader.remaining !== 0) throw new FormatError("bytes after the body record");
  return { stubs, segments };
}

function counted(domain: string, hashes: Bytes[]): Promise<Bytes> {
  return sha256(ascii(domain), be(hashes.length, 2), ...hashes);
}
export function bodyCommitment(commitments: Bytes[]): Promise<Bytes> {
  return counted("cartella/body/1\0", commitments);
}
export function storedHash(hashes: Bytes[]): Promise<Bytes> {
  return counted("cartella/ct/1\0", hashes);
}

// Stubs against the leaf and stored bytes against the stubs; needs no key.
export async function checkBody(leaf: Leaf, body: BodyRecord): Promise<void> {
  const commitment = await bodyCommitment(body.stubs.map((stub) => stub.commitment));
  const stored = await storedHash(body.stubs.map((stub) => stub.storedHash));
  if (!equal(commitment, leaf.bodyCommitment)) throw new FormatError("body commitment");
  if (!equal(stored, leaf.storedHash)) throw new FormatError("stored hash");
  for (const [i, segment] of body.segments.entries()) {
    if (segment.length === 0) continue;
    const stub = body.stubs[i];
    if (stub === undefined || !equal(await sha256(segment), stub.storedHash)) {
      throw new FormatError(`stored bytes of segment ${i}`);
    }
  }
}

export interface SegmentHead {
  algorithm: number; // 0 clear, 1 XChaCha20-Poly1305-IETF
  keyClass: number;
  ownerKeyId: Bytes;
}

export function segmentHead(stored: Bytes): SegmentHead {
  if (!kSteps.includes(stored.length - kHeadBytes - kSaltBytes - kTagBytes)) {
    throw new FormatError("segment size is not a padding step");
  }
  const reader = new ByteReader(stored);
  const head = { algorithm: reader.u8(), keyClass: reader.u8(), ownerKeyId: reader.raw(16) };
  if (head.algorithm > 1 || head.keyClass > 4 ||
      (head.algorithm === 0) !== isZero(head.ownerKeyId)) {
    throw new FormatError("segment head");
  }
  return head;
}

export interface Plaintext {
  schemaId: bigint;
  revision: number;
  message: Bytes;
}

export function unpad(padded: Bytes): Plaintext {
  const reader = new ByteReader(padded);
  const schemaId = reader.u64();
  const revision = reader.u32();
  const message = reader.raw(reader.u32());
  const step = kSteps.find((bytes) => bytes >= 16 + message.length);
  if (step !== padded.length || !isZero(reader.raw(reader.remaining))) {
    throw new FormatError("padding of a plaintext");
  }
  return { schemaId, revision, message };
}

// What the author commits to. Salt and padded plaintext come with a preview to be signed.
export function segmentCommitment(
  salt: Bytes, ownerKeyId: Bytes, keyClass: number, padded: Bytes,
): Promise<Bytes> {
  return sha256(ascii("cartella/seg/1\0"), salt, ownerKeyId, be(keyClass, 1), padded);
}

// Opens a clear segment of a kind without personal data and compares its commitment.
export async function openClearSegment(
  leaf: Leaf, body: BodyRecord, index: number,
): Promise<Plaintext> {
  const stored = body.segments[index];
  const stub = body.stubs[index];
  if (stored === undefined || stub === undefined) throw new FormatError("no such segment");
  if (!kClearKinds.includes(leaf.kind)) throw new FormatError("clear in a kind that is sealed");
  if (segmentHead(stored).algorithm !== 0) throw new FormatError("segment is not clear");
  const paddedAt = kHeadBytes + kSaltBytes;
  const padded = stored.slice(paddedAt, stored.length - kTagBytes);
  if (!isZero(stored.subarray(0, paddedAt)) || !isZero(stored.subarray(-kTagBytes))) {
    throw new FormatError("owner, nonce, salt and tag of a clear segment are zero");
  }
  const zeros = new Uint8Array(kSaltBytes);
  const commitment = await segmentCommitment(zeros, zeros.slice(0, 16), 0, padded);
  if (!equal(commitment, stub.commitment)) throw new FormatError("commitment of a segment");
  return unpad(padded);
}
