package entitle

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is an id: 32 hex digits, or 36 characters with dashes at their places; of at least
// five different digits, and no placeholder.
func TestIsMachineID(t *testing.T) {
	const digits = "0123456789abcdef0123456789abcdef"
	dashed := "01234567-89ab-cdef-0123-456789abcdef"
	valid := map[string]bool{
		digits: true, strings.ToUpper(digits): true, dashed: true, strings.ToUpper(dashed): true,
		digits[1:]: false, digits + "0": false, digits + "00": false, "g" + digits[1:]: false, "": false, "-": false, dashed[1:]: false, dashed + "0": false,
		strings.Repeat("0123", 8): false, strings.Repeat("01234567", 4): true, strings.Repeat("0123", 7) + "0124": true, strings.Repeat("0123", 7) + "0120": false,
		"12345678-1234-5678-90ab-cddeefaabbcc": false, "12345678-1234-5678-90ab-cddeefaabbcd": true,
	}
	for _, i := range []int{8, 13, 18, 23} { // one digit too far
		b := []byte(dashed)
		b[i], b[i+1] = b[i+1], b[i]
		valid[string(b)] = false
		b[i] = '0'
		valid[string(b)] = false
	}
	for id, want := range valid {
		if got := isMachineID(id); got != want {
			t.Errorf("%s: %v", id, got)
		}
	}
}

// A fingerprint stays the same from release to release, wherever the id of the machine is.
func TestFingerprintsAreFixed(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef"
	got := []Machine{machineOf("installation id", "I-1"), machineOf("/etc/machine-id", id), machineOf("/etc/hostid", id)}
	if diff := cmp.Diff([]Machine{
		{"0f2a2f80ed61c6425248ac58b70718d91613838b612194a7f9d98ec346805f1c", "installation id"},
		{"862218e279ed01caccf1f558eb735d6a40b7c71dabe1c5bde3df51a6c8cce1f8", "/etc/machine-id"},
		{"862218e279ed01caccf1f558eb735d6a40b7c71dabe1c5bde3df51a6c8cce1f8", "/etc/hostid"},
	}, got); diff != "" {
		t.Error(diff)
	}
}

// The id of the machine is in the first file that has one.
func TestMachineIDFiles(t *testing.T) {
	before, containers := machineIDFiles, containerFiles
	defer func() { machineIDFiles, containerFiles = before, containers }()
	containerFiles = nil
	for _, name := range containerVariables {
		t.Setenv(name, "")
	}
	dir := t.TempDir()
	missing, bad, good, other := filepath.Join(dir, "missing"), filepath.Join(dir, "bad"), filepath.Join(dir, "good"), filepath.Join(dir, "other")
	for path, text := range map[string]string{bad: "none", good: " 0123456789abcdef0123456789abcdef\n", other: "1123456789abcdef0123456789abcdef"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		files  []string
		madeOf string
		reason string
	}{
		{[]string{good, other}, good, ""}, {[]string{missing, good}, good, ""}, {[]string{bad, missing, other, good}, other, ""},
		{nil, "", "there is no /etc/machine-id"}, {[]string{missing}, "", "there is no /etc/machine-id"}, {[]string{bad, missing}, "", bad + " has no id"},
	} {
		machineIDFiles = test.files
		m, err := Fingerprint("")
		if m.MadeOf != test.madeOf || (err == nil) != (test.reason == "") || err != nil && !strings.Contains(err.Error(), test.reason) {
			t.Errorf("%v: %+v, %v", test.files, m, err)
		}
	}
}
