package text_test

import (
	"encoding/csv"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/text"
)

// Whatever a cell has, neither a terminal nor a spreadsheet acts on it.
func TestSheet(t *testing.T) {
	for cell, want := range map[string]string{
		"":                       "",
		"Example Ltd":            "Example Ltd",
		"Müller \"Co\", <&> 7-5": "Müller \"Co\", <&> 7-5",
		"a=b+c@d":                "a=b+c@d",
		"\x1b[2J":                `\u001b[2J`,
		"two\nlines\r":           `two\nlines\r`,
		"\u202egnirts\xff":       `\u202egnirts\xff`,
		"=1+1":                   "'=1+1",
		"+49 30":                 "'+49 30",
		"-5":                     "'-5",
		"@SUM(A1)":               "'@SUM(A1)",
		"  =1":                   "'  =1",
		"\t=1":                   `'\t=1`,
		"\r\n=1":                 `'\r\n=1`,
		"＝1":                     "'＝1",
		"＋1":                     "'＋1",
		"－1":                     "'－1",
		"＠A":                     "'＠A",
		"'=1":                    "'=1",
		"\xef\xbf":               `\xef\xbf`,
	} {
		var b strings.Builder
		sheet := text.NewSheet(&b)
		if err := errors.Join(sheet.Row("first", cell), sheet.End()); err != nil {
			t.Fatal(err)
		}
		got, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
		if diff := cmp.Diff([][]string{{"first", want}}, got); diff != "" || err != nil {
			t.Errorf("%q: %s %v", cell, diff, err)
		}
		if text.Escape(strings.TrimSuffix(b.String(), "\n")) != strings.TrimSuffix(b.String(), "\n") {
			t.Errorf("%q is written raw: %q", cell, b.String())
		}
	}
}

// An error of the writer is returned at the end at the latest.
func TestSheetFails(t *testing.T) {
	sheet := text.NewSheet(fullDisk{})
	if err := errors.Join(sheet.Row("a"), sheet.End()); !errors.Is(err, errFull) {
		t.Errorf("the error is %v", err)
	}
}

type fullDisk struct{}

var errFull = errors.New("the disk is full")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }
