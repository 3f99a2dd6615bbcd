// A small log of its own, with keys of its own, and the files that a verifier is given of it.
import { zipSync } from "fflate";

import { ascii, be, type Bytes, concat, sha256, toHex } from "../src/bytes.js";
import { leafHash } from "../src/decode.js";
import { treeRoot } from "../src/log.js";
import type { GivenFile } from "../verifier/judge.js";
import { Golden } from "./golden.js";

export const kDraft = "BOZZA \u2013 NON RILASCIABILE";
export const kOrigin = "cartella/prova/0011223344556677";

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
export function given(name: string, content: string | Bytes): GivenFile {
  return { name, bytes: typeof content === "string" ? ascii(content) : content };
}
export function flipped(bytes: Bytes, at: number, mask: number): Bytes {
  const changed = bytes.slice();
  changed[at]! ^= mask;
  return changed;
}

export class Key {
  private constructor(
    readonly name: string, readonly algorithm: number, readonly publicKey: Bytes,
    readonly secret: CryptoKey,
  ) {}
  static async make(name: string, algorithm = 1): Promise<Key> {
    const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
    const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    return new Key(name, algorithm, raw, pair.privateKey);
  }
  get #value(): Bytes {
    return concat(be(this.algorithm, 1), this.publicKey);
  }
  async id(): Promise<Bytes> {
    return (await sha256(ascii(`${this.name}\n`), this.#value)).slice(0, 4);
  }
  async vkey(): Promise<string> {
    return `${this.name}+${toHex(await this.id())}+${base64(this.#value)}`;
  }
  async #line(message: string, before = new Uint8Array(0)): Promise<string> {
    const signature = await crypto.subtle.sign("Ed25519", this.secret, ascii(message));
    const value = concat(await this.id(), before, new Uint8Array(signature));
    return `\u2014 ${this.name} ${base64(value)}\n`;
  }
  async sign(text: string): Promise<string> {
    return `${text}\n${await this.#line(text)}`;
  }
  async cosign(note: string, seconds: number): Promise<string> {
    const text = note.slice(0, note.lastIndexOf("\n\n") + 1);
    return note + await this.#line(`cosignature/v1\ntime ${seconds}\n${text}`, be(seconds, 8));
  }
}

// RFC 6962, 2.1.1, written down as it stands there.
async function pathOf(index: number, hashes: Bytes[]): Promise<Bytes[]> {
  if (hashes.length === 1) return [];
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  const [left, right] = [hashes.slice(0, k), hashes.slice(k)];
  return index < k ? [...await pathOf(index, left), await treeRoot(right)]
    : [...await pathOf(index - k, right), await treeRoot(left)];
}
// RFC 6962, 2.1.2.
async function growthOf(m: number, hashes: Bytes[], whole: boolean): Promise<Bytes[]> {
  if (m === hashes.length) return whole ? [] : [await treeRoot(hashes)];
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  const [left, right] = [hashes.slice(0, k), hashes.slice(k)];
  if (m <= k) return [...await growthOf(m, left, whole), await treeRoot(right)];
  return [...await growthOf(m - k, right, false), await treeRoot(left)];
}

export class World {
  readonly leaves: Bytes[] = [];
  private constructor(readonly key: Key) {}

  static async make(count = 7, origin = kOrigin): Promise<World> {
    const world = new World(await Key.make(origin));
    for (let i = 0; i < count; ++i) await world.append(i);
    return world;
  }
  // The same log and history, signed by another key from now on.
  async rotated(): Promise<World> {
    const world = new World(await Key.make(this.key.name));
    world.leaves.push(...this.leaves);
    return world;
  }
  // The golden event at another position, with an id that tells `mark`.
  async append(mark: number): Promise<void> {
    const leaf = new Golden("event").get("leaf").slice();
    leaf.set(be(this.leaves.length, 8), 8);
    leaf.set(be(mark, 16), 16);
    this.leaves.push(leaf);
  }
  get size(): number {
    return this.leaves.length;
  }
  hashes(size: number): Promise<Bytes[]> {
    return Promise.all(this.leaves.slice(0, size).map(leafHash));
  }
  async checkpoint(size = this.size): Promise<string> {
    const root = await treeRoot(await this.hashes(size));
    return this.key.sign(`${this.key.name}\n${size}\n${base64(root)}\n`);
  }
  async proof(index: number, checkpoint?: string): Promise<string> {
    const path = await pathOf(index, await this.hashes(this.size));
    return `c2sp.org/tlog-proof@v1\nindex ${index}\n` +
      path.map((hash) => `${base64(hash)}\n`).join("") +
      `\n${checkpoint ?? await this.checkpoint()}`;
  }
  async receipt(index: number, others: object = {}): Promise<string> {
    const leaf = toHex(this.leaves[index]!);
    return JSON.stringify({ ...others, leaf, receipt: await this.proof(index) });
  }
  async growth(old: number): Promise<string> {
    const hashes = await growthOf(old, await this.hashes(this.size), true);
    return `old ${old}\n${hashes.map((hash) => `${base64(hash)}\n`).join("")}\n` +
      await this.checkpoint();
  }
  // A package of events 2 and 5, as disclosure/package.cc writes it.
  async package(change: (files: Map<string, Bytes>, manifest: any) => void = () => {}): Promise<Bytes> {
    const checkpoint = await this.checkpoint();
    const files = new Map<string, Bytes>([
      ["data/01-copertina.csv", ascii(`stato;tabella\r\n${kDraft};${"testo;".repeat(40)}\r\n`)],
      ["index.html", ascii(`<p>${kDraft}</p>`)],
      ["proofs/2.tlog-proof", ascii(await this.proof(2, checkpoint))],
      ["proofs/checkpoint.txt", ascii(checkpoint)],
      ["proofs/request.tlog-proof", ascii(await this.proof(5, checkpoint))],
    ]);
    const event = (position: number, name: string) => ({
      posizione: position, evento: toHex(this.leaves[position]!.slice(16, 32)),
      foglia: toHex(this.leaves[position]!), prova: name,
    });
    const manifest = {
      stato: kDraft, formato: "cartella-dsar/1", richiesta: "00".repeat(16), titolare: "Comune",
      registro: this.key.name, chiave_del_registro: await this.key.vkey(), posizione: this.size,
      istante: "2026-11-26T09:11:45.218927Z", punto_di_controllo: checkpoint, eventi_citati: 2,
      eventi_provati: 2, sha256: {} as Record<string, string>,
      eventi: [event(2, "proofs/2.tlog-proof"), event(5, "proofs/request.tlog-proof")],
    };
    for (const [name, content] of files) manifest.sha256[name] = toHex(await sha256(content));
    change(files, manifest);
    files.set("manifest.json", ascii(JSON.stringify(manifest)));
    return zipped(files);
  }
}

// With the times and attributes that disclosure/package.cc gives.
export function zipped(files: Map<string, Bytes>): Bytes {
  const names = [...files.keys()].sort();
  const options = { mtime: new Date(1980, 0, 1), os: 3, attrs: (0o100600 << 16) >>> 0 };
  return zipSync(Object.fromEntries(names.map((name) =>
    [name, [files.get(name)!, options]]))) as Bytes;
}
