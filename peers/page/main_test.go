package main

import (
	"bytes"
	"os"
	"testing"
)

func TestPageIsCurrent(t *testing.T) {
	built, err := build("../../web/src")
	if err != nil {
		t.Fatal(err)
	}
	stored, err := os.ReadFile("../" + target)
	if err != nil {
		t.Fatal(err)
	}
	page, script, err := unpack(stored)
	if err != nil {
		t.Fatal(err)
	}
	wantPage, wantScript, err := unpack(built)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(page, wantPage) || !bytes.Equal(script, wantScript) {
		t.Error("the page was not built from its sources: cd peers && go run ./page")
	}
	if !bytes.Contains(page, []byte(hash(string(script)))) {
		t.Error("the policy of the page does not have the hash of its script")
	}
}
