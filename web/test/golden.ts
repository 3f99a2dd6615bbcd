// Reads the frozen examples of tests/golden/, which other code wrote.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { decodeBody, type Fields } from "../src/bodies.js";
import { type Bytes, fromHex } from "../src/bytes.js";
import { decodeBodyRecord, decodeLeaf, unpad } from "../src/decode.js";

const kGolden = new URL("../../../tests/golden/", import.meta.url);

export function text(name: string): string {
  return readFileSync(new URL(name, kGolden), "utf8");
}

export class Golden {
  readonly #values = new Map<string, Bytes>();
  constructor(name: string) {
    for (const line of text(`${name}.txt`).trimEnd().split("\n")) {
      const [key, value] = line.split(" = ");
      this.#values.set(key ?? "", fromHex(value ?? ""));
    }
  }
  get(key: string): Bytes {
    const value = this.#values.get(key);
    assert.ok(value, key);
    return value;
  }
  get leaf() { return decodeLeaf(this.get("leaf")); }
  get body() { return decodeBodyRecord(this.get("body_record")); }
  bodyOf(index: number): { name: string; fields: Fields } {
    const plain = unpad(this.get(`segment.${index}.padded`));
    return decodeBody(plain.schemaId, plain.message);
  }
}
