package main

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/licseal/licseal/internal/completion/scripts"
)

// debianPackage is a Debian package, which has one program.
type debianPackage struct {
	name, summary, description string
	depends, suggests          string
	section                    int // of the man page
	conffiles                  []string
}

var debianPackages = []debianPackage{
	{
		name: "licseal", section: 1, suggests: "licseald, licseal-verify",
		summary: "issue, sign, verify and check software licences, offline",
		description: `A licence is a small JSON document that anyone can read and that only the
vendor's key can make. licseal makes keys and licences, one or a million,
verifies them with a public key and a clock, checks them before a rollout, and
revokes them, all without a network.`,
	},
	{
		name: "licseald", section: 8, depends: "adduser", suggests: "licseal, postgresql",
		summary: "server of an Admin API for software licences",
		description: `licseald serves the licence routes of Kong Gateway's Admin API. It accepts
only licences that it has verified, and keeps them with the history of all
changes in SQLite or PostgreSQL. It starts as a service once
/etc/licseald/trusted.keys names the keys to trust.`,
		conffiles: []string{"/etc/default/licseald"},
	},
	{
		name: "licseal-verify", section: 1, suggests: "licseal",
		summary: "verify software licences behind an air gap",
		description: `licseal-verify gives the verdicts of 'licseal verify', and can do nothing
else. It is small enough to be reviewed, and has no network.`,
	},
}

// writePackages writes the Debian packages for a system.
func (r *release) writePackages(t target, built []program) error {
	for i, p := range debianPackages {
		files := append(r.packageFiles(&p), file{path: "usr/bin/" + p.name, mode: 0o755, data: built[i].data})
		data, err := r.packaged(&p, t.arch, files)
		if err != nil {
			return fmt.Errorf("the package %s: %w", p.name, err)
		}
		if err := r.write(fmt.Sprintf("%s_%s_%s.deb", p.name, r.debianVersion(), t.arch), data); err != nil {
			return err
		}
	}
	return nil
}

// debianVersion returns the version as Debian orders versions: 1.0.0~rc.1 is before 1.0.0.
func (r *release) debianVersion() string {
	return strings.ReplaceAll(strings.TrimPrefix(r.version, "v"), "-", "~")
}

// packageFiles returns what a package has beside its program.
func (r *release) packageFiles(p *debianPackage) []file {
	doc := "usr/share/doc/" + p.name + "/"
	page := fmt.Sprintf("%s.%d", p.name, p.section)
	changelog := fmt.Sprintf("%s (%s) unstable; urgency=medium\n\n  * Release %s; NEWS.md of the package licseal says what is new.\n\n -- %s  %s\n",
		p.name, r.debianVersion(), r.version, r.maintainer, r.time.Format(time.RFC1123Z))
	files := []file{
		text(doc+"copyright", r.copyright()),
		text(doc+"NOTICE.gz", mustGzip(r.file("NOTICE"))),
		text("usr/share/lintian/overrides/"+p.name, override(p)),
		text(doc+"changelog.gz", mustGzip([]byte(changelog))),
		text(fmt.Sprintf("usr/share/man/man%d/%s.gz", p.section, page), mustGzip(r.file("docs/reference/"+page))),
	}
	switch p.name {
	case "licseal":
		for _, f := range r.documents() {
			if f.path != "LICENSE" && f.path != "NOTICE" { // these are in copyright
				files = append(files, text(doc+f.path, f.data))
			}
		}
		files = append(files, completionFiles(p.name)...)
	case "licseald":
		files = append(files, completionFiles(p.name)...)
		files = append(files,
			file{path: "etc/licseald/", mode: 0o755},
			text("etc/default/licseald", r.file("docs/licseald/licseald.default")),
			text("lib/systemd/system/licseald.service", r.file("docs/licseald/licseald.service")))
	}
	return files
}

// completionFiles returns what completes the command lines of a program, where Debian's
// shells look for it.
func completionFiles(program string) (files []file) {
	for shell, dir := range map[string]string{"bash": "bash-completion/completions", "zsh": "zsh/vendor-completions", "fish": "fish/vendor_completions.d"} {
		name, script := scripts.For(program, shell)
		if shell == "bash" {
			name = program
		}
		files = append(files, text("usr/share/"+dir+"/"+name, []byte(script)))
	}
	return files
}

func text(path string, data []byte) file { return file{path: path, mode: 0o644, data: data} }

// mustGzip is for what is in memory.
func mustGzip(data []byte) []byte {
	compressed, err := gzipped(data)
	if err != nil {
		panic(err)
	}
	return compressed
}

// copyright returns the file about licences that Debian's policy demands. It has no text
// of a licence that is in NOTICE, or in Debian's folder of common licences.
func (r *release) copyright() []byte {
	list, _, _ := bytes.Cut(r.file("NOTICE"), []byte("\n===="))
	list = bytes.Replace(list, []byte("Copyright The"), fmt.Appendf(nil, "Copyright %d The", r.time.Year()), 1)
	const where = "\nThe texts are in NOTICE.gz in this folder. The Apache License, Version 2.0, is also in\n/usr/share/common-licenses/Apache-2.0.\n"
	return append(bytes.Clone(list), where...)
}

// override tells lintian what is meant to be so.
func override(p *debianPackage) []byte {
	return fmt.Appendf(nil, "# Programs written in Go are linked statically; what is in them is listed in copyright.\n%s: statically-linked-binary [usr/bin/%s]\n", p.name, p.name)
}

// packaged returns a package: an archive of ar with a version, what dpkg reads, and what
// it installs (deb(5)). It is written here because that is all there is to it, and the
// module that is known for it links an implementation of git.
func (r *release) packaged(p *debianPackage, arch string, files []file) ([]byte, error) {
	data, err := tarOf(files, r.time, "./")
	if err != nil {
		return nil, err
	}
	control, err := tarOf(r.control(p, arch, files), r.time, "./")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("!<arch>\n")
	for _, member := range []struct {
		name string
		data []byte
	}{{"debian-binary", []byte("2.0\n")}, {"control.tar.gz", mustGzip(control)}, {"data.tar.gz", mustGzip(data)}} {
		fmt.Fprintf(&b, "%-16s%-12d%-6d%-6d%-8s%-10d`\n%s", member.name, r.time.Unix(), 0, 0, "100644", len(member.data), member.data)
		if len(member.data)%2 == 1 {
			b.WriteByte('\n')
		}
	}
	return b.Bytes(), nil
}

// control returns the files that dpkg reads.
func (r *release) control(p *debianPackage, arch string, files []file) []file {
	size := 0
	var sums bytes.Buffer
	for _, f := range withFolders(files) {
		size += (len(f.data) + 1023) / 1024
		if f.isDir() {
			size++
		} else {
			fmt.Fprintf(&sums, "%x  %s\n", md5.Sum(f.data), f.path)
		}
	}
	var b bytes.Buffer
	for _, field := range [][2]string{
		{"Package", p.name}, {"Version", r.debianVersion()}, {"Architecture", arch}, {"Maintainer", r.maintainer},
		{"Installed-Size", fmt.Sprint(size)}, {"Depends", p.depends}, {"Suggests", p.suggests}, {"Section", "utils"}, {"Priority", "optional"},
		{"Description", p.summary + "\n " + strings.ReplaceAll(p.description, "\n", "\n ")},
	} {
		if field[1] != "" {
			fmt.Fprintf(&b, "%s: %s\n", field[0], field[1])
		}
	}
	all := []file{text("control", b.Bytes()), text("md5sums", sums.Bytes())}
	if len(p.conffiles) > 0 {
		all = append(all, text("conffiles", []byte(strings.Join(p.conffiles, "\n")+"\n")))
	}
	for _, script := range []string{"postinst", "prerm", "postrm"} {
		if data, ok := r.sources[path.Join("peers/release/debian", p.name+"."+script)]; ok {
			all = append(all, file{path: script, mode: 0o755, data: data})
		}
	}
	return all
}
