package main

import (
	"flag"
	"io"
	"testing"

	"github.com/licseal/licseal/internal/clireference"
)

var update = flag.Bool("update", false, "write docs/reference again")

// docs/reference is what the commands say, and readable for man.
func TestReference(t *testing.T) {
	clireference.Check(t, "../../docs/reference", &clireference.Program{
		App:     newApp(io.Discard, io.Discard),
		Section: 8,
		Description: "Serves the licence routes of Kong Gateway's Admin API (/licenses, /licenses/ID, " +
			"/license/report, /), and /status and /metrics. With --license-dir and --entitlement-token-file " +
			"it also serves /api/v1/license, for a product with entitlements and limits. When it is ready, " +
			"it prints its address.\n\n" +
			"SIGTERM and SIGINT stop the server once the requests in progress are answered. SIGHUP makes " +
			"it read its files again; it also notices changes by itself.",
		Exits: [][2]string{
			{"0", "stopped by a signal, or done"},
			{"1", "could not be done"},
			{"2", "wrong usage"},
		},
	}, *update)
}
