package main

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode"
)

// maintainerOf returns who answers for the packages, as Debian's policy wants it: a name and
// an address. It is who was given; or else who made the tag; or, if the commit has no tag, who
// made the commit. So everyone who builds the same tag names the same.
func maintainerOf(root, tag, given string) (string, error) {
	who, err := given, error(nil)
	switch {
	case given != "":
	case tag == "":
		who, err = git(root, "log", "-1", "--format=%cn <%ce>")
	default:
		who, err = git(root, "for-each-ref", "--format=%(if)%(taggername)%(then)%(taggername) %(taggeremail)%(end)", "refs/tags/"+tag)
		if err == nil && who == "" {
			return "", fmt.Errorf("the tag %s does not say who made it, so nobody answers for the packages: make it with git tag -s or -a, or give -maintainer 'NAME <ADDRESS>'", tag)
		}
	}
	if err != nil {
		return "", err
	}
	if err := checkMaintainer(who); err != nil {
		return "", fmt.Errorf("the maintainer of the packages cannot be %q: %w; give -maintainer 'NAME <ADDRESS>'", who, err)
	}
	return who, nil
}

// checkMaintainer refuses what Debian's policy (5.6.2) and lintian do not want in the field
// Maintainer: a name and an address at which somebody can be reached.
func checkMaintainer(who string) error {
	address, err := mail.ParseAddress(who)
	if err != nil {
		return errors.New("it is not a name and an address")
	}
	user, host, _ := strings.Cut(address.Address, "@")
	top := strings.ToLower(host[strings.LastIndexByte(host, '.')+1:])
	switch {
	case address.Name == "":
		return errors.New("it has no name")
	case who != address.Name+" <"+address.Address+">" || strings.ContainsFunc(who, func(r rune) bool { return !unicode.IsPrint(r) }):
		return errors.New("it needs quotation marks, or has others")
	case user == "root" || address.Name == "root":
		return errors.New("root is not a person")
	case top == strings.ToLower(host) || top == "invalid" || top == "localhost" || top == "localdomain":
		return fmt.Errorf("no mail reaches %s", host)
	}
	return nil
}
