// Checks of the payloads of lists and trust documents.

import { quote } from "./json.js";
import { Refusal } from "./refusal.js";

export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
export const isString = (value) => typeof value === "string";
export const isDigest = (value) => isString(value) && /^[0-9a-f]{64}$/.test(value);

// checker returns a function that requires a condition, and a function that requires an
// object with exactly some members, and perhaps others.
export function checker(reason, code) {
  const need = (holds, what) => {
    if (!holds) throw new Refusal(reason, code, what);
  };
  const members = (value, required, optional = []) => {
    need(isObject(value), `an object with ${required.join(", ")} is expected`);
    for (const name of required) need(Object.hasOwn(value, name), `member ${name} is missing`);
    for (const name of Object.keys(value)) need(required.includes(name) || optional.includes(name), `unknown member ${quote(name)}`);
  };
  return { need, members };
}
