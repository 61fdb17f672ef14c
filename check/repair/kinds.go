package repair

import "github.com/licseal/licseal"

// Kind says in which way a text is not a licence document: a stable word in
// kebab-case. Where the parser refuses a text and nothing else explains it, the
// kind is the word of the [licseal.ParseError]'s reason. A comment in quotes lists what
// Fault.Values holds.
type Kind string

// The whole text is something else.
const (
	Empty    Kind = Kind(licseal.ClassEmpty)
	Gzip     Kind = "gzip"
	Zip      Kind = "zip"
	Archive  Kind = "archive"
	PDF      Kind = "pdf"
	RTF      Kind = "rtf"
	Binary   Kind = "binary"
	HTMLPage Kind = "html-page"
	KeyFile  Kind = "key-file"
	FileName Kind = "file-name" // "the text, quoted"
	NoObject Kind = "no-object" // nothing in the text looks like a licence
)

// The text stands in for a licence that is somewhere else, or that only a key makes
// readable.
const (
	SOPS         Kind = "sops"
	Age          Kind = "age"
	PGP          Kind = "pgp"
	AnsibleVault Kind = "ansible-vault"
	GitCrypt     Kind = "git-crypt"
	OpenSSL      Kind = "openssl-enc"
	CMS          Kind = "cms"
	JWE          Kind = "jwe"
	EYAML        Kind = "eyaml"
	VaultTransit Kind = "vault-transit"
	AWSKMS       Kind = "aws-kms"
	DPAPI        Kind = "dpapi"
	Jasypt       Kind = "jasypt"
	SealedSecret Kind = "sealed-secret" // "name", "kubectl flags of its Secret"

	LFS           Kind = "git-lfs"
	GitAnnex      Kind = "git-annex"
	SecretPointer Kind = "secret-pointer" // "kind of manifest", "name", "kubectl flags of its Secret"
	SecretKeyRef  Kind = "secret-key-ref" // "key", "kubectl flags of its Secret"
	Reference     Kind = "reference"      // "the text, quoted"
	Placeholder   Kind = "placeholder"    // "the text, quoted"
	NotFound      Kind = "not-found"      // "the text, quoted"
	NotText       Kind = "not-text"       // "the text, quoted"
	Masked        Kind = "masked"         // "the text, quoted"
)

// The text is encoded, or wrapped in something.
const (
	UTF16           Kind = "utf-16"
	ByteOrderMark   Kind = Kind(licseal.ClassByteOrderMark)
	DataURI         Kind = "data-uri"
	EnvAssignment   Kind = "env-assignment" // "the variable"
	FormBody        Kind = "form-body"
	QuotedPrintable Kind = "quoted-printable"
	QuotedLines     Kind = "quoted-lines" // "what is before the first line"
	HTMLEscaped     Kind = "html-escaped"
	HexEscaped      Kind = "hex-escaped"
	GoMap           Kind = "go-map"
	PrintedMap      Kind = "printed-map"
	NoQuotes        Kind = "quotes-lost"
	ObjectLiteral   Kind = "object-literal"
	Armour          Kind = "armour"
	ShellMark       Kind = "shell-mark" // "the mark"
	Hex             Kind = "hex"
	ByteList        Kind = "byte-list"
	MarkdownEscaped Kind = "markdown-escaped" // "the first escape"
	DoubledQuotes   Kind = "doubled-quotes"
	WrappedInQuotes Kind = "wrapped-in-quotes" // "opening quote", "closing quote"
	JSONString      Kind = "json-string"
	EscapedQuotes   Kind = "escaped-quotes"
	Base64          Kind = "base64"
	Base64Damaged   Kind = "base64-damaged"
	Base64Other     Kind = "base64-other"
	SurroundingText Kind = "surrounding-text" // "before", "after" or "before and after"
	TrailingText    Kind = "trailing-text"
	EmbeddedObject  Kind = "embedded-object"
	EmbeddedString  Kind = "string-value"
	EmbeddedDoubled Kind = "csv-value"
	EmbeddedBase64  Kind = "embedded-base64"
	SeveralTexts    Kind = "several-licences"
)

// The text is a document that holds a licence, or should.
const (
	LicenseString    Kind = "license-string"
	MissingEnvelope  Kind = "missing-envelope"
	BarePayload      Kind = "bare-payload"
	AdminBody        Kind = "admin-body"
	AdminRecord      Kind = "admin-record"
	AdminError       Kind = "admin-error" // "the message, quoted"
	AdminListEmpty   Kind = "admin-list-empty"
	AdminListOne     Kind = "admin-list-one"     // "member that is the list"
	AdminListNewest  Kind = "admin-list"         // "member that is the list", "index", "number of licences", "name"
	AdminListUnclear Kind = "admin-list-unclear" // "member that is the list", "number of licences"
	JSONValue        Kind = "json-value"         // "command that prints the value"
	OtherJSON        Kind = "other-json"
	YAMLValue        Kind = "yaml-value"
	SecretManifest   Kind = "secret-manifest"    // "Secret", "key"
	SecretWrongKey   Kind = "secret-wrong-key"   // "Secret", "key", "expected keys", "Secret for a shell", "first expected key"
	SecretMissingKey Kind = "secret-missing-key" // "Secret", "expected key", "keys"
	SecretNotBase64  Kind = "secret-not-base64"
	KongLicense      Kind = "kong-license-manifest" // "name"
	Disabled         Kind = "disabled"
	SeveralManifests Kind = "several-manifests" // "number of licences", "Secret or nothing"
)

// Characters were changed.
const (
	CurlyQuotes     Kind = "curly-quotes" // "the quote", "its code point"
	SingleQuotes    Kind = "single-quotes"
	Invisible       Kind = "invisible-characters" // "code point"
	TrailingComma   Kind = "trailing-comma"
	SignatureDigits Kind = "signature-digits"
	LineBreak       Kind = "line-break"
	Substituted     Kind = "substituted-characters" // "found", "original"
)
