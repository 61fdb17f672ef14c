package entitle_test

import (
	"strings"
	"testing"

	"github.com/licseal/licseal/entitle"
)

// Two products on one store do not share a quota by default, and one that does not know
// its name does not count with others unseen.
func TestProductsDoNotShare(t *testing.T) {
	store, source := entitle.NewMemory(), entitle.Text(signed(t, plan()))
	name := *entitle.ProductName
	defer func() { *entitle.ProductName = name }()
	for _, product := range []string{"example.org/shop", "example.org/desk"} {
		*entitle.ProductName = func() string { return product }
		g := open(t, source, &entitle.Options{Store: store, Clock: at("2026-11-21").now})
		if err := g.Use(t.Context(), "requests", 990); err != nil {
			t.Errorf("%s: %v", product, err)
		}
	}
	*entitle.ProductName = func() string { return "" }
	if _, err := entitle.Open(t.Context(), source, trusted, &entitle.Options{Store: store, Clock: at("2026-11-21").now}); err == nil || !strings.Contains(err.Error(), "Options.Installation") {
		t.Errorf("without a name: %v", err)
	}
	open(t, source, &entitle.Options{Clock: at("2026-11-21").now}) // nobody else can share it
	if entitle.Product() == "" {
		t.Error("this test has no name")
	}
}
