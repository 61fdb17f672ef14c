package verify_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/gowebpki/jcs"
)

// This file makes testdata/vectors. It signs with the standard library and
// brings payloads into canonical form with gowebpki/jcs, and so shares no code
// with what the vectors test.

const (
	seed1 = 1 // of the first key of each kind
	seed2 = 2
)

func ed25519Key(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

func p256Key(seed byte) *ecdsa.PrivateKey {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		panic(err)
	}
	return key
}

func ed25519Line(seed byte) string {
	return "ed25519: " + hex.EncodeToString(ed25519Key(seed).Public().(ed25519.PublicKey))
}

func p256Line(seed byte) string {
	point, err := p256Key(seed).PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	return "p256: " + hex.EncodeToString(point)
}

// A seal is a key, as its header line, and what it makes of a message.
type seal struct {
	line string
	sign func(message []byte) []byte
}

func sealEd25519(seed byte) seal {
	return seal{ed25519Line(seed), func(message []byte) []byte { return ed25519.Sign(ed25519Key(seed), message) }}
}

func sealP256(seed byte) seal {
	return seal{p256Line(seed), func(message []byte) []byte {
		digest := sha256.Sum256(message)
		return p256Signature(seed, digest[:], crypto.SHA256, false)
	}}
}

// p256Signature returns r and s. It is the same each time (RFC 6979).
func p256Signature(seed byte, digest []byte, hash crypto.Hash, high bool) []byte {
	der, err := p256Key(seed).Sign(nil, digest, hash)
	if err != nil {
		panic(err)
	}
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &rs); err != nil {
		panic(err)
	}
	order := elliptic.P256().Params().N
	if isHigh := rs.S.Cmp(new(big.Int).Rsh(order, 1)) > 0; isHigh != high {
		rs.S.Sub(order, rs.S)
	}
	return append(rs.R.FillBytes(make([]byte, 32)), rs.S.FillBytes(make([]byte, 32))...)
}

func jcsOf(text string) string {
	canonical, err := jcs.Transform([]byte(text))
	if err != nil {
		panic(fmt.Sprintf("%s: %v", text, err))
	}
	return string(canonical)
}

// A draft is a licence in the making: what stands in the file, and what is signed.
type draft struct {
	seal
	payload   string // as it stands in the file
	message   string // what is signed
	signature string // as it stands in the file, instead of that over message
	version   string
	time      string
	grace     int
	keys      []string // instead of the seal's
}

// signed returns a draft that holds: the message is the canonical payload.
func signed(s seal, payload string) draft {
	return draft{seal: s, payload: payload, message: jcsOf(payload), version: `"1"`, time: "2026-07-01T12:00:00Z"}
}

func (d draft) hex() string {
	if d.signature != "" {
		return d.signature
	}
	return hex.EncodeToString(d.sign([]byte(d.message)))
}

func (d draft) file() string {
	return `{"license":{"payload":` + d.payload + `,"signature":"` + d.hex() + `","version":` + d.version + `}}`
}

// vector returns the vector of the draft's file.
func (d draft) vector() vector {
	keys := d.keys
	if keys == nil {
		keys = []string{d.line}
	}
	return vector{Keys: keys, Time: d.time, Grace: d.grace, File: []byte(d.file())}
}

func dates(from, until string) string {
	return `"license_creation_date":"` + from + `","license_expiration_date":"` + until + `"`
}

// with returns a payload that is valid in 2026 and has one member more.
func with(member string) string {
	return `{` + dates("2026-01-01", "2027-01-01") + `,` + member + `}`
}

const kongPayload = `{"admin_seats":"5","customer":"Example Company, Inc","dataplanes":"2","license_creation_date":"2026-01-01","license_expiration_date":"2027-01-01","license_key":"LS-0001","product_subscription":"Konnect Enterprise","support_plan":"None"}`

// vectors is a set in the making.
type vectors map[string]vector

func (set vectors) add(name, expect, why string, v vector) {
	if _, ok := set[name]; ok {
		panic("two vectors " + name)
	}
	v.Expect, v.Why = expect, why
	set[name] = v
}

// holds adds a vector whose signature holds.
func (set vectors) holds(name, expect, why string, v vector) {
	v.Canonical = jcsOf(string(v.File))
	set.add(name, expect, why, v)
}

// refused adds a vector that is no licence document.
func (set vectors) refused(name, expect, at, why string, v vector) {
	v.At = at
	set.add(name, expect, why, v)
}

func makeVectors() map[string]vector {
	set := make(vectors)
	set.addForms()
	set.addNumbers()
	set.addStates()
	set.addDates()
	set.addSignatures()
	set.addCorners()
	set.addKeyWindows()
	set.addTexts()
	set.addNames()
	set.addMembers()
	return set
}

func edited(v vector, oldnew ...string) vector {
	before := string(v.File)
	v.File = []byte(strings.NewReplacer(oldnew...).Replace(before))
	if string(v.File) == before {
		panic(fmt.Sprintf("nothing to replace: %q", oldnew))
	}
	return v
}

// addForms adds the free spellings of a licence that holds.
func (set vectors) addForms() {
	plain, p256 := signed(sealEd25519(seed1), kongPayload), signed(sealP256(seed1), kongPayload)
	form := func(name, why string, v vector) { set.holds("accepted-"+name, "accepted", why, v) }
	form("ed25519", "the canonical file, signed with Ed25519", plain.vector())
	form("p256", "the canonical file, signed with ECDSA on P-256", p256.vector())
	form("newline", "white space after the document", edited(plain.vector(), "}}", "}}\r\n\t "))
	form("indented", "white space is free", edited(plain.vector(), "{", "{\n  ", "}", "\n}", ":", " : ", `,"`, ",\r\n\t\""))
	form("member-order", "the order of members is free", edited(plain.vector(),
		plain.file(), `{"license":{"version":"1","signature":"`+plain.hex()+`","payload":{"support_plan":"None","product_subscription":"Konnect Enterprise","license_key":"LS-0001","license_expiration_date":"2027-01-01","license_creation_date":"2026-01-01","dataplanes":"2","customer":"Example Company, Inc","admin_seats":"5"}}}`))
	form("version-integer", "the version is the integer 1, and stays so in the canonical form", edited(plain.vector(), `"version":"1"`, `"version":1`))
	form("escaped-names", "names may be written with escapes", edited(plain.vector(), `"license"`, `"\u006cicense"`, `"customer"`, `"\u0063ustome\u0072"`))
	form("escaped-version", "so may the version", edited(plain.vector(), `"1"`, `"\u0031"`))
	form("strings", "escapes that the canonical form writes in another way", signed(sealEd25519(seed1), with(`"s":"\/\u0041\u00e9\uD83D\uDE00\u2028\u007f\u0000\u001F\u0008\u0009\u000a\u000c\u000d\u0022\u005c"`)).vector())
	form("not-normalized", "Unicode is not normalized", signed(sealEd25519(seed1), with("\"s\":\"e\u0301 \u00e9 \u212b\"")).vector())
	form("sorting", "names are sorted by UTF-16 code units (RFC 8785, section 3.2.3)", signed(sealEd25519(seed1),
		with(`"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"`)).vector())
	form("sorting-bytes", "sorted by their bytes, which is the order of code points and not that of code units", signed(sealEd25519(seed1), with("\"\ufb33\":1,\"\U0001f600\":2")).vector())
	form("sorting-nested", "names are sorted in every object, also in arrays", signed(sealEd25519(seed1), with(`"z":[{"b":1,"a":[{"d":{},"c":[]}]}],"":0`)).vector())
	form("literals", "the literals and strings of RFC 8785, section 3.2.2", signed(sealEd25519(seed1), with(`"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]`)).vector())
	form("payload-names", "the envelope's names have no meaning inside the payload", signed(sealEd25519(seed1), with(`"license":{"payload":{}},"signature":0,"version":"2"`)).vector())
	form("rfc3339", "dates may be RFC 3339 times, with offsets and fractions", signed(sealEd25519(seed1), `{`+dates("2026-07-01T14:00:00.000000000+02:00", "2026-07-01T12:00:00.001Z")+`}`).vector())
	form("zone-east", "a creation in another zone, where it is the next year already", signed(sealEd25519(seed1), `{`+dates("2026-07-02T01:59:59+14:00", "2026-07-02")+`}`).vector())
	form("zone-west", "an expiration in another zone, where it is the day before", signed(sealEd25519(seed1), `{`+dates("2026-06-30", "2026-07-01T00:00:01-12:00")+`}`).vector())
	form("depth-32", "the payload's innermost object is the 32nd level of the document", signed(sealEd25519(seed1), with(`"a":`+nested(29))).vector())
}

func nested(levels int) string {
	return strings.Repeat(`{"a":`, levels-1) + `{}` + strings.Repeat(`}`, levels-1)
}

func (set vectors) addNumbers() {
	accepted := func(name, why, numbers string) {
		set.holds("accepted-numbers-"+name, "accepted", why, signed(sealEd25519(seed1), with(`"n":`+numbers)).vector())
	}
	accepted("one", "many spellings of one number", `[1,1.0,1e0,1E+0,10e-1,0.1e1,1000000000000000000000e-21]`)
	accepted("zero", "many spellings of zero", `[0,-0,0.0,-0.0e9,0e400]`)
	accepted("integers", "the largest integers", `[9007199254740991,-9007199254740991,9.007199254740991e15,1e15]`)
	accepted("fractions", "fractions that a double gives back", `[0.1,0.30000000000000004,4.50,2e-3,0.000000000000000000000000001,1e-6,1e-7,2251799813685249.5]`)
	accepted("rfc8785", "samples of RFC 8785, appendix B", `[5e-324,-5e-324,333333333.3333332,333333333.33333325,333333333.3333333,333333333.3333334,333333333.33333343,-0.0000033333333333333333]`)

	// Each of these is signed as a program would that rounds the number.
	refused := func(name, reason, why, number, rounded string) {
		d := signed(sealEd25519(seed1), with(`"n":`+rounded))
		d.payload = with(`"n":` + number)
		set.refused(reason+"-"+name, reason, "1:104 /license/payload/n", why, d.vector())
	}
	refused("overflow", "number-range", "larger than any double", "1e400", "1.7976931348623157e308")
	refused("underflow", "number-precision", "not zero, but smaller than any double", "1e-400", "0")
	refused("2-53", "number-range", "2^53 is beyond the integers that stay exact", "9007199254740992", "9007199254740992")
	refused("2-53-plus-1", "number-range", "would be rounded to 2^53", "9007199254740993", "9007199254740992")
	refused("minus-2-53", "number-range", "as large below zero", "-9007199254740992", "-9007199254740992")
	refused("exponent", "number-range", "as large in another spelling", "9.007199254740992e15", "9007199254740992")
	refused("fraction", "number-range", "would be rounded to 2^53", "9007199254740991.9", "9007199254740992")
	refused("1e30", "number-range", "from RFC 8785, section 3.2.2: an integer beyond 2^53-1", "1E30", "1E30")
	refused("rfc8785", "number-precision", "from RFC 8785, section 3.2.2: the canonical form drops a digit", "333333333.33333329", "333333333.3333333")
	refused("tenth", "number-precision", "the double nearest to 0.1 is written 0.1", "0.10000000000000001", "0.1")
	refused("tenth-exact", "number-precision", "the exact value of that double; it is written 0.1 all the same", "0.1000000000000000055511151231257827021181583404541015625", "0.1")
	refused("subnormal", "number-precision", "the smallest double is written 5e-324", "4.9e-324", "5e-324")
}

// addStates adds the instants before, at and after each edge, for both kinds of key.
func (set vectors) addStates() {
	const day = 86400
	edges := []struct {
		name, expect, time string
		grace              int
	}{
		{"last-instant-before", "not-yet-valid", "2025-12-31T23:59:59.999999999Z", 0},
		{"before-with-grace", "not-yet-valid", "2025-12-31T23:59:59.999999999Z", 30 * day},
		{"first-instant", "accepted", "2026-01-01T00:00:00Z", 0},
		{"second-instant", "accepted", "2026-01-01T00:00:00.000000001Z", 0},
		{"first-instant-in-another-zone", "accepted", "2026-01-01T09:00:00+09:00", 0},
		{"last-instant", "accepted", "2026-12-31T23:59:59.999999999Z", 0},
		{"last-instant-with-grace", "accepted", "2026-12-31T23:59:59.999999999Z", 30 * day},
		{"at-expiration", "expired", "2027-01-01T00:00:00Z", 0},
		{"after-expiration", "expired", "2027-01-01T00:00:00.000000001Z", 0},
		{"first-instant-of-grace", "in-grace", "2027-01-01T00:00:00Z", 30 * day},
		{"last-instant-of-grace", "in-grace", "2027-01-30T23:59:59.999999999Z", 30 * day},
		{"end-of-grace", "expired", "2027-01-31T00:00:00Z", 30 * day},
		{"after-grace", "expired", "2027-01-31T00:00:00.000000001Z", 30 * day},
	}
	for kind, s := range map[string]seal{"ed25519": sealEd25519(seed1), "p256": sealP256(seed1)} {
		for _, edge := range edges {
			d := signed(s, kongPayload)
			d.time, d.grace = edge.time, edge.grace
			set.holds("state-"+kind+"-"+edge.name, edge.expect, "valid from 2026-01-01 until, and not including, 2027-01-01", d.vector())
		}
	}
	for _, edge := range []struct {
		name, expect, time string
		grace              int
	}{
		{"before", "not-yet-valid", "2025-12-31T23:59:59Z", 0},
		{"at", "expired", "2026-01-01T00:00:00Z", 0},
		{"with-grace", "expired", "2026-01-01T00:00:00Z", 30 * day},
	} {
		d := signed(sealEd25519(seed1), `{`+dates("2026-01-01", "2026-01-01")+`}`)
		d.time, d.grace = edge.time, edge.grace
		set.holds("state-never-valid-"+edge.name, edge.expect, "a licence that expires at its creation is never valid, and has no grace", d.vector())
	}
}

// addDates adds licences that hold, but whose dates cannot be used.
func (set vectors) addDates() {
	const from = `"license_creation_date":"2026-01-01"`
	for _, tt := range []struct{ name, why, payload string }{
		{"no-creation", "a licence states when it begins", `{"license_expiration_date":"2027-01-01"}`},
		{"no-expiration", "no date is not: never expires", `{` + from + `}`},
		{"no-dates", "an empty payload has no dates", `{}`},
		{"other-case", "names are matched exactly", `{` + from + `,"License_Expiration_Date":"2027-01-01"}`},
		{"null", "null is not: never expires", `{` + from + `,"license_expiration_date":null}`},
		{"empty", "nor is the empty string", `{` + from + `,"license_expiration_date":""}`},
		{"never", "nor is a word", `{` + from + `,"license_expiration_date":"never"}`},
		{"number", "nor is a number", `{` + from + `,"license_expiration_date":20270101}`},
		{"reversed", "it expires before it was created", `{` + dates("2027-01-01", "2026-01-01") + `}`},
		{"no-such-day", "2027 has no 29 February", `{` + dates("2026-01-01", "2027-02-29") + `}`},
		{"short", "months have two digits", `{` + dates("2026-01-01", "2027-1-1") + `}`},
		{"space", "a space is not part of a date", `{` + dates("2026-01-01", "2027-01-01 ") + `}`},
		{"no-offset", "a time has an offset or Z", `{` + dates("2026-01-01", "2027-01-01T00:00:00") + `}`},
		{"lower-case", "T and Z are upper case", `{` + dates("2026-01-01", "2027-01-01t00:00:00z") + `}`},
		{"comma", "a fraction follows a full stop", `{` + dates("2026-01-01", "2027-01-01T00:00:00,5Z") + `}`},
		{"hour", "hours have two digits", `{` + dates("2026-01-01", "2027-01-01T1:00:00Z") + `}`},
		{"offset", "an offset is less than a day", `{` + dates("2026-01-01", "2027-01-01T00:00:00+24:00") + `}`},
	} {
		set.holds("date-"+tt.name, "date", tt.why, signed(sealEd25519(seed1), tt.payload).vector())
	}
}

// addSignatures adds licences that no trusted key has signed.
func (set vectors) addSignatures() {
	plain, p256 := signed(sealEd25519(seed1), kongPayload), signed(sealP256(seed1), kongPayload)
	refused := func(name, why string, v vector) { set.add("signature-"+name, "signature", why, v) }
	under := func(d draft, keys ...string) vector {
		d.keys = keys
		return d.vector()
	}
	over := func(d draft, message string) vector {
		d.message = message
		return d.vector()
	}
	as := func(d draft, signature []byte) vector {
		d.signature = hex.EncodeToString(signature)
		return d.vector()
	}
	set.holds("accepted-second-key", "accepted", "the second of two trusted keys made the signature", under(plain, ed25519Line(seed2), ed25519Line(seed1)))
	set.holds("accepted-key-of-the-other-kind-first", "accepted", "keys of both kinds are trusted", under(p256, ed25519Line(seed1), p256Line(seed1)))
	refused("wrong-key", "another Ed25519 key is trusted", under(plain, ed25519Line(seed2)))
	refused("wrong-keys", "three other keys are trusted", under(plain, ed25519Line(seed2), p256Line(seed1), p256Line(seed2)))
	refused("wrong-key-p256", "another P-256 key is trusted", under(p256, p256Line(seed2)))
	refused("p256-with-ed25519-key", "the trusted key decides the algorithm", under(p256, ed25519Line(seed1)))
	refused("ed25519-with-p256-key", "the trusted key decides the algorithm", under(plain, p256Line(seed1)))
	refused("zero", "64 zero bytes", as(plain, make([]byte, 64)))
	refused("zero-p256", "r and s are zero", as(p256, make([]byte, 64)))
	refused("changed", "the last bit of the signature is changed", as(plain, flipLast(plain.sign([]byte(plain.message)))))
	refused("changed-p256", "the last bit of the signature is changed", as(p256, flipLast(p256.sign([]byte(p256.message)))))
	refused("malleable-ed25519", "S plus the order of the group (RFC 8032, section 5.1.7)", as(plain, addOrder(plain.sign([]byte(plain.message)))))
	digest := sha256.Sum256([]byte(p256.message))
	refused("malleable-p256", "r and n-s: a high s", as(p256, p256Signature(seed1, digest[:], crypto.SHA256, true)))
	rs := p256.sign([]byte(p256.message))
	refused("swapped-p256", "s before r", as(p256, slices.Concat(rs[32:], rs[:32])))
	refused("edited", "one seat more than was signed", edited(plain.vector(), `"admin_seats":"5"`, `"admin_seats":"6"`))
	refused("edited-p256", "one seat more than was signed", edited(p256.vector(), `"admin_seats":"5"`, `"admin_seats":"6"`))
	refused("member-added", "a member that was not signed", edited(plain.vector(), `{"admin_seats"`, `{"a":"b","admin_seats"`))
	refused("member-removed", "a member that was signed is not there", edited(plain.vector(), `"dataplanes":"2",`, ``))
	refused("number-for-string", "5 is not \"5\"", edited(plain.vector(), `"5"`, `5`))
	refused("unicode-normalized", "é is not e and an accent", over(signed(sealEd25519(seed1), with("\"s\":\"\u00e9\"")), jcsOf(with("\"s\":\"e\u0301\""))))
	refused("over-expired", "forged and expired is forged", edited(plain.vector(), `2027-01-01`, `2026-01-02`))
	refused("over-the-file", "the payload is signed as it stands in the file, not in canonical form", over(draft{seal: plain.seal, payload: `{"b":1, "a":2}`, version: `"1"`, time: plain.time}, `{"b":1, "a":2}`))
	refused("over-the-document", "the document is signed, not the payload", over(plain, `{"license":{"payload":`+kongPayload+`,"version":"1"}}`))
	refused("over-a-newline", "a newline after the payload is signed too", over(plain, kongPayload+"\n"))
	refused("over-a-context", "another kind of thing, which starts with its context line", over(plain, "licseal something else\n"+kongPayload))
	refused("over-nothing", "nothing is signed", over(plain, ""))
	sum := sha256.Sum256([]byte(kongPayload))
	refused("ed25519-of-sha256", "Ed25519 over a digest", over(plain, string(sum[:])))
	refused("ed25519ph", "Ed25519ph is another algorithm", as(plain, ed25519ph(seed1, kongPayload)))
	sum512 := sha512.Sum512([]byte(kongPayload))
	refused("p256-of-sha512", "P-256 over SHA-512", as(p256, p256Signature(seed1, sum512[:], crypto.SHA512, false)))
	refused("p256-without-digest", "P-256 over the first 32 bytes of the payload", as(p256, p256Signature(seed1, []byte(kongPayload)[:32], crypto.SHA256, false)))
}

func flipLast(b []byte) []byte {
	b[len(b)-1] ^= 1
	return b
}

// addOrder adds the order of the group to S, which makes a second signature for
// every verifier that does not look at its range.
func addOrder(signature []byte) []byte {
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	littleEndian := slices.Clone(signature[32:])
	slices.Reverse(littleEndian)
	sum := new(big.Int).Add(new(big.Int).SetBytes(littleEndian), order).FillBytes(make([]byte, 32))
	slices.Reverse(sum)
	return append(signature[:32], sum...)
}

func ed25519ph(seed byte, message string) []byte {
	digest := sha512.Sum512([]byte(message))
	signature, err := ed25519Key(seed).Sign(nil, digest[:], crypto.SHA512)
	if err != nil {
		panic(err)
	}
	return signature
}

// addKeyWindows adds keys that are trusted for licences of some dates only.
func (set vectors) addKeyWindows() {
	windowed := func(payload string, windows ...string) vector {
		d := signed(sealEd25519(seed1), payload)
		for _, window := range windows {
			d.keys = append(d.keys, d.line+" "+window)
		}
		return d.vector()
	}
	set.holds("accepted-key-window-first", "accepted", "created at the first instant that the key is trusted for", windowed(kongPayload, "after=2026-01-01T00:00:00Z before=2026-01-02T00:00:00Z"))
	set.holds("accepted-key-window-last", "accepted", "created in the last second that the key is trusted for", windowed(kongPayload, "before=2026-01-01T00:00:01Z"))
	set.holds("accepted-key-window-second", "accepted", "a key may be listed twice, for other dates", windowed(kongPayload, "before=2025-01-01T00:00:00Z", "after=2026-01-01T00:00:00Z"))
	set.add("signature-key-window-before", "signature", "created before the key is trusted", windowed(kongPayload, "after=2026-01-01T00:00:01Z"))
	set.add("signature-key-window-after", "signature", "created when the key was no longer trusted", windowed(kongPayload, "before=2026-01-01T00:00:00Z"))
	set.add("signature-key-window-no-date", "signature", "a key that is trusted for some dates only, and a licence without a date", windowed(`{"license_expiration_date":"2027-01-01"}`, "after=2020-01-01T00:00:00Z"))
}

// addTexts adds files that are no JSON as it is read here. The signature holds
// over what a lenient reader would make of them.
func (set vectors) addTexts() {
	base := signed(sealEd25519(seed1), with(`"s":"x"`)).vector()
	text := func(name, reason, at, why, file string) {
		v := base
		v.File = []byte(file)
		set.refused(reason+name, reason, at, why, v)
	}
	file := string(base.File)
	text("", "empty", "1:1", "no bytes", "")
	text("-white-space", "empty", "1:1", "only white space", " \r\n\t")
	text("-new-lines", "empty", "1:1", "only new lines", "\n\n\r\n")
	text("", "byte-order-mark", "1:1", "U+FEFF before the document", "\ufeff"+file)
	text("-space", "byte-order-mark", "1:1", "white space between the two", "\ufeff \r\n"+file)
	text("-alone", "byte-order-mark", "1:1", "U+FEFF and no document", "\ufeff")
	text("-byte-order-mark", "syntax", "1:2", "U+FEFF is no white space", " \ufeff"+file)
	text("", "trailing-data", "2:1", "a second document", file+"\n"+file)
	text("-brace", "trailing-data", fmt.Sprintf("1:%d", len(file)+1), "a brace too many", file+"}")
	text("-nul", "trailing-data", fmt.Sprintf("1:%d", len(file)+1), "a NUL after the document", file+"\x00")
	text("-number", "trailing-data", fmt.Sprintf("1:%d", len(file)+2), "a number after the document", file+" 1")
	text("", "truncated", fmt.Sprintf("1:%d", len(file)), "the last brace is not there", file[:len(file)-1])
	text("-escape", "truncated", "1:109 /license/payload/s", "the text ends inside an escape", strings.Split(file, `x"`)[0]+`\u00`)
	text("-string", "truncated", "1:50 /license/payload/license_creation_date", "the text ends inside a string", file[:49])

	value := func(name, reason, at, why, value, lenient string) {
		d := signed(sealEd25519(seed1), with(`"s":`+lenient))
		d.payload = with(`"s":` + value)
		set.refused(reason+name, reason, at, why, d.vector())
	}
	const inside = "1:105 /license/payload/s"
	value("", "invalid-utf8", inside, "a byte that UTF-8 does not know", "\"\xff\"", `"�"`)
	value("-overlong", "invalid-utf8", inside, "a slash written with two bytes", "\"\xc0\xaf\"", `"/"`)
	value("-surrogate", "invalid-utf8", inside, "a surrogate written in UTF-8", "\"\xed\xa0\x80\"", `"�"`)
	value("-latin1", "invalid-utf8", inside, "é in ISO 8859-1", "\"\xe9\"", `"é"`)
	value("-high", "lone-surrogate", inside, "the first half of a pair", `"\uD83D"`, `"�"`)
	value("-low", "lone-surrogate", inside, "the second half of a pair", `"\ude00"`, `"�"`)
	value("-order", "lone-surrogate", inside, "the halves in the wrong order", `"\ude00\ud83d"`, `"��"`)
	value("-split", "lone-surrogate", inside, "something between the halves", `"\ud83d \ude00"`, `"� �"`)
	value("-comma", "syntax", "1:107 /license/payload", "a comma after the last member", `"x",`, `"x"`)
	value("-comment", "syntax", "1:104 /license/payload/s", "a comment", `/* x */"x"`, `"x"`)
	value("-single-quote", "syntax", "1:104 /license/payload/s", "single quotes", `'x'`, `"x"`)
	value("-control-character", "syntax", inside, "a tab inside a string", "\"\t\"", `"\t"`)
	value("-escape", "syntax", inside, "an escape that JSON does not know", `"\x41"`, `"A"`)
	value("-leading-zero", "syntax", "1:105 /license/payload", "a number with a leading zero", `01`, `1`)
	value("-plus", "syntax", "1:104 /license/payload/s", "a number with a plus sign", `+1`, `1`)
	value("-nan", "syntax", "1:104 /license/payload/s", "a number that is none", `NaN`, `null`)
	value("-literal", "syntax", "1:104 /license/payload/s", "literals are lower case", `True`, `true`)
	value("-objects", "too-deep", "1:249 /license/payload/s"+strings.Repeat("/a", 29), "33 levels of objects", nested(30), nested(30))
	value("-arrays", "too-deep", "1:133 /license/payload/s"+strings.Repeat("/0", 29), "33 levels with arrays", strings.Repeat("[", 30)+strings.Repeat("]", 30), "[]")
	value("-far", "too-deep", "1:133 /license/payload/s"+strings.Repeat("/0", 29), "thousands of levels", strings.Repeat("[", 5000)+strings.Repeat("]", 5000), "[]")
}

// addNames adds names that stand twice, or that a lenient reader takes for others.
func (set vectors) addNames() {
	twice := func(name, at, why, payload, lenient string) {
		d := signed(sealEd25519(seed1), lenient)
		d.payload = payload
		set.refused("duplicate-name-"+name, "duplicate-name", at, why, d.vector())
	}
	twice("payload-member", "1:108 /license/payload/s", "the last of two, which many readers take, is signed", with(`"s":"1","s":"2"`), with(`"s":"2"`))
	twice("first-signed", "1:108 /license/payload/s", "the first of two is signed", with(`"s":"1","s":"2"`), with(`"s":"1"`))
	twice("escaped", "1:108 /license/payload/s", "a name is the same when it is written with an escape", with(`"s":"1","\u0073":"2"`), with(`"s":"2"`))
	twice("nested", "1:112 /license/payload/s/0/x", "in an object in an array", with(`"s":[{"x":1,"x":2}]`), with(`"s":[{"x":2}]`))

	plain := signed(sealEd25519(seed1), kongPayload).vector()
	file := string(plain.File)
	set.refused("duplicate-name-payload", "duplicate-name", "1:26 /license/payload", "two payloads", edited(plain, `{"payload":`, `{"payload":{},"payload":`))
	set.refused("duplicate-name-license", "duplicate-name", fmt.Sprintf("1:%d /license", len(file)+1), "two licences", edited(plain, file, file[:len(file)-1]+`,"license":{}}`))
	member := func(name, at, why string, oldnew ...string) {
		set.refused("unknown-member-"+name, "unknown-member", at, why, edited(plain, oldnew...))
	}
	member("beside-license", "1:2 /expires", "nothing outside the signature may carry meaning", `{"license"`, `{"expires":"2099-01-01","license"`)
	member("beside-payload", "1:13 /license/expires", "nothing outside the signature may carry meaning", `{"payload"`, `{"expires":"2099-01-01","payload"`)
	member("upper-case", "1:2 /LICENSE", "names match exactly", `"license":`, `"LICENSE":`)
	member("title-case", "1:13 /license/Payload", "names match exactly", `"payload":`, `"Payload":`)
	member("long-s", "1:260 /license/ſignature", "U+017F, which folds to s", `"signature"`, `"ſignature"`)
	member("alg", "1:13 /license/alg", "the file never chooses the algorithm", `{"payload"`, `{"alg":"none","payload"`)
}

// addMembers adds envelopes whose members are missing or of another type.
func (set vectors) addMembers() {
	d := signed(sealEd25519(seed1), kongPayload)
	plain, digits := d.vector(), d.hex()
	edit := func(reason, name, at, why string, oldnew ...string) {
		set.refused(reason+"-"+name, reason, at, why, edited(plain, oldnew...))
	}
	edit("missing-member", "license", "1:1", "an empty object", string(plain.File), "{}")
	edit("missing-member", "payload", "1:12 /license", "no payload", `"payload":`+kongPayload+`,`, ``)
	edit("missing-member", "signature", "1:12 /license", "no signature", `"signature":"`+digits+`",`, ``)
	edit("missing-member", "version", "1:12 /license", "no version", `,"version":"1"`, ``)
	edit("wrong-type", "array", "1:1", "a list of licences", string(plain.File), `[`+string(plain.File)+`]`)
	edit("wrong-type", "string", "1:1", "a document inside a string, as the Admin API carries it", string(plain.File), fmt.Sprintf("%q", plain.File))
	edit("wrong-type", "license", "1:12 /license", "license is null", string(plain.File), `{"license":null}`)
	edit("wrong-type", "payload", "1:23 /license/payload", "the payload is a string", kongPayload, fmt.Sprintf("%q", kongPayload))
	edit("wrong-type", "payload-array", "1:23 /license/payload", "the payload is in an array", kongPayload, `[`+kongPayload+`]`)
	edit("wrong-type", "signature", "1:272 /license/signature", "the signature is null", `"`+digits+`"`, `null`)

	signature := func(name, at, why, text string) {
		edit("signature-format", name, at+" /license/signature", why, digits, text)
	}
	signature("empty", "1:272", "no digits", ``)
	signature("upper-case", "1:"+fmt.Sprint(273+strings.IndexAny(digits, "abcdef")), "upper-case digits", strings.ToUpper(digits))
	signature("short", "1:272", "63 bytes", digits[2:])
	signature("odd", "1:272", "127 digits", digits[1:])
	signature("long", "1:272", "65 bytes", digits+"00")
	signature("space", "1:401", "a space after the digits", digits+" ")
	signature("prefix", "1:274", "0x before the digits", "0x"+digits)
	signature("escape", "1:273", "a digit written with an escape", fmt.Sprintf(`\u%04x`, digits[0])+digits[1:])

	version := func(name, why, text string) {
		edit("version", name, "1:413 /license/version", why, `"version":"1"`, `"version":`+text)
	}
	version("2", "another version", `"2"`)
	version("integer-2", "another version", `2`)
	version("fraction", "the integer is written 1", `1.0`)
	version("exponent", "the integer is written 1", `1e0`)
	version("string-fraction", "the string is 1", `"1.0"`)
	version("space", "the string is 1", `" 1"`)
	version("null", "null", `null`)
	version("true", "true", `true`)
	version("array", "an array", `["1"]`)
}
