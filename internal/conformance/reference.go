package conformance

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
)

// The reasons that are not those of a licence.
const (
	reasonUsage = "usage"
	reasonList  = string(licseal.ReasonRevocationList)
	reasonTrust = "trust"
)

// Judge answers a request as this module judges it.
func Judge(r *Request) Answer {
	answer := judge(r)
	answer.ID = r.ID
	return answer
}

func judge(r *Request) Answer {
	if r.Story != nil {
		return tell(r)
	}
	if (r.Keys != "") == (r.Trust != nil) {
		return usage()
	}
	var trusted []licseal.TrustedKey
	if r.Trust != nil {
		chain, err := follow(r.Trust)
		switch {
		case err != nil:
			return Answer{Reason: reasonTrust, Class: trustClass(err)}
		case r.Document == nil:
			return describe(chain)
		}
		if trusted = chain.Trusted(); len(trusted) == 0 {
			return Answer{Reason: reasonTrust, Class: trustClass(licseal.ErrNoTrustedKeys)}
		}
	} else {
		var err error
		if trusted, err = keys.ParseTrusted("keys", []byte(r.Keys)); err != nil || r.Document == nil {
			return usage()
		}
	}
	return judgeLicence(r, trusted)
}

func usage() Answer { return Answer{Reason: reasonUsage} }

// follow returns the chain that a reader knows afterwards.
func follow(t *Trust) (*trust.Chain, error) {
	origin, err := trust.DigestOrigin(t.Root)
	if err != nil {
		return nil, err
	}
	var known *trust.Chain
	if len(t.Seen) > 0 {
		if known, err = trust.Open(bytes.Join(t.Seen, []byte("\n")), t.Root); err != nil {
			return nil, err
		}
	}
	return origin.Follow(known, t.Chain)
}

func describe(chain *trust.Chain) Answer {
	answer := Answer{Class: "accepted", Generation: chain.Generation()}
	for _, key := range chain.Trusted() {
		answer.Keys = append(answer.Keys, licseal.KeyID(key.Key))
	}
	return answer
}

func trustClass(err error) string {
	var parse *licseal.ParseError
	var refused *trust.Error
	switch {
	case errors.As(err, &parse):
		return string(parse.Class)
	case errors.As(err, &refused):
		return string(refused.Reason)
	case errors.Is(err, licseal.ErrNoTrustedKeys):
		return "no-keys"
	}
	return ""
}

func judgeLicence(r *Request, trusted []licseal.TrustedKey) Answer {
	at, err := time.Parse(time.RFC3339Nano, r.Time)
	if err != nil || r.Grace < 0 || r.Grace > int64(maxGrace/time.Second) {
		return usage()
	}
	options := verify.Options{At: at, Grace: time.Duration(r.Grace) * time.Second, Roles: rolesOf(r.Roles)}
	if r.Revocations != nil {
		if options.Revocations, err = revoke.Verify(r.Revocations, trusted); err != nil {
			return Answer{Reason: reasonList, Class: classOf(err)}
		}
	}
	return verdictOf(r.Document, trusted, &options)
}

// verdictOf judges a licence.
func verdictOf(document []byte, trusted []licseal.TrustedKey, options *verify.Options) Answer {
	v, err := verify.New(trusted, options)
	if err != nil {
		return usage()
	}
	report := v.Report(document)
	if err := report.Err(); err != nil {
		return Answer{Reason: string(report.Reason()), Class: classOf(err)}
	}
	result := report.Result()
	digest := sha256.Sum256(result.License.Payload.Bytes())
	answer := Answer{Class: "accepted", Digest: hex.EncodeToString(digest[:])}
	if result.State == verify.InGrace {
		answer.Class = "in-grace"
	}
	return answer
}

// maxGrace is the longest grace of a request.
const maxGrace = 36500 * 24 * time.Hour

func rolesOf(r *Roles) licseal.Roles {
	if r == nil {
		return licseal.Roles{}
	}
	return licseal.Roles{ID: r.ID, NotBefore: r.NotBefore, NotAfter: r.NotAfter, GraceDays: r.Grace}
}

// classOf returns the class of an error of package revoke or verify.
func classOf(err error) string {
	var (
		parse     *licseal.ParseError
		signature *verify.SignatureError
		list      *revoke.Error
		revoked   *verify.RevokedError
		noID      *verify.NoIDError
		date      *licseal.DateError
		state     *verify.StateError
		clock     *verify.ClockError
	)
	switch {
	case errors.As(err, &parse):
		return string(parse.Class)
	case errors.As(err, &signature):
		return "signature"
	case errors.As(err, &list):
		return string(list.Reason)
	case errors.As(err, &revoked) && revoked.KeyID != "":
		return "key-revoked"
	case errors.As(err, &revoked):
		return "revoked"
	case errors.As(err, &noID):
		return "no-id"
	case errors.As(err, &date):
		return "date"
	case errors.As(err, &clock):
		return "clock"
	case errors.As(err, &state):
		return strings.ReplaceAll(string(state.State), " ", "-")
	}
	return ""
}
