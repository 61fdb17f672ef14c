package main

import (
	"bytes"
	"os"
	"testing"
)

func TestNotice(t *testing.T) {
	want, err := notice("../..")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("NOTICE is out of date; in the folder peers, run: go run ./notice >../NOTICE")
	}
}
