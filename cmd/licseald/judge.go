package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/nonblock"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
)

// judge decides which licences are stored.
type judge struct {
	rules *schema.Schema
	trust func() *trust // nil if signatures are not checked
	log   *slog.Logger  // gets the warnings about accepted licences

	unverified *verify.UnverifiedJudge // nil if they are
	recent     recentVerdicts
}

var _ admin.Check = (*judge)(nil).check

// check refuses a licence document.
func (j *judge) check(ctx context.Context, payload string) error {
	if j.unverified != nil {
		return j.checkUnverified(ctx, payload)
	}
	now := j.trust()
	switch {
	case now.noKey != nil:
		return now.noKey
	case now.noList != nil:
		return fmt.Errorf("no licence is accepted until there is another revocation list: %w", now.noList)
	}
	report := now.verifier.Report([]byte(payload))
	switch err := report.Err(); report.Reason() {
	case "":
		j.recent.add(now, payload, j.verdictOf(report))
		j.logWarnings(ctx, report.Result().License, report.Warnings())
		return nil
	case licseal.ReasonSignature:
		return fmt.Errorf("the signature is not good here: %w", err)
	case licseal.ReasonParse:
		return notALicense(err)
	case licseal.ReasonSchema:
		return j.suggest(report.Result().License.Payload, err)
	default:
		return err
	}
}

// checkUnverified looks at the form and the fields of a document, and at nothing else.
func (j *judge) checkUnverified(ctx context.Context, payload string) error {
	report := j.unverified.Report([]byte(payload))
	if document, _ := report.Outcome(verify.StageDocument); document.Err != nil {
		return notALicense(document.Err)
	}
	fields, _ := report.Outcome(verify.StageFields)
	if fields.Err != nil {
		return j.suggest(report.License.Payload, fields.Err)
	}
	j.logWarnings(ctx, report.License, fields.Warnings)
	return nil
}

// logWarnings logs the warnings about an accepted licence in one line.
func (j *judge) logWarnings(ctx context.Context, lic *licseal.License, warnings []licseal.Violation) {
	if len(warnings) == 0 {
		return
	}
	key, _ := lic.Payload.Text(j.rules.Roles().WithDefaults().ID)
	hide := text.Masker{}.With(key).Hide
	texts := make([]string, len(warnings))
	for i, w := range warnings {
		texts[i] = hide(w.String())
	}
	j.log.WarnContext(ctx, "licence accepted with warnings", "license_key", key, "warnings", strings.Join(texts, "; "))
}

func notALicense(err error) error { return fmt.Errorf("not a licence document: %w", err) }

// suggest names the schema that a payload was probably made for, if it is another one.
func (j *judge) suggest(p licseal.Payload, err error) error {
	if meant := j.rules.Instead(p); meant != nil {
		return fmt.Errorf("the fields are those of the schema %s, and not of %s, which this server takes: %w", meant.Name(), j.rules.Name(), err)
	}
	return err
}

// fileKeys are the keys of files of trusted keys, which count as one.
type fileKeys struct {
	files   []watchedFile
	trusted *[]licseal.TrustedKey

	contents [][]byte // last read, good or bad
	refusal  error    // why they cannot be used
}

func (k *fileKeys) flag() string                   { return "--trust" }
func (k *fileKeys) paths() []string                { return pathsOf(k.files) }
func (k *fileKeys) current() *[]licseal.TrustedKey { return k.trusted }

// disowns: what a list has revoked stays revoked until there is a newer one.
func (k *fileKeys) disowns(*revoke.List) bool { return false }

// load reads the files, and parses them if they have changed.
func (k *fileKeys) load() error {
	contents, err := readAll(k.files)
	if err != nil {
		return err
	}
	if k.trusted != nil && equalContents(contents, k.contents) {
		return k.refusal
	}
	trusted, err := parseKeys(k.paths(), contents)
	if err == nil {
		err = licseal.CheckTrusted(trusted)
	}
	if k.contents, k.refusal = contents, err; err == nil {
		k.trusted = &trusted
	}
	return err
}

func parseKeys(names []string, contents [][]byte) ([]licseal.TrustedKey, error) {
	files := make([]*keys.TrustedFile, len(names))
	for i, name := range names {
		var err error
		if files[i], err = keys.ParseTrustedFile(name, contents[i]); err != nil {
			return nil, err
		}
	}
	return keys.Trusted(files...)
}

// loadSchema returns the built-in schema of a name, or that of a file.
func loadSchema(ctx context.Context, name string) (*schema.Schema, error) {
	rules, notBuiltin := schema.Builtin(name)
	if notBuiltin == nil {
		return rules, nil
	}
	rules, err := nonblock.Until(ctx, func() (*schema.Schema, error) { return schema.Load(name) }) // it may be a pipe
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no schema file %s, and %w", name, notBuiltin)
	}
	return rules, err
}
