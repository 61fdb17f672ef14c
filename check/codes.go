package check

import (
	"slices"
	"strings"

	"github.com/licseal/licseal"
)

// The codes of what is found before and after the text itself is read. Those of
// a text that cannot be read stand with what finds them, and beside them are
// the words of [licseal.Class].
const (
	CodeSourceUnreadable Code = "source-unreadable"
	CodeSourceMissing    Code = "source-missing"
	CodeLicenceAsName    Code = "licence-as-name"
	CodeSourceShadowed   Code = "source-shadowed"
	CodeAdminShadowed    Code = "admin-api-shadowed"
	CodeLocalLicence     Code = "local-licence"
	CodeNoLicence        Code = "no-licence"
	CodeBetterLicence    Code = "better-licence"
	CodeUnclear          Code = "active-unclear"
	CodeNotBase64        Code = "secret-not-base64"
	CodeDisabled         Code = "disabled"

	CodeSignature           Code = "signature"
	CodeSignatureNotChecked Code = "signature-not-checked"
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

	CodeDate        Code = "date"
	CodeNeverValid  Code = "never-valid"
	CodeNotYetValid Code = "not-yet-valid"
	CodeExpired     Code = "expired"
	CodeInGrace     Code = "in-grace"
	CodeExpiresSoon Code = "expires-soon"
	CodeRequirement Code = "requirement"
)

// The codes of a text that is no licence document, or not only one.
const (
	CodeByteOrderMark   Code = "byte-order-mark"
	CodeUTF16           Code = "utf-16"
	CodeCRLF            Code = "crlf"
	CodeCurlyQuotes     Code = "curly-quotes"
	CodeSingleQuotes    Code = "single-quotes"
	CodeDoubledQuotes   Code = "doubled-quotes"
	CodeNoQuotes        Code = "quotes-lost"
	CodeInvisible       Code = "invisible-characters"
	CodeEscapedTwice    Code = "escaped-twice"
	CodeWrappedInQuotes Code = "wrapped-in-quotes"
	CodeBase64          Code = "base64"
	CodeDataURI         Code = "data-uri"
	CodeHTMLEscaped     Code = "html-escaped"
	CodeHexEscaped      Code = "hex-escaped"
	CodeQuotedPrintable Code = "quoted-printable"
	CodeQuotedLines     Code = "quoted-lines"
	CodeSurroundingText Code = "surrounding-text"
	CodeSeveralLicences Code = "several-licences"
	CodeEnvAssignment   Code = "env-assignment"
	CodeFormBody        Code = "form-body"
	CodeAdminBody       Code = "admin-body"
	CodeAdminRecord     Code = "admin-record"
	CodeAdminList       Code = "admin-list"
	CodeAdminError      Code = "admin-error"
	CodeSecretManifest  Code = "secret-manifest"
	CodeSecretWrongKey  Code = "secret-wrong-key"
	CodeKongLicense     Code = "kong-license-manifest"
	CodeYAMLValue       Code = "yaml-value"
	CodeTrailingComma   Code = "trailing-comma"
	CodeLineBreak       Code = "line-break"
	CodeSignatureFormat Code = "signature-format"
	CodeVersionInteger  Code = "version-integer"
	CodeMissingEnvelope Code = "missing-envelope"
	CodeBarePayload     Code = "bare-payload"
	CodeAmbiguous       Code = "ambiguous"
	CodeNotFixed        Code = "not-fixed"
	CodeHTMLPage        Code = "html-page"
	CodeKeyFile         Code = "key-file"
	CodeOtherFile       Code = "other-file"
	CodePlaceholder     Code = "placeholder"
	CodeFileName        Code = "file-name"
	CodeEmpty           Code = Code(licseal.ClassEmpty)
	CodeTooLarge        Code = Code(licseal.ClassTooLarge)
	codeSyntax               = Code(licseal.ClassSyntax)
	codeTruncated            = Code(licseal.ClassTruncated)
	codeTrailingData         = Code(licseal.ClassTrailingData)
	codeUnknownMember        = Code(licseal.ClassUnknownMember)
	codeMissingMember        = Code(licseal.ClassMissingMember)
	codeDuplicateName        = Code(licseal.ClassDuplicateName)
	codeVersion              = Code(licseal.ClassVersion)
	codeWrongType            = Code(licseal.ClassWrongType)
	codeTooDeep              = Code(licseal.ClassTooDeep)
	codeInvalidUTF8          = Code(licseal.ClassInvalidUTF8)
	codeLoneSurrogate        = Code(licseal.ClassLoneSurrogate)
	codeNumberRange          = Code(licseal.ClassNumberRange)
	codeNumberPrecision      = Code(licseal.ClassNumberPrecision)
)

// Description is what a code means.
type Description struct {
	Code  Code
	Stage Stage
	Title string // one line
}

// Describe returns what every code means, sorted by code.
func Describe() []Description {
	all := slices.Clone(descriptions)
	slices.SortFunc(all, func(a, b Description) int { return strings.Compare(string(a.Code), string(b.Code)) })
	return all
}

var descriptions = []Description{
	{CodeSourceUnreadable, StageSource, "the file or service that should hold the licence cannot be read"},
	{CodeSourceMissing, StageSource, "the file that is named is not there"},
	{CodeLicenceAsName, StageSource, "the licence stands where the name of a file belongs"},
	{CodeSourceShadowed, StageSource, "a licence is installed that another one shadows"},
	{CodeAdminShadowed, StageSource, "a local licence shadows those of the Admin API"},
	{CodeLocalLicence, StageSource, "a local licence is not passed on to data planes"},
	{CodeNoLicence, StageSource, "there is no licence in any place looked at"},
	{CodeBetterLicence, StageSource, "another installed licence would be better than the active one"},
	{CodeUnclear, StageSource, "it cannot be told which licence is active"},
	{CodeNotBase64, StageSource, "the data of a Secret is not base64"},
	{CodeDisabled, StageSource, "the licence is disabled where it is installed"},

	{CodeByteOrderMark, StageDocument, "the text starts with a byte order mark"},
	{CodeUTF16, StageDocument, "the text is UTF-16"},
	{CodeCRLF, StageDocument, "the lines end in CR LF"},
	{CodeCurlyQuotes, StageDocument, "curly quotes stand where JSON needs straight ones"},
	{CodeSingleQuotes, StageDocument, "single quotes stand where JSON needs double ones"},
	{CodeDoubledQuotes, StageDocument, "each quote is written twice, as in a CSV file"},
	{CodeNoQuotes, StageDocument, "all quotes are gone, as when a shell took them off"},
	{CodeInvisible, StageDocument, "invisible characters stand between the JSON tokens"},
	{CodeEscapedTwice, StageDocument, "the JSON is escaped once more than it should be"},
	{CodeWrappedInQuotes, StageDocument, "the JSON is wrapped in a pair of quotes"},
	{CodeBase64, StageDocument, "the licence is still encoded in base64"},
	{CodeDataURI, StageDocument, "the text is a data: URI"},
	{CodeHTMLEscaped, StageDocument, "the JSON is escaped for HTML"},
	{CodeHexEscaped, StageDocument, "the quotes are escaped as in a log"},
	{CodeQuotedPrintable, StageDocument, "the text is still encoded as quoted-printable mail"},
	{CodeQuotedLines, StageDocument, "the lines are quoted as in a reply to a mail"},
	{CodeSurroundingText, StageDocument, "there is other text around the licence"},
	{CodeSeveralLicences, StageDocument, "more than one JSON text stands in the file"},
	{CodeEnvAssignment, StageDocument, "the text is the assignment of a variable"},
	{CodeFormBody, StageDocument, "the text is a form-encoded request body"},
	{CodeAdminBody, StageDocument, "the text is the request body for an Admin API"},
	{CodeAdminRecord, StageDocument, "the text is a record of an Admin API"},
	{CodeAdminList, StageDocument, "the text is a list of an Admin API's records"},
	{CodeAdminError, StageDocument, "the text is an Admin API's error message"},
	{CodeSecretManifest, StageDocument, "the text is the manifest of a Kubernetes Secret"},
	{CodeSecretWrongKey, StageDocument, "the Secret holds the licence under a key that nothing reads"},
	{CodeKongLicense, StageDocument, "the text is the manifest of a KongLicense"},
	{CodeYAMLValue, StageDocument, "the licence is a value inside a YAML or JSON document"},
	{CodeTrailingComma, StageDocument, "a comma stands before a closing bracket"},
	{CodeLineBreak, StageDocument, "a line break stands inside a string"},
	{CodeSignatureFormat, StageDocument, "the signature is not 128 lower-case hex digits"},
	{CodeVersionInteger, StageDocument, "the version is an integer where a string is expected"},
	{CodeMissingEnvelope, StageDocument, "the outer object with the member license is missing"},
	{CodeBarePayload, StageDocument, "the text is a payload without a signature"},
	{CodeAmbiguous, StageDocument, "the text can be read in more than one way"},
	{CodeNotFixed, StageDocument, "the text cannot be repaired"},
	{CodeHTMLPage, StageDocument, "the text is a web page"},
	{CodeKeyFile, StageDocument, "the text is a key file"},
	{CodeOtherFile, StageDocument, "the file is something else: an archive, a document, binary data"},
	{CodePlaceholder, StageDocument, "the text is a placeholder that was not filled in"},
	{CodeFileName, StageDocument, "the text is the name of a file, not its content"},
	{CodeEmpty, StageDocument, "the text is empty"},
	{CodeTooLarge, StageDocument, "the text is too large for a licence"},
	{codeSyntax, StageDocument, "the text is not JSON"},
	{codeTruncated, StageDocument, "the text ends too early"},
	{codeTrailingData, StageDocument, "text follows the end of the JSON value"},
	{codeUnknownMember, StageDocument, "a member stands outside of what is signed"},
	{codeMissingMember, StageDocument, "a member of the licence document is missing"},
	{codeDuplicateName, StageDocument, "a member is there twice"},
	{codeVersion, StageDocument, "the version is one that this program does not read"},
	{codeWrongType, StageDocument, "a value has the wrong type"},
	{codeTooDeep, StageDocument, "objects are nested too deeply"},
	{codeInvalidUTF8, StageDocument, "the text is not UTF-8"},
	{codeLoneSurrogate, StageDocument, "half of a surrogate pair is escaped"},
	{codeNumberRange, StageDocument, "a number is too large to be kept exactly"},
	{codeNumberPrecision, StageDocument, "a number has too many digits to be kept exactly"},

	{CodeSignature, StageSignature, "no trusted key made this signature"},
	{CodeSignatureNotChecked, StageSignature, "the signature was not checked"},
	{CodeRevoked, StageRevocation, "the licence, or the key that signed it, is revoked"},
	{CodeRevocationList, StageRevocation, "the revocation list cannot be used"},
	{CodeNoID, StageSchema, "the licence has no id to look up in a revocation list"},
	{CodeClock, StageDates, "the clock is wrong, or was set back"},
	{CodeIssuer, StageRequirement, "the signing key is not of the issuer that is required"},
	{CodeRefused, StageRevocation, "the licence is refused although its signature is good"},

	{CodeUnknownField, StageSchema, "the schema does not know this field"},
	{CodeMissingField, StageSchema, "a field is missing"},
	{CodeWrongField, StageSchema, "a field's value breaks the schema"},
	{CodeSchema, StageSchema, "the payload could not be checked against the schema"},
	{CodeMoreSchema, StageSchema, "there are more violations than are listed"},
	{CodeOtherSchema, StageSchema, "the fields are those of another built-in schema"},
	{CodeDate, StageSchema, "a date is missing or cannot be read"},

	{CodeNeverValid, StageDates, "the licence expires at the instant it begins"},
	{CodeNotYetValid, StageDates, "the licence is not yet valid"},
	{CodeExpired, StageDates, "the licence has expired"},
	{CodeInGrace, StageDates, "the licence has expired and is in its grace period"},
	{CodeExpiresSoon, StageRequirement, "the licence expires soon"},
	{CodeRequirement, StageRequirement, "a requirement is not met"},
}
