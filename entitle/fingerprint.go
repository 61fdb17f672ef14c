package entitle

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"strings"
)

var errFingerprint = errors.New("a fingerprint has 1 to 200 bytes")

// Machine is what a machine is known by.
type Machine struct {
	// Fingerprint is 64 hex digits: a hash, which tells nothing of what it
	// was made of to whoever reads the store.
	Fingerprint string

	// MadeOf says what that was: "installation id", or the file that holds
	// the machine's id, as "/etc/machine-id".
	MadeOf string
}

// ErrNoMachineID means that the machine has no id of its own that could be
// trusted to last and to be unlike others'.
var ErrNoMachineID = errors.New("this machine has no id of its own; give an installation id, such as a random text that is kept with the product's data")

// Fingerprint returns what this machine is known by. With an installation id it is
// made of that alone, so it stays the same wherever the installation moves:
// after a reboot, in a new container, on other hardware. Without, it is made of the
// id that the operating system got when it was installed (machine-id(5)). A
// container has none of its own, but perhaps a copy of its image's, which all its
// likes share: there the error is [ErrNoMachineID].
func Fingerprint(installationID string) (Machine, error) {
	if installationID != "" {
		return machineOf("installation id", installationID), nil
	}
	if inContainer() {
		return Machine{}, ErrNoMachineID
	}
	for _, path := range machineIDFiles {
		data, err := os.ReadFile(path)
		if id := strings.TrimSpace(string(data)); err == nil && len(id) >= 8 && id != "uninitialized" {
			return machineOf(path, id), nil
		}
	}
	return Machine{}, ErrNoMachineID
}

// machineIDFiles are where Linux and FreeBSD keep the id of an installed system.
var machineIDFiles = []string{"/etc/machine-id", "/var/lib/dbus/machine-id", "/etc/hostid"}

// containerFiles are there in the containers of Docker and Podman.
var containerFiles = []string{"/.dockerenv", "/run/.containerenv"}

func inContainer() bool {
	for _, path := range containerFiles {
		if _, err := os.Stat(path); err == nil {
			return true
		}
	}
	return os.Getenv("KUBERNETES_SERVICE_HOST") != "" || os.Getenv("container") != "" // systemd-nspawn, podman, lxc
}

func machineOf(kind, id string) Machine {
	name := kind
	if strings.HasPrefix(kind, "/") {
		name = "machine id" // wherever it is kept
	}
	sum := sha256.Sum256([]byte("licseal machine fingerprint 1\n" + name + "\n" + id))
	return Machine{hex.EncodeToString(sum[:]), kind}
}
