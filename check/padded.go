package check

import (
	"fmt"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check/repair"
)

// padDates returns the document of a licence whose signature is not checked, with
// zeros in dates such as 2021-8-4, and reports those. Kong prints such dates in its
// documentation; nobody can verify a licence that has one and was changed here.
func (j *judgement) padDates(lic *licseal.License, document []byte) []byte {
	roles := j.judge.roles()
	padded, dates := repair.PadDates(lic, roles.NotBefore, roles.NotAfter)
	for _, d := range dates {
		j.padded = true
		j.add(Finding{CodeUnpaddedDate, StageSchema, Warning, lic.Payload.Position(d.Pointer),
			fmt.Sprintf("%s is %q, without leading zeros; it is read as %q", plain(d.Pointer[1:]), d.Found, d.Meant), "see whether the programs that read this licence accept such a date"})
	}
	if !j.padded {
		return document
	}
	return []byte(padded.String())
}

// position returns the place of a field in the text that the licence was read from.
func (j *judgement) position(pointer string) licseal.Position {
	return j.License.Payload.Position(pointer)
}

// moved returns a finding with its place in the text, if what was judged is another one.
func (j *judgement) moved(f Finding) Finding {
	if field, ok := strings.CutPrefix(f.Pointer, payloadPointer); ok && j.padded {
		f.Position = j.position(field)
	}
	return f
}
