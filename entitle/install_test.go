package entitle_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal/entitle"
)

// An installation is reported, kept once, and not judged again; one that fails changes
// nothing.
func TestInstallIsNoted(t *testing.T) {
	dir, c, heard := t.TempDir(), bothAt("2026-11-21"), new(events)
	g, err := entitle.OpenStill(entitle.NewFolder(dir), trusted, c.options(entitle.Options{MayBeMissing: true, Notify: heard.notify}))
	if err != nil {
		t.Fatal(err)
	}
	install := func(text []byte, ok bool, want ...entitle.EventKind) {
		t.Helper()
		err := g.Install(t.Context(), string(text))
		if diff := cmp.Diff(want, heard.take()); diff != "" || (err == nil) != ok || !ok && !errors.As(err, new(*entitle.InstallError)) {
			t.Errorf("%v: %s", err, diff)
		}
		if load := g.Status().LoadErr; load != nil {
			t.Errorf("the status says %v", load)
		}
	}
	install(forge(signed(t, plan())), false)
	install(signed(t, plan()), true, entitle.Loaded)
	installed := filepath.Join(dir, "installed.json")
	old := instant("2026-11-20")
	if err := os.Chtimes(installed, old, old); err != nil {
		t.Fatal(err)
	}
	install(signed(t, plan()), true)
	if modified := g.Status().Modified; !modified.Equal(old) {
		t.Errorf("the same licence was written again, at %v", modified)
	}
	c.run(time.Hour, time.Hour)
	g.Look(t.Context())
	if validated := g.Status().Validated; !validated.Equal(instant("2026-11-21")) {
		t.Errorf("it was judged again, at %v", validated)
	}
	install(signed(t, plan().with("id", "A-2")), true, entitle.Loaded)
	install(signed(t, plan().with("expiry", "2026-02-01T00:00:00.000Z")), false)
	if info, err := os.Stat(installed); err != nil || !g.Status().Modified.Equal(info.ModTime()) {
		t.Errorf("it was put there at %v: %v", g.Status().Modified, err)
	}
}

// A licence that has not changed is not judged again.
func TestJudgedOnce(t *testing.T) {
	c := bothAt("2026-11-21")
	g, err := entitle.OpenStill(entitle.Text(signed(t, plan())), trusted, c.options(entitle.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		c.run(time.Hour, time.Hour)
		g.Look(t.Context())
		if validated := g.Status().Validated; !validated.Equal(instant("2026-11-21")) {
			t.Errorf("it was judged again, at %v", validated)
		}
	}
}

// Of several licences with a key, the newest is installed; of two that were created at the
// same time, the first by its file name. What only looks like a licence is none.
func TestFindChooses(t *testing.T) {
	for _, test := range []struct {
		name   string
		files  map[string][]byte
		want   string // the id
		reason string
	}{
		{"the newest", map[string][]byte{"a": signed(t, plan()), "b": signed(t, plan().with("id", "A-2").with("created", "2026-02-01T00:00:00.000Z")), "c": signed(t, plan().with("id", "A-3"))}, "A-2", ""},
		{"of the same time", map[string][]byte{"a": signed(t, plan()), "b": signed(t, plan().with("id", "A-2"))}, "A-1", ""},
		{"one is refused", map[string][]byte{"a": signed(t, plan()), "b": forge(signed(t, plan().with("id", "A-2")))}, "A-1", ""},
		{"all are refused", map[string][]byte{"a": forge(signed(t, plan()))}, "", "a: the signature does not match the trusted key"},
		{"with an escape", map[string][]byte{"a": []byte(strings.Replace(string(signed(t, plan())), `"key"`, `"\u006bey"`, 1))}, "A-1", ""},
		{"no licence", map[string][]byte{"a": []byte(`"key": "K-1"`)}, "", "no licence in the folder has this key"},
		{"another key", map[string][]byte{"a": signed(t, plan().with("key", "K-2"))}, "", "no licence in the folder has this key"},
		{"in use, hidden, and a folder", map[string][]byte{"installed.json": signed(t, plan()), ".a": signed(t, plan())}, "", "no licence in the folder has this key"},
	} {
		dir := t.TempDir()
		for name, text := range test.files {
			put(t, filepath.Join(dir, name), text)
		}
		if err := os.Mkdir(filepath.Join(dir, "folder"), 0o755); err != nil {
			t.Fatal(err)
		}
		g := open(t, entitle.NewFolder(dir), &entitle.Options{MayBeMissing: true, Clock: at("2026-11-21").now})
		err := g.Install(t.Context(), "K-1")
		if (err == nil) != (test.reason == "") || err != nil && !strings.Contains(err.Error(), test.reason) {
			t.Errorf("%s: %v", test.name, err)
		}
		if err == nil {
			if id, _ := g.Status().License.Payload.Text("/id"); id != test.want {
				t.Errorf("%s: %s is in use", test.name, id)
			}
		}
	}
}

// Where the chain of trust is missing or refused from the start, the keys of its root are
// trusted, and no others.
func TestInstallWithoutChain(t *testing.T) {
	root := origin(t, trustLines(t, signers{vendorKey}))
	absent, rubbish := filepath.Join(t.TempDir(), "absent"), filepath.Join(t.TempDir(), "rubbish")
	put(t, rubbish, []byte("rubbish"))
	for _, file := range []string{absent, rubbish} {
		g, err := entitle.Open(t.Context(), entitle.NewFolder(t.TempDir()), nil, &entitle.Options{MayBeMissing: true, Clock: at("2026-11-21").now, TrustRoot: root, TrustChain: entitle.File(file)})
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		if err := g.Install(t.Context(), string(signedBy(t, nextKey))); err == nil {
			t.Errorf("%s: another key is trusted", file)
		}
		if err := g.Install(t.Context(), string(signed(t, plan()))); err != nil {
			t.Errorf("%s: the key of the root: %v", file, err)
		}
	}
}

// An installation goes by the chain of trust as it is now; one that is refused leaves what
// was in force.
func TestInstallFollowsChain(t *testing.T) {
	chain := trustLines(t, signers{vendorKey}, signers{vendorKey, nextKey})
	first := bytes.SplitAfter(chain, []byte("\n"))[0]
	file := filepath.Join(t.TempDir(), "chain")
	put(t, file, first)
	g, err := entitle.OpenStill(entitle.NewFolder(t.TempDir()), nil, &entitle.Options{MayBeMissing: true, Clock: at("2026-11-21").now, TrustRoot: origin(t, first), TrustChain: entitle.File(file)})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Install(t.Context(), string(signedBy(t, nextKey))); err == nil {
		t.Errorf("a key that is not known yet: %v", err)
	}
	put(t, file, chain)
	if err := g.Install(t.Context(), string(signedBy(t, nextKey))); err != nil {
		t.Errorf("the key is handed over: %v", err)
	}
	put(t, file, []byte("rubbish"))
	if err := g.Install(t.Context(), string(signed(t, plan()))); err != nil {
		t.Errorf("the chain is refused, and the one before is in force: %v", err)
	}
}

// logged are the entries of a log, without their times.
func logged(t *testing.T) (*slog.Logger, func() string) {
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	return log, func() string {
		defer text.Reset()
		return text.String()
	}
}

// The operator's log says which licences are put in use, and why others are not. It never
// has their keys.
func TestHandlerLogs(t *testing.T) {
	dir, store, revoked := t.TempDir(), &locked{Store: entitle.NewMemory()}, filepath.Join(t.TempDir(), "revoked.json")
	put(t, revoked, list(t, 1, "A-2"))
	g := open(t, entitle.NewFolder(dir), &entitle.Options{MayBeMissing: true, Clock: at("2026-11-21").now, Store: store, Batch: true, Revocations: entitle.File(revoked)})
	log, entries := logged(t)
	h := entitle.NewHandler(g, &entitle.HandlerOptions{Authorize: entitle.BearerTokens(token), Log: log})
	post := func(what, key string, status int, want string) {
		t.Helper()
		r := httptest.NewRequest(http.MethodPost, entitle.LicensePath, strings.NewReader(keyBody(t, key)))
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if diff := cmp.Diff(want, entries()); diff != "" || w.Code != status {
			t.Errorf("%s: %d, %s", what, w.Code, diff)
		}
	}
	const inUse = "level=INFO msg=\"a licence was put in use\" id=A-1 until=2027-01-01T00:00:00Z client=192.0.2.1:1234\n"
	post("good", string(signed(t, plan())), 200, inUse)
	post("unknown", "K-9", 400, "level=WARN msg=\"a licence was refused\" error=\"no licence in the folder has this key; put the licence file there first, or send the licence instead of its key\" client=192.0.2.1:1234\n")
	store.isLocked.Store(true)
	if err := g.Use(t.Context(), "requests", 1); err != nil {
		t.Fatal(err)
	}
	post("the store is locked", string(signed(t, plan())), 200, "level=ERROR msg=\"the store of usage cannot be used\" error=\"the database is locked\"\n"+inUse)
	store.isLocked.Store(false)
	if err := os.Remove(revoked); err != nil {
		t.Fatal(err)
	}
	post("without a list", string(signed(t, plan())), 500, "level=ERROR msg=\"a licence could not be installed\" error=\"reading the revocation list: open "+revoked+": no such file or directory\" client=192.0.2.1:1234\n")
}
