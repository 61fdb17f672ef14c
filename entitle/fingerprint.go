package entitle

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
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
// or one from its image that all containers of the image share: then, and if the id is a
// placeholder, the error wraps [ErrNoMachineID] and says why.
func Fingerprint(installationID string) (Machine, error) {
	if installationID != "" {
		return machineOf("installation id", installationID), nil
	}
	if where := container(); where != "" {
		return Machine{}, fmt.Errorf("%w (%s shows that this is a container or a sandbox, whose id may be a copy)", ErrNoMachineID, where)
	}
	reason := "there is no /etc/machine-id"
	for _, path := range machineIDFiles {
		data, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		id := strings.TrimSpace(string(data))
		if isMachineID(id) {
			return machineOf(path, id), nil
		}
		reason = path + " has no id: 32 hex digits that are not a placeholder"
	}
	return Machine{}, fmt.Errorf("%w (%s)", ErrNoMachineID, reason)
}

// isMachineID reports whether a text is an id as machine-id(5) describes it, or one with
// dashes as FreeBSD and the firmware of PCs have, and not a placeholder.
func isMachineID(id string) bool {
	digits := strings.ToLower(id)
	if strings.Contains(id, "-") {
		if len(id) != 36 || id[8] != '-' || id[13] != '-' || id[18] != '-' || id[23] != '-' {
			return false
		}
		digits = strings.ReplaceAll(digits, "-", "")
	}
	if data, err := hex.DecodeString(digits); err != nil || len(data) != 16 {
		return false
	}
	different := make(map[rune]struct{})
	for _, c := range digits {
		different[c] = struct{}{}
	}
	const few = 5 // a random id has nearly all of the 16
	return len(different) >= few && !placeholders[digits]
}

// placeholders are ids that firmware and images have in many copies.
var placeholders = map[string]bool{
	"03000200040005000006000700080009": true,
	"00020003000400050006000700080009": true,
	"123456781234567890abcddeefaabbcc": true,
}

// machineIDFiles are the files in which Linux and FreeBSD keep the id of the system.
var machineIDFiles = []string{"/etc/machine-id", "/var/lib/dbus/machine-id", "/etc/hostid"}

// containerFiles exist in the containers of Docker and Podman.
var containerFiles = []string{"/.dockerenv", "/run/.containerenv"}

// containerVariables are set by what runs containers and sandboxes.
var containerVariables = []string{
	"KUBERNETES_SERVICE_HOST",
	"container", // systemd-nspawn, Podman, LXC
	"ECS_CONTAINER_METADATA_URI", "ECS_CONTAINER_METADATA_URI_V4", "AWS_LAMBDA_FUNCTION_NAME",
	"K_SERVICE", "CLOUD_RUN_JOB", // Cloud Run, Knative
	"NOMAD_ALLOC_ID",
	"CONTAINER_APP_NAME", "WEBSITE_INSTANCE_ID", // Azure
	"FLY_ALLOC_ID", "DYNO", // Fly, Heroku
}

// container returns what shows that this process runs in a container, or "".
func container() string {
	for _, path := range containerFiles {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	for _, name := range containerVariables {
		if os.Getenv(name) != "" {
			return "the variable " + name
		}
	}
	return ""
}

func machineOf(kind, id string) Machine {
	name := kind
	if strings.HasPrefix(kind, "/") {
		name = "machine id" // wherever it is kept
	}
	sum := sha256.Sum256([]byte("licseal machine fingerprint 1\n" + name + "\n" + id))
	return Machine{hex.EncodeToString(sum[:]), kind}
}
