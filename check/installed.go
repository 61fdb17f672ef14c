package check

import (
	"strings"
	"time"

	"github.com/licseal/licseal/check/repair"
)

// Installed is a licence where it is installed.
type Installed struct {
	Name     string    // what identifies it in output, such as the id of a record
	Data     []byte    // the text that should be a licence
	Updated  time.Time // when it was last changed; zero if not known
	Findings []Finding // what was found on the way to it

	// Alone means that no other installed licence takes its place, as with a
	// Secret that is mounted by its name. Disabled means that nothing uses it.
	Alone, Disabled bool

	secret string // the name of the Secret that holds the licence, "" if none does
}

// MaxDumpBytes is the size of the largest dump of a namespace that is read.
const MaxDumpBytes = repair.MaxDumpBytes

// KubernetesDump reads what 'kubectl get secret,konglicense -o yaml' prints (or
// -o json, or a file of manifests), and returns the licences in it. If several
// KongLicense objects are enabled, a controller uses the one that was created last.
// A Secret is used by whatever mounts it.
func KubernetesDump(text []byte) ([]Installed, error) {
	all, err := repair.Kubernetes(text)
	if err != nil {
		return nil, err
	}
	return installed(all), nil
}

// installed puts what was found about embedded texts into words. That a dump holds
// manifests is no fault.
func installed(embedded []repair.Embedded) []Installed {
	all := make([]Installed, len(embedded))
	for i, e := range embedded {
		all[i] = Installed{Name: e.Name, Data: e.Text, Updated: e.Updated, Findings: fromFaults(e.Faults), Alone: e.Alone, Disabled: e.Disabled, secret: secretOf(e.Faults)}
		for k, f := range e.Faults {
			if f.Kind == repair.SecretManifest || f.Kind == repair.KongLicense {
				all[i].Findings[k].Severity = Note
			}
		}
	}
	return all
}

// secretOf returns the name of the Secret that holds a licence with these faults, "" if
// none does.
func secretOf(faults []repair.Fault) string {
	for _, f := range faults {
		switch f.Kind {
		case repair.SecretManifest, repair.SecretWrongKey, repair.SecretMissingKey:
			return f.Values[0]
		case repair.SeveralManifests:
			return f.Values[1]
		}
	}
	return ""
}

// newest returns the index of the licence that was changed last, of those that are
// neither alone nor disabled. It returns -1 if there is none, or more than one.
func newest(all []Installed) int {
	embedded := make([]repair.Embedded, len(all))
	for i, in := range all {
		embedded[i] = repair.Embedded{Updated: in.Updated, Alone: in.Alone, Disabled: in.Disabled}
	}
	return repair.Newest(embedded)
}

// HoldsLicence reports whether a file name seems to be the text of a licence,
// whose secrets no message may repeat.
func HoldsLicence(name string) bool {
	return strings.HasPrefix(strings.TrimSpace(name), "{") || repair.MentionsLicense(name)
}
