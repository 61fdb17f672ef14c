package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/fault"
)

func TestArrange(t *testing.T) {
	tests := []struct {
		line string // after licseal; '' stands for an empty argument
		want string
	}{
		{"", ""},
		{"--help", "--help"},
		{"-h", "-h"},
		{"--version", "--version"},
		{"verify", "verify"},
		{"verify a b", "verify -- a b"},
		{"verify -t k a", "verify -t k -- a"},
		{"verify a -t k", "verify -t k -- a"},
		{"verify a --at 2027-01-01 b --json", "verify --at 2027-01-01 --json -- a b"},
		{"verify a --at=2027-01-01", "verify --at=2027-01-01 -- a"},
		{"verify -t k -t l a", "verify -t k -t l -- a"},
		{"verify -t - a", "verify -t - -- a"},
		{"verify - -t k", "verify -t k -- -"},
		{"verify -t k -- --json -x", "verify -t k -- --json -x"},
		{"verify -t k --", "verify -t k"},
		{"verify a -- -- b", "verify -- a -- b"},
		{"verify --json=false a", "verify --json=false -- a"},
		{"verify a --help b", "verify --help"},
		{"sign p --set a=b,c --set d=-e", "sign --set a=b,c --set d=-e -- p"},
		{"sign p -o --force", "sign -o --force -- p"}, // the value of -o, as for any other program
		{"admin --url u list", "admin list --url u"},
		{"admin --url=u --workspace w push f --dry-run", "admin push --url=u --workspace w --dry-run -- f"},
		{"admin list --url u", "admin list --url u"},
		{"admin --help", "admin --help"},
		{"keygen -o k --comment ''", "keygen -o k --comment ''"},
		{"keygen -o k --comment=", "keygen -o k --comment="},
		{"help", "--help"},
		{"help help", "--help"},
		{"help --help", "--help"},
		{"help -h", "--help"},
		{"help sign", "sign --help"},
		{"help admin", "admin --help"},
		{"help admin push", "admin push --help"},
		{"verify help", "verify -- help"}, // a file
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			got, err := arrange(newApp(), words("licseal "+test.line))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(words("licseal "+test.want), got); diff != "" {
				t.Errorf("the arguments (-want +got):\n%s", diff)
			}
		})
	}
}

func words(line string) []string {
	fields := strings.Fields(line)
	for i := range fields {
		if fields[i] == "''" {
			fields[i] = ""
		}
	}
	return fields
}

func TestArrangeRefuses(t *testing.T) {
	tests := []struct{ line, want string }{
		{"verfy", "'licseal' has no command verfy"},
		{"verify a --aat 2027", "'licseal verify' has no flag --aat"},
		{"verify a -x", "'licseal verify' has no flag -x"},
		{"verify a -tk", "'licseal verify' has no flag -tk"},
		{"verify a -t", "the flag -t needs a value"},
		{"verify a --at ''", "the flag --at needs a value"},
		{"verify a --at=", "the flag --at= needs a value"},
		{"verify --at 1 a --at 2", "the flag --at may be given only once"},
		{"verify --json --json a", "the flag --json may be given only once"},
		{"sign -k a --key b", "the flag --key may be given only once"},
		{"--json verify a", "'licseal' has no flag --json"},
		{"-- verify a", "'licseal' has no flag --"},
		{"--version=false verify a", "'licseal' has no flag --version=false"},
		{"- verify a", "'licseal' has no flag -"},
		{"help nothing", "'licseal' has no command nothing"},
		{"help admin nothing", "'licseal admin' has no command nothing"},
		{"help sign licence.json", "'licseal sign' has no command licence.json"},
		{"help --json", "'licseal help' has no flag --json"},
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			got, err := arrange(newApp(), words("licseal "+test.line))
			if err == nil {
				t.Fatalf("it was accepted: %q", got)
			}
			if code := fault.Exit(err); code != exitUsage {
				t.Errorf("the exit code is %d, want %d", code, exitUsage)
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Errorf("the error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDidYouMean(t *testing.T) {
	tests := []struct{ line, want string }{
		{"sing p", "did you mean 'licseal sign'?"},
		{"admin psh", "did you mean 'licseal admin push'?"},
		{"help kegen", "did you mean 'licseal keygen'?"},
		{"verify --trsut k", "did you mean --trust?"},
		{"verify --revocation=l", "did you mean --revocations?"},
		{"sign --expire +1y", "did you mean --expires?"},
		{"sign -expire +1y", "did you mean --expires?"},
		{"blame p", ""},
		{"verify --colour", ""},
		{"verify -x", ""},
	}
	for _, test := range tests {
		_, err := arrange(newApp(), words("licseal "+test.line))
		if err == nil {
			t.Errorf("licseal %s was accepted", test.line)
			continue
		}
		got := ""
		for _, hint := range fault.Of(err).Hints {
			if strings.HasPrefix(hint.String(), "did you mean") {
				got = hint.String()
			}
		}
		if got != test.want {
			t.Errorf("licseal %s: the hint is %q, want %q", test.line, got, test.want)
		}
	}
}
