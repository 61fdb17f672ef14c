package job_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"

	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/job"
	"github.com/licseal/licseal/bulk/rows"
	"github.com/licseal/licseal/schema"
)

var update = flag.Bool("update", false, "write testdata/sheets/index.txt")

const sheets = "../../testdata/sheets/"

// sheetOptions are options that settle a doubt about a table, beside those of all tables.
var sheetOptions = map[string][]func(*rows.Plan){
	"":                         nil,
	"--date-format dd.mm.yyyy": {func(p *rows.Plan) { p.DateFormat = "dd.mm.yyyy" }},
	"--date-format mm/dd/yyyy": {func(p *rows.Plan) { p.DateFormat = "mm/dd/yyyy" }},
	"--date-format excel":      {func(p *rows.Plan) { p.DateFormat = "excel" }},
	"--map":                    nil, // see sheetMaps
	"--encoding cp850":         {func(p *rows.Plan) { p.Encoding = "cp850" }},
	"--encoding macintosh":     {func(p *rows.Plan) { p.Encoding = "macintosh" }},
}

// sheetMaps are the mappings of tables with names of their own.
var sheetMaps = map[string][]func(*rows.Plan){
	"notes.csv":             {mapped("Internal Notes", "")},
	"header-delimiters.csv": {mapped("Name, Company", "company_name")},
	"header-german.csv": {
		mapped("Nummer", "serial"), mapped("Firma", "company_name"), mapped("Beginn", "created"),
		mapped("Ende", "expires"), mapped("Plätze", "seats"), mapped("Preis", "price"),
	},
}

func mapped(column, field string) func(*rows.Plan) {
	return func(p *rows.Plan) { p.Map = append(p.Map, rows.Mapping{Column: column, Field: field}) }
}

// Each table in testdata/sheets becomes the right licences, or an error before anything
// is signed, or its rows are rejected one by one: index.txt says which. Whatever it says,
// each licence is one of those that the tables were made from.
func TestSheets(t *testing.T) {
	index := read(t, sheets+"index.txt")
	rules, err := schema.Load(sheets + "schema.json")
	if err != nil {
		t.Fatal(err)
	}
	meant := strings.Split(read(t, sheets+"want.ndjson")+read(t, sheets+"early.ndjson"), "\n")
	var got strings.Builder
	files := 0
	for _, name := range names(t, filepath.Clean(sheets)) {
		if ext := filepath.Ext(name); ext != ".csv" && ext != ".xlsx" {
			continue
		}
		files++
		for _, flags := range slices.Sorted(maps.Keys(sheetOptions)) {
			if flags != "" && !strings.Contains(index, "\n"+name+" "+flags+": ") {
				continue
			}
			plan := rows.Plan{Schema: rules}
			for _, change := range sheetOptions[flags] {
				change(&plan)
			}
			if flags == "--map" {
				for _, change := range sheetMaps[name] {
					change(&plan)
				}
			}
			signed, outcome := signSheet(t, name, plan)
			for _, payload := range signed {
				if !slices.Contains(meant, payload) {
					t.Errorf("%s %s: a licence that nobody meant: %s", name, flags, payload)
				}
			}
			fmt.Fprintf(&got, "%s: %s\n", strings.TrimSpace(name+" "+flags), outcome)
		}
	}
	if files < 40 {
		t.Errorf("%d tables, want 40", files)
	}
	const head = "# What each table becomes. TestSheets in bulk/job writes this file with -update.\n"
	if *update {
		write(t, sheets+"index.txt", head+got.String())
		return
	}
	if head+got.String() != index {
		t.Errorf("the outcomes have changed; got\n%s", got.String())
	}
}

// signSheet signs a table. It returns the payloads that were signed, and the outcome in
// a line.
func signSheet(t *testing.T, name string, plan rows.Plan) (signed []string, outcome string) {
	t.Helper()
	var out bytes.Buffer
	o := &job.SignOptions{
		Input: job.Input{Reader: strings.NewReader(read(t, sheets+name)), Name: name},
		Plan:  plan, Key: testKey(1), Now: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC),
		Output: job.Output{Stream: &out, StreamName: "out"},
	}
	rejects := collect(&o.Output)
	_, err := job.Sign(context.Background(), o)
	if err != nil {
		if out.Len() > 0 {
			t.Errorf("%s: something was signed before the error: %v", name, err)
		}
		return nil, "error: " + err.Error()
	}
	for line := range strings.Lines(out.String()) {
		lic, err := licseal.ParseUnverified([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		signed = append(signed, string(lic.Payload.Bytes()))
	}
	all := strings.Join(signed, "\n") + "\n"
	switch {
	case len(*rejects) > 0:
		first := (*rejects)[0]
		return signed, fmt.Sprintf("%d licences, %d rejected, the first in %s: %s", len(signed), len(*rejects), first.Where(), first.Reasons[0])
	case all == read(t, sheets+"want.ndjson"):
		return signed, "the licences of want.ndjson"
	case all == read(t, sheets+"early.ndjson"):
		return signed, "the licences of early.ndjson"
	}
	return signed, fmt.Sprintf("%d licences", len(signed))
}
