package conformance

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"slices"

	"github.com/licseal/licseal"
)

// changeStory changes what happens to a reader: a step, or the order of the steps.
func (m mutator) changeStory(r *Request) string {
	s := *r.Story
	r.Story = &s
	s.Steps = slices.Clone(s.Steps)
	i, j := m.IntN(len(s.Steps)), m.IntN(len(s.Steps))
	switch m.IntN(6) {
	case 0:
		s.Steps[i], s.Steps[j] = s.Steps[j], s.Steps[i]
	case 1:
		s.Steps = slices.Delete(s.Steps, i, i+1)
	case 2:
		s.Steps = slices.Insert(s.Steps, i, s.Steps[j])
	case 3:
		var at Request
		m.changeTime(&at)
		s.Steps = slices.Insert(s.Steps, i, Step{Time: at.Time})
	default:
		m.changeStep(&s.Steps[i])
		r.Story.Steps = s.Steps
		return "a step"
	}
	r.Story.Steps = s.Steps
	return "the steps"
}

func (m mutator) changeStep(s *Step) {
	switch {
	case s.Document != nil:
		r := Request{Document: s.Document}
		m.changeSigned(&r)
		s.Document = r.Document
	case s.Revocations != nil:
		r := Request{Revocations: s.Revocations}
		m.changeList(&r)
		s.Revocations = r.Revocations
	case s.Chain != nil:
		s.Chain = m.sealTrust(s.Chain)
	}
}

// rootSeed is the seed of the root of the stories.
const rootSeed = 9

// sealTrust changes the payload of a document of a chain, and signs it again.
func (m mutator) sealTrust(document []byte) []byte {
	const start, middle, signature = `{"trust":{"payload":`, `,"signatures":[`, `"signature":"`
	payload, isDocument := bytes.CutPrefix(document, []byte(start))
	end, at := bytes.LastIndex(payload, []byte(middle)), bytes.LastIndex(payload, []byte(signature))
	if !isDocument || end < 0 || at < end || m.IntN(4) == 0 {
		return m.text(document)
	}
	changed := m.text(payload[:end])
	message := changed
	if p, err := licseal.ParsePayload(changed); err == nil {
		message = p.Bytes()
	}
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{rootSeed}, ed25519.SeedSize))
	signed := ed25519.Sign(key, append([]byte("licseal-trust-v1\n"), message...))
	return slices.Concat([]byte(start), changed, payload[end:at+len(signature)], []byte(hex.EncodeToString(signed)+`"}],"version":"1"}}`))
}
