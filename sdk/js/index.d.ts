/** A text: a string, or its bytes in UTF-8. */
export type Text = string | Uint8Array;

/** Why a licence is refused, in the order of judgement. */
export type Reason =
  | "trust"
  | "revocation-list"
  | "parse"
  | "signature"
  | "revoked"
  | "schema"
  | "clock"
  | "not-yet-valid"
  | "expired";

/** The refusal of a licence. Every other error is a mistake of the caller. */
export class Refusal extends Error {
  readonly reason: Reason;
  /** What the reason means in detail: a word of docs/conformance.md, such as "duplicate-name". */
  readonly code: string;
  /** What the licence says, if its signature is good and its key is not revoked. */
  readonly license: License | null;
}

/** A key that is trusted, from parseTrustedKeys or followChain. */
export interface TrustedKey {
  /** Its fingerprint, as ssh-keygen -l prints it. */
  readonly id: string;
  /** The comment of its line, or its principals. */
  readonly name: string;
  /** Whom the key signs for: patterns of an allowed_signers line. */
  readonly principals: readonly string[];
}

/** What licences are judged by, from advance. */
export interface Basis {
  /** What to remember: give it to advance the next time. */
  readonly memory: string;
  /** Why no licence is accepted; null if nothing is in the way. */
  readonly refusal: Refusal | null;
  /** What stops nothing: a chain that was refused, a list that is missing or issued ahead. */
  readonly warnings: readonly Refusal[];
  /** The newest generation of the chain of trust; 0 for trusted keys. */
  readonly generation: number;
  /** The generation of the newest revocation list remembered; 0 if there is none. */
  readonly listGeneration: number;
  readonly keys: readonly TrustedKey[];
}

/** A licence whose signature was verified. */
export interface License {
  /** What the vendor grants: exactly what was signed. */
  readonly payload: { readonly [name: string]: unknown };
  /** The SHA-256 of the canonical payload, in hex digits. */
  readonly digest: string;
  /** "valid" or "in grace" if the licence is accepted; "" in a Refusal for its dates. */
  readonly state: "valid" | "in grace" | "not yet valid" | "expired" | "";
  readonly key: TrustedKey;
  /** The instant of judgement. */
  readonly time: Date;
  /** When the licence is valid. Absent in a Refusal for its dates. */
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** The licence is refused from then on. */
  readonly graceEnd?: Date;
}

export interface Options {
  /** The instant of judgement. By default, the clock. */
  at?: Date | string;
  /** How long after its expiration a licence is accepted, in seconds. By default 0. */
  grace?: number;
  /** JSON Pointers to members of the payload. grace is in days. */
  roles?: { id?: string; notBefore?: string; notAfter?: string; grace?: string };
  /** A revocation list. Without one, revocation is not checked. */
  revocations?: Text | null;
  /** A chain of trust, in place of trusted keys. anchor comes with the program. */
  trust?: { anchor: string; chain: Text; seen?: Text | null } | null;
}

/**
 * Verifies a licence. It resolves if the licence is valid or in grace, and rejects with
 * a Refusal if it is not.
 *
 * @param text the licence
 * @param trustedKeys a file of trusted keys, or what parseTrustedKeys or advance returned;
 * null with a chain of trust
 */
export function verifyLicense(text: Text, trustedKeys: Text | readonly TrustedKey[] | Basis | null, options?: Options): Promise<License>;

/** What a program is given to judge licences by: keys or trust, and perhaps a list. */
export interface Given {
  /** Trusted keys, in place of a chain of trust. */
  keys?: Text | readonly TrustedKey[] | null;
  /** A chain of trust. Without chain, what is remembered stays in force. */
  trust?: { anchor: string; chain?: Text | null } | null;
  /** A revocation list. Without one, revocation is not checked. */
  revocations?: Text | null;
  /** What the clock says. By default, the clock of the machine. */
  now?: Date | string;
}

/**
 * Reads what a program is given, holds it against what the program remembers, and
 * remembers it: so neither a clock that was set back, nor an older list, nor an older
 * chain can undo what it has seen.
 *
 * @param memory the memory of what this function returned before; null the first time
 */
export function advance(memory: string | null, given: Given): Promise<Basis>;

/** Reads a file of trusted keys: OpenSSH public keys, allowed_signers lines, PEM. */
export function parseTrustedKeys(file: Text): Promise<TrustedKey[]>;

/**
 * Follows a chain of trust from its anchor, the digest of its first document. Keep seen,
 * and give it the next time: then no older chain is accepted.
 */
export function followChain(chain: Text, anchor: string, seen?: Text | null): Promise<{ generation: number; keys: TrustedKey[]; seen: string }>;
