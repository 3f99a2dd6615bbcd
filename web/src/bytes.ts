// src/bytes.ts: bounded reading of untrusted bytes, hexadecimal, Base64 and SHA-256.

// Thrown for bytes from outside that break their format or do not verify.
export class FormatError extends Error {}

export type Bytes = Uint8Array<ArrayBuffer>;

const kPieceBytes = 8 * 1024; // engines bound the arguments of a call, the lowest near 64 Ki

export class ByteReader {
  readonly #bytes: Bytes;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  get remaining(): number {
    return this.#bytes.length - this.#at;
  }
  #take(count: number): number {
    if (count > this.remaining) throw new FormatError("bytes end too early");
    const from = this.#at;
    this.#at += count;
    return from;
  }
  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }
  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }
  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }
  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8));
  }
  raw(count: number): Bytes {
    const from = this.#take(count);
    return this.#bytes.slice(from, from + count);
  }
}

export function concat(...parts: Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export function ascii(text: string): Bytes {
  return new TextEncoder().encode(text);
}

export function be(value: bigint | number, bytes: number): Bytes {
  const to = new Uint8Array(bytes);
  let rest = BigInt.asUintN(bytes * 8, BigInt(value));
  for (let i = bytes - 1; i >= 0; --i) {
    to[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return to;
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function fromHex(text: string): Bytes {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) {
    throw new FormatError("not hexadecimal");
  }
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; ++i) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

// One character a byte, as btoa takes it.
function binary(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += kPieceBytes) {
    text += String.fromCharCode(...bytes.subarray(at, at + kPieceBytes));
  }
  return text;
}

// RFC 4648 4, with padding; the only spelling of each value is accepted.
export function fromBase64(text: string): Bytes {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw new FormatError("not Base64");
  }
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  if (btoa(binary(bytes)) !== text) throw new FormatError("not Base64");
  return bytes;
}

export async function sha256(...parts: Uint8Array[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...parts)));
}
