package check

import (
	"slices"
	"strings"
)

// Code is the kind of a finding: a stable word in kebab-case. [Describe] returns the
// meaning of each.
type Code string

// The codes of findings about a licence document and about where it is installed. The
// codes of a text that is not a licence document are in the table documentCodes.
//
// To add a code, add a row to one of the two tables, and a constant here if Go code
// refers to it. A test writes docs/check-codes.md from the tables.
const (
	CodeSourceUnreadable Code = "source-unreadable"
	CodeSourceMissing    Code = "source-missing"
	CodeRootOnly         Code = "source-root-only"
	CodeLookAlike        Code = "look-alike-variable"
	CodeLicenceAsName    Code = "licence-as-name"
	CodeSourceShadowed   Code = "source-shadowed"
	CodeAdminShadowed    Code = "admin-api-shadowed"
	CodeLocalLicence     Code = "local-licence"
	CodeNoLicence        Code = "no-licence"
	CodeBetterLicence    Code = "better-licence"
	CodeUnclear          Code = "active-unclear"
	CodeNotBase64        Code = "secret-not-base64"
	CodeDisabled         Code = "disabled"

	CodeCRLF           Code = "crlf"
	CodeVersionInteger Code = "version-integer"
	CodeAmbiguous      Code = "ambiguous"
	CodeNotFixed       Code = "not-fixed"
	CodeAdminList      Code = "admin-list"

	CodeSubstituted         Code = "substituted-characters"
	CodeSignature           Code = "signature"
	CodeSignatureNotChecked Code = "signature-not-checked"
	CodeTrustChain          Code = "trust-chain"
	CodeRevoked             Code = "revoked"
	CodeRevocationList      Code = "revocation-list"
	CodeNoID                Code = "no-id"
	CodeClock               Code = "clock"
	CodeIssuer              Code = "issuer"
	CodeRefused             Code = "refused"

	CodeUnknownField Code = "unknown-field"
	CodeMissingField Code = "missing-field"
	CodeWrongField   Code = "wrong-field"
	CodeSchema       Code = "schema"
	CodeMoreSchema   Code = "more-violations"
	CodeOtherSchema  Code = "other-schema"
	CodeOddID        Code = "odd-id"
	CodeOddText      Code = "odd-text"

	CodeDate         Code = "date"
	CodeUnpaddedDate Code = "unpadded-date"
	CodeNeverValid   Code = "never-valid"
	CodeNotYetValid  Code = "not-yet-valid"
	CodeExpired      Code = "expired"
	CodeInGrace      Code = "in-grace"
	CodeExpiresSoon  Code = "expires-soon"
	CodeRequirement  Code = "requirement"
)

// Description is what a code means.
type Description struct {
	Code  Code
	Stage Stage
	Title string // one line
}

// Describe returns the meaning of every code, sorted by code.
func Describe() []Description {
	all := slices.Clone(descriptions)
	for _, c := range documentCodes {
		all = append(all, Description{c.code, c.stage(), c.title})
	}
	slices.SortFunc(all, func(a, b Description) int { return strings.Compare(string(a.Code), string(b.Code)) })
	return all
}

var descriptions = []Description{
	{CodeSourceUnreadable, StageSource, "the file or service that should hold the licence cannot be read"},
	{CodeSourceMissing, StageSource, "the file does not exist"},
	{CodeRootOnly, StageSource, "only the user root can read the file"},
	{CodeLookAlike, StageSource, "the name of a variable is similar to one that a gateway reads"},
	{CodeLicenceAsName, StageSource, "a licence is given where a file name is expected"},
	{CodeSourceShadowed, StageSource, "an installed licence is shadowed by another one"},
	{CodeAdminShadowed, StageSource, "a local licence shadows those of the Admin API"},
	{CodeLocalLicence, StageSource, "a local licence is not passed on to data planes"},
	{CodeNoLicence, StageSource, "no licence was found"},
	{CodeBetterLicence, StageSource, "another installed licence is better than the active one"},
	{CodeUnclear, StageSource, "several licences could be the active one"},

	{CodeCRLF, StageDocument, "the lines end in CR LF"},
	{CodeVersionInteger, StageDocument, "the version is the integer 1 instead of a string, which is accepted"},
	{CodeAmbiguous, StageDocument, "the text can be read in more than one way"},
	{CodeNotFixed, StageDocument, "the text cannot be repaired"},

	{CodeSignature, StageSignature, "the signature does not match a trusted key"},
	{CodeSignatureNotChecked, StageSignature, "the signature was not checked"},
	{CodeTrustChain, StageSignature, "the chain of trust is refused or missing; the keys known before stay in force"},
	{CodeRevoked, StageRevocation, "the licence, or the key that signed it, is revoked"},
	{CodeRevocationList, StageRevocation, "the revocation list cannot be used"},
	{CodeNoID, StageSchema, "the licence has no id to look up in a revocation list"},
	{CodeClock, StageDates, "the clock is wrong, or was set back"},
	{CodeIssuer, StageRequirement, "the signing key does not belong to the required issuer"},
	{CodeRefused, StageRevocation, "the licence is refused although its signature is good"},

	{CodeUnknownField, StageSchema, "the schema does not define this field"},
	{CodeMissingField, StageSchema, "a field is missing"},
	{CodeWrongField, StageSchema, "the value of a field breaks the schema"},
	{CodeSchema, StageSchema, "the payload could not be checked against the schema"},
	{CodeMoreSchema, StageSchema, "not all violations are listed"},
	{CodeOtherSchema, StageSchema, "the fields are those of another schema"},
	{CodeOddID, StageSchema, "the id has a blank or a character that nobody could type to revoke the licence"},
	{CodeOddText, StageSchema, "a text begins or ends with a blank, or has a character that is invisible or looks like another"},
	{CodeDate, StageSchema, "a date is missing or cannot be read"},
	{CodeUnpaddedDate, StageSchema, "a date has no leading zeros, in a licence whose signature was not checked"},

	{CodeNeverValid, StageDates, "the licence expires at the instant at which it begins"},
	{CodeNotYetValid, StageDates, "the licence is not yet valid"},
	{CodeExpired, StageDates, "the licence has expired"},
	{CodeInGrace, StageDates, "the licence has expired and is in its grace period"},
	{CodeExpiresSoon, StageRequirement, "the licence expires soon"},
	{CodeRequirement, StageRequirement, "a requirement is not met"},
}
