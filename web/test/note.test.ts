// Checkpoints and proofs of tests/golden/, verified with WebCrypto and our own tree code.
import assert from "node:assert/strict";
import { test } from "node:test";

import { type Bytes, sha256 } from "../src/bytes.js";
import { leafHash } from "../src/decode.js";
import {
  type Checkpoint, openCheckpoint, parseConsistency, parseHashes, parseProof, parseVerifierKey,
  verifyConsistency, verifyInclusion,
} from "../src/note.js";
import { Golden, text } from "./golden.js";

async function open(note: string): Promise<Checkpoint> {
  return openCheckpoint(note, await parseVerifierKey(text("log.vkey")));
}

function hashesBetween(): Bytes[] {
  return parseHashes(text("consistency.3-7").trimEnd().split("\n"));
}

function flipped(bytes: Bytes, at: number): Bytes {
  const changed = bytes.slice();
  changed[at]! ^= 1;
  return changed;
}

// The root of leaves [from, to), by the definition of RFC 6962, 2.1.
async function rootOf(leaves: Bytes[]): Promise<Bytes> {
  if (leaves.length === 1) return leaves[0]!;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const left = await rootOf(leaves.slice(0, split));
  return sha256(new Uint8Array([1]), left, await rootOf(leaves.slice(split)));
}

test("checkpoint and inclusion proof verify", async () => {
  const proof = parseProof(text("event.tlog-proof"));
  const tree = await open(proof.checkpoint);
  const hash = await leafHash(new Golden("event").get("leaf"));
  assert.equal(tree.size, 7n);
  assert.equal(await verifyInclusion(proof, tree, hash), true);
  const other = await leafHash(new Golden("access").get("leaf"));
  assert.equal(await verifyInclusion(proof, tree, other), false);
});

test("a changed checkpoint is refused", async () => {
  const note = text("checkpoint");
  await assert.rejects(open(note.replace("\n7\n", "\n8\n")), /not signed/);
  await assert.rejects(open(note.replace("\u2014", "-")), /malformed/);
  await assert.rejects(open(note + note.slice(note.lastIndexOf("\n\n") + 2)), /malformed/);
});

test("both checkpoints are signed and their roots are those of the leaves", async () => {
  const names = ["schema", "key", "configuration", "event", "access", "erasure", "attestation"];
  const leaves = await Promise.all(names.map((name) => leafHash(new Golden(name).get("leaf"))));
  for (const [name, size] of [["checkpoint", 7], ["checkpoint.3", 3]] as const) {
    const tree = await open(text(name));
    assert.equal(tree.size, BigInt(size));
    assert.deepEqual(tree.root, await rootOf(leaves.slice(0, size)));
  }
});

test("a checkpoint with any one character changed is refused", async () => {
  for (const name of ["checkpoint", "checkpoint.3"]) {
    const note = text(name);
    for (let at = 0; at < note.length; ++at) {
      const other = note[at] === "A" ? "B" : "A";
      await assert.rejects(open(note.slice(0, at) + other + note.slice(at + 1)), `${name} ${at}`);
    }
  }
});

test("the newer checkpoint contains the older one", async () => {
  const older = await open(text("checkpoint.3"));
  const newer = await open(text("checkpoint"));
  assert.equal(await verifyConsistency(hashesBetween(), older, newer), true);
  assert.equal(await verifyConsistency([], newer, newer), true);
  const sent = parseConsistency(text("growth.3-7"));
  assert.equal(sent.oldSize, 3n);
  assert.equal(await verifyConsistency(sent.hashes, older, await open(sent.checkpoint)), true);
});

test("a consistency proof with any one byte flipped is refused", async () => {
  const older = await open(text("checkpoint.3"));
  const newer = await open(text("checkpoint"));
  const hashes = hashesBetween();
  for (const [i, hash] of hashes.entries()) {
    for (let at = 0; at < hash.length; ++at) {
      const changed = hashes.map((each, n) => (n === i ? flipped(hash, at) : each));
      assert.equal(await verifyConsistency(changed, older, newer), false, `${i} ${at}`);
    }
  }
  for (let at = 0; at < 32; ++at) {
    const forgedOld = { ...older, root: flipped(older.root, at) };
    const forgedNew = { ...newer, root: flipped(newer.root, at) };
    assert.equal(await verifyConsistency(hashes, forgedOld, newer), false);
    assert.equal(await verifyConsistency(hashes, older, forgedNew), false);
  }
});

test("a consistency proof of other sizes, too short or too long is refused", async () => {
  const older = await open(text("checkpoint.3"));
  const newer = await open(text("checkpoint"));
  const hashes = hashesBetween();
  assert.equal(await verifyConsistency(hashes.slice(0, -1), older, newer), false);
  assert.equal(await verifyConsistency([...hashes, hashes[0]!], older, newer), false);
  assert.equal(await verifyConsistency([], older, newer), false);
  assert.equal(await verifyConsistency(hashes, newer, older), false);
  assert.equal(await verifyConsistency(hashes, { ...older, size: 4n }, newer), false);
  assert.equal(await verifyConsistency(hashes, { ...older, size: 0n }, newer), false);
  assert.equal(await verifyConsistency(hashes, older, { ...newer, origin: "other" }), false);
  assert.equal(await verifyConsistency(hashes, newer, newer), false);
  assert.throws(() => parseConsistency("old 03\n\n"), /malformed/);
  assert.throws(() => parseConsistency("new 3\n\n"), /malformed/);
});

test("trees of every pair of small sizes are consistent, and only with their own proof", async () => {
  const leaves: Bytes[] = [];
  for (let i = 0; i < 17; ++i) leaves.push(await sha256(new Uint8Array([i])));
  // RFC 6962, 2.1.2, written down as it stands there.
  const proofOf = async (m: number, d: Bytes[], whole: boolean): Promise<Bytes[]> => {
    if (m === d.length) return whole ? [] : [await rootOf(d)];
    let k = 1;
    while (k * 2 < d.length) k *= 2;
    if (m <= k) return [...(await proofOf(m, d.slice(0, k), whole)), await rootOf(d.slice(k))];
    return [...(await proofOf(m - k, d.slice(k), false)), await rootOf(d.slice(0, k))];
  };
  const tree = async (size: number): Promise<Checkpoint> =>
    ({ origin: "o", size: BigInt(size), root: await rootOf(leaves.slice(0, size)) });
  for (let n = 1; n <= leaves.length; ++n) {
    for (let m = 1; m <= n; ++m) {
      const hashes = await proofOf(m, leaves.slice(0, n), true);
      assert.equal(await verifyConsistency(hashes, await tree(m), await tree(n)), true, `${m} ${n}`);
      if (m === n) continue;
      const other = { ...(await tree(m)), root: leaves[16]! };
      assert.equal(await verifyConsistency(hashes, other, await tree(n)), false, `${m} ${n}`);
    }
  }
});
