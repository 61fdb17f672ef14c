package entitle_test

import (
	"testing"

	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/entitle/storetest"
)

func TestMemory(t *testing.T) {
	store := entitle.NewMemory()
	storetest.Test(t, func(*testing.T) entitle.Store { return store })
}
