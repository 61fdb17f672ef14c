package web

import (
	"bytes"
	"compress/flate"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/keys"
)

// mostBytes is how large the page may be.
const mostBytes = 24_000

// dataOf returns what the script of a page would read.
func dataOf(t *testing.T, page []byte) (d data) {
	t.Helper()
	_, after, _ := bytes.Cut(page, []byte(`id="vendor">`))
	text, _, _ := bytes.Cut(after, []byte("</script>"))
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return d
}

func TestPage(t *testing.T) {
	public := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)).Public()
	until := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	hostile := "</script><script>alert(1)</script>\u2028"
	vendor := &Vendor{
		Name: hostile, Labels: map[string]string{hostile: hostile}, Roles: licseal.Roles{NotAfter: "/until"},
		Keys: []licseal.TrustedKey{{Key: public, Name: "issuing", Principals: []string{"vendor"}, ValidBefore: until}},
	}
	made, err := Page(vendor)
	if err != nil {
		t.Fatal(err)
	}
	d := dataOf(t, made)
	if d.Name != hostile || d.Labels[hostile] != hostile {
		t.Errorf("the text is another: %+v", d)
	}
	if strings.Count(string(made), "</script>") != strings.Count(page, "</script>") {
		t.Error("the text of a vendor is markup")
	}
	if diff := cmp.Diff(&roles{"/license_key", "/license_creation_date", "/until", ""}, d.Roles); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	read, err := keys.ParseTrusted("page", []byte(d.Keys))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(vendor.Keys, read); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestPlainPageIsTheTemplate(t *testing.T) {
	made, err := Page(&Vendor{})
	if err != nil || string(made) != page {
		t.Errorf("another page, or %v", err)
	}
}

func TestChain(t *testing.T) {
	made, err := Page(&Vendor{Anchor: "00", Chain: []byte("</script>\n")})
	if err != nil {
		t.Fatal(err)
	}
	if d := dataOf(t, made); d.Anchor != "00" || d.Chain != "</script>\n" || d.Keys != "" {
		t.Errorf("got %+v", d)
	}
	public := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)).Public()
	for _, v := range []*Vendor{{Chain: []byte("x")}, {Anchor: "00", Keys: []licseal.TrustedKey{{Key: public}}}} {
		if _, err := Page(v); err == nil {
			t.Errorf("%+v makes a page", v)
		}
	}
}

func TestBareKey(t *testing.T) {
	public := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)).Public()
	made, err := Page(&Vendor{Keys: []licseal.TrustedKey{{Key: public}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := dataOf(t, made).Keys; !strings.HasPrefix(got, "ssh-ed25519 AAAA") {
		t.Errorf("got %q", got)
	}
	if _, err := Page(&Vendor{Keys: []licseal.TrustedKey{{Key: "none"}}}); err == nil {
		t.Error("a key of another kind was written")
	}
}

func TestSize(t *testing.T) {
	if len(page) > mostBytes {
		t.Errorf("the page has %d bytes, and at most %d are allowed", len(page), mostBytes)
	}
}

// The page allows the one style, the script that unpacks, and what is packed; nothing else.
func TestPolicy(t *testing.T) {
	policy := regexp.MustCompile(`content="(default-src [^"]*)"`).FindStringSubmatch(page)
	if policy == nil {
		t.Fatal("the page has no Content-Security-Policy")
	}
	want := "default-src 'none'; script-src 'SCRIPT' 'PACKED'; style-src 'STYLE'; base-uri 'none'; form-action 'none'"
	for name, element := range map[string]string{"STYLE": `(?s)<style>(.*?)</style>`, "SCRIPT": `(?s)<script type="module">(.*?)</script>`} {
		found := regexp.MustCompile(element).FindAllStringSubmatch(page, -1)
		if len(found) != 1 {
			t.Fatalf("%d elements %s", len(found), element)
		}
		digest := sha256.Sum256([]byte(found[0][1]))
		want = strings.Replace(want, name, "sha256-"+base64.StdEncoding.EncodeToString(digest[:]), 1)
	}
	packed := regexp.MustCompile(`id="packed">([A-Za-z0-9+/=]*)</script>`).FindStringSubmatch(page)
	if packed == nil {
		t.Fatal("the page has no packed script")
	}
	unpacked := sha256.New()
	if _, err := io.Copy(unpacked, flate.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(packed[1])))); err != nil {
		t.Fatal(err)
	}
	want = strings.Replace(want, "PACKED", "sha256-"+base64.StdEncoding.EncodeToString(unpacked.Sum(nil)), 1)
	if policy[1] != want {
		t.Errorf("the policy is\n%s\nwant\n%s", policy[1], want)
	}
	if found := regexp.MustCompile(`(?i)\s(?:src|href|action|on[a-z]+)=`).FindString(page[:strings.Index(page, `<script type="module">`)]); found != "" {
		t.Errorf("the page has an attribute%s", found)
	}
}

func TestLabels(t *testing.T) {
	got, err := Labels([]byte(`{"properties":{"customer":{"title":"Customer"},"seats":{"type":"integer"},"any":true}}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"customer": "Customer"}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if _, err := Labels([]byte("no schema")); err == nil {
		t.Error("a text that is no schema has labels")
	}
}

// A key that cannot be written is named by its number, from 1.
func TestPageOfBadKeys(t *testing.T) {
	good := licseal.TrustedKey{Key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)).Public(), Name: "good"}
	bad := licseal.TrustedKey{Key: "no key", Name: "bad"}
	for _, test := range []struct {
		keys []licseal.TrustedKey
		want string
	}{
		{[]licseal.TrustedKey{bad}, `trusted key 1, "bad": `},
		{[]licseal.TrustedKey{good, good, bad}, `trusted key 3, "bad": `},
		{[]licseal.TrustedKey{good, {Key: bad.Key, Name: "worse", Principals: []string{"a"}}}, `trusted key 2, "worse": `},
	} {
		if page, err := Page(&Vendor{Keys: test.keys}); err == nil || !strings.HasPrefix(err.Error(), test.want) || page != nil {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
}
