package schema

import (
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/entitlement"
)

// builtinBase is what the "$id" of every built-in schema begins with. The rest is
// the name of its file. It is a name and nothing is fetched from there.
const builtinBase = "https://licseal.github.io/schema/"

//go:embed *.json
var builtinFiles embed.FS

// builtins are the built-in schemas, each in the file of its name. Those of payloads
// have an "x-licseal" object, as a vendor's schema has, and are tried in this
// order by [Schema.Instead].
var builtins = []*Schema{
	builtin("kong"),         // the payload of a Kong Gateway licence
	builtin("kong-mesh"),    // the payload of a Kong Mesh licence
	entitlementSchema(),     // what a product may do, and how much of it
	builtin("license"),      // the envelope around a payload
	builtin("admin-record"), // an entry of the Admin API's /licenses
	builtin("admin-list"),   // a page of them
	builtin("admin-body"),   // what is sent there
	builtin("admin-error"),  // why it was not done
	builtin("admin-report"), // usage
	builtin("check-report"), // what 'licseal check --format json' prints
	builtin("check-policy"), // what 'licseal check --policy' reads
	builtin("x-licseal"),    // what a vendor's schema says to licseal
}

func builtin(name string) *Schema {
	return &Schema{name: name, builtin: true, licseal: sync.OnceValue(func() annotation {
		text, _ := builtinText(name)
		doc, _ := licseal.Parser{MaxBytes: 2 * maxSchemaBytes}.ParsePayload(text) // a test parses each of them
		return readAnnotation(doc)
	})}
}

func entitlementSchema() *Schema {
	s := builtin("entitlement")
	s.cross = entitlement.CrossFaults
	s.generated = []Generated{{entitlement.ID, uuid.NewString, idFrom}, {entitlement.Key, entitlement.NewKey, entitlement.KeyFrom}}
	s.timeLayout = entitlement.TimeLayout
	return s
}

// idFrom returns the id that random bytes make.
func idFrom(random io.Reader) (string, error) {
	id, err := uuid.NewRandomFromReader(random)
	return id.String(), err
}

// Names returns the names of the built-in schemas.
func Names() []string {
	names := make([]string, len(builtins))
	for i, s := range builtins {
		names[i] = s.name
	}
	return names
}

// Builtin returns the built-in schema of a name, one of [Names].
func Builtin(name string) (*Schema, error) {
	for _, s := range builtins {
		if s.name == name {
			return s, nil
		}
	}
	hint := ""
	if meant := nearest(name, Names()); meant != "" {
		hint = fmt.Sprintf("did you mean %q? ", meant)
	}
	return nil, fmt.Errorf("no built-in schema is named %s; %sthere are %s", quote(name), hint, strings.Join(Names(), ", "))
}

// Payloads returns the names of the built-in schemas of payloads.
func Payloads() []string {
	var names []string
	for _, s := range builtins {
		if s.ForPayloads() {
			names = append(names, s.name)
		}
	}
	return names
}

// Kong returns the built-in schema of the payload of a Kong Gateway licence.
func Kong() *Schema { return mustBuiltin("kong") }

// Entitlement returns the built-in schema of the entitlement payload.
func Entitlement() *Schema { return mustBuiltin("entitlement") }

// mustBuiltin returns a built-in schema that is known to exist.
func mustBuiltin(name string) *Schema {
	i := slices.IndexFunc(builtins, func(s *Schema) bool { return s.name == name })
	return builtins[i]
}

// ForPayloads reports whether the schema describes the payload of a licence. That
// is true of every vendor's own schema, and of the built-in ones that have an
// "x-licseal" object.
func (s *Schema) ForPayloads() bool { return !s.builtin || s.licseal().exists }

// builtinText returns the text of a built-in schema's file.
func builtinText(name string) ([]byte, bool) {
	text, err := builtinFiles.ReadFile(name + ".json")
	return text, err == nil
}

// builtinByURL returns the text of the built-in schema that has url as its "$id".
func builtinByURL(url string) ([]byte, bool) {
	file, ok := strings.CutPrefix(url, builtinBase)
	if !ok {
		return nil, false
	}
	name, ok := strings.CutSuffix(file, ".json")
	if !ok {
		return nil, false
	}
	return builtinText(name)
}
