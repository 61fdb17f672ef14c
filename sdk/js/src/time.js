// Instants are whole numbers of nanoseconds since 1970, as BigInt: a Date has
// milliseconds only.

const SECOND = 1_000_000_000n;
export const seconds = (n) => BigInt(Math.trunc(n)) * SECOND + BigInt(Math.round((n % 1) * 1e9));
export const days = (n) => BigInt(n) * 86_400n * SECOND;
export const CLOCK_SKEW = days(1); // how far the clock may be behind an instant that has passed

// max returns the later of two instants. null is none.
export const max = (a, b) => (a === null || (b !== null && b > a) ? b : a);

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([-+])(\d\d):(\d\d))$/;

// instantAt returns the instant of a day and a clock, and null if there is none.
export function instantAt(year, month, day, hour, minute, second) {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day); // a day that does not exist becomes another
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) return null;
  return BigInt(date / 1000 + hour * 3600 + minute * 60 + second) * SECOND;
}

// parseTime reads an RFC 3339 time, and returns null if the text is none.
export function parseTime(text) {
  const match = TIME.exec(text);
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  const [fraction = "", sign, offsetHour = 0, offsetMinute = 0] = match.slice(7);
  const local = instantAt(year, month, day, hour, minute, second);
  if (local === null || offsetHour > 23 || offsetMinute > 59) return null;
  const offset = seconds(offsetHour * 3600 + offsetMinute * 60);
  return local + BigInt(fraction.padEnd(9, "0")) - (sign === "-" ? -offset : offset);
}

// parseDate reads a date of a licence: a day, which means its first instant in UTC, or
// an RFC 3339 time. It returns null if the text is neither.
export function parseDate(text) {
  const match = DATE.exec(text);
  return match ? instantAt(...match.slice(1).map(Number), 0, 0, 0) : parseTime(text);
}

// parseWholeTime reads a time of a list or of a trust document: in UTC, in seconds.
export const parseWholeTime = (text) => (/^.{19}Z$/.test(text) && text !== "0001-01-01T00:00:00Z" ? parseTime(text) : null);

// toDate returns an instant as a Date, whole milliseconds.
export const toDate = (instant) => new Date(Number(instant / 1_000_000n - (instant % 1_000_000n < 0n ? 1n : 0n)));

// formatExact writes an instant of the years 0 to 9999 as parseTime reads it.
export const formatExact = (instant) => `${toDate(instant).toISOString().slice(0, 19)}.${String(((instant % SECOND) + SECOND) % SECOND).padStart(9, "0")}Z`;

// format writes an instant for people.
export const format = (instant) => toDate(instant).toISOString().replace(/\.000Z$/, "Z");
