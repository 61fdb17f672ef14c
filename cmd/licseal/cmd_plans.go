package main

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/licseal/licseal/internal/profile"
	"github.com/licseal/licseal/internal/text"
	"github.com/urfave/cli/v2"
)

func plansCommand() *cli.Command {
	return &cli.Command{
		Name:      "plans",
		Usage:     "list the plans in licseal.yaml",
		UsageText: "licseal plans [--json] [--profile FILE]",
		Description: `A plan is a named template in the profile: fields with values of any type, and an
expiry. 'licseal sign --plan NAME' uses it, and --set changes its fields further.

  plans:
    gold:
      about: for large teams
      expires: +365d
      set:
        edition: gold
        limits.seats: 50

--json prints one object for each plan: name, about, expires and set, which has the
values by JSON Pointer.`,
		Flags:  []cli.Flag{jsonFlag, profileFlag},
		Action: listPlans,
	}
}

// jsonPlan is what 'licseal plans --json' prints for a plan.
type jsonPlan struct {
	Name    string                     `json:"name"`
	About   string                     `json:"about,omitempty"`
	Expires string                     `json:"expires,omitempty"`
	Set     map[string]json.RawMessage `json:"set,omitempty"`
}

func listPlans(c *cli.Context) error {
	if err := noFiles(c); err != nil {
		return err
	}
	p := settingsOf(c).profile
	if p == nil {
		return withHint(errors.New("there is no profile here"), "'licseal init' makes one")
	}
	if !c.Bool("json") {
		return show(c, plansTable(p))
	}
	for i := range p.Plans {
		if err := printJSON(c, newJSONPlan(&p.Plans[i])); err != nil {
			return err
		}
	}
	return nil
}

func newJSONPlan(plan *profile.Plan) jsonPlan {
	j := jsonPlan{Name: plan.Name, About: plan.About, Expires: plan.Expires}
	for _, field := range plan.Fields {
		if j.Set == nil {
			j.Set = map[string]json.RawMessage{}
		}
		j.Set[field.Pointer] = json.RawMessage(field.Value)
	}
	return j
}

func plansTable(p *profile.Profile) text.Line {
	var t text.Table
	t.Row("PLAN", "EXPIRES", "SETS", "ABOUT")
	for _, plan := range p.Plans {
		var fields []string
		for _, field := range plan.Fields {
			fields = append(fields, strings.TrimPrefix(field.Pointer, "/")+"="+field.Value)
		}
		t.Row(plan.Name, orDash(plan.Expires), orDash(strings.Join(fields, " ")), orDash(plan.About))
	}
	return t.Line()
}
