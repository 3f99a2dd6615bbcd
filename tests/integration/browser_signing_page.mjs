// browser_signing_page.mjs: what a page does that signs; bundled and started by browser_signing.mjs.
//
// The key is made by WebCrypto, cannot be read by any script and stays in the browser's own database.
import { ascii, concat, fromHex, sha256, toHex } from "../../web/src/bytes.ts";
import { checkPrepared, signCall } from "../../web/src/prepared.ts";

const kAlgorithm = { name: "Ed25519" };

async function ask(method, path, body, headers = {}) {
  const answer = await fetch(path, {
    method,
    headers: {
      ...(body ? { "Content-Type": "application/json" } : {}),
      ...(method === "GET" ? {} : { "CSRF-Token": sessionStorage.getItem("csrf") ?? "" }),
      ...headers,
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const json = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${json.type}`);
  return json;
}

// A UUID of version 7, as the server's own clients make it (RFC 9562, 5.7).
function newCommandId() {
  const id = crypto.getRandomValues(new Uint8Array(16));
  new DataView(id.buffer).setBigUint64(0, (BigInt(Date.now()) << 16n) | BigInt(id[6] << 8 | id[7]));
  id[6] = (id[6] & 0x0f) | 0x70;
  id[8] = (id[8] & 0x3f) | 0x80;
  return id;
}
function asUuid(id) {
  return toHex(id).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function keys(mode, use) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("firma", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("chiavi");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const request = use(opening.result.transaction("chiavi", mode).objectStore("chiavi"));
      request.onsuccess = () => { opening.result.close(); resolve(request.result); };
      request.onerror = () => reject(request.error);
    };
  });
}
const ownKey = () => keys("readonly", (store) => store.get("mia"));
async function signerOf(pair) {
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return {
    publicKey, signer: (await sha256(new Uint8Array([1]), publicKey)).slice(0, 16),
  };
}

globalThis.signing = {
  async logIn(credentials, role) {
    const session = await ask("POST", "/v1/sessions", credentials);
    sessionStorage.setItem("csrf", session.csrf_token);
    const { choices } = await ask("GET", "/v1/sessions/current");
    const { ente, unit } = choices.find((each) => each.role === role);
    await ask("PUT", "/v1/sessions/current/acting-as", { ente, unit, role });
  },

  // Makes the key and enrols it with the proof that it is here.
  async enrol(logId, owner) {
    const pair = await crypto.subtle.generateKey(kAlgorithm, false, ["sign", "verify"]);
    await keys("readwrite", (store) => store.put(pair, "mia"));
    const { publicKey } = await signerOf(pair);
    const proof = await crypto.subtle.sign(kAlgorithm, pair.privateKey, concat(
      ascii("cartella/possession/1\0"), fromHex(logId), publicKey, fromHex(owner)));
    await ask("POST", "/v1/signers", {
      public_key: toHex(publicKey), owner, rights: ["append"], proof: toHex(new Uint8Array(proof)),
    }, { "Idempotency-Key": asUuid(newCommandId()) });
    return toHex(publicKey);
  },

  // Whether any form of the private key can be had by a script.
  async privateKeyLeaves() {
    const { privateKey } = await ownKey();
    for (const format of ["pkcs8", "jwk", "raw"]) {
      try {
        await crypto.subtle.exportKey(format, privateKey);
        return true;
      } catch { /* refused, as it must be */ }
    }
    return false;
  },

  // Decided by the server, decoded, recomputed and shown here.
  async prepare(logId, operator, command, fields) {
    const commandId = newCommandId();
    const { signer } = await signerOf(await ownKey());
    const prepared = await ask("POST", "/v1/preparations", {
      command, command_id: toHex(commandId), signer: toHex(signer), fields,
    });
    globalThis.seen = await checkPrepared(prepared, {
      logId: fromHex(logId), commandId, operatorId: fromHex(operator),
    });
    document.getElementById("anteprima").textContent = JSON.stringify(
      globalThis.seen.events.flatMap((event) => event.bodies),
      (_, value) => typeof value === "bigint" ? String(value) : value);
    return globalThis.seen.events.length;
  },

  async signAndCommit() {
    const { privateKey } = await ownKey();
    const call = globalThis.seen;
    return ask("POST", "/v1/commits", {
      token: call.token, signatures: await signCall(call, privateKey),
    });
  },
};
