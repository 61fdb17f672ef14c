package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
)

// judge decides which licences are let in: those that a trusted key signed,
// whose fields match the schema, and that are valid now.
type judge struct {
	trusted func() []licseal.TrustedKey // nil: whoever signed it
	rules   *schema.Schema
	grace   time.Duration
}

var _ admin.Check = (*judge)(nil).check

func (j *judge) check(_ context.Context, payload string) error {
	if j.trusted == nil {
		return j.checkUnverified(payload)
	}
	result, err := verify.License([]byte(payload), j.trusted(), &verify.Options{Grace: j.grace, Roles: j.rules.Roles()})
	var (
		parse     *licseal.ParseError
		signature *verify.SignatureError
		refused   *verify.RefusedError
	)
	switch {
	case errors.As(err, &parse):
		return fmt.Errorf("not a licence document: %w", err)
	case errors.As(err, &signature):
		return fmt.Errorf("the signature is not good here: %w", err)
	case errors.As(err, &refused):
		result = refused.Result
	case err != nil:
		return err
	}
	if err := checkFields(j.rules, result.License.Payload); err != nil {
		return err // judged before the dates
	}
	return err
}

// checkUnverified looks at the shape of a licence and at nothing else.
func (j *judge) checkUnverified(payload string) error {
	lic, err := licseal.ParseUnverified([]byte(payload))
	if err != nil {
		return fmt.Errorf("not a licence document: %w", err)
	}
	return checkFields(j.rules, lic.Payload)
}

// checkFields lets a field pass that a built-in schema does not know: the licence
// is signed, and may be newer than this program. A vendor's own schema means what
// it says.
func checkFields(rules *schema.Schema, p licseal.Payload) error {
	err := rules.Validate(p)
	var broken *schema.Error
	if _, notBuiltin := schema.Builtin(rules.Name()); errors.As(err, &broken) && notBuiltin == nil && broken.UnknownOnly() {
		return nil
	}
	return err
}

// parseTrusted reads files of trusted keys.
func parseTrusted(paths []string) func([][]byte) ([]licseal.TrustedKey, error) {
	return func(contents [][]byte) ([]licseal.TrustedKey, error) {
		var all []licseal.TrustedKey
		for i, data := range contents {
			trusted, err := keys.ParseTrusted(paths[i], data)
			if err != nil {
				return nil, err
			}
			all = append(all, trusted...)
		}
		return all, nil
	}
}

// loadSchema returns the schema of a name: a built-in one or a file.
func loadSchema(name string) (*schema.Schema, error) {
	if rules, err := schema.Builtin(name); err == nil {
		return rules, nil
	}
	return schema.Load(name)
}
