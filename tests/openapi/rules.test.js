// tests/openapi/rules.test.js: every rule of .spectral.yaml finds the fault that it is there for.
//
// Documents with one fault of each kind are linted; a rule that stays silent over all of them could never
// fail, and fails here.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const word = { type: "string" };
const plainError = { description: "no", content: { "text/plain": { schema: { type: "object", properties: { code: word } } } } };

const faulty = {
  openapi: "3.0.3",
  info: { title: "Faults", version: "one", contact: {} },
  servers: [{ url: "http://localhost" }],
  paths: {
    "/status": {
      get: {
        operationId: "getStatus",
        requestBody: { content: { "application/json": { schema: { type: "object" } } } },
        responses: {
          200: { description: "ok", content: { "text/plain": { schema: word } } },
          404: plainError,
        },
      },
    },
    "/v1/list/Case_Files": {
      post: {
        operationId: "make",
        security: [{}],
        parameters: [
          { name: "X-thing", in: "header", schema: word },
          { name: "Accept", in: "header", schema: word },
          { name: "password", in: "query", schema: word },
          { name: "surname", in: "query", schema: word },
        ],
        responses: {
          200: {
            description: "ok",
            headers: { "x-thing": { schema: word }, Expires: { schema: word }, "Cache-Control": { description: "yes", schema: word } },
            content: { "application/json": { schema: { type: "array", items: { type: "number" } } } },
          },
          429: { description: "slow down", headers: { "RateLimit-Limit": { schema: { type: "integer", format: "int16" } } } },
          503: plainError,
        },
      },
      delete: {
        operationId: "undo",
        requestBody: { content: { "application/json": { schema: { type: "object", additionalProperties: true } } } },
        responses: { 204: { description: "gone", content: { "text/plain": { schema: word } } } },
      },
      patch: { operationId: "amend", responses: { 200: { description: "nothing" } } },
    },
    "/open": { get: { operationId: "open", responses: {} } },
  },
  components: {
    securitySchemes: {
      query: { type: "apiKey", in: "query", name: "k" },
      cookie: { type: "apiKey", in: "cookie", name: "k" },
      basic: { type: "http", scheme: "basic" },
    },
    schemas: {
      lower_case: { type: "integer" },
      Odd: { type: "number", format: "int32" },
      Open: { type: "object" },
    },
  },
};
const withoutStatus = { ...faulty, paths: { "/v1/x": {} } };
const old = { swagger: "2.0", info: { title: "Old", version: "1.0.0" }, paths: {} };

function codes(document) {
  const folder = mkdtempSync(join(tmpdir(), "openapi-"));
  try {
    const file = join(folder, "faults.json");
    writeFileSync(file, JSON.stringify(document));
    const words = ["spectral", "lint", "--ruleset", ".spectral.yaml", "--quiet", "--format", "json", "--fail-severity", "error"];
    try {
      execFileSync("npx", [...words, file], { cwd: import.meta.dirname, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 26 });
    } catch (failure) {
      const text = failure.stdout;
      return new Set(JSON.parse(text.slice(text.indexOf("["), text.lastIndexOf("]") + 1)).map((each) => each.code));
    }
    return new Set();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("every rule finds its fault", () => {
  const ruleset = readFileSync(join(import.meta.dirname, ".spectral.yaml"), "utf8");
  const rules = [...ruleset.slice(ruleset.indexOf("\nrules:")).matchAll(/^ {2}([A-Za-z0-9-]+):$/gm)].map((each) => each[1]);
  assert.ok(rules.length > 50, `${rules.length} rules`);
  const found = new Set([faulty, withoutStatus, old].flatMap((each) => [...codes(each)]));
  assert.deepEqual(rules.filter((each) => !found.has(each)), []);
});
