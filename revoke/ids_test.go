package revoke_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/revoke"
)

func TestParseIDs(t *testing.T) {
	ids, err := revoke.ParseIDs([]byte("LS-0001\r\n\nLS 0002\n\r\n17"))
	if diff := cmp.Diff([]string{"LS-0001", "LS 0002", "17"}, ids); diff != "" || err != nil {
		t.Errorf("%v\n-want +got\n%s", err, diff)
	}
	for text, want := range map[string]string{
		"\ufeffLS-0001\n":       "line 1: the file starts with a byte order mark",
		"LS-0001\nLS-0002 \n":   "line 2: the id ends with a blank",
		"LS-0001\n \n":          "line 2: the id begins with a blank",
		"L\x00S\x00\n":          "line 1: the id",
		"LS-\xe4":               "line 1: the id is not UTF-8",
		"a\nSHA256:AAAA":        "line 2: the fingerprint of a key",
		"LS-0001\nLS-\u00a01\n": "line 2: the id",
	} {
		if ids, err := revoke.ParseIDs([]byte(text)); ids != nil || err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %q, %v", text, ids, err)
		}
	}
	if _, err := revoke.ParseIDs([]byte("a\u200b")); !errors.As(err, new(*licseal.IDError)) {
		t.Errorf("an invisible character: %v", err)
	}
}
