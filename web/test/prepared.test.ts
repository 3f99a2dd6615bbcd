// A preview that the C++ side froze, and servers that lie about it.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  ascii, type Bytes, concat, FormatError, fromBase64, fromHex, sha256, toHex,
} from "../src/bytes.js";
import { verifyEd25519 } from "../src/ed25519.js";
import { bodyCommitment, kKinds, segmentCommitment, signedMessage } from "../src/decode.js";
import {
  batchIdOf, checkPrepared, eventIdOf, signCall, type Signing,
} from "../src/prepared.js";
import { Golden, text } from "./golden.js";

type Answer = any; // lies reach into any place of it

const golden = new Golden("prepared");
function answer(): Answer {
  return JSON.parse(text("prepared.json"));
}
function signing(): Signing {
  return {
    logId: golden.get("log_id"),
    commandId: golden.get("command_id"),
    operatorId: fromHex(new Golden("event").bodyOf(0).fields["actor"] as string),
  };
}

test("the page builds the message that was signed from what it shows", async () => {
  const call = await checkPrepared(answer(), signing());
  assert.equal(call.events.length, 2);
  assert.equal(call.token, answer().token);
  const [card, reporter] = call.events;
  assert.equal(card?.bodies[0]?.name, "CardOpened");
  assert.equal(
    card?.bodies[0]?.fields["motiveText"],
    "Chiede un aiuto per l'affitto, perch\u00e9 ha perso il lavoro.");
  assert.equal(reporter?.bodies[0]?.fields["name"], "Ortensia Fiordalisi");
  assert.equal(reporter?.expectedRevision, 0n);
  for (const [i, event] of call.events.entries()) {
    assert.equal(toHex(event.message), toHex(golden.get(`event.${i}.signed_message`)));
    assert.ok(await verifyEd25519(
      golden.get("author_public_key"), event.message, golden.get(`event.${i}.signature`)));
  }
});

// Ed25519 has one signature for each message and key, so the browser's has to be the frozen one.
test("a key that never leaves WebCrypto signs what the server will accept", async () => {
  const seed = await sha256(ascii("golden author key"));
  const pkcs8 = concat(fromHex("302e020100300506032b657004220420"), seed); // RFC 8410
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, { name: "Ed25519" }, false, ["sign"]);
  const signatures = await signCall(await checkPrepared(answer(), signing()), key);
  assert.deepEqual(
    signatures, [0, 1].map((i) => toHex(golden.get(`event.${i}.signature`))));
});

function base64(bytes: Bytes): string {
  return btoa(String.fromCharCode(...bytes));
}
// One byte of Base64 changed, at a place of the padded plaintext where its message begins at 16.
function changed(value: string, at: number): string {
  const bytes = fromBase64(value);
  bytes[at]! ^= 1;
  return base64(bytes);
}
function flipped(hexadecimal: string): string {
  return (hexadecimal.startsWith("0") ? "1" : "0") + hexadecimal.slice(1);
}

const kLies: Record<string, (answer: Answer) => void> = {
  "a field of the text": (a) => {
    const card = a.events[0].segments[1];
    const at = new TextDecoder("latin1").decode(fromBase64(card.plaintext)).indexOf("affitto");
    assert.ok(at > 0);
    card.plaintext = changed(card.plaintext, at);
  },
  "the header": (a) => {
    const header = a.events[0].segments[0];
    header.plaintext = changed(header.plaintext, 16 + 8 + 1);
  },
  "the type of a body": (a) => {
    const plain = fromBase64(a.events[0].segments[1].plaintext);
    plain.set(fromHex("a660cf96dc60f71d"));
    a.events[0].segments[1].plaintext = base64(plain);
  },
  "the revision of a body": (a) => {
    a.events[0].segments[1].plaintext = changed(a.events[0].segments[1].plaintext, 11);
  },
  "the padding": (a) => {
    const card = a.events[0].segments[1];
    card.plaintext = changed(card.plaintext, fromBase64(card.plaintext).length - 1);
  },
  "a class": (a) => { a.events[1].segments[1].class = 0; },
  "an owner": (a) => {
    a.events[1].segments[1].owner = flipped(a.events[1].segments[1].owner);
  },
  "a salt": (a) => { a.events[1].segments[1].salt = changed(a.events[1].segments[1].salt, 0); },
  "a segment left out": (a) => { a.events[0].segments.pop(); },
  "the commitment": (a) => { a.events[0].commitment = flipped(a.events[0].commitment); },
  "the stream": (a) => { a.events[0].stream = flipped(a.events[0].stream); },
  "the expected revision": (a) => { a.events[0].expected_revision = 5; },
  "the kind": (a) => { a.events[0].kind = 2; },
  "who signs": (a) => { a.events[0].flags = 2; },
  "the message to sign": (a) => { a.events[0].message = a.events[1].message; },
  "the order of two events": (a) => { a.events.reverse(); },
  "the first event, leaving it out,": (a) => { a.events.shift(); },
  "the id of an event": (a) => { a.events[1].event_id = flipped(a.events[1].event_id); },
  "the log": (a) => { a.log_id = flipped(a.log_id); },
  "a number into a text": (a) => { a.events[0].expected_revision = "-1"; },
};
for (const [what, lie] of Object.entries(kLies)) {
  test(`a server that changes ${what} is refused`, async () => {
    const told = answer();
    lie(told);
    await assert.rejects(checkPrepared(told, signing()), FormatError);
  });
}

// A server holds the salts, so it can make all of its answer follow from another header.
async function withHeader(index: number, change: (message: Bytes) => void): Promise<Answer> {
  const told = answer();
  const event = told.events[index];
  const padded = fromBase64(event.segments[0].plaintext);
  const kHead = 16; // schema id, revision, length
  change(padded.subarray(kHead));
  event.segments[0].plaintext = base64(padded);
  const commitments: Bytes[] = [];
  for (const segment of event.segments) {
    commitments.push(await segmentCommitment(fromBase64(segment.salt), fromHex(segment.owner),
      segment.class, fromBase64(segment.plaintext)));
  }
  const commitment = await bodyCommitment(commitments);
  event.commitment = toHex(commitment);
  event.message = base64(signedMessage(golden.get("log_id"), {
    kind: kKinds[event.kind]!, flags: event.flags, eventId: fromHex(event.event_id),
    streamId: fromHex(event.stream), expectedRevision: BigInt(event.expected_revision),
    bodyCommitment: commitment,
  }));
  return told;
}

test("a server whose whole answer follows from a header of another type or batch is refused",
  async () => {
    const same = await withHeader(0, () => undefined);
    assert.deepEqual(same, answer());
    const kTypeAt = 8; // the first field of the first word of data
    const [card, reporter] = [300, 301];
    const retyped = await withHeader(0, (message) => {
      assert.equal(message[kTypeAt]! + 256 * message[kTypeAt + 1]!, card);
      message[kTypeAt] = reporter & 0xff;
    });
    await assert.rejects(checkPrepared(retyped, signing()), /another type/);
    const unknown = await withHeader(0, (message) => { message[kTypeAt + 1] = 0xee; });
    await assert.rejects(checkPrepared(unknown, signing()), /another type/);
    const command = golden.get("command_id");
    const batch = await batchIdOf([command, await eventIdOf(command, 1)]);
    for (const index of [0, 1]) {
      const other = await withHeader(index, (message) => {
        const at = toHex(message).indexOf(batch) / 2;
        assert.ok(Number.isInteger(at) && at > 0);
        message[at]! ^= 1;
      });
      await assert.rejects(checkPrepared(other, signing()), /another batch/);
    }
  });

test("a call of another command or in another's name is refused", async () => {
  const own = signing();
  await assert.rejects(checkPrepared(answer(), { ...own, commandId: own.operatorId }), /id of an/);
  await assert.rejects(
    checkPrepared(answer(), { ...own, operatorId: own.commandId }), /another operator/);
});

test("a body that the page cannot show is not to be signed", async () => {
  const unknown = answer();
  const plain = fromBase64(unknown.events[0].segments[1].plaintext);
  plain.set(fromHex("0000000000000001"));
  unknown.events[0].segments[1].plaintext = base64(plain);
  await assert.rejects(checkPrepared(unknown, signing()), /cannot show/);
});
