package check

import "github.com/licseal/licseal/internal/text"

// keyFields are the fields that hold a licence key in the built-in schemas, in
// addition to those that a schema's roles name.
var keyFields = []string{"/license_key", "/key"}

// keyValue finds what follows the name of a licence key, however it is quoted or
// escaped. longHex finds signatures.
var (
	keyValue = lazy(`(?:license_key|[\\"'“]key)(?:&quot;|&#34;|[^A-Za-z0-9]){1,12}([A-Za-z0-9_.+/=-]{4,200})`)
	longHex  = lazy(`[0-9A-Fa-f]{40,}`)
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

// Mask returns a secret as outputs show it: its first and last characters, and
// fewer of them the shorter it is.
func Mask(secret string) string { return text.Mask(secret) }
