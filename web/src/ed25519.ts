// src/ed25519.ts: Ed25519 by WebCrypto, or by @noble/ed25519 where a browser's WebCrypto lacks it.
import { verifyAsync } from "@noble/ed25519";

import type { Bytes } from "./bytes.js";

export type Ed25519 = (key: Bytes, message: Bytes, signature: Bytes) => Promise<boolean>;
export type EngineName = "WebCrypto" | "@noble/ed25519";

const kKeyBytes = 32;
const kSignatureBytes = 64;

async function webCrypto(key: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, [
    "verify",
  ]);
  return crypto.subtle.verify({ name: "Ed25519" }, imported, signature, message);
}

// The rules of RFC 8032, as WebCrypto has them, not those of ZIP 215, which accept more.
export async function nobleVerify(
  key: Bytes, message: Bytes, signature: Bytes,
): Promise<boolean> {
  if (key.length !== kKeyBytes || signature.length !== kSignatureBytes) return false;
  return verifyAsync(signature, message, key, { zip215: false });
}

// RFC 8032, 7.1, TEST 1: whether an engine is there and right is asked with a known answer.
const kTestKey = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
const kTestSignature =
  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155" +
  "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";

function bytesOf(hex: string): Bytes {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

async function answersRight(verify: Ed25519): Promise<boolean> {
  try {
    const [key, signature] = [bytesOf(kTestKey), bytesOf(kTestSignature)];
    const other = new Uint8Array([1]);
    return (await verify(key, new Uint8Array(0), signature)) &&
      !(await verify(key, other, signature));
  } catch {
    return false;
  }
}

export async function chooseEngine(
  candidates: readonly [EngineName, Ed25519][] = [
    ["WebCrypto", webCrypto], ["@noble/ed25519", nobleVerify],
  ],
): Promise<{ name: EngineName; verify: Ed25519 }> {
  for (const [name, verify] of candidates) {
    if (await answersRight(verify)) return { name, verify };
  }
  throw new Error("no Ed25519 here");
}

let chosen: ReturnType<typeof chooseEngine> | undefined;

export async function engineName(): Promise<EngineName> {
  return (await (chosen ??= chooseEngine())).name;
}

// A key that is none verifies nothing: that is an answer, not an exception.
export async function verifyEd25519(
  key: Bytes, message: Bytes, signature: Bytes,
): Promise<boolean> {
  const { verify } = await (chosen ??= chooseEngine());
  try {
    return await verify(key, message, signature);
  } catch {
    return false;
  }
}
