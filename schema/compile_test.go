package schema

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/benchratio"
)

// The steps that a built-in schema saves change neither a verdict nor a word.
func FuzzShortenedSchemas(f *testing.F) {
	for _, value := range []string{
		`"2026-01-01"`, `"2026-02-29"`, `"2026-01-0"`, `"éééééééééé"`, `"ééééé"`, `""`, `5`, `null`, `[]`, `{}`,
		`"2026-01-01T00:00:00Z"`, `"2026-01-01T00:00:00+01:00"`, `"2026-01-01T00:00:00"`, `"2026-01-01 00:00:00Z"`, `"2026-01-01T00:00:60Z"`,
	} {
		f.Add(value)
	}
	plain := make(map[string]*compiled)
	for _, name := range Payloads() {
		plain[name] = newCompiled(builtinRoot(name), nil)
	}
	f.Fuzz(func(t *testing.T, value string) {
		text := `{"customer":` + value + `,"license_creation_date":` + value + `,"license_expiration_date":` + value + `}`
		p, err := licseal.ParsePayload([]byte(text))
		if err != nil {
			return
		}
		for name, plain := range plain {
			s := mustBuiltin(name)
			s.once.Do(s.compileBuiltin)
			want, got := plain.validate(name, p, s.cross), s.compiled.validate(name, p, s.cross)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s (-plain +shortened):\n%s", name, p.Bytes(), diff)
			}
		}
	})
}

// Payloads of Kong are validated in bulk, so each step counts. There were 120
// allocations before the steps were saved.
func TestValidateAllocations(t *testing.T) {
	if benchratio.Race {
		t.Skip("the race detector allocates")
	}
	p, err := licseal.ParsePayload([]byte(`{"admin_seats":"5","customer":"A","dataplanes":"2","license_creation_date":"2026-01-01","license_expiration_date":"2027-01-01","license_key":"a","product_subscription":"P","support_plan":"None"}`))
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { err = Kong().Validate(p) }); n > 90 || err != nil {
		t.Errorf("%v allocations, want at most 90; error %v", n, err)
	}
}
