package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
)

// judge decides which licences are let in: those that a trusted key signed,
// whose fields match the schema, and that are valid now.
type judge struct {
	trust   func() trust // nil: whoever signed it
	rules   *schema.Schema
	options verify.Options // but for what trust has
}

// trust is whom a judge believes, and what was taken back.
type trust struct {
	keys    []licseal.TrustedKey
	revoked *revoke.List // nil if there is none
}

var _ admin.Check = (*judge)(nil).check

func (j *judge) check(_ context.Context, payload string) error {
	if j.trust == nil {
		return j.checkUnverified(payload)
	}
	trust, options := j.trust(), j.options
	options.Revocations = trust.revoked
	result, err := verify.License([]byte(payload), trust.keys, &options)
	var (
		parse     *licseal.ParseError
		signature *verify.SignatureError
		refused   *verify.RefusedError
		revoked   *verify.RevokedError
	)
	switch {
	case errors.As(err, &parse):
		return fmt.Errorf("not a licence document: %w", err)
	case errors.As(err, &signature):
		return fmt.Errorf("the signature is not good here: %w", err)
	case errors.As(err, &revoked):
		return err // judged before the fields
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
	if _, notBuiltin := schema.Builtin(rules.Name()); !errors.As(err, &broken) || notBuiltin != nil {
		return err
	}
	if broken.UnknownOnly() {
		return nil
	}
	if meant := rules.Instead(p); meant != nil {
		return fmt.Errorf("the fields are those of the schema %s, and not of %s, which this server takes: %w", meant.Name(), rules.Name(), err)
	}
	return err
}

// parseTrust returns a func that reads files of trusted keys and, behind them, a
// revocation list if there is one. An older list than the one before is refused.
func parseTrust(keyFiles []string, listFile string) func([][]byte) (trust, error) {
	var seen verify.Memory
	return func(contents [][]byte) (trust, error) {
		var t trust
		files := make([]*keys.TrustedFile, len(keyFiles))
		var err error
		for i, path := range keyFiles {
			if files[i], err = keys.ParseTrustedFile(path, contents[i]); err != nil {
				return trust{}, err
			}
		}
		if t.keys, err = keys.Trusted(files...); err != nil {
			return trust{}, err
		}
		if listFile == "" {
			return t, nil
		}
		if t.revoked, err = revoke.Verify(contents[len(keyFiles)], t.keys); err == nil {
			err = seen.Observe(time.Now(), t.revoked, 0)
		}
		if err != nil {
			return trust{}, fmt.Errorf("%s: %w", listFile, err)
		}
		return t, nil
	}
}

// loadSchema returns the schema of a name: a built-in one or a file.
func loadSchema(name string) (*schema.Schema, error) {
	rules, notBuiltin := schema.Builtin(name)
	if notBuiltin == nil {
		return rules, nil
	}
	rules, err := schema.Load(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no schema file %s, and %w", name, notBuiltin)
	}
	return rules, err
}
