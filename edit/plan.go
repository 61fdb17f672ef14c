package edit

import (
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/schema"
)

// Plan is what to change in a payload before it is signed. The zero value
// changes nothing.
type Plan struct {
	Changes []Change
	Dates   Dates // set after the changes

	// Complete fills in what a new payload may lack: today's creation date, and
	// what [schema.Schema.Generated] lists, such as an id. It writes the dates
	// as [NormalizeDates] does.
	Complete bool
}

// Apply returns the payload with the plan carried out. It does not check the
// payload against the schema.
//
// An error is always an [*Error].
func (plan Plan) Apply(p licseal.Payload, rules *schema.Schema) (licseal.Payload, error) {
	changes, err := TypedChanges(plan.Changes, rules)
	if err != nil {
		return p, err
	}
	if p, err = Apply(p, changes); err != nil {
		return p, err
	}
	dates, roles := plan.Dates, rules.Roles().WithDefaults()
	if _, exists := p.Field(roles.NotBefore); plan.Complete && dates.Created == "" && !exists {
		dates.Created = Today
	}
	if p, err = SetDates(p, roles, dates); err != nil || !plan.Complete {
		return p, err
	}
	if p, err = generate(p, rules); err != nil {
		return p, err
	}
	return NormalizeDates(p, rules)
}

// generate sets the fields that the schema lets be generated, if missing.
func generate(p licseal.Payload, rules *schema.Schema) (licseal.Payload, error) {
	var changes []Change
	for _, field := range rules.Generated() {
		if _, exists := p.Field(field.Pointer); !exists {
			changes = append(changes, setText(field.Pointer, field.New()))
		}
	}
	return Apply(p, changes)
}

// CheckOptions says what [Check] lets pass. The zero value, like nil, is the strict
// one.
type CheckOptions struct {
	// AllowOddID accepts an id that nobody could type to revoke the licence; see
	// [licseal.CheckID].
	AllowOddID bool

	// AllowShortTerm accepts a licence that is valid for a day or less; see
	// [CheckTerm].
	AllowShortTerm bool
}

// Check checks a payload before it is signed: against its schema, whether its dates
// can be read, whether it is valid for more than a day, and whether its id can be typed.
// It returns the payload's period. o may be nil.
//
// An error is a [*schema.Error], a [*licseal.DateError], a [*ShortTermError] or a
// [*licseal.IDError], or says that the schema could not be evaluated.
func Check(p licseal.Payload, rules *schema.Schema, o *CheckOptions) (licseal.Period, error) {
	if err := rules.Validate(p); err != nil {
		return licseal.Period{}, err
	}
	if o == nil {
		o = &CheckOptions{}
	}
	if !o.AllowOddID {
		if err := p.CheckID(rules.Roles()); err != nil {
			return licseal.Period{}, err
		}
	}
	period, err := p.Period(rules.Roles(), nil)
	if err == nil && !o.AllowShortTerm {
		err = CheckTerm(p, rules.Roles(), period)
	}
	return period, err
}
