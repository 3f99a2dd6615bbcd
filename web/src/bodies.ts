// src/bodies.ts: the fields of the bodies that the browser shows, by Cap'n Proto type id.
//
// Offsets are those that `capnp compile -ocapnp schema/events.capnp` prints: bits in the data
// section, indexes in the pointer section. Fields are only ever added, so a row never changes.
import { type Bytes, FormatError, toHex } from "./bytes.js";
import { Message, type Struct } from "./capnp.js";

// Ids and digests are shown in hexadecimal, 64-bit numbers are bigint.
export type Value = string | number | bigint | boolean | Value[] | Fields;
export interface Fields {
  [name: string]: Value;
}

type Kind =
  | "bool" | "u16" | "u32" | "u64" | "i64" | "date" | "text" | "data" | "textList" | "dataList"
  | "refList";
type Row = readonly [name: string, kind: Kind, offset: number, withoutDefault?: boolean];

interface Body {
  name: string;
  fields: readonly Row[];
}

const kNoDate = -2147483648;
const kDayMin = -354285; // 1000-01-01, as base/clock.h bounds years
const kDayMax = 2932896; // 9999-12-31

const kExternalRef: readonly Row[] = [
  ["system", "text", 0], ["table", "text", 1], ["key", "text", 2],
];

export const kBodies: ReadonlyMap<bigint, Body> = new Map([
  [0xa004fdef9c887286n, { name: "EventHeader", fields: [
    ["type", "u16", 0], ["batchId", "data", 0], ["controller", "data", 1],
    ["occurredAt", "i64", 64], ["validFrom", "date", 32], ["validTo", "date", 128],
    ["actor", "data", 2], ["onBehalfOf", "data", 3], ["role", "text", 4], ["unit", "data", 5],
    ["purpose", "text", 6], ["legalBasis", "text", 7], ["legalBasisConfirmed", "bool", 16],
    ["source", "text", 8], ["retentionCategory", "text", 9], ["correlation", "data", 10],
    ["causation", "data", 11], ["commandDigest", "data", 12], ["externalRefs", "refList", 13],
    ["subject", "data", 14], ["appVersion", "text", 15],
  ] }],
  [0xbf8871f16a8cd12en, { name: "CardOpened", fields: [
    ["number", "i64", 0], ["subject", "data", 0], ["anonymous", "bool", 64],
    ["accessDate", "date", 96, true], ["mode", "text", 1], ["interlocutor", "text", 2],
    ["motive", "text", 3], ["motiveText", "text", 4], ["informed", "bool", 65],
    ["office", "data", 5], ["contactPoint", "text", 6], ["ente", "data", 7],
    ["operator", "data", 8], ["homeless", "bool", 66],
  ] }],
  [0xa660cf96dc60f71dn, { name: "CardReporterRecorded", fields: [
    ["relation", "text", 0], ["name", "text", 1], ["phone", "text", 2], ["protected", "bool", 0],
  ] }],
  [0xb034b5cf7fefb310n, { name: "Genesis", fields: [
    ["logId", "data", 0], ["origin", "text", 1], ["logKey", "data", 2], ["format", "text", 3],
    ["mode", "text", 4], ["eventBytesMax", "u32", 0], ["callBytesMax", "u32", 32],
    ["callEventsMax", "u32", 64], ["previousOrigin", "text", 5],
    ["previousCheckpoint", "text", 6], ["reason", "text", 7],
  ] }],
  [0x99024f2a43fdd240n, { name: "SignerEnrolled", fields: [
    ["signer", "data", 0], ["publicKey", "data", 1], ["algorithm", "text", 2],
    ["owner", "data", 3], ["rights", "textList", 4], ["proofOfPossession", "data", 5],
    ["enrolledBy", "data", 6],
  ] }],
  [0xcd831eefd002e1f1n, { name: "ConfigurationSet", fields: [
    ["key", "text", 0], ["value", "text", 1],
  ] }],
  [0xf2b977c47cde7708n, { name: "AttestationMade", fields: [
    ["view", "text", 0], ["generation", "u64", 0], ["cursor", "u64", 64], ["root", "data", 1],
    ["rowCount", "u64", 128], ["mac", "data", 2],
  ] }],
  [0xb63bc018f8685a40n, { name: "AccessRecorded", fields: [
    ["requestId", "data", 0], ["operation", "text", 1], ["outcome", "text", 2],
    ["actor", "data", 3], ["actorRole", "text", 4], ["actorUnit", "data", 5],
    ["onBehalfOf", "data", 6], ["clientId", "text", 7], ["ip", "text", 8],
    ["authContext", "text", 9], ["subjects", "dataList", 10], ["caseId", "data", 11],
    ["target", "text", 12], ["relation", "text", 13], ["purpose", "text", 14],
    ["resultCount", "u32", 0], ["asOf", "u64", 64], ["releasedTo", "text", 15],
    ["evidence", "data", 16], ["severity", "text", 17], ["policyVersion", "u32", 32],
    ["terms", "data", 18], ["section", "text", 19], ["repeated", "u32", 128],
    ["registryPerson", "data", 20],
  ] }],
  [0xb76c8ab40f71007bn, { name: "AccessReason", fields: [
    ["subject", "data", 0], ["reason", "text", 1], ["resultDigest", "data", 2],
  ] }],
  [0x9b4d758d671cd688n, { name: "ErasureCompleted", fields: [
    ["decision", "data", 0], ["streams", "u64", 0], ["events", "u64", 64], ["keys", "u64", 128],
    ["finalAt", "i64", 192], ["certificate", "data", 1],
  ] }],
] satisfies [bigint, Body][]);

// YYYY-MM-DD, or the empty text where absent. The wire holds the value XOR its default.
function date(struct: Struct, bit: number, plain: boolean): string {
  const days = struct.i32(bit) ^ (plain ? 0 : kNoDate);
  if (days === kNoDate) return "";
  if (days < kDayMin || days > kDayMax) throw new FormatError("a date is out of range");
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}

function value(struct: Struct, [, kind, offset, plain]: Row): Value {
  switch (kind) {
    case "bool": return struct.bool(offset);
    case "u16": return struct.u16(offset);
    case "u32": return struct.u32(offset);
    case "u64": return struct.u64(offset);
    case "i64": return struct.i64(offset);
    case "date": return date(struct, offset, plain === true);
    case "text": return struct.text(offset);
    case "data": return toHex(struct.data(offset));
    case "textList": return struct.textList(offset);
    case "dataList": return struct.dataList(offset).map(toHex);
    case "refList": return struct.structList(offset).map((ref) => fields(ref, kExternalRef));
  }
}

function fields(struct: Struct, rows: readonly Row[]): Fields {
  return Object.fromEntries(rows.map((row) => [row[0], value(struct, row)]));
}

export interface DecodedBody {
  name: string; // empty for a type that this page does not know: it is shown raw
  fields: Fields;
}

export function decodeBody(schemaId: bigint, message: Bytes): DecodedBody {
  const body = kBodies.get(schemaId);
  if (body === undefined) return { name: "", fields: { raw: toHex(message) } };
  return { name: body.name, fields: fields(new Message(message).root(), body.fields) };
}
