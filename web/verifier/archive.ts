// verifier/archive.ts: a ZIP from outside, read whole and bounded, or refused.
//
// A report is one archive as disclosure/package.cc writes it: files one after another without gaps,
// each described twice with the same words, all of one moment. Whatever differs was made or changed
// by something else, and other programs might read something else from it, so it is refused.
import { inflateSync } from "fflate";

import { ByteReader, type Bytes, equal } from "../src/bytes.js";
import { Refusal } from "./verdict.js";

export const kArchiveBytesMax = 64 * 1024 * 1024;
const kEntriesMax = 1500; // 500 proofs, 16 sections twice and room
const kContentBytesMax = 256 * 1024 * 1024;
const kNameBytesMax = 128;
const kRatioMax = 100; // tables of few codes reach 30
const kRatioFromBytes = 1024 * 1024;
const kLocal = 0x04034b50;
const kCentral = 0x02014b50;
const kEnd = 0x06054b50;
const kEndBytes = 22;
const kCentralBytes = 46;
const kLocalBytes = 30;
const kFlagsAllowed = 0x0806; // level of compression, UTF-8 names
const kFirstMoment = 0x00210000; // 1980-01-01 00:00
const kPrivateFile = (0o100600 << 16) >>> 0;

// Little-endian, as ZIP has it.
class Fields {
  readonly #view: DataView;
  constructor(bytes: Bytes) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  u16(at: number): number {
    if (at + 2 > this.#view.byteLength) throw damaged();
    return this.#view.getUint16(at, true);
  }
  u32(at: number): number {
    if (at + 4 > this.#view.byteLength) throw damaged();
    return this.#view.getUint32(at, true);
  }
}

function damaged(): Refusal {
  return new Refusal(
    "L'archivio ZIP è incompleto, oppure è stato rifatto o alterato dopo il rilascio. " +
    "Serve il file originale, senza riaprirlo e comprimerlo di nuovo.");
}
function tooLarge(): Refusal {
  return new Refusal("L'archivio ZIP è più grande di quanto un pacchetto può essere.");
}

interface Entry {
  name: string;
  method: number;
  crc: number;
  packed: number; // bytes
  size: number;
  madeBy: number;
  data: number; // offset
}

// Letters, digits and dashes in folders: nothing that could lead out of the folder it is opened in.
const kNamePattern = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\/[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)*$/;

function nameAt(bytes: Bytes, at: number, length: number): string {
  if (length === 0 || length > kNameBytesMax || at + length > bytes.length) throw damaged();
  const name = String.fromCharCode(...bytes.subarray(at, at + length));
  if (!kNamePattern.test(name)) {
    throw new Refusal("L'archivio ZIP contiene un file con un nome che un pacchetto non ha.");
  }
  return name;
}

// One line of the directory at `at` and the file's own header at `expected`.
function readEntry(bytes: Bytes, fields: Fields, at: number, expected: number): Entry {
  const nameLength = fields.u16(at + 28);
  const entry = {
    name: nameAt(bytes, at + kCentralBytes, nameLength),
    method: fields.u16(at + 10),
    crc: fields.u32(at + 16),
    packed: fields.u32(at + 20),
    size: fields.u32(at + 24),
    madeBy: fields.u16(at + 4),
    data: expected + kLocalBytes + nameLength,
  };
  // Extra fields, comment, disk, internal attributes; then what this program always writes.
  const empty = [30, 32, 34, 36].every((offset) => fields.u16(at + offset) === 0) &&
    fields.u16(expected + 28) === 0;
  const usual = fields.u32(at) === kCentral && fields.u32(expected) === kLocal &&
    (fields.u16(at + 8) & ~kFlagsAllowed) === 0 && fields.u32(at + 12) === kFirstMoment &&
    fields.u32(at + 38) === kPrivateFile && fields.u32(at + 42) === expected &&
    (entry.method === 8 || (entry.method === 0 && entry.packed === entry.size));
  // From "version needed" to the length of the name, the two descriptions are the same bytes.
  const same = equal(bytes.subarray(at + 6, at + 30), bytes.subarray(expected + 4, expected + 28)) &&
    nameAt(bytes, expected + kLocalBytes, nameLength) === entry.name;
  if (!empty || !usual || !same) throw damaged();
  return entry;
}

function readDirectory(bytes: Bytes): Entry[] {
  const fields = new Fields(bytes);
  const end = bytes.length - kEndBytes;
  if (end < 0 || fields.u32(end) !== kEnd || fields.u32(end + 4) !== 0 ||
      fields.u16(end + 20) !== 0) {
    throw damaged();
  }
  const count = fields.u16(end + 10);
  const start = fields.u32(end + 16);
  if (count !== fields.u16(end + 8) || start + fields.u32(end + 12) !== end) throw damaged();
  if (count > kEntriesMax) throw tooLarge();
  const entries: Entry[] = [];
  const names = new Set<string>();
  let at = start;
  let expected = 0;
  let total = 0;
  for (let i = 0; i < count; ++i) {
    const entry = readEntry(bytes, fields, at, expected);
    at += kCentralBytes + entry.name.length;
    expected = entry.data + entry.packed;
    total += entry.size;
    if (expected > start || at > end || names.has(entry.name.toLowerCase())) throw damaged();
    if (entries[0] !== undefined && entries[0].madeBy !== entry.madeBy) throw damaged();
    if (total > kContentBytesMax ||
        (entry.size > kRatioFromBytes && entry.size > kRatioMax * entry.packed)) {
      throw tooLarge();
    }
    names.add(entry.name.toLowerCase());
    entries.push(entry);
  }
  if (at !== end || expected !== start || count === 0) throw damaged();
  return entries;
}

const kCrcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; ++bit) value = (value >>> 1) ^ ((value & 1) !== 0 ? 0xedb88320 : 0);
  return value;
});

function crc32(bytes: Bytes): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = kCrcTable[(value ^ byte) & 0xff]! ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

function inflate(packed: Bytes, size: number): Bytes {
  try {
    // One byte of room more than promised, so that a file that is longer is seen and not cut.
    return inflateSync(packed, { out: new Uint8Array(size + 1) }) as Bytes;
  } catch {
    throw damaged();
  }
}

export function readArchive(bytes: Bytes): Map<string, Bytes> {
  if (bytes.length > kArchiveBytesMax) throw tooLarge();
  const files = new Map<string, Bytes>();
  for (const entry of readDirectory(bytes)) {
    const packed = bytes.slice(entry.data, entry.data + entry.packed);
    const content = entry.method === 0 ? packed : inflate(packed, entry.size);
    if (content.length !== entry.size || crc32(content) !== entry.crc) throw damaged();
    files.set(entry.name, content);
  }
  return files;
}

// Whether these bytes call themselves a ZIP.
export function looksLikeArchive(bytes: Bytes): boolean {
  return bytes.length >= 4 && new ByteReader(bytes).u32() === 0x504b0304;
}
