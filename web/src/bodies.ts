// src/bodies.ts: the fields of the bodies that the browser shows, by Cap'n Proto type id.
//
// Where each field stands comes from the schema itself (build-bodies.mjs).
import { type Bytes, FormatError, toHex } from "./bytes.js";
import { Message, type Struct } from "./capnp.js";
import type { Kind as LeafKind } from "./decode.js";
import { kBodies, kEnums, kTypes } from "./schema_bodies.js";

export { kTypes };

// Ids and digests are shown in hexadecimal, 64-bit numbers are bigint.
export type Value = string | number | bigint | boolean | Value[] | Fields;
export interface Fields {
  [name: string]: Value;
}

// Offsets count bits in the data section and indexes in the pointer section.
type Kind =
  | "bool" | "u8" | "u16" | "u32" | "u64" | "i64" | "date" | "time" | "enum"
  | "text" | "data" | "textList" | "dataList" | "u64List" | "struct" | "structList";
type Row = readonly [name: string, kind: Kind, offset: number, of?: string];
export interface Body {
  name: string;
  fields: readonly Row[];
}

// What an event of a type is: its leaf's kind, and the body behind its header.
export interface EventType {
  kind: LeafKind;
  body: string;
}

const kBits: Readonly<Partial<Record<Kind, number>>> = {
  bool: 1, u8: 8, u16: 16, enum: 16, u32: 32, date: 32, u64: 64, i64: 64, time: 64,
};
const kNoDate = -2147483648;
const kNoTime = -(2n ** 63n);
const kDayMin = -354285; // 1000-01-01, as base/clock.h bounds years
const kDayMax = 2932896; // 9999-12-31

interface Shape {
  rows: readonly Row[];
  bits: Bytes; // of the data section, those that a field holds
  pointers: ReadonlySet<number>;
}

function shapeOf(rows: readonly Row[]): Shape {
  const bits = new Uint8Array(Math.max(0, ...rows.map(([, kind, at]) =>
    kBits[kind] === undefined ? 0 : (at + kBits[kind] + 7) >> 3)));
  const pointers = new Set<number>();
  for (const [, kind, at] of rows) {
    const width = kBits[kind];
    if (width === undefined) pointers.add(at);
    for (let bit = at; bit < at + (width ?? 0); ++bit) bits[bit >> 3]! |= 1 << (bit & 7);
  }
  return { rows, bits, pointers };
}
const kShapes = new Map([...kBodies.values()].map(({ name, fields }) => [name, shapeOf(fields)]));

// YYYY-MM-DD, or the empty text where absent. The wire holds the value XOR its default.
function date(struct: Struct, bit: number): string {
  const days = struct.i32(bit) ^ kNoDate;
  if (days === kNoDate) return "";
  if (days < kDayMin || days > kDayMax) throw new FormatError("a date is out of range");
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}

// Microseconds since 1970 UTC, or the empty text where absent.
function time(struct: Struct, bit: number): bigint | "" {
  const microseconds = BigInt.asIntN(64, struct.i64(bit) ^ kNoTime);
  return microseconds === kNoTime ? "" : microseconds;
}

// Reads one message, and notes whether it says more than is read.
class Reading {
  whole = true;

  fields(struct: Struct, body: string): Fields {
    const { rows, bits, pointers } = kShapes.get(body)!;
    if (!struct.hasOnly(bits, pointers)) this.whole = false;
    return Object.fromEntries(rows.map((row) => [row[0], this.#value(struct, row)]));
  }
  #value(struct: Struct, [, kind, at, of]: Row): Value {
    switch (kind) {
      case "bool": return struct.bool(at);
      case "u8": return struct.u8(at);
      case "u16": return struct.u16(at);
      case "u32": return struct.u32(at);
      case "u64": return struct.u64(at);
      case "i64": return struct.i64(at);
      case "date": return date(struct, at);
      case "time": return time(struct, at);
      case "enum": return this.#enumerant(struct.u16(at), of!);
      case "text": return struct.text(at);
      case "data": return toHex(struct.data(at));
      case "textList": return struct.textList(at);
      case "dataList": return struct.dataList(at).map(toHex);
      case "u64List": return struct.u64List(at);
      case "struct": return this.fields(struct.struct(at), of!);
      case "structList": return struct.structList(at).map((each) => this.fields(each, of!));
    }
  }
  // One that the schema did not have yet keeps its number.
  #enumerant(number: number, of: string): Value {
    const name = kEnums[of]![number];
    if (name === undefined) this.whole = false;
    return name ?? number;
  }
}

export interface DecodedBody {
  name: string; // empty for a type that this page does not know: it is shown raw
  fields: Fields;
  whole: boolean; // false: a later schema has fields or values in it that are not shown here
}

export function decodeBody(schemaId: bigint, message: Bytes): DecodedBody {
  const body = kBodies.get(schemaId);
  if (body === undefined) return { name: "", fields: { raw: toHex(message) }, whole: false };
  const reading = new Reading();
  const read = new Message(message);
  if (!read.isCanonical()) throw new FormatError("a body is not in its canonical form");
  const fields = reading.fields(read.root(), body.name);
  return { name: body.name, fields, whole: reading.whole };
}
