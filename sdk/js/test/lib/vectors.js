// Reads the test vectors, which testdata/README.md describes.
import { readdirSync, readFileSync } from "node:fs";

const testdata = new URL("../../../../testdata/", import.meta.url);

// vectors returns the vectors of a folder: their header lines and their file.
export function vectors(folder) {
  const dir = new URL(`${folder}/`, testdata);
  return readdirSync(dir).filter((name) => name.endsWith(".txt")).map((name) => {
    const text = readFileSync(new URL(name, dir)), end = text.indexOf("\n\n");
    const lines = text.subarray(0, end).toString().split("\n").map((line) => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]);
    const all = (key) => lines.filter(([name]) => name === key).map(([, value]) => value);
    return { name: name.slice(0, -4), file: new Uint8Array(text.subarray(end + 2)), all, get: (key) => all(key)[0], keys: keyFile(lines), bounds: bounds(lines) };
  });
}

const string = (bytes) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
const stamp = (time) => time.replace(/[-:T]/g, "");
const isKey = ([key]) => key === "ed25519" || key === "p256";
const isWhole = (bound) => !bound.includes(".");

// bounds returns the times that OpenSSH's format cannot express: of each key, name=TIME.
const bounds = (lines) => lines.filter(isKey).map(([, value]) => value.split(" ").slice(1).filter((bound) => !isWhole(bound)));

// keyFile writes the keys of a vector as allowed_signers lines.
function keyFile(lines) {
  return lines.filter(isKey).map(([kind, value]) => {
    const [digits, ...bounds] = value.split(" ");
    const type = kind === "p256" ? "ecdsa-sha2-nistp256" : "ssh-ed25519";
    const parts = kind === "p256" ? [type, "nistp256"] : [type];
    const wire = Buffer.concat([...parts.map((part) => string(Buffer.from(part))), string(Buffer.from(digits, "hex"))]);
    const options = bounds.filter(isWhole).map((bound) => `valid-${bound.split("=")[0]}="${stamp(bound.split("=")[1])}"`).join(",");
    return `vendor ${options} ${type} ${wire.toString("base64")}\n`;
  }).join("");
}
