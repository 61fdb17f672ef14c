package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/licseal/licseal"
)

// Plan lists the calls that make a licence the active one of a server.
type Plan struct {
	Payload string
	Call    PlannedCall
	Active  *Record // the active record now; nil if there is none
	Target  *Record // the record to update; nil if a new one is created

	// Remove lists the other records, if they should be removed.
	Remove []Record
}

// PlannedCall is the call by which a plan makes its licence the active one.
type PlannedCall string

// The calls of a plan.
const (
	NoCall     PlannedCall = "none"   // the licence is already active
	CreateCall PlannedCall = "create" // PUT, with a new id: it is added
	UpdateCall PlannedCall = "update" // PATCH: it replaces the one in Target
)

// Nothing reports whether the plan changes nothing.
func (p *Plan) Nothing() bool { return p.Call == NoCall && len(p.Remove) == 0 }

// Plan returns the fewest calls that make a licence the active one: none if it is
// active; an update if a record has it, or has a licence with the same key, which is
// then replaced; otherwise a new record. roles names the field of the key; the zero
// value names Kong's. If prune is set, the plan removes all other records.
//
// The error is a *StatusError if the licence is active, but the server would refuse it
// now, for example because it was revoked. Only servers that have the call of
// [Client.Validate] tell.
//
// Different texts of the same licence, such as with other white space, count as equal.
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
		if err := c.Validate(ctx, payload); hasStatus(err, http.StatusBadRequest) {
			return nil, fmt.Errorf("the licence is stored as %s already, but the server refuses it now: %w", shorten(p.Active.ID), err)
		}
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

// isTied reports whether another record has the same UpdatedAt, so that either may be
// active. Times are in seconds, and some servers give two records the same one.
func isTied(records []Record, active *Record) bool {
	for i := range records {
		if records[i].UpdatedAt == active.UpdatedAt && records[i].ID != active.ID {
			return true
		}
	}
	return false
}

// target returns the record to update: the one with the same text, because a text must
// not be stored twice; or one with the same licence as another text; or the newest one
// with the same key; nil if there is none of these.
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

// Apply carries out a plan and returns the record that is then active. It calls backup
// with each record before replacing or removing it, and stops if backup fails, or with a
// *ChangedError if a record is not what was planned. backup must not be nil.
func (c *Client) Apply(ctx context.Context, p *Plan, backup func(Record) error) (Record, error) {
	active, err := c.activate(ctx, p, backup)
	if err != nil {
		return Record{}, err
	}
	for _, record := range p.Remove {
		if _, err := c.Swap(ctx, Swap{ID: record.ID, Planned: &record, Backup: backup}); err != nil {
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
		active, err = c.Swap(ctx, Swap{ID: p.Target.ID, Payload: p.Payload, Planned: p.Target, Backup: backup})
	default:
		active, err = c.Add(ctx, p.Payload)
	}
	if err != nil {
		return Record{}, err
	}
	if p.Active != nil && p.Active.ID != active.ID && active.UpdatedAt <= p.Active.UpdatedAt {
		return Record{}, fmt.Errorf("the licence was stored as %s, but %s is not older (updated_at %d and %d), so either may be active: push again in a second",
			active.ID, p.Active.ID, active.UpdatedAt, p.Active.UpdatedAt)
	}
	return active, nil
}

// PushOptions are the options of [Client.Push].
type PushOptions struct {
	Roles  licseal.Roles // as in [Client.Plan]
	Prune  bool          // remove all other records
	DryRun bool          // only make the plan

	// Backup is called with each record before it is replaced or removed. A record may
	// be backed up twice. It must not be nil, except with DryRun.
	Backup func(Record) error
}

// Push makes a licence the active one with the fewest calls. It returns the plan that it
// has carried out and the active record, which is zero with DryRun. If another client
// changes the records in between, so that the server reports a conflict, it makes
// another plan, once.
func (c *Client) Push(ctx context.Context, payload string, o PushOptions) (*Plan, Record, error) {
	plan, active, err := c.pushOnce(ctx, payload, &o)
	var answer *StatusError
	if errors.As(err, &answer) && answer.Status == http.StatusConflict {
		plan, active, err = c.pushOnce(ctx, payload, &o)
	}
	return plan, active, err
}

func (c *Client) pushOnce(ctx context.Context, payload string, o *PushOptions) (*Plan, Record, error) {
	plan, err := c.Plan(ctx, payload, o.Roles, o.Prune)
	if err != nil || o.DryRun {
		return plan, Record{}, err
	}
	active, err := c.Apply(ctx, plan, o.Backup)
	return plan, active, err
}
