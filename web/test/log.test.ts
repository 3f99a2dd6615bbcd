// The plain files of a data directory, as tests/golden/ freezes them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { type Bytes, concat, equal, FormatError, toHex } from "../src/bytes.js";
import { checkBody, decodeBodyRecord, decodeLeaf, leafHash } from "../src/decode.js";
import {
  decodeJournalRecord, decodeLogMeta, decodePayload, decodeSegmentList, decodeTile, treeRoot,
} from "../src/log.js";
import { openCheckpoint, parseVerifierKey } from "../src/note.js";
import { Golden, text } from "./golden.js";

function flipped(bytes: Bytes, at: number): Bytes {
  const changed = bytes.slice();
  changed[at]! ^= 1;
  return changed;
}

async function checkpointOf(name: string) {
  return openCheckpoint(text(name), await parseVerifierKey(text("log.vkey")));
}

test("a journal record is read and its root is that of the checkpoint", async () => {
  const record = await decodeJournalRecord(new Golden("journal").get("record"));
  assert.equal(record.seq, 3n);
  assert.equal(record.firstPosition, 2n);
  assert.equal(record.newSize, 3n);
  assert.equal(toHex(record.logId), toHex(new Golden("event").get("log_id")));
  assert.equal(toHex(record.newRoot), toHex((await checkpointOf("checkpoint.3")).root));
});

test("the payload of a record holds the event that it commits", async () => {
  const record = await decodeJournalRecord(new Golden("journal").get("record"));
  const [call, ...more] = decodePayload(record.payload);
  assert.equal(more.length, 0);
  assert.equal(call?.events.length, 1);
  const event = call!.events[0]!;
  assert.equal(toHex(event.leaf), toHex(new Golden("configuration").get("leaf")));
  await checkBody(decodeLeaf(event.leaf), decodeBodyRecord(event.body));
  assert.deepEqual(call!.claims, [{
    kind: "claim",
    key: new Golden("claims").get("identifier.key"),
    subject: new Golden("claims").get("identifier.sealed"),
  }]);
});

test("a record with any one byte flipped, or cut short, is refused", async () => {
  const record = new Golden("journal").get("record");
  for (let at = 0; at < record.length; ++at) {
    await assert.rejects(decodeJournalRecord(flipped(record, at)), FormatError, String(at));
  }
  await assert.rejects(decodeJournalRecord(record.slice(0, -1)), FormatError);
  await assert.rejects(decodeJournalRecord(concat(record, record)), FormatError);
});

test("a malformed payload is refused", async () => {
  const payload = new Golden("journal").get("payload");
  assert.throws(() => decodePayload(payload.slice(0, -1)), FormatError);
  assert.throws(() => decodePayload(concat(payload, payload)), FormatError);
  assert.throws(() => decodePayload(flipped(payload, 0)), FormatError);
});

test("the list of segments is read, and not with a flipped byte", async () => {
  const bytes = new Golden("journal").get("segments");
  const list = await decodeSegmentList(bytes);
  assert.equal(list.epoch, 5n);
  assert.deepEqual(list.entries.map((entry) => [entry.number, entry.live]), [[1, true], [2, false]]);
  assert.equal(list.entries[0]!.afterSize, 2n);
  for (let at = 0; at < bytes.length; ++at) {
    await assert.rejects(decodeSegmentList(flipped(bytes, at)), FormatError, String(at));
  }
});

test("log.meta names the log, its key and its origin", async () => {
  const bytes = new Golden("log").get("log_meta");
  const meta = await decodeLogMeta(bytes);
  const key = await parseVerifierKey(text("log.vkey"));
  assert.equal(meta.origin, key.name);
  assert.equal(toHex(meta.publicKey), toHex(key.publicKey));
  assert.equal(toHex(meta.logId), toHex(new Golden("event").get("log_id")));
  for (let at = 0; at < bytes.length; ++at) {
    await assert.rejects(decodeLogMeta(flipped(bytes, at)), FormatError, String(at));
  }
});

test("log.meta of a later era remembers the keys and ids of before", async () => {
  const bytes = new Golden("eras").get("log_meta");
  const first = await decodeLogMeta(new Golden("log").get("log_meta"));
  const meta = await decodeLogMeta(bytes);
  assert.deepEqual(meta.past.map((each) => each.size), [0xffff_ffff_ffff_ffffn, 7n]);
  for (const each of meta.past) assert.equal(toHex(each.logId), toHex(first.logId));
  assert.equal(toHex(meta.past[0]!.publicKey), toHex(first.publicKey));
  assert.notEqual(toHex(meta.logId), toHex(first.logId));
  assert.ok(meta.origin.endsWith(toHex(meta.logId.slice(0, 8))));
  for (let at = 0; at < bytes.length; ++at) {
    await assert.rejects(decodeLogMeta(flipped(bytes, at)), FormatError, String(at));
  }
});

test("a tile holds the leaf hashes and its root is that of the checkpoint", async () => {
  const golden = new Golden("tile");
  const hashes = decodeTile(golden.get("tile_0_0_width_7"));
  assert.equal(hashes.length, 7);
  assert.ok(equal(hashes[3]!, await leafHash(new Golden("event").get("leaf"))));
  assert.equal(toHex(await treeRoot(hashes)), toHex((await checkpointOf("checkpoint")).root));
  const changed = decodeTile(flipped(golden.get("tile_0_0_width_7"), 100));
  assert.notEqual(
    toHex(await treeRoot(changed)), toHex((await checkpointOf("checkpoint")).root));
  assert.equal(toHex(golden.get("tile_1_0_width_1")), toHex(golden.get("root_of_256")));
  assert.throws(() => decodeTile(golden.get("tile_0_0_width_7").slice(1)), FormatError);
});

test("an erased record keeps its stubs and matches its leaf", async () => {
  const golden = new Golden("erased");
  const { leaf, body } = golden;
  await checkBody(leaf, body);
  assert.deepEqual(body.segments.map((segment) => segment.length === 0), [false, true, true]);
  assert.deepEqual(golden.get("leaf"), new Golden("event").get("leaf"));
  assert.deepEqual(body.stubs, new Golden("event").body.stubs);
  const record = golden.get("body_record");
  await assert.rejects(checkBody(leaf, decodeBodyRecord(flipped(record, 2 + 64))), FormatError);
});
