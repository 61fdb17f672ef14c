// Package web is a page that verifies licences in a browser, without a network: one file,
// verify.html, that asks for nothing but itself. [Page] puts a vendor's keys into it.
//
// The page is made of the sources in src and the verifier in sdk/js. Its script is packed;
// the second hash in its policy is that of the script:
//
//	cd peers && go run ./page
//	cd peers && go run ./page -unpack ../web/verify.html
package web

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/keys"
)

//go:embed verify.html
var page string

// Vendor is what a page knows without being told.
type Vendor struct {
	// Name is whose licences the page checks, for its heading; may be empty.
	Name string

	// Keys are trusted, and the page asks for no others. If there are none, it asks.
	Keys []licseal.TrustedKey

	// Anchor is the digest of the first document of the chain of trust that the page
	// follows, in place of Keys. Chain is the chain so far, from that document on, or
	// empty: the page accepts a longer one, and no other.
	Anchor string
	Chain  []byte

	// Labels are what the page calls members at the top level of the payload.
	Labels map[string]string

	// Roles say which fields hold the id, the dates and the grace. Fields that are not
	// named are Kong's.
	Roles licseal.Roles
}

// data is what the script of the page reads.
type data struct {
	Name   string            `json:"name,omitempty"`
	Keys   string            `json:"keys,omitempty"`
	Anchor string            `json:"anchor,omitempty"`
	Chain  string            `json:"chain,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
	Roles  *roles            `json:"roles,omitempty"`
}

type roles struct {
	ID        string `json:"id"`
	NotBefore string `json:"notBefore"`
	NotAfter  string `json:"notAfter"`
	Grace     string `json:"grace"`
}

// place is where the data of a vendor stands in the page.
const place = `<script type="application/json" id="vendor">{}</script>`

// Page returns the page of a vendor. Whatever the data contains, it is no markup.
func Page(v *Vendor) ([]byte, error) {
	if v.Anchor != "" && len(v.Keys) > 0 || v.Anchor == "" && len(v.Chain) > 0 {
		return nil, errors.New("a page trusts keys, or a chain with an anchor")
	}
	d := data{Name: v.Name, Labels: v.Labels, Anchor: v.Anchor, Chain: string(v.Chain)}
	if v.Roles != (licseal.Roles{}) {
		r := v.Roles.WithDefaults()
		d.Roles = &roles{r.ID, r.NotBefore, r.NotAfter, r.GraceDays}
	}
	var err error
	if d.Keys, err = keyFile(v.Keys); err != nil {
		return nil, err
	}
	text, err := json.Marshal(d) // escapes <, > and &
	if err != nil {
		return nil, err
	}
	before, after, ok := strings.Cut(page, place)
	if !ok {
		return nil, errors.New("the page has no place for the data of a vendor")
	}
	return []byte(before + strings.Replace(place, "{}", string(text), 1) + after), nil
}

// keyFile writes keys in the one form that every reader of trusted keys has: a line for
// each.
func keyFile(trusted []licseal.TrustedKey) (string, error) {
	var b strings.Builder
	for i, key := range trusted {
		line, err := keyLine(key)
		if err != nil {
			return "", fmt.Errorf("trusted key %d, %q: %w", i+1, key.Name, err)
		}
		b.Write(line)
	}
	return b.String(), nil
}

func keyLine(key licseal.TrustedKey) ([]byte, error) {
	if len(key.Principals) == 0 {
		return keys.MarshalPublic(key.Key, key.Name)
	}
	file, err := keys.ParseTrustedFile("", nil)
	if err != nil {
		return nil, err
	}
	err = file.Add(key)
	return file.Bytes(), err
}

// Labels returns the titles of the members at the top level of a JSON Schema, for
// [Vendor].Labels.
func Labels(schema []byte) (map[string]string, error) {
	var text struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(schema, &text); err != nil {
		return nil, err
	}
	labels := map[string]string{}
	for name, property := range text.Properties {
		var is struct {
			Title string `json:"title"`
		}
		if json.Unmarshal(property, &is) == nil && is.Title != "" { // true and false are schemas too
			labels[name] = is.Title
		}
	}
	return labels, nil
}
