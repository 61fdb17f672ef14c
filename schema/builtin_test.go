package schema_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/schema"
)

func TestBuiltins(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	inFolder := 0
	for _, f := range files {
		if strings.HasSuffix(f.Name(), ".json") {
			inFolder++
		}
	}
	if inFolder != len(schema.Names()) {
		t.Errorf("%d schema files, but %d names", inFolder, len(schema.Names()))
	}
	for _, name := range schema.Names() {
		t.Run(name, func(t *testing.T) {
			s, err := schema.Builtin(name)
			if err != nil {
				t.Fatal(err)
			}
			var doc struct {
				Schema      string            `json:"$schema"`
				ID          string            `json:"$id"`
				Title       string            `json:"title"`
				Description string            `json:"description"`
				Examples    []json.RawMessage `json:"examples"`
			}
			if err := json.Unmarshal(s.JSON(), &doc); err != nil {
				t.Fatal(err)
			}
			if s.Name() != name || doc.ID != "https://licseal.github.io/schema/"+name+".json" {
				t.Errorf("name %q, $id %q", s.Name(), doc.ID)
			}
			if doc.Schema != "https://json-schema.org/draft/2020-12/schema" || doc.Title == "" || doc.Description == "" || len(doc.Examples) == 0 {
				t.Errorf("a built-in schema has a $schema, a title, a description and examples: %+v", doc)
			}
			for _, example := range doc.Examples {
				if err := s.ValidateJSON(example); err != nil {
					t.Errorf("its own example: %v", err)
				}
			}
			// What licseal asks of a vendor's schema holds for its own.
			if _, err := schema.Compile(name, s.JSON()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestBuiltinUnknown(t *testing.T) {
	tests := []struct{ name, want string }{
		{"kongg", `no built-in schema is named "kongg"; did you mean "kong"? there are kong, kong-mesh, entitlement, license, admin-record, admin-list, admin-body, admin-error, admin-report, check-report, check-policy, x-licseal`},
		{"licence", `no built-in schema is named "licence"; did you mean "license"? there are kong, kong-mesh, entitlement, license, admin-record, admin-list, admin-body, admin-error, admin-report, check-report, check-policy, x-licseal`},
		{"../kong", `no built-in schema is named "../kong"; there are kong, kong-mesh, entitlement, license, admin-record, admin-list, admin-body, admin-error, admin-report, check-report, check-policy, x-licseal`},
		{"", `no built-in schema is named ""; there are kong, kong-mesh, entitlement, license, admin-record, admin-list, admin-body, admin-error, admin-report, check-report, check-policy, x-licseal`},
	}
	for _, test := range tests {
		s, err := schema.Builtin(test.name)
		if s != nil || err == nil || err.Error() != test.want {
			t.Errorf("Builtin(%q) = %v, %v", test.name, s, err)
		}
	}
}

// Which built-in schemas are of payloads follows from their text.
func TestForPayloads(t *testing.T) {
	if diff := cmp.Diff([]string{"kong", "kong-mesh", "entitlement"}, schema.Payloads()); diff != "" {
		t.Error(diff)
	}
	for _, name := range schema.Names() {
		if s := mustBuiltin(t, name); s.ForPayloads() != slices.Contains(schema.Payloads(), name) || !s.Builtin() {
			t.Errorf("%s: for payloads %v, built in %v", name, s.ForPayloads(), s.Builtin())
		}
	}
	vendor, err := schema.Compile("kong", schema.Kong().JSON())
	if err != nil {
		t.Fatal(err)
	}
	if vendor.Builtin() || !vendor.ForPayloads() {
		t.Error("a vendor's schema is of payloads and not built in, whatever its name")
	}
}

func TestKongRoles(t *testing.T) {
	template, err := schema.Compile("mine", schema.Kong().JSON())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*schema.Schema{schema.Kong(), mustBuiltin(t, "kong-mesh"), template} {
		if diff := cmp.Diff(licseal.Roles{}.WithDefaults(), s.Roles()); diff != "" {
			t.Error(diff)
		}
	}
}

// The licence documents that Kong's documentation prints.
var published = []string{
	`{"license":{"payload":{"admin_seats":"1","customer":"Example Company, Inc","dataplanes":"1","license_creation_date":"2017-07-20","license_expiration_date":"2017-07-20","license_key":"00141000017ODj3AAG_a1V41000004wT0OEAU","product_subscription":"Konnect Enterprise","support_plan":"None"},"signature":"6985968131533a967fcc721244a979948b1066967f1e9cd65dbd8eeabe060fc32d894a2945f5e4a03c1cd2198c74e058ac63d28b045c2f1fcec95877bd790e1b","version":"1"}}`,
	`{"license":{"payload":{"admin_seats":"1","customer":"Example Company, Inc","dataplanes":"1","license_creation_date":"2017-07-20","license_expiration_date":"2017-07-21","license_key":"00141000017ODj3AAG_a1V41000004wT0OEAU","product_subscription":"Konnect Enterprise","support_plan":"None"},"signature":"24cc21223633044c15c300be19cacc26ccc5aca0dd9a12df8a7324a1970fe304bc07b8dcd7fb08d7b92e04169313377ae3b550ead653b951bc44cd2eb59f6beb","version":"1"}}`,
}

func TestPublished(t *testing.T) {
	envelope, record, list := mustBuiltin(t, "license"), mustBuiltin(t, "admin-record"), mustBuiltin(t, "admin-list")
	for _, text := range published {
		lic, err := licseal.ParseUnverified([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Kong().Validate(lic.Payload); err != nil {
			t.Error(err)
		}
		if err := envelope.ValidateJSON([]byte(text)); err != nil {
			t.Error(err)
		}
		entry := fmt.Sprintf(`{"payload": %q, "created_at": 1500508800, "id": "30b4edb7-0847-4f65-af90-efbed8b0161f", "updated_at": 1500508800}`, text)
		if err := record.ValidateJSON([]byte(entry)); err != nil {
			t.Error(err)
		}
		for _, page := range []string{
			`{"data":[` + entry + `],"next":null}`,
			`{"data":[],"next":null}`,
			`{"data":[` + entry + `,` + entry + `],"next":"/licenses?offset=a&size=2","offset":"a"}`,
		} {
			if err := list.ValidateJSON([]byte(page)); err != nil {
				t.Error(err)
			}
		}
	}
}

func mustBuiltin(t testing.TB, name string) *schema.Schema {
	t.Helper()
	s, err := schema.Builtin(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOtherBuiltins(t *testing.T) {
	sig := strings.Repeat("ab", 64)
	tests := []struct {
		schema, text string
		want         []string
	}{
		{"license", `{}`, []string{`1:1 /license: member "license" is missing`}},
		{"license", `{"license":{}}`, []string{
			`1:12 /license/payload: member "payload" is missing`,
			`1:12 /license/signature: member "signature" is missing`,
			`1:12 /license/version: member "version" is missing`,
		}},
		{"license", `{"license":{"payload":{},"signature":"` + sig + `","version":1}}`, nil},
		{"license", `{"license":{"payload":"{}","signature":"` + strings.ToUpper(sig[:4]) + `","version":"2"},"Version":1}`, []string{
			`1:23 /license/payload: found the string "{}"; an object is expected`,
			`1:40 /license/signature: found the string "ABAB"; a string of 128 lower-case hex digits is expected`,
			`1:57 /license/version: found the string "2"; "1" or 1 is expected`,
			`(lesser) 1:72 /Version: unknown member "Version"`,
		}},
		{"admin-record", `{"id":"7","payload":"","created_at":-1,"updated_at":1.5,"updatedAt":1}`, []string{
			`1:7 /id: found the string "7"; a UUID such as "30b4edb7-0847-4f65-af90-efbed8b0161f" is expected`,
			`1:21 /payload: found the string ""; a string that is not empty is expected`,
			`1:37 /created_at: found the number -1; a number of at least 0 is expected`,
			`1:53 /updated_at: found the number 1.5; an integer is expected`,
			`(lesser) 1:69 /updatedAt: unknown member "updatedAt"`,
		}},
		{"admin-record", `{"payload":{}}`, []string{
			`1:1 /created_at: member "created_at" is missing`,
			`1:1 /id: member "id" is missing`,
			`1:1 /updated_at: member "updated_at" is missing`,
			`1:12 /payload: found an object; a string is expected`,
		}},
		{"admin-list", `{"data":[{"id":"30b4edb7-0847-4f65-af90-efbed8b0161f","payload":"x","created_at":1,"updated_at":"1"}],"next":false}`, []string{
			`1:97 /data/0/updated_at: found the string "1"; an integer is expected`,
			`1:110 /next: found false; a string or null is expected`,
		}},
	}
	for _, test := range tests {
		var want *schema.Error
		err := mustBuiltin(t, test.schema).ValidateJSON([]byte(test.text))
		if err != nil && !errors.As(err, &want) {
			t.Fatal(err)
		}
		var got []string
		if want != nil {
			got = texts(want.Violations)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s %s:\n%s", test.schema, test.text, diff)
		}
	}
}

func TestValidateJSONIsStrict(t *testing.T) {
	s := mustBuiltin(t, "admin-list")
	for text, reason := range map[string]licseal.Class{
		"":                                  licseal.ClassEmpty,
		"{":                                 licseal.ClassTruncated,
		`[]`:                                licseal.ClassWrongType,
		`{"data":[],"next":null,"next":""}`: licseal.ClassDuplicateName,
		`{"data":[],"next":null} x`:         licseal.ClassTrailingData,
		`{"data":[1e400],"next":null}`:      licseal.ClassNumberRange,
		`{"data":[],"next":"` + strings.Repeat("x", schema.MaxDocumentBytes) + `"}`: licseal.ClassTooLarge,
	} {
		var refused *licseal.ParseError
		if err := s.ValidateJSON([]byte(text)); !errors.As(err, &refused) || refused.Class != reason {
			t.Errorf("%.40q: %v; the reason %q is expected", text, err, reason)
		}
	}
}
