package entitle

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"strings"
)

var errFingerprint = errors.New("a fingerprint has 1 to 200 bytes")

// Machine identifies a machine.
type Machine struct {
	// Fingerprint is a hash of 64 hex digits. It does not reveal the id that it
	// was made from.
	Fingerprint string

	// MadeOf says which id that was: "installation id", or the file that contains
	// the machine's id, such as "/etc/machine-id".
	MadeOf string
}

// ErrNoMachineID means that the machine has no permanent id that differs from that of
// other machines.
var ErrNoMachineID = errors.New("this machine has no id of its own; set an installation id, such as a random text that is kept with the product's data")

// Fingerprint returns the identity of this machine. With an installation id, it is made
// from that alone, and stays the same when the installation moves to another
// container or other hardware. Without one, it is made from the id that the operating
// system got when it was installed (machine-id(5)). A container has no id of its own,
// or one from its image that all containers of the image share: then the error is
// [ErrNoMachineID].
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

// machineIDFiles are the files in which Linux and FreeBSD keep the id of the system.
var machineIDFiles = []string{"/etc/machine-id", "/var/lib/dbus/machine-id", "/etc/hostid"}

// containerFiles exist in the containers of Docker and Podman.
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
