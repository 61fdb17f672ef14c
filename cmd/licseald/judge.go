package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
)

// judge decides which licences are stored.
type judge struct {
	rules *schema.Schema
	trust func() trust // nil if signatures are not checked
	log   *slog.Logger // gets the warnings about accepted licences

	unverified *verify.UnverifiedJudge // nil if they are
}

// trust is what the files of trusted keys and the revocation list say.
type trust struct {
	keys     []licseal.TrustedKey
	verifier *verify.Verifier
}

var _ admin.Check = (*judge)(nil).check

// check refuses a licence document.
func (j *judge) check(ctx context.Context, payload string) error {
	if j.unverified != nil {
		return j.checkUnverified(ctx, payload)
	}
	report := j.trust().verifier.Report([]byte(payload))
	switch err := report.Err(); report.Reason() {
	case "":
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

// keyReader reads trusted keys from files, given what was seen before.
type keyReader struct {
	files []watchedFile
	read  func(contents [][]byte, seen *verify.Memory) ([]licseal.TrustedKey, error)
}

// readKeys reads files of trusted keys, which count as one.
func readKeys(names []string) keyReader {
	return keyReader{smallFiles(names...), func(contents [][]byte, _ *verify.Memory) ([]licseal.TrustedKey, error) {
		return parseKeys(names, contents)
	}}
}

// trustParser returns a func that reads trusted keys, and then a revocation list if there
// is one. It refuses a list that is older than one it has read before.
func trustParser(keys keyReader, listFile string, options verify.Options) func([][]byte) (trust, error) {
	var seen verify.Memory
	return func(contents [][]byte) (trust, error) {
		trusted, err := keys.read(contents[:len(keys.files)], &seen)
		if err != nil {
			return trust{}, err
		}
		o := options
		if listFile != "" {
			if o.Revocations, err = revoke.Verify(contents[len(keys.files)], trusted); err == nil {
				err = seen.Observe(time.Now(), o.Revocations, 0)
			}
			if err != nil {
				return trust{}, fmt.Errorf("%s: %w", listFile, err)
			}
		}
		verifier, err := bulk.NewVerifier(trusted, &o)
		return trust{trusted, verifier}, err
	}
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
