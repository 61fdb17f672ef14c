package profile_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/licseal/licseal/internal/profile"
)

// What is written is read, whatever its texts are.
func TestText(t *testing.T) {
	for _, text := range []string{"Acme Studio", "a: b", "- x", "#1", "42", "null", "yes", "2026-01-01", `"quoted"`, "ünïcode ☃", "&a", "*a", " edge "} {
		n := profile.New{Product: text, Schema: "./" + text, Key: text, Trust: []string{text, "b.pub"}, Revocations: text, Expires: "+365d", Variable: "ACME", Secret: "acme"}
		data, err := n.Text()
		if err != nil {
			t.Fatal(err)
		}
		got, err := profile.Parse("/acme/licseal.yaml", data)
		if err != nil {
			t.Errorf("%q: %v\n%s", text, err, data)
			continue
		}
		want := &profile.Profile{
			Path: "/acme/licseal.yaml", Product: text, Schema: "/acme/" + text, Key: "/acme/" + text, Trust: []string{"/acme/" + text, "/acme/b.pub"},
			Revocations: "/acme/" + text, Expires: "+365d", Variable: "ACME", Secret: "acme",
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(profile.Profile{}), cmpopts.IgnoreFields(profile.Profile{}, "Digest")); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestNames(t *testing.T) {
	for product, want := range map[string][2]string{
		"Acme Studio": {"ACME_STUDIO_LICENSE", "acme-studio-license"}, "acme": {"ACME_LICENSE", "acme-license"},
		"Büro 2000": {"B_RO_2000_LICENSE", "b-ro-2000-license"}, "3D": {}, "": {}, "日本": {}, "-": {},
	} {
		variable, secret := profile.Names(product)
		if variable != want[0] || secret != want[1] {
			t.Errorf("%q: %s, %s", product, variable, secret)
		}
	}
}
