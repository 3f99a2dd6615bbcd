// Every body of the schema, written by the tool of Cap'n Proto, read by the page's own decoder.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { type Body, decodeBody, type Value } from "../src/bodies.js";
import { kBodies, kEnums } from "../src/schema_bodies.js";
import { type Bytes, FormatError, toHex } from "../src/bytes.js";

const kSchema = fileURLToPath(new URL("../../../schema/events.capnp", import.meta.url));
const kBefore = new Map([...kBodies.values()].map((body) => [body.name, body]));
type Row = Body["fields"][number];

function encode(body: string, written: string): Bytes {
  return new Uint8Array(execFileSync(
    "capnp", ["convert", "text:canonical", kSchema, body], { input: written }));
}

// A value of the field, other in each, and how the tool of Cap'n Proto writes it.
function example([name, kind, at, of]: Row, depth: number): [Value, string] {
  const bytes = [0xc0 + depth, at & 0xff, name.length];
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const data = `0x"${hex}"`;
  const words = `${name} perch\u00e9 "${at}"`;
  const big = 0x8000000000000000n - BigInt(at + name.length);
  switch (kind) {
    case "bool": return [true, "true"];
    case "u8": return [200 + depth, String(200 + depth)];
    case "u16": return [60000 + at, String(60000 + at)];
    case "u32": return [4000000000 + at, String(4000000000 + at)];
    case "u64": return [big * 2n, String(big * 2n)];
    case "i64": return [-big, String(-big)];
    case "date": return ["2026-11-28", "20785"];
    case "time": return [1795824000000000n, "1795824000000000"];
    case "text": return [words, JSON.stringify(words)];
    case "data": return [hex, data];
    case "textList": return [[words, ""], `[${JSON.stringify(words)}, ""]`];
    case "dataList": return [[hex, ""], `[${data}, ""]`];
    case "u64List": return [[big, 0n], `[${big}, 0]`];
    case "enum": return [kEnums[of!]!.at(-1)!, kEnums[of!]!.at(-1)!];
    case "struct": return whole(of!, depth + 1);
    case "structList": {
      const [value, written] = whole(of!, depth + 1);
      return [[value, value], `[${written}, ${written}]`];
    }
  }
}
function whole(body: string, depth = 0): [Record<string, Value>, string] {
  const rows = kBefore.get(body)!.fields;
  const examples = rows.map((row) => [row[0], ...example(row, depth)] as const);
  return [
    Object.fromEntries(examples.map(([name, value]) => [name, value])),
    `(${examples.map(([name, , written]) => `${name} = ${written}`).join(", ")})`,
  ];
}

test("the schema has bodies, and each is read as Cap'n Proto wrote it", () => {
  assert.ok(kBodies.size > 80, String(kBodies.size));
  for (const [id, { name }] of kBodies) {
    const [expected, written] = whole(name);
    assert.deepEqual(
      decodeBody(id, encode(name, written)), { name, fields: expected, whole: true }, name);
  }
});

test("of an empty body nothing is missing and nothing is invented", () => {
  const empty: Readonly<Record<string, Value>> = {
    bool: false, u8: 0, u16: 0, u32: 0, u64: 0n, i64: 0n, date: "", time: "",
    text: "", data: "", textList: [], dataList: [], u64List: [], structList: [],
  };
  for (const [id, { name, fields }] of kBodies) {
    const decoded = decodeBody(id, encode(name, "()"));
    assert.ok(decoded.whole, name);
    for (const [field, kind, , of] of fields) {
      if (kind === "enum") assert.equal(decoded.fields[field], kEnums[of!]![0]);
      else if (kind !== "struct") assert.deepEqual(decoded.fields[field], empty[kind], field);
    }
  }
});

// Each byte of a canonical message means something: with any other, it is another message or none.
test("a message that is not canonical is refused", () => {
  const kWord = 8;
  for (const [id, { name }] of kBodies) {
    const message = encode(name, whole(name)[1]);
    const behind = new Uint8Array(message.length + kWord);
    behind.set(message);
    assert.throws(() => decodeBody(id, behind), FormatError, name); // a word that nothing names
    behind[message.length] = 1;
    assert.throws(() => decodeBody(id, behind), FormatError, name);
  }
  const id = [...kBodies].find(([, { name }]) => name === "StatementAdded")![0];
  const two = encode("StatementAdded", '(item = "ab", text = "cd")');
  const turned = two.slice(); // both texts, with their places exchanged
  turned.set(two.slice(32, 40), 40);
  turned.set(two.slice(40, 48), 32);
  turned[8] = two[8]! + 4;
  turned[24] = two[24]! - 4;
  const twice = two.slice(0, 40); // one text named twice
  twice[24] = two[24]! - 4;
  const padded = two.slice(); // something behind the end of a text
  padded[47] = 1;
  for (const changed of [turned, twice, padded]) {
    assert.throws(() => decodeBody(id, changed), /canonical/);
  }
  assert.equal(decodeBody(id, two).fields["text"], "cd");
});

test("lists of empty structs, which cost nothing to send, are counted together", () => {
  const kLists = 1000;
  const bytes = new Uint8Array(8 * (1 + 2 * kLists));
  const view = new DataView(bytes.buffer);
  view.setUint16(6, kLists, true); // the root: no data, that many pointers
  for (let i = 0; i < kLists; ++i) {
    view.setInt32(8 * (1 + i), ((kLists - 1) << 2) | 1, true); // to a tag behind the pointers
    view.setUint32(8 * (1 + i) + 4, 7, true);
    view.setInt32(8 * (1 + kLists + i), 60000 << 2, true);
  }
  const [id] = [...kBodies].find(([, { name }]) => name === "PersonRegistered")!;
  assert.throws(() => decodeBody(id, bytes), /canonical/);
});

// What a later schema adds must not be signed by who does not see it. The wider body stands for it.
const kWider: [body: string, wider: string, written: string, whole: boolean][] = [
  ["CardReporterRecorded", "CardReporterRecorded", '(name = "x", protected = true)', true],
  ["CardReporterRecorded", "CardClosed", "(takenInCharge = true)", true], // the same bit
  ["CardReporterRecorded", "CardClosed", "(municipalOnly = true)", false], // the bit beside it
  ["CardReporterRecorded", "CardOpened", "(number = 256)", false], // the same word
  ["CardReporterRecorded", "CardOpened", "(anonymous = true)", false], // a second word
  ["CardReporterRecorded", "NoteRecorded", '(mentions = [0x"01"])', false], // a fifth pointer
  ["CaseShared", "CardOpened", '(interlocutor = "x")', true], // a text where a text is
  ["ItemVoided", "CardOpened", '(mode = "x")', true],
  ["ItemVoided", "CardOpened", '(interlocutor = "x")', false], // a third pointer
];
for (const [body, wider, written, expected] of kWider) {
  test(`${body} written as ${wider} ${written} is ${expected ? "" : "not "}shown whole`, () => {
    const [id] = [...kBodies].find(([, { name }]) => name === body)!;
    assert.equal(decodeBody(id, encode(wider, written)).whole, expected);
  });
}

test("what is added to a body in a list, and an unknown enumerant, is not shown whole", () => {
  const [id] = [...kBodies].find(([, { name }]) => name === "PersonRegistered")!;
  const message = encode("PersonRegistered", '(identifiers = [(value = "x", verified = true)])');
  assert.ok(decodeBody(id, message).whole);
  const verified = 2 + toHex(message).search(/0000010000000000(.{16})*$/) / 2; // its only word of data
  for (const [at, value] of [[verified, 3], [verified + 1, 1], [verified - 2, 99]] as const) {
    const changed = message.slice();
    changed[at] = value;
    const { fields, whole } = decodeBody(id, changed);
    const [identifier] = fields["identifiers"] as { [name: string]: Value }[];
    assert.equal(whole, false, String(at));
    assert.equal(identifier!["verified"], true);
    assert.equal(identifier!["kind"], value === 99 ? 99 : "cf");
  }
});
