package register

import (
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Instants that RFC 3339 cannot write become the nearest one that it can.
func TestInRange(t *testing.T) {
	for _, test := range []struct {
		t    time.Time
		want string
	}{
		{time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), "0000-01-01T00:00:00Z"}, {time.Date(-1, 12, 31, 23, 59, 59, 5, time.UTC), "0000-01-01T00:00:00Z"},
		{time.Date(0, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600)), "0000-01-01T00:00:00Z"}, {time.Date(0, 1, 1, 1, 0, 0, 1, time.FixedZone("", 3600)), "0000-01-01T00:00:00.000000001Z"},
		{time.Date(9999, 12, 31, 23, 59, 59, 999, time.UTC), "9999-12-31T23:59:59.000000999Z"}, {time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "9999-12-31T23:59:59Z"},
		{time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -3600)), "9999-12-31T23:59:59Z"}, {time.Date(2026, 7, 1, 2, 0, 0, 0, time.FixedZone("", 7200)), "2026-07-01T00:00:00Z"},
	} {
		if got := string(appendTime(nil, test.t)); got != `"`+test.want+`"` {
			t.Errorf("%v: %s, want %s", test.t, got, test.want)
		}
	}
}

// What each kind of record must have, and must not.
func TestCheckRecord(t *testing.T) {
	some := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const below, one, nothing, when, none = "has a number below 0", "does not name one licence or one signing key", "names a signing key, and revokes nothing", "has the time of a revoked signing key, and names none", "names no checkpoint"
	for _, test := range []struct {
		r    Record
		want string
	}{
		{Record{Kind: Issued}, ""}, {Record{Kind: Issued, ID: "a", Replaces: 0, HasReplaces: true, Row: 1, GraceDays: 1}, ""}, {Record{Kind: Imported, Replaces: -1}, below}, {Record{Kind: Issued, Row: -1}, below}, {Record{Kind: Renewed, GraceDays: -1}, below},
		{Record{Kind: Revoked}, one}, {Record{Kind: Restored}, one}, {Record{Kind: Revoked, ID: "a"}, ""}, {Record{Kind: Restored, ID: "a"}, ""}, {Record{Kind: Revoked, SigningKey: "k"}, ""}, {Record{Kind: Restored, SigningKey: "k"}, ""},
		{Record{Kind: Revoked, ID: "a", SigningKey: "k"}, one}, {Record{Kind: Issued, SigningKey: "k"}, nothing}, {Record{Kind: Continued, SigningKey: "k", After: "c"}, nothing},
		{Record{Kind: Revoked, SigningKey: "k", CreatedAfter: some}, ""}, {Record{Kind: Restored, SigningKey: "k", CreatedAfter: some}, when}, {Record{Kind: Revoked, ID: "a", CreatedAfter: some}, when}, {Record{Kind: Issued, CreatedAfter: some}, when},
		{Record{Kind: Continued}, none}, {Record{Kind: Continued, After: "c"}, ""},
	} {
		got := ""
		if err := test.r.check(); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%+v: %s, want %s", test.r, got, test.want)
		}
	}
}

// A row is read as it was written, at the limits of each field, and no changed byte of it
// is read, nor the row of another entry.
func TestRows(t *testing.T) {
	for _, r := range []row{
		{kind: Issued, replaces: -1},
		{offset: 1<<63 - 1, record: 1<<32 - 1, license: 1<<32 - 1, id: idSum{1, 15: 2}, notAfter: -1 << 63, time: 1<<63 - 1, key: 1<<32 - 1, kind: Continued, hasID: true, grace: 1<<16 - 1, replaces: 1<<62 - 1, entry: 1<<64 - 1},
		{offset: 1, record: 2, license: 3, id: idSum{4}, notAfter: 5, time: 6, key: 7, kind: Revoked, grace: 8, replaces: 0, entry: 9},
	} {
		b := r.appendTo([]byte("xyz"), 17)[3:]
		if len(b) != rowSize {
			t.Fatalf("%d bytes", len(b))
		}
		got, ok := parseRow(b, 17)
		if diff := cmp.Diff(r, got, cmp.AllowUnexported(row{})); !ok || diff != "" {
			t.Error(ok, diff)
		}
		if _, ok := parseRow(b, 18); ok {
			t.Error("read as another row")
		}
		for i := range b {
			b[i] ^= 1
			if got, ok := parseRow(b, 17); ok {
				t.Errorf("byte %d changed: %+v", i, got)
			}
			b[i] ^= 1
		}
	}
	// The form does not change: other programs derive the same file.
	const form = "0100000000000000" + "02000000" + "03000000" + "04000000000000000000000000000000" + "0500000000000000" + "0600000000000000" + "07000000" + "03" + "01" + "0800" + "0a00000000000000" + "0b00000000000000" + "00000000"
	formed := row{offset: 1, record: 2, license: 3, id: idSum{4}, notAfter: 5, time: 6, key: 7, kind: Revoked, hasID: true, grace: 8, replaces: 9, entry: 11}
	if got := hex.EncodeToString(formed.appendTo(nil, 17)[:rowSize-4]); got != form {
		t.Errorf("got  %s\nwant %s", got, form)
	}
	r := row{offset: 10, record: 3, license: 4, notAfter: 100, grace: 2}
	if r.end() != 19 || r.expires() != 100+2*86400 {
		t.Errorf("ends at %d, expires at %d", r.end(), r.expires())
	}
	l := line{[]byte("abc"), []byte("defg")}
	if l.size() != 9 {
		t.Errorf("the line has %d bytes", l.size())
	}
}

// rowsOf returns an index of records.
func rowsOf(records ...Record) (x index) {
	for n, r := range records {
		at := newRow(&r, line{}, 0, [32]byte{})
		x = at.appendTo(x, int64(n))
	}
	return x
}

// The states of licences, to the second; of several that apply, the first.
func TestStates(t *testing.T) {
	end := time.Unix(1_000_000, 0)
	lic := func(id string, grace int, replaces int64) Record {
		return Record{Kind: Issued, ID: id, NotAfter: end, GraceDays: grace, Replaces: replaces, HasReplaces: replaces >= 0}
	}
	const day = 24 * time.Hour
	for _, test := range []struct {
		name    string
		records []Record
		after   time.Duration // the end of the first one's validity
		want    State
	}{
		{"before its end", []Record{lic("a", 0, -1)}, -time.Second, Valid},
		{"at its end", []Record{lic("a", 0, -1)}, 0, ExpiredState},
		{"in grace", []Record{lic("a", 1, -1)}, 0, InGrace},
		{"before the end of grace", []Record{lic("a", 1, -1)}, day - time.Second, InGrace},
		{"at the end of grace", []Record{lic("a", 1, -1)}, day, ExpiredState},
		{"replaced", []Record{lic("a", 0, -1), lic("a", 0, 0)}, -time.Second, ReplacedState},
		{"replaced, and expired", []Record{lic("a", 0, -1), lic("a", 0, 0)}, day, ReplacedState},
		{"replaced by itself, or by nothing", []Record{lic("a", 0, 0), lic("a", 0, 5), lic("b", 0, 1)}, -time.Second, Valid},
		{"revoked", []Record{lic("a", 0, -1), {Kind: Revoked, ID: "a"}}, -time.Second, RevokedState},
		{"revoked before", []Record{lic("a", 0, -1), {Kind: Revoked, ID: "a"}, {Kind: Restored, ID: "a"}}, -time.Second, Valid},
		{"revoked again, and replaced", []Record{lic("a", 0, -1), {Kind: Restored, ID: "a"}, {Kind: Revoked, ID: "a"}, lic("a", 0, 0)}, day, RevokedState},
		{"another is revoked", []Record{lic("a", 0, -1), {Kind: Revoked, ID: "b"}}, -time.Second, Valid},
		{"a key is revoked", []Record{lic("", 0, -1), {Kind: Revoked, SigningKey: "k"}}, -time.Second, Valid},
		{"no licence", []Record{{Kind: Revoked, ID: "a"}}, 0, ""},
	} {
		x := rowsOf(test.records...)
		at := x.row(0)
		if got := newStanding(x).state(&at, 0, end.Add(test.after)); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	for state, alive := range map[State]bool{Valid: true, InGrace: true, ExpiredState: false, ReplacedState: false, RevokedState: false, "": false} {
		if state.Alive() != alive {
			t.Errorf("%q is alive: %t", state, !alive)
		}
	}
	// A bit for each entry, also beyond those of one word.
	many := make([]Record, 200)
	for i := range many {
		many[i] = lic("", 0, int64(i-1))
	}
	s := newStanding(rowsOf(many...))
	for i := range int64(200) {
		if got := s.isReplaced(i); got != (i < 199) {
			t.Errorf("entry %d is replaced: %t", i, got)
		}
	}
}

// What an index says of ids, whichever is asked first.
func TestLiving(t *testing.T) {
	end := time.Unix(1_000_000, 0)
	x := rowsOf(Record{Kind: Issued, ID: "a", NotAfter: end}, Record{Kind: Issued, ID: "b", NotAfter: end}, Record{Kind: Revoked, ID: "b"}, Record{Kind: Revoked, ID: "c"}, Record{Kind: Renewed, ID: "a", NotAfter: end, HasReplaces: true})
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, indexPath), x, 0o600); err != nil {
		t.Fatal(err)
	}
	for id, revoked := range map[string]bool{"a": false, "b": true, "c": true, "d": false, "": false} {
		l := newLiving(dir, x) // asked for the first time
		if got := l.isRevoked(id); got != revoked {
			t.Errorf("%q is revoked: %t", id, got)
		}
		l.close()
	}
	for _, test := range []struct {
		id        string
		at        time.Time
		number    int64
		alive, ok bool
	}{
		{"a", end.Add(-time.Second), 4, true, true}, {"a", end, 4, false, true}, {"b", end.Add(-time.Second), 1, false, true}, {"c", end, 0, false, false}, {"d", end, 0, false, false}, {"", end, 0, false, false},
	} {
		l := newLiving(dir, x)
		number, alive, ok, err := l.find(test.id, test.at)
		if ok != test.ok || ok && (number != test.number || alive != test.alive) || !ok && alive || err != nil {
			t.Errorf("%q: %d, %t, %t, %v", test.id, number, alive, ok, err)
		}
		l.close()
	}
}

// Checkpoints, as lines and as notes.
func TestParseCheckpoint(t *testing.T) {
	root := strings.Repeat("A", 43) + "="
	for text, want := range map[string]string{
		"o 0 " + root: "o 0 " + root, "o\n5\n" + root + "\n": "o 5 " + root, "o\n5\n" + root + "\n\n— o x\n": "o 5 " + root, "o/p 9223372036854775807 " + root: "o/p 9223372036854775807 " + root,
		"": "", "o": "", "o 0": "", "o 0 " + root + " x": "", " 0 " + root: "", "o -1 " + root: "", "o 01 " + root: "", "o +1 " + root: "", "o x " + root: "", "o 9223372036854775808 " + root: "", "o 0 " + root[:40]: "", "o 0 " + root[4:]: "",
		"o 0 !" + root[1:]: "", "o 0 AAAA" + root: "", "o 0 " + root[:42] + "B=": "", "o\n5\n" + root + "\n\n" + strings.Repeat("x", 64<<10): "", "\n5\n" + root: "",
		"o\n5\n" + root + "\n\n" + strings.Repeat("x", 64<<10-len("o\n5\n"+root+"\n\n")): "o 5 " + root,
	} {
		got, err := ParseCheckpoint(text)
		if (err == nil) != (want != "") || err == nil && got.String() != want || err != nil && (err != errCheckpoint || got != (Checkpoint{})) {
			t.Errorf("%.80q: %v, %v; want %s", text, got, err, want)
		}
	}
}

// Lines of packs.
func TestSplitLine(t *testing.T) {
	for text, want := range map[string]string{"r\tl\n": "r|l", "r\t\n": "r|", "\tl\n": "|l", "r\tl\tm\n": "r|l\tm", "": "", "r\n": "", "r\tl": "", "\t": "", "\t\n": "|"} {
		l, err := splitLine([]byte(text))
		got := string(l.record) + "|" + string(l.license)
		if err != nil {
			got = ""
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// The file that was read last is closed, once.
func TestEntryReaderCloses(t *testing.T) {
	p := &entryReader{dir: t.TempDir()}
	p.close()
	for range 2 {
		var broken *EntryError
		if e, err := p.read(&row{}, 5); e != nil || !errors.As(err, &broken) || broken.Number != 5 {
			t.Errorf("%v, %v", e, err)
		}
	}
	if p.file != nil || p.path != "" {
		t.Errorf("%v is open", p.path)
	}
}
