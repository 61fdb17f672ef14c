package job

import (
	"fmt"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/rows"
)

// newSettings returns the settings of a job that begins.
func (s *signer) newSettings() Settings {
	shard := s.o.Shard
	settings := Settings{
		Format: 1, Kind: kindSign, Shard: shard.Number, Of: shard.Of,
		Key: licseal.KeyID(s.key.Public()), ID: s.roles.ID,
		Settings: settingsSum(s.allSettings()), Made: strings.Join(s.signed.Made, " "),
	}
	if s.source.usesToday() {
		settings.Today = s.now.UTC().Format(time.DateOnly)
	}
	if s.o.Recorder != nil {
		settings.Register = s.o.Recorder.Name()
	}
	return settings
}

// allSettings returns what decides what the job writes.
func (s *signer) allSettings() []string {
	settings := s.source.settings()
	for _, pointer := range s.signed.Made {
		settings = append(settings, "made "+pointer)
	}
	return settings
}

// settingsOf returns the options of a plan that decide what a job writes.
func settingsOf(plan *rows.Plan) []string {
	var name, rules string
	if plan.Schema != nil {
		name, rules = plan.Schema.Name(), string(plan.Schema.JSON())
	}
	settings := []string{
		string(plan.Template.Bytes()), name, rules, plan.Created, plan.Expires, fmt.Sprint(plan.Complete),
	}
	if plan.AllowOddID {
		settings = append(settings, "odd ids")
	}
	if plan.AllowShortTerm {
		settings = append(settings, "short terms")
	}
	for _, setting := range []string{string(plan.Encoding), string(rune(plan.Delimiter)), string(plan.DateFormat)} {
		if setting != "" && setting != "\x00" {
			settings = append(settings, "read as "+setting)
		}
	}
	for _, m := range plan.Map {
		settings = append(settings, "column "+m.Column, "field "+m.Field)
	}
	if plan.DefaultExpires != "" {
		settings = append(settings, "expires "+plan.DefaultExpires)
	}
	return settings
}
