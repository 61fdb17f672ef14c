package licseal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/licseal/licseal"

// What packages that are imported often bring along.
const (
	tokenizer  = "github.com/go-json-experiment/json"
	xcrypto    = "golang.org/x/crypto"
	xsys       = "golang.org/x/sys" // x/crypto looks at the processor with it
	jsonschema = "github.com/santhosh-tekuri/jsonschema/v5"
	flock      = "github.com/gofrs/flock"
	edwards    = "filippo.io/edwards25519"
	yaml       = "go.yaml.in/yaml/v3"
	uuid       = "github.com/google/uuid"
	mod        = "golang.org/x/mod" // the log of a register
	smetrics   = "github.com/xrash/smetrics"
	xtext      = "golang.org/x/text" // encodings of spreadsheets
	internal   = module + "/internal/..."
	sigs       = module + "/internal/sig"
	publicKeys = module + "/internal/pubkey"
	jsonread   = module + "/internal/jsonread"
)

// A room is a package, or all packages below a path that ends with "/...".
type room struct {
	path string
	may  []string
}

// rooms says what the packages of each room may depend on, directly or not,
// beside the standard library and their own room: a package, or all packages below
// a path that ends with "/...". What a vendor's program gets by importing one of
// them is listed here, and nowhere else.
var rooms = []room{
	{module, []string{tokenizer + "/..."}},
	{module + "/decode", []string{module, tokenizer + "/..."}},
	{module + "/sign", []string{module, tokenizer + "/...", sigs}},
	{module + "/verify", []string{module, tokenizer + "/...", sigs, publicKeys, jsonread, module + "/revoke", module + "/trust"}},
	{module + "/revoke", []string{module, tokenizer + "/...", sigs, jsonread}},
	{module + "/state", []string{module, tokenizer + "/...", module + "/verify", module + "/revoke", module + "/trust", internal, flock, xsys + "/..."}},
	{module + "/keys/private", []string{module, tokenizer + "/...", module + "/keys/...", publicKeys, xcrypto + "/...", xsys + "/..."}},
	{module + "/keys/agent", []string{module, tokenizer + "/...", module + "/keys/...", publicKeys, xcrypto + "/...", xsys + "/..."}},
	{module + "/keys/internal/keytest", []string{"..."}}, // for tests
	{module + "/keys/...", []string{module, tokenizer + "/...", publicKeys}},
	{module + "/trust", []string{module, tokenizer + "/...", sigs, publicKeys, jsonread}},
	{module + "/web", []string{module, tokenizer + "/...", module + "/keys/...", publicKeys}},
	{module + "/schema", []string{module, tokenizer + "/...", jsonschema + "/...", uuid, internal}},
	{module + "/edit", []string{module, tokenizer + "/...", jsonschema + "/...", uuid, module + "/schema", internal}},
	{module + "/bulk", []string{
		module, tokenizer + "/...", jsonschema + "/...", edwards + "/...", uuid,
		module + "/sign", module + "/verify", module + "/revoke", module + "/trust", module + "/schema", module + "/edit", internal}},
	{module + "/bulk/rows", []string{module, tokenizer + "/...", jsonschema + "/...", uuid, xtext + "/...", module + "/schema", module + "/edit", internal}},
	{module + "/bulk/job", []string{
		module, tokenizer + "/...", jsonschema + "/...", edwards + "/...", uuid, flock, xsys + "/...", xtext + "/...",
		module + "/bulk/...", module + "/sign", module + "/verify", module + "/revoke", module + "/trust", module + "/schema", module + "/edit", internal}},
	{module + "/bulk/renewals", []string{
		module, tokenizer + "/...", jsonschema + "/...", edwards + "/...", uuid, flock, xsys + "/...", xtext + "/...",
		module + "/bulk/...", module + "/sign", module + "/verify", module + "/revoke", module + "/trust", module + "/schema", module + "/edit", internal}},
	{module + "/bulk/documents", []string{
		module, tokenizer + "/...", jsonschema + "/...", uuid, xtext + "/...", module + "/bulk/rows", module + "/schema", module + "/edit", internal}},
	{module + "/check", []string{
		module, tokenizer + "/...", jsonschema + "/...", yaml + "/...", uuid, module + "/verify", module + "/revoke", module + "/trust", module + "/schema", module + "/edit", module + "/check/repair", internal}},
	{module + "/check/repair", []string{module, tokenizer + "/...", yaml + "/...", internal}},
	{module + "/admin/...", []string{module, tokenizer + "/...", uuid, internal}},
	{module + "/entitle/monitor", []string{
		module, tokenizer + "/...", uuid, module + "/verify", module + "/revoke", module + "/trust", module + "/entitle/...", internal,
		"github.com/prometheus/...", "google.golang.org/protobuf/...", "github.com/beorn7/...", "github.com/cespare/...", "github.com/munnerz/...", xsys + "/..."}},
	{module + "/entitle/...", []string{module, tokenizer + "/...", uuid, module + "/verify", module + "/revoke", module + "/trust", internal}},
	{module + "/register", []string{
		module, tokenizer + "/...", jsonschema + "/...", edwards + "/...", uuid, flock, xsys + "/...", xtext + "/...", mod + "/...", smetrics,
		module + "/sign", module + "/verify", module + "/revoke", module + "/trust", module + "/schema", module + "/edit", module + "/bulk/...", internal}},
	{sigs, nil},
	{publicKeys, nil},
	{jsonread, []string{tokenizer + "/..."}},
	{module + "/internal/...", []string{"..."}},
	{module + "/cmd/...", []string{"..."}},
}

// never lists what a room must not have, whatever else it may.
var never = []struct{ room, depend string }{
	{"...", module + "/cmd/..."},
	// What judges licences needs the tokenizer, not what decodes by reflection.
	{module + "/verify", tokenizer},
	// The program for the air-gapped side is small, and can be reviewed.
	{module + "/cmd/licseal-verify", "net"},
	{module + "/cmd/licseal-verify", "net/..."},
	{module + "/cmd/licseal-verify", "os/exec"},
	{module + "/cmd/licseal-verify", "plugin"},
	{module + "/cmd/licseal-verify", "crypto/tls"},
	{module + "/cmd/licseal-verify", "crypto/x509"},
	{module + "/cmd/licseal-verify", "encoding/json"},
	{module + "/cmd/licseal-verify", tokenizer}, // it decodes by reflection; its jsontext does not
	{module + "/cmd/licseal-verify", jsonschema + "/..."},
	{module + "/cmd/licseal-verify", xcrypto + "/..."},
	{module + "/cmd/licseal-verify", yaml + "/..."},
	{module + "/cmd/licseal-verify", "github.com/urfave/..."},
	{module + "/cmd/licseal-verify", module + "/keys/private/..."},
	{module + "/cmd/licseal-verify", module + "/keys/agent/..."},
	{module + "/cmd/licseal-verify", module + "/schema/..."},
	{module + "/cmd/licseal-verify", module + "/sign/..."},
	{module + "/cmd/licseal", "database/sql"}, // its subpackage driver, which has interfaces only, comes with uuid
	{module + "/cmd/licseal", "github.com/jackc/..."},
	// Report formats are small enough to be written without these.
	{module + "/cmd/licseal", "google.golang.org/protobuf/..."},
	{module + "/cmd/licseal", "github.com/prometheus/..."},
	{module + "/cmd/licseal", "github.com/owenrumney/..."},
	{module + "/cmd/licseal", "github.com/xeipuuv/..."},
}

// matches reports whether a package path is the one, or below the one, that a pattern names.
func matches(pattern, path string) bool {
	prefix, below := strings.CutSuffix(pattern, "...")
	return below && (strings.HasPrefix(path, prefix) || path == strings.TrimSuffix(prefix, "/")) || path == pattern
}

type goPackage struct {
	ImportPath string
	Standard   bool
	Deps       []string
}

// goList returns all packages of the module and what they depend on, by path.
func goList(t *testing.T) map[string]goPackage {
	t.Helper()
	lookAtSources(t)
	command := exec.Command("go", "list", "-deps", "-e", "-json=ImportPath,Standard,Deps", "./...")
	output, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	packages := make(map[string]goPackage)
	for decoder := json.NewDecoder(strings.NewReader(string(output))); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages[p.ImportPath] = p
	}
}

// lookAtSources has this process look at every source file. What go list reads
// is unknown to the cache of test results, which would keep an old one.
func lookAtSources(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		_, err = os.Stat(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Arrows between the rooms point one way, and what a vendor embeds stays small.
func TestDependencies(t *testing.T) {
	packages := goList(t)
	for _, needed := range []string{module, module + "/sign", module + "/verify"} {
		if _, ok := packages[needed]; !ok {
			t.Fatalf("go list does not know %s", needed)
		}
	}
	for path, p := range packages {
		if !matches(module+"/...", path) {
			continue
		}
		i := slices.IndexFunc(rooms, func(r room) bool { return matches(r.path, path) })
		if i < 0 {
			t.Errorf("%s is in no room; add it to the list", path)
			continue
		}
		for _, dep := range p.Deps {
			allowed := packages[dep].Standard || matches(rooms[i].path, dep) ||
				slices.ContainsFunc(rooms[i].may, func(pattern string) bool { return matches(pattern, dep) })
			for _, rule := range never {
				allowed = allowed && !(matches(rule.room, path) && matches(rule.depend, dep))
			}
			if !allowed {
				t.Errorf("%s depends on %s", path, dep)
			}
		}
	}
}

// Files stay short enough to read in one sitting, and the command is the smaller part of
// the code.
func TestFileLengths(t *testing.T) {
	all, command := 0, 0
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "peers/") {
			return err
		}
		data, err := os.ReadFile(path)
		lines := bytes.Count(data, []byte("\n"))
		if lines > 400 {
			t.Errorf("%s has %d lines, more than 400", path, lines)
		}
		all += lines
		if strings.HasPrefix(path, "cmd/licseal/") {
			command += lines
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("cmd/licseal has %d of %d lines", command, all)
	if command*5 > all {
		t.Errorf("cmd/licseal has %d of %d lines, more than a fifth", command, all)
	}
}
