package adminview

import (
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/internal/text"
)

// Push is what a push did, or would do.
type Push struct {
	Plan    *admin.Plan
	License *licseal.License // that was pushed
	DryRun  bool
	Active  admin.Record // after the push; zero for a dry run
	Backups []string     // the files with what was replaced or removed
	Roles   licseal.Roles
}

// changes returns what differs from the licence that was active.
func (p *Push) changes() []edit.Difference {
	if p.Plan.Active == nil {
		return nil
	}
	was, err := licseal.ParseUnverified([]byte(p.Plan.Active.Payload))
	if err != nil {
		return nil
	}
	return edit.Compare(was.Payload, p.License.Payload)
}

// Text describes the push in lines for people. Stored licences are shown as they are:
// whoever signed them, they were active.
func (p *Push) Text() text.Line {
	d := &Describer{Roles: p.Roles}
	var b text.Block
	if p.Plan.Active == nil {
		b.Printf("was active: nothing\n")
	} else {
		b.Printf("was active: %s\n", d.describe(p.Plan.Active))
	}
	for _, ch := range p.changes() {
		b.Printf("  %s: %s → %s\n", ch.Pointer, orDash(ch.A), orDash(ch.B))
	}
	b.Printf("%s\n", p.done(d))
	verb := "removed"
	if p.DryRun {
		verb = "would remove"
	}
	for i := range p.Plan.Remove {
		b.Printf("%s: %s\n", verb, d.describe(&p.Plan.Remove[i]))
	}
	for _, path := range p.Backups {
		b.Printf("backup: %s\n", path)
	}
	return b.Line()
}

func (p *Push) done(d *Describer) text.Line {
	switch {
	case p.Plan.Call == admin.NoCall:
		return text.Sprintf("nothing to do: the licence is already active")
	case p.DryRun && p.Plan.Call == admin.CreateCall:
		return text.Sprintf("would add a record (PUT)")
	case p.DryRun:
		return text.Sprintf("would update %s (PATCH)", p.Plan.Target.ID)
	case p.Plan.Call == admin.CreateCall:
		return text.Sprintf("added: %s is active", d.describe(&p.Active))
	}
	return text.Sprintf("updated: %s is active", d.describe(&p.Active))
}

// JSONPush is what 'licseal admin push --json' prints.
type JSONPush struct {
	Call      admin.PlannedCall `json:"call"`
	DryRun    bool              `json:"dry_run"`
	ID        string            `json:"id,omitempty"` // "" if a record would be added
	UpdatedAt int64             `json:"updated_at,omitempty"`
	WasActive string            `json:"was_active,omitempty"`
	Changes   []JSONChange      `json:"changes"`
	Removed   []string          `json:"removed"`
	Backups   []string          `json:"backups"`
}

// JSON returns the push for programs.
func (p *Push) JSON() *JSONPush {
	j := &JSONPush{
		Call: p.Plan.Call, DryRun: p.DryRun, ID: p.Active.ID, UpdatedAt: p.Active.UpdatedAt,
		Changes: JSONChanges(p.changes()), Removed: []string{}, Backups: append([]string{}, p.Backups...),
	}
	if p.DryRun && p.Plan.Target != nil {
		j.ID = p.Plan.Target.ID
	}
	if p.Plan.Active != nil {
		j.WasActive = p.Plan.Active.ID
	}
	for _, record := range p.Plan.Remove {
		j.Removed = append(j.Removed, record.ID)
	}
	return j
}
