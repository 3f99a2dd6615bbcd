// Thousands of random mutants of genuine files: none is accepted. CARTELLA_SEED replays a run,
// CARTELLA_MUTANTS asks for more of them.
//
// A mutant counts only where its content differs: white space between the words of a receipt, or
// the padding bits after a deflate stream, are no difference. Genuine files are judged in between,
// so that a judge who refuses everything fails, and a blind one must be caught.
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";

import { ascii, type Bytes, concat, sha256, toHex } from "../src/bytes.js";
import { readArchive } from "../verifier/archive.js";
import { type Keys, parseKeys } from "../verifier/evidence.js";
import { judgeAll } from "../verifier/judge.js";
import { flipped, given, World, zipped } from "./verifier_world.js";

const kCount = Number(process.env["CARTELLA_MUTANTS"] ?? 4000);
const kSeed = Number(process.env["CARTELLA_SEED"] ?? randomInt(1, 2 ** 31));

// Numerical Recipes' linear congruence: what counts is only that a seed replays.
class Random {
  #state: number;
  constructor(seed: number) { this.#state = seed >>> 0; }
  below(bound: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * bound);
  }
  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }
}

function cut(random: Random, bytes: Bytes): [Bytes, Bytes, Bytes] {
  const begin = random.below(bytes.length);
  const end = Math.min(bytes.length, begin + 1 + random.below(random.pick([2, 8, 80, 600])));
  return [bytes.slice(0, begin), bytes.slice(begin, end), bytes.slice(end)];
}

// What an accident, or an adversary without a plan, does to bytes; `other` gives foreign ones.
const kEdits: ((random: Random, bytes: Bytes, other: Bytes) => Bytes)[] = [
  (random, bytes) => flipped(bytes, random.below(bytes.length), 1 << random.below(8)),
  (random, bytes) => flipped(bytes, random.below(bytes.length), 1 + random.below(255)),
  (random, bytes) => {
    const [before, , after] = cut(random, bytes);
    return concat(before, after);
  },
  (random, bytes) => {
    const [before, piece, after] = cut(random, bytes);
    return concat(before, piece, piece, after);
  },
  (random, bytes) => {
    const [before, , after] = cut(random, bytes);
    return concat(before, cut(random, bytes)[1], after);
  },
  (random, bytes, other) => {
    const [before, piece, after] = cut(random, bytes);
    return concat(before, other.slice(before.length, before.length + piece.length), after);
  },
  (random, bytes, other) => {
    const at = random.below(bytes.length);
    return concat(bytes.slice(0, at), other.slice(at));
  },
  (random, bytes) => {
    const [before, piece, after] = cut(random, bytes);
    return concat(before, piece.slice().reverse(), after);
  },
  (random, bytes) => {
    const [before, piece, after] = cut(random, bytes);
    return concat(before, new Uint8Array(piece.length).fill(random.pick([0, 48, 65, 255])), after);
  },
];

function edited(random: Random, bytes: Bytes, other: Bytes): Bytes {
  let changed = bytes;
  for (let left = random.pick([1, 1, 1, 2, 5]); left > 0 && changed.length > 0; --left) {
    changed = random.pick(kEdits)(random, changed, other);
  }
  return changed;
}

type Judge = (bytes: Bytes) => Promise<boolean>;

// The mutants that the judge takes though their content is that of no genuine file.
async function taken(
  mutants: (random: Random) => Promise<Bytes> | Bytes, files: Bytes[], contentOf: (b: Bytes) => string,
  judge: Judge, count = kCount,
): Promise<string[]> {
  const random = new Random(kSeed);
  const contents = new Set(files.map(contentOf));
  const found: string[] = [];
  for (let number = 0; number < count; ++number) {
    if (number % 200 === 0) {
      for (const file of files) assert.ok(await judge(file), "a genuine file is refused");
    }
    const mutant = await mutants(random);
    if (!await judge(mutant)) continue;
    if (!contents.has(contentOf(mutant))) found.push(`seed ${kSeed}, mutant ${number}`);
  }
  return found;
}

const contentOfReceipt = (bytes: Bytes) => {
  const { leaf, receipt } = JSON.parse(new TextDecoder().decode(bytes));
  return JSON.stringify([leaf, receipt]);
};
const contentOfPackage = (bytes: Bytes) =>
  JSON.stringify([...readArchive(bytes)].map(([name, file]) => [name, toHex(file)]));

function judgeWith(keys: Keys, outcome: string): Judge {
  return async (bytes) => {
    const [verdict] = await judgeAll([given("x", bytes)], keys);
    assert.notEqual(verdict?.headline, "CONTROLLO NON RIUSCITO", "an error that nobody foresaw");
    return verdict?.outcome === outcome;
  };
}

test(`no mutant of a receipt is taken, of ${kCount}`, async () => {
  console.log(`seed ${kSeed}`);
  const world = await World.make(13);
  const keys = await parseKeys(await world.key.vkey());
  const [genuine, other] = [ascii(await world.receipt(4)), ascii(await world.receipt(9))];
  const make = (random: Random) => edited(random, genuine, other);
  assert.deepEqual(await taken(make, [genuine, other], contentOfReceipt, judgeWith(keys, "valid")), []);
  // The control: who looks at the proof's form and at nothing else is caught.
  const blind: Judge = async (bytes) => {
    try {
      return /^c2sp\.org\/tlog-proof@v1\n/.test(JSON.parse(new TextDecoder().decode(bytes)).receipt);
    } catch {
      return false;
    }
  };
  assert.ok((await taken(make, [genuine, other], contentOfReceipt, blind)).length > kCount / 50);
});

test("no mutant of a receipt's leaf or proof, set in again as valid JSON, is taken", async () => {
  const world = await World.make(13);
  const keys = await parseKeys(await world.key.vkey());
  const [genuine, other] = [JSON.parse(await world.receipt(4)), JSON.parse(await world.receipt(9))];
  const make = (random: Random) => {
    const name = random.pick(["leaf", "receipt"]);
    const text = Buffer.from(edited(random, ascii(genuine[name]), ascii(other[name]))).toString("latin1");
    return new Uint8Array(Buffer.from(JSON.stringify({ ...genuine, [name]: text })));
  };
  assert.deepEqual(await taken(make, [ascii(JSON.stringify(genuine))], contentOfReceipt,
    judgeWith(keys, "valid")), []);
});

test("no mutant of a package is taken", async () => {
  const world = await World.make();
  const keys = await parseKeys(await world.key.vkey());
  const genuine = await world.package();
  await world.append(99);
  const other = await world.package();
  const make = (random: Random) => edited(random, genuine, other);
  const judge = judgeWith(keys, "partial");
  assert.deepEqual(await taken(make, [genuine, other], contentOfPackage, judge), []);
});

// With digests that fit the change: a text that no proof covers may then be anything, which the
// page says of every package; what is proved may not.
test("no mutant of a package's proofs, under digests that fit it, is taken", async () => {
  const world = await World.make();
  const keys = await parseKeys(await world.key.vkey());
  const files = readArchive(await world.package());
  const proofs = [...files.keys()].filter((name) => name.startsWith("proofs/"));
  const packed = async (change: Map<string, Bytes>) => {
    const manifest = JSON.parse(new TextDecoder().decode(change.get("manifest.json")!));
    for (const name of proofs) manifest.sha256[name] = toHex(await sha256(change.get(name)!));
    return zipped(new Map(change).set("manifest.json", ascii(JSON.stringify(manifest))));
  };
  const genuine = await packed(files);
  const make = (random: Random) => {
    const [name, other] = [random.pick(proofs), random.pick(proofs)];
    const mutant = edited(random, files.get(name)!, files.get(other)!);
    return packed(new Map(files).set(name, mutant));
  };
  const judge = judgeWith(keys, "partial");
  assert.deepEqual(await taken(make, [genuine], contentOfPackage, judge, kCount / 4), []);
  // The control: who only compares digests takes nearly all of them.
  const blind: Judge = async (bytes) => {
    const found = readArchive(bytes);
    const manifest = JSON.parse(new TextDecoder().decode(found.get("manifest.json")!));
    for (const name of proofs) {
      if (manifest.sha256[name] !== toHex(await sha256(found.get(name)!))) return false;
    }
    return true;
  };
  assert.ok((await taken(make, [genuine], contentOfPackage, blind, 200)).length > 100);
});
