package keys_test

import (
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/keys/internal/keytest"
)

// many returns n different keys.
func many(n int) []licseal.TrustedKey {
	found := make([]licseal.TrustedKey, n)
	for i := range found {
		seed := binary.BigEndian.AppendUint64(make([]byte, ed25519.SeedSize-8), uint64(i))
		found[i] = licseal.TrustedKey{Key: ed25519.NewKeyFromSeed(seed).Public(), Principals: []string{"v"}}
	}
	return found
}

// windowsOf returns lines that trust one key for n days, two days apart.
func windowsOf(t *testing.T, n int) string {
	line := keytest.PublicLine(t, keytest.EdKey(1).Public(), "")
	var b strings.Builder
	for i := range n {
		day := utc(2026, 1, 1, 0, 0, 0).AddDate(0, 0, 2*i)
		fmt.Fprintf(&b, "v valid-after=\"%sZ\",valid-before=\"%sZ\" %s", day.Format("20060102"), day.AddDate(0, 0, 1).Format("20060102"), line)
	}
	return b.String()
}

// The cost of a file, and of an edit, is linear in its keys. What is counted are
// allocations, which the work is made of, and which are the same every time.
func TestCostIsLinear(t *testing.T) {
	const some, more = 100, 800
	var bare [2]string
	for i, n := range []int{some, more} {
		for _, key := range many(n) {
			bare[i] += keytest.PublicLine(t, key.Key, "")
		}
	}
	ids := func(n int) (ids []string) {
		for _, key := range many(n) {
			ids = append(ids, licseal.KeyID(key.Key))
		}
		return ids
	}
	parse := func(text string) *keys.TrustedFile {
		file, err := keys.ParseTrustedFile("", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	one := licseal.KeyID(keytest.EdKey(1).Public())
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for name, work := range map[string]func(n int, text string) (string, func() error){
		"parse": func(n int, text string) (string, func() error) { return text, func() error { return nil } },
		"several files": func(n int, text string) (string, func() error) {
			a, b := parse(text), parse(text)
			return "", func() error { _, err := keys.Trusted(a, b); return err }
		},
		"add": func(n int, text string) (string, func() error) {
			added := many(n)
			return "", func() error { return parse("").Add(added...) }
		},
		"remove": func(n int, text string) (string, func() error) {
			all := ids(n)
			return "", func() error { return parse(text).Remove(all...) }
		},
		"retire": func(n int, text string) (string, func() error) {
			all := ids(n)
			return "", func() error { return parse(text).Retire(at, []string{"v"}, all...) }
		},
		"retire windows": func(n int, text string) (string, func() error) {
			text = windowsOf(t, n)
			return "", func() error { return parse(text).Retire(at, nil, one) }
		},
		"remove windows": func(n int, text string) (string, func() error) {
			text = windowsOf(t, n)
			return "", func() error { return parse(text).Remove(one) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			var allocs [2]float64
			for i, n := range []int{some, more} {
				text, run := work(n, bare[i])
				allocs[i] = testing.AllocsPerRun(1, func() {
					parse(text)
					if err := run(); err != nil {
						t.Fatal(err)
					}
				})
			}
			if limit := 2 * allocs[0] * more / some; allocs[1] > limit {
				t.Errorf("%.0f allocations for %d keys, %.0f for %d: more than linear", allocs[0], some, allocs[1], more)
			}
		})
	}
}

// The largest file is read and edited as a whole.
func TestLargestFile(t *testing.T) {
	text := ""
	added := many(3200)
	for _, key := range added {
		text += keytest.PublicLine(t, key.Key, "")
	}
	trusted, err := keys.ParseTrusted("", []byte(text))
	if err != nil || len(trusted) != len(added) {
		t.Errorf("%d keys, %v", len(trusted), err)
	}
	file, err := keys.ParseTrustedFile("", []byte(windowsOf(t, 1700)))
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Retire(utc(2027, 1, 1, 0, 0, 0), nil, licseal.KeyID(keytest.EdKey(1).Public())); err != nil || len(file.Entries()) != 183 {
		t.Errorf("%d windows are left, %v", len(file.Entries()), err)
	}
}
