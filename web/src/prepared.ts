// src/prepared.ts: a call that is about to be signed, decoded and recomputed by the page itself.
//
// The page shows what this file decoded and signs the messages that this file built. Whatever the
// server says beside the plaintexts and salts (commitments, messages to sign) is compared and never
// used, so a server that shows one thing and holds another is refused here or by its own signature
// check. Form: PreparationResult of api/openapi.yaml.
import {
  ascii, be, type Bytes, equal, FormatError, fromBase64, fromHex, isZero, sha256, toHex,
} from "./bytes.js";
import { decodeBody, type DecodedBody, kTypes } from "./bodies.js";
import {
  bodyCommitment, kAuthorSigned, type Kind, kKinds, segmentCommitment, signedMessage, unpad,
} from "./decode.js";

const kClassMax = 4;
const kEventsMax = 256;
const kSegmentsMax = 64;

// What the page knows without asking: never taken from the answer that is checked.
export interface Signing {
  logId: Bytes; // pinned at enrolment
  commandId: Bytes; // the Idempotency-Key that the page chose
  operatorId: Bytes; // who is logged in
}

export interface CheckedEvent {
  kind: Kind;
  eventId: Bytes;
  streamId: Bytes;
  expectedRevision: bigint;
  header: DecodedBody;
  bodies: DecodedBody[]; // to be shown, all of them
  message: Bytes; // to be signed
}

export interface CheckedCall {
  events: CheckedEvent[];
  token: string; // goes back as it came, with one signature for each event
}

type Json = Readonly<Record<string, unknown>>;

function object(value: unknown, what: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new FormatError(`${what} is not an object`);
  }
  return value as Json;
}
function list(value: unknown, max: number, what: string): unknown[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > max) {
    throw new FormatError(`number of ${what}`);
  }
  return value;
}
function text(from: Json, name: string): string {
  const value = from[name];
  if (typeof value !== "string") throw new FormatError(`${name} is not a text`);
  return value;
}
function hex(from: Json, name: string, bytes: number): Bytes {
  const value = fromHex(text(from, name));
  if (value.length !== bytes) throw new FormatError(`${name} has ${bytes} bytes`);
  return value;
}
function whole(from: Json, name: string): number {
  const value = from[name];
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    throw new FormatError(`${name} is not a whole number`);
  }
  return value;
}
function same(a: Bytes, b: Bytes, what: string): void {
  if (!equal(a, b)) throw new FormatError(`${what} is not what was recomputed`);
}

// Event i of a call has an id that follows from the command's (docs/data_formats.md "Ids").
export async function eventIdOf(commandId: Bytes, index: number): Promise<Bytes> {
  if (index === 0) return commandId;
  const digest = await sha256(ascii("cartella/event-id/1\0"), commandId, be(index, 4));
  const id = digest.slice(0, 16);
  id[6] = (id[6]! & 0x0f) | 0x80;
  id[8] = (id[8]! & 0x3f) | 0x80;
  return id;
}

// What binds the events of a call to each other, in hexadecimal; empty for one event alone.
export async function batchIdOf(eventIds: Bytes[]): Promise<string> {
  if (eventIds.length === 1) return "";
  const digest = await sha256(ascii("cartella/batch/1\0"), be(eventIds.length, 4), ...eventIds);
  return toHex(digest.subarray(0, 16));
}

interface CheckedSegment {
  commitment: Bytes;
  body: DecodedBody;
}

async function checkSegment(value: unknown, sealed: boolean): Promise<CheckedSegment> {
  const segment = object(value, "a segment");
  const keyClass = whole(segment, "class");
  if (keyClass < 0 || keyClass > kClassMax) throw new FormatError("class of a segment");
  const ownerKey = hex(segment, "owner", 16);
  const salt = fromBase64(text(segment, "salt"));
  if (salt.length !== 32) throw new FormatError("a salt has 32 bytes");
  if (sealed === isZero(ownerKey) || sealed === isZero(salt)) {
    throw new FormatError("a segment is clear in a kind that is sealed, or sealed in a clear one");
  }
  const padded = fromBase64(text(segment, "plaintext"));
  const plain = unpad(padded);
  const body = decodeBody(plain.schemaId, plain.message);
  // What cannot be shown is not signed.
  if (!body.whole) throw new FormatError("a segment that this page cannot show whole");
  return { commitment: await segmentCommitment(salt, ownerKey, keyClass, padded), body };
}

async function checkEvent(value: unknown, index: number, signing: Signing): Promise<CheckedEvent> {
  const event = object(value, "an event");
  const kind = kKinds[whole(event, "kind")];
  if (kind === undefined || kind === "access") throw new FormatError("kind of an event");
  if (whole(event, "flags") !== kAuthorSigned) throw new FormatError("not to be author-signed");
  const eventId = hex(event, "event_id", 16);
  same(eventId, await eventIdOf(signing.commandId, index), "the id of an event");
  const segments: CheckedSegment[] = [];
  for (const segment of list(event["segments"], kSegmentsMax, "segments")) {
    segments.push(await checkSegment(segment, kind === "event"));
  }
  const [header, ...bodies] = segments.map((segment) => segment.body);
  if (header?.name !== "EventHeader") throw new FormatError("an event begins with its header");
  if (header.fields["actor"] !== toHex(signing.operatorId)) {
    throw new FormatError("an event in the name of another operator");
  }
  // The type is said twice, and readers go by either.
  const type = kTypes.get(header.fields["type"] as number);
  if (type === undefined || type.kind !== kind || type.body !== bodies[0]?.name) {
    throw new FormatError("an event whose header names another type than its kind and body");
  }
  const commitment = await bodyCommitment(segments.map((segment) => segment.commitment));
  same(hex(event, "commitment", 32), commitment, "the commitment of an event");
  const streamId = hex(event, "stream", 16);
  const expectedRevision = BigInt(whole(event, "expected_revision"));
  const message = signedMessage(signing.logId, {
    kind, flags: kAuthorSigned, eventId, streamId, expectedRevision, bodyCommitment: commitment,
  });
  same(fromBase64(text(event, "message")), message, "the message to sign");
  return { kind, eventId, streamId, expectedRevision, header, bodies, message };
}

// Throws FormatError for whatever does not follow from the plaintexts that are shown.
export async function checkPrepared(answer: unknown, signing: Signing): Promise<CheckedCall> {
  const prepared = object(answer, "the answer");
  same(hex(prepared, "log_id", 32), signing.logId, "the log");
  const events: CheckedEvent[] = [];
  for (const [index, event] of list(prepared["events"], kEventsMax, "events").entries()) {
    events.push(await checkEvent(event, index, signing));
  }
  // Signed for this call only: with all of its events, or not at all.
  const batch = await batchIdOf(events.map((event) => event.eventId));
  for (const { header } of events) {
    if (header.fields["batchId"] !== batch) throw new FormatError("an event of another batch");
  }
  return { events, token: text(prepared, "token") };
}

// One signature for each event, in order, as Commit of api/openapi.yaml takes them. The key need not
// be extractable.
export async function signCall(call: CheckedCall, key: CryptoKey): Promise<string[]> {
  const signatures: string[] = [];
  for (const event of call.events) {
    const signature = await crypto.subtle.sign({ name: "Ed25519" }, key, event.message);
    signatures.push(toHex(new Uint8Array(signature)));
  }
  return signatures;
}
