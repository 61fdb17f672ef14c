package forms_test

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/forms"
)

// readHCL returns the value of an attribute, as HCL reads it: with escapes, and in
// Unicode's form NFC.
func readHCL(t *testing.T, line, name string) string {
	t.Helper()
	text, isAttribute := strings.CutPrefix(line, name+` = "`)
	text, ends := strings.CutSuffix(text, "\"\n")
	if !isAttribute || !ends {
		t.Fatalf("%q is not the attribute %s", line, name)
	}
	unescaped := strings.NewReplacer(`\\`, `\`, `\"`, `"`, "$${", "${", "%%{", "%{", `\u007f`, "\x7f").Replace(text)
	if plain := strings.NewReplacer(`\\`, ``, `\"`, ``, "$${", "", "%%{", "").Replace(text); strings.Contains(plain, `"`) || strings.Contains(plain, "${") || strings.Contains(plain, "%{") {
		t.Errorf("%q ends, or is evaluated", text)
	}
	return norm.NFC.String(unescaped)
}

// HCL reads the licence, whatever its characters are, at the limits of each kind of
// escape.
func TestHCL(t *testing.T) {
	odd := []string{"\u007f", "\u0080", "é", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0001f511", "\U0010fc00", "\U0010ffff"}
	for _, customer := range append(append([]string{strings.Join(odd, "")}, odd...), customers...) {
		for _, text := range []string{customer, customer + " So\u0308hne"} { // the second is not in form NFC
			want := licence(t, text)
			if got := readHCL(t, write(t, "hcl", want, forms.Options{Name: "mine"}), "mine"); !same(t, got, want) {
				t.Errorf("%q\nis read as %q", want, got)
			}
			isASCII := strings.Trim(write(t, "hcl", want, forms.Options{}), ascii) == ""
			if isNFC := norm.NFC.IsNormalString(want); !isNFC && !isASCII {
				t.Errorf("%q is not written in ASCII", want)
			}
		}
	}
	if got, want := write(t, "hcl", licence(t, "é"), forms.Options{}), `kong_license_data = "{`; !strings.HasPrefix(got, want) || !strings.Contains(got, "é") {
		t.Errorf("%s", got)
	}
}

var ascii = func() string {
	var b strings.Builder
	for c := range 128 {
		b.WriteByte(byte(c))
	}
	return b.String()
}()

// Which addresses are accepted, and what becomes of them.
func TestAdminURL(t *testing.T) {
	text := licence(t, "x")
	for address, want := range map[string]string{
		"": "http://localhost:8001/licenses", "http://h": "http://h/licenses", "https://h:8444/": "https://h:8444/licenses", "https://h/admin//": "https://h/admin/licenses", "HTTP://h": "HTTP://h/licenses",
		"ftp://h": "", "http://": "", "http:/h": "", "//h": "", "h": "", "h:8001": "", "http://%zz": "", "https:h": "", "file:///x": "",
	} {
		for _, form := range []string{"curl", "httpie"} {
			f, err := forms.New(form, forms.Options{AdminURL: address})
			if want == "" {
				if message := `--admin-url "` + address + `" is not a URL; write it as http://localhost:8001`; err == nil || err.Error() != message {
					t.Errorf("%q: %v", address, err)
				}
				continue
			}
			lic, parseErr := licseal.ParseUnverified([]byte(text))
			if err != nil || parseErr != nil {
				t.Fatal(address, err, parseErr)
			}
			if got, err := f.Write(lic); err != nil || !strings.Contains(got, " POST '"+want+"' ") {
				t.Errorf("%q: %s, %v", address, got, err)
			}
		}
	}
}

// What each form is without options: how it begins and ends around the licence. A file,
// or a line of one, ends in a line end.
func TestDefaults(t *testing.T) {
	text := licence(t, "x")
	const id = "30b4edb7-0847-4f65-af90-efbed8b0161f"
	object := func(kind, name, namespace string) string {
		s := "apiVersion: v1\nkind: " + kind + "\nmetadata:\n  name: " + name + "\n"
		if namespace != "" {
			s += "  namespace: " + namespace + "\n"
		}
		return s
	}
	quoted := strings.ReplaceAll(text, `"`, `\"`)
	want := map[string]string{
		"string":       text,
		"body":         `{"payload":"` + quoted + `"}`,
		"curl":         `curl -sS --fail-with-body -X POST 'http://localhost:8001/licenses' -H 'Content-Type: application/json' --data-binary '{"payload":"` + quoted + `"}'` + "\n",
		"httpie":       "http --ignore-stdin --check-status POST 'http://localhost:8001/licenses' payload='" + text + "'\n",
		"env":          "export KONG_LICENSE_DATA='" + text + "'\n",
		"dotenv":       "KONG_LICENSE_DATA='" + text + "'\n",
		"k8s-secret":   object("Secret", "kong-enterprise-license", "") + "type: Opaque\nstringData:\n  license: '" + text + "'\n",
		"mesh-secret":  object("Secret", "kong-mesh-license", "kong-mesh-system") + "type: Opaque\nstringData:\n  license.json: '" + text + "'\n",
		"kong-license": strings.Replace(object("KongLicense", "kong-license", ""), "v1", "configuration.konghq.com/v1alpha1", 1) + "enabled: true\nrawLicenseString: '" + text + "'\n",
		"reconciler":   "_format_version: '3.0'\nlicenses:\n  - id: " + id + "\n    payload: '" + text + "'\n",
		"hcl":          `kong_license_data = "` + quoted + "\"\n",
	}
	for _, name := range forms.Names() {
		o := forms.Options{}
		if name == "reconciler" {
			o.ID = id
		}
		got := write(t, name, text, o)
		if want, ok := want[name]; ok {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
	if got := write(t, "form", text, forms.Options{}); !strings.HasPrefix(got, "payload=%7B%22license%22") || strings.HasSuffix(got, "\n") {
		t.Errorf("form: %s", got)
	}
	if got := write(t, "armored", text, forms.Options{}); !strings.HasPrefix(got, "-----BEGIN ") || !strings.HasSuffix(got, "-----\n") {
		t.Errorf("armored: %s", got)
	}
	lines := strings.Split(strings.TrimSuffix(forms.Describe(), "\n"), "\n")
	for i, name := range forms.Names() {
		if len(lines) != len(forms.Names()) || strings.Fields(lines[i])[0] != name || len(lines[i]) > 80 {
			t.Errorf("%s is described as %q", name, lines[i])
		}
	}
}

// Names at their limits.
func TestNames(t *testing.T) {
	const id = "30b4edb7-0847-4f65-af90-efbed8b0161f"
	n := func(n int) string { return strings.Repeat("n", n) }
	for _, test := range []struct {
		form string
		o    forms.Options
		ok   bool
	}{
		{"k8s-secret", forms.Options{Name: n(253), Namespace: n(63)}, true},
		{"k8s-secret", forms.Options{Name: "a.b"}, true},
		{"k8s-secret", forms.Options{Name: "a..b"}, false},
		{"kong-license", forms.Options{Namespace: "x"}, false},
		{"env", forms.Options{Name: "_"}, true}, {"env", forms.Options{Name: "a1"}, true}, {"env", forms.Options{Name: "1a"}, false}, {"env", forms.Options{Name: "a-b"}, false},
		{"env", forms.Options{Name: "A\n"}, false}, {"dotenv", forms.Options{Name: "a b"}, false}, {"hcl", forms.Options{Name: "a-b"}, true}, {"hcl", forms.Options{Name: "-a"}, false},
		{"curl", forms.Options{ID: id}, true}, {"curl", forms.Options{ID: strings.ToUpper(id)}, true}, {"curl", forms.Options{ID: id + "0"}, false}, {"curl", forms.Options{ID: id[:35]}, false},
		{"curl", forms.Options{ID: "x" + id[1:]}, false}, {"curl", forms.Options{ID: "urn:uuid:" + id}, false}, {"reconciler", forms.Options{ID: id}, true},
	} {
		if f, err := forms.New(test.form, test.o); (err == nil) != test.ok || (f == nil) != (err != nil) {
			t.Errorf("%s %+v: %v", test.form, test.o, err)
		}
	}
}
