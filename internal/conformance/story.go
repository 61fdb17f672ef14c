package conformance

import (
	"errors"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
)

// Story is what happens, step by step, to one reader that remembers: it follows the chain
// that begins with Root, or trusts Keys.
type Story struct {
	Root  string `json:"root,omitempty"` // the digest of the anchor
	Keys  string `json:"keys,omitempty"` // in place of Root
	Steps []Step `json:"steps"`
}

// Step is what the reader is handed: one of its members.
type Step struct {
	Chain       []byte `json:"chain,omitzero"`
	Revocations []byte `json:"revocations,omitzero"` // a list
	Document    []byte `json:"document,omitzero"`    // a licence
	Root        string `json:"root,omitempty"`       // in place of that of the story
	Keys        string `json:"keys,omitempty"`       // in place of root or keys of the story
	Time        string `json:"time,omitempty"`       // what the clock says from now on
}

// reader is the reader of a story.
type reader struct {
	origin *trust.Origin // nil if keys are trusted
	keys   []licseal.TrustedKey
	memory verify.Memory
	list   *revoke.List // the newest one that was taken
	now    time.Time
}

// tell answers a request with a story: an answer for each step.
func tell(r *Request) Answer {
	var err error
	reader := new(reader)
	if reader.now, err = time.Parse(time.RFC3339Nano, r.Time); err != nil || (r.Story.Root == "") == (r.Story.Keys == "") {
		return usage()
	}
	if r.Story.Root != "" {
		reader.origin, err = trust.DigestOrigin(r.Story.Root)
	} else {
		reader.keys, err = keys.ParseTrusted("keys", []byte(r.Story.Keys))
	}
	if err != nil {
		return usage()
	}
	var answer Answer
	for _, step := range r.Story.Steps {
		answer.Steps = append(answer.Steps, reader.take(&step))
	}
	return answer
}

// take hands the reader what a step has.
func (r *reader) take(s *Step) Answer {
	switch {
	case s.Time != "":
		now, err := time.Parse(time.RFC3339Nano, s.Time)
		if err != nil {
			return usage()
		}
		r.now = now
		return Answer{Class: "accepted"}
	case s.Root != "":
		origin, err := trust.DigestOrigin(s.Root)
		if err != nil {
			return usage()
		}
		return r.follow(origin, nil)
	case s.Keys != "":
		return r.follow(nil, nil)
	case s.Chain != nil:
		return r.follow(r.origin, func() ([]byte, error) { return s.Chain, nil })
	}
	trusted, err := r.trusted()
	if err != nil {
		return Answer{Reason: reasonTrust, Class: trustClass(err)}
	}
	if s.Revocations != nil {
		return r.observe(s.Revocations, trusted)
	}
	return r.judge(s.Document, trusted)
}

// follow hands the reader a chain, and says what is trusted then. origin is nil for keys.
func (r *reader) follow(origin *trust.Origin, load func() ([]byte, error)) Answer {
	if origin == nil {
		if err := r.memory.Follow(nil); err != nil {
			return Answer{Reason: reasonTrust, Class: trustClass(err)}
		}
		return Answer{Class: "accepted"}
	}
	chain, err := r.memory.Advance(origin, nil, load)
	if chain != nil && len(chain.Trusted()) > 0 {
		r.memory.Observe(r.now, nil, 0) // without a list, it cannot fail
	}
	if err != nil {
		return Answer{Reason: reasonTrust, Class: trustClass(err)}
	}
	return describe(chain)
}

// trusted returns the keys that are trusted, at least one.
func (r *reader) trusted() ([]licseal.TrustedKey, error) {
	if r.origin == nil {
		return r.keys, r.memory.Follow(nil)
	}
	chain, err := r.memory.Advance(r.origin, nil, nil)
	if err != nil {
		return nil, err
	}
	if len(chain.Trusted()) == 0 {
		return nil, licseal.ErrNoTrustedKeys
	}
	return chain.Trusted(), nil
}

func (r *reader) observe(text []byte, trusted []licseal.TrustedKey) Answer {
	list, err := revoke.Verify(text, trusted)
	if err == nil {
		err = r.memory.Observe(r.now, list, 0)
	}
	switch {
	case errors.As(err, new(*verify.ClockError)):
		return Answer{Reason: string(licseal.ReasonClock), Class: classOf(err)}
	case err != nil:
		return Answer{Reason: reasonList, Class: classOf(err)}
	}
	r.list = list
	return Answer{Class: "accepted"}
}

// judge judges a licence by the list that was taken, unless that is forgotten.
func (r *reader) judge(document []byte, trusted []licseal.TrustedKey) Answer {
	if r.memory.List.Generation == 0 {
		r.list = nil
	}
	// A clock that is behind the list is no error here: the licence is judged by it.
	if err := r.memory.Observe(r.now, r.list, 0); err != nil && !errors.As(err, new(*verify.ClockError)) {
		return Answer{Reason: reasonList, Class: classOf(err)}
	}
	now := r.now
	return verdictOf(document, trusted, &verify.Options{
		Clock: func() time.Time { return now }, Revocations: r.list, Floor: r.memory.Floor(),
	})
}
