// Both implementations of Ed25519 accept and refuse the same.
import assert from "node:assert/strict";
import { test } from "node:test";

import { ascii, type Bytes } from "../src/bytes.js";
import { chooseEngine, nobleVerify, verifyEd25519 } from "../src/ed25519.js";
import { flipped, Key } from "./verifier_world.js";

test("the library refuses and accepts as WebCrypto does", async () => {
  assert.equal((await chooseEngine()).name, "WebCrypto");
  const key = await Key.make("k");
  const message = ascii("un messaggio");
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", key.secret, message));
  const both = async (k: Bytes, m: Bytes, s: Bytes) => {
    const native = await verifyEd25519(k, m, s);
    assert.equal(await nobleVerify(k, m, s).catch(() => false), native);
    return native;
  };
  assert.equal(await both(key.publicKey, message, signature), true);
  for (let at = 0; at < 64; ++at) {
    assert.equal(await both(key.publicKey, message, flipped(signature, at, 1 << (at % 8))), false);
    assert.equal(await both(flipped(key.publicKey, at % 32, 1 << (at % 8)), message, signature), false);
  }
  assert.equal(await both(key.publicKey, message, signature.slice(1)), false);
  assert.equal(await both(key.publicKey.slice(1), message, signature), false);
});

test("an engine that is missing or wrong is passed over", async () => {
  const chosen = await chooseEngine([
    ["WebCrypto", () => Promise.reject(new Error("NotSupportedError"))],
    ["WebCrypto", () => Promise.resolve(true)],
    ["WebCrypto", () => Promise.resolve(false)],
    ["@noble/ed25519", nobleVerify],
  ]);
  assert.equal(chosen.name, "@noble/ed25519");
  await assert.rejects(chooseEngine([["WebCrypto", () => Promise.resolve(true)]]));
});
