// The page's verdicts: genuine files, and what an adversary or an accident makes of them.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { ascii, type Bytes, sha256, toHex } from "../src/bytes.js";
import { readArchive } from "../verifier/archive.js";
import { type Keys, parseKeys } from "../verifier/evidence.js";
import { type GivenFile, judgeAll } from "../verifier/judge.js";
import type { Verdict } from "../verifier/verdict.js";
import { Golden, text } from "./golden.js";
import { base64, flipped, given, Key, World, zipped } from "./verifier_world.js";

async function judge(keys: Keys | string, ...files: GivenFile[]): Promise<Verdict> {
  const all = await judgeAll(files, typeof keys === "string" ? await parseKeys(keys) : keys);
  assert.ok(all[0]);
  assert.notEqual(all[0].headline, "CONTROLLO NON RIUSCITO", "an error that nobody foresaw");
  return all[0];
}
const fact = (verdict: Verdict, name: string) =>
  verdict.facts.find(([each]) => each === name)?.[1];
const why = (verdict: Verdict) => verdict.notes.join(" ");
// What a verdict says without the digest of the file.
const said = ({ headline, facts, proved, notProved, notes }: Verdict) =>
  JSON.stringify([headline, facts.slice(0, -1), proved, notProved, notes]);

test("the golden receipt is genuine under the golden key, and says what it does not prove", async () => {
  const receipt = JSON.stringify({
    leaf: toHex(new Golden("event").get("leaf")), receipt: text("event.tlog-proof"),
  });
  const verdict = await judge(text("log.vkey"), given("r.json", receipt));
  assert.equal(verdict.outcome, "valid");
  assert.equal(fact(verdict, "Posizione nel registro"), "3");
  assert.equal(fact(verdict, "Evento"), "655df0e777cc45fb512d2575789c65ef");
  assert.match(verdict.notProved.join(" "), /estratto non provato/);
  assert.match(verdict.notProved.join(" "), /Nessun testimone/);
});

test("a receipt with any one bit flipped is not accepted", async () => {
  const world = await World.make();
  const keys = await parseKeys(await world.key.vkey());
  const receipt = ascii(await world.receipt(4));
  assert.equal((await judge(keys, given("r", receipt))).outcome, "valid");
  for (let at = 0; at < receipt.length; ++at) {
    for (let bit = 0; bit < 8; ++bit) {
      const verdict = await judge(keys, given("r", flipped(receipt, at, 1 << bit)));
      assert.notEqual(verdict.outcome, "valid", `byte ${at} bit ${bit}`);
    }
  }
});

test("a receipt that is cut anywhere is not accepted", async () => {
  const world = await World.make();
  const keys = await parseKeys(await world.key.vkey());
  const receipt = ascii(await world.receipt(4));
  for (let length = 0; length < receipt.length; ++length) {
    const verdict = await judge(keys, given("r", receipt.slice(0, length)));
    assert.equal(verdict.outcome, "refused", `${length}`);
  }
});

test("words beside leaf and proof are held to the leaf, or named as not covered", async () => {
  const world = await World.make();
  const keys = await parseKeys(await world.key.vkey());
  const words = {
    command_id: toHex(world.leaves[4]!.slice(16, 32)), stream: toHex(world.leaves[4]!.slice(32, 48)),
    position: 4, tree_size: 5, event_count: 1, recorded_at: "2024-02-12T15:50:21.898307Z",
  };
  const recorded = new DataView(world.leaves[4]!.buffer).getBigInt64(56);
  words.recorded_at = new Date(Number(recorded / 1000n)).toISOString().slice(0, 19) + "." +
    (recorded % 1_000_000n).toString().padStart(6, "0") + "Z";
  const good = await judge(keys, given("r", await world.receipt(4, words)));
  assert.equal(good.outcome, "valid", why(good));
  assert.match(good.notProved.join(" "), /non sono coperti dalla prova: event_count\./);
  const lies = {
    command_id: "0".repeat(32), stream: "0".repeat(32), position: 3, tree_size: 8,
    recorded_at: "2024-02-12T15:50:21.898308Z",
  };
  for (const [name, lie] of Object.entries(lies)) {
    const verdict = await judge(keys, given("r", await world.receipt(4, { ...words, [name]: lie })));
    assert.equal(verdict.outcome, "refused", name);
    assert.match(why(verdict), new RegExp(`«${name}»`));
  }
});

test("without a key, or under another one, a receipt is not genuine", async () => {
  const [world, other] = [await World.make(), await World.make()];
  const elsewhere = await World.make(7, "cartella/altro/0011223344556677");
  const file = given("r", await world.receipt(4));
  assert.equal((await judge("", file)).outcome, "incomplete");
  const forged = await judge(await other.key.vkey(), file);
  assert.equal(forged.outcome, "refused");
  assert.match(why(forged), /firma del registro non è valida/);
  const foreign = await judge(await elsewhere.key.vkey(), file);
  assert.equal(foreign.outcome, "refused");
  assert.match(why(foreign), /altro registro/);
  assert.deepEqual((await parseKeys("no\n# comment\n\n" + await world.key.vkey())).bad, [1]);
});

test("the leaf of another event, and the proof of another position, are refused", async () => {
  const world = await World.make();
  const keys = await parseKeys(await world.key.vkey());
  const [a, b] = [JSON.parse(await world.receipt(3)), JSON.parse(await world.receipt(4))];
  for (const mixed of [{ ...a, leaf: b.leaf }, { ...a, receipt: b.receipt }]) {
    const verdict = await judge(keys, given("r", JSON.stringify(mixed)));
    assert.equal(verdict.outcome, "refused");
    assert.match(why(verdict), /non sta nel registro/);
  }
});

test("witnesses are listed with name and time, forged ones refuse the file, unknown ones do not count",
  async () => {
    const world = await World.make();
    const witness = await Key.make("testimone.example/w1", 4);
    const note = await witness.cosign(await world.checkpoint(), 1_700_000_000);
    const both = `${await world.key.vkey()}\n${await witness.vkey()}`;
    const seen = await judge(both, given("c", note));
    assert.equal(seen.outcome, "valid");
    assert.match(seen.proved.join(" "), /testimone\.example\/w1.*14 novembre 2023 alle ore 23:13:20/);
    assert.doesNotMatch(seen.notProved.join(" "), /Nessun testimone/);
    const unknown = await judge(await world.key.vkey(), given("c", note));
    assert.equal(unknown.outcome, "valid");
    assert.match(unknown.notProved.join(" "), /non conta.*Nessun testimone/);
    const other = await Key.make("testimone.example/w1", 4);
    const line = note.trimEnd().split("\n").at(-1)!;
    const raw = Buffer.from(line.split(" ")[2]!, "base64");
    for (let at = 4; at < raw.length; ++at) {
      const changed = note.replace(line, line.replace(/ \S+$/,
        ` ${base64(flipped(new Uint8Array(raw), at, 1))}`));
      assert.equal((await judge(both, given("c", changed))).outcome, "refused", `${at}`);
    }
    const stranger = `${await world.key.vkey()}\n${await other.vkey()}`;
    assert.match((await judge(stranger, given("c", note))).notProved.join(" "), /non conta/);
  });

test("a growth proof needs the older state, and refuses a rewritten one", async () => {
  const world = await World.make();
  const keys = await parseKeys(await world.key.vkey());
  const old = given("old", await world.checkpoint(3));
  const receipt = given("r", await world.receipt(4));
  for (let i = 7; i < 12; ++i) await world.append(i);
  const growth = given("g", await world.growth(3));
  assert.equal((await judge(keys, growth)).outcome, "incomplete");
  assert.equal((await judge(keys, growth, old)).outcome, "valid");
  assert.equal((await judge(keys, given("g", await world.growth(7)), receipt)).outcome, "valid",
    "a receipt holds the older state too");
  for (let at = 0; at < growth.bytes.length; ++at) {
    const verdict = await judge(keys, given("g", flipped(growth.bytes, at, 1)), old);
    assert.notEqual(verdict.outcome, "valid", `${at}`);
  }
  const tail = world.leaves.splice(1);
  await world.append(99);
  for (const leaf of tail.slice(1)) world.leaves.push(leaf);
  const rewritten = await judge(keys, given("g", await world.growth(3)), old);
  assert.equal(rewritten.outcome, "refused");
  assert.match(why(rewritten), /riscritto/);
});

test("two signed states of one size with different roots are shown as two histories", async () => {
  const world = await World.make();
  const keys = await parseKeys(await world.key.vkey());
  const first = given("a", await world.checkpoint());
  world.leaves.pop();
  await world.append(99);
  const second = given("b", await world.receipt(2));
  const all = await judgeAll([first, second], keys);
  assert.equal(all[0]?.headline, "DUE VERSIONI DEL REGISTRO");
  assert.equal(all[0]?.outcome, "refused");
  assert.equal((await judgeAll([first, first], keys)).length, 2);
});

// A hostile file in each place beside two states that cannot both be true: its own verdict, which
// takes nothing from the others.
async function besideFork(
  name: string, make: (world: World) => Promise<GivenFile>,
): Promise<Verdict> {
  const world = await World.make();
  const keys = await parseKeys(await world.key.vkey());
  const [first, hostile] = [given("a", await world.checkpoint()), await make(world)];
  world.leaves.pop();
  await world.append(99);
  const second = given("b", await world.receipt(2));
  let refused: Verdict | undefined;
  for (const at of [0, 1, 2]) {
    const files = [first, second];
    files.splice(at, 0, hostile);
    const [fork, ...others] = await judgeAll(files, keys);
    assert.equal(fork?.headline, "DUE VERSIONI DEL REGISTRO", name);
    assert.deepEqual(
      others.map(({ file, outcome }) => [file, outcome]),
      files.map((file) => [file.name, file === hostile ? "refused" : "valid"]), name);
    refused = others[at];
  }
  return refused!;
}

test("a receipt whose size is no whole number is refused by name and hides no fork", async () => {
  for (const size of ["1.5", "1e999", "9007199254740993"]) {
    const refused = await besideFork(size, async (world) => given("ostile.json",
      (await world.receipt(0)).replace("{", `{"tree_size":${size},`)));
    assert.equal(refused.headline, "NON AUTENTICO");
    assert.match(why(refused), /«tree_size».*non corrisponde/);
  }
});

test("a package with an endless key or hash is refused by name and hides no fork", async () => {
  const endless = "QUFB".repeat(100_000);
  const cases: [string, RegExp, (files: Map<string, Bytes>, manifest: any) => void][] = [
    ["key", /malformed verifier key/, (_, manifest) => {
      manifest.chiave_del_registro = `${manifest.registro}+00000000+${endless}`;
    }],
    ["key just too long", /malformed verifier key/, (_, manifest) => {
      manifest.chiave_del_registro = manifest.chiave_del_registro.padEnd(513);
    }],
    ["hash", /malformed proof/, (files, manifest) => {
      const proof = ascii(`c2sp.org/tlog-proof@v1\nindex 2\n${endless}\n\n`);
      files.set("proofs/2.tlog-proof", proof);
      manifest.sha256["proofs/2.tlog-proof"] = createHash("sha256").update(proof).digest("hex");
    }],
  ];
  for (const [name, reason, change] of cases) {
    const refused = await besideFork(name, async (world) =>
      given("ostile.zip", await world.package(change)));
    assert.equal(refused.headline, "NON AUTENTICO");
    assert.match(why(refused), reason);
  }
});

test("an error that nobody foresaw refuses the file that met it and hides no fork", async () => {
  // Where telling what the file is fails, or judging it: the last read is for its digest.
  const cases: [number, string][] = [[2, "File sconosciuto"], [4, "Pacchetto di un rapporto"]];
  for (const [readCount, kind] of cases) {
    const refused = await besideFork(kind, async (world) => {
      const zip = await world.package();
      let reads = 0;
      return {
        name: "ostile.zip",
        get bytes() {
          if (reads++ % readCount === readCount - 2) throw new RangeError("internal detail");
          return zip;
        },
      };
    });
    assert.equal(refused.kind, kind);
    assert.equal(refused.headline, "CONTROLLO NON RIUSCITO");
    assert.match(why(refused), /errore imprevisto/);
    assert.doesNotMatch(JSON.stringify(refused), /internal detail/);
  }
});

test("packages of different unconfirmed keys under one name accuse nobody of two histories", async () => {
  const [world, forger] = [await World.make(), await World.make(3)];
  for (let i = 3; i < world.size; ++i) await forger.append(90 + i);
  const files = [given("a.zip", await world.package()), given("b.zip", await forger.package())];
  const all = await judgeAll(files, await parseKeys(""));
  assert.deepEqual(all.map(({ outcome }) => outcome), ["unconfirmed", "unconfirmed"]);
  assert.doesNotMatch(JSON.stringify(all), /DUE /);
  const known = await judgeAll(files, await parseKeys(await world.key.vkey()));
  assert.deepEqual(known.map(({ outcome }) => outcome), ["partial", "refused"]);
});

test("two histories of one unconfirmed key are that key's, and the log's once it is confirmed", async () => {
  const world = await World.make();
  const first = given("a.zip", await world.package());
  world.leaves.pop();
  await world.append(99);
  const files = [first, given("b.zip", await world.package())];
  const [fork, ...others] = await judgeAll(files, await parseKeys(""));
  assert.equal(fork?.headline, "DUE STATI DIVERSI CON LA STESSA CHIAVE, NON CONFERMATA");
  assert.equal(fork?.outcome, "incomplete");
  assert.doesNotMatch(fork!.proved.join(" "), /registro/i);
  assert.match(fork!.notProved.join(" "), /Che la chiave sia del registro/);
  assert.equal(others.length, 2);
  const known = await judgeAll(files, await parseKeys(await world.key.vkey()));
  assert.equal(known[0]?.headline, "DUE VERSIONI DEL REGISTRO");
});

test("with the keys of a log from before and after their change, what either signed is genuine", async () => {
  const before = await World.make();
  const after = await before.rotated();
  const vkeys = [await before.key.vkey(), await after.key.vkey()];
  const other = await after.checkpoint();
  const both = await before.checkpoint() + other.slice(other.lastIndexOf("\n\n") + 2);
  const receipts = [await before.receipt(4), await after.receipt(4)];
  for (const keys of [vkeys.join("\n"), [...vkeys].reverse().join("\n")]) {
    for (const content of [...receipts, both]) {
      const verdict = await judge(keys, given("f", content));
      assert.equal(verdict.outcome, "valid", why(verdict));
      assert.doesNotMatch(verdict.notProved.join(" "), /non conta/);
    }
    const line = both.trimEnd().split("\n").at(-1)!;
    const raw = new Uint8Array(Buffer.from(line.split(" ")[2]!, "base64"));
    const altered = both.replace(line, line.replace(/ \S+$/, ` ${base64(flipped(raw, 20, 1))}`));
    assert.equal((await judge(keys, given("f", altered))).outcome, "refused");
    after.leaves.pop();
    await after.append(99);
    const forked = await judgeAll([given("a", receipts[0]!), given("b", await after.receipt(4))],
      await parseKeys(keys));
    assert.equal(forked[0]?.headline, "DUE VERSIONI DEL REGISTRO");
  }
  const one = await judge(vkeys[0]!, given("f", both));
  assert.equal(one.outcome, "valid");
  assert.match(one.notProved.join(" "), /non conta/);
  const foreign = await (await before.rotated()).receipt(4);
  assert.equal((await judge(vkeys.join("\n"), given("f", foreign))).outcome, "refused");
});

test("a package is whole and its events proven, its texts are called an unproven extract", async () => {
  const world = await World.make();
  const zip = await world.package();
  const verdict = await judge(await world.key.vkey(), given("p.zip", zip));
  assert.equal(verdict.outcome, "partial", why(verdict));
  assert.match(verdict.headline, /TESTI NON PROVATI/);
  assert.match(why(verdict), /BOZZA \u2013 NON RILASCIABILE/);
  assert.match(verdict.notProved.join(" "), /estratto non provato/);
  assert.match(verdict.proved.join(" "), /I 5 file.*2 eventi citati stanno/);
  assert.equal(verdict.facts.at(-1)?.[1], toHex(await sha256(zip)));
  const unconfirmed = await judge("", given("p.zip", zip));
  assert.equal(unconfirmed.outcome, "unconfirmed");
  assert.match(unconfirmed.notProved.join(" "), /Chiave non confermata/);
});

// The bits after the end of a deflate stream, up to the next byte, mean nothing to any reader.
test("a package with any one bit flipped is refused, or the same to the last byte of content", async () => {
  const world = await World.make();
  const keys = await parseKeys(await world.key.vkey());
  const zip = await world.package();
  const good = await judge(keys, given("p", zip));
  const content = JSON.stringify([...readArchive(zip)].map(([name, file]) => [name, toHex(file)]));
  let harmless = 0;
  for (let at = 0; at < zip.length; ++at) {
    for (let bit = 0; bit < 8; ++bit) {
      const mutant = flipped(zip, at, 1 << bit);
      const verdict = await judge(keys, given("p", mutant));
      if (verdict.outcome === "refused") continue;
      assert.equal(said(verdict), said(good), `byte ${at} bit ${bit}`);
      assert.equal(JSON.stringify([...readArchive(mutant)].map(([name, file]) =>
        [name, toHex(file)])), content, `byte ${at} bit ${bit}`);
      ++harmless;
    }
  }
  assert.ok(harmless <= 7 * 6, `${harmless} bits of padding in 6 files`);
});

test("a package whose manifest and files were changed together is refused where a proof tells", async () => {
  const world = await World.make();
  const other = await World.make(7, "cartella/altro/0011223344556677");
  const keys = await parseKeys(await world.key.vkey());
  const digest = async (files: Map<string, Bytes>, manifest: any) => {
    manifest.sha256 = {};
    for (const [name, content] of files) manifest.sha256[name] = toHex(await sha256(content));
  };
  const cases: [string, (files: Map<string, Bytes>, manifest: any) => void][] = [
    ["swapped proofs", (files) => {
      const one = files.get("proofs/2.tlog-proof")!;
      files.set("proofs/2.tlog-proof", files.get("proofs/request.tlog-proof")!);
      files.set("proofs/request.tlog-proof", one);
    }],
    ["swapped names in the manifest", (_, manifest) => {
      const [a, b] = manifest.eventi;
      [a.prova, b.prova] = [b.prova, a.prova];
    }],
    ["an event less, its proof left", (_, manifest) => {
      manifest.eventi.pop();
      manifest.eventi_provati = 1;
    }],
    ["one proof for two events", (files, manifest) => {
      manifest.eventi[1] = manifest.eventi[0];
      files.delete("proofs/request.tlog-proof");
    }],
    ["another id", (_, manifest) => { manifest.eventi[0].evento = "0".repeat(32); }],
    ["another position", (_, manifest) => { manifest.eventi[0].posizione = 3; }],
    ["a position beyond the log", (_, manifest) => { manifest.posizione = world.size + 1; }],
    ["a position before its events", (_, manifest) => { manifest.posizione = 5; }],
    ["more proven than cited", (_, manifest) => { manifest.eventi_citati = 1; }],
    ["no draft", (_, manifest) => { manifest.stato = "Definitivo"; }],
    ["another format", (_, manifest) => { manifest.formato = "cartella-dsar/2"; }],
    ["a field nobody knows", (_, manifest) => { manifest.firma = "x"; }],
    ["another checkpoint", (_, manifest) => { manifest.punto_di_controllo += "\n"; }],
    ["another log's name", (_, manifest) => { manifest.registro = other.key.name; }],
  ];
  for (const [name, change] of cases) {
    const zip = await world.package(change);
    assert.equal((await judge(keys, given("p", zip))).outcome, "refused", name);
    // The same with digests that fit the change.
    const files = new Map(readArchive(zip));
    const manifest = JSON.parse(new TextDecoder().decode(files.get("manifest.json")!));
    files.delete("manifest.json");
    await digest(files, manifest);
    files.set("manifest.json", ascii(JSON.stringify(manifest)));
    assert.equal((await judge(keys, given("p", zipped(files)))).outcome, "refused", name);
  }
  const foreign = await judge(keys, given("p", await other.package()));
  assert.equal(foreign.outcome, "refused");
  assert.match(why(foreign), /altro registro/);
});

test("a file added, taken away or swapped in the archive is named", async () => {
  const world = await World.make();
  const keys = await parseKeys(await world.key.vkey());
  const files = readArchive(await world.package());
  const swapped = new Map(files).set("index.html", files.get("data/01-copertina.csv")!);
  assert.match(why(await judge(keys, given("p", zipped(swapped)))), /«index\.html».*alterato/);
  const more = new Map(files).set("virus.html", ascii("x"));
  assert.match(why(await judge(keys, given("p", zipped(more)))), /«virus\.html».*aggiunto/);
  const less = new Map(files);
  less.delete("index.html");
  assert.match(why(await judge(keys, given("p", zipped(less)))), /Manca il file «index\.html»/);
  less.delete("manifest.json");
  assert.match(why(await judge(keys, given("p", zipped(less)))), /manca manifest\.json/);
});

test("what is no file of ours is told so, and line ends changed by a mail program are named", async () => {
  const world = await World.make();
  const keys = await parseKeys(await world.key.vkey());
  for (const content of ["", "ciao", "{}", "[]", "{\"leaf\":", "PK\u0003\u0004", "old 3"]) {
    assert.equal((await judge(keys, given("x", content))).outcome, "refused", content);
  }
  assert.equal((await judge(keys, given("x", new Uint8Array(200_000)))).outcome, "refused");
  const windows = (await world.checkpoint()).replaceAll("\n", "\r\n");
  assert.match(why(await judge(keys, given("c", windows))), /a capo/);
  assert.match(why(await judge(keys, given("m", "{\"formato\":\"x\"}"))), /manifesto da solo/);
  const bare = await judge(keys, given("p", await world.proof(2)));
  assert.equal(bare.outcome, "incomplete");
});
