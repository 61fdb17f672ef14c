package check_test

import (
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
)

// meshLicence returns a licence with the fields of Kong Mesh.
func meshLicence(t *testing.T) string {
	t.Helper()
	return signed(t, `"admin_seats":"5",`, "", `,"support_plan":"None"`, "", "Konnect Enterprise", "Kong Mesh")
}

// The licence in the Secret of Kong Mesh is judged by the schema of its product, unless a
// schema is named.
func TestSchemaBySecret(t *testing.T) {
	mesh := secret("kong-mesh-license", "data", "license.json", base64Of(meshLicence(t)))
	gateway := secret("kong-enterprise-license", "data", "license", base64Of(meshLicence(t)))
	for _, test := range []struct {
		name, dump string
		change     func(*check.Options)
		want       string
	}{
		{"mesh", mesh, nil, ""},
		{"mesh, not checked", mesh, func(o *check.Options) { o.Trusted, o.NoSignature = nil, true }, "note signature-not-checked"},
		{"mesh, with a schema that is named", mesh, func(o *check.Options) { o.Schema = schema.Kong() }, "error other-schema"},
		{"gateway", gateway, nil, "error other-schema"},
	} {
		t.Run(test.name, func(t *testing.T) {
			all, err := check.KubernetesDump([]byte(test.dump))
			if err != nil {
				t.Fatal(err)
			}
			c := newChecker(t, test.change)
			for how, r := range map[string]*check.Result{"as a dump": c.Installed(all[0]), "as a file": c.License("secret.yaml", []byte(test.dump))} {
				var rest []check.Finding
				for _, f := range r.Findings {
					if f.Stage != check.StageDocument {
						rest = append(rest, f)
					}
				}
				if got := codes(rest); got != test.want {
					t.Errorf("%s: %s; want %s: %v", how, got, test.want, r.Findings)
				}
			}
		})
	}
}

// So is it if the file has more manifests.
func TestSchemaBySecretOfSeveral(t *testing.T) {
	other := secret("kong-enterprise-license", "data", "license", base64Of(strings.Replace(signed(t), `"5"`, `"9"`, 1)))
	text := other + "---\n" + secret("kong-mesh-license", "data", "license.json", base64Of(meshLicence(t)))
	r := newChecker(t, nil).License("secrets.yaml", []byte(text))
	if codes(r.Findings) != "error secret-manifest" || r.Product != "Kong Mesh" {
		t.Errorf("%v", r.Findings)
	}
}

// A date without leading zeros is a warning if the signature is not checked, and an error
// if it is.
func TestUnpaddedDates(t *testing.T) {
	text := signed(t, "2026-01-01", "2026-1-1", "2027-01-01", "2027-8-04")
	r := newChecker(t, nil).License("", []byte(text))
	if codes(r.Findings) != "error wrong-field, error wrong-field" || r.State != "" {
		t.Errorf("signed: %v", r.Findings)
	}
	r = newChecker(t, func(o *check.Options) { o.Trusted, o.NoSignature = nil, true }).License("", []byte(text))
	if codes(r.Findings) != "note signature-not-checked, warning unpadded-date, warning unpadded-date" || r.State != verify.Valid ||
		!r.NotAfter.Equal(time.Date(2027, 8, 4, 0, 0, 0, 0, time.UTC)) || !r.OK() {
		t.Errorf("not checked: %v", r.Findings)
	}
	if string(r.Canonical()) != text {
		t.Errorf("the licence was changed: %s", r.Canonical())
	}
	// Other places are those of the text, and not of what was judged.
	r = newChecker(t, func(o *check.Options) { o.Trusted, o.NoSignature = nil, true }).License("", []byte(strings.Replace(text, `"None"`, `5`, 1)))
	last := r.Findings[len(r.Findings)-1]
	want := licseal.Position{Pointer: "/license/payload/support_plan", Line: 1, Column: strings.Index(text, `"None"`) + 1}
	if last.Code != check.CodeWrongField || last.Position != want {
		t.Errorf("%v; want a place of %v", last, want)
	}
	// What is not a date stays an error.
	r = newChecker(t, func(o *check.Options) { o.Trusted, o.NoSignature = nil, true }).License("", []byte(signed(t, "2027-01-01", "2027-2-30")))
	if r.OK() {
		t.Errorf("30 February: %v", r.Findings)
	}
}
