//go:build unix

package main

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/licseal/licseal/internal/profile"
)

// What a user has approved is used as it was then, or not at all, wherever the licence is:
// in a folder below that of the profile, where somebody has put other files under the names
// that the profile has, and behind a link to either folder.
func TestChangedSinceApprovalElsewhere(t *testing.T) {
	h := newApprovedRun(t)
	here := filepath.Join(h.root, "above", "here")
	h.must(os.Symlink(here, filepath.Join(h.root, "link")))
	below := func() {
		h.must(os.MkdirAll("below", 0o700))
		for name, text := range map[string]string{
			"licence.json": h.files["licence.json"], "evil.json": h.files["evil.json"], "revoked.json": h.files["revoked.json"], "payload.json": h.files["payload.json"],
			"vendor.key.pub": h.files["other.key.pub"], "vendor.key": h.files["other.key"], "mine.schema.json": h.files["evil.schema.json"],
			"part.schema.json": "{}", "list.json": h.files["evil.list.json"],
		} {
			h.must(os.WriteFile(filepath.Join("below", name), []byte(text), 0o600))
		}
	}
	enter := func(path string) func() {
		return func() { below(); h.must(os.Chdir(path)); t.Setenv("PWD", path) }
	}
	places := map[string]func(){
		"below":              enter(filepath.Join(here, "below")),
		"behind a link":      enter(filepath.Join(h.root, "link")),
		"below, by the link": enter(filepath.Join(h.root, "link", "below")),
	}
	if testing.Short() { // the last one is both
		delete(places, "below")
		delete(places, "behind a link")
	}
	lines := map[string][]string{
		"verify":      {"{licence.json}", "{revoked.json}", "{evil.json}"},
		"check":       {"{licence.json}"},
		"sign":        {"{payload.json}"},
		"payload":     {"--as", "env", "{licence.json}"},
		"revoke show": {"LS-3"},
	}
	changes := h.changes()
	delete(changes, "a nearer folder's profile")
	leave := func() { h.must(os.Chdir(here)); t.Setenv("PWD", here) }
	refused := map[string]bool{}
	for name, line := range lines {
		plain, _ := h.outcome(name, line, h.approve)
		for place, stand := range places {
			unchanged, _ := h.outcome(name, line, func() { h.approve(); stand() })
			leave()
			if unchanged.code != plain.code || unchanged.stdout != plain.stdout {
				t.Errorf("%s %q %s:\n%s\ninstead of\n%s", name, line, place, unchanged, plain)
			}
			for what, change := range changes {
				got, before := h.outcome(name, line, func() { h.approve(); change(); stand() })
				leave()
				switch {
				case got.code != 0 && got.stdout == "" && maps.Equal(before, got.files):
					refused[place+" "+what] = refused[place+" "+what] || got.stderr != unchanged.stderr
				case got.code != plain.code || got.stdout != plain.stdout:
					t.Errorf("%s %q %s, after a change of %s:\n%s\ninstead of\n%s", name, line, place, what, got, plain)
				}
			}
		}
	}
	for place := range places {
		for what := range changes {
			if !refused[place+" "+what] {
				t.Errorf("nothing was refused %s after a change of %s", place, what)
			}
		}
	}
}

// A profile that came with a licence changes nothing where one that is approved is above.
func TestNearerProfileOfAStranger(t *testing.T) {
	h := newApprovedRun(t)
	stranger := func() {
		h.must(os.MkdirAll("sent", 0o700))
		for name, text := range h.files {
			h.must(os.WriteFile(filepath.Join("sent", name), []byte(text), 0o600))
		}
		h.must(os.WriteFile(filepath.Join("sent", profile.Name), []byte(hostileProfile), 0o600))
		h.must(os.Chdir("sent"))
	}
	for name, lines := range approvedLines {
		for _, line := range lines {
			plain, _ := h.outcome(name, line, h.approve)
			got, before := h.outcome(name, line, func() { h.approve(); stranger() })
			h.must(os.Chdir(filepath.Join(h.root, "above", "here")))
			got.stderr = withoutIgnored(got.stderr)
			if !got.isRefused(before) && (got.code != plain.code || got.stdout != plain.stdout) {
				t.Errorf("%s %q:\n%s\ninstead of\n%s", name, line, got, plain)
			}
		}
	}
}
