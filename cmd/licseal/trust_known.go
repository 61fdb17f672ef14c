package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/trust"
	"github.com/urfave/cli/v2"
)

// knownTrust is what an officer, or a verifier, trusts: a chain from its beginning, a
// document whose beginning is not known, or nothing.
type knownTrust struct {
	chain  *trust.Chain
	newest *trust.Document // nil for nothing
	before *trust.Document // the one before newest, if it is known
}

// document returns the newest document, nil for nothing.
func (k *knownTrust) document() *trust.Document {
	if k == nil {
		return nil
	}
	return k.newest
}

// check returns why a document cannot come next. If too few roots have signed it, the
// reason is [trust.Threshold].
func (k *knownTrust) check(d *trust.Document) error {
	if k != nil && k.chain != nil {
		return k.chain.Check(d)
	}
	return trust.Step(k.document(), d)
}

// follow goes on to the next document, unless that is refused.
func (k *knownTrust) follow(d *trust.Document) error {
	if err := k.check(d); err != nil {
		return err
	}
	switch {
	case k.newest == nil:
		chain, err := trust.Anchor(d)
		if err != nil {
			return err
		}
		k.chain = chain
	case k.chain != nil:
		chain, err := k.chain.Extend([]byte(d.String()))
		if err != nil {
			return err
		}
		k.chain = chain
	}
	k.newest, k.before = d, k.newest
	return nil
}

// readAfter reads what --after names.
func readAfter(c *cli.Context) (*knownTrust, error) {
	if path := c.String("after"); path != "" {
		return readKnownTrust(path)
	}
	return new(knownTrust), nil
}

// readKnownTrust reads a document or a chain that is trusted for where it comes from. Its
// documents must follow each other.
func readKnownTrust(path string) (*knownTrust, error) {
	documents, err := readTrustDocuments(path)
	if err != nil {
		return nil, err
	}
	known := new(knownTrust)
	if documents[0].Contents().Generation > 1 {
		known.newest, documents = documents[0], documents[1:]
	}
	for _, d := range documents {
		if err := known.follow(d); err != nil {
			return nil, chainError(path, err)
		}
	}
	return known, nil
}

// readTrustDocuments reads a document, or the documents of a chain, without verifying
// them.
func readTrustDocuments(path string) ([]*trust.Document, error) {
	data, err := readFile(path, trust.MaxChainBytes)
	if err != nil {
		return nil, about(displayName(path), err)
	}
	if whole, err := trust.ParseUnverified(data); err == nil { // perhaps on several lines
		return []*trust.Document{whole}, nil
	}
	lines := bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
	if len(lines) > trust.MaxGenerations {
		return nil, about(displayName(path), fmt.Errorf("the chain has more than %d documents", trust.MaxGenerations))
	}
	var documents []*trust.Document
	for i, line := range lines {
		d, err := trust.ParseUnverified(line)
		if err != nil {
			return nil, chainError(path, fmt.Errorf("line %d: %w", i+1, err))
		}
		documents = append(documents, d)
	}
	return documents, nil
}

func readTrustDocument(path string) (*trust.Document, error) {
	documents, err := readTrustDocuments(path)
	if err == nil && len(documents) > 1 {
		err = about(displayName(path), fmt.Errorf("one trust document is expected, not a chain of %d", len(documents)))
	}
	if err != nil {
		return nil, err
	}
	return documents[0], nil
}

// chainError returns an error about a chain: of its text, or of what it says.
func chainError(path string, err error) error {
	return about(displayName(path), fault.Because(fault.ReasonTrust, err))
}

// hintAfter adds that a document of a later generation needs the one before.
func hintAfter(c *cli.Context, err error) error {
	if refused := (*trust.Error)(nil); errors.As(err, &refused) && refused.Reason == trust.Gap && c.String("after") == "" {
		return withHint(err, "--after TRUST names the document before it, which you trust")
	}
	return err
}

// missingSignatures says how many signatures a document needs for those who know, or ""
// if it has them.
func missingSignatures(known *knownTrust, d *trust.Document) string {
	var missing []string
	for _, roots := range []*trust.Document{predecessor(known, d), d} {
		if roots == nil {
			continue
		}
		if n := roots.Contents().Threshold - roots.SignaturesOn(d); n > 0 {
			missing = append(missing, fmt.Sprintf("%s of the roots of generation %d", plural(n, "more signature"), roots.Contents().Generation))
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return "it needs " + strings.Join(missing, " and ")
}

// predecessor returns the document before d, as far as it is known.
func predecessor(known *knownTrust, d *trust.Document) *trust.Document {
	switch newest := known.document(); {
	case newest == nil:
		return nil
	case newest.Digest() == d.Digest():
		return known.before
	default:
		return newest
	}
}

// trustChanges says who gains and who loses trust by a document; prev is the one before,
// or nil.
func trustChanges(prev, next *trust.Document) []text.Line {
	old := new(trust.Contents)
	if prev != nil {
		old = prev.Contents()
	}
	c := next.Contents()
	lines := []text.Line{text.Sprintf("generation %d, issued %s, SHA256:%s", c.Generation, instant(c.Issued), next.Digest())}
	oldKeys, newKeys := keysByID(old), keysByID(c)
	for _, key := range c.Keys {
		before, was := oldKeys[licseal.KeyID(key.Key)]
		switch after := windowText(key); {
		case !was:
			lines = append(lines, text.Sprintf("+ key %s is trusted for licences and lists: %s", keyText(key.Key, key.Name), after))
		case windowText(before) != after || strings.Join(before.Principals, ",") != strings.Join(key.Principals, ","):
			lines = append(lines, text.Sprintf("~ key %s is trusted %s; before: %s", keyText(key.Key, key.Name), after, windowText(before)))
		}
	}
	for _, key := range old.Keys {
		if _, is := newKeys[licseal.KeyID(key.Key)]; !is {
			lines = append(lines, text.Sprintf("- key %s loses its trust: all its licences and lists are refused", keyText(key.Key, key.Name)))
		}
	}
	oldRoots, newRoots := rootsByID(old), rootsByID(c)
	for _, root := range c.Roots {
		if !oldRoots[licseal.KeyID(root.Key)] {
			lines = append(lines, text.Sprintf("+ root %s signs trust documents", keyText(root.Key, root.Name)))
		}
	}
	for _, root := range old.Roots {
		if !newRoots[licseal.KeyID(root.Key)] {
			lines = append(lines, text.Sprintf("- root %s signs no trust documents any longer", keyText(root.Key, root.Name)))
		}
	}
	if prev != nil && (old.Threshold != c.Threshold || len(old.Roots) != len(c.Roots)) {
		lines = append(lines, text.Sprintf("~ %d of %d roots must sign; before: %d of %d", c.Threshold, len(c.Roots), old.Threshold, len(old.Roots)))
	}
	if prev == nil {
		lines = append(lines, text.Sprintf("  %d of %d roots must sign", c.Threshold, len(c.Roots)))
	}
	return lines
}

func keysByID(c *trust.Contents) map[string]licseal.TrustedKey {
	all := map[string]licseal.TrustedKey{}
	for _, key := range c.Keys {
		all[licseal.KeyID(key.Key)] = key
	}
	return all
}

func rootsByID(c *trust.Contents) map[string]bool {
	all := map[string]bool{}
	for _, root := range c.Roots {
		all[licseal.KeyID(root.Key)] = true
	}
	return all
}

func keyText(key any, name string) string {
	if name == "" {
		return licseal.KeyID(key)
	}
	return fmt.Sprintf("%s (%s)", licseal.KeyID(key), name)
}

// windowText says for which creation dates, and of which issuers, a key is trusted.
func windowText(key licseal.TrustedKey) string {
	var parts []string
	if !key.ValidAfter.IsZero() {
		parts = append(parts, "from "+instant(key.ValidAfter))
	}
	if !key.ValidBefore.IsZero() {
		parts = append(parts, "until "+instant(key.ValidBefore))
	}
	if len(parts) == 0 {
		parts = []string{"no end"}
	}
	if len(key.Principals) > 0 {
		return strings.Join(parts, " ") + ", issuer " + strings.Join(key.Principals, ",")
	}
	return strings.Join(parts, " ")
}

// trustText is what 'licseal trust show' prints for one document.
func trustText(known *knownTrust, d *trust.Document, now time.Time) text.Line {
	c := d.Contents()
	var b text.Block
	b.Printf("generation %d, issued %s, SHA256:%s\n", c.Generation, instant(c.Issued), d.Digest())
	signed := map[string]bool{}
	for _, id := range d.Signers() {
		signed[id] = true
	}
	status := "complete"
	if missing := missingSignatures(known, d); missing != "" {
		status = missing
	}
	b.Printf("%d of %d roots must sign; signed by %d: %s\n", c.Threshold, len(c.Roots), len(signed), status)
	var t text.Table
	t.Row("KEY", "FOR", "ISSUER", "FROM", "BEFORE", "LEFT", "NAME")
	for _, root := range c.Roots {
		id, mark := licseal.KeyID(root.Key), "-"
		if signed[id] {
			mark = "signed"
		}
		t.Row(id, "trust", "-", "-", "-", mark, orDash(root.Name))
	}
	for _, key := range c.Keys {
		t.Row(licseal.KeyID(key.Key), "licences", orDash(strings.Join(key.Principals, ",")), instantOrDash(key.ValidAfter), instantOrDash(key.ValidBefore), daysLeftText(key, now), orDash(key.Name))
	}
	b.Add(t.Line())
	return b.Line()
}

// daysLeftText says how long a key is trusted yet for new licences.
func daysLeftText(key licseal.TrustedKey, now time.Time) string {
	switch {
	case key.ValidBefore.IsZero():
		return "no end"
	case !now.Before(key.ValidBefore):
		return "retired"
	}
	return daysText(wholeDays(key.ValidBefore, now))
}

// jsonTrust is what 'licseal trust show --json' prints for one document.
type jsonTrust struct {
	Generation int64         `json:"generation"`
	Digest     string        `json:"digest"`
	Issued     string        `json:"issued"`
	Previous   string        `json:"previous,omitempty"`
	Threshold  int           `json:"threshold"`
	Roots      []jsonRoot    `json:"roots"`
	Keys       []jsonKey     `json:"keys"`
	Missing    []jsonMissing `json:"missing,omitempty"`
}

type jsonRoot struct {
	ID     string `json:"id"`
	Name   string `json:"name,omitempty"`
	Signed bool   `json:"signed"`
}

type jsonKey struct {
	ID       string   `json:"id"`
	Issuers  []string `json:"issuers,omitempty"`
	Name     string   `json:"name,omitempty"`
	From     string   `json:"not_before,omitempty"`
	Before   string   `json:"not_after,omitempty"`
	DaysLeft *int     `json:"days_left,omitempty"`
}

type jsonMissing struct {
	Generation int64 `json:"generation"` // whose roots must sign
	Signatures int   `json:"signatures"` // how many more
}

func newJSONTrust(known *knownTrust, d *trust.Document) jsonTrust {
	c := d.Contents()
	j := jsonTrust{Generation: c.Generation, Digest: d.Digest(), Issued: instant(c.Issued), Previous: c.Previous, Threshold: c.Threshold, Keys: []jsonKey{}}
	signed := map[string]bool{}
	for _, id := range d.Signers() {
		signed[id] = true
	}
	for _, root := range c.Roots {
		id := licseal.KeyID(root.Key)
		j.Roots = append(j.Roots, jsonRoot{id, root.Name, signed[id]})
	}
	for _, key := range c.Keys {
		k := jsonKey{ID: licseal.KeyID(key.Key), Issuers: key.Principals, Name: key.Name}
		if !key.ValidAfter.IsZero() {
			k.From = instant(key.ValidAfter)
		}
		if !key.ValidBefore.IsZero() {
			days := wholeDays(key.ValidBefore, now())
			k.Before, k.DaysLeft = instant(key.ValidBefore), &days
		}
		j.Keys = append(j.Keys, k)
	}
	for _, roots := range []*trust.Document{predecessor(known, d), d} {
		if roots == nil {
			continue
		}
		if n := roots.Contents().Threshold - roots.SignaturesOn(d); n > 0 {
			j.Missing = append(j.Missing, jsonMissing{roots.Contents().Generation, n})
		}
	}
	return j
}
