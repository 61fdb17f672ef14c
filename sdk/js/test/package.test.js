import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { issue } from "./lib/license.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

test("the packed package installs, and the example of the README runs", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "licseal-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const [{ filename, files }] = JSON.parse(execFileSync("npm", ["pack", "--json", "--pack-destination", dir], { cwd: root, encoding: "utf8" }));
  assert.ok(files.every(({ path }) => /^(src\/|bin\/|index\.d\.ts|README\.md|package\.json|LICENSE)/.test(path)), "nothing else is packed");

  writeFileSync(join(dir, "package.json"), '{"type":"module"}');
  execFileSync("npm", ["install", "--offline", "--no-audit", "--no-fund", `./${filename}`], { cwd: dir });
  const { license, keys } = issue({ customer: "Example", license_creation_date: "2020-01-01", license_expiration_date: "2999-01-01" });
  writeFileSync(join(dir, "vendor.keys"), keys);
  writeFileSync(join(dir, "license.json"), license);
  const [, example] = /```js\n(.*?)```/s.exec(readme);
  writeFileSync(join(dir, "app.js"), example);
  const run = () => execFileSync("node", ["app.js"], { cwd: dir, encoding: "utf8" });
  assert.equal(run(), "Example: valid, until 2999-01-01T00:00:00.000Z\n");
  writeFileSync(join(dir, "license.json"), license.replace("2999", "3000"));
  assert.match(run(), /^refused \(signature\)/);
});

test("the types are right", { skip: compiler() ? false : "typescript is not installed: run npm ci" }, () => {
  execFileSync(process.execPath, [compiler(), "-p", join(root, "test/tsconfig.json")], { stdio: ["ignore", "inherit", "inherit"] });
});

function compiler() {
  try {
    return fileURLToPath(import.meta.resolve("typescript/bin/tsc"));
  } catch {
    return process.env.LICSEAL_TEST_ALL ? "typescript is missing" : "";
  }
}

const sources = readdirSync(join(root, "src")).map((name) => readFileSync(join(root, "src", name), "utf8"));

test("the code is within the budget that the README states", () => {
  const budget = Number(/at most (\d+) lines of code/.exec(readme)[1]);
  const lines = sources.join("\n").split("\n").filter((line) => !/^\s*(\/\/.*)?$/.test(line));
  assert.ok(lines.length <= budget, `${lines.length} lines of code, and the budget is ${budget}`);
});

test("the code runs in browsers, Deno and workers", () => {
  for (const source of sources) assert.doesNotMatch(source.replaceAll(/\/\/.*/g, ""), /\b(node:|require\(|process\.|Buffer\b|window\.|document\.(?!payload|signature|version|generation|digest|roots|threshold)|navigator\.)/);
});
