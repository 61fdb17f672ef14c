import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { followChain, parseTrustedKeys, Refusal, verifyLicense } from "../src/index.js";
import { parseTime } from "../src/time.js";
import { vectors } from "./lib/vectors.js";

// word returns what a verdict is called in the vectors.
async function word(verdict) {
  try {
    return (await verdict)?.state === "in grace" ? "in-grace" : "accepted";
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.code;
  }
}

async function keysOf(v) {
  const keys = await parseTrustedKeys(v.keys);
  for (const [i, bounds] of v.bounds.entries()) {
    for (const bound of bounds) keys[i][bound.split("=")[0]] = parseTime(bound.split("=")[1]);
  }
  return keys;
}

const options = (v) => ({ at: v.get("time"), grace: Number(v.get("grace") ?? 0) });

test("licences", async (t) => {
  for (const v of vectors("vectors")) {
    await t.test(v.name, async () => assert.equal(await word(verifyLicense(v.file, await keysOf(v), options(v))), v.get("expect"), v.get("why")));
  }
});

test("the payload is what was signed", async () => {
  for (const v of vectors("vectors").filter((v) => v.get("expect") === "accepted")) {
    const { payload } = await verifyLicense(v.file, await keysOf(v), options(v));
    assert.deepEqual(payload, JSON.parse(v.get("canonical")).license.payload, v.name);
  }
});

test("revocation lists", async (t) => {
  for (const v of vectors("revocations")) {
    await t.test(v.name, async () => assert.equal(await word(verifyLicense(v.get("license"), v.keys, { ...options(v), revocations: v.file })), v.get("expect"), v.get("why")));
  }
});

test("chains of trust", async (t) => {
  for (const v of vectors("trust")) {
    await t.test(v.name, async () => {
      const seen = v.all("seen").length > 0 ? v.all("seen").join("\n") : null;
      const chain = followChain(v.file, v.get("anchor"), seen);
      assert.equal(await word(chain), v.get("expect"), v.get("why"));
      if (v.get("expect") !== "accepted") return;
      const { generation, keys } = await chain;
      assert.equal(generation, Number(v.get("generation")));
      assert.deepEqual(keys.map(({ id }) => id), v.all("key"));
    });
  }
});

test("stories of a reader that remembers", async (t) => {
  const all = JSON.parse(readFileSync(new URL("../../../testdata/vectors.json", import.meta.url))).vectors.filter(({ part }) => part === "memory");
  const input = all.map(({ request }) => `${JSON.stringify(request)}\n`).join("");
  const { stdout } = spawnSync(process.execPath, [fileURLToPath(new URL("../bin/licseal-verify.js", import.meta.url)), "serve"], { input, encoding: "utf8" });
  const answers = stdout.trim().split("\n").map((line) => JSON.parse(line));
  for (const [i, { request, expect, why }] of all.entries()) {
    const expected = expect.steps.map((step) => (step.generation ? { keys: [], ...step } : step));
    await t.test(request.id, () => assert.deepEqual(answers[i].steps.map(({ message, ...step }) => step), expected, why));
  }
});
