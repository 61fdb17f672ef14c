package register

import (
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"golang.org/x/mod/sumdb/tlog"
)

func records() []*Record {
	at := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	begins := time.Date(2026, 1, 1, 0, 0, 0, 5e6, time.UTC)
	return []*Record{
		{Kind: Issued, Time: at, ID: "LS-1", NotBefore: begins, NotAfter: at, Key: "SHA256:x", Row: 7},
		{Kind: Renewed, Time: at, ID: "é\u2028\"\\\x01<", Customer: "a\tb\nc", Plan: "p", NotBefore: begins, NotAfter: at, HasReplaces: true, GraceDays: 30, Digest: [32]byte{1}},
		{Kind: Imported, Time: at, NotBefore: begins, NotAfter: at, Replaces: 12, HasReplaces: true, Random: [16]byte{9}},
		{Kind: Revoked, Time: at, ID: "LS-1", Reason: "stolen"},
		{Kind: Restored, Time: at, ID: "LS-1", Key: "SHA256:x"},
		{Kind: Continued, Time: at, After: "licseal-register/X 1 AAAA"},
		{Kind: Revoked, Time: at, SigningKey: "SHA256:y", CreatedAfter: begins, Reason: "retired"},
	}
}

// The text of a record is in canonical form, has no tab or newline, and is read back.
func TestRecordText(t *testing.T) {
	for _, r := range records() {
		text := r.appendTo(nil)
		p, err := licseal.ParsePayload(text)
		if err != nil || string(p.Bytes()) != string(text) {
			t.Errorf("%s is not in canonical form: %v", text, err)
		}
		if strings.ContainsAny(string(text), "\t\n") {
			t.Errorf("%s has a tab or a newline", text)
		}
		got, err := parseRecord(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(r, got); diff != "" {
			t.Errorf("read back (-want +got):\n%s", diff)
		}
	}
}

// Only records in canonical form are read, and only those that make sense.
func TestBadRecords(t *testing.T) {
	good := string(records()[0].appendTo(nil))
	revoked, key := string(records()[3].appendTo(nil)), string(records()[6].appendTo(nil))
	for name, text := range map[string]string{
		"empty":             "",
		"an array":          "[]",
		"blank":             strings.Replace(good, ":", ": ", 1),
		"unknown member":    strings.Replace(good, "{", `{"a":1,`, 1),
		"other case":        strings.Replace(good, `"id"`, `"ID"`, 1),
		"twice":             strings.Replace(good, `{"id":`, `{"id":"a","id":`, 1),
		"escape":            strings.Replace(good, "LS", `\u004cS`, 1),
		"other kind":        strings.Replace(good, "issued", "issue", 1),
		"no licence":        strings.Replace(good, `"license"`, `"licence"`, 1),
		"upper-case digits": strings.Replace(good, `"license":"00`, `"license":"0A`, 1),
		"short digest":      strings.Replace(good, `"license":"00`, `"license":"`, 1),
		"other zone":        strings.Replace(good, "12:00:00Z", "14:00:00+02:00", 1),
		"row 0":             strings.Replace(good, `"row":7`, `"row":0`, 1),
		"negative row":      strings.Replace(good, `"row":7`, `"row":-7`, 1),
		"revoked, no id":    strings.Replace(revoked, `"id":"LS-1",`, "", 1),
		"revoked, two":      strings.Replace(key, `"kind"`, `"id":"LS-1","kind"`, 1),
		"signing key":       strings.Replace(good, `"time"`, `"signing_key":"SHA256:y","time"`, 1),
		"restored, time":    strings.Replace(key, "revoked", "restored", 1),
		"revoked, year 1":   strings.Replace(key, "2026-01-01T00:00:00.005Z", "0001-01-01T00:00:00Z", 1),
		"revoked id, time":  strings.Replace(revoked, `"id"`, `"created_after":"2026-01-01T00:00:00Z","id"`, 1),
		"revoked licence":   strings.Replace(revoked, `"random"`, `"license":"`+strings.Repeat("0", 64)+`","random"`, 1),
	} {
		if r, err := parseRecord([]byte(text)); err == nil && text != good {
			t.Errorf("%s: %s was read as %v", name, text, r)
		} else if text == good {
			t.Errorf("%s: changes nothing", name)
		}
	}
}

// An entry is what a shell computes of a record: see SPEC.md.
func TestEntryIsHash(t *testing.T) {
	text := records()[0].appendTo(nil)
	if want := sha256.Sum256([]byte("licseal-register-entry-v1\n" + string(text))); sum(text) != want {
		t.Error("the entry is another hash")
	}
}

// The tree has the hash that package tlog computes, at every size, and can be loaded from
// what it writes.
func TestTreeIsThatOfTlog(t *testing.T) {
	grown, written := new(tree), map[string][]byte{}
	read := func(path string) ([]byte, error) {
		data, ok := written[path]
		if !ok {
			return nil, os.ErrNotExist
		}
		return data, nil
	}
	var stored []tlog.Hash
	hashes := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var all []tlog.Hash
		for _, i := range indexes {
			all = append(all, stored[i])
		}
		return all, nil
	})
	last := 256*256 + 300
	if testing.Short() {
		last = 1300
	}
	for size := int64(0); size <= int64(last); size++ {
		if size < 600 || size > int64(last)-300 {
			want, err := tlog.TreeHash(size, hashes)
			if err != nil || grown.root() != want {
				t.Fatalf("%d entries: the root is %v, want %v, %v", size, grown.root(), want, err)
			}
			for _, f := range append(grown.full, grown.partial()...) {
				written[f.path] = append([]byte{}, f.data...)
			}
			grown.full = nil
			loaded, err := loadTree(read, size, want)
			if err != nil {
				t.Fatalf("%d entries: %v", size, err)
			}
			grown = loaded
		}
		entry := sha256.Sum256(fmt.Append(nil, size))
		add, err := tlog.StoredHashes(size, entry[:], hashes)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, add...)
		grown.add(entry)
	}
}

func TestTilePath(t *testing.T) {
	for _, test := range []struct {
		level string
		n     int64
		width int
		want  string
	}{
		{"0", 0, 256, "tile/0/000"},
		{"1", 999, 256, "tile/1/999"},
		{"0", 1000, 256, "tile/0/x001/000"},
		{"entries", 1234067, 256, "tile/entries/x001/x234/067"},
		{"0", 273, 112, "tile/0/273.p/112"},
	} {
		if got := tilePath(test.level, test.n, test.width); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}
