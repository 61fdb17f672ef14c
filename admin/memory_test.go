package admin_test

import (
	"testing"
	"time"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/admin/storetest"
)

func TestMemoryContract(t *testing.T) {
	storetest.Run(t, func(_ *testing.T, now func() time.Time) admin.Store { return &admin.Memory{Now: now} })
}
