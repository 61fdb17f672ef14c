package main

import (
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/internal/adminview"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/internal/verdict"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

func diffCommand() *cli.Command {
	return &cli.Command{
		Name:      "diff",
		Usage:     "show what differs between two licences",
		UsageText: "licseal diff [-t KEYS] [flags] A B",
		Description: `Shows the fields that were changed, added and removed, and the dates as
instants. With -t, both signatures are verified and the keys are shown too;
otherwise the signatures are not checked, and the output says so. The exit code
is 0 whether or not the licences differ.

--json prints one object: verified, same, changes[{pointer, a, b}], and for a
and b file, not_before, not_after and, if verified, key{id,name,issuers}.`,
		Flags:  []cli.Flag{trustFlag, schemaFlag, jsonFlag},
		Action: diff,
	}
}

// side is one of the two licences to compare.
type side struct {
	file   string
	lic    *licseal.License
	period licseal.Period
	dates  error               // why the dates cannot be read; nil if they can
	key    *licseal.TrustedKey // nil if the signature was not checked
}

func diff(c *cli.Context) error {
	if c.NArg() != 2 {
		return usagef("'licseal diff' takes two files, not %d", c.NArg())
	}
	if err := checkStdin(append(c.StringSlice("t"), c.Args().Slice()...)...); err != nil {
		return err
	}
	rules, err := payloadSchema(c)
	if err != nil {
		return err
	}
	verifier, err := diffVerifier(c, rules)
	if err != nil {
		return err
	}
	var sides [2]*side
	for i, file := range c.Args().Slice() {
		if sides[i], err = readSide(c, file, verifier, rules); err != nil {
			return err
		}
	}
	changes := edit.Compare(sides[0].lic.Payload, sides[1].lic.Payload)
	if c.Bool("json") {
		return printJSON(c, newJSONDiff(sides, changes))
	}
	return show(c, diffText(sides, changes))
}

// diffVerifier returns what verifies the signatures, nil without -t.
func diffVerifier(c *cli.Context, rules *schema.Schema) (*verify.Verifier, error) {
	if !c.IsSet("t") {
		return nil, nil
	}
	trusted, err := loadTrusted(c)
	if err != nil {
		return nil, err
	}
	return verify.New(trusted, &verify.Options{Fields: fieldsOf(c, rules), Clock: now})
}

// readSide reads a licence, and verifies its signature if v is not nil. Other reasons to
// refuse it do not matter here.
func readSide(c *cli.Context, file string, v *verify.Verifier, rules *schema.Schema) (*side, error) {
	data, err := readDocument(file, aLicence)
	if err != nil {
		return nil, about(displayName(file), err)
	}
	s := &side{file: displayName(file)}
	if v == nil {
		s.lic, err = licseal.ParseUnverified(data)
	} else if report := v.Report(data); report.Result() == nil {
		err = report.Err()
	} else {
		s.lic, s.key = report.Result().License, &report.Result().Key
	}
	if err != nil {
		return nil, about(s.file, err)
	}
	d := datesOf(c, rules, s.lic.Payload)
	s.period, s.dates = d.Period, d.err
	return s, nil
}

func diffText(sides [2]*side, changes []edit.Difference) text.Line {
	var b text.Block
	if sides[0].key == nil {
		b.Printf("UNVERIFIED: the signatures were not checked\n")
	}
	for _, ch := range changes {
		switch {
		case ch.A == "":
			b.Printf("%s: added %s\n", ch.Pointer, ch.B)
		case ch.B == "":
			b.Printf("%s: removed %s\n", ch.Pointer, ch.A)
		default:
			b.Printf("%s: %s → %s\n", ch.Pointer, ch.A, ch.B)
		}
	}
	if len(changes) == 0 {
		b.Printf("the fields are the same\n")
	}
	x, y := sides[0], sides[1]
	b.Printf("dates: %s → %s\n", x.datesText(), y.datesText())
	if x.dates == nil && y.dates == nil {
		b.Printf("expires %s\n", laterText(wholeDays(y.period.NotAfter, x.period.NotAfter)))
	}
	if x.key != nil {
		b.Printf("key: %s → %s\n", verdict.KeyName(*x.key), verdict.KeyName(*y.key))
	}
	return b.Line()
}

func (s *side) datesText() string {
	if s.dates != nil {
		return "cannot be read"
	}
	return instant(s.period.NotBefore) + " until " + instant(s.period.NotAfter)
}

func laterText(days int) string {
	switch {
	case days == 0:
		return "on the same day"
	case days < 0:
		return daysText(-days) + " earlier"
	}
	return daysText(days) + " later"
}

// jsonDiff is what 'licseal diff --json' prints.
type jsonDiff struct {
	Verified bool                   `json:"verified"`
	Same     bool                   `json:"same"` // the payloads
	Changes  []adminview.JSONChange `json:"changes"`
	A        jsonSide               `json:"a"`
	B        jsonSide               `json:"b"`
}

type jsonSide struct {
	File      string           `json:"file"`
	NotBefore string           `json:"not_before,omitempty"`
	NotAfter  string           `json:"not_after,omitempty"`
	Key       *verdict.JSONKey `json:"key,omitempty"`
}

func newJSONDiff(sides [2]*side, changes []edit.Difference) jsonDiff {
	j := jsonDiff{
		Verified: sides[0].key != nil, Same: len(changes) == 0, Changes: adminview.JSONChanges(changes),
		A: sides[0].json(), B: sides[1].json(),
	}
	return j
}

func (s *side) json() jsonSide {
	j := jsonSide{File: s.file}
	if s.dates == nil {
		j.NotBefore, j.NotAfter = instant(s.period.NotBefore), instant(s.period.NotAfter)
	}
	if s.key != nil {
		j.Key = verdict.NewJSONKey(*s.key)
	}
	return j
}
