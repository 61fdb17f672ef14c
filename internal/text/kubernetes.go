package text

import "strings"

// The bounds of names in Kubernetes, in bytes.
const (
	MaxObjectName = 253
	maxNamespace  = 63
)

// isLabel reports whether a text is a label of RFC 1123: lower-case letters, digits, and
// hyphens other than at its start and its end.
func isLabel(s string) bool {
	odd := func(r rune) bool { return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-') }
	return s != "" && !strings.ContainsFunc(s, odd) && s[0] != '-' && s[len(s)-1] != '-'
}

// IsObjectName reports whether Kubernetes accepts a name for an object such as a Secret:
// labels of RFC 1123, separated by dots, of at most MaxObjectName bytes together.
func IsObjectName(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if !isLabel(label) {
			return false
		}
	}
	return len(s) <= MaxObjectName
}

// IsNamespace reports whether Kubernetes accepts a name for a namespace: one label of
// RFC 1123, of at most 63 bytes.
func IsNamespace(s string) bool { return len(s) <= maxNamespace && isLabel(s) }
