package main

import (
	"flag"
	"testing"

	"github.com/licseal/licseal/internal/clireference"
)

var update = flag.Bool("update", false, "write docs/reference again")

// The man page is the help text.
func TestReference(t *testing.T) {
	man := func(date string) string { return clireference.ManOfHelp(1, helpText.String(), date) }
	clireference.CheckPage(t, "../../docs/reference/licseal-verify.1", man, *update)
}
