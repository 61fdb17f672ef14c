package conformance

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/licseal/licseal"
)

// Mutants returns n changed vectors. What is expected of each is what this module says.
// The same seed gives the same mutants, and the first of more mutants are the same.
func Mutants(vectors []Vector, seed uint64, n int) iter.Seq[Vector] {
	bases := changeable(vectors)
	return func(yield func(Vector) bool) {
		if len(bases) == 0 {
			return
		}
		for i := range n {
			if !yield(mutantOf(bases, seed, i)) {
				return
			}
		}
	}
}

// changeable returns the vectors that are changed. A change in a large one would mostly be
// in what makes it large.
func changeable(vectors []Vector) (bases []Vector) {
	for _, v := range vectors {
		if size := len(v.Request.Document) + len(v.Request.Revocations); size < 20000 && v.Group != "too-long" {
			bases = append(bases, v)
		}
	}
	return bases
}

// Mutant returns the mutant with an id, MUTANT/SEED/NUMBER, and whether there is one.
func Mutant(vectors []Vector, id string) (v Vector, ok bool) {
	var seed uint64
	var number int
	bases := changeable(vectors)
	if _, err := fmt.Sscanf(id, "mutant/%d/%d", &seed, &number); err != nil || number < 0 || len(bases) == 0 {
		return v, false
	}
	v = mutantOf(bases, seed, number)
	return v, v.Request.ID == id
}

func mutantOf(bases []Vector, seed uint64, number int) Vector {
	m := mutator{rand.New(rand.NewPCG(seed, uint64(number)))}
	v := bases[m.IntN(len(bases))]
	name := v.Request.ID
	what := m.change(&v.Request)
	v.Request.ID = fmt.Sprintf("mutant/%d/%d", seed, number)
	v.Group, v.Why = mutants, what+" of "+name
	v.Expect = Judge(&v.Request)
	v.Expect.ID = ""
	return v
}

// mutants is the group of all mutants.
const mutants = "mutants"

// mutator makes changes at random.
type mutator struct{ *rand.Rand }

// change changes a request, and says how.
func (m mutator) change(r *Request) string {
	switch {
	case r.Story != nil:
		return m.changeStory(r)
	case r.Trust != nil:
		return m.changeChain(r)
	case r.Revocations != nil && m.IntN(3) > 0:
		return m.changeList(r)
	case m.IntN(6) == 0:
		return m.changeTime(r)
	case m.IntN(2) == 0:
		return m.changeSigned(r)
	}
	r.Document = m.text(r.Document)
	return "the text"
}

// instants are those at which the licences, lists and keys of the vectors begin and end.
var instants = []time.Time{
	time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
	time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), // of judgement
	time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC), time.Date(2026, 7, 15, 0, 0, 0, 0, time.UTC),
}

// changeTime moves the instant to, or next to, one where something changes.
func (m mutator) changeTime(r *Request) string {
	at := instants[m.IntN(len(instants))]
	r.Grace = []int64{0, 0, 1, 86400, 30 * 86400, 3650 * 86400}[m.IntN(6)]
	if m.IntN(2) == 0 {
		at = at.Add(time.Duration(r.Grace) * time.Second)
	}
	at = at.Add([]time.Duration{0, -1, 1, time.Second, -time.Second, time.Hour, -24 * time.Hour}[m.IntN(7)])
	if m.IntN(3) == 0 {
		at = at.In(time.FixedZone("", (m.IntN(28*4)-14*4)*900))
	}
	r.Time = at.Format(time.RFC3339Nano)
	return "the time"
}

// changeSigned changes the payload of a licence and signs it again, as the writer of
// the vectors might.
func (m mutator) changeSigned(r *Request) string {
	lic, err := licseal.ParseUnverified(r.Document)
	if err != nil {
		r.Document = m.text(r.Document)
		return "the text"
	}
	text := m.text(lic.Payload.Bytes())
	r.Document = m.seal(`{"license":{"payload":`, "", text, lic.Payload.Bytes())
	return "the signed payload"
}

func (m mutator) changeList(r *Request) string {
	const start = `{"revocations":{"payload":`
	payload, isList := bytes.CutPrefix(r.Revocations, []byte(start))
	end := bytes.LastIndex(payload, []byte(`,"signature":"`))
	if !isList || end < 0 || m.IntN(3) == 0 {
		r.Revocations = m.text(r.Revocations)
		return "the list"
	}
	r.Revocations = m.seal(start, "licseal-revocations-v1\n", m.text(payload[:end]), payload[:end])
	return "the signed list"
}

// seal returns a document with a payload. What is signed is the canonical form of the
// payload if it can be read, and else that of the one before it was changed, as a
// careless reader might take it.
func (m mutator) seal(start, context string, payload, before []byte) []byte {
	message := before
	if p, err := licseal.ParsePayload(payload); err == nil {
		message = p.Bytes()
	}
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(1 + m.IntN(2))}, ed25519.SeedSize))
	signature := ed25519.Sign(key, append([]byte(context), message...))
	return slices.Concat([]byte(start), payload, []byte(`,"signature":"`+hex.EncodeToString(signature)+`","version":"1"}}`))
}

// changeChain changes a byte, or the order of the documents.
func (m mutator) changeChain(r *Request) string {
	t := *r.Trust
	r.Trust = &t
	lines := bytes.Split(t.Chain, []byte("\n"))
	switch i, j := m.IntN(len(lines)), m.IntN(len(lines)); m.IntN(6) {
	case 0:
		lines[i], lines[j] = lines[j], lines[i]
	case 1:
		lines = slices.Delete(lines, i, i+1)
	case 2:
		lines = slices.Insert(lines, i, lines[j])
	case 3:
		if len(t.Seen) > 0 {
			t.Seen = t.Seen[:m.IntN(len(t.Seen)+1)]
		}
	default:
		t.Chain = m.text(t.Chain)
		return "the chain"
	}
	t.Chain = bytes.Join(lines, []byte("\n"))
	return "the order of the chain"
}

// text changes a text in one to three places.
func (m mutator) text(data []byte) []byte {
	data = slices.Clone(data)
	for range 1 + m.IntN(3) {
		data = m.edit(data)
		if m.IntN(3) > 0 {
			break
		}
	}
	return data
}

// pieces are what is inserted: what readers stumble over.
var pieces = strings.Split(strings.NewReplacer("␀", "\x00", "␉", "\t", "␊", "\n", "␍", "\r").Replace(
	`{|}|[|]|,|:|"|\|/| |␉|␊|␍|␀|-|+|.|0|1|9|e|E|1e400|1e-400|0.1|1.0|-0|1E2|9007199254740991|9007199254740992|0.30000000000000004|0.10000000000000001|1e21|1e-7|`+
		`true|false|null|NaN|Infinity|\u0000|\u0061|\ud83d\ude00|\ud83d|\ude00|\u00e9|\uFEFF|\/|\b|\x|é|é|😀|ﬁ|ſ|`+"\u2028|\u202e|\ufeff|\ufffd|\xff|\xc0\xaf|\xed\xa0\x80|\xf4\x90\x80\x80|"+
		`"a":1,|"":0,|"license_key":"x",|"version":"1",|"__proto__":1,|"constructor":1,|,"a":[]|{"a":{}}|[[]]|/**/|2026-02-29|2027-01-01T00:00:00Z|24:00:00|23:59:60|+00:00|-00:00|.000000000|.9999999999`), "|")

// edit changes a text in one place.
func (m mutator) edit(data []byte) []byte {
	at := m.IntN(len(data) + 1)
	switch m.IntN(10) {
	case 0: // a bit
		if at < len(data) {
			data[at] ^= 1 << m.IntN(8)
		}
	case 1: // a letter in the other case
		for ; at < len(data); at++ {
			if c := data[at] | 0x20; 'a' <= c && c <= 'z' {
				data[at] ^= 0x20
				break
			}
		}
	case 2: // the end is missing
		data = data[:at]
	case 3: // a piece is missing
		data = slices.Delete(data, at, min(len(data), at+1+m.IntN(20)))
	case 4: // a piece is there twice
		end := min(len(data), at+1+m.IntN(40))
		data = slices.Insert(data, at, bytes.Clone(data[at:end])...)
	case 5: // a character as an escape
		if at < len(data) && data[at] > ' ' && data[at] < 0x7f {
			data = slices.Replace(data, at, at+1, fmt.Appendf(nil, `\u%04x`, data[at])...)
		}
	case 6: // a digit is another
		for ; at < len(data); at++ {
			if '0' <= data[at] && data[at] <= '9' {
				data[at] = byte('0' + m.IntN(10))
				break
			}
		}
	case 7: // a value is another
		if from := bytes.IndexByte(data[at:], ':'); from >= 0 {
			from += at + 1
			to := from + max(0, bytes.IndexAny(data[from:], ",}"))
			data = slices.Replace(data, from, to, []byte(pieces[m.IntN(len(pieces))])...)
		}
	default: // a piece is inserted
		data = slices.Insert(data, at, []byte(pieces[m.IntN(len(pieces))])...)
	}
	return data
}

// WithMutants returns the vectors, and then n mutants of them.
func WithMutants(vectors []Vector, seed uint64, n int) iter.Seq[Vector] {
	return chain(slices.Values(vectors), Mutants(vectors, seed, n))
}

// Find returns the vector or mutant with an id, and whether there is one.
func Find(vectors []Vector, id string) (v Vector, ok bool) {
	if strings.HasPrefix(id, "mutant/") {
		return Mutant(vectors, id)
	}
	for _, v := range vectors {
		if v.Request.ID == id {
			return v, true
		}
	}
	return v, false
}
