package entitle_test

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/testenv/brokendisk"
)

// Whatever goes wrong with the disk while a licence is installed, the folder has the one
// before or the new one, and the answer is not that it is installed if it is not.
func TestInstallOnABrokenDisk(t *testing.T) {
	first, second := signed(t, plan()), signed(t, plan().with("key", "K-2"))
	for _, kind := range brokendisk.Kinds {
		for step := 1; ; step++ {
			s := newServer(t, at("2026-11-21"))
			if status, body := s.call(t, "POST", keyBody(t, string(first))); status != 200 {
				t.Fatalf("%v", body)
			}
			path := filepath.Join(s.dir, "installed.json")
			before := testenv.ReadFile(t, path)
			d := &brokendisk.Disk{Kind: kind, At: step}
			var status int
			d.While(func() { status = s.install(t, string(second)) })
			after, err := os.ReadFile(path)
			isNew := bytes.Contains(after, []byte("K-2")) && len(after) >= len(before)
			if !isNew && !bytes.Equal(after, before) {
				t.Errorf("%s: %v: %q", d.What, err, after)
			}
			if status == 200 && !isNew {
				t.Errorf("%s: the answer is that it is installed, and the folder has the one before", d.What)
			}
			s.Close()
			s.guard.Close()
			if step > d.Changes {
				break
			}
		}
	}
}

// install installs a licence in the goroutine of the test.
func (s *server) install(t *testing.T, key string) int {
	r := httptest.NewRequest("POST", entitle.LicensePath, strings.NewReader(keyBody(t, key)))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	s.Config.Handler.ServeHTTP(answer, r)
	return answer.Code
}
