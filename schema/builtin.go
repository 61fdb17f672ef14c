package schema

import (
	"embed"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/entitlement"
)

// builtinBase is what the "$id" of every built-in schema begins with. The rest is
// the name of its file. It is a name and nothing is fetched from there.
const builtinBase = "https://licseal.github.io/schema/"

//go:embed *.json
var builtinFiles embed.FS

// builtins are the built-in schemas, each in the file of its name.
var builtins = []*Schema{
	builtin("kong"),         // a Kong Gateway licence payload
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

func builtin(name string) *Schema { return &Schema{name: name, builtin: true} }

func entitlementSchema() *Schema {
	s := builtin("entitlement")
	s.roles, s.cross = entitlement.Roles, entitlement.CrossFaults
	s.generated = []Generated{{entitlement.ID, uuid.NewString}, {entitlement.Key, entitlement.NewKey}}
	s.timeLayout = entitlement.TimeLayout
	return s
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

// Kong returns the built-in schema of Kong's licence payload.
func Kong() *Schema { return builtins[0] }

// Entitlement returns the built-in schema of the entitlement payload.
func Entitlement() *Schema { return builtins[1] }

// Resembling returns the built-in schema of the payload that p plainly is, as
// far as the names of its members go: it has most of those that the schema
// requires. It returns nil where there is none. Use it for a hint, never to judge by.
func Resembling(p licseal.Payload) *Schema {
	for _, s := range []*Schema{Kong(), Entitlement()} {
		s.once.Do(s.compileBuiltin)
		present := 0
		for _, name := range s.compiled.root.Required {
			if _, ok := p.Field("/" + name); ok {
				present++
			}
		}
		if 2*present > len(s.compiled.root.Required) {
			return s
		}
	}
	return nil
}

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
