// Package reports has no code of its own: it holds the reports of 'licseal check'
// against the schemas and the types that the tools which read them have.
package reports

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"encoding/xml"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/jstemmer/go-junit-report/v2/junit"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/xeipuuv/gojsonschema"

	// Read for the official schema of SARIF; go mod tidy keeps it.
	_ "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/checkreport"
	"github.com/licseal/licseal/sign"
)

var vendor = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))

// report returns a report about every broken file that the tests have, an expired
// licence, and one that is not a file.
func report(t *testing.T, format string, signatures bool) []byte {
	t.Helper()
	o := check.Options{NoSignature: !signatures}
	if signatures {
		o.Trusted = []licseal.TrustedKey{{Key: vendor.Public().(ed25519.PublicKey), Name: "vendor"}}
	}
	checker, err := check.New(o)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := checkreport.New(format, &b, checkreport.Header{
		Version: "v1", Time: time.Unix(1790000000, 0), SignatureChecked: signatures, KongFields: true,
		Findings: []check.Finding{{Code: check.CodeNoLicence, Stage: check.StageSource, Severity: check.Error, Found: "none", Remedy: "one"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	add := func(name, path string, text []byte) {
		e := checkreport.Entry{Result: checker.License(name, text), Path: path}
		if !e.OK() {
			e.Exit, e.Word = 9, "requirement"
		}
		if err := w.Entry(e); err != nil {
			t.Fatal(err)
		}
	}
	names, err := filepath.Glob("../../testdata/broken/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no broken files: %v", err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, text, _ := bytes.Cut(data, []byte("\n\n"))
		add(name, name, text)
	}
	add("https://gateway.example:8444/licenses/7", "", expired(t))
	add("hostile\x1b[31m\n\xff ]]>\"", "a b%\xff.json", []byte("{"))
	if err := w.Close(checkreport.Summary{Licences: len(names) + 2, Exit: 9, Word: "requirement"}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func expired(t *testing.T) []byte {
	t.Helper()
	p, err := licseal.ParsePayload([]byte(`{"admin_seats":"5","customer":"O'Brien & Söhne","dataplanes":"4","license_creation_date":"2020-01-01","license_expiration_date":"2021-01-01","license_key":"A","product_subscription":"B","support_plan":"None"}`))
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(p, vendor)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(lic.String())
}

// both calls a test with a report whose signatures were checked, and with one
// whose signatures were not.
func both(t *testing.T, format string, test func(t *testing.T, text []byte)) {
	for name, signatures := range map[string]bool{"checked": true, "not checked": false} {
		t.Run(name, func(t *testing.T) { test(t, report(t, format, signatures)) })
	}
}

// SARIF, against the schema that the standard publishes.
func TestSARIF(t *testing.T) {
	official, err := gojsonschema.NewSchema(gojsonschema.NewStringLoader(sarifSchema(t)))
	if err != nil {
		t.Fatal(err)
	}
	both(t, "sarif", func(t *testing.T, text []byte) {
		result, err := official.Validate(gojsonschema.NewBytesLoader(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range result.Errors() {
			t.Error(e)
		}
	})
}

// sarifSchema returns the constant that go-sarif keeps the schema in.
func sarifSchema(t *testing.T) string {
	t.Helper()
	output, err := exec.Command("go", "list", "-json=Dir", "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif").Output()
	if err != nil {
		t.Fatal(err)
	}
	var found struct{ Dir string }
	if err := json.Unmarshal(output, &found); err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(found.Dir, "schema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	ast.Inspect(file, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && text == "" {
			text, err = strconv.Unquote(literal.Value)
		}
		return true
	})
	if err != nil || text == "" {
		t.Fatalf("schema.go has no schema: %v", err)
	}
	return text
}

// JUnit's XML: the types of a program that writes it read the same, and add up to
// the same totals.
func TestJUnit(t *testing.T) {
	both(t, "junit", func(t *testing.T, text []byte) {
		var read junit.Testsuites
		if err := xml.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		var added junit.Testsuites
		for _, s := range read.Suites {
			suite := s
			suite.Tests, suite.Failures, suite.Errors, suite.Skipped, suite.Testcases = 0, 0, 0, 0, nil
			for _, c := range s.Testcases {
				suite.AddTestcase(c)
			}
			added.AddSuite(suite)
		}
		added.XMLName, added.Name = read.XMLName, read.Name
		var b bytes.Buffer
		b.WriteString(xml.Header)
		if err := added.WriteXML(&b); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), text) {
			t.Errorf("the library writes this as\n%s\nand not as\n%s", b.Bytes(), text)
		}
	})
}

// Prometheus's text format, read by its own library. It writes help and type of
// each metric in the same bytes.
func TestPrometheus(t *testing.T) {
	both(t, "prometheus", func(t *testing.T, text []byte) {
		p := expfmt.NewTextParser(model.LegacyValidation)
		families, err := p.TextToMetricFamilies(bytes.NewReader(text))
		if err != nil || len(families) == 0 {
			t.Fatalf("%d families, %v", len(families), err)
		}
		for name, family := range families {
			var b bytes.Buffer
			if _, err := expfmt.MetricFamilyToText(&b, family); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			lines := bytes.SplitAfter(b.Bytes(), []byte("\n"))
			for _, line := range lines[:2] { // the help and the type
				if !bytes.Contains(text, line) {
					t.Errorf("the report lacks the line %s", line)
				}
			}
		}
	})
}
