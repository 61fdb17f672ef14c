package register

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/verify"
)

// AuditOptions say what a register is held against.
type AuditOptions struct {
	Verifier *verify.Verifier // of the licences, by the keys that may have signed them
	List     *revoke.Contents // if not nil, what is revoked must be on it, and nothing else
	Orders   map[string]bool  // if not nil, the ids that are paid for: those have a living licence, and no others
}

// Finding is something that an audit has found.
type Finding struct {
	ID      string // of the licence; "" if it has none
	Number  int64  // of the entry; -1 if the finding is about an id without one
	Problem string
}

// Audit verifies the register as [Register.Verify] does, and then judges each licence and
// holds it against its record, the revocation list and the orders. It calls found for
// everything that is not as it should be.
func (r *Register) Audit(ctx context.Context, o *AuditOptions, now time.Time, found func(Finding)) error {
	if err := r.Verify(ctx); err != nil {
		return err
	}
	a := &auditor{o: o, found: found, alive: map[string]int64{}}
	for item, report := range bulk.Verify(ctx, a.licenses(r.Select(ctx, Filter{}, now)), o.Verifier, nil) {
		a.judge(&item, report)
	}
	if err := errors.Join(a.err, ctx.Err()); err != nil {
		return err
	}
	a.compareOrders()
	return a.compareKeys(r)
}

type auditor struct {
	o     *AuditOptions
	found func(Finding)
	alive map[string]int64 // the entries of living licences by id
	err   error            // of reading the register
}

// licenses returns the texts of licences. It ends at an error.
func (a *auditor) licenses(items iter.Seq2[Item, error]) iter.Seq2[Item, []byte] {
	return func(yield func(Item, []byte) bool) {
		for item, err := range items {
			if err != nil {
				a.err = err
				return
			}
			if !yield(item, []byte(item.License)) {
				return
			}
		}
	}
}

// judge judges one licence.
func (a *auditor) judge(item *Item, report *verify.Report) {
	problem := func(format string, args ...any) {
		a.found(Finding{item.ID, item.Number, fmt.Sprintf(format, args...)})
	}
	result := report.Result()
	switch report.Reason() {
	case "", licseal.ReasonExpired, licseal.ReasonNotYetValid:
	default:
		problem("%v", report.Err())
	}
	if result != nil {
		for _, member := range differences(item, result, a.o.Verifier.Roles()) {
			problem("the record has another %s than the licence", member)
		}
	}
	if item.State.Alive() && item.ID != "" {
		if first, twice := a.alive[item.ID]; twice {
			problem("the id is alive twice: also in entry %d", first)
		}
		a.alive[item.ID] = item.Number
	}
	a.compareList(item, problem)
}

// differences returns the members in which a record differs from its licence.
func differences(item *Item, result *verify.Result, roles licseal.Roles) (names []string) {
	want, err := (&Addition{License: result.License, Roles: roles}).record()
	if err != nil {
		return nil // the judgement says so
	}
	for _, member := range []struct {
		name string
		same bool
	}{
		{"id", want.ID == item.ID},
		{"customer", want.Customer == item.Customer},
		{"creation", inRange(want.NotBefore).Equal(item.NotBefore)},
		{"expiration", inRange(want.NotAfter).Equal(item.NotAfter)},
		{"grace", want.GraceDays == item.GraceDays},
		{"key", licseal.KeyID(result.Key.Key) == item.Key},
	} {
		if !member.same {
			names = append(names, member.name)
		}
	}
	return names
}

func (a *auditor) compareList(item *Item, problem func(string, ...any)) {
	if a.o.List == nil {
		return
	}
	if key, revoked := a.o.List.Key(item.Key); revoked && item.State.Alive() && key.Refuses(item.NotBefore) {
		problem("is alive, and its signing key is on the revocation list")
	}
	if item.ID == "" {
		return
	}
	_, listed := a.o.List.License(item.ID)
	switch {
	case item.State == RevokedState && !listed:
		problem("is revoked here, and is not on the revocation list")
	case item.State != RevokedState && listed:
		problem("is on the revocation list, and is not revoked here")
	}
}

// compareKeys finds signing keys that were revoked here, and are not on the list.
func (a *auditor) compareKeys(r *Register) error {
	if a.o.List == nil {
		return nil
	}
	keys, err := r.revokedKeys()
	for _, e := range keys {
		if _, listed := a.o.List.Key(e.SigningKey); !listed {
			a.found(Finding{e.SigningKey, e.Number, "the signing key is revoked here, and is not on the revocation list"})
		}
	}
	return err
}

// compareOrders compares the ids that are alive with those that are paid for.
func (a *auditor) compareOrders() {
	if a.o.Orders == nil {
		return
	}
	var findings []Finding
	for id, number := range a.alive {
		if !a.o.Orders[id] {
			findings = append(findings, Finding{id, number, "has a living licence, and is not in the orders"})
		}
	}
	for id := range a.o.Orders {
		if _, ok := a.alive[id]; !ok {
			findings = append(findings, Finding{id, -1, "is in the orders, and has no living licence"})
		}
	}
	slices.SortFunc(findings, func(a, b Finding) int { return strings.Compare(a.ID, b.ID) })
	for _, f := range findings {
		a.found(f)
	}
}

// ReadOrders reads the ids that are paid for from a table, CSV with a header: the column of
// the name, in any case.
func ReadOrders(r io.Reader, column string) (map[string]bool, error) {
	table := csv.NewReader(r)
	header, err := table.Read()
	if err != nil {
		return nil, errors.New("is not a table with a header")
	}
	i := slices.IndexFunc(header, func(name string) bool {
		return strings.EqualFold(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")), column)
	})
	if i < 0 {
		return nil, fmt.Errorf("the table has no column %q", column)
	}
	orders := map[string]bool{}
	for {
		row, err := table.Read()
		switch {
		case errors.Is(err, io.EOF):
			return orders, nil
		case err != nil:
			return nil, err
		case row[i] != "":
			orders[row[i]] = true
		}
	}
}
