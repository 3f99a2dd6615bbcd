// build-bodies.mjs: where the fields of every body stand, out of the schema itself.
//
//   node build-bodies.mjs
//
// `capnp compile -ocapnp` prints a schema with the place of each field; src/schema_bodies.ts is
// written from it and from schema/event_types.*, for src/bodies.ts. Whatever is not understood ends
// the build.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const printed = execFileSync("capnp", ["compile", "-ocapnp", path("../schema/events.capnp")],
  { encoding: "utf8" });

const kPlain = new Map(Object.entries({
  Bool: "bool", UInt8: "u8", UInt16: "u16", UInt32: "u32", UInt64: "u64", Int64: "i64",
  Text: "text", Data: "data", "List(Text)": "textList", "List(Data)": "dataList",
  "List(UInt64)": "u64List",
}));
const kAbsent = { Int32: "-2147483648", Int64: "-9223372036854775808" }; // a date, a time

const structs = new Map(); // name -> {id, rows}
const enums = new Map(); // name -> enumerants in order
let open;
for (const line of printed.split("\n")) {
  let found;
  if ((found = /^struct (\w+) @(0x[0-9a-f]{16}) \{/.exec(line))) {
    open = { rows: [] };
    structs.set(found[1], { id: found[2], rows: open.rows });
  } else if ((found = /^enum (\w+) @0x[0-9a-f]{16} \{/.exec(line))) {
    open = { names: [] };
    enums.set(found[1], open.names);
  } else if (open?.rows &&
      (found = /^ {2}(\w+) @\d+ :([\w()]+)(?: = (\S+))?; {2}# (?:bits|ptr)\[(\d+)/.exec(line))) {
    const [, name, type, byDefault, at] = found;
    if (byDefault !== undefined && byDefault !== kAbsent[type]) {
      throw new Error(`a default that the page does not know: ${line}`);
    }
    open.rows.push({ name, type, at: Number(at), defaulted: byDefault !== undefined });
  } else if (open?.names && (found = /^ {2}(\w+) @(\d+);$/.exec(line))) {
    if (Number(found[2]) !== open.names.length) throw new Error(`not in order: ${line}`);
    open.names.push(found[1]);
  } else if (line === "}") {
    open = undefined;
  } else if (open !== undefined || !/^(#|@|\$import|const |$)/.test(line)) {
    throw new Error(`not understood: ${line}`);
  }
}

// The kind of a field as src/bodies.ts names it.
function kindOf({ type, defaulted }) {
  const element = /^List\((\w+)\)$/.exec(type)?.[1];
  if (defaulted) return { kind: type === "Int32" ? "date" : "time" };
  if (kPlain.has(type)) return { kind: kPlain.get(type) };
  if (enums.has(type)) return { kind: "enum", of: type };
  if (structs.has(type)) return { kind: "struct", of: type };
  if (element !== undefined && structs.has(element)) return { kind: "structList", of: element };
  throw new Error(`a type that the page does not read: ${type}`);
}

// Number, leaf kind and first body of each type of event.
const numbers = new Map([...readFileSync(path("../schema/event_types.h"), "utf8")
  .matchAll(/^ {2}(\w+) = (\d+),/gm)].map(([, name, number]) => [name, Number(number)]));
const declared = readFileSync(path("../schema/event_types.cc"), "utf8");
const types = [...declared.matchAll(
  /TypeInfo\{\s*EventType::(\w+),\s*"\w+",\s*LeafKind::(\w+),[^{}]*?schema_id<(\w+)>\(\)/g)]
  .map(([, name, kind, body]) => {
    if (!numbers.has(name) || !structs.has(body)) throw new Error(`a type of event: ${name}`);
    return `  [${numbers.get(name)}, { kind: "${kind}", body: "${body}" }],\n`;
  });
if (types.length !== declared.match(/TypeInfo\{/g).length) throw new Error("types of events");

const bodies = [...structs].map(([name, { id, rows }]) => {
  const fields = rows.map((row) => {
    const { kind, of } = kindOf(row);
    return JSON.stringify([row.name, kind, row.at, ...(of === undefined ? [] : [of])]);
  });
  return `  [${id}n, { name: "${name}", fields: [\n    ${fields.join(",\n    ")},\n  ] }],\n`;
});
writeFileSync(path("src/schema_bodies.ts"),
  `// src/schema_bodies.ts: written by build-bodies.mjs from schema/events.capnp.
import type { Body, EventType } from "./bodies.js";

export const kBodies: ReadonlyMap<bigint, Body> = new Map<bigint, Body>([
${bodies.join("")}]);

export const kTypes: ReadonlyMap<number, EventType> = new Map<number, EventType>([
${types.join("")}]);

export const kEnums: Readonly<Record<string, readonly string[]>> = {
${[...enums].map(([name, names]) => `  ${name}: ${JSON.stringify(names)},\n`).join("")}};
`);
