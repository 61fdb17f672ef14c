package nonblock_test

import (
	"os"
	"testing"

	"github.com/licseal/licseal/internal/testenv/leak"
)

func TestMain(m *testing.M) { os.Exit(leak.Checked(m).Run()) }
