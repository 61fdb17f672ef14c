package main

import (
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/keys"
	"github.com/urfave/cli/v2"
)

// readTrustedFile reads a file of trusted keys.
func readTrustedFile(path string) (*keys.TrustedFile, error) {
	data, err := readFile(path, keys.MaxBytes)
	if err != nil {
		return nil, about(displayName(path), err)
	}
	return keys.ParseTrustedFile(displayName(path), data)
}

// readTrusted reads a file of trusted keys that is, or stands for, the value of a flag. If
// the profile names it, it must be the file that the user has approved.
func readTrusted(c *cli.Context, flag, path string) (*keys.TrustedFile, error) {
	data, err := readFile(path, keys.MaxBytes)
	if err != nil {
		return nil, about(displayName(path), err)
	}
	if err := settingsOf(c).check(flag, path, data); err != nil {
		return nil, err
	}
	return keys.ParseTrustedFile(displayName(path), data)
}

// readPublic reads a file with public keys.
func readPublic(path string) ([]licseal.TrustedKey, error) {
	file, err := readTrustedFile(path)
	if err != nil {
		return nil, err
	}
	return keys.Trusted(file)
}

// trustedTable is what 'licseal trust list' prints.
func trustedTable(entries []keys.TrustedEntry, now time.Time) text.Line {
	var t text.Table
	t.Row("KEY", "ISSUER", "FROM", "BEFORE", "LEFT", "NAME")
	for i := range entries {
		e := &entries[i]
		t.Row(orDash(licseal.KeyID(e.Key.Key)), orDash(strings.Join(e.Key.Principals, ",")),
			instantOrDash(e.Key.ValidAfter), instantOrDash(e.Key.ValidBefore), leftText(e, now), orDash(e.Key.Name))
	}
	return t.Line()
}

func leftText(e *keys.TrustedEntry, now time.Time) string {
	switch state := e.State(now); {
	case state == keys.StateOtherUse:
		return "for " + e.Namespaces + ", not licences"
	case state != keys.StateTrusted:
		return string(state)
	case e.Key.ValidBefore.IsZero():
		return "no end"
	}
	return daysText(wholeDays(e.Key.ValidBefore, now))
}

func instantOrDash(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return instant(t)
}

// jsonTrusted is what 'licseal trust list --json' prints for one key.
type jsonTrusted struct {
	ID         string          `json:"id"`
	Issuers    []string        `json:"issuers,omitempty"`
	Name       string          `json:"name,omitempty"`
	Line       int             `json:"line"`
	Namespaces string          `json:"namespaces,omitempty"`
	From       string          `json:"not_before,omitempty"`
	Before     string          `json:"not_after,omitempty"`
	DaysLeft   *int            `json:"days_left,omitempty"`
	State      keys.TrustState `json:"state"`
}

func newJSONTrusted(e keys.TrustedEntry, now time.Time) jsonTrusted {
	j := jsonTrusted{
		ID: licseal.KeyID(e.Key.Key), Issuers: e.Key.Principals, Name: e.Key.Name, Line: e.Line,
		Namespaces: e.Namespaces, State: e.State(now),
	}
	if t := e.Key.ValidAfter; !t.IsZero() {
		j.From = instant(t)
	}
	if t := e.Key.ValidBefore; !t.IsZero() {
		days := wholeDays(t, now)
		j.Before, j.DaysLeft = instant(t), &days
	}
	return j
}
