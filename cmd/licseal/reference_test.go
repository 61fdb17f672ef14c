package main

import (
	"flag"
	"testing"

	"github.com/licseal/licseal/internal/clireference"
)

var update = flag.Bool("update", false, "write docs/reference again")

// docs/reference is what the commands say, and readable for man.
func TestReference(t *testing.T) {
	clireference.Check(t, "../../docs/reference", &clireference.Program{
		App:     newApp(),
		Section: 1,
		Description: "Issues, verifies and checks software licences without a network. '-' or no " +
			"FILE is standard input. Results go to standard output, everything else to standard error.\n\n" +
			"The value of a flag comes from the command line, or else from the environment, or else " +
			"from the profile licseal.yaml; 'licseal config' shows which holds.",
		Variables: [][2]string{
			{"LICSEAL_KEY", "Private key to sign with, as -k."},
			{"LICSEAL_TRUST", "Files of trusted keys, as -t."},
			{"LICSEAL_SCHEMA", "Schema of the payload, as --schema."},
			{"LICSEAL_REVOCATIONS", "Revocation list, as --revocations."},
			{"LICSEAL_PROFILE", "Profile to use, as --profile."},
			{"KONG_ADMIN_URL", "URL of the Admin API, as --url."},
			{"KONG_ADMIN_TOKEN", "Token for the Admin API, unless --token-file names one."},
			{"SSH_AUTH_SOCK", "Socket of the SSH agent whose keys agent: names."},
			{"NO_COLOR", "If set, nothing is printed in color."},
		},
		Exits: [][2]string{
			{"0", "accepted, or done"},
			{"1", "could not be done"},
			{"2", "wrong usage"},
			{"3", "not a licence"},
			{"4", "breaks its schema"},
			{"5", "no trusted key made this signature"},
			{"6", "not yet valid"},
			{"7", "expired"},
			{"8", "revoked"},
			{"9", "a stated requirement is not met"},
		},
	}, *update)
}
