package check

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/internal/timespan"
	"go.yaml.in/yaml/v3"
)

// A gateway logs warnings from 90 days before a licence expires, and errors from 30
// days. By default a policy does the same, but asks for no more than half, or a quarter,
// of a licence's own length: a trial of 30 days passes until 7 days are left.
const (
	DefaultWarnRemaining = 90 * day
	DefaultMinRemaining  = 30 * day

	day = 24 * time.Hour
)

// Policy is what a team requires of a valid licence. The zero value has the defaults
// above, and no further requirements.
type Policy struct {
	// MinRemaining is how much time must be left until the licence is no
	// longer accepted, any grace included. If zero, DefaultMinRemaining, or a
	// quarter of the licence's length if that is less; if negative, nothing is
	// required.
	MinRemaining time.Duration

	// WarnRemaining is from when on there is a warning. If zero,
	// DefaultWarnRemaining, or half of the licence's length if that is less; if
	// negative, there is no warning.
	WarnRemaining time.Duration

	// Require lists what the fields must be.
	Require []Requirement
}

// minRemaining returns how much time must be left of a licence of a length.
func (p Policy) minRemaining(length time.Duration) time.Duration {
	return cmp.Or(p.MinRemaining, min(DefaultMinRemaining, wholeDays(length/4)))
}

// warnRemaining returns below which time left of a licence there is a warning.
func (p Policy) warnRemaining(length time.Duration) time.Duration {
	return cmp.Or(p.WarnRemaining, min(DefaultWarnRemaining, wholeDays(length/2)))
}

// wholeDays returns a length in whole days, unless it is shorter than one.
func wholeDays(d time.Duration) time.Duration {
	if d < day {
		return d
	}
	return d.Truncate(day)
}

// PolicyFile is a policy as a team shares it. Empty members are not stated.
type PolicyFile struct {
	MinRemaining  string   `yaml:"min_remaining"`
	WarnRemaining string   `yaml:"warn_remaining"`
	Grace         string   `yaml:"grace"`
	Zone          string   `yaml:"zone"`
	Schema        string   `yaml:"schema"`
	Require       []string `yaml:"require"`
}

// MaxPolicyBytes is the size of the largest policy file that is read.
const MaxPolicyBytes = 64 << 10

// ParsePolicyFile reads a policy file, YAML or JSON:
//
//	min_remaining: 30d      # fail if less is left
//	warn_remaining: 90d
//	grace: 0d
//	zone: Europe/Berlin     # where a date begins; UTC by default
//	require:
//	  - product_subscription=Konnect Enterprise
//	  - dataplanes>=4
//
// A misspelt member is an error; otherwise a requirement would be dropped.
func ParsePolicyFile(text []byte) (*PolicyFile, error) {
	if len(text) > MaxPolicyBytes {
		return nil, fmt.Errorf("the policy has %d bytes; at most %d are read", len(text), MaxPolicyBytes)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	var file PolicyFile
	err := decoder.Decode(&file)
	if errors.Is(err, io.EOF) {
		return nil, errEmptyPolicy
	} else if err != nil {
		return nil, fmt.Errorf("the policy cannot be read: %s", yamlMessage(err))
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("the policy has a second document; write one")
	}
	if err := file.check(text); err != nil {
		return nil, err
	}
	return &file, nil
}

// check refuses a policy that states nothing, and members that state nothing or
// cannot be read.
func (f *PolicyFile) check(text []byte) error {
	var members map[string]any
	if err := yaml.Unmarshal(text, &members); err != nil {
		return fmt.Errorf("the policy cannot be read: %s", yamlMessage(err))
	}
	if len(members) == 0 {
		return errEmptyPolicy
	}
	for name, value := range members {
		list, _ := value.([]any)
		if value == nil || value == "" || slices.Contains(list, nil) || slices.Contains(list, any("")) {
			return fmt.Errorf("%s is empty; give it a value, or leave it out", name)
		}
	}
	return f.Apply(new(Options))
}

var errEmptyPolicy = errors.New("the policy is empty; write at least one of min_remaining, warn_remaining, grace, zone, schema, require")

// Apply sets the options that the file states. It does not load the schema.
func (f *PolicyFile) Apply(o *Options) error {
	for _, length := range []struct {
		member, text string
		target       *time.Duration
	}{
		{"min_remaining", f.MinRemaining, &o.Policy.MinRemaining},
		{"warn_remaining", f.WarnRemaining, &o.Policy.WarnRemaining},
		{"grace", f.Grace, &o.Verify.Grace},
	} {
		if length.text == "" {
			continue
		}
		d, err := ParseLength(length.text)
		if err != nil {
			return fmt.Errorf("%s: %v", length.member, err)
		}
		if d == 0 && length.target != &o.Verify.Grace {
			d = -1 // nothing is required, which is not the default
		}
		*length.target = d
	}
	if f.Zone != "" {
		loc, err := LoadZone(f.Zone)
		if err != nil {
			return fmt.Errorf("zone: %v", err)
		}
		o.Verify.Location = loc
	}
	for _, text := range f.Require {
		r, err := ParseRequirement(text)
		if err != nil {
			return fmt.Errorf("require: %v", err)
		}
		o.Policy.Require = append(o.Policy.Require, r)
	}
	return nil
}

// LoadZone returns a time zone by its name. "Local" would be a different one on each
// machine, and is refused.
func LoadZone(name string) (*time.Location, error) {
	loc, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, fmt.Errorf("%q is not a known time zone; write it as Europe/Berlin or UTC", name)
	}
	return loc, nil
}

// yamlMessage puts the message of the YAML library on one line, in our words. It
// quotes the names of members and nothing else: any file may be given by mistake, also
// one that holds a secret.
func yamlMessage(err error) string {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	message = strings.TrimPrefix(message, "unmarshal errors:\n")
	var faults []string
	for line := range strings.Lines(message) {
		faults = append(faults, yamlFault(strings.TrimSpace(line)))
	}
	return strings.Join(faults, "; ")
}

// yamlFault puts one line of a message into words.
func yamlFault(line string) string {
	place, fault, found := strings.Cut(line, ": ")
	if !found || !strings.HasPrefix(place, "line ") {
		place, fault = "", line
	} else {
		place += ": "
	}
	name := memberName().FindString(fault)
	switch {
	case strings.HasSuffix(fault, "not found in type check.PolicyFile"):
		return place + cmp.Or(strings.TrimSpace(name), "a field") + " not found; the members are min_remaining, warn_remaining, grace, zone, schema and require"
	case strings.HasPrefix(fault, "mapping key "):
		return place + cmp.Or(strings.TrimSpace(name), "a mapping key") + " already defined"
	case strings.HasPrefix(fault, "cannot unmarshal "):
		return place + "a value of the wrong type"
	case syntaxFault().MatchString(fault):
		return place + fault
	}
	return place + "not the text of a policy"
}

var (
	memberName  = text.Pattern(`^(field [a-zA-Z_-]{1,24}|mapping key "[a-zA-Z_-]{1,24}") `)
	syntaxFault = text.Pattern("^(did not find|could not find|found|mapping values|block) ") // constant texts
)

// ParseLength reads a length of time: whole days as in "30d", at most 36500, or
// what [time.ParseDuration] reads. It is not negative.
func ParseLength(text string) (time.Duration, error) { return timespan.Parse(text) }
