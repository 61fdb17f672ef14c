package schema_test

import (
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/licseal/licseal/schema"
)

// Nothing in this package can reach a network, except through the library's own
// use of net/mail and net for the syntax of addresses.
func TestNoHTTP(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, dep := range strings.Fields(string(out)) {
		if dep == "net/http" || strings.HasSuffix(dep, "/httploader") {
			t.Errorf("it imports %s", dep)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	vendor, err := schema.Compile("vendor", []byte(vendorSchema))
	if err != nil {
		t.Fatal(err)
	}
	good := mustParse(t, `{"serial":"ACME-0001","who":{"name":"Ada"},"sku":"pro","from":"2026-01-01","until":"2027-01-01"}`)
	bad := mustParse(t, `{"serial":"ACME-1","who":{"name":"Ada"},"sku":"pro","from":"2026-01-01","until":"2027-01-01"}`)
	list := mustBuiltin(t, "admin-list")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				if err := vendor.Validate(good); err != nil {
					t.Error(err)
				}
				if vendor.Validate(bad) == nil || schema.Kong().Validate(good) == nil || list.Validate(good) == nil {
					t.Error("accepted")
				}
			}
		})
	}
	group.Wait()
}
