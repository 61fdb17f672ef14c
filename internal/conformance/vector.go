// Package conformance tests programs that check licences, in any language: each test
// vector of SPEC.md, and changed ones, is judged by the program and by this module.
// docs/conformance.md describes how the program is called.
package conformance

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"io"
	"slices"
	"strings"
)

// Request is what a client is to judge. Its JSON is a line of the input of CMD serve.
type Request struct {
	ID          string `json:"id"`
	Document    []byte `json:"document,omitzero"` // nil: only the chain of trust is judged
	Keys        string `json:"keys,omitempty"`
	Trust       *Trust `json:"trust,omitempty"` // in place of Keys
	Time        string `json:"time,omitempty"`
	Grace       int64  `json:"grace,omitempty"` // in seconds
	Revocations []byte `json:"revocations,omitzero"`
	Roles       *Roles `json:"roles,omitempty"`
	Story       *Story `json:"story,omitempty"` // alone but for Time
}

// Trust is a chain of trust.
type Trust struct {
	Root  string   `json:"root"` // the digest of the anchor
	Chain []byte   `json:"chain"`
	Seen  [][]byte `json:"seen,omitempty"` // documents that the reader remembers, oldest first
}

// Roles are JSON Pointers to members of the payload; Kong's if empty.
type Roles struct {
	ID        string `json:"id,omitempty"`
	NotBefore string `json:"not_before,omitempty"`
	NotAfter  string `json:"not_after,omitempty"`
	Grace     string `json:"grace,omitempty"`
}

// Answer is what a client says about a request.
type Answer struct {
	ID         string   `json:"id,omitempty"`
	Reason     string   `json:"reason"` // "" if it accepts
	Class      string   `json:"class,omitempty"`
	Digest     string   `json:"digest,omitempty"`     // of the payload of an accepted licence
	Generation int64    `json:"generation,omitempty"` // of an accepted chain
	Keys       []string `json:"keys,omitempty"`       // the fingerprints that it trusts
	Steps      []Answer `json:"steps,omitempty"`      // of a story, without ID
}

// Vector is a request and the answer to expect.
type Vector struct {
	Part    string  `json:"part"`  // one of Parts
	Group   string  `json:"group"` // what the vector is about: for refusals the class, mostly
	Why     string  `json:"why"`   // one line for people
	Request Request `json:"request"`
	Expect  Answer  `json:"expect"` // without ID
}

// Parts returns the names of the parts of SPEC.md that a client can be tested for.
func Parts() []string { return []string{"licence", "revocations", "trust", "memory"} }

// File is the published form of all vectors: testdata/vectors.json.
type File struct {
	Format  string   `json:"format"` // fileFormat
	Vectors []Vector `json:"vectors"`
}

const fileFormat = "licseal-vectors-v1"

// packed is testdata/vectors.json, compressed: a tenth of its size.
//
//go:embed vectors.json.gz
var packed []byte

// Vectors returns all vectors of the parts, of all parts if none is named, in the
// order of their names.
func Vectors(parts ...string) ([]Vector, error) {
	data, err := unpack()
	if err != nil {
		return nil, err
	}
	var file File
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	all := append(file.Vectors, longChains(file.Vectors)...)
	if len(parts) > 0 {
		all = slices.DeleteFunc(all, func(v Vector) bool { return !slices.Contains(parts, v.Part) })
	}
	slices.SortStableFunc(all, func(a, b Vector) int { return strings.Compare(a.Request.ID, b.Request.ID) })
	return all, nil
}

func unpack() ([]byte, error) {
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(unpacked)
}

// maxChain is the length of the longest chain that is read (SPEC.md, section 11.2).
const maxChain = 8 << 20

// longChains returns the vectors that are too long for a file: good chains after which
// more text follows than is read.
func longChains(vectors []Vector) []Vector {
	var long []Vector
	for _, v := range vectors {
		filler, isBase := map[string]string{"trust/accepted-anchor": "\n", "trust/accepted-chain": " ", "trust/accepted-successor": "{"}[v.Request.ID]
		if !isBase {
			continue
		}
		chain := *v.Request.Trust
		chain.Chain = append(slices.Clip(chain.Chain), bytes.Repeat([]byte(filler), maxChain+1-len(chain.Chain))...)
		v.Request.ID = "trust/too-long-" + strings.TrimPrefix(v.Request.ID, "trust/accepted-")
		v.Request.Trust = &chain
		v.Group, v.Why, v.Expect = "too-long", "one byte more than is read", Answer{Reason: "trust", Class: "too-long"}
		long = append(long, v)
	}
	return long
}
