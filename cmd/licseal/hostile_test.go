package main

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/text"
	"github.com/urfave/cli/v2"
)

// hostileText would, shown raw, clear the screen, forge a line, hide and turn round what
// follows it. hostileName has bytes that are not UTF-8, too.
const (
	hostileText = "x\nFORGED: ok\r\x1b[2J\x07\u202e\u2066\u200b\u0085\u009b2J\u2028\u00a0\U000e0041y"
	hostileName = "\xff\xc0" + hostileText
)

// stdoutIsData lists the commands whose standard output is a document, byte for byte.
var stdoutIsData = []string{"sign", "renew", "payload", "canonical", "pubkey", "keygen", "completion", "admin get", "admin active", "merge", "schema init", "register export"}

// hostileLines has at least one command line for each command. {name} is a file; each
// line is run with the file's own name, and with a hostile one.
var hostileLines = sync.OnceValue(func() map[string][][]string {
	return map[string][][]string{
		"keygen":          {{"--no-passphrase", "-o", "{new}"}, {"--no-passphrase", "-o", "{vendor.key}"}},
		"pubkey":          {{"{vendor.key}"}, {"--pem", "{payload.json}"}},
		"sign":            {{"-k", "{vendor.key}", "{payload.json}"}, {"-k", "{vendor.key}", "--from", "{payload.json}", "--expires", "2026-01-01", "--created", "2026-01-01"}, {"-k", "{vendor.key}", "--batch", "{rows.ndjson}"}, {"-k", "{vendor.key}", "--batch", "{rows.csv}", "--from", "{payload.json}", "-o", "{new}"}},
		"verify":          {{"-t", "{vendor.key.pub}", "{licence.json}"}, {"-t", "{vendor.key.pub}", "{forged.json}", "{none}"}, {"-t", "{vendor.key.pub}", "--batch", "{rows.ndjson}"}, {"-t", "{vendor.key.pub}", "--batch", "folder"}, {"-t", "{vendor.key.pub}", "--json", "--batch", "folder"}, {"-t", "{vendor.key.pub}", "--json", "{licence.json}"}, {"-t", "{vendor.key.pub}", "--state", "{state}", "--revocations", "{list.json}", "{licence.json}"}, {"--trust-root", "{trust.json}", "--trust-chain", "{none}", "--state", "{state}", "{licence.json}"}},
		"merge":           {{"{rows.ndjson}"}, {"{none}"}},
		"renew":           {{"-k", "{vendor.key}", "-t", "{vendor.key.pub}", "--expires", "+1y", "--allow-shorten", "{licence.json}"}, {"-k", "{vendor.key}", "--expires", "+1y", "--allow-shorten", "{licence.json}"}},
		"diff":            {{"{licence.json}", "{other.json}"}, {"-t", "{vendor.key.pub}", "{licence.json}", "{other.json}"}, {"{licence.json}", "{payload.json}"}},
		"trust list":      {{"{vendor.key.pub}"}, {"{payload.json}"}},
		"trust add":       {{"{trusted}", "{vendor.key.pub}"}},
		"trust retire":    {{"{vendor.key.pub}", "SHA256:x"}, {"{trusted}", "{vendor.key.pub}"}},
		"trust remove":    {{"{vendor.key.pub}", "SHA256:x"}, {"{trusted}", "{none}"}},
		"trust init":      {{"--roots", "{other.key.pub}", "--threshold", "1", "--add", "{vendor.key.pub}", "-o", "{new}"}},
		"trust propose":   {{"{trust.json}", "--remove", "{vendor.key.pub}"}, {"{licence.json}"}},
		"trust sign":      {{"-y", "-k", "{other.key}", "--after", "{trust.json}", "--record", "{none}", "{next.json}"}, {"-y", "-k", "{vendor.key}", "--after", "{trust.json}", "{next.json}"}},
		"trust combine":   {{"--after", "{trust.json}", "{next.json}"}, {"{next.json}", "{licence.json}"}},
		"trust show":      {{"{trust.json}"}, {"--json", "{next.json}"}},
		"trust check":     {{"--trust-root", "{trust.json}", "{trust.json}"}, {"--trust-root", "{trust.json}", "--state", "{state}", "{next.json}"}},
		"revoke new":      {{"{new}", "-k", "{vendor.key}"}, {"{list.json}", "-k", "{vendor.key}"}},
		"revoke add":      {{"{list.json}", "-k", "{vendor.key}", "LS-1", "--reason", "because"}, {"{list.json}", "-k", "{vendor.key}", "--licence", "{licence.json}"}, {"{list.json}", "-k", "{vendor.key}", "--ids", "{payload.json}"}},
		"revoke remove":   {{"{list.json}", "-k", "{vendor.key}", "LS-1"}},
		"revoke renew":    {{"{list.json}", "-k", "{vendor.key}"}, {"{licence.json}", "-k", "{vendor.key}"}},
		"revoke show":     {{"{list.json}", "-t", "{vendor.key.pub}", "LS-1"}, {"{none}", "-t", "{vendor.key.pub}"}},
		"state new":       {{"{new}"}, {"{state}"}},
		"register new":    {{"{new}"}, {"{payload.json}"}},
		"register list":   {{"--register", "issued"}, {"--register", "issued", "--format", "json"}},
		"register show":   {{"--register", "issued", "LS-1"}, {"--register", "issued", "--json", "LS-1"}, {"--register", "issued", hostileText}},
		"register audit":  {{"--register", "issued", "-t", "{vendor.key.pub}"}, {"--register", "issued", "-t", "{other.key.pub}", "--orders", "{rows.csv}"}},
		"register page":   {{"--register", "issued"}},
		"register import": {{"--register", "issued", "-t", "{vendor.key.pub}", "{licence.json}", "{any.json}", "{rows.ndjson}"}},
		"register export": {{"--register", "issued"}},
		"register copy":   {{"--register", "issued", "{new}"}, {"--register", "issued", "{payload.json}"}},
		"register verify": {{"--register", "issued"}, {"--register", hostileName}},
		"state show":      {{"{state}"}, {"{licence.json}"}},
		"state reset":     {{"{state}"}, {"{none}"}},
		"check":           {{"-t", "{vendor.key.pub}", "{licence.json}"}, {"--no-signature", "{payload.json}"}, {"-t", "{vendor.key.pub}", "folder"}, {"-t", "{vendor.key.pub}", "--json", "folder"}, {"-t", "{vendor.key.pub}", "--format", "github", "folder"}, {"-t", "{vendor.key.pub}", "--effective", "--root", "folder"}, {"-t", "{vendor.key.pub}", "--fix", "-o", "{new}", "{licence.json}"}, {"-t", "{vendor.key.pub}", "--namespace-dump", "{licence.json}"}, {"-t", "{vendor.key.pub}", "--policy", "{payload.json}", "{licence.json}"}},
		"inspect":         {{"{licence.json}"}, {"{any.json}"}, {"--json", "{licence.json}"}},
		"canonical":       {{"{licence.json}"}, {"{none}"}},
		"payload":         {{"{licence.json}"}, {"--as", "body", "{payload.json}"}},
		"page":            {{"-t", "{vendor.key.pub}", "--schema", "{any.schema.json}", "-o", "{new}"}, {"-t", "{payload.json}"}},
		"schema init":     {{"{payload.json}"}, {"{rows.csv}"}, {"--id-field", hostileText, "-o", "{new}", "{licence.json}"}},
		"schema check":    {{"{any.schema.json}"}, {"{payload.json}"}},
		"schema":          {{"kong", "{licence.json}"}, {"{any.schema.json}", "{payload.json}"}, {"{payload.json}", "{payload.json}"}},
		"admin list":      {{}, {"-t", "{vendor.key.pub}"}, {"--json"}},
		"admin get":       {{"1"}, {"2"}},
		"admin active":    {{}, {"--json"}},
		"admin push":      {{"-t", "{vendor.key.pub}", "{licence.json}", "--backup", "backup"}, {"--no-signature", "{other.json}", "--backup", "backup"}, {"--no-signature", "{any.json}"}},
		"admin add":       {{"--no-signature", "{licence.json}"}, {"-t", "{vendor.key.pub}", "{forged.json}"}},
		"admin put":       {{"1", "--as-is", "{licence.json}"}, {"1", "-t", "{vendor.key.pub}", "{any.json}"}},
		"admin update":    {{"1", "--no-signature", "{licence.json}"}},
		"admin delete":    {{"1"}},
		"admin validate":  {{"{licence.json}"}},
		"admin report":    {{}, {"{licence.json}"}},
		"completion":      {{"bash"}},
		"conformance":     {{"--part", "revocations", "--timeout", "1s", "--expected", "{payload.json}", "--", hostileName}, {"--show", hostileText}},
		"help":            {{hostileName}, {"sign", hostileName}},
		"version":         {{}},
		"demo":            {{hostileName}},
		"config approve":  {{}, {"{payload.json}"}},
		"init":            {{"--schema", "kong", "--force"}, {"--product", hostileText, "--schema", "{any.schema.json}", "--key", "{vendor.key}"}},
		"plans":           {{}, {"--profile", "{profile.yaml}"}, {"--json", "--profile", "{profile.yaml}"}},
		"config forget":   {{}, {"{payload.json}"}},
	}
})

// No file name, key comment, licence value, schema name, list reason or answer of a
// server is shown raw in lines for people, by any command, wherever it is given.
func TestNothingRawIsShown(t *testing.T) {
	if os.PathSeparator != '/' {
		t.Skip("file names of this system cannot be hostile")
	}
	dir := testenv.QuickDir(t)
	t.Chdir(dir)
	h := newHostileRun(t)
	all := leaves(newApp().Commands)
	if len(all) != len(hostileLines()) {
		t.Errorf("commands without lines, or the other way round: %q and %q", slices.Sorted(maps.Keys(all)), slices.Sorted(maps.Keys(hostileLines())))
	}
	for name, cmd := range all {
		for i, line := range hostileLines()[name] {
			h.try(name, h.named(line, ""), "")
			h.try(name, h.named(line, hostileName), "")
			h.try(name, h.named(withoutFiles(line), ""), hostileText) // on standard input
			if i >= testenv.Rounds(1, len(hostileLines()[name])) {
				continue
			}
			for _, more := range variations(cmd, h.named(line, ""), hostileName) {
				h.try(name, more, "")
			}
		}
	}
	if h.runs < 500 {
		t.Errorf("only %d command lines were run", h.runs)
	}
}

// mustJSON returns a value as one line of JSON.
func mustJSON(v any) string {
	line, err := jsonLine(v)
	if err != nil {
		panic(err)
	}
	return line
}

// hostileRun runs command lines in this process, in a folder that it fills anew for each.
type hostileRun struct {
	t     *testing.T
	files map[string]string
	url   string
	runs  int

	register string // a folder that is copied to issued
}

func newHostileRun(t *testing.T) *hostileRun {
	h := &hostileRun{t: t, files: map[string]string{}}
	payload := map[string]any{
		"admin_seats": "5", "customer": hostileText, "dataplanes": "2", "license_creation_date": "2026-01-01",
		"license_expiration_date": "2099-01-01", "license_key": "LS-1", "product_subscription": hostileText, "support_plan": "None",
	}
	h.files["payload.json"] = mustJSON(payload)
	h.files["any.schema.json"] = mustJSON(map[string]any{"title": hostileText, "type": "object", "required": []string{hostileText}})
	h.files["profile.yaml"] = mustJSON(map[string]any{
		"product": "a\u200bb", "schema": "any.schema.json", "plans": map[string]any{"gold": map[string]any{"about": "a\u200bb", "set": map[string]any{hostileText: hostileText}}},
	})
	h.files["all.schema.json"] = `{"type":"object"}`
	h.write("")
	sh := func(args ...string) string {
		stdout, stderr, code := h.run(args, "")
		if code != 0 {
			t.Fatalf("%q: %s", args, stderr)
		}
		return stdout
	}
	sh("keygen", "-o", "vendor.key", "--no-passphrase", "--comment", "vendor")
	sh("keygen", "-o", "other.key", "--no-passphrase", "--comment", "other")
	h.files["licence.json"] = sh("sign", "-k", "vendor.key", "payload.json")
	h.files["other.json"] = sh("sign", "-k", "vendor.key", "--from", "payload.json", "--set", "customer="+hostileText+"2")
	h.files["forged.json"] = strings.Replace(h.files["licence.json"], `"5"`, `"6"`, 1)
	payload[hostileText] = hostileText
	payload["dataplanes"] = 7
	payload["license_expiration_date"] = hostileText
	h.files["any.json"] = strings.Replace(h.files["licence.json"], h.files["payload.json"], mustJSON(payload), 1)
	h.files["rows.ndjson"] = h.files["licence.json"] + h.files["any.json"] + "\n" + hostileText + "\n" + h.files["payload.json"] + "\n"
	h.files["rows.csv"] = "license_key," + "\"" + hostileText + "\"\nLS-1,\"" + hostileText + "\"\n"
	sh("revoke", "new", "list.json", "-k", "vendor.key")
	sh("revoke", "add", "list.json", "-k", "vendor.key", "LS-2", "--reason", "a reason")
	sh("state", "new", "state")
	sh("register", "new", "issued")
	sh("sign", "-k", "vendor.key", "--register", "issued", "payload.json")
	h.register = t.TempDir()
	h.must(os.CopyFS(h.register, os.DirFS("issued")))
	sh("trust", "add", "trusted", "vendor.key.pub", "--issuer", "vendor")
	sh("trust", "init", "--roots", "other.key.pub", "--threshold", "1", "--add", "vendor.key.pub", "-o", "trust.json")
	sh("trust", "sign", "-y", "-k", "other.key", "trust.json")
	sh("trust", "propose", "trust.json", "-o", "next.json")
	for _, name := range []string{"vendor.key", "vendor.key.pub", "other.key", "other.key.pub", "list.json", "state", "trusted", "trust.json", "next.json"} {
		h.files[name] = h.read(name)
	}
	record := admin.Record{ID: hostileText, Payload: h.files["other.json"], CreatedAt: 1, UpdatedAt: 1}
	page := mustJSON(map[string]any{"data": []any{record, map[string]any{"id": "2", "payload": hostileText, "updated_at": 2}}})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != "GET" && r.URL.Path == "/licenses/1":
			w.Write([]byte(mustJSON(record)))
		case r.Method != "GET":
			w.WriteHeader(http.StatusBadRequest)
			w.Write([]byte(mustJSON(map[string]any{"message": hostileText, "fields": map[string]any{hostileText: hostileText}})))
		case r.URL.Path == "/licenses/1":
			w.Write([]byte(mustJSON(record)))
		case r.URL.Path == "/licenses":
			w.Write([]byte(page))
		case r.URL.Path == "/license/report":
			w.Write([]byte(`{"kong_version":` + mustJSON(hostileText) + `,"license_key":` + mustJSON(hostileText) + `,"rbac_users":9,"services_count":1,"counters":[{"bucket":` + mustJSON(hostileText) + `,"request_count":1}],"system_info":{"uname":` + mustJSON(hostileText) + `}}`))
		default:
			w.WriteHeader(http.StatusNotFound)
			w.Write([]byte(hostileText))
		}
	}))
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

// write fills the folder with the files, under names that begin with the prefix.
func (h *hostileRun) write(prefix string) {
	for name, data := range h.files {
		h.must(os.WriteFile(prefix+name, []byte(data), 0o600))
	}
}

func (h *hostileRun) read(name string) string {
	data, err := os.ReadFile(name)
	h.must(err)
	return string(data)
}

func (h *hostileRun) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// named returns a line whose files have names that begin with the prefix, after it has
// made a folder that has only the files.
func (h *hostileRun) named(line []string, prefix string) []string {
	h.must(h.clear())
	h.write("")
	h.must(os.CopyFS("issued", os.DirFS(h.register)))
	h.must(os.MkdirAll("folder/etc/kong", 0o700))
	h.must(os.WriteFile("folder/"+hostileName+".json", []byte(h.files["any.json"]), 0o600))
	h.must(os.WriteFile("folder/"+hostileName+"2.json", []byte(hostileText), 0o600))
	h.must(os.WriteFile("folder/etc/kong/license.json", []byte(h.files["any.json"]), 0o600))
	if prefix != "" {
		h.write(prefix)
	}
	line = slices.Clone(line)
	for i, word := range line {
		if name, isFile := strings.CutPrefix(word, "{"); isFile {
			line[i] = prefix + strings.TrimSuffix(name, "}")
		}
	}
	return line
}

func (h *hostileRun) clear() error {
	entries, err := os.ReadDir(".")
	for _, entry := range entries {
		err = errors.Join(err, os.RemoveAll(entry.Name()))
	}
	return err
}

// withoutFiles drops the last word of a line if it is a file.
func withoutFiles(line []string) []string {
	if n := len(line); n > 0 && strings.HasPrefix(line[n-1], "{") {
		return append(slices.Clone(line[:n-1]), "-")
	}
	return line
}

// variations returns a line with a hostile value in each of its words, for each flag of
// the command, and as another word.
func variations(cmd *cli.Command, line []string, value string) [][]string {
	var all [][]string
	for i, word := range line {
		if !strings.HasPrefix(word, "-") {
			changed := slices.Clone(line)
			changed[i] = value
			all = append(all, changed)
		}
	}
	for _, flag := range cmd.Flags {
		if typed := dashed(flag.Names()[0]); !isBool(flag) && !slices.Contains(line, typed) {
			all = append(all, append([]string{typed, value}, line...), append([]string{typed + "=" + hostileText}, line...))
		}
	}
	return append(all, append(slices.Clone(line), value), append([]string{"--" + value}, line...))
}

// try runs a command line, and looks at what it shows.
func (h *hostileRun) try(name string, args []string, stdin string) {
	h.t.Helper()
	line := append(strings.Fields(name), args...)
	if strings.HasPrefix(name, "admin") && !slices.Contains(args, "--url") {
		line = append(line, "--url", h.url)
	}
	stdout, stderr, _ := h.run(line, stdin)
	shown := stderr
	if !slices.Contains(stdoutIsData, name) && !(name == "schema" && len(args) < 2) {
		shown += stdout
	}
	if problem := rawIn(shown); problem != "" {
		h.t.Errorf("licseal %q shows %s:\n%q", line, problem, shown)
	}
}

// rawIn says what of a text must not be shown.
func rawIn(shown string) string {
	if !utf8.ValidString(shown) {
		return "what is not UTF-8"
	}
	for line := range strings.Lines(shown) {
		for _, r := range strings.TrimSuffix(line, "\n") {
			if !text.Visible(r) {
				return "a raw " + text.Quote(string(r))
			}
		}
		if strings.HasPrefix(line, "FORGED") {
			return "a forged line"
		}
	}
	return ""
}

// run runs a command line in this process.
func (h *hostileRun) run(args []string, stdin string) (stdout, stderr string, code int) {
	h.t.Helper()
	h.runs++
	scratch := testenv.QuickDir(h.t)
	var streams [3]*os.File
	for i, data := range []string{stdin, "", ""} {
		f, err := os.OpenFile(filepath.Join(scratch, []string{"in", "out", "err"}[i]), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
		h.must(err)
		defer f.Close()
		_, err = io.WriteString(f, data)
		h.must(err)
		_, err = f.Seek(0, io.SeekStart)
		h.must(err)
		streams[i] = f
	}
	in, out, errOut := os.Stdin, os.Stdout, os.Stderr
	os.Stdin, os.Stdout, os.Stderr = streams[0], streams[1], streams[2]
	defer func() { os.Stdin, os.Stdout, os.Stderr = in, out, errOut }()
	code = run(append([]string{"licseal"}, args...))
	return h.read(streams[1].Name()), h.read(streams[2].Name()), code
}
