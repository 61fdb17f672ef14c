package admin

import (
	"context"
	"fmt"

	"github.com/licseal/licseal"
)

// Plan is what it takes to make a licence the active one of a server.
type Plan struct {
	Payload string
	Call    PlannedCall
	Active  *Record // what is active now; nil if there is nothing
	Target  *Record // the record to update; nil if none is

	// Remove are the other records, if they are to be removed.
	Remove []Record
}

// PlannedCall is the call by which a plan makes its licence the active one.
type PlannedCall string

// The calls of a plan.
const (
	NoCall     PlannedCall = "none"   // the licence is active already
	CreateCall PlannedCall = "create" // POST: it is added
	UpdateCall PlannedCall = "update" // PATCH: it takes the place of Target's
)

// Nothing reports whether the plan changes nothing.
func (p *Plan) Nothing() bool { return p.Call == NoCall && len(p.Remove) == 0 }

// Plan finds the fewest calls that make a licence the active one: none where it
// is; one update where a record has it already, or has one with the same key,
// which the licence then replaces; one more record otherwise. Roles names the
// key's field; the zero value names Kong's. If prune is set, the plan removes all
// other records.
//
// Two texts of one licence are the same licence.
func (c *Client) Plan(ctx context.Context, payload string, roles licseal.Roles, prune bool) (*Plan, error) {
	wanted, err := licseal.ParseUnverified([]byte(payload))
	if err != nil {
		return nil, err
	}
	records, err := c.List(ctx)
	if err != nil {
		return nil, err
	}
	p := &Plan{Payload: payload, Call: CreateCall, Active: newest(records)}
	p.Target = target(records, payload, wanted, roles)
	if p.Target != nil {
		p.Call = UpdateCall
	}
	if p.Active != nil && isLicence(p.Active.Payload, wanted) && !isTied(records, p.Active) {
		p.Call, p.Target = NoCall, nil
	}
	kept := p.Target
	if p.Call == NoCall {
		kept = p.Active
	}
	for _, record := range records {
		if prune && (kept == nil || record.ID != kept.ID) {
			p.Remove = append(p.Remove, record)
		}
	}
	return p, nil
}

// isTied reports whether another record is as new: which of the two is active is
// then open. Times are in seconds, and not every server keeps them apart.
func isTied(records []Record, active *Record) bool {
	for i := range records {
		if records[i].UpdatedAt == active.UpdatedAt && records[i].ID != active.ID {
			return true
		}
	}
	return false
}

// target returns the record that a licence takes the place of: one that has its
// very text, because no other may have that too; one that has it in other words; or
// else the newest with the same key.
func target(records []Record, payload string, wanted *licseal.License, roles licseal.Roles) *Record {
	for i := range records {
		if records[i].Payload == payload {
			return &records[i]
		}
	}
	key, hasKey := wanted.Payload.Text(roles.WithDefaults().ID)
	var sameKey []Record
	for i := range records {
		stored, err := licseal.ParseUnverified([]byte(records[i].Payload))
		if err != nil {
			continue
		}
		if stored.String() == wanted.String() {
			return &records[i]
		}
		if other, ok := stored.Payload.Text(roles.WithDefaults().ID); ok && hasKey && other == key {
			sameKey = append(sameKey, records[i])
		}
	}
	return newest(sameKey)
}

func isLicence(payload string, lic *licseal.License) bool {
	stored, err := licseal.ParseUnverified([]byte(payload))
	return err == nil && stored.String() == lic.String()
}

// Apply does what a plan says, and returns the record that is active then. Each
// record is given to backup before it is replaced or removed; if that fails,
// nothing more is done. backup must not be nil.
func (c *Client) Apply(ctx context.Context, p *Plan, backup func(Record) error) (Record, error) {
	active, err := c.activate(ctx, p, backup)
	if err != nil {
		return Record{}, err
	}
	for _, record := range p.Remove {
		if err := backup(record); err != nil {
			return Record{}, fmt.Errorf("the licence is active, but %s was not removed: keeping a backup: %w", record.ID, err)
		}
		if err := c.Delete(ctx, record.ID); err != nil {
			return Record{}, fmt.Errorf("the licence is active, but %s was not removed: %w", record.ID, err)
		}
	}
	return active, nil
}

func (c *Client) activate(ctx context.Context, p *Plan, backup func(Record) error) (Record, error) {
	var (
		active Record
		err    error
	)
	switch p.Call {
	case NoCall:
		return *p.Active, nil
	case UpdateCall:
		if err := backup(*p.Target); err != nil {
			return Record{}, fmt.Errorf("nothing was changed: keeping a backup: %w", err)
		}
		active, err = c.Update(ctx, p.Target.ID, p.Payload)
	default:
		active, err = c.Create(ctx, p.Payload)
	}
	if err != nil {
		return Record{}, err
	}
	if p.Active != nil && p.Active.ID != active.ID && active.UpdatedAt <= p.Active.UpdatedAt {
		return Record{}, fmt.Errorf("the licence was stored as %s, but %s is not older (updated_at %d and %d), so which one is active is open: push again in a second",
			active.ID, p.Active.ID, active.UpdatedAt, p.Active.UpdatedAt)
	}
	return active, nil
}
