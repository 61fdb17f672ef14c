package schema

import (
	"embed"
	"fmt"
	"strings"
)

// builtinBase is what the "$id" of every built-in schema begins with. The rest is
// the name of its file. It is a name and nothing is fetched from there.
const builtinBase = "https://licseal.github.io/schema/"

//go:embed *.json
var builtinFiles embed.FS

// builtins are the built-in schemas, each in the file of its name.
var builtins = []*Schema{
	builtin("kong"),         // a Kong Gateway licence payload
	builtin("license"),      // the envelope around a payload
	builtin("admin-record"), // an entry of the Admin API's /licenses
	builtin("admin-list"),   // a page of them
	builtin("x-licseal"),    // what a vendor's schema says to licseal
}

func builtin(name string) *Schema { return &Schema{name: name, builtin: true} }

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
