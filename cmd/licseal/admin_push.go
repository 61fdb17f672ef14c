package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/internal/text"
	"github.com/urfave/cli/v2"
)

func adminPushCommand() *cli.Command {
	return &cli.Command{
		Name:      "push",
		Usage:     "make a licence the active one, with the fewest calls",
		UsageText: "licseal admin push --url URL -t KEYS [flags] [FILE]",
		Description: `Does nothing where the licence is active already. Updates the record that has it,
or has one with the same key; adds a record otherwise. Says what differs from the
licence that was active. A licence that is replaced or removed is kept as a file in
the folder of --backup; 'licseal admin put --force ID FILE' puts it back.

--json prints one object: call (none, create or update), dry_run, id, updated_at,
was_active, changes[{pointer, a, b}], removed[], backups[].`,
		Flags: writeFlags(
			&cli.BoolFlag{Name: "dry-run", Usage: "only say what would be done"},
			&cli.BoolFlag{Name: "prune", Usage: "remove all other licences"},
			&cli.StringFlag{Name: "backup", Value: "licence-backup", Usage: "keep what is replaced or removed in the folder `DIR`", TakesFile: true, Category: writes},
		),
		Action: adminPush,
	}
}

func adminPush(c *cli.Context) error {
	file, err := oneFile(c)
	if err != nil {
		return err
	}
	lic, err := judgedLicence(c, file)
	if err != nil {
		return err
	}
	rules, err := payloadSchema(c)
	if err != nil {
		return err
	}
	client, err := newAdminClient(c, alreadyJudged)
	if err != nil {
		return err
	}
	p, err := pushOnce(c, client, lic, rules.Roles())
	if isConflict(err) { // another push was there in between; now there is something else to do
		p, err = pushOnce(c, client, lic, rules.Roles())
	}
	if err != nil {
		return adminError(err)
	}
	p.describe.roles = rules.Roles()
	if c.Bool("json") {
		return printJSON(c, p.json())
	}
	return show(c, p.text())
}

// pushOnce looks at what is there, and does what it takes.
func pushOnce(c *cli.Context, client *admin.Client, lic *licseal.License, roles licseal.Roles) (*pushed, error) {
	plan, err := client.Plan(c.Context, lic.String(), roles, c.Bool("prune"))
	if err != nil {
		return nil, err
	}
	p := &pushed{plan: plan, lic: lic, dryRun: c.Bool("dry-run")}
	if p.dryRun {
		return p, nil
	}
	p.active, err = client.Apply(c.Context, plan, func(record admin.Record) error {
		path, err := backUp(c.String("backup"), record)
		p.backups = append(p.backups, path)
		return err
	})
	return p, err
}

func isConflict(err error) bool {
	var answer *admin.StatusError
	return errors.As(err, &answer) && answer.Status == http.StatusConflict
}

// backUp keeps a licence in a folder of which others see nothing.
func backUp(dir string, record admin.Record) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(dir, fmt.Sprintf("%s-%d.json", filepath.Base(record.ID), record.UpdatedAt))
	err := createFile(path, []byte(record.Payload), 0o600)
	if errors.Is(err, fs.ErrExist) { // from an attempt that failed later on
		if kept, readErr := os.ReadFile(path); readErr == nil && bytes.Equal(kept, []byte(record.Payload)) {
			return path, nil
		}
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return path, nil
}

// pushed is what a push did, or would do.
type pushed struct {
	plan    *admin.Plan
	lic     *licseal.License
	dryRun  bool
	active  admin.Record // after it was done
	backups []string

	// What is there is shown as it is: whoever signed it, it was active.
	describe describer
}

// changes returns what differs from the licence that was active.
func (p *pushed) changes() []edit.Difference {
	if p.plan.Active == nil {
		return nil
	}
	was, err := licseal.ParseUnverified([]byte(p.plan.Active.Payload))
	if err != nil {
		return nil
	}
	return edit.Compare(was.Payload, p.lic.Payload)
}

func (p *pushed) text() text.Line {
	var b text.Block
	if p.plan.Active == nil {
		b.Printf("was active: nothing\n")
	} else {
		b.Printf("was active: %s\n", describeRecord(&p.describe, p.plan.Active))
	}
	for _, ch := range p.changes() {
		b.Printf("  %s: %s → %s\n", ch.Pointer, orDash(ch.A), orDash(ch.B))
	}
	b.Printf("%s\n", p.doneText())
	verb := "removed"
	if p.dryRun {
		verb = "would remove"
	}
	for i := range p.plan.Remove {
		b.Printf("%s: %s\n", verb, describeRecord(&p.describe, &p.plan.Remove[i]))
	}
	for _, path := range p.backups {
		b.Printf("backup: %s\n", path)
	}
	return b.Line()
}

func (p *pushed) doneText() text.Line {
	switch {
	case p.plan.Call == admin.NoCall:
		return text.Sprintf("nothing to do: the licence is active already")
	case p.dryRun && p.plan.Call == admin.CreateCall:
		return text.Sprintf("would add a record (POST)")
	case p.dryRun:
		return text.Sprintf("would update %s (PATCH)", p.plan.Target.ID)
	case p.plan.Call == admin.CreateCall:
		return text.Sprintf("added: %s is active", describeRecord(&p.describe, &p.active))
	}
	return text.Sprintf("updated: %s is active", describeRecord(&p.describe, &p.active))
}

// jsonPush is what 'licseal admin push --json' prints.
type jsonPush struct {
	Call      admin.PlannedCall `json:"call"`
	DryRun    bool              `json:"dry_run"`
	ID        string            `json:"id,omitempty"` // "" where a record would be added
	UpdatedAt int64             `json:"updated_at,omitempty"`
	WasActive string            `json:"was_active,omitempty"`
	Changes   []jsonChange      `json:"changes"`
	Removed   []string          `json:"removed"`
	Backups   []string          `json:"backups"`
}

func (p *pushed) json() jsonPush {
	j := jsonPush{Call: p.plan.Call, DryRun: p.dryRun, ID: p.active.ID, UpdatedAt: p.active.UpdatedAt,
		Changes: []jsonChange{}, Removed: []string{}, Backups: append([]string{}, p.backups...)}
	if p.dryRun && p.plan.Target != nil {
		j.ID = p.plan.Target.ID
	}
	if p.plan.Active != nil {
		j.WasActive = p.plan.Active.ID
	}
	for _, ch := range p.changes() {
		j.Changes = append(j.Changes, jsonChange{ch.Pointer, []byte(ch.A), []byte(ch.B)})
	}
	for _, record := range p.plan.Remove {
		j.Removed = append(j.Removed, record.ID)
	}
	return j
}
