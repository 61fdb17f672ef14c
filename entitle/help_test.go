package entitle_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/sign"
)

var (
	vendorKey = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	trusted   = []licseal.TrustedKey{{Key: vendorKey.Public(), Name: "vendor"}}
)

// installation is the name of an installation that is given none.
var installation = entitle.Product()

// fields are the members of an entitlement payload.
type fields map[string]any

type object = map[string]any

// plan returns a payload that is valid in 2026 and grants five kinds of things.
func plan() fields {
	return fields{
		"created": "2026-01-01T00:00:00.000Z", "expiry": "2027-01-01T00:00:00.000Z",
		"customer_name": "Example Company, Inc", "id": "A-1", "key": "K-1", "policy": nil,
		"delay_expiry_days": 10, "delay_max_uses_perc": 10, "max_machines": 2,
		"entitlements": object{
			"requests": object{"is_limited": true, "max_uses": 900, "name": "Requests"},
			"hosts":    object{"is_limited": true, "max_uses": "unlimited", "name": "Hosts"},
			"reports":  object{"is_limited": false, "max_uses": nil, "name": "Reports"},
			"logs":     object{"is_limited": false, "max_uses": "null", "name": "Logs"},
			"nothing":  object{"is_limited": true, "max_uses": 0, "name": "Nothing"},
		},
		"ordered_entitlements_keys": []string{"requests", "hosts", "reports", "logs", "nothing"},
	}
}

func (f fields) with(name string, value any) fields {
	f[name] = value
	return f
}

func (f fields) limit(name string, max any) fields {
	f["entitlements"].(object)[name].(object)["max_uses"] = max
	return f
}

// signed returns the licence of a payload.
func signed(t testing.TB, payload any) []byte {
	t.Helper()
	text, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	p, err := licseal.ParsePayload(text)
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(p, vendorKey)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(lic.String())
}

// forge changes one digit of the signature, and leaves a digit there.
func forge(document []byte) []byte {
	digit := &document[bytes.Index(document, []byte(`"signature":"`))+40]
	if *digit != '0' {
		*digit = '0'
	} else {
		*digit = '1'
	}
	return document
}

// clock is a clock that is set by hand.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func at(text string) *clock { return &clock{t: instant(text)} }

func instant(text string) time.Time {
	t, err := licseal.ParseDate(text, nil)
	if err != nil {
		panic(err)
	}
	return t
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) set(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = instant(text)
}

// open opens a guard and closes it at the end of the test.
func open(t testing.TB, source entitle.Source, opts *entitle.Options) *entitle.Guard {
	t.Helper()
	g, err := entitle.Open(t.Context(), source, trusted, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// put writes a file whole, as an operator's tools would.
func put(t testing.TB, path string, data []byte) {
	t.Helper()
	temp := filepath.Join(filepath.Dir(path), "new")
	if err := os.WriteFile(temp, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(temp, path); err != nil {
		t.Fatal(err)
	}
}

// events collects what a guard tells; warnings only if they are asked for.
type events struct {
	warnings bool
	mu       sync.Mutex
	all      []entitle.Event
}

func (e *events) notify(event entitle.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if isWarning := event.Kind == entitle.LimitNear || event.Kind == entitle.EndNear; !isWarning || e.warnings {
		e.all = append(e.all, event)
	}
}

// take returns the kinds of the events so far, and forgets them.
func (e *events) take() []entitle.EventKind {
	e.mu.Lock()
	defer e.mu.Unlock()
	var kinds []entitle.EventKind
	for _, event := range e.all {
		kinds = append(kinds, event.Kind)
	}
	e.all = nil
	return kinds
}

// within fails the test if f takes longer than anything here may.
func within(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(testenv.Patience):
		t.Fatalf("%s takes for ever", what)
	}
}
