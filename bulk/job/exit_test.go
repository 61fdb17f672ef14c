package job

import (
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/fault"
)

// The exit codes of rejects are those of the command line.
func TestExitCodes(t *testing.T) {
	for exit, reason := range map[int]licseal.Reason{
		exitSignature: licseal.ReasonSignature, exitRevoked: licseal.ReasonRevoked,
		exitParse: licseal.ReasonParse, exitSchema: licseal.ReasonSchema, exitRequirement: licseal.ReasonRequirement,
	} {
		if want := fault.ExitOf(reason); exit != want {
			t.Errorf("%s has exit code %d, want %d", reason, exit, want)
		}
	}
}
