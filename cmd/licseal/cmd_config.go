package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/profile"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

func configCommand() *cli.Command {
	return &cli.Command{
		Name:      "config",
		Usage:     "show or approve the settings in licseal.yaml",
		UsageText: "licseal config [--json] [--profile FILE]\n       licseal config approve|forget [FILE]",
		Description: `Prints each setting, and whether it comes from the environment or from a line of
the profile. The profile is the file licseal.yaml in this folder or in the nearest
one above it. Flags take precedence over the environment, and that over the profile:

  -k LICSEAL_KEY, -t LICSEAL_TRUST, --schema LICSEAL_SCHEMA,
  --revocations LICSEAL_REVOCATIONS, --profile LICSEAL_PROFILE

A folder that somebody sent may hold a profile, too. So all other commands use only
one that you have approved, with the schema and the trusted keys that it had then,
or that --profile names. One that you have never approved is an error, or ignored
if -t or LICSEAL_TRUST names the keys to trust.

  licseal config
  licseal config approve`,
		Flags:  []cli.Flag{profileFlag, jsonFlag},
		Action: showConfig,
		Subcommands: []*cli.Command{
			{
				Name: "approve", Usage: "approve a profile, its schema and its trusted keys", UsageText: "licseal config approve [FILE]",
				Description: `Without FILE, approves the licseal.yaml that applies in this folder. The path and the
digests of the profile, its schema and its trusted keys are kept in your
configuration folder. If one of them changes, no command uses the profile until you
approve it again. A revocation list may change: it is signed, and no list older than
one that was seen is accepted.`,
				Action: approveConfig,
			},
			{
				Name: "forget", Usage: "withdraw the approval of a profile", UsageText: "licseal config forget [FILE]", ArgsUsage: names,
				Action: forgetConfig,
			},
		},
	}
}

// profilePath returns the path of the profile that an argument names, or of the one that
// applies here. It has no symbolic links, except that the profile may be one.
func profilePath(c *cli.Context) (string, error) {
	if c.NArg() > 1 {
		return "", usagef("'%s' takes one file, not %d", c.Command.HelpName, c.NArg())
	}
	if name := c.Args().First(); name != "" {
		path, err := filepath.Abs(name)
		if err != nil {
			return "", err
		}
		if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
			path = filepath.Join(folder, filepath.Base(path))
		}
		if filepath.Base(path) != profile.Name {
			return "", usagef("%s is not named %s, so no command finds it; --profile names a file by any name", name, profile.Name)
		}
		return path, nil
	}
	path, err := profile.UserStore().Locate(".")
	if err == nil && path == "" {
		err = withHint(fmt.Errorf("there is no %s in this folder or above it", profile.Name), "'licseal init' makes one")
	}
	return path, err
}

func approveConfig(c *cli.Context) error {
	path, err := profilePath(c)
	if err != nil {
		return err
	}
	return approveProfile(c, path)
}

// approveProfile shows what a profile sets and the files that it depends on, and approves
// it.
func approveProfile(c *cli.Context, path string) error {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return profileError(path, &profile.NotApprovedError{Profile: path, File: path, Link: true})
	}
	p, err := profile.Open(path)
	if err != nil {
		return profileError(path, err)
	}
	approval, err := profile.NewApproval(p)
	if err != nil {
		return about(path, err)
	}
	shown, err := approvedText(p, approval)
	if err == nil {
		err = show(c, shown)
	}
	if err != nil {
		return err
	}
	store := profile.UserStore()
	if err := store.Put(approval); err != nil {
		return err
	}
	if p.Revocations == "" {
		return nil
	}
	err = state.Create(store.StateFile(p.Path), verify.Memory{Latest: now()})
	if errors.Is(err, fs.ErrExist) {
		return nil // what it has seen stays
	}
	return about(store.StateFile(p.Path), err)
}

func approvedText(p *profile.Profile, a *profile.Approval) (text.Line, error) {
	var b text.Block
	b.Add(settingsTable(profileSettings(p)))
	for _, file := range slices.Sorted(maps.Keys(a.Files)) {
		b.Printf("SHA-256 %s  %s\n", a.Files[file], file)
	}
	for _, path := range p.Trust {
		data, err := readFile(path, keys.MaxBytes)
		if err == nil {
			err = a.Check(path, data) // what is shown is what is approved
		}
		if err != nil {
			return b.Line(), about(path, err)
		}
		file, err := keys.ParseTrustedFile(path, data)
		if err != nil {
			return b.Line(), err
		}
		for _, e := range file.Entries() {
			b.Printf("trusts %s %s\n", licseal.KeyID(e.Key.Key), orDash(e.Key.Name))
		}
	}
	b.Printf("approved: %s\n", p.Path)
	return b.Line(), nil
}

func forgetConfig(c *cli.Context) error {
	path, err := profilePath(c)
	if err != nil {
		return err
	}
	forgotten, err := profile.UserStore().Forget(path)
	if err == nil && !forgotten {
		err = errors.New("this profile is not approved")
	}
	if err != nil {
		return about(path, err)
	}
	return say(c, "%s: no longer approved", path)
}

// shownSetting is a setting as 'licseal config' shows it.
type shownSetting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	From  string `json:"from"`
}

// profileSettings returns what a profile sets, in the order of its documentation.
func profileSettings(p *profile.Profile) []shownSetting {
	var plans []string
	for _, plan := range p.Plans {
		plans = append(plans, plan.Name)
	}
	var roles []string
	for _, role := range []struct{ name, pointer string }{
		{"id", p.Roles.ID}, {"customer", p.Roles.Customer}, {"product", p.Roles.Product},
		{"not_before", p.Roles.NotBefore}, {"not_after", p.Roles.NotAfter}, {"grace_days", p.Roles.GraceDays},
	} {
		if role.pointer != "" {
			roles = append(roles, role.name+" "+role.pointer)
		}
	}
	var columns []string
	for _, m := range p.Map {
		columns = append(columns, m.Column+"="+m.Field)
	}
	var shown []shownSetting
	for _, s := range []shownSetting{
		{"product", p.Product, ""}, {"schema", p.Schema, ""}, {"roles", strings.Join(roles, ", "), ""}, {"key", p.Key, ""},
		{"trust", strings.Join(p.Trust, ", "), ""}, {"revocations", p.Revocations, ""}, {"register", p.Register, ""}, {"expires", p.Expires, ""},
		{"variable", p.Variable, ""}, {"secret", p.Secret, ""}, {"plans", strings.Join(plans, ", "), ""},
		{"map", strings.Join(columns, ", "), ""},
	} {
		if s.Value != "" {
			s.From = fmt.Sprintf("%s:%d", filepath.Base(p.Path), p.Line(s.Name))
			shown = append(shown, s)
		}
	}
	return shown
}

// withEnvironment returns settings with those of the environment in their place.
func withEnvironment(shown []shownSetting) []shownSetting {
	for _, s := range []struct{ name, variable string }{
		{"schema", "LICSEAL_SCHEMA"}, {"key", "LICSEAL_KEY"}, {"trust", "LICSEAL_TRUST"}, {"revocations", "LICSEAL_REVOCATIONS"},
	} {
		value := os.Getenv(s.variable)
		if value == "" {
			continue
		}
		set := shownSetting{s.name, value, "$" + s.variable}
		if i := slices.IndexFunc(shown, func(old shownSetting) bool { return old.Name == s.name }); i >= 0 {
			shown[i] = set
		} else {
			shown = append(shown, set)
		}
	}
	return shown
}

func settingsTable(shown []shownSetting) text.Line {
	var t text.Table
	t.Row("SETTING", "VALUE", "FROM")
	for _, s := range shown {
		t.Row(s.Name, s.Value, s.From)
	}
	return t.Line()
}

// jsonConfig is what 'licseal config --json' prints.
type jsonConfig struct {
	Profile  string         `json:"profile,omitempty"`
	Used     bool           `json:"used"`
	Why      string         `json:"why,omitempty"` // why it is not used
	Settings []shownSetting `json:"settings"`
}

func showConfig(c *cli.Context) error {
	if c.NArg() > 0 {
		return usagef("'licseal config' takes no file; --profile names one")
	}
	config, err := currentConfig(c)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(c, config)
	}
	var b text.Block
	switch {
	case config.Profile == "":
		b.Printf("profile: none; 'licseal init' makes one\n")
	case config.Used:
		b.Printf("profile: %s\n", config.Profile)
	default:
		b.Printf("profile: %s: NOT USED: %s\n", config.Profile, config.Why)
	}
	b.Add(settingsTable(config.Settings))
	return show(c, b.Line())
}

// currentConfig returns the settings that hold here, and those of a profile that is not
// used, because it is not approved.
func currentConfig(c *cli.Context) (config jsonConfig, err error) {
	config.Profile, config.Used = cmp.Or(c.String(profileFlag.Name), os.Getenv(profileVariable)), true
	if config.Profile == "" {
		store := profile.UserStore()
		if config.Profile, err = store.Locate("."); err != nil {
			return config, about(config.Profile, err)
		}
		_, approval, err := store.Find(".")
		if err == nil && approval != nil {
			err = checkApproved(approval)
		}
		if err != nil {
			config.Used, config.Why = false, err.Error()
		}
	}
	config.Settings = []shownSetting{}
	if config.Profile != "" && config.Profile != noProfile {
		p, err := profile.Open(config.Profile)
		if err != nil && config.Used {
			return config, profileError(config.Profile, err)
		}
		if err == nil {
			config.Settings = append(config.Settings, profileSettings(p)...)
		}
	}
	config.Settings = withEnvironment(config.Settings)
	return config, nil
}

// checkApproved returns an error if a file of an approval has changed.
func checkApproved(a *profile.Approval) error {
	for _, path := range slices.Sorted(maps.Keys(a.Files)) {
		data, err := readFile(path, keys.MaxBytes)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := a.Check(path, data); err != nil {
			return err
		}
	}
	return nil
}
