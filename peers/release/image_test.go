package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/licseal/licseal/internal/testenv"
)

// The image is valid for the software of others, runs as nobody, and has nothing in it but
// licseal.
func TestImage(t *testing.T) {
	dir, _ := built(t)
	testenv.Programs(t, "skopeo", "umoci")
	archive := filepath.Join(dir, "licseal_0.9.0_oci.tar")
	folder := t.TempDir()
	testenv.Run(t, "tar", "-xf", archive, "-C", folder)
	index, err := layout.ImageIndexFromPath(folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}

	var inspected struct {
		Architecture, Os string
		Labels           map[string]string
	}
	if err := json.Unmarshal([]byte(testenv.Run(t, "skopeo", "inspect", "oci-archive:"+archive)), &inspected); err != nil {
		t.Fatal(err)
	}
	if inspected.Os != "linux" || inspected.Architecture != "amd64" || inspected.Labels["org.opencontainers.image.version"] != "v0.9.0" {
		t.Errorf("%+v", inspected)
	}
	var config v1.ConfigFile
	if err := json.Unmarshal([]byte(testenv.Run(t, "skopeo", "inspect", "--config", "oci-archive:"+archive)), &config); err != nil {
		t.Fatal(err)
	}
	if config.Config.User != "65532:65532" || config.Config.Entrypoint[0] != "/licseal" || config.Config.WorkingDir != "/data" {
		t.Errorf("%+v", config.Config)
	}

	work := t.TempDir()
	copied, bundle := filepath.Join(work, "image"), filepath.Join(work, "bundle")
	testenv.Run(t, "skopeo", "copy", "-q", "oci-archive:"+archive, "oci:"+copied+":v0.9.0")
	testenv.Run(t, "umoci", "unpack", "--image", copied+":v0.9.0", bundle)
	root := filepath.Join(bundle, "rootfs")
	var names []string
	for _, entry := range entries(t, root) {
		names = append(names, entry.Name())
	}
	if got := strings.Join(names, " "); got != "LICENSE NOTICE data licseal licseal-verify licseald tmp" {
		t.Errorf("it has %s", got)
	}
	if os.Getuid() != 0 {
		testenv.Missing(t, "only root enters another file system")
	}
	for _, line := range []string{"/licseal version", "/licseal keygen -o vendor.key --no-passphrase", "/licseald migrate"} {
		args := strings.Fields(line)
		command := &exec.Cmd{Path: args[0], Args: args, Dir: config.Config.WorkingDir, Env: config.Config.Env}
		command.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		if said, err := command.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", line, err, said)
		}
	}
	for _, file := range []string{"vendor.key", "licences.db"} {
		if _, err := os.Stat(filepath.Join(root, "data", file)); err != nil {
			t.Error(err)
		}
	}
}
