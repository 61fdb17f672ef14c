package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
)

// packageFilesIn returns the packages of a release for this machine.
func packageFilesIn(dir string) []string {
	var paths []string
	for _, p := range debianPackages {
		paths = append(paths, filepath.Join(dir, p.name+"_0.9.0_amd64.deb"))
	}
	return paths
}

// Debian's reviewer has nothing to say against the packages.
func TestLintian(t *testing.T) {
	dir, _ := built(t)
	testenv.Programs(t, "lintian", "dpkg-deb")
	for _, name := range packageFilesIn(dir) {
		if who := testenv.Run(t, "dpkg-deb", "-f", name, "Maintainer"); strings.TrimSpace(who) != "test <test@licseal.example>" {
			t.Errorf("the maintainer of %s is %s, and not who made the tag", name, who)
		}
	}
	said, err := exec.Command("lintian", append([]string{"--allow-root", "--fail-on", "error,warning", "--tag-display-limit", "0"}, packageFilesIn(dir)...)...).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, said)
	}
}

// system is a copy of this machine's system, which a test may change.
type system string

// newSystem returns a system whose files are those of this machine, until one is changed.
func newSystem(t *testing.T) system {
	t.Helper()
	testenv.Programs(t, "dpkg", "chroot")
	dir := testenv.SmallDisk(t, "size=1g,mode=0755")
	root := filepath.Join(dir, "root")
	for _, name := range []string{"changes", "work", "root"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	mount := func(args ...string) {
		t.Helper()
		if said, err := exec.Command("mount", args...).CombinedOutput(); err != nil {
			testenv.Missing(t, "mount "+strings.Join(args, " ")+": "+string(said))
		}
		t.Cleanup(func() { exec.Command("umount", args[len(args)-1]).Run() })
	}
	mount("-t", "overlay", "overlay", "-o", "lowerdir=/,upperdir="+dir+"/changes,workdir="+dir+"/work", root)
	mount("-t", "proc", "proc", root+"/proc")
	mount("-t", "tmpfs", "tmpfs", root+"/run")
	mount("--bind", "/dev", root+"/dev")
	return system(root)
}

// run runs a shell script in the system and returns what it prints.
func (s system) run(t *testing.T, script string) string {
	t.Helper()
	command := exec.Command("chroot", string(s), "/bin/sh", "-euc", script)
	command.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"}
	said, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s\n%s%v", script, said, err)
	}
	return string(said)
}

// The packages are installed with dpkg, the service starts as its unit says, and what is
// removed is gone, but not the licences.
func TestInstall(t *testing.T) {
	if os.Getuid() != 0 {
		testenv.Missing(t, "only root installs packages")
	}
	dir, _ := built(t)
	s := newSystem(t)
	for _, deb := range packageFilesIn(dir) {
		if err := os.WriteFile(filepath.Join(string(s), "tmp", filepath.Base(deb)), testenv.ReadFile(t, deb), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s.run(t, "rm -rf /usr/local/bin/licseal*; dpkg -i /tmp/licseal_*.deb /tmp/licseald_*.deb /tmp/licseal-verify_*.deb")
	s.run(t, "cd /usr/share && for p in licseal licseald; do bash -n bash-completion/completions/$p && grep -q \"^#compdef $p\" zsh/vendor-completions/_$p && grep -q \"complete -c $p \" fish/vendor_completions.d/$p.fish; done")
	s.run(t, "dpkg --verify licseal licseald licseal-verify && for p in licseal licseald licseal-verify; do man -w $p; done")
	s.run(t, `test "$(stat -c %U:%G:%a /var/lib/licseald)" = licseald:licseald:700`)
	s.run(t, "systemd-analyze verify /lib/systemd/system/licseald.service && systemd-analyze security --offline=true --threshold=15 licseald.service")
	s.run(t, `test "$(systemctl is-enabled licseald.service)" = enabled`)

	// As an ordinary user, and then the command of the unit as its user.
	s.run(t, `cd /var/lib/licseald; setpriv --reuid nobody --regid nogroup --clear-groups sh -euc '
		cd "$(mktemp -d)"; export HOME=$PWD
		licseal keygen -o vendor.key --no-passphrase --comment vendor
		licseal demo >/dev/null
		cp vendor.key.pub /tmp/trusted.keys'
		cp /tmp/trusted.keys /etc/licseald/trusted.keys
		command=$(sed -n 's/^ExecStart=//p' /lib/systemd/system/licseald.service)
		export LICSEALD_OPTIONS='--listen 127.0.0.1:0' LICSEALD_STORE=$(sed -n 's/^Environment=LICSEALD_STORE=//p' /lib/systemd/system/licseald.service)
		setpriv --reuid licseald --regid licseald --clear-groups sh -c "exec $command" >/tmp/address 2>/tmp/log &
		for i in $(seq 600); do [ -s /tmp/address ] && break; sleep 0.1; done
		curl -sSf "$(cat /tmp/address)/status" >/tmp/status || { cat /tmp/log; exit 1; }
		kill $!; wait $!; test -s /var/lib/licseald/licences.db`)

	s.run(t, "dpkg --remove licseal licseald licseal-verify; test -e /etc/default/licseald; test ! -e /usr/bin/licseald; test ! -e /lib/systemd/system/licseald.service")
	kept := s.run(t, "dpkg --purge licseal licseald licseal-verify; test ! -e /etc/default/licseald; test -s /var/lib/licseald/licences.db; test -e /etc/licseald/trusted.keys")
	if !strings.Contains(kept, "/var/lib/licseald is kept") {
		t.Errorf("nobody is told that the licences are kept: %s", kept)
	}
	s.run(t, `dpkg -i /tmp/licseald_*.deb && rm -f /var/lib/licseald/* /etc/licseald/* && dpkg --purge licseald && test ! -e /var/lib/licseald -a ! -e /etc/licseald`)
}
