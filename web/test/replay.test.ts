// Decodes a frozen replay, which the C++ side wrote.
import assert from "node:assert/strict";
import { test } from "node:test";

import { concat, FormatError, toHex } from "../src/bytes.js";
import { checkBody } from "../src/decode.js";
import { decodeReplay } from "../src/replay.js";
import { Golden } from "./golden.js";

const golden = new Golden("replay");
const kNames = ["event", "erased"];

test("a replay gives the events as they are stored", async () => {
  const events = decodeReplay(concat(...kNames.map((name) => golden.get(name))));
  assert.equal(events.length, kNames.length);
  for (const [i, name] of kNames.entries()) {
    const stored = new Golden(name);
    assert.deepEqual(events[i]?.leaf, stored.leaf);
    assert.deepEqual(
      events[i]?.body.segments.map(toHex), stored.body.segments.map(toHex), name);
    await checkBody(events[i]!.leaf, events[i]!.body);
  }
});

test("a replay that was cut or changed is refused", () => {
  const message = golden.get("event");
  for (let length = 1; length < message.length; length += 7) {
    assert.throws(() => decodeReplay(message.slice(0, length)), FormatError, String(length));
  }
  for (const at of [0, 4, 7]) {
    const changed = message.slice();
    changed[at]! ^= 0x41;
    assert.throws(() => decodeReplay(changed), FormatError, String(at));
  }
});
