package main

import (
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
)

// A maintainer is a name and an address that mail can reach.
func TestCheckMaintainer(t *testing.T) {
	for who, want := range map[string]string{
		"Ada Example <ada@vendor.example>":          "",
		"Änne Müller-O'Neil <a.b+c@mail.vendor.de>": "",
		"ada@vendor.example":                        "it has no name",
		"<ada@vendor.example>":                      "it has no name",
		"":                                          "it is not a name and an address",
		"Ada Example":                               "it is not a name and an address",
		"Ada Example <ada>":                         "it is not a name and an address",
		"Ada <a@b.example>, Bob <b@b.example>":      "it is not a name and an address",
		`"Ada, Bob" <ada@vendor.example>`:           "it needs quotation marks, or has others",
		"Ada  Example <ada@vendor.example>":         "it needs quotation marks, or has others",
		"Ada Example <ada@vendor.example>\n":        "it is not a name and an address",
		"Ada\u202eExample <ada@vendor.example>":     "it needs quotation marks, or has others",
		"Ada Example <root@vendor.example>":         "root is not a person",
		"root <ada@vendor.example>":                 "root is not a person",
		"Ada Example <ada@localhost>":               "no mail reaches localhost",
		"Ada Example <ada@host.LocalDomain>":        "no mail reaches host.LocalDomain",
		"Ada Example <ada@licseal.invalid>":         "no mail reaches licseal.invalid",
		"Ada Example <ada@a.localhost>":             "no mail reaches a.localhost",
	} {
		got := ""
		if err := checkMaintainer(who); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", who, got, want)
		}
	}
}

// Who is given comes before who made the tag. A commit without a tag has who made it.
func TestMaintainerOf(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{
		{"init", "-q"},
		{"-c", "user.name=Carl Commit", "commit", "-q", "--allow-empty", "-m", "first"},
		{"tag", "v1.0.0"},
		{"-c", "user.name=Tina Tag", "tag", "-a", "-m", "second", "v1.0.1"},
		{"-c", "user.name=root", "tag", "-a", "-m", "third", "v1.0.2"},
	} {
		testenv.Git(t, dir, args...)
	}
	for _, test := range []struct{ tag, given, want, err string }{
		{"", "", "Carl Commit <test@licseal.example>", ""},
		{"v1.0.1", "", "Tina Tag <test@licseal.example>", ""},
		{"v1.0.1", "Ada Example <ada@vendor.example>", "Ada Example <ada@vendor.example>", ""},
		{"v1.0.0", "Ada Example <ada@vendor.example>", "Ada Example <ada@vendor.example>", ""},
		{"v1.0.0", "", "", "the tag v1.0.0 does not say who made it, so nobody answers for the packages: make it with git tag -s or -a, or give -maintainer 'NAME <ADDRESS>'"},
		{"v1.0.2", "", "", `the maintainer of the packages cannot be "root <test@licseal.example>": root is not a person; give -maintainer 'NAME <ADDRESS>'`},
		{"v1.0.1", "Ada", "", `the maintainer of the packages cannot be "Ada": it is not a name and an address; give -maintainer 'NAME <ADDRESS>'`},
	} {
		got, err := maintainerOf(dir, test.tag, test.given)
		said := ""
		if err != nil {
			said = err.Error()
		}
		if got != test.want || said != test.err {
			t.Errorf("%q, given %q: %q, %s", test.tag, test.given, got, said)
		}
	}
	if _, err := maintainerOf(t.TempDir(), "", ""); err == nil || !strings.Contains(err.Error(), "git log") {
		t.Errorf("a folder without commits: %v", err)
	}
}
