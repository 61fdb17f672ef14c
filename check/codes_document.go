package check

import (
	"strings"
	"sync"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check/repair"
)

// documentCode is a code of a text that is not a licence document, and the faults that
// package repair reports for it.
type documentCode struct {
	code     Code
	title    string
	faults   []faultWords
	inSource bool // the code belongs to StageSource
}

// faultWords is what a finding says of a fault. In both texts, {1} stands for the
// first of the fault's values, and so on.
type faultWords struct {
	kind          repair.Kind
	found, remedy string
}

func (c documentCode) stage() Stage {
	if c.inSource {
		return StageSource
	}
	return StageDocument
}

// one returns the words of a code that stands for one kind of fault, of the same name.
func one(kind repair.Kind, title, found, remedy string) documentCode {
	return documentCode{code: Code(kind), title: title, faults: []faultWords{{kind, found, remedy}}}
}

// byParser returns the words of what the parser says; its detail is {1}.
func byParser(class licseal.Class, title, remedy string) documentCode {
	return one(repair.Kind(class), title, "{1}", remedy)
}

const (
	issueAgain   = "take the licence from whoever issued it once more, as a file"
	unescapeOnce = "unescape the text once"
)

// documentCodes are the codes of all faults, in the order in which they are looked for.
var documentCodes = []documentCode{
	one(repair.Empty, "the text is empty",
		"the text is empty", "check that the variable is set, or that the file was written to the end"),
	one(repair.UTF16, "the text is UTF-16",
		"the text is UTF-16, not UTF-8", "save the file as UTF-8"),
	{code: "other-file", title: "the file is something else: an archive, a document, binary data", faults: []faultWords{
		{repair.Gzip, "this is a file compressed with gzip, not a licence", "unpack it: gunzip"},
		{repair.Zip, "this is a ZIP archive, or an office document, not a licence", "unpack it, or copy the text out of it"},
		{repair.PDF, "this is a PDF document, not a licence", "ask whoever issued the licence for the file itself; text copied out of a PDF is often changed"},
		{repair.RTF, "this is a document of a word processor (RTF), not a licence", "ask whoever issued the licence for the file itself"},
		{repair.Binary, "this is binary data, not text", issueAgain},
	}},
	one(repair.ByteOrderMark, "the text starts with a byte order mark",
		"the text starts with a byte order mark (U+FEFF)", "save the file as UTF-8 without a byte order mark"),
	one(repair.HTMLPage, "the text is a web page",
		"the text is a web page, not a licence", "download the licence again; a login page or a proxy's message was saved in its place"),
	one(repair.KeyFile, "the text is a key file",
		"the text is a key or a certificate, not a licence", "name the licence here, and the public key after -t"),
	one(repair.Placeholder, "the text is a placeholder that was not filled in",
		"the text is the placeholder {1}, which was not filled in", "check that the variable exists where the template is filled in"),
	one(repair.FileName, "the text is the name of a file, not its content",
		"the text is the name of a file: {1}", "put the content of the file there; a variable that names a file is KONG_LICENSE_PATH"),
	one(repair.DataURI, "the text is a data: URI",
		"the text is a data: URI, with the licence after its comma", "keep only what follows the comma, decoded"),
	one(repair.EnvAssignment, "the text is the assignment of a variable",
		"the text assigns the variable {1}", "keep only the value after the ="),
	one(repair.FormBody, "the text is a form-encoded request body",
		"the text is a form-encoded request body", "keep only the value of payload, decoded"),
	one(repair.QuotedPrintable, "the text is still encoded as quoted-printable mail",
		"the text is encoded as in the source of a mail (quoted-printable)", "save the attachment, or copy the text as the mail program shows it"),
	one(repair.QuotedLines, "the lines are quoted as in a reply to a mail",
		"the lines are quoted as in a reply to a mail", "remove the > at the start of each line"),
	one(repair.HTMLEscaped, "the JSON is escaped for HTML",
		"the quotes are escaped for HTML (&quot;)", "copy the text as a browser shows it"),
	one(repair.HexEscaped, "the quotes are escaped as in a log",
		`the quotes are escaped as in a log (\x22)`, `replace every \x22 with a quote, or take the licence from a file instead of a log`),
	one(repair.NoQuotes, "all quotes are gone, as when a shell removed them",
		"all quotes are gone: a shell removed them", "put the licence in single quotes where a shell reads it, and take it from whoever issued it once more"),
	one(repair.DoubledQuotes, "each quote is written twice, as in a CSV file",
		`each quote is written twice (""), as in a CSV file`, "take the value out with a program that reads CSV"),
	one(repair.WrappedInQuotes, "the JSON is wrapped in a pair of quotes",
		"the licence is wrapped in another pair of quotes ({1}…{2})", "remove the quotes around the text"),
	{code: "escaped-twice", title: "the JSON is escaped once more than it should be", faults: []faultWords{
		{repair.JSONString, "the text is a JSON string that holds the licence, so all of it is escaped once more", unescapeOnce + ": jq -r ."},
		{repair.EscapedQuotes, "the quotes are escaped with backslashes: the JSON is escaped once more than it should be", unescapeOnce + `: replace every \" with "`},
		{repair.LicenseString, "the member license is a string that holds the licence", "put the object there, not a string that holds it"},
	}},
	{code: "base64", title: "the licence is still encoded in base64", faults: []faultWords{
		{repair.Base64, "the text is base64, not yet decoded", "decode the text once: base64 -d"},
		{repair.Base64Damaged, "the text looks like base64 that is cut off or damaged", "copy the whole of it, and decode it: base64 -d"},
		{repair.Base64Other, "the text is base64 of something that is not a licence", issueAgain},
	}},
	one(repair.AdminBody, "the text is the request body for an Admin API",
		`the text is the request body for an Admin API, {"payload": …}, not the licence`, savePayload),
	one(repair.AdminRecord, "the text is a record of an Admin API",
		"the text is a record of an Admin API's /licenses, not the licence", savePayload),
	{code: CodeAdminList, title: "the text is a list of an Admin API's records", faults: []faultWords{
		{repair.AdminListOne, "the text is an Admin API's list of licences, not a licence", "save only the text of the payload: jq -r '.data[0].payload'"},
		{repair.AdminListNewest, "the text is an Admin API's list of {2} licences; the active one, with the newest updated_at, is {3}", "save only the text of its payload: jq -r '.data[{1}].payload'"},
		{repair.AdminListUnclear, "the text is an Admin API's list of {1} licences, and none of them is the newest", "choose one: jq -r '.data[0].payload'"},
		{repair.AdminListEmpty, "the text is an Admin API's list of licences, and the list is empty", "add a licence to the gateway first: POST /licenses"},
	}},
	one(repair.AdminError, "the text is an Admin API's error message",
		"the text is an Admin API's error message: {1}", "ask the Admin API again, and look at the HTTP status before the answer is saved"),
	one(repair.MissingEnvelope, "the outer object with the member license is missing",
		`the object with payload and signature belongs into the member "license" of another object`, `wrap it as {"license": …}`),
	one(repair.BarePayload, "the text is a payload without a signature",
		"the text is only the payload of a licence, without a signature", "take the whole document from whoever issued it; its signature is missing here"),
	{code: "secret-manifest", title: "the text is the manifest of a Kubernetes Secret", faults: []faultWords{
		{repair.SecretManifest, "the text is the manifest of the Secret {1}; the licence is under its key {2}", "kubectl apply this manifest, and give a gateway only the decoded text of the key {2}"},
		{repair.SeveralManifests, "the text has manifests that hold {1} licences", "check it with --namespace-dump, which reads all of them"},
	}},
	{code: "secret-wrong-key", title: "the Secret holds the licence under a key that nothing reads", faults: []faultWords{
		{repair.SecretWrongKey, "the Secret {1} holds the licence under the key {2}; what reads it expects {3}", "rename the key: kubectl create secret generic {4} --from-file={5}=FILE"},
		{repair.SecretMissingKey, "the Secret {1} has no key {2}: it has {3}", "put the licence there: kubectl create secret generic {1} --from-file={2}=FILE"},
	}},
	{code: CodeNotBase64, title: "the data of a Secret is not base64", inSource: true, faults: []faultWords{
		{repair.SecretNotBase64, "the value under data is not base64, so Kubernetes refuses it", "put plain text under stringData, or encode it: base64 -w0"},
	}},
	one(repair.KongLicense, "the text is the manifest of a KongLicense",
		"the text is the manifest of the KongLicense {1}", "kubectl apply this manifest, and give a gateway only the text of rawLicenseString"),
	{code: CodeDisabled, title: "the licence is disabled where it is installed", inSource: true, faults: []faultWords{
		{repair.Disabled, "the KongLicense is not enabled, so no gateway gets it", "set enabled to true"},
	}},
	one(repair.YAMLValue, "the licence is a value inside a YAML or JSON document",
		"the licence is a value inside a YAML document", "use only the value"),
	one(repair.SeveralTexts, "the file has more than one JSON text",
		"a second JSON text follows the first", "keep one of them; a gateway reads one licence"),
	{code: "surrounding-text", title: "there is other text around the licence", faults: []faultWords{
		{repair.SurroundingText, "there is other text {1} the licence", "keep only the text from the first { to the last }"},
		{repair.TrailingText, "there is other text after the licence", "keep only the text from the first { to the } that belongs to it"},
	}},
	one(repair.CurlyQuotes, "curly quotes are used where JSON needs straight ones",
		"found the quote {1} ({2}) where JSON needs a straight one", `type straight quotes ("), or take the licence from a file instead of a mail or a wiki`),
	one(repair.SingleQuotes, "single quotes are used where JSON needs double ones",
		"the names and strings are in single quotes; JSON needs double ones", "write the licence with json.dumps, or type double quotes"),
	one(repair.Invisible, "there are invisible characters between the JSON tokens",
		"found the invisible character {1} between the JSON tokens", "type plain spaces, or take the licence from a file instead of a web page"),
	one(repair.TrailingComma, "there is a comma before a closing bracket",
		"there is a comma before a closing bracket", "remove the comma"),
	one(repair.LineBreak, "there is a line break inside a string",
		"a line ends inside a string", "join the lines again; a JSON string is on one line"),
	{code: Code(licseal.ClassSignatureFormat), title: "the signature is not 128 lower-case hex digits", faults: []faultWords{
		{repair.SignatureDigits, "the signature has upper-case digits, spaces or a prefix", "write the signature as 128 lower-case hex digits without spaces"},
		{repair.Kind(licseal.ClassSignatureFormat), "{1}", "take the licence from whoever issued it once more; its signature is damaged"},
	}},
	{code: Code(licseal.ClassSyntax), title: "the text is not JSON", faults: []faultWords{
		{repair.Kind(licseal.ClassSyntax), "{1}", correctText},
		{repair.NoObject, "the text has no JSON object, which begins with {", correctText},
	}},
	byParser(licseal.ClassTooLarge, "the text is too large for a licence", "check that this is the licence and not another file; a licence has about 500 bytes"),
	byParser(licseal.ClassTruncated, "the text ends too early", "copy the whole text, from the first { to the last }"),
	byParser(licseal.ClassTrailingData, "text follows the end of the JSON value", "remove what follows the licence"),
	byParser(licseal.ClassUnknownMember, "there is a member outside of what is signed", "remove the member, or spell it as the format does; only what is in the payload is signed"),
	byParser(licseal.ClassMissingMember, "a member of the licence document is missing", "take the whole document from whoever issued it; a licence has payload, signature and version"),
	byParser(licseal.ClassDuplicateName, "a member appears twice", "take the licence from whoever issued it once more; only one of the two was signed"),
	byParser(licseal.ClassVersion, "this program does not read this version", "use a newer licseal, or correct the version"),
	byParser(licseal.ClassWrongType, "a value has the wrong type", issueAgain),
	byParser(licseal.ClassTooDeep, "objects are nested too deeply", issueAgain),
	byParser(licseal.ClassInvalidUTF8, "the text is not UTF-8", "save the text as UTF-8, or take the licence from whoever issued it once more"),
	byParser(licseal.ClassLoneSurrogate, "half of a surrogate pair is escaped", issueAgain),
	byParser(licseal.ClassNumberRange, "a number is too large to be kept exactly", issueAgain),
	byParser(licseal.ClassNumberPrecision, "a number has too many digits to be kept exactly", issueAgain),
}

const (
	savePayload = "save only the text of the member payload: jq -r .payload"
	correctText = "correct the text at that place, or take the licence from whoever issued it once more, as a file"
)

// wordsOf returns the row of a fault, by its kind.
var wordsOf = sync.OnceValue(func() map[repair.Kind]faultRow {
	rows := map[repair.Kind]faultRow{}
	for _, c := range documentCodes {
		for _, f := range c.faults {
			rows[f.kind] = faultRow{c, f}
		}
	}
	return rows
})

type faultRow struct {
	documentCode
	faultWords
}

// fromFault puts a fault into words.
func fromFault(f repair.Fault) Finding {
	row, ok := wordsOf()[f.Kind]
	if !ok {
		row = faultRow{documentCode{code: Code(f.Kind)}, faultWords{f.Kind, "{1}", issueAgain}}
	}
	pairs := make([]string, 0, 2*len(f.Values))
	for i, v := range f.Values {
		pairs = append(pairs, "{"+string(rune('1'+i))+"}", readable(v))
	}
	r := strings.NewReplacer(pairs...)
	return Finding{row.code, row.stage(), Error, f.Position, r.Replace(row.found), r.Replace(row.remedy)}
}

// fromFaults puts faults into words, in their order.
func fromFaults(faults []repair.Fault) []Finding {
	findings := make([]Finding, len(faults))
	for i, f := range faults {
		findings[i] = fromFault(f)
	}
	return findings
}

// readable returns what the parser says of a text that is not JSON, without the words
// that only programmers know.
func readable(detail string) string {
	rest, ok := strings.CutPrefix(detail, "not JSON: ")
	if !ok {
		return detail
	}
	return "not JSON: " + strings.Replace(strings.TrimPrefix(rest, "jsontext: "), "invalid character", "found", 1)
}
