package repair

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
)

// A stand-in is what was left in the place of a licence: its encrypted form, a pointer
// to it, a reference that nobody replaced, the mask of a log.
type standIn struct {
	kind    Kind
	pattern func() *regexp.Regexp
}

// encryptedTexts are whole texts that only a key makes readable, and pointers to where
// the content is.
var encryptedTexts = []standIn{
	{AnsibleVault, text.Pattern(`^\$ANSIBLE_VAULT;`)},
	{GitCrypt, text.Pattern(`^\x00GITCRYPT\x00`)},
	{Age, text.Pattern(`^(?:age-encryption\.org/v1|-----BEGIN AGE ENCRYPTED FILE-----)`)},
	{PGP, text.Pattern(`^-----BEGIN PGP MESSAGE-----`)},
	{CMS, text.Pattern(`^(?:-----BEGIN (?:CMS|PKCS7)-----|(?i:content-type):\s*application/(?:x-)?pkcs7-mime)`)},
	{OpenSSL, text.Pattern(`^(?:Salted__|U2FsdGVkX1[89+/])`)},
	{JWE, text.Pattern(`^eyJ[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+$`)},
	{VaultTransit, text.Pattern(`^vault:v[0-9]+:[A-Za-z0-9+/=]+$`)},
	{AWSKMS, text.Pattern(`^AQ(?:ICA|EDA)[A-Za-z0-9+/\s]{40,}={0,2}$`)},
	{DPAPI, text.Pattern(`^01000000d08c9ddf0115d1118c7a00c04fc297eb`)},
	{Jasypt, text.Pattern(`^(?:ENC\([A-Za-z0-9+/=]+\)|\{cipher\}.+|encrypted:[A-Za-z0-9+/=]{40,})$`)},
	{LFS, text.Pattern(`^version https://git-lfs\.github\.com/spec/`)},
	{GitAnnex, text.Pattern(`^(?:\.\./|\./)*(?:\.git)?/annex/objects/`)},
}

// encryptedParts are encrypted values in a text that is otherwise readable.
var encryptedParts = []standIn{
	{SOPS, text.Pattern(`ENC\[AES256_GCM,data:`)},
	{EYAML, text.Pattern(`ENC\[PKCS7,`)},
	{AnsibleVault, text.Pattern(`\$ANSIBLE_VAULT;`)},
}

// references are the values of a template, of a configuration or of a program that
// should have been replaced with a licence.
var references = []standIn{
	{Masked, text.Pattern(`^(?:\*{2,}|[•●∗]{2,}|[xX]{6,}|[\[<(]?(?i:masked|redacted|filtered|hidden|secret|sensitive|sensitive value|secure|encrypted)[\])>]?)$`)},
	{NotFound, text.Pattern(`^(?:null|NULL|Null|undefined|nil|None|NaN|\(null\)|<nil>|<no value>|<none>|<null>|\(not set\))$`)},
	{NotText, text.Pattern(`^(?:\[object \w+\]|System\.[\w.]+(?:\[\])?|[A-Za-z][\w.$]*@[0-9a-f]{6,8}|<[\w.]+ object at 0x[0-9a-fA-F]+>|Array|@\{\w+=[^"'{}]*\}|#<[A-Z].*>)$`)},
	{Placeholder, text.Pattern(`^(?:` + strings.Join([]string{
		`\$\{?[A-Za-z_][A-Za-z0-9_.:/-]*\}?`, `\$\{[^{}]*\}`, `\$\(.*\)`, `\$\{\{.*\}\}`, `\{\{.*\}\}`, `\[\[.*\]\]`, `<%.*%>`,
		`<<?[A-Za-z_][^<>":]*>>?`, `\{[A-Za-z_][\w.-]*\}`, `\[[A-Za-z_][\w. -]*\]`, `\$\[.*\]`, `%\([A-Za-z_]\w*\)s`, `%[A-Za-z_]+%`, `[%#]\{[^{}]*\}#?`, `@@?[A-Za-z_][\w.-]*@@?`, `__[A-Za-z][\w.-]*__`,
		`!(?:Ref|Sub|GetAtt|ImportValue|env|secret)\b.*`,
		`\$env:\w+`, `(?:var|local|data|module|secrets|vars|env|steps)\.[A-Za-z_][\w.\[\]"-]*`, `\(known after apply\)`,
		`(?i:change[_ -]?me|replace[_ -]?me|todo|fixme|tbd|(?:your|my|insert|paste|put|add)[_ -].{0,60}licen[cs]e.{0,60}|licen[cs]e[_ -](?:here|goes here|data|json|key)|placeholder|dummy|example|sample)`,
	}, "|") + `)$`)},
	{Reference, text.Pattern(`^(?:` + strings.Join([]string{
		`<[a-z]+:[^<>"]*>`, `\{[A-Za-z][A-Za-z0-9+.-]*://[^{}]*\}`,
		`(?:op|vault|awssm|awsssm|aws-?sm|ssm|sm|gcpsm|gsm|akv|keyvault|azurekeyvault|azkv|secret|secrets|doppler|infisical|bws|lpass|pass|keyring|bitwarden|conjur|akeyless|consul|etcd|s3|gs|az|k8s|file|https?|ref\+[a-z]+)://\S+`,
		`arn:aws[a-z-]*:\S+`, `vault:[\w./-]+#[\w.-]+`, `@Microsoft\.KeyVault\(.*\)`, `projects/[\w-]+/secrets/\S+`, `(?:secret|secrets|kv)/[\w./-]+`, `(?:env|ssm|secretsmanager|secretref|keyvaultref):\S+`,
	}, "|") + `)$`)},
}

// maxReference is the length of the longest text that is taken for a reference.
const maxReference = 500

// findStandIn returns the fault of a text that stands in for a licence.
func findStandIn(text []byte) (Fault, bool) {
	place, trimmed := at(text, startOf(text)), trim(text)
	for _, s := range encryptedTexts {
		if s.pattern().Match(trimmed) {
			return Fault{Kind: s.kind, Position: place}, true
		}
	}
	if isBinaryPGP(text) {
		return Fault{Kind: PGP, Position: place}, true
	}
	if fault, ok := findEncryptedPart(text); ok {
		return fault, true
	}
	if len(trimmed) > maxReference {
		return Fault{}, false
	}
	for _, s := range references {
		if s.pattern().Match(trimmed) {
			return Fault{s.kind, place, []string{quote(string(trimmed))}}, true
		}
	}
	return Fault{}, false
}

// findEncryptedPart returns the fault of a text with an encrypted value in it, and no
// licence next to it that can be read.
func findEncryptedPart(text []byte) (Fault, bool) {
	for _, s := range encryptedParts {
		if i := s.pattern().FindIndex(text); i != nil && !isPlain(text) {
			return Fault{Kind: s.kind, Position: at(text, i[0])}, true
		}
	}
	return Fault{}, false
}

// detectEncryptedParts finds a document whose values are encrypted.
func detectEncryptedParts(text []byte, _ *licseal.ParseError) *reading {
	if fault, ok := findEncryptedPart(text); ok {
		return &reading{fault: fault}
	}
	return nil
}

// isPlain reports whether a text has a licence's signature in it that anyone can read.
func isPlain(text []byte) bool {
	return wholeSignature().Match(text) || holdsEncoded(string(text))
}

var wholeSignature = text.Pattern(`[0-9A-Fa-f]{128}`)

// isBinaryPGP reports whether a text begins with the packet of an encrypted OpenPGP
// message: a session key, of version 3 for a public key or 4 for a passphrase.
func isBinaryPGP(text []byte) bool {
	if len(text) < 4 {
		return false
	}
	switch text[0] {
	case 0x84, 0x8c: // old format, length of one byte
		return text[2] == 3 || text[2] == 4
	case 0x85, 0x8d: // of two bytes
		return text[3] == 3 || text[3] == 4
	case 0xc1, 0xc3: // new format
		return text[2] == 3 || text[2] == 4
	}
	return false
}

// detectStandIn finds a text that stands in for a licence.
func detectStandIn(text []byte, _ *licseal.ParseError) *reading {
	if fault, ok := findStandIn(text); ok {
		return &reading{fault: fault}
	}
	return nil
}

// licenseName is the name of a variable or member that should hold a licence.
var licenseName = text.Pattern(`(?i)licen[cs]e|^signature$`)

// detectJSONStandIn finds a stand-in as the value of a member that should hold a
// licence or a part of one. The name may also be in a member "name" next to the value.
func detectJSONStandIn(text []byte, _ *licseal.ParseError) *reading {
	top := parseJSON(text)
	if top == nil {
		return nil
	}
	var found *Fault
	looked := 0
	top.walk(func(n *node) bool {
		if found != nil || n.kind != '"' && n.kind != 'n' || looked == maxNamed || !n.isNamed() {
			return found == nil
		}
		looked++
		value := []byte(n.string())
		if n.kind == 'n' {
			value = n.raw()
		}
		if fault, ok := findStandIn(value); ok && !(fault.Kind == NotFound && n.isInPayload()) {
			fault.Position = n.position()
			found = &fault
		}
		return true
	})
	if found == nil {
		return nil
	}
	return &reading{fault: *found}
}

// The bounds of the search for stand-ins in a document.
const (
	maxNamed      = 2000 // values that should hold a licence, by their names
	maxNeighbours = 50   // members of an object that describes a value by its name
)

// isNamed reports whether the name of the value, of what is around it, or in the member
// "name" next to it is that of a licence. At the top it is, too.
func (n *node) isNamed() bool {
	if n.parent == nil {
		return true
	}
	for up := n; up.parent != nil; up = up.parent {
		if licenseName().MatchString(up.name) {
			return true
		}
	}
	if len(n.parent.children) > maxNeighbours {
		return false
	}
	for _, name := range []string{"name", "Name", "key"} {
		if m := n.parent.member(name, '"'); m != nil && m != n && licenseName().MatchString(m.string()) {
			return true
		}
	}
	return false
}

// StandIns returns the stand-ins among the values of a payload. A licence that has one is
// not as it was signed, unless the vendor has signed it so.
func StandIns(lic *licseal.License) []Fault {
	top := parseJSON(lic.Payload.Bytes())
	if top == nil {
		return nil
	}
	var faults []Fault
	top.walk(func(n *node) bool {
		if fault, ok := findStandIn([]byte(n.string())); n.kind == '"' && ok && fault.Kind != NotFound {
			fault.Position = lic.Payload.Position(string(n.pointer()))
			faults = append(faults, fault)
		}
		return true
	})
	return faults
}

// isInPayload reports whether the value is in a payload, where "None" is a value like any
// other.
func (n *node) isInPayload() bool {
	for up := n.parent; up != nil; up = up.parent {
		if up.name == "payload" {
			return true
		}
	}
	return false
}

// detectMasked finds a text that a log has masked in part.
func detectMasked(text []byte, _ *licseal.ParseError) *reading {
	i := bytes.Index(text, []byte("***"))
	if i < 0 {
		return nil
	}
	return unreadable(Masked, at(text, i), quote("***"))
}
