// Decodes the frozen examples of tests/golden/, which other code wrote.
import assert from "node:assert/strict";
import { test } from "node:test";

import { decodeBody } from "../src/bodies.js";
import {
  type Bytes, concat, equal, FormatError, fromBase64, fromHex, toHex,
} from "../src/bytes.js";
import { Message } from "../src/capnp.js";
import {
  bodyCommitment, checkBody, decodeBodyRecord, decodeLeaf, kKinds, leafHash, openClearSegment,
  segmentCommitment, segmentHead, signedMessage, verifyLeaf,
} from "../src/decode.js";
import { Golden } from "./golden.js";

for (const kind of kKinds) {
  test(`${kind}: leaf, hashes and commitments are what the leaf says`, async () => {
    const golden = new Golden(kind);
    const { leaf, body } = golden;
    assert.equal(leaf.kind, kind);
    assert.equal(toHex(await leafHash(golden.get("leaf"))), toHex(golden.get("leaf_hash")));
    await checkBody(leaf, body);
    const commitments: Bytes[] = [];
    for (const [i, segment] of body.segments.entries()) {
      const head = segmentHead(segment);
      commitments.push(await segmentCommitment(
        golden.get(`segment.${i}.salt`), head.ownerKeyId, head.keyClass,
        golden.get(`segment.${i}.padded`)));
    }
    assert.equal(toHex(await bodyCommitment(commitments)), toHex(leaf.bodyCommitment));
  });

  test(`${kind}: the signature covers the signed message`, async () => {
    const golden = new Golden(kind);
    const logId = golden.get("log_id");
    assert.equal(
      toHex(signedMessage(logId, golden.leaf)), toHex(golden.get("signed_message")));
    const signed = await verifyLeaf(logId, golden.leaf, golden.get("server_public_key"));
    assert.equal(signed, kind !== "access");
    const changed = { ...golden.leaf, expectedRevision: 7n };
    assert.equal(await verifyLeaf(logId, changed, golden.get("server_public_key")), false);
  });
}

test("clear segments open without a key", async () => {
  for (const kind of ["key", "schema", "configuration", "erasure", "attestation"]) {
    const golden = new Golden(kind);
    const plain = await openClearSegment(golden.leaf, golden.body, 1);
    assert.equal(toHex(plain.message), toHex(golden.get("segment.1.message")));
  }
});

test("a clear segment in an event that should be sealed is refused", async () => {
  const golden = new Golden("configuration");
  const forged = { ...golden.leaf, kind: "event" as const };
  await assert.rejects(openClearSegment(forged, golden.body, 1), /sealed/);
});

test("the header of an event is read", () => {
  const { name, fields } = new Golden("event").bodyOf(0);
  assert.equal(name, "EventHeader");
  assert.equal(fields["type"], 300);
  assert.equal(fields["occurredAt"], 1704103200000000n);
  assert.equal(fields["validFrom"], "2024-01-01");
  assert.equal(fields["validTo"], "");
  assert.equal(fields["role"], "assistente_sociale");
  assert.equal(fields["legalBasisConfirmed"], true);
  assert.deepEqual(fields["externalRefs"], []);
});

test("the bodies of an event are read", () => {
  const golden = new Golden("event");
  const card = golden.bodyOf(1);
  assert.equal(card.name, "CardOpened");
  assert.equal(card.fields["number"], 1024n);
  assert.equal(card.fields["accessDate"], "2024-01-01");
  assert.equal(
    card.fields["motiveText"], "Chiede un aiuto per la spesa, perch\u00e9 il mese non basta.");
  assert.equal(card.fields["informed"], true);
  assert.equal(card.fields["homeless"], false);
  assert.equal(golden.bodyOf(2).fields["name"], "Ortensia Fiordalisi");
});

test("the bodies of the other kinds are read", () => {
  assert.equal(new Golden("schema").bodyOf(1).fields["format"], "CRT1");
  assert.equal(new Golden("schema").bodyOf(1).fields["eventBytesMax"], 262144);
  assert.deepEqual(new Golden("key").bodyOf(1).fields["rights"], ["append", "enrol"]);
  assert.equal(new Golden("configuration").bodyOf(1).fields["value"], "24");
  assert.equal(new Golden("erasure").bodyOf(1).fields["events"], 11n);
  assert.equal(new Golden("attestation").bodyOf(1).fields["cursor"], 6n);
  const access = new Golden("access");
  assert.equal((access.bodyOf(1).fields["subjects"] as string[]).length, 1);
  assert.equal(access.bodyOf(1).fields["operation"], "VIEW");
  assert.equal(access.bodyOf(1).fields["repeated"], 1);
  assert.equal(access.bodyOf(2).fields["reason"], "Colloquio fissato per oggi");
});

test("every body of every example is read", () => {
  for (const kind of kKinds) {
    const golden = new Golden(kind);
    for (const index of golden.body.segments.keys()) {
      const { name, fields } = golden.bodyOf(index);
      assert.notEqual(name, "", `${kind} ${index}`);
      assert.equal("raw" in fields, false);
    }
  }
});

test("an unknown body is kept and shown raw", () => {
  assert.deepEqual(
    decodeBody(1n, fromHex("00ff")), { name: "", fields: { raw: "00ff" }, whole: false });
});

test("changed leaves and records are refused", async () => {
  const golden = new Golden("event");
  for (const at of [0, 4, 5, 7, 255]) {
    const leaf = golden.get("leaf").slice();
    leaf[at] = 0x7f;
    assert.throws(() => decodeLeaf(leaf), FormatError, String(at));
  }
  const record = golden.get("body_record");
  assert.throws(() => decodeBodyRecord(record.slice(0, -1)));
  assert.throws(() => decodeBodyRecord(concat(record, fromHex("00"))));
  const changed = record.slice();
  changed[changed.length - 1]! ^= 1;
  await assert.rejects(checkBody(golden.leaf, decodeBodyRecord(changed)), /segment 2/);
});

test("messages whose pointers leave them are refused, not read", () => {
  const message = new Golden("event").get("segment.1.message");
  for (let at = 0; at < message.length; ++at) {
    for (const value of [0x00, 0x01, 0x7f, 0xff]) {
      const changed = message.slice();
      changed[at] = value;
      try {
        decodeBody(0xbf8871f16a8cd12en, changed);
      } catch (error) {
        assert.ok(error instanceof FormatError, String(error));
      }
    }
  }
  assert.throws(() => new Message(fromHex("00")));
});

test("only one spelling of Base64 is accepted", () => {
  assert.equal(toHex(fromBase64("YQ==")), "61");
  assert.throws(() => fromBase64("YR=="));
  assert.throws(() => fromBase64("YQ="));
});

test("Base64 longer than the arguments of a call may be is read whole", () => {
  const bytes = Uint8Array.from({ length: 300_001 }, (_, i) => i % 251);
  const spelled = Buffer.from(bytes).toString("base64");
  assert.ok(equal(fromBase64(spelled), bytes));
  assert.throws(() => fromBase64(spelled.replace(/.=*$/, "B==")), FormatError);
});
