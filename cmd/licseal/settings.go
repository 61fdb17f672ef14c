package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/licseal/licseal/bulk/rows"
	"github.com/licseal/licseal/internal/profile"
	"github.com/urfave/cli/v2"
)

// A setting is a flag whose value may also come from the environment or the profile.
type setting struct {
	flag     string
	command  string                                        // the only command that has it; "" for all with the flag
	variable string                                        // "" if the environment has none
	of       func(*cli.Context, *profile.Profile) []string // its values in a profile
	example  string                                        // how to give it as a flag
}

var allSettings = []setting{
	{"k", "", "LICSEAL_KEY", func(_ *cli.Context, p *profile.Profile) []string { return one(p.Key) }, "-k KEY"},
	{"t", "", "LICSEAL_TRUST", func(_ *cli.Context, p *profile.Profile) []string { return p.Trust }, "-t KEYS"},
	{"schema", "", "LICSEAL_SCHEMA", func(_ *cli.Context, p *profile.Profile) []string { return one(p.Schema) }, "--schema SCHEMA"},
	{"revocations", "", "LICSEAL_REVOCATIONS", func(_ *cli.Context, p *profile.Profile) []string { return one(p.Revocations) }, ""},
	{"list", "", "LICSEAL_REVOCATIONS", func(_ *cli.Context, p *profile.Profile) []string { return one(p.Revocations) }, ""},
	{"register", "", "LICSEAL_REGISTER", func(_ *cli.Context, p *profile.Profile) []string { return one(p.Register) }, "--register DIR"},
	{"comment", "keygen", "", func(_ *cli.Context, p *profile.Profile) []string { return one(p.Product) }, "--comment NAME"},
	{"name", "payload", "", installedName, "--name NAME"},
	{"expires", "renew", "", func(_ *cli.Context, p *profile.Profile) []string { return one(p.Expires) }, "--expires DATE"},
	{"plan", "sign", "", nothing, ""},
	{"profile", "plans", "", nothing, ""},
}

func nothing(*cli.Context, *profile.Profile) []string { return nil }

// installedName returns what the profile calls the variable or object of a licence.
func installedName(c *cli.Context, p *profile.Profile) []string {
	if c.String("as") == "k8s-secret" {
		return one(p.Secret)
	}
	return one(p.Variable)
}

// isOf reports whether a command has the setting.
func (s setting) isOf(cmd *cli.Command) bool {
	return s.isFor(cmd) && findFlag(cmd, s.flag) != nil
}

// isFor reports whether a command has the setting if it has its flag.
func (s setting) isFor(cmd *cli.Command) bool {
	return (s.command == "" || s.command == cmd.Name) && cmd.Name != "init"
}

// hasSettings reports whether a command has any of the settings. It asks for the names of
// each flag once, since the package takes long to say them.
func hasSettings(cmd *cli.Command) bool {
	return slices.ContainsFunc(cmd.Flags, func(flag cli.Flag) bool {
		names := flag.Names()
		return slices.ContainsFunc(allSettings, func(s setting) bool { return s.isFor(cmd) && slices.Contains(names, s.flag) })
	})
}

// profileVariable names a profile, as --profile does.
const profileVariable = "LICSEAL_PROFILE"

// noProfile stands for no profile, in --profile and its variable.
const noProfile = "none"

var profileFlag = &cli.StringFlag{
	Name: "profile", Usage: "read settings from `FILE` (default: an approved licseal.yaml; 'none' for no file)", TakesFile: true, Category: reads,
}

func one(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// settings are what the command line lacks. They are found once, before the command
// runs, and set as its flags: no command asks the environment or a profile.
type settings struct {
	profile  *profile.Profile  // nil if none is used
	approval *profile.Approval // nil if the user has named the profile
	from     map[string]string // where the value of a flag comes from, unless from the command line
}

const settingsKey = "settings" // in the Metadata of the app

func settingsOf(c *cli.Context) *settings {
	if s, ok := c.App.Metadata[settingsKey].(*settings); ok {
		return s
	}
	return new(settings)
}

// useSettings gives a command the settings that its command line lacks.
func useSettings(c *cli.Context) error {
	s := &settings{from: map[string]string{}}
	c.App.Metadata[settingsKey] = s
	if findFlag(c.Command, profileFlag.Name) == nil {
		return nil
	}
	if err := s.useEnvironment(c); err != nil {
		return err
	}
	lacking := lackingSettings(c)
	if c.IsSet("t") { // a list belongs to the keys that verify it
		lacking = slices.DeleteFunc(lacking, func(l setting) bool { return l.flag == "revocations" || l.flag == "list" })
	}
	if err := s.findProfile(c, lacking); err != nil || s.profile == nil {
		return err
	}
	for _, setting := range lacking {
		if err := s.set(c, setting); err != nil {
			return err
		}
	}
	return s.useState(c)
}

// useEnvironment sets the flags for which the environment has a value.
func (s *settings) useEnvironment(c *cli.Context) error {
	for _, setting := range lackingSettings(c) {
		value := os.Getenv(cmp.Or(setting.variable, "-"))
		if value == "" {
			continue
		}
		values := []string{value}
		if setting.flag == "t" {
			values = filepath.SplitList(value)
		}
		for _, value := range values {
			if err := c.Set(setting.flag, value); err != nil {
				return fmt.Errorf("%s: %w", setting.variable, err)
			}
		}
		s.from[setting.flag] = "$" + setting.variable
	}
	return nil
}

// lackingSettings returns the settings that the command uses and that are not given.
func lackingSettings(c *cli.Context) (lacking []setting) {
	for _, setting := range allSettings {
		lacks := setting.isOf(c.Command) && !c.IsSet(setting.flag)
		switch setting.flag {
		case "t", "revocations":
			lacks = lacks && !c.Bool("no-signature") && !(isTrustList(c) && c.NArg() > 0)
		case "list":
			lacks = lacks && !namesList(c)
		case "name":
			lacks = lacks && slices.Contains(namedForms, c.String("as"))
		case "expires":
			lacks = lacks && !c.IsSet("extend")
		case "plan":
			lacks = c.IsSet("plan") // what it names is in the profile
		}
		if setting.flag == "t" && c.IsSet("trust-root") {
			lacks = false
		}
		if lacks {
			lacking = append(lacking, setting)
		}
	}
	return lacking
}

// findProfile reads the profile that the user has named, or one that applies here. One
// that is not approved is an error if the command lacks a setting that the profile might
// have; otherwise it could change nothing, and is not used.
func (s *settings) findProfile(c *cli.Context, lacking []setting) (err error) {
	switch path := cmp.Or(c.String(profileFlag.Name), os.Getenv(profileVariable)); path {
	case noProfile:
		return nil
	case "":
	default:
		s.profile, err = profile.Open(path)
		return profileError(path, err)
	}
	store := profile.UserStore()
	if c.IsSet("t") {
		return s.findApproved(store, lacking)
	}
	s.profile, s.approval, err = store.Find(".")
	if err == nil {
		return nil
	}
	s.profile, s.approval = nil, nil
	if len(lacking) == 0 {
		return nil
	}
	path, _ := store.Locate(".")
	return hintSettings(profileError(path, err), lacking)
}

// findApproved reads the profile that applies here if those did not exist that the user
// has never approved. It is for a command that was given the keys to trust: nobody who
// sent a profile with a licence can change, or prevent, what the command says.
func (s *settings) findApproved(store profile.Store, lacking []setting) error {
	p, approval, passed, err := store.FindApproved(".")
	if len(lacking) == 0 {
		if err == nil {
			s.profile, s.approval = p, approval
		}
		return nil
	}
	for _, path := range passed {
		warn("%s: you have not approved this profile, so it is ignored", path)
	}
	if err != nil {
		path, _ := store.Locate(".")
		return hintSettings(profileError(path, err), lacking)
	}
	s.profile, s.approval = p, approval
	return nil
}

// profileError returns an error about a profile with its hints.
func profileError(path string, err error) error {
	if err == nil {
		return nil
	}
	var bad *profile.Error
	var no *profile.NotApprovedError
	switch {
	case errors.As(err, &bad) && bad.Hint != "":
		return withHint(about(path, err), "%s", bad.Hint)
	case !errors.As(err, &no):
		return about(path, err)
	}
	err = about(no.Profile, err)
	switch {
	case no.Gone:
		return withHint(err, "if it was moved or deleted on purpose: licseal config forget %s", no.Profile)
	case no.Link:
		return withHint(err, "--profile %s uses it all the same", no.Profile)
	}
	return withHint(err, "'licseal config approve' shows what it sets, and approves it")
}

// hintSettings adds to an error about a profile how to do without it.
func hintSettings(err error, lacking []setting) error {
	var flags []string
	for _, setting := range lacking {
		if setting.example != "" {
			flags = append(flags, setting.example)
		}
	}
	if len(flags) == 0 {
		return err
	}
	return withHint(err, "to run without the profile: %s, or --profile %s", strings.Join(flags, " "), noProfile)
}

// set sets a flag to the profile's values.
func (s *settings) set(c *cli.Context, setting setting) error {
	for _, value := range setting.of(c, s.profile) {
		if err := c.Set(setting.flag, value); err != nil {
			return about(s.profile.Path, err)
		}
		s.from[setting.flag] = s.profile.Path
	}
	return nil
}

// useState has an approved profile's revocation list remembered, so that an older one
// cannot take its place.
func (s *settings) useState(c *cli.Context) error {
	if s.approval == nil || !s.fromProfile("revocations") || findFlag(c.Command, "state") == nil || c.IsSet("state") {
		return nil
	}
	return c.Set("state", profile.UserStore().StateFile(s.profile.Path))
}

// fromProfile reports whether the value of a flag comes from the profile.
func (s *settings) fromProfile(flag string) bool {
	return s.profile != nil && s.from[flag] == s.profile.Path
}

// expiry returns when a licence expires if nothing else says so, "" if the profile does
// not say it either.
func (s *settings) expiry() string {
	if s.profile == nil {
		return ""
	}
	return s.profile.Expires
}

// columns returns the mappings of columns in the profile.
func (s *settings) columns() []rows.Mapping {
	if s.profile == nil {
		return nil
	}
	return s.profile.Map
}

// plan returns the plan of a name. Without a name, it is an empty plan.
func (s *settings) plan(name string) (*profile.Plan, error) {
	switch {
	case name == "":
		return new(profile.Plan), nil
	case s.profile == nil:
		return nil, withHint(usagef("--plan %s: plans are in the profile, and there is none here", name), "'licseal init' makes one")
	}
	if plan := s.profile.Plan(name); plan != nil {
		return plan, nil
	}
	return nil, withHint(usagef("--plan %s: %s has no such plan", name, s.profile.Path), "'licseal plans' lists them")
}

// check returns an error if a file that the profile has set as the value of a flag is not
// the one that the user has approved.
func (s *settings) check(flag, path string, data []byte) error {
	if s.approval == nil || !s.fromProfile(flag) {
		return nil
	}
	if err := s.approval.Check(path, data); err != nil {
		return profileError(s.profile.Path, err)
	}
	return nil
}
