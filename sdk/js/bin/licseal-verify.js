#!/usr/bin/env node
// The command line by which this package is tested: docs/conformance.md describes it.

import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { buffer } from "node:stream/consumers";
import { advance, followChain, parseTrustedKeys, Refusal, verifyLicense } from "../src/index.js";

const CODES = { parse: 3, schema: 4, signature: 5, "not-yet-valid": 6, expired: 7, revoked: 8 };
const MEMBERS = ["id", "document", "keys", "trust", "time", "grace", "revocations", "roles", "story"];
const ROLES = { id: "id", not_before: "notBefore", not_after: "notAfter", grace: "grace" };

const unbase64 = (text) => (text === undefined ? null : new Uint8Array(Buffer.from(text, "base64")));
const only = (object, names) => Object.keys(object).every((name) => names.includes(name));

// take hands the reader of a story what a step has.
async function take(reader, { chain, revocations, document, root, keys, time, ...others }) {
  if (Object.keys(others).length > 0) return { reason: "usage" };
  if (time !== undefined) {
    reader.now = time;
    return { reason: "", class: "accepted" };
  }
  const trust = keys === undefined && (root ?? reader.root) ? { anchor: root ?? reader.root, chain: unbase64(chain) } : null;
  const list = document === undefined ? revocations : reader.list;
  const basis = await advance(reader.memory, { keys: trust ? null : keys ?? reader.keys, trust, revocations: unbase64(list), now: reader.now });
  reader.memory = basis.memory;
  if (document !== undefined) return verdict(await verifyLicense(unbase64(document), basis, { at: reader.now }));
  const isChain = chain !== undefined && basis.generation > 0 && basis.refusal?.code === "no-keys";
  const refusal = basis.warnings.find(({ code }) => code !== "missing") ?? (isChain ? null : basis.refusal);
  if (refusal) throw refusal;
  reader.list = basis.listGeneration === 0 ? undefined : revocations ?? reader.list;
  return { reason: "", class: "accepted", ...(trust && !revocations ? { generation: basis.generation, keys: basis.keys.map(({ id }) => id) } : {}) };
}

// tell answers a request with a story.
async function tell({ story: { steps, ...reader }, time }) {
  Object.assign(reader, { memory: null, now: time });
  const answers = [];
  for (const step of steps) answers.push(await answer(() => take(reader, step)));
  return { reason: "", steps: answers };
}

const verdict = (license) => ({ reason: "", class: license.state === "in grace" ? "in-grace" : "accepted", digest: license.digest });

// judge answers a request of the protocol.
async function judge(request) {
  if (request.story) return tell(request);
  const { roles = {}, trust } = request;
  if (!only(request, MEMBERS) || !only(roles, Object.keys(ROLES))) return { reason: "usage" };
  const chain = trust && { anchor: trust.root, chain: unbase64(trust.chain) };
  if (trust?.seen) chain.seen = Buffer.concat(trust.seen.flatMap((document, i) => [Buffer.from(i > 0 ? "\n" : ""), unbase64(document)]));
  if (request.document === undefined) {
    const { generation, keys } = await followChain(chain.chain, chain.anchor, chain.seen);
    return { reason: "", class: "accepted", generation, keys: keys.map(({ id }) => id) };
  }
  const keys = trust ? null : await parseTrustedKeys(request.keys);
  const license = await verifyLicense(unbase64(request.document), keys, {
    at: request.time, grace: request.grace ?? 0, revocations: unbase64(request.revocations), trust: chain ?? null,
    roles: Object.fromEntries(Object.entries(roles).map(([name, pointer]) => [ROLES[name], pointer])),
  });
  return verdict(license);
}

async function answer(judged) {
  try {
    return await judged();
  } catch (error) {
    if (error instanceof Refusal) return { reason: error.reason, class: error.code, message: error.message };
    return { reason: "usage", message: error.message };
  }
}

async function main([command, ...args]) {
  if (command === "serve" && args.length === 0) {
    for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
      const request = JSON.parse(line);
      process.stdout.write(`${JSON.stringify({ id: request.id, ...(await answer(() => judge(request))) })}\n`);
    }
    return 0;
  }
  const base64 = async (file) => (await (file === undefined ? buffer(process.stdin) : readFile(file))).toString("base64");
  const request = {};
  if (command === "verify" && (args.length === 3 || args.length === 4)) {
    Object.assign(request, { keys: await readFile(args[0], "utf8"), time: args[1], grace: Number(args[2]), document: await base64() });
    if (args[3] !== undefined) request.revocations = await base64(args[3]);
  } else if (command === "trust" && (args.length === 1 || args.length === 2)) {
    request.trust = { root: args[0], chain: await base64() };
    if (args[1] !== undefined) request.trust.seen = [await base64(args[1])];
  } else {
    console.error("usage: licseal-verify verify KEYS TIME GRACE [LIST] < LICENCE\n       licseal-verify trust ROOT [SEEN] < CHAIN\n       licseal-verify serve");
    return 2;
  }
  const { reason, message = "accepted" } = await answer(() => judge(request));
  if (reason) console.error(`${reason}: ${message}`);
  else console.log(message);
  return reason === "" ? 0 : reason === "usage" ? 2 : CODES[reason] ?? 1;
}

process.exitCode = await main(process.argv.slice(2));
