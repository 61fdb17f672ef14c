package check

import (
	"errors"
	"fmt"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
)

// Options says how licences are judged. The zero value is refused: who does not
// want signatures to be checked must say so.
type Options struct {
	// Trusted are the keys whose signatures are believed.
	Trusted []licseal.TrustedKey

	// NoSignature leaves the signature out. Every result then says so.
	NoSignature bool

	// Verify has the instant, the grace, the zone and what else verify.License
	// takes. Its Roles are those of the schema.
	Verify verify.Options

	// Schema is what the payload must look like. If nil, Kong's.
	Schema *schema.Schema

	// Policy is what the caller demands beyond that.
	Policy Policy

	// ShowSecrets leaves licence keys and signatures readable in findings.
	ShowSecrets bool
}

// Checker judges licences. Several goroutines may use one at the same time.
type Checker struct {
	options Options
}

// ErrKeysOrNot means that it was not said whether signatures are to be checked:
// either there are trusted keys, or NoSignature is set.
var ErrKeysOrNot = errors.New("give the trusted keys, or say that the signature is not to be checked, and not both")

// New returns a checker. The error is [ErrKeysOrNot], or what
// [verify.License] says of options and keys that cannot be used.
func New(options Options) (*Checker, error) {
	if (len(options.Trusted) > 0) == options.NoSignature {
		return nil, ErrKeysOrNot
	}
	if options.Schema == nil {
		options.Schema = schema.Kong()
	}
	options.Verify.Roles = options.Schema.Roles()
	if options.Verify.Grace < 0 {
		return nil, fmt.Errorf("the grace is negative: %v", options.Verify.Grace)
	}
	if options.NoSignature {
		return &Checker{options}, nil
	}
	// Keys that cannot be used are an error now, not one of every licence.
	var parse *licseal.ParseError
	if _, err := verify.License(nil, options.Trusted, &options.Verify); !errors.As(err, &parse) {
		return nil, err
	}
	return &Checker{options}, nil
}
