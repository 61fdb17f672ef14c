package scripts_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/completion/scripts"
)

// Each shell has a script of each program, under the name by which it finds it.
func TestFor(t *testing.T) {
	found := map[string]string{}
	for _, shell := range scripts.Shells() {
		name, script := scripts.For("licseald", shell)
		found[shell] = name
		if strings.Contains(script, "PROGRAM") || !strings.Contains(script, "licseald "+scripts.Asked+" ") {
			t.Errorf("the script for %s is %s", shell, script)
		}
	}
	want := map[string]string{"bash": "licseald.bash", "fish": "licseald.fish", "powershell": "licseald.ps1", "zsh": "_licseald"}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	if name, script := scripts.For("licseald", "csh"); name != "" || script != "" {
		t.Errorf("there is a script for csh: %s %s", name, script)
	}
}
