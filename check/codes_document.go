package check

import (
	"cmp"
	"strings"
	"sync"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check/repair"
)

// documentCode is a code of a text that is not a licence document, and the faults that
// package repair reports for it.
type documentCode struct {
	code   Code
	title  string
	faults []faultWords
	at     Stage // if empty, StageDocument
}

// faultWords are the texts of a finding about a fault. In both, {1} is replaced by the
// first of the fault's values, {2} by the second, and so on.
type faultWords struct {
	kind          repair.Kind
	found, remedy string
}

func (c documentCode) stage() Stage {
	return cmp.Or(c.at, StageDocument)
}

// one returns a code for a single kind of fault, with the same name.
func one(kind repair.Kind, title, found, remedy string) documentCode {
	return documentCode{code: Code(kind), title: title, faults: []faultWords{{kind, found, remedy}}}
}

// byParser returns a code for a class of parse errors. Their detail, {1}, is what a
// finding says.
func byParser(class licseal.Class, title, remedy string) documentCode {
	return one(repair.Kind(class), title, "{1}", remedy)
}

const (
	asSent       = "take the licence from the file or message that the vendor sent"
	unescapeOnce = "unescape the text once"
)

// documentCodes are the codes of all faults, in the order of the search.
var documentCodes = []documentCode{
	one(repair.Empty, "the text is empty",
		"the text is empty", "check that the variable is set, or that the file was written to the end"),
	one(repair.UTF16, "the text is UTF-16",
		"the text is UTF-16, not UTF-8", "save the file as UTF-8"),
	{code: "other-file", title: "the file is something else: an archive, a document, binary data", faults: []faultWords{
		{repair.Gzip, "this is a file compressed with gzip, not a licence", "unpack it: gunzip"},
		{repair.Archive, "this is an archive, not a licence", "unpack it"},
		{repair.Zip, "this is a ZIP archive, or an office document, not a licence", "unpack it, or copy the text out of it"},
		{repair.PDF, "this is a PDF document, not a licence", "use the file of the licence; text copied out of a PDF is often changed"},
		{repair.RTF, "this is a document of a word processor (RTF), not a licence", "use the file of the licence, or save the document as plain text"},
		{repair.Binary, "this is binary data, not text", asSent},
	}},
	one(repair.ByteOrderMark, "the text starts with a byte order mark",
		"the text starts with a byte order mark (U+FEFF)", "save the file as UTF-8 without a byte order mark"),
	one(repair.HTMLPage, "the text is a web page",
		"the text is a web page, not a licence", "download the licence again; what was saved is a login page or the message of a proxy"),
	one(repair.KeyFile, "the text is a key file",
		"the text is a key or a certificate, not a licence", "name the licence here, and the public key after -t"),
	{code: "encrypted", title: "the licence is encrypted", faults: []faultWords{
		{repair.SOPS, "the values are encrypted with SOPS", "decrypt the file: sops decrypt FILE"},
		{repair.Age, "the file is encrypted with age", "decrypt it: age --decrypt -i KEY FILE"},
		{repair.PGP, "the file is encrypted with OpenPGP", "decrypt it: gpg --decrypt FILE"},
		{repair.AnsibleVault, "the text is encrypted with Ansible Vault", "decrypt it: ansible-vault view FILE; for a value in a YAML file: ansible localhost -m debug -a var=NAME -e @FILE"},
		{repair.GitCrypt, "the file is encrypted with git-crypt", "unlock the repository: git-crypt unlock"},
		{repair.OpenSSL, "the text is encrypted with 'openssl enc'", "decrypt it with the options of its encryption, such as: openssl enc -d -aes-256-cbc -pbkdf2 -in FILE, with -a if it is base64"},
		{repair.CMS, "the text is a CMS or PKCS #7 message", "decrypt it: openssl cms -decrypt -inform PEM -in FILE -inkey KEY"},
		{repair.JWE, "the text is an encrypted token (JWE)", "decrypt it with the key of the program that made it: jose jwe dec -i FILE -k KEY"},
		{repair.EYAML, "the values are encrypted with hiera-eyaml", "decrypt the file: eyaml decrypt -e FILE"},
		{repair.VaultTransit, "the text is encrypted with Vault's transit engine", "decrypt it: vault write transit/decrypt/KEY ciphertext=TEXT"},
		{repair.AWSKMS, "the text is encrypted with AWS KMS", "decrypt it: aws kms decrypt --ciphertext-blob fileb://FILE, for the file decoded with base64 -d"},
		{repair.DPAPI, "the text is a secure string of PowerShell", "decrypt it as the user who made it: ConvertTo-SecureString | ConvertFrom-SecureString -AsPlainText"},
		{repair.Jasypt, "the value is encrypted for a configuration library", "read it through the program that has the key, or decrypt it with that library's own tool"},
		{repair.SealedSecret, "the text is the SealedSecret {1}, which only its controller can decrypt", "read the Secret that the controller made of it: kubectl get secret {2} -o yaml"},
	}},
	{code: "pointer", title: "the text only says where the licence is", faults: []faultWords{
		{repair.LFS, "the file is a pointer of Git LFS; its content was not fetched", "fetch it: git lfs pull"},
		{repair.GitAnnex, "the file is a pointer of git-annex; its content was not fetched", "fetch it: git annex get FILE"},
		{repair.SecretPointer, "the manifest of the {1} {2} only says where the licence is", "read the Secret that a controller makes of it: kubectl get secret {3} -o yaml"},
		{repair.SecretKeyRef, "the manifest takes the licence from the key {1} of a Secret", "read that Secret: kubectl get secret {2} -o yaml"},
	}},
	{code: "masked", title: "the licence was masked in a log", faults: []faultWords{
		{repair.Masked, "the licence, or a part of it, was masked: {1}", "read it where it is stored; a log or a plan shows secrets masked"},
	}},
	{code: "placeholder", title: "the text is a placeholder or a reference that was not replaced", faults: []faultWords{
		{repair.Placeholder, "the text is the placeholder {1}, which was not filled in", "check that the variable exists where the template is filled in"},
		{repair.Reference, "the text is the reference {1}, which was not replaced with what it refers to", "check that the tool which resolves references ran, and that it may read this one"},
		{repair.NotFound, "a program has written {1} in place of a licence, because it did not find one", "check the path or the name that the program looks for"},
		{repair.NotText, "a program has written {1} in place of the text of an object", "write the object as JSON: JSON.stringify(…)"},
	}},
	one(repair.FileName, "the text is the name of a file, not its content",
		"the text is the name of a file: {1}", "put the content of the file there; a variable that names a file is KONG_LICENSE_PATH"),
	one(repair.DataURI, "the text is a data: URI",
		"the text is a data: URI, with the licence after its comma", "keep only what follows the comma, and decode it"),
	one(repair.EnvAssignment, "the text is the assignment of a variable",
		"the text assigns the variable {1}", "keep only the value after the ="),
	one(repair.FormBody, "the text is a form-encoded request body",
		"the text is a form-encoded request body", "keep only the value of payload, and decode it"),
	one(repair.QuotedPrintable, "the text is still encoded as quoted-printable mail",
		"the text is encoded as in the source of a mail (quoted-printable)", "save the attachment, or copy the text as the mail program shows it"),
	one(repair.QuotedLines, "each line begins with extra text, as in a reply to a mail",
		"each line begins with extra text such as {1}, as in a reply to a mail or the output of a program", "remove it from every line"),
	one(repair.HTMLEscaped, "the JSON is escaped for HTML",
		"the quotes are escaped for HTML (&quot;)", "copy the text as a browser shows it"),
	one(repair.HexEscaped, "the quotes are escaped as in a log",
		`the quotes are escaped as in a log (\x22)`, `replace every \x22 with a quote, or take the licence from a file instead of a log`),
	one(repair.NoQuotes, "all quotes are missing; a shell may have removed them",
		"all quotes are missing; a shell may have removed them", "in a shell, put the licence in single quotes"),
	one(repair.GoMap, "the text is a map as Go prints it",
		"the text is a map as Go prints it, without quotes", "write the value as JSON; in a template of Vault Agent: {{ .Data.data.license | toJSON }}"),
	one(repair.PrintedMap, "the text is a map as a program prints it, without quotes",
		"the text is a map as a program prints it, without quotes", "write the value as JSON, not as text"),
	one(repair.ObjectLiteral, "the text is an object as a programming language prints it",
		"the text is an object as a programming language prints it, not JSON", "write the object as JSON, such as with JSON.stringify, json.dumps or jsonencode"),
	one(repair.Armour, "the base64 has the lines of a certificate around it, as from certutil",
		"the text is base64 with BEGIN and END lines around it, as certutil writes it", "decode it: certutil -decode FILE licence.json"),
	one(repair.Hex, "the text is written in hex digits",
		"the text is written in hex digits", "decode it: xxd -r -p"),
	one(repair.ByteList, "the text is printed as a list of bytes",
		"the text is printed as a list of its bytes", "write the bytes as text"),
	one(repair.MarkdownEscaped, "the text is escaped for Markdown",
		"the text is escaped for Markdown or a chat, such as {1}", "copy the text from a file or a code block"),
	{code: "doubled-quotes", title: "each quote is written twice, as in a CSV file", faults: []faultWords{
		{repair.DoubledQuotes, `each quote is written twice (""), as in a CSV file`, "take the value out with a program that reads CSV"},
		{repair.EmbeddedDoubled, "the licence is a value of a CSV file, in which each quote is written twice", "take the value out with a program that reads CSV"},
	}},
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
		{repair.Base64Other, "the text is base64 of something that is not a licence", asSent},
	}},
	one(repair.AdminBody, "the text is the request body for an Admin API",
		`the text is the request body for an Admin API, {"payload": …}, not the licence`, savePayload),
	one(repair.AdminRecord, "the text is a record of an Admin API",
		"the text is a record of an Admin API's /licenses, not the licence", savePayload),
	{code: CodeAdminList, title: "the text is a list of an Admin API's records", faults: []faultWords{
		{repair.AdminListOne, "the text is an Admin API's list of licences, not a licence", "save only the text of the payload: jq -r '.{1}[0].payload'"},
		{repair.AdminListNewest, "the text is an Admin API's list of {3} licences; the active one, with the newest updated_at, is {4}", "save only the text of its payload: jq -r '.{1}[{2}].payload'"},
		{repair.AdminListUnclear, "the text is an Admin API's list of {2} licences, and none of them is the newest", "choose one: jq -r '.{1}[0].payload'"},
		{repair.AdminListEmpty, "the text is an Admin API's list of licences, and the list is empty", "add a licence to the gateway first: POST /licenses"},
	}},
	one(repair.AdminError, "the text is an Admin API's error message",
		"the text is an Admin API's error message: {1}", "repeat the request to the Admin API, and look at the HTTP status before the answer is saved"),
	one(repair.MissingEnvelope, "the outer object with the member license is missing",
		`the object with payload and signature belongs into the member "license" of another object`, `wrap it as {"license": …}`),
	one(repair.BarePayload, "the text is a payload without a signature",
		"the text is only the payload of a licence, without a signature", "take the whole document from the file or message that the vendor sent; its signature is missing here"),
	{code: "secret-manifest", title: "the text is the manifest of a Kubernetes Secret", faults: []faultWords{
		{repair.SecretManifest, "the text is the manifest of the Secret {1}; the licence is under its key {2}", "kubectl apply this manifest, and give a gateway only the decoded text of the key {2}"},
		{repair.SeveralManifests, "the text has manifests that hold {1} licences", "check it with --namespace-dump, which reads all of them"},
	}},
	{code: "secret-wrong-key", title: "the Secret holds the licence under a key that nothing reads", faults: []faultWords{
		{repair.SecretWrongKey, "the Secret {1} holds the licence under the key {2}; what reads it expects {3}", "rename the key: kubectl create secret generic {4} --from-file={5}=FILE"},
		{repair.SecretMissingKey, "the Secret {1} has no key {2}: it has {3}", "put the licence there: kubectl create secret generic {1} --from-file={2}=FILE"},
	}},
	{code: CodeNotBase64, title: "the data of a Secret is not base64", at: StageSource, faults: []faultWords{
		{repair.SecretNotBase64, "the value under data is not base64, so Kubernetes rejects it", "put plain text under stringData, or encode it: base64 -w0"},
	}},
	one(repair.KongLicense, "the text is the manifest of a KongLicense",
		"the text is the manifest of the KongLicense {1}", "kubectl apply this manifest, and give a gateway only the text of rawLicenseString"),
	{code: CodeDisabled, title: "the licence is disabled where it is installed", at: StageSource, faults: []faultWords{
		{repair.Disabled, "the KongLicense is not enabled, so no gateway gets it", "set enabled to true"},
	}},
	one(repair.JSONValue, "the licence is a value inside a JSON document",
		"the licence is a value inside a larger JSON document", "use only the value: {1}"),
	one(repair.YAMLValue, "the licence is a value inside a YAML document",
		"the licence is a value inside a YAML document", "use only the value"),
	one(repair.EmbeddedString, "the licence is a string inside other text, such as HCL",
		"the licence is a string inside a larger text", "use only the string, without its quotes and escapes"),
	one(repair.OtherJSON, "the text is JSON that contains no licence",
		"the text is JSON that contains no licence", "check that this is the right file, or the right answer"),
	one(repair.SeveralTexts, "the file has more than one JSON text",
		"a second JSON text follows the first", "keep one of them; a gateway reads one licence"),
	{code: "surrounding-text", title: "there is other text around the licence", faults: []faultWords{
		{repair.SurroundingText, "there is other text {1} the licence", "keep only the text from the first { to the last }"},
		{repair.EmbeddedObject, "there is other text around the licence", "keep only the text from the first { to its closing }"},
		{repair.EmbeddedBase64, "there is other text around the base64 of a licence", "keep only the base64, and decode it: base64 -d"},
		{repair.ShellMark, "the text ends in {1}, which a shell prints after a line without a newline", "remove the {1}"},
		{repair.TrailingText, "there is other text after the licence", "keep only the text from the first { to its closing }"},
	}},
	one(repair.CurlyQuotes, "curly quotes are used where JSON needs straight ones",
		"found the quote {1} ({2}) where JSON needs a straight one", `type straight quotes ("), or take the licence from a file instead of a mail or a wiki`),
	one(repair.SingleQuotes, "single quotes are used where JSON needs double ones",
		"the names and strings are in single quotes; JSON needs double ones", "write the licence with json.dumps, or type double quotes"),
	one(repair.Invisible, "there are invisible characters between the JSON tokens",
		"found the invisible character {1} between the JSON tokens", "type plain spaces, or take the licence from a file instead of a web page"),
	one(repair.TrailingComma, "there is a comma before a closing bracket",
		"there is a comma before a closing bracket", "remove the comma"),
	{code: CodeSubstituted, title: "a program changed characters inside a value", at: StageSignature, faults: []faultWords{
		{repair.Substituted, "a value has {1} in place of {2}; the signature is good with {2}", "copy the licence from a file instead of a mail, a document or a web page"},
	}},
	one(repair.LineBreak, "there is a line break inside a string",
		"a line ends inside a string", "join the lines again; a JSON string is on one line"),
	{code: Code(licseal.ClassSignatureFormat), title: "the signature is not 128 lower-case hex digits", faults: []faultWords{
		{repair.SignatureDigits, "the signature has upper-case digits, spaces or a prefix", "write the signature as 128 lower-case hex digits without spaces"},
		{repair.Kind(licseal.ClassSignatureFormat), "{1}", asSent + "; the signature is damaged here"},
	}},
	{code: Code(licseal.ClassSyntax), title: "the text is not JSON", faults: []faultWords{
		{repair.Kind(licseal.ClassSyntax), "{1}", correctText},
		{repair.NoObject, "the text has no JSON object, which begins with {", correctText},
	}},
	byParser(licseal.ClassTooLarge, "the text is too large for a licence", "check that this is the licence and not another file; a licence has about 500 bytes"),
	byParser(licseal.ClassTruncated, "the text ends too early", "copy the whole text, from the first { to the last }"),
	byParser(licseal.ClassTrailingData, "text follows the end of the JSON value", "remove what follows the licence"),
	byParser(licseal.ClassUnknownMember, "a member is not one of the format, and is not signed", "remove the member, or correct its spelling; only the payload is signed"),
	byParser(licseal.ClassMissingMember, "a member of the licence document is missing", "take the whole document from the file or message that the vendor sent; a licence has payload, signature and version"),
	byParser(licseal.ClassDuplicateName, "a member appears twice", asSent+"; only one of the two was signed"),
	byParser(licseal.ClassVersion, "the version of the format is not supported", "use a newer licseal, or correct the version"),
	byParser(licseal.ClassWrongType, "a value has the wrong type", asSent),
	byParser(licseal.ClassTooDeep, "objects are nested too deeply", asSent),
	byParser(licseal.ClassInvalidUTF8, "the text is not UTF-8", "save the text as UTF-8, or "+asSent),
	byParser(licseal.ClassLoneSurrogate, "half of a surrogate pair is escaped", asSent),
	byParser(licseal.ClassNumberRange, "a number is too large to be kept exactly", asSent),
	byParser(licseal.ClassNumberPrecision, "a number has too many digits to be kept exactly", asSent),
}

const (
	savePayload = "save only the text of the member payload: jq -r .payload"
	correctText = "correct the text at that place, or " + asSent
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

// fromFault returns the finding about a fault.
func fromFault(f repair.Fault) Finding {
	row, ok := wordsOf()[f.Kind]
	if !ok {
		row = faultRow{documentCode{code: Code(f.Kind)}, faultWords{f.Kind, "{1}", asSent}}
	}
	pairs := make([]string, 0, 2*len(f.Values))
	for i, v := range f.Values {
		pairs = append(pairs, "{"+string(rune('1'+i))+"}", readable(v))
	}
	r := strings.NewReplacer(pairs...)
	return Finding{row.code, row.stage(), Error, f.Position, r.Replace(row.found), r.Replace(row.remedy)}
}

// fromFaults returns the findings about faults, in their order.
func fromFaults(faults []repair.Fault) []Finding {
	findings := make([]Finding, len(faults))
	for i, f := range faults {
		findings[i] = fromFault(f)
	}
	return findings
}

// readable returns the detail of a parse error without the terms of the JSON parser.
func readable(detail string) string {
	rest, ok := strings.CutPrefix(detail, "not JSON: ")
	if !ok {
		return detail
	}
	return "not JSON: " + strings.Replace(strings.TrimPrefix(rest, "jsontext: "), "invalid character", "found", 1)
}
