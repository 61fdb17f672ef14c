package forms_test

import (
	"crypto/ed25519"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/forms"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/sign"
)

// customers are names that reveal careless quoting.
var customers = []string{
	"Example Company, Inc",
	"O'Brien & Söhne \"Ltd\" \\ $HOME",
	"first line\nsecond line\r\n\tthird",
	"`id` $(id) ${HOME} %{if true} {{ .x }} !! #hash %HOME%",
	"'''\"\"\"\\\\\\",
	"a:=b a=@/etc/passwd a==b a@b; \\:\\=",
	"--- \n... \n- x: y # z",
	"\x01\x1f\x7f\u0085\u00a0\u2028\u2029\ufeff\U0001f511",
	"NFD: So\u0308hne, \u212b, \uf900",
	"$'x' ~ * ? [a] <b> | & ; \\n \\u0027",
	" leading and trailing ",
	"yes", "null", "0x10", "2026-01-01",
}

func licence(t testing.TB, customer string) string {
	t.Helper()
	name, err := json.Marshal(customer)
	if err != nil {
		t.Fatal(err)
	}
	p, err := licseal.ParsePayload([]byte(`{"customer":` + string(name) + `,"license_creation_date":"2026-01-01","license_expiration_date":"2027-01-01","license_key":"LS-0001"}`))
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(p, ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	return lic.String()
}

func write(t testing.TB, form, payload string, o forms.Options) string {
	t.Helper()
	f, err := forms.New(form, o)
	if err != nil {
		t.Fatal(err)
	}
	lic, err := licseal.ParseUnverified([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	text, err := f.Write(lic)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// run runs a shell script in an empty folder.
func run(t *testing.T, script string, env ...string) string {
	t.Helper()
	cmd := exec.Command("sh", "-c", script)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v:\n%s", err, script)
	}
	return string(out)
}

// server records its last request.
type server struct {
	*httptest.Server
	last atomic.Pointer[request]
}

type request struct {
	method, path, contentType string
	body                      []byte
}

func newServer(t *testing.T) *server {
	s := new(server)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.last.Store(&request{r.Method, r.URL.Path, r.Header.Get("Content-Type"), body})
		w.WriteHeader(http.StatusCreated)
	}))
	t.Cleanup(s.Close)
	return s
}

// received returns the last request, and the payload in it.
func (s *server) received(t *testing.T) (*request, string) {
	t.Helper()
	r := s.last.Load()
	return r, r.payload(t)
}

func (r *request) payload(t *testing.T) string {
	t.Helper()
	if media, _, _ := strings.Cut(r.contentType, ";"); media == "application/x-www-form-urlencoded" {
		form := httptest.NewRequest("POST", "/", strings.NewReader(string(r.body)))
		form.Header.Set("Content-Type", r.contentType)
		return form.PostFormValue("payload")
	}
	var body struct{ Payload string }
	if err := json.Unmarshal(r.body, &body); err != nil {
		t.Fatalf("%v: %q", err, r.body)
	}
	return body.Payload
}

// A shell, curl and HTTPie read the licence back, byte for byte.
func TestShell(t *testing.T) {
	for _, program := range []string{"sh", "curl", "http"} {
		testenv.Programs(t, program)
	}
	s := newServer(t)
	const id = "30b4edb7-0847-4f65-af90-efbed8b0161f"
	for _, customer := range customers {
		want := licence(t, customer)
		script := write(t, "env", want, forms.Options{}) + "printf %s \"$KONG_LICENSE_DATA\""
		if got := run(t, script); got != want {
			t.Errorf("env: %q\nis read as %q", want, got)
		}
		run(t, write(t, "curl", want, forms.Options{AdminURL: s.URL}))
		if r, got := s.received(t); got != want || r.method != "POST" || r.path != "/licenses" {
			t.Errorf("curl: %q\nis read as %q (%s %s)", want, got, r.method, r.path)
		}
		run(t, "curl -sS -d @- "+s.URL+" <<'END'\n"+write(t, "form", want, forms.Options{})+"\nEND\n")
		if _, got := s.received(t); strings.TrimSuffix(got, "\n") != want {
			t.Errorf("form: %q\nis read as %q", want, got)
		}
	}
	for _, customer := range customers[:10] { // HTTPie takes a second to start
		want := licence(t, customer)
		run(t, write(t, "httpie", want, forms.Options{AdminURL: s.URL, ID: id}))
		if r, got := s.received(t); got != want || r.method != "PUT" || r.path != "/licenses/"+id {
			t.Errorf("httpie: %q\nis read as %q (%s %s)", want, got, r.method, r.path)
		}
	}
	run(t, write(t, "curl", licence(t, customers[1]), forms.Options{AdminURL: s.URL, ID: id}))
	if r, _ := s.received(t); r.method != "PUT" || r.path != "/licenses/"+id {
		t.Errorf("curl with an id: %s %s", r.method, r.path)
	}
}

// same reports whether a text is the licence, in canonical form or not.
func same(t *testing.T, text, licence string) bool {
	t.Helper()
	lic, err := licseal.ParseUnverified([]byte(text))
	if err != nil {
		t.Errorf("%v: %q", err, text)
		return false
	}
	return lic.String() == licence && (text == licence || strings.Contains(text, `\u`))
}

// A shell can read a .env file. Other readers of it are tested in peers/forms.
func TestDotenv(t *testing.T) {
	for _, customer := range customers {
		want := licence(t, customer)
		file := filepath.Join(t.TempDir(), ".env")
		text := "BEFORE=1\n" + write(t, "dotenv", want, forms.Options{Name: "LICENCE"}) + "AFTER=2\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := run(t, ". "+file+"; printf %s \"$LICENCE\""); !same(t, got, want) {
			t.Errorf("sh: %q\nis read as %q", want, got)
		}
	}
}

func TestManifests(t *testing.T) {
	type object struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Metadata   struct{ Name, Namespace string }
		StringData map[string]string `yaml:"stringData"`
		Raw        string            `yaml:"rawLicenseString"`
		Enabled    bool
		Licenses   []struct{ ID, Payload string }
	}
	for _, customer := range customers {
		want := licence(t, customer)
		read := func(form string, o forms.Options) (out object) {
			t.Helper()
			if err := yaml.Unmarshal([]byte(write(t, form, want, o)), &out); err != nil {
				t.Fatal(err)
			}
			return out
		}
		if o := read("k8s-secret", forms.Options{Namespace: "kong"}); o.Kind != "Secret" || o.Metadata.Name != "kong-enterprise-license" || o.Metadata.Namespace != "kong" || o.StringData["license"] != want {
			t.Errorf("%q is read as %+v", want, o)
		}
		if o := read("mesh-secret", forms.Options{}); o.Metadata.Name != "kong-mesh-license" || o.StringData["license.json"] != want {
			t.Errorf("%q is read as %+v", want, o)
		}
		if o := read("kong-license", forms.Options{Name: "mine"}); o.Kind != "KongLicense" || o.Metadata.Name != "mine" || !o.Enabled || o.Raw != want {
			t.Errorf("%q is read as %+v", want, o)
		}
		if o := read("reconciler", forms.Options{ID: "30B4EDB7-0847-4f65-af90-efbed8b0161f"}); len(o.Licenses) != 1 || o.Licenses[0].Payload != want || o.Licenses[0].ID != "30b4edb7-0847-4f65-af90-efbed8b0161f" {
			t.Errorf("%q is read as %+v", want, o)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, test := range []struct {
		form string
		o    forms.Options
		want string
	}{
		{"xml", forms.Options{}, `--as "xml": the forms are string, body, form, curl, httpie, env, dotenv, k8s-secret, kong-license, mesh-secret, reconciler, hcl, armored`},
		{"env", forms.Options{ID: "30b4edb7-0847-4f65-af90-efbed8b0161f"}, "--as env does not use --id"},
		{"curl", forms.Options{Name: "x"}, "--as curl does not use --name"},
		{"string", forms.Options{Namespace: "x"}, "--as string does not use --namespace"},
		{"body", forms.Options{AdminURL: "http://x"}, "--as body does not use --admin-url"},
		{"curl", forms.Options{ID: "1; rm -rf ~"}, `--id "1; rm -rf ~" is not a UUID`},
		{"curl", forms.Options{ID: "{30b4edb7-0847-4f65-af90-efbed8b0161f}"}, `--id "{30b4edb7-0847-4f65-af90-efbed8b0161f}" is not a UUID`},
		{"curl", forms.Options{ID: "30b4edb708474f65af90efbed8b0161f"}, `--id "30b4edb708474f65af90efbed8b0161f" is not a UUID`},
		{"curl", forms.Options{AdminURL: "localhost:8001"}, `--admin-url "localhost:8001" is not a URL; write it as http://localhost:8001`},
		{"env", forms.Options{Name: "A B"}, `--name "A B" is not the name of a variable`},
		{"k8s-secret", forms.Options{Name: "A_B"}, `--name "A_B" is not the name of a Kubernetes object`},
		{"k8s-secret", forms.Options{Namespace: "a.b"}, `--namespace "a.b" is not the name of a namespace`},
		{"k8s-secret", forms.Options{Namespace: strings.Repeat("n", 64)}, `--namespace "` + strings.Repeat("n", 64) + `" is not the name of a namespace`},
		{"kong-license", forms.Options{Name: strings.Repeat("n", 254)}, "--name has 254 characters; Kubernetes accepts at most 253"},
		{"k8s-secret", forms.Options{Namespace: "a\nb: c"}, `--namespace "a\nb: c" is not the name of a namespace`},
		{"hcl", forms.Options{Name: "1x"}, `--name "1x" is not the name of an HCL attribute`},
		{"reconciler", forms.Options{}, forms.ErrNoID.Error()},
	} {
		if f, err := forms.New(test.form, test.o); f != nil || err == nil || err.Error() != test.want {
			t.Errorf("%s %+v: %v", test.form, test.o, err)
		}
	}
}

// Kong Mesh reads the integer version only. The version is kept as it is.
func TestMeshVersion(t *testing.T) {
	text := licence(t, "Example Company, Inc")
	for version, want := range map[string]string{
		`"version":"1"`: `the version is the string "1"; Kong Mesh reads only the integer 1, and refuses this licence`,
		`"version":1`:   "",
	} {
		lic, err := licseal.ParseUnverified([]byte(strings.Replace(text, `"version":"1"`, version, 1)))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range forms.Names() {
			f, err := forms.New(name, forms.Options{ID: map[string]string{"reconciler": "30b4edb7-0847-4f65-af90-efbed8b0161f"}[name]})
			if err != nil {
				t.Fatal(err)
			}
			want := want
			if name != "mesh-secret" {
				want = ""
			}
			if got := f.Warning(lic); got != want {
				t.Errorf("%s of %s: the warning is %q, want %q", name, version, got, want)
			}
		}
		if written := write(t, "mesh-secret", lic.String(), forms.Options{}); !strings.Contains(written, version+"}}") {
			t.Errorf("%s became %s", version, written)
		}
	}
}
