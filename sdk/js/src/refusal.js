// Refusal says why a licence is refused: reason is a stable word of the order of
// judgement (SPEC.md, section 6), and code says in which way. license is what the
// licence says, if its signature is good and nobody took back the key.
export class Refusal extends Error {
  constructor(reason, code, message, license = null) {
    super(message);
    this.name = "Refusal";
    this.reason = reason;
    this.code = code;
    this.license = license;
  }
}
