// src/capnp.ts: the part of Cap'n Proto that a canonical single-segment message needs.
//
// Everything is bounds-checked; far pointers and capabilities cannot occur and are refused. A field
// past the end of a shorter, older struct reads as zero or empty, as the format's evolution asks.
import { type Bytes, FormatError } from "./bytes.js";

const kWord = 8;
const kNestingMax = 16;
// A list of empty elements costs nothing on the wire, so the count is bounded too.
const kElementsMax = 65536;

interface List {
  at: number; // byte offset of the first element
  size: number; // Cap'n Proto's element size code
  count: number;
}

export class Message {
  readonly view: DataView;
  readonly bytes: Bytes;

  constructor(bytes: Bytes) {
    if (bytes.length === 0 || bytes.length % kWord !== 0) {
      throw new FormatError("a message is a whole number of words");
    }
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  root(): Struct {
    return this.structAt(0, 0);
  }
  // Whether this is the one message of its value: each word is reached once, in order, none is left,
  // no section ends in zeros, and nothing stands behind the end of a text.
  isCanonical(): boolean {
    this.#elements = 0;
    return this.#walk(0, kWord, 0) === this.bytes.length;
  }
  #elements = 0; // of all lists of structs, which cost nothing where the structs are empty
  // The object that the pointer names begins at `next`; returns where the next one does.
  #walk(pointer: number, next: number, depth: number): number {
    this.check(pointer, kWord);
    if (depth > kNestingMax) throw new FormatError("a message is nested too deeply");
    const low = this.view.getInt32(pointer, true);
    const high = this.view.getUint32(pointer + 4, true);
    if (low === 0 && high === 0) return next;
    const at = pointer + kWord + (low >> 2) * kWord;
    if ((low & 3) === 0) {
      const [data, pointers] = [high & 0xffff, high >>> 16];
      if (data + pointers === 0) return at === pointer ? next : -1;
      return at === next ? this.#walkStructs(at, 1, data, pointers, depth) : -1;
    }
    if ((low & 3) !== 1 || at !== next) return -1;
    const [size, count] = [high & 7, high >>> 3];
    if (size === 7) {
      this.check(at, kWord + count * kWord);
      const elements = this.view.getInt32(at, true) >>> 2;
      const data = this.view.getUint16(at + 4, true);
      const pointers = this.view.getUint16(at + 6, true);
      this.#elements += elements;
      if ((this.bytes[at]! & 3) !== 0 || elements < 0 || this.#elements > kElementsMax) return -1;
      if (elements * (data + pointers) !== count) return -1;
      return this.#walkStructs(at + kWord, elements, data, pointers, depth);
    }
    if (size === 6) {
      this.check(at, count * kWord);
      return this.#walkAll(at, count, at + count * kWord, depth);
    }
    const bits = count * [0, 1, 8, 16, 32, 64][size]!;
    const length = Math.ceil(bits / 64) * kWord;
    this.check(at, length);
    for (let bit = bits; bit < length * 8; ++bit) {
      if (((this.bytes[at + (bit >> 3)]! >> (bit & 7)) & 1) !== 0) return -1;
    }
    return at + length;
  }
  #walkStructs(
    at: number, count: number, data: number, pointers: number, depth: number,
  ): number {
    const step = (data + pointers) * kWord;
    this.check(at, count * step);
    const starts = Array.from({ length: count }, (_, i) => at + i * step);
    const isNull = (word: number) => this.view.getBigUint64(word) === 0n;
    // The largest element decides: in some of them each section is used to its end.
    if (data > 0 && starts.every((start) => isNull(start + (data - 1) * kWord))) return -1;
    if (pointers > 0 && starts.every((start) => isNull(start + step - kWord))) return -1;
    let next = at + count * step;
    for (const start of starts) {
      next = this.#walkAll(start + data * kWord, pointers, next, depth);
      if (next < 0) return -1;
    }
    return next;
  }
  #walkAll(first: number, count: number, from: number, depth: number): number {
    let next = from;
    for (let i = 0; i < count && next >= 0; ++i) next = this.#walk(first + i * kWord, next, depth + 1);
    return next;
  }
  check(at: number, length: number): void {
    if (at < 0 || length < 0 || at + length > this.bytes.length) {
      throw new FormatError("a pointer leaves the message");
    }
  }
  structAt(pointer: number, depth: number): Struct {
    this.check(pointer, kWord);
    if (depth > kNestingMax) throw new FormatError("a message is nested too deeply");
    const low = this.view.getInt32(pointer, true);
    const data = this.view.getUint16(pointer + 4, true);
    const pointers = this.view.getUint16(pointer + 6, true);
    if (low === 0 && data === 0 && pointers === 0) return new Struct(this, 0, 0, 0, depth);
    if ((low & 3) !== 0) throw new FormatError("not a pointer to a struct");
    return this.#struct(pointer + kWord + (low >> 2) * kWord, data, pointers, depth);
  }
  #struct(at: number, data: number, pointers: number, depth: number): Struct {
    this.check(at, (data + pointers) * kWord);
    return new Struct(this, at, data * kWord, pointers, depth);
  }
  // Undefined for a null pointer.
  listAt(pointer: number): List | undefined {
    this.check(pointer, kWord);
    const low = this.view.getInt32(pointer, true);
    const high = this.view.getUint32(pointer + 4, true);
    if (low === 0 && high === 0) return undefined;
    if ((low & 3) !== 1) throw new FormatError("not a pointer to a list");
    return { at: pointer + kWord + (low >> 2) * kWord, size: high & 7, count: high >>> 3 };
  }
  byteList(pointer: number): Bytes {
    const list = this.listAt(pointer);
    if (list === undefined) return new Uint8Array(0);
    if (list.size !== 2) throw new FormatError("not a list of bytes");
    this.check(list.at, list.count);
    return this.bytes.slice(list.at, list.at + list.count);
  }
  text(pointer: number): string {
    const bytes = this.byteList(pointer);
    if (bytes.length === 0) return "";
    if (bytes[bytes.length - 1] !== 0) throw new FormatError("a text ends in NUL");
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, -1));
    } catch {
      throw new FormatError("a text is UTF-8");
    }
  }
  // Offsets of the pointers in a list of pointers.
  pointerList(pointer: number): number[] {
    const list = this.listAt(pointer);
    if (list === undefined) return [];
    if (list.size !== 6 || list.count > kElementsMax) {
      throw new FormatError("not a list of pointers");
    }
    this.check(list.at, list.count * kWord);
    return Array.from({ length: list.count }, (_, i) => list.at + i * kWord);
  }
  u64List(pointer: number): bigint[] {
    const list = this.listAt(pointer);
    if (list === undefined) return [];
    if (list.size !== 5 || list.count > kElementsMax) throw new FormatError("not a list of numbers");
    this.check(list.at, list.count * kWord);
    return Array.from({ length: list.count }, (_, i) =>
      this.view.getBigUint64(list.at + i * kWord, true));
  }
  structList(pointer: number, depth: number): Struct[] {
    const list = this.listAt(pointer);
    if (list === undefined) return [];
    if (list.size !== 7 || depth > kNestingMax) throw new FormatError("not a list of structs");
    this.check(list.at, kWord + list.count * kWord);
    const count = this.view.getInt32(list.at, true) >>> 2;
    const data = this.view.getUint16(list.at + 4, true);
    const pointers = this.view.getUint16(list.at + 6, true);
    if (count > kElementsMax || count * (data + pointers) > list.count) {
      throw new FormatError("a list of structs is longer than its words");
    }
    const step = (data + pointers) * kWord;
    return Array.from({ length: count }, (_, i) =>
      this.#struct(list.at + kWord + i * step, data, pointers, depth));
  }
}

export class Struct {
  readonly #message: Message;
  readonly #at: number;
  readonly #dataBytes: number;
  readonly #pointers: number;
  readonly #depth: number;

  constructor(message: Message, at: number, dataBytes: number, pointers: number, depth: number) {
    this.#message = message;
    this.#at = at;
    this.#dataBytes = dataBytes;
    this.#pointers = pointers;
    this.#depth = depth;
  }
  #number<T>(bit: number, bits: number, zero: T, read: (at: number) => T): T {
    return bit + bits <= this.#dataBytes * 8 ? read(this.#at + bit / 8) : zero;
  }
  #pointer(index: number): number | undefined {
    return index < this.#pointers ? this.#at + this.#dataBytes + index * kWord : undefined;
  }
  // Whether nothing stands here but what these bits and pointers hold.
  hasOnly(bits: Bytes, pointers: ReadonlySet<number>): boolean {
    for (let i = 0; i < this.#dataBytes; ++i) {
      if ((this.#message.bytes[this.#at + i]! & ~(bits[i] ?? 0)) !== 0) return false;
    }
    for (let index = 0; index < this.#pointers; ++index) {
      if (!pointers.has(index) && this.#message.view.getBigUint64(this.#pointer(index)!) !== 0n) {
        return false;
      }
    }
    return true;
  }
  bool(bit: number): boolean {
    if (bit >= this.#dataBytes * 8) return false;
    return ((this.#message.view.getUint8(this.#at + (bit >> 3)) >> (bit & 7)) & 1) === 1;
  }
  u8(bit: number): number {
    return this.#number(bit, 8, 0, (at) => this.#message.view.getUint8(at));
  }
  u16(bit: number): number {
    return this.#number(bit, 16, 0, (at) => this.#message.view.getUint16(at, true));
  }
  u32(bit: number): number {
    return this.#number(bit, 32, 0, (at) => this.#message.view.getUint32(at, true));
  }
  i32(bit: number): number {
    return this.#number(bit, 32, 0, (at) => this.#message.view.getInt32(at, true));
  }
  u64(bit: number): bigint {
    return this.#number(bit, 64, 0n, (at) => this.#message.view.getBigUint64(at, true));
  }
  i64(bit: number): bigint {
    return this.#number(bit, 64, 0n, (at) => this.#message.view.getBigInt64(at, true));
  }
  text(index: number): string {
    const pointer = this.#pointer(index);
    return pointer === undefined ? "" : this.#message.text(pointer);
  }
  data(index: number): Bytes {
    const pointer = this.#pointer(index);
    return pointer === undefined ? new Uint8Array(0) : this.#message.byteList(pointer);
  }
  textList(index: number): string[] {
    const pointer = this.#pointer(index);
    if (pointer === undefined) return [];
    return this.#message.pointerList(pointer).map((at) => this.#message.text(at));
  }
  dataList(index: number): Bytes[] {
    const pointer = this.#pointer(index);
    if (pointer === undefined) return [];
    return this.#message.pointerList(pointer).map((at) => this.#message.byteList(at));
  }
  u64List(index: number): bigint[] {
    const pointer = this.#pointer(index);
    return pointer === undefined ? [] : this.#message.u64List(pointer);
  }
  struct(index: number): Struct {
    const pointer = this.#pointer(index);
    if (pointer === undefined) return new Struct(this.#message, 0, 0, 0, this.#depth);
    return this.#message.structAt(pointer, this.#depth + 1);
  }
  structList(index: number): Struct[] {
    const pointer = this.#pointer(index);
    return pointer === undefined ? [] : this.#message.structList(pointer, this.#depth + 1);
  }
}
