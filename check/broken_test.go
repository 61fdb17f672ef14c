package check_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"mime/quotedprintable"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/verify"
)

var update = flag.Bool("update", false, "rewrite testdata/broken")

// published returns the licence that Kong prints as an example and that was
// valid for a day.
func published(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("../testdata/published/kong-until-2017-07-21.json")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// brokenText is one way in which people break a licence.
type brokenText struct {
	name   string
	expect string // the codes that are found in the document, in order
	repair bool   // the licence can be had back
	why    string
	make   func(licence string) string
}

func jsonString(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(s)
	return strings.TrimSpace(b.String())
}

func indented(s string) string {
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(s), "", "  "); err != nil {
		panic(err)
	}
	return b.String()
}

func utf16Text(s string, bigEndian bool) string {
	var b bytes.Buffer
	for _, u := range append([]uint16{0xfeff}, utf16.Encode([]rune(s))...) {
		if bigEndian {
			b.Write([]byte{byte(u >> 8), byte(u)})
		} else {
			b.Write([]byte{byte(u), byte(u >> 8)})
		}
	}
	return b.String()
}

func base64Of(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func wrapped(s string, width int) string {
	var b strings.Builder
	for len(s) > width {
		b.WriteString(s[:width] + "\n")
		s = s[width:]
	}
	return b.String() + s + "\n"
}

// curly makes the quotes of a text look better, as a word processor does.
func curly(s string) string {
	open := true
	return strings.Map(func(r rune) rune {
		if r != '"' {
			return r
		}
		open = !open
		if open {
			return '\u201d'
		}
		return '\u201c'
	}, s)
}

const record = `{"created_at":1500508800,"id":"30b4edb7-0847-4f65-af90-efbed8b0161f","payload":%s,"updated_at":%d}`

func secret(name, field, key, value string) string {
	return fmt.Sprintf("apiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\n  namespace: kong\ntype: Opaque\n%s:\n  %s: %s\n", name, field, key, value)
}

var brokenTexts = []brokenText{
	{"byte-order-mark", "byte-order-mark", true, "saved by an editor on Windows", func(l string) string { return "\ufeff" + l }},
	{"crlf", "crlf", true, "lines that end as on Windows; JSON allows it", func(l string) string { return strings.ReplaceAll(indented(l), "\n", "\r\n") + "\r\n" }},
	{"byte-order-mark-crlf", "byte-order-mark", true, "both", func(l string) string { return "\ufeff" + strings.ReplaceAll(indented(l), "\n", "\r\n") }},
	{"utf-16-little-endian", "utf-16", true, "written by > in Windows PowerShell", func(l string) string { return utf16Text(l, false) }},
	{"utf-16-big-endian", "utf-16", true, "the other byte order", func(l string) string { return utf16Text(l, true) }},
	{"utf-16-odd", "utf-16", false, "its last byte is lost", func(l string) string { s := utf16Text(l, false); return s[:len(s)-1] }},

	{"curly-quotes", "curly-quotes", true, "pasted from a mail or a wiki", curly},
	{"curly-quotes-german", "curly-quotes", true, "low and high quotes", func(l string) string {
		return strings.ReplaceAll(strings.ReplaceAll(curly(l), "\u201c", "\u201e"), "\u201d", "\u201c")
	}},
	{"curly-quotes-some", "curly-quotes", true, "only one string was retyped", func(l string) string {
		return strings.Replace(l, `"None"`, "\u201cNone\u201d", 1)
	}},
	{"curly-quotes-half", "curly-quotes", true, "a string begins with a straight quote and ends with a curly one", func(l string) string {
		return strings.Replace(l, `"None"`, "\"None\u201d", 1)
	}},
	{"single-quotes", "single-quotes", true, "a dictionary as Python prints it", func(l string) string { return strings.ReplaceAll(l, `"`, `'`) }},
	{"no-break-spaces", "invisible-characters", true, "indented with U+00A0 by a wiki", func(l string) string {
		return strings.ReplaceAll(indented(l), "  ", "\u00a0\u00a0")
	}},
	{"zero-width-space", "invisible-characters", true, "U+200B at the end of a web page's line", func(l string) string { return l + "\u200b" }},

	{"escaped-twice", "escaped-twice", true, "the inside of a JSON string", func(l string) string { s := jsonString(l); return s[1 : len(s)-1] }},
	{"escaped-twice-quoted", "escaped-twice", true, "a JSON string that holds the licence", jsonString},
	{"escaped-three-times", "escaped-twice,escaped-twice", true, "a JSON string in a JSON string", func(l string) string { return jsonString(jsonString(l)) }},
	{"escaped-twice-indented", "escaped-twice", true, "escaped with its line breaks", func(l string) string { s := jsonString(indented(l)); return s[1 : len(s)-1] }},
	{"wrapped-in-single-quotes", "wrapped-in-quotes", true, "quotes that a .env file was to take off", func(l string) string { return "'" + l + "'\n" }},
	{"wrapped-in-double-quotes", "wrapped-in-quotes", true, "quotes around, nothing escaped", func(l string) string { return `"` + l + `"` }},
	{"wrapped-in-backticks", "wrapped-in-quotes", true, "copied from a chat", func(l string) string { return "`" + l + "`" }},
	{"wrapped-in-code-fence", "surrounding-text", true, "copied with its Markdown fence", func(l string) string { return "```json\n" + l + "\n```\n" }},
	{"doubled-quotes", "doubled-quotes", true, "copied out of a CSV file", func(l string) string { return `"` + strings.ReplaceAll(l, `"`, `""`) + `"` }},
	{"quotes-lost", "quotes-lost", false, "a shell took the quotes off", func(l string) string { return strings.ReplaceAll(l, `"`, "") }},
	{"hex-escaped", "hex-escaped", true, "copied out of the log of a web server", func(l string) string { return strings.ReplaceAll(l, `"`, `\x22`) }},
	{"data-uri", "data-uri,base64", true, "as a browser hands a file on", func(l string) string { return "data:application/json;base64," + base64Of(l) }},
	{"hcl-attribute", "env-assignment,escaped-twice", true, "a line of a terraform.tfvars file", func(l string) string { return "kong_license = " + jsonString(l) + "\n" }},
	{"html-escaped", "html-escaped", true, "copied from the source of a web page", func(l string) string { return strings.ReplaceAll(l, `"`, "&quot;") }},

	{"base64", "base64", true, "as kubectl prints a Secret's data", base64Of},
	{"base64-wrapped", "base64", true, "as base64 prints it, with line breaks", func(l string) string { return wrapped(base64Of(l), 76) }},
	{"base64-url", "base64", true, "the alphabet of URLs, without padding", func(l string) string { return base64.RawURLEncoding.EncodeToString([]byte(l)) }},
	{"base64-twice", "base64,base64", true, "encoded by hand, and once more by a tool", func(l string) string { return base64Of(base64Of(l)) }},
	{"base64-newline", "base64", true, "echo added a newline before it was encoded", func(l string) string { return base64Of(l + "\n") }},
	{"base64-byte-order-mark", "base64,byte-order-mark", true, "two breakages on top of each other", func(l string) string { return base64Of("\ufeff" + l) }},
	{"base64-truncated", "base64", false, "half of it was copied", func(l string) string { s := base64Of(l); return s[:len(s)/2+1] }},

	{"mail-footer", "surrounding-text", true, "the last lines of the mail were copied too", func(l string) string { return l + "\n-- \nKind regards\nThe licence desk\n" }},
	{"mail-header", "surrounding-text", true, "the first lines of the mail were copied too", func(l string) string { return "Hello,\n\nhere is your licence:\n\n" + l + "\n" }},
	{"mail-around", "surrounding-text", true, "both", func(l string) string { return "Hello,\n\n" + indented(l) + "\n\nKind regards\n" }},
	{"mail-quoted", "quoted-lines", true, "copied from the answer to a mail", func(l string) string { return "> " + strings.ReplaceAll(indented(l), "\n", "\n> ") + "\n" }},
	{"mail-source", "quoted-printable", true, "copied from the source of a mail", func(l string) string {
		var b bytes.Buffer
		w := quotedprintable.NewWriter(&b)
		w.Write([]byte(l))
		w.Close()
		return b.String()
	}},
	{"mail-curly", "curly-quotes,surrounding-text", true, "a mail with curly quotes", func(l string) string { return "Hello,\n\n" + curly(l) + "\n\nKind regards\n" }},
	{"mail-wrapped", "line-break,ambiguous", false, "a string was broken at column 72; a space may be lost", func(l string) string {
		return strings.Replace(l, "Example Company, Inc", "Example Company,\nInc", 1)
	}},
	{"signature-wrapped", "signature-format", true, "the signature was broken at a line's end", func(l string) string {
		return strings.Replace(l, "24cc2122", "24cc\n2122", 1)
	}},
	{"signature-upper-case", "signature-format", true, "the same digits in upper case", func(l string) string {
		at := strings.Index(l, `"signature":"`) + len(`"signature":"`)
		return l[:at] + strings.ToUpper(l[at:at+128]) + l[at+128:]
	}},
	{"signature-short", "signature-format", false, "two digits are lost", func(l string) string { return strings.Replace(l, "24cc2122", "cc2122", 1) }},

	{"env-line", "env-assignment,wrapped-in-quotes", true, "the whole line of a .env file", func(l string) string { return "KONG_LICENSE_DATA='" + l + "'\n" }},
	{"env-export", "env-assignment", true, "a line of a shell script, its quotes lost", func(l string) string { return "export KONG_LICENSE_DATA=" + l + "\n" }},
	{"env-base64", "env-assignment,base64", true, "and encoded", func(l string) string { return "KONG_LICENSE_DATA=" + base64Of(l) }},
	{"form-body", "form-body", true, "a form-encoded request", func(l string) string { return "payload=" + url.QueryEscape(l) }},
	{"form-value", "form-body", true, "only its value", url.QueryEscape},
	{"admin-body", "admin-body", true, "the body to POST", func(l string) string { return `{"payload":` + jsonString(l) + `}` }},
	{"admin-body-object", "admin-body", true, "a body whose payload is no string", func(l string) string { return `{"payload":` + l + `}` }},
	{"admin-record", "admin-record", true, "what GET /licenses/{id} answers", func(l string) string { return fmt.Sprintf(record, jsonString(l), 1500508800) }},
	{"admin-list", "admin-list", true, "what GET /licenses answers", func(l string) string {
		return `{"data":[` + fmt.Sprintf(record, jsonString(l), 1500508800) + `],"next":null}`
	}},
	{"admin-list-two", "admin-list", true, "of two, the newest updated_at is active", func(l string) string {
		old := strings.Replace(l, "2017-07-21", "2017-07-20", 1)
		return `{"data":[` + fmt.Sprintf(record, jsonString(old), 1500000000) + `,` + fmt.Sprintf(record, jsonString(l), 1500508800) + `],"next":null}`
	}},
	{"admin-list-documented", "trailing-comma,admin-list", true, "with the commas that Kong's documentation prints", func(l string) string {
		return "{\n\"data\": [\n" + fmt.Sprintf(record, jsonString(l), 1500508800) + ",\n],\n\"next\": null,\n}"
	}},
	{"admin-list-empty", "admin-list", false, "no licence is installed", func(string) string { return `{"data":[],"next":null}` }},
	{"admin-error", "admin-error", false, "the answer of a wrong URL", func(string) string { return `{"message":"Not found"}` }},
	{"secret-data", "secret-manifest", true, "the manifest of a Secret", func(l string) string {
		return secret("kong-enterprise-license", "data", "license", base64Of(l))
	}},
	{"secret-string-data", "secret-manifest", true, "its plain form", func(l string) string {
		return secret("kong-enterprise-license", "stringData", "license", "'"+l+"'")
	}},
	{"secret-wrong-key", "secret-wrong-key", true, "the chart looks for the key license", func(l string) string {
		return secret("kong-enterprise-license", "data", "license.json", base64Of(l))
	}},
	{"secret-base64-twice", "secret-manifest,base64", true, "encoded by hand, and by kubectl", func(l string) string {
		return secret("kong-enterprise-license", "data", "license", base64Of(base64Of(l)))
	}},
	{"secret-mesh", "secret-manifest", true, "Kong Mesh has another key", func(l string) string {
		return secret("kong-mesh-license", "data", "license.json", base64Of(l))
	}},
	{"secret-json", "secret-manifest", true, "as kubectl get -o json prints it", func(l string) string {
		return `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"kong-enterprise-license"},"data":{"license":"` + base64Of(l) + `"}}`
	}},
	{"kong-license", "kong-license-manifest", true, "the manifest of a KongLicense", func(l string) string {
		return "apiVersion: configuration.konghq.com/v1alpha1\nkind: KongLicense\nmetadata:\n  name: kong\nenabled: true\nrawLicenseString: '" + l + "'\n"
	}},
	{"compose-file", "yaml-value", true, "the licence is a value in a compose file", func(l string) string {
		return "services:\n  kong:\n    environment:\n      KONG_LICENSE_DATA: '" + l + "'\n"
	}},

	{"version-integer", "version-integer", true, "no fault: licences that Kong issues have it", func(l string) string { return strings.Replace(l, `"version":"1"`, `"version":1`, 1) }},
	{"trailing-comma", "trailing-comma", true, "a comma behind the last member", func(l string) string { return strings.Replace(l, `"version":"1"}`, `"version":"1",}`, 1) }},
	{"missing-envelope", "missing-envelope", true, "the outer object was taken off", func(l string) string { return strings.TrimSuffix(strings.TrimPrefix(l, `{"license":`), "}") }},
	{"bare-payload", "bare-payload", false, "only what is signed, without the signature", func(l string) string {
		lic, _ := licseal.ParseUnverified([]byte(l))
		return string(lic.Payload.Bytes())
	}},
	{"truncated", "truncated", false, "half of it was copied", func(l string) string { return l[:len(l)/2] }},
	{"missing-brace", "truncated", false, "the last character was not copied", func(l string) string { return l[:len(l)-1] }},
	{"truncated-newline", "truncated", false, "half of it, and a new line", func(l string) string { return l[:len(l)/2] + "\n" }},
	{"extra-brace", "surrounding-text", true, "a bracket too many", func(l string) string { return l + "}\n" }},
	{"license-string", "escaped-twice", true, "the document as a string in the member license", func(l string) string { return `{"license":` + jsonString(l) + `}` }},
	{"gzip", "other-file", false, "not unpacked", func(string) string { return "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" }},
	{"office-document", "other-file", false, "the attachment of a mail", func(string) string { return "PK\x03\x04\x14\x00" }},
	{"binary", "other-file", false, "anything that is not text", func(string) string { return "\x00\x01\x02\xff\xfe" }},
	{"syntax-comma", "syntax", false, "a comma is lost", func(l string) string { return strings.Replace(l, `","dataplanes`, `""dataplanes`, 1) }},
	{"two-licences", "several-licences", false, "one after the other", func(l string) string { return l + "\n" + strings.Replace(l, "2017-07-21", "2018-07-21", 1) }},
	{"duplicate-name", "duplicate-name", false, "which one was signed cannot be told", func(l string) string {
		return strings.Replace(l, `"customer":`, `"customer":"Somebody","customer":`, 1)
	}},
	{"version-other", "version", false, "a version that is yet to come", func(l string) string { return strings.Replace(l, `"version":"1"`, `"version":"2"`, 1) }},
	{"signature-number", "wrong-type", false, "a number where text belongs", func(l string) string {
		at := strings.Index(l, `"signature":"`) + len(`"signature":`)
		return l[:at] + "24" + l[at+130:]
	}},
	{"too-deep", "too-deep", false, "nested without end", func(l string) string {
		return strings.Replace(l, `"None"`, strings.Repeat("[", 40)+strings.Repeat("]", 40), 1)
	}},
	{"latin-1", "invalid-utf8", false, "saved in another encoding", func(l string) string { return strings.Replace(l, "Company", "Soci\xe9t\xe9", 1) }},
	{"lone-surrogate", "lone-surrogate", false, "half of a character was cut off", func(l string) string { return strings.Replace(l, "Company", `\ud83d`, 1) }},
	{"number-range", "number-range", false, "a number that no program keeps", func(l string) string { return strings.Replace(l, `"None"`, "1e400", 1) }},
	{"number-precision", "number-precision", false, "a number that many programs change", func(l string) string { return strings.Replace(l, `"None"`, "0.12345678901234567890123", 1) }},
	{"title-case", "unknown-member", false, "a name in another case is another name", func(l string) string { return strings.Replace(l, `"license"`, `"License"`, 1) }},
	{"missing-signature", "missing-member", false, "somebody took it out", func(l string) string {
		at := strings.Index(l, `,"signature":"`)
		return l[:at] + l[at+len(`,"signature":""`)+128:]
	}},

	{"empty", "empty", false, "the variable was not set", func(string) string { return "" }},
	{"blank", "empty", false, "only a newline", func(string) string { return "\n" }},
	{"html-page", "html-page", false, "a login page was saved", func(string) string {
		return "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>…</body></html>\n"
	}},
	{"public-key", "key-file", false, "the key in place of the licence", func(string) string {
		return "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPxPiaV/2Gqfq95g4dJpSUXnfj5SJRkldO8PUVca+uwm vendor@example\n"
	}},
	{"placeholder-shell", "placeholder", false, "a variable that nobody filled in", func(string) string { return "${KONG_LICENSE_DATA}\n" }},
	{"placeholder-helm", "placeholder", false, "a template that nobody filled in", func(string) string { return "{{ .Values.license }}" }},
	{"file-name", "file-name", false, "the name where the content belongs", func(string) string { return "/etc/kong/license.json\n" }},
	{"word", "syntax", false, "anything else", func(string) string { return "none" }},
}

// atPublished judges as of a time at which the published example was valid.
func atPublished(t testing.TB) *check.Checker {
	t.Helper()
	c, err := check.New(check.Options{
		NoSignature: true,
		Verify:      verify.Options{At: time.Date(2017, 7, 20, 12, 0, 0, 0, time.UTC)},
		Policy:      check.Policy{MinRemaining: -1, WarnRemaining: -1},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const brokenDir = "../testdata/broken"

func brokenFile(b brokenText, licence string) string {
	repair := "no"
	if b.repair {
		repair = "yes"
	}
	return fmt.Sprintf("expect: %s\nrepair: %s\nwhy: %s\n\n%s", b.expect, repair, b.why, b.make(licence))
}

func TestBrokenIsCurrent(t *testing.T) {
	licence := published(t)
	if *update {
		if err := os.MkdirAll(brokenDir, 0o755); err != nil {
			t.Fatal(err)
		}
		old, _ := filepath.Glob(brokenDir + "/*.txt")
		for _, name := range old {
			os.Remove(name)
		}
		for _, b := range brokenTexts {
			if err := os.WriteFile(filepath.Join(brokenDir, b.name+".txt"), []byte(brokenFile(b, licence)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	names, _ := filepath.Glob(brokenDir + "/*.txt")
	if len(names) != len(brokenTexts) {
		t.Errorf("%d files, and %d texts", len(names), len(brokenTexts))
	}
	for _, b := range brokenTexts {
		data, err := os.ReadFile(filepath.Join(brokenDir, b.name+".txt"))
		if err != nil || string(data) != brokenFile(b, licence) {
			t.Errorf("%s is not current; run this test with -update: %v", b.name, err)
		}
	}
}

// TestCodesAreListed holds the page of all codes to what there is.
func TestCodesAreListed(t *testing.T) {
	const page = "../docs/check-codes.md"
	var b strings.Builder
	b.WriteString("# What `licseal check` finds\n\n" +
		"All codes, and the stage of the judgement that reports them. Codes never change. Files in\n" +
		"[testdata/broken](../testdata/broken) are examples of the stage `document`; the line\n" +
		"`expect` of a file lists its codes.\n\n| code | stage | meaning |\n| --- | --- | --- |\n")
	for _, d := range check.Describe() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", d.Code, d.Stage, d.Title)
	}
	if *update {
		if err := os.WriteFile(page, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(page); err != nil || string(text) != b.String() {
		t.Errorf("%s is not current; run this test with -update: %v", page, err)
	}
}

// TestBroken replays the files, and nothing but the files.
func TestBroken(t *testing.T) {
	licence := published(t)
	want, err := licseal.ParseUnverified([]byte(licence))
	if err != nil {
		t.Fatal(err)
	}
	names, _ := filepath.Glob(brokenDir + "/*.txt")
	if len(names) < 50 {
		t.Fatalf("only %d files", len(names))
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			header, text, _ := bytes.Cut(data, []byte("\n\n"))
			var expect, repair string
			for line := range strings.SplitSeq(string(header), "\n") {
				switch key, value, _ := strings.Cut(line, ": "); key {
				case "expect":
					expect = value
				case "repair":
					repair = value
				}
			}
			r := atPublished(t).License("broken", text)
			var codes []string
			for _, f := range r.Findings {
				if f.Stage == check.StageDocument {
					codes = append(codes, string(f.Code))
				}
				if strings.Contains(f.Found, "not JSON: ") && !strings.Contains(f.Found, "(expecting ',' or '}')") || f.Found == "" || f.Remedy == "" {
					t.Errorf("a finding says what was found and what to do: %v", f)
				}
				if !slices.ContainsFunc(check.Describe(), func(d check.Description) bool { return d.Code == f.Code && d.Stage == f.Stage }) {
					t.Errorf("the code %s (%s) is not described", f.Code, f.Stage)
				}
			}
			if diff := cmp.Diff(strings.Split(expect, ","), codes); diff != "" {
				t.Errorf("codes (-want +got):\n%s%v", diff, r.Findings)
			}
			if len(r.Findings) > 0 && r.Findings[0].Line == 0 {
				t.Errorf("the first finding has no line: %v", r.Findings[0])
			}
			if (repair == "yes") != (r.License != nil) {
				t.Fatalf("repaired: %v; want %s: %v", r.License != nil, repair, r.Findings)
			}
			if r.License == nil {
				return
			}
			if strings.Contains(expect, "version-integer") {
				whole := strings.Replace(want.String(), `"version":"1"`, `"version":1`, 1)
				if got := string(r.Canonical()); got != whole {
					t.Errorf("the version has changed: %s", got)
				}
			} else if got := string(r.Canonical()); got != want.String() {
				t.Errorf("what is signed has changed:\n%s\nfrom\n%s", got, want)
			}
			if r.State != verify.Valid {
				t.Errorf("state %q", r.State)
			}
		})
	}
}

// naive are the kinds of texts whose makers do not mind quotes in a value.
var naive = map[string]bool{"JavaScript's object": true, "PHP's array": true, "PowerShell's hash table": true}

// Property: whatever a customer is called, what is repaired is what was signed. Without
// keys, where nothing else tells, a text that has two readings is not repaired.
func TestRepairsGuessNothing(t *testing.T) {
	for _, customer := range []string{
		`O'Brien & Söhne "Ltd" \ $HOME`, "two\nlines\r\n", "A &amp; B &quot;C&quot; &#34;", "A+B %41 %2B", "${A} $${B} %{C} %%{D}", `""`, `''`, `'\''`, `'"'"'`, `\x22\x5c`,
		"“curly” ‘quotes’", "=3D =\n=22", "> quoted", ", }", ",]", "\u00a0\u200b\ufeff", "{ } [ ] :", `\\"`, "data:,x", "payload=%7B", "eyJh", "license signature", "# - &a *a !b", "tab\tend ",
	} {
		licence := signed(t, `"Example Company, Inc"`, jsonString(customer))
		want, err := licseal.ParseUnverified([]byte(licence))
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range kindTexts {
			if naive[k.name] && strings.Contains(customer, `"`) {
				continue // it writes \' for \", which means another text there
			}
			r := newChecker(t, func(o *check.Options) { o.Trusted, o.NoSignature = nil, true }).License("", []byte(k.make(licence)))
			if r.License != nil && !r.License.Payload.Equal(want.Payload) {
				t.Errorf("%s of %q: %s\n%v", k.name, customer, r.License.Payload.Bytes(), r.Findings)
			}
		}
		for _, b := range brokenTexts {
			text := b.make(licence)
			for _, o := range []func(*check.Options){nil, func(o *check.Options) { o.Trusted, o.NoSignature = nil, true }} {
				r := newChecker(t, o).License("", []byte(text))
				if r.License != nil && !r.License.Payload.Equal(want.Payload) {
					t.Errorf("%s of %q: %s\n%v", b.name, customer, r.License.Payload.Bytes(), r.Findings)
				}
			}
		}
	}
}
