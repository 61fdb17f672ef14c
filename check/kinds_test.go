package check_test

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/licseal/licseal/check"
)

// goMap prints a JSON licence as Go prints a map.
func goMap(l string) string {
	return strings.NewReplacer(`{"`, "map[", `,"`, " ", `":"`, ":", `":{"`, ":map[", `"`, "", "}", "]").Replace(strings.ReplaceAll(l, `":{"`, `":{"`))
}

// javaMap prints it as Java does.
func javaMap(l string) string {
	return strings.NewReplacer(`":{"`, "={", `":"`, "=", `{"`, "{", `","`, ", ", `","`, ", ", `},"`, "}, ", `"`, "").Replace(l)
}

// literals rewrites a JSON licence with other names, signs and quotes.
func rewritten(pairs ...string) func(string) string { return strings.NewReplacer(pairs...).Replace }

func gzipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

func escaped(l string) string { s := jsonString(l); return s[1 : len(s)-1] }

// Texts as people have them, beyond those of testdata/cases and testdata/broken: the
// codes of what is found in the document, and whether the licence is restored.
var kindTexts = []struct {
	name, expect string
	restored     bool
	make         func(l string) string
}{
	// JSON documents.
	{"docker inspect", "json-value,env-assignment", true, func(l string) string {
		return `[{"Id":"a1","Config":{"Env":["PATH=/bin",` + jsonString("KONG_LICENSE_DATA="+l) + `],"Cmd":null}}]`
	}},
	{"docker inspect, in quotes", "json-value,env-assignment,wrapped-in-quotes", true, func(l string) string {
		return `[{"Config":{"Env":[` + jsonString("KONG_LICENSE_DATA='"+l+"'") + `]}}]`
	}},
	{"a secrets manager", "json-value,escaped-twice", true, func(l string) string {
		return `{"ARN":"arn:aws:secretsmanager:eu:1:secret:kong","Name":"kong","SecretString":` + jsonString(`{"license":`+jsonString(l)+`}`) + `,"VersionStages":["AWSCURRENT"]}`
	}},
	{"a secrets manager with plain text", "json-value", true, func(l string) string { return `{"Name":"kong","SecretString":` + jsonString(l) + `}` }},
	{"a secrets manager with a binary", "json-value,base64", true, func(l string) string { return `{"Name":"kong","SecretBinary":"` + base64Of(l) + `"}` }},
	{"a vault of keys", "json-value", true, func(l string) string {
		return `{"attributes":{"enabled":true},"id":"https://x/secrets/kong","value":` + jsonString(l) + `}`
	}},
	{"Vault, the object itself", "json-value", true, func(l string) string {
		return `{"request_id":"1","data":{"data":` + l + `,"metadata":{"version":1}}}`
	}},
	{"Terraform state", "json-value", true, func(l string) string {
		return `{"version":4,"outputs":{},"resources":[{"type":"kubernetes_secret","instances":[{"attributes":{"data":{"license":` + jsonString(l) + `}}}]}]}`
	}},
	{"Terraform output", "json-value", true, func(l string) string {
		return `{"license":{"sensitive":true,"type":"string","value":` + jsonString(l) + `}}`
	}},
	{"a cloud control plane", "admin-list", true, func(l string) string {
		return `{"items":[{"id":"1","payload":` + jsonString(l) + `,"created_at":1,"updated_at":2}],"page":{"total_count":1}}`
	}},
	{"a cloud control plane, one record", "json-value", true, func(l string) string { return `{"item":{"id":"1","payload":` + jsonString(l) + `}}` }},
	{"a list with times as text", "admin-list", true, func(l string) string {
		old := strings.Replace(l, "2027-01-01", "2026-09-01", 1)
		return `{"data":[{"payload":` + jsonString(l) + `,"updated_at":"2026-02-01T00:00:00Z"},{"payload":` + jsonString(old) + `,"updated_at":"2026-01-01T00:00:00Z"}]}`
	}},
	{"a member next to the licence", "json-value", true, func(l string) string { return strings.TrimSuffix(l, "}") + `,"comment":"of 2026"}` }},
	{"a line of a log", "json-value,surrounding-text", true, func(l string) string { return `{"level":"info","msg":` + jsonString("loaded "+l+" from env") + `}` }},
	{"a document of no licence", "other-json", false, func(string) string { return `{"family":"kong","cpu":256}` }},
	{"a list of numbers", "other-json", false, func(string) string { return `[1,2,3]` }},
	{"invisible characters are not blamed where JSON is", "json-value", true, func(l string) string {
		return `{"note":"a “curly” text,\u00a0with – dashes","value":` + jsonString(l) + `}`
	}},

	// Other documents.
	{"a string of HCL", "string-value", true, func(l string) string { return "variable \"x\" {\n  default = " + jsonString(l) + "\n}\n" }},
	{"an escaped dollar in HCL", "string-value", true, func(l string) string {
		return "locals {\n  a = 1\n  b = " + strings.ReplaceAll(jsonString(l), "${", "$${") + "\n}\n"
	}},
	{"a document in HCL", "surrounding-text", true, func(l string) string { return "locals {\n  license = <<-EOT\n    " + l + "\n  EOT\n}\n" }},
	{"jsonencode of HCL", "surrounding-text,object-literal", true, func(l string) string {
		return "license = jsonencode(" + rewritten(`":`, `" = `)(l) + ")\n"
	}},
	{"a shell script", "surrounding-text", true, func(l string) string { return "#!/bin/sh\nset -e\nkong start --license '" + l + "'\n" }},
	{"a TOML file", "string-value", true, func(l string) string { return "[kong]\nlicense = " + jsonString(l) + "\nport = 8000\n" }},
	{"base64 in a mail", "surrounding-text,base64", true, func(l string) string { return "Hello,\n\n" + wrapped(base64Of(l), 76) + "\nRegards\n" }},
	{"base64 in an argument", "surrounding-text,base64", true, func(l string) string { return "kubectl create secret --from-literal=" + base64Of(l) + " -n kong" }},
	{"a chart's values in base64", "yaml-value,base64", true, func(l string) string { return "kong:\n  license: " + base64Of(l) + "\n" }},
	{"a signed message", "surrounding-text", true, func(l string) string {
		return "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n" + l + "\n-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n"
	}},

	{"a row of a CSV file", "doubled-quotes", true, func(l string) string {
		return "id,license\n1,\"" + strings.ReplaceAll(l, `"`, `""`) + "\"\n"
	}},
	{"a web page around it", "surrounding-text", true, func(l string) string { return "<!DOCTYPE html><html><body><pre>" + l + "</pre></body></html>" }},
	{"XML", "html-escaped,surrounding-text", true, func(l string) string {
		return "<license>" + strings.ReplaceAll(l, `"`, "&quot;") + "</license>\n"
	}},
	{"the output of env", "surrounding-text", true, func(l string) string { return "HOME=/root\nKONG_LICENSE_DATA=" + l + "\nPATH=/bin\n" }},
	{"a unit of systemd", "string-value,env-assignment", true, func(l string) string {
		return "[Service]\nEnvironment=" + jsonString("KONG_LICENSE_DATA="+l) + "\n"
	}},
	{"a ConfigMap", "yaml-value", true, func(l string) string {
		return "kind: ConfigMap\nmetadata: {name: kong}\ndata:\n  license.json: |\n    " + l + "\n"
	}},
	{"a part of a mail's source", "surrounding-text,base64", true, func(l string) string {
		return "Content-Type: application/json\nContent-Transfer-Encoding: base64\n\n" + wrapped(base64Of(l), 76) + "\n--boundary--\n"
	}},
	{"UTF-16 in base64", "base64,utf-16", true, func(l string) string { return base64Of(utf16Text(l, false)[2:]) }},
	{"UTF-16 in armour", "armour,utf-16", true, func(l string) string {
		return "-----BEGIN CERTIFICATE-----\n" + wrapped(base64Of(utf16Text(l, false)), 64) + "-----END CERTIFICATE-----\n"
	}},
	{"base64 with escaped line ends", "base64", true, func(l string) string { return strings.ReplaceAll(wrapped(base64Of(l), 76), "\n", `\n`) }},
	{"base64 in a URL", "base64", true, func(l string) string { return url.QueryEscape(base64Of(l)) }},
	{"the lines of a diff", "quoted-lines", true, func(l string) string { return "+" + strings.ReplaceAll(indented(l), "\n", "\n+") }},
	{"line numbers", "quoted-lines", true, func(l string) string {
		var b strings.Builder
		for i, line := range strings.Split(indented(l), "\n") {
			fmt.Fprintf(&b, "%6d\t%s\n", i+1, line)
		}
		return b.String()
	}},
	{"a container's log", "quoted-lines", true, func(l string) string {
		return "2026-01-02T03:04:05.678901234Z stdout F " + strings.ReplaceAll(indented(l), "\n", "\n2026-01-02T03:04:05.678901234Z stdout F ")
	}},
	{"with comments", "object-literal", true, func(l string) string {
		return "// for the gateway\n" + strings.Replace(indented(l), `"version"`, "/* the format */ \"version\"", 1)
	}},
	{"in the encoding of Windows", "invalid-utf8", false, func(l string) string { return strings.Replace(l, "Company", "Soci\xe9t\xe9", 1) }},

	// Printed by a program.
	{"Go's map", "go-map", true, goMap},
	{"Go's map in a line", "go-map", true, func(l string) string { return "level=info data=" + goMap(l) + " ok" }},
	{"Java's map", "printed-map", true, javaMap},
	{"no quotes", "quotes-lost", true, func(l string) string { return strings.ReplaceAll(l, `"`, "") }},
	{"Ruby's hash", "object-literal", true, rewritten(`":`, `"=>`)},
	{"Ruby's symbols", "object-literal", true, func(l string) string { return rewritten(`{"`, `{:`, `,"`, `, :`, `":`, `=>`)(l) }},
	{"JavaScript's object", "object-literal", true, func(l string) string {
		return rewritten(`{"`, "{ ", `,"`, ", ", `":`, ": ", `"`, `'`)(l)
	}},
	{"Lua's table", "object-literal", true, func(l string) string { return rewritten(`{"`, "{ ", `,"`, ", ", `":`, " = ")(l) }},
	{"Go's %#v", "object-literal", true, rewritten(`{"`, `map[string]interface {}{"`)},
	{"PHP's array", "object-literal", true, func(l string) string {
		return rewritten(`{"`, "array (\n  '", `,"`, ",\n  '", `":`, "' => ", `"`, "'", "}", ",\n)")(l)
	}},
	{"PowerShell's hash table", "object-literal", true, func(l string) string { return rewritten(`{"`, "@{", `,"`, "; ", `":`, "=", `"`, "'")(l) }},
	{"Terraform's output", "object-literal", true, func(l string) string {
		return rewritten(`{"`, "{\n  \"", `,"`, "\n  \"", `":`, `" = `, "}", "\n}")(l)
	}},
	{"bytes of Python", "wrapped-in-quotes", true, func(l string) string { return "b'" + l + "'\n" }},
	{"a list of bytes", "byte-list", true, func(l string) string { return strings.Trim(fmt.Sprint([]byte(l)), "") }},
	{"a buffer of Node", "byte-list", true, func(l string) string {
		return `{"type":"Buffer","data":[` + strings.ReplaceAll(strings.Trim(fmt.Sprint([]byte(l)), "[]"), " ", ",") + `]}`
	}},
	{"hex", "hex", true, func(l string) string { return hex.EncodeToString([]byte(l)) }},
	{"hex of a database", "hex", true, func(l string) string { return `\x` + wrapped(hex.EncodeToString([]byte(l)), 60) }},
	{"gzip", "other-file", true, gzipped},
	{"base64 of gzip", "base64,other-file", true, func(l string) string { return base64Of(gzipped(l)) }},

	// Changed by a terminal or a chat.
	{"zsh's mark after JSON", "surrounding-text", true, func(l string) string { return l + "%\n" }},
	{"fish's mark after base64", "surrounding-text,base64", true, func(l string) string { return base64Of(l) + "⏎" }},
	{"a prompt after base64", "surrounding-text,base64", true, func(l string) string { return base64Of(l) + "\nroot@kong:/# " }},
	{"Markdown", "markdown-escaped", true, func(l string) string { return strings.ReplaceAll(l, "_", `\_`) }},
	{"Markdown with brackets", "markdown-escaped", true, func(l string) string { return rewritten("_", `\_`, "{", `\{`, "}", `\}`, "-", `\-`)(l) }},
	{"escaped twice in a chat", "markdown-escaped,escaped-twice", true, func(l string) string { return strings.ReplaceAll(escaped(l), "_", `\_`) }},

	// Encrypted, and pointers.
	{"age", "encrypted", false, func(string) string { return "age-encryption.org/v1\n-> X25519 abc\n\x00\xff" }},
	{"age with armour", "encrypted", false, func(string) string {
		return "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n"
	}},
	{"binary OpenPGP", "encrypted", false, func(string) string { return "\x85\x01\x0c\x03\xaa\xbb\xcc\xdd\x00\xff" }},
	{"Ansible Vault", "encrypted", false, func(string) string { return "$ANSIBLE_VAULT;1.1;AES256\n61626364\n" }},
	{"a value of Ansible Vault", "encrypted", false, func(string) string { return "license: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  61626364\n" }},
	{"SOPS in YAML", "encrypted", false, func(string) string {
		return "license: ENC[AES256_GCM,data:Zm9v,iv:YQ==,tag:YQ==,type:str]\nsops:\n  version: 3.9.0\n"
	}},
	{"SOPS in a .env file", "encrypted", false, func(string) string {
		return "KONG_LICENSE_DATA=ENC[AES256_GCM,data:Zm9v,iv:YQ==,tag:YQ==,type:str]\nsops_version=3.9.0\n"
	}},
	{"a binary of SOPS", "encrypted", false, func(string) string { return `{"data":"ENC[AES256_GCM,data:Zm9v,type:str]","sops":{"version":"3"}}` }},
	{"hiera-eyaml", "encrypted", false, func(string) string { return "kong::license: ENC[PKCS7,MIIBeQYJ]\n" }},
	{"git-crypt", "encrypted", false, func(string) string { return "\x00GITCRYPT\x00\xaa\xbb\xff" }},
	{"openssl enc", "encrypted", false, func(string) string { return "U2FsdGVkX19qdXN0IHNvbWUgdGV4dCB0aGF0IGlzIGxvbmc=\n" }},
	{"a Secret with openssl enc", "secret-manifest,encrypted", false, func(string) string {
		return secret("kong-enterprise-license", "stringData", "license", "U2FsdGVkX19qdXN0IHNvbWUgdGV4dCB0aGF0IGlzIGxvbmc=")
	}},
	{"Git LFS", "pointer", false, func(string) string { return "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 417\n" }},
	{"a SealedSecret", "encrypted", false, func(string) string {
		return "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: kong-enterprise-license, namespace: kong}\nspec:\n  encryptedData: {license: AgBy3i4OJSWK}\n"
	}},
	{"a VaultStaticSecret", "pointer", false, func(string) string {
		return "kind: VaultStaticSecret\nmetadata: {name: x}\nspec:\n  path: kong\n  destination: {name: kong-enterprise-license}\n"
	}},
	{"a Deployment", "pointer", false, func(string) string {
		return "kind: Deployment\nmetadata: {name: kong}\nspec:\n  template:\n    spec:\n      containers:\n      - name: kong\n        env:\n" +
			"        - name: KONG_LICENSE_DATA\n          valueFrom: {secretKeyRef: {name: kong-enterprise-license, key: license}}\n"
	}},
	{"a Deployment in JSON", "pointer", false, func(string) string {
		return `{"kind":"Deployment","metadata":{"name":"kong"},"spec":{"env":[{"name":"KONG_LICENSE_DATA","valueFrom":{"secretKeyRef":{"name":"a","key":"license"}}}]}}`
	}},

	// References that nobody replaced, and masks.
	{"a shell's variable", "env-assignment,placeholder", false, func(string) string { return "KONG_LICENSE_DATA=${LICENSE}\n" }},
	{"a pipeline's token", "placeholder", false, func(string) string { return "#{KongLicense}#\n" }},
	{"another token", "placeholder", false, func(string) string { return "__KONG_LICENSE__" }},
	{"a task's secret", "placeholder", false, func(string) string {
		return `{"containerDefinitions":[{"secrets":[{"name":"KONG_LICENSE_DATA","valueFrom":"arn:aws:secretsmanager:eu-west-1:1:secret:kong"}]}]}`
	}},
	{"an object printed as text", "placeholder", false, func(string) string { return "[object Object]" }},
	{"undefined", "placeholder", false, func(string) string { return "undefined\n" }},
	{"no value in a template", "placeholder", false, func(string) string { return "<no value>" }},
	{"null in an answer", "placeholder", false, func(string) string { return `{"data":{"license":null}}` }},
	{"a reference of bank-vaults", "placeholder", false, func(string) string { return "vault:secret/data/kong#license" }},
	{"a reference of vals", "placeholder", false, func(string) string { return "ref+vault://kong#/license" }},
	{"a reference in a Secret", "secret-manifest,placeholder", false, func(string) string {
		return secret("kong-enterprise-license", "stringData", "license", "<path:secret/data/kong#license>")
	}},
	{"a reference in a chart", "placeholder", false, func(string) string { return "kong:\n  license: \"{{ .Values.license }}\"\n" }},
	{"a reference in HCL", "env-assignment,placeholder", false, func(string) string { return "kong_license = \"${var.license}\"\n" }},
	{"a masked variable", "env-assignment,masked", false, func(string) string { return "KONG_LICENSE_DATA=***\n" }},
	{"a masked value", "masked", false, func(string) string { return `{"kong_license":"(sensitive value)"}` }},
	{"a masked signature", "masked", false, func(l string) string {
		at := strings.Index(l, `"signature":"`) + len(`"signature":"`)
		return l[:at] + "***" + l[at+128:]
	}},
	{"a masked value of a whole licence", "masked", false, rewritten("Example Company, Inc", "***")},
	{"a value that nobody filled in", "placeholder", false, rewritten("Example Company, Inc", "{{ .customer }}")},
	{"brackets masked by a pipeline", "masked", false, rewritten("{", "***", "}", "***")},
}

func TestKinds(t *testing.T) {
	licence := signed(t)
	for _, test := range kindTexts {
		t.Run(test.name, func(t *testing.T) {
			text := test.make(licence)
			r := newChecker(t, nil).License("", []byte(text))
			var found []string
			for _, f := range r.Findings {
				if f.Stage == check.StageDocument {
					found = append(found, string(f.Code))
				}
			}
			if got := strings.Join(found, ","); got != test.expect {
				t.Errorf("found %q; want %q: %v\n%s", got, test.expect, r.Findings, text)
			}
			want := ""
			if test.restored {
				want = licence
			}
			if got := string(r.Canonical()); got != want {
				t.Errorf("restored %q", got)
			}
		})
	}
}

// A form turns a plus into a space. In base64 a space is nothing, or was a plus.
func TestBase64Plus(t *testing.T) {
	licence := signed(t, "Example Company, Inc", "\u00fb\u00fb\u00fb \u00fe\u00fe\u00fe ~~~ >>>")
	text := strings.ReplaceAll(base64Of(licence), "+", " ")
	if !strings.Contains(text, " ") {
		t.Fatal("no plus")
	}
	if r := newChecker(t, nil).License("", []byte(text)); string(r.Canonical()) != licence {
		t.Errorf("%v", r.Findings)
	}
}

// Of several licences in a document, the signed one is the right one, and the remedy is
// about it; of two that are signed, both places are named.
func TestSeveralInside(t *testing.T) {
	licence, other := signed(t), signed(t, "2027-01-01", "2027-02-02")
	forged := strings.Replace(licence, `"5"`, `"9"`, 1)
	doc := `{"old":` + jsonString(forged) + `,"new":` + jsonString(licence) + `}`
	r := newChecker(t, nil).License("", []byte(doc))
	if string(r.Canonical()) != licence || !strings.Contains(r.Findings[0].Remedy, "'.new'") || r.Findings[0].Pointer != "/new" {
		t.Errorf("%v", r.Findings)
	}
	doc = `{"old":` + jsonString(other) + `,"new":` + jsonString(licence) + `}`
	r = newChecker(t, nil).License("", []byte(doc))
	if codes(r.Findings) != "error json-value, error ambiguous" || !strings.Contains(r.Findings[1].Found, "/old, ") || !strings.Contains(r.Findings[1].Found, "/new") {
		t.Errorf("%v", r.Findings)
	}
}
