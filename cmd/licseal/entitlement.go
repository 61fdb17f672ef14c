package main

import (
	"errors"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/internal/entitlement"
	"github.com/licseal/licseal/schema"
)

// completeEntitlement puts what a plan leaves open into an entitlement payload:
// a new id and a new key where there is none, and its dates as [entitlementDates] does.
func completeEntitlement(p licseal.Payload) (licseal.Payload, error) {
	var changes []change
	for pointer, generate := range map[string]func() string{
		entitlement.ID:  entitle.NewID,
		entitlement.Key: entitle.NewKey,
	} {
		if _, exists := p.Field(pointer); !exists {
			changes = append(changes, change{pointer: pointer, value: generate()})
		}
	}
	p, err := applyChanges(p, changes)
	if err != nil {
		return p, err
	}
	return entitlementDates(p)
}

// entitlementDates puts dates into the one form that the payload has for them.
func entitlementDates(p licseal.Payload) (licseal.Payload, error) {
	var changes []change
	for _, pointer := range []string{entitlement.Created, entitlement.Expiry} {
		text, _ := p.Text(pointer)
		t, err := licseal.ParseDate(text, nil)
		if err == nil && t.Nanosecond()%1e6 == 0 { // what would be rounded stays, and is refused
			changes = append(changes, change{pointer: pointer, value: entitlement.FormatTime(t)})
		}
	}
	return applyChanges(p, changes)
}

// hintSchema adds to an error about a payload that it plainly is one of another
// built-in schema than the one it was held against.
func hintSchema(err error, rules *schema.Schema, p licseal.Payload) error {
	if err == nil || rules != schema.Kong() && rules != schema.Entitlement() {
		return err
	}
	var schemaErr *schema.Error
	var date *licseal.DateError
	if f := classify(err); f.code != exitSchema && !errors.As(err, &schemaErr) && !errors.As(err, &date) {
		return err
	}
	meant := schema.Resembling(p)
	if meant == nil || meant == rules {
		return err
	}
	return withHint(err, "the payload looks like the schema %s: --schema %s", meant.Name(), meant.Name())
}
