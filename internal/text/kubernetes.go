package text

// The bounds of names in Kubernetes, in bytes.
const (
	MaxObjectName = 253
	maxNamespace  = 63
)

const label = `[a-z0-9]([-a-z0-9]*[a-z0-9])?` // of RFC 1123

var (
	objectName = Pattern(`^` + label + `(\.` + label + `)*$`)
	namespace  = Pattern(`^` + label + `$`)
)

// IsObjectName reports whether Kubernetes accepts a name for an object such as a Secret:
// labels of RFC 1123, separated by dots, of at most MaxObjectName bytes together.
func IsObjectName(s string) bool { return len(s) <= MaxObjectName && objectName().MatchString(s) }

// IsNamespace reports whether Kubernetes accepts a name for a namespace: one label of
// RFC 1123, of at most 63 bytes.
func IsNamespace(s string) bool { return len(s) <= maxNamespace && namespace().MatchString(s) }
