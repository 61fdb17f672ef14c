package repair

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/licseal/licseal"
)

var update = flag.Bool("update", false, "write testdata/detectors.txt")

// Each detector alone, with texts at the edges of what it looks for.
func TestDetectors(t *testing.T) {
	const path = "testdata/detectors.txt"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		out.WriteString(lines[i] + "\n")
		if strings.HasPrefix(lines[i], "#") {
			continue
		}
		name, quoted, _ := strings.Cut(lines[i], " ")
		in, err := strconv.Unquote(quoted)
		if err != nil || detectors[name] == nil || i+1 == len(lines) {
			t.Fatalf("%s:%d: %v", path, i+1, err)
		}
		i++
		got := strings.Trim(strconv.QuoteToGraphic(madeOf(name, in)), `"`)
		if got = strings.ReplaceAll(got, `\"`, `"`); got != lines[i] && !*update {
			t.Errorf("%s:%d: got %s", path, i+1, got)
		}
		out.WriteString(got + "\n")
	}
	if *update {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// detectors are the functions that the tests below name.
var detectors = map[string]func([]byte, *licseal.ParseError) *reading{
	"detectEmpty":           detectEmpty,
	"detectUTF16":           detectUTF16,
	"detectQuotedPrintable": detectQuotedPrintable,
	"detectByteOrderMark":   detectByteOrderMark,
	"detectHTMLPage":        detectHTMLPage,
	"detectKeyFile":         detectKeyFile,
	"detectFileName":        detectFileName,
	"detectLinePrefix":      detectLinePrefix,
	"detectSurroundingText": detectSurroundingText,
	"detectTrailingComma":   detectTrailingComma,
	"detectInvisible":       detectInvisible,
	"detectCurlyQuotes":     detectCurlyQuotes,
	"detectSingleQuotes":    detectSingleQuotes,
	"detectSignatureDigits": detectSignatureDigits,
	"detectEnvAssignment":   detectEnvAssignment,
	"detectFormBody":        detectFormBody,
	"detectHTMLEscaped":     detectHTMLEscaped,
	"detectWrappedInQuotes": detectWrappedInQuotes,
	"detectEscapedQuotes":   detectEscapedQuotes,
	"detectDataURI":         detectDataURI,
	"detectDoubledQuotes":   detectDoubledQuotes,
	"detectHexEscaped":      detectHexEscaped,
	"detectNoObject":        detectNoObject,
	"detectHex":             detectHex,
	"detectBytes":           detectBytes,
	"detectMarkdown":        detectMarkdown,
	"detectShellMark":       detectShellMark,
	"detectGzip":            detectGzip,
	"detectOtherFile":       detectOtherFile,
	"detectLiteral":         detectLiteral,
	"detectPrinted":         detectPrinted,
	"detectBase64":          detectBase64,
	"detectTrailingData":    detectTrailingData,
	"detectTruncated":       detectTruncated,
	"detectLineBreak":       detectLineBreak,
	"detectLegacyEncoding":  detectLegacyEncoding,
	"detectMasked":          detectMasked,
	"detectStandIn":         detectStandIn,
	"detectJSONStandIn":     detectJSONStandIn,
	"detectEncryptedParts":  detectEncryptedParts,
	"detectArmour":          detectArmour,
	"detectYAML":            detectYAML,
	"detectEmbedded":        detectEmbedded,
	"findBase64":            func(text []byte, _ *licseal.ParseError) *reading { return findBase64(text) },
	"findObjects":           func(text []byte, _ *licseal.ParseError) *reading { return findObjects(text) },
	"findStrings":           func(text []byte, _ *licseal.ParseError) *reading { return findStrings(text) },
	"findDoubled":           func(text []byte, _ *licseal.ParseError) *reading { return findDoubled(text) },
	"detectJSONValue":       detectJSONValue,
	"detectOtherJSON":       detectOtherJSON,
	"detectRecord":          detectRecord,
	"detectOtherObject":     detectOtherObject,
}

// madeOf says what a detector makes of a text: the fault and its place, and the texts that
// it brings out.
func madeOf(name, text string) string {
	var parseErr *licseal.ParseError
	_, err := licseal.ParseUnverified([]byte(text))
	errors.As(err, &parseErr)
	r := detectors[name]([]byte(text), parseErr)
	if r == nil {
		return "-"
	}
	var b strings.Builder
	for i, faults := 0, max(1, len(r.faults)); i < faults; i++ {
		f := r.faultOf(i)
		fmt.Fprintf(&b, "%s %s%q ", f.Kind, f.Position, f.Values)
	}
	if r.final {
		b.WriteString("final ")
	}
	if r.guessed {
		b.WriteString("guessed ")
	}
	for _, t := range r.texts {
		fmt.Fprintf(&b, "| %s ", t)
	}
	return strings.TrimSpace(b.String())
}
