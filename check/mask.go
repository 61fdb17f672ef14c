package check

import (
	"slices"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
)

// keyFields are the fields that hold a licence key in the built-in schemas, in
// addition to those that a schema's roles name.
var keyFields = []string{"/license_key", "/key"}

// keyValue finds what follows the name of a licence key, however it is quoted or
// escaped. longHex finds signatures.
var (
	keyValue = text.Pattern(`(?:license_key|[\\"'“]key)(?:&quot;|&#34;|[^A-Za-z0-9]){1,12}([A-Za-z0-9_.+/=-]{4,200})`)
	longHex  = text.Pattern(`[0-9A-Fa-f]{40,}`)
)

// withSecretsOf adds the secrets of a document that may be a licence to a masker.
func withSecretsOf(document []byte, m text.Masker) text.Masker {
	for _, found := range keyValue().FindAllSubmatch(document, 20) {
		m = m.With(string(found[1]))
	}
	for _, found := range longHex().FindAll(document, 20) {
		m = m.With(string(found))
	}
	return m
}

// hide masks the secrets in all findings: those of the licence, if there is one, and
// what looks like one in the text. Those of the licence come first, because the text
// may show only the beginning of one.
func (j *judgement) hide(lic *licseal.License, data []byte) {
	if j.ID = Mask(j.ID); len(j.Findings) == 0 {
		return
	}
	var mask text.Masker
	if lic != nil {
		mask = j.licenceSecrets(lic)
	}
	mask = withSecretsOf(data[:min(len(data), MaxBytes)], mask)
	for i, f := range j.Findings {
		j.Findings[i].Found, j.Findings[i].Remedy = mask.Hide(f.Found), mask.Hide(f.Remedy)
	}
}

// licenceSecrets returns the signature, the licence key and the keys that a requirement
// names.
func (j *judgement) licenceSecrets(lic *licseal.License) text.Masker {
	mask := text.Masker{}.With(lic.Signature)
	secrets := slices.Concat(keyFields, []string{j.judge.roles().ID})
	for _, pointer := range secrets {
		key, _ := lic.Payload.Text(pointer)
		mask = mask.With(key)
	}
	for _, r := range j.options.Policy.Require {
		if slices.Contains(secrets, r.pointer) {
			for _, key := range r.values {
				mask = mask.With(key)
			}
		}
	}
	return mask
}

// Mask returns a secret as outputs show it: its first and last characters, and
// fewer of them the shorter it is.
func Mask(secret string) string { return text.Mask(secret) }
