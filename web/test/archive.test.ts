// Archives that are bombs, or lead out of their folder, or say two things of one file.
import assert from "node:assert/strict";
import { test } from "node:test";

import { ascii, type Bytes, concat } from "../src/bytes.js";
import { readArchive } from "../verifier/archive.js";
import { zipped } from "./verifier_world.js";

function refuses(bytes: Bytes, words: RegExp): void {
  assert.throws(() => readArchive(bytes), words);
}
// Patches every place where `from` stands.
function patched(bytes: Bytes, from: string, to: string): Bytes {
  const text = Buffer.from(bytes).toString("latin1").replaceAll(from, to);
  return new Uint8Array(Buffer.from(text, "latin1"));
}

test("what was put in comes out, stored and deflated", () => {
  const files = new Map([["a.txt", ascii("x".repeat(5000))], ["b/c.txt", ascii("")]]);
  assert.deepEqual(readArchive(zipped(files)), files);
});

test("names that lead elsewhere or that another system reads otherwise are refused", () => {
  const names = ["../a.bin", "/a/b.bin", "a/../b.c", "a\\b\\c.b", "C:a/b.bi", "a//b.bin", "a/./b.bi",
    "a\u0000b/c.bi", "a/b/c/d/", ".a/b.bin", "a b/c.bi", "a/b.bin."];
  for (const name of names) {
    const harmless = "n".repeat(name.length);
    refuses(patched(zipped(new Map([[harmless, ascii("x")]])), harmless, name), /nome/);
  }
  const twice = patched(zipped(new Map([["a", ascii("x")], ["b", ascii("x")]])), "b", "A");
  refuses(twice, /rifatto|alterato/);
});

test("a bomb is refused before it is opened", () => {
  const bomb = zipped(new Map([["a", new Uint8Array(8 * 1024 * 1024)]]));
  assert.ok(bomb.length < 20_000);
  refuses(bomb, /più grande/);
  const many = new Map(Array.from({ length: 1501 }, (_, i) => [`f${i}`, ascii("x")]));
  refuses(zipped(many), /più grande/);
});

test("a file that is longer or shorter than the archive says is refused", () => {
  const zip = zipped(new Map([["a", ascii("abc".repeat(100))]]));
  const size = "\x2c\x01\x00\x00";
  refuses(patched(zip, size, "\x2b\x01\x00\x00"), /alterato/);
  refuses(patched(zip, size, "\x2d\x01\x00\x00"), /alterato/);
  refuses(patched(zip, size, "\x00\x00\x00\x00"), /alterato/);
});

test("bytes before, between or after the files are refused, and so is an archive that is cut", () => {
  const zip = zipped(new Map([["a", ascii("x")], ["b", ascii("y")]]));
  refuses(concat(ascii("x"), zip), /alterato/);
  refuses(concat(zip, ascii("x")), /alterato/);
  for (let length = 0; length < zip.length; ++length) refuses(zip.slice(0, length), /alterato/);
});
