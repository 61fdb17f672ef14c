package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/licseal/licseal/bulk/job"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/schema"
	"github.com/urfave/cli/v2"
)

// What a command does with the file that a flag names. Every flag with TakesFile has
// one of them as its Category. ArgsUsage has one for each argument of the command, with
// blanks between them, and the last of them stands for the rest; "" is reads.
const (
	reads  = "reads"
	writes = "writes"
	edits  = "edits" // reads it and writes it
	names  = "names" // an argument that is not a file
)

// fileUse is a file on a command line.
type fileUse struct {
	flag string // as messages call it: -o, --report; "" for an argument
	path string
	use  string
}

func (f fileUse) isRead() bool    { return f.use == reads || f.use == edits }
func (f fileUse) isWritten() bool { return f.use == writes || f.use == edits }

// String returns how messages call it: -o FILE.
func (f fileUse) String() string { return strings.TrimSpace(f.flag + " " + f.path) }

// filesOf returns all files of a command line, except for standard input and output.
func filesOf(c *cli.Context) []fileUse {
	var files []fileUse
	add := func(flag, use string, paths ...string) {
		for _, path := range paths {
			if path != "" && path != "-" {
				files = append(files, fileUse{flag, path, use})
			}
		}
	}
	for _, flag := range c.Command.Flags {
		name := flag.Names()[0]
		switch flag := flag.(type) {
		case *cli.StringFlag:
			if flag.TakesFile && !isWord(name, c.String(name)) {
				add(dashed(name), flag.Category, c.String(name))
			}
		case *cli.StringSliceFlag:
			if flag.TakesFile {
				add(dashed(name), flag.Category, splitRoots(name, c.StringSlice(name))...)
			}
		}
	}
	uses := strings.Fields(c.Command.ArgsUsage)
	for i, arg := range c.Args().Slice() {
		use := reads
		if len(uses) > 0 {
			use = uses[min(i, len(uses)-1)]
		}
		add("", use, arg)
	}
	if p := settingsOf(c).profile; p != nil {
		add("", reads, p.Path)
	}
	if c.Bool("effective") {
		add("", reads, gatewayFiles(c)...)
	}
	return files
}

// isWord reports whether the value of a flag that takes a file is a word instead.
func isWord(flag, value string) bool {
	return flag == trustRootFlag.Name && strings.HasPrefix(value, digestPrefix) || flag == "schema" && slices.Contains(schema.Names(), value) || flag == profileFlag.Name && value == noProfile || flag == registerFlag.Name && value == noRegister || (flag == sinceFlag.Name || flag == "after") && isCheckpoint(value)
}

// gatewayFiles returns where 'licseal check --effective' looks for a licence.
func gatewayFiles(c *cli.Context) []string {
	path, root := os.Getenv(check.PathVariable), c.String("root")
	return []string{path, filepath.Join(root, check.DefaultPath), filepath.Join(root, path)}
}

// inputFiles returns the files that a command line names and that are read.
func inputFiles(c *cli.Context) []string {
	var inputs []string
	for _, f := range filesOf(c) {
		if f.isRead() {
			inputs = append(inputs, f.path)
		}
	}
	return inputs
}

// keepInputs refuses an output that would overwrite an input, whatever --force says,
// and two outputs with the same name.
func keepInputs(c *cli.Context) error {
	files := filesOf(c)
	for i, output := range files {
		if !output.isWritten() {
			continue
		}
		for j, other := range files {
			if i == j || !job.Clash(output.path, other.path) {
				continue
			}
			if other.isRead() {
				return usagef("%s is an input file and would be overwritten", other.path)
			}
			if other.isWritten() {
				first, second := files[min(i, j)], files[max(i, j)]
				return usagef("%s and %s are the same file", first, second)
			}
		}
	}
	return nil
}

// splitRoots returns the files that a repeatable flag names. --roots has several in one
// value.
func splitRoots(flag string, values []string) []string {
	if flag != "roots" {
		return values
	}
	return strings.Split(strings.Join(values, ","), ",")
}
