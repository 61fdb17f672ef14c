// Package scripts has the scripts by which shells complete the command lines of a program.
package scripts

import (
	"embed"
	"maps"
	"slices"
	"strings"
)

// Asked is the hidden command by which the scripts ask a program for words. Its arguments
// are the words after the program's name, the last of them the one that is being typed.
const Asked = "__complete"

// sources offer file names where a program has no words. None of them lets the shell expand
// a word: a name may hold $(…). PROGRAM is the name of the program.
//
//go:embed bash zsh fish powershell
var sources embed.FS

// files are the names by which shells find the script of a program.
var files = map[string]string{"bash": "PROGRAM.bash", "zsh": "_PROGRAM", "fish": "PROGRAM.fish", "powershell": "PROGRAM.ps1"}

// Shells returns the names of the shells, sorted.
func Shells() []string { return slices.Sorted(maps.Keys(files)) }

// For returns the script of a program for one of [Shells], and the name of its file. Both
// are empty for any other shell.
func For(program, shell string) (name, script string) {
	name, known := files[shell]
	if !known {
		return "", ""
	}
	source, err := sources.ReadFile(shell)
	if err != nil {
		panic(err) // a test reads all
	}
	return strings.ReplaceAll(name, "PROGRAM", program), strings.ReplaceAll(string(source), "PROGRAM", program)
}
