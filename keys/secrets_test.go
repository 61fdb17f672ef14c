package keys_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/secretforms"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/keys/private"
)

// No error shows six bytes of a secret, in whatever form it is: a program may log it.
func TestErrorsShowNoSecret(t *testing.T) {
	for name, file := range secretforms.All(t) {
		shown := file.Needles()
		check := func(function string, err error) {
			t.Helper()
			if err == nil {
				return
			}
			if i := slices.IndexFunc(shown, func(needle string) bool { return strings.Contains(err.Error(), needle) }); i >= 0 {
				t.Errorf("%s of %s shows %q: %v", function, name, shown[i], err)
			}
		}
		_, err := keys.ParseTrusted("file", file.Text)
		if err == nil {
			t.Errorf("%s is a file of trusted keys", name)
		}
		check("ParseTrusted", err)
		_, err = private.Parse("file", file.Text, nil)
		check("Parse", err)
	}
}
