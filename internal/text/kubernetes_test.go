package text_test

import (
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/text"
)

func TestKubernetesNames(t *testing.T) {
	tests := []struct {
		name              string
		object, namespace bool
	}{
		{"acme-license", true, true}, {"a", true, true}, {"0", true, true}, {"acme.license", true, false},
		{"", false, false}, {"a..b", false, false}, {".a", false, false}, {"a.", false, false}, {"a.-b", false, false},
		{"-a", false, false}, {"a-", false, false}, {"Acme", false, false}, {"a_b", false, false}, {"a\n", false, false},
		{"az09", true, true}, {"a`", false, false}, {"a{", false, false}, {"a/", false, false}, {"a:", false, false}, {"a-b", true, true}, {"a,b", false, false},
		{strings.Repeat("a", 63), true, true}, {strings.Repeat("a", 64), true, false},
		{strings.Repeat("a", 253), true, false}, {strings.Repeat("a", 254), false, false},
	}
	for _, test := range tests {
		if object, namespace := text.IsObjectName(test.name), text.IsNamespace(test.name); object != test.object || namespace != test.namespace {
			t.Errorf("%q: object %t, namespace %t", test.name, object, namespace)
		}
	}
}
