// Package adminview words what an Admin API holds and reports: lines for people, and
// objects of JSON for programs.
package adminview

import (
	"cmp"
	"slices"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/verify"
)

// Row is a stored licence, as a list shows it.
type Row struct {
	ID        string `json:"id"`
	Active    bool   `json:"active"`
	CreatedAt int64  `json:"created_at"`
	UpdatedAt int64  `json:"updated_at"`
	State     string `json:"state"`
	Key       string `json:"license_key,omitempty"`
	Customer  string `json:"customer,omitempty"`
	NotAfter  string `json:"not_after,omitempty"`
	Payload   string `json:"payload"`
}

// Describer describes stored licences. Without a Verifier it shows them as they are,
// unverified; with one, only what was verified.
type Describer struct {
	Verifier *verify.Verifier // may be nil
	Roles    licseal.Roles
}

// Row describes a record.
func (d *Describer) Row(record admin.Record) Row {
	r := Row{ID: record.ID, CreatedAt: record.CreatedAt, UpdatedAt: record.UpdatedAt, Payload: record.Payload}
	lic, state := d.read(record.Payload)
	r.State = state
	if lic == nil {
		return r
	}
	roles := d.Roles.WithDefaults()
	r.Key, _ = lic.Payload.Text(roles.ID)
	r.Customer, _ = lic.Payload.Text(roles.Customer)
	if period, err := lic.Payload.Period(roles, nil); err == nil {
		r.NotAfter = text.Instant(period.NotAfter)
	}
	return r
}

// read returns a licence, nil if it must not be shown, and its state in a word.
func (d *Describer) read(payload string) (*licseal.License, string) {
	if d.Verifier == nil {
		lic, err := licseal.ParseUnverified([]byte(payload))
		if err != nil {
			return nil, "not a licence"
		}
		return lic, "UNVERIFIED"
	}
	report := d.Verifier.Report([]byte(payload))
	result := report.Result()
	switch {
	case result == nil:
		return nil, string(report.Reason())
	case report.Err() != nil:
		return result.License, string(report.Reason())
	}
	return result.License, string(result.State)
}

// Rows describes records, the active one first.
func (d *Describer) Rows(records []admin.Record) []Row {
	records = slices.Clone(records)
	slices.SortStableFunc(records, func(a, b admin.Record) int { return cmp.Compare(b.UpdatedAt, a.UpdatedAt) })
	rows := make([]Row, len(records))
	for i, record := range records {
		rows[i] = d.Row(record)
		rows[i].Active = i == 0
	}
	return rows
}

// Table shows rows as a table.
func Table(rows []Row) text.Line {
	if len(rows) == 0 {
		return text.Sprintf("no licences are stored\n")
	}
	var table text.Table
	table.Row("", "ID", "UPDATED", "STATE", "KEY", "CUSTOMER", "EXPIRES")
	for _, r := range rows {
		mark := ""
		if r.Active {
			mark = "*"
		}
		table.Row(mark, r.ID, text.Instant(time.Unix(r.UpdatedAt, 0)),
			r.State, orDash(r.Key), orDash(r.Customer), orDash(r.NotAfter))
	}
	return table.Line()
}

// describe returns a record in a few words: its id, and its licence until when.
func (d *Describer) describe(record *admin.Record) text.Line {
	r := d.Row(*record)
	if r.Key == "" && r.NotAfter == "" {
		return text.Sprintf("%s, %s", r.ID, r.State)
	}
	return text.Sprintf("%s, %s until %s", r.ID, orDash(r.Key), orDash(r.NotAfter))
}

func orDash(s string) string { return cmp.Or(s, "-") }
