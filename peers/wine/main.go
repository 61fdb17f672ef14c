// Command wine writes bcryptprimitives.dll, which Go's programs for Windows need and
// Wine 8 lacks. Its one function, ProcessPrng, is RtlGenRandom under another name, so the
// file contains no code.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
)

// Where the parts of the file are. Its one section is at the same place in the file and
// in memory.
const (
	section     = 0x1000
	sectionSize = 0x200
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: wine FILE.dll")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], library(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// library returns the file: headers, and a section with a table of one export.
func library() []byte {
	file := bytes.NewBuffer(headers())
	file.Write(make([]byte, section-file.Len()))
	file.Write(exports())
	file.Write(make([]byte, section+sectionSize-file.Len()))
	return file.Bytes()
}

func headers() []byte {
	dos := make([]byte, 0x40)
	copy(dos, "MZ")
	dos[0x3c] = 0x40 // where the rest begins
	b := bytes.NewBuffer(dos)
	b.WriteString("PE\x00\x00")
	write(b,
		uint16(0x8664), uint16(1), [3]uint32{}, uint16(240), uint16(0x2022), // x86-64, one section; a DLL
		uint16(0x20b), uint16(0), uint32(0), uint32(sectionSize), [3]uint32{}, // PE32+, no code
		uint64(0x2a0000000), uint32(0x1000), uint32(0x200), // its address, and alignments
		uint16(6), uint16(0), uint16(0), uint16(0), uint16(6), uint16(0), uint32(0), // version of Windows
		uint32(section+0x1000), uint32(0x200), uint32(0), uint16(3), uint16(0x100), // sizes; console, no relocation at start
		[4]uint64{0x100000, 0x1000, 0x100000, 0x1000}, uint32(0), uint32(16),
		uint32(section), uint32(sectionSize), [15]uint64{}, // the first of 16 directories has the exports
		[8]byte{'.', 'e', 'd', 'a', 't', 'a'}, uint32(sectionSize), uint32(section), uint32(sectionSize), uint32(section),
		[3]uint32{}, uint32(0x40000040)) // data, readable
	return b.Bytes()
}

// exports returns the table: one name, forwarded to another library.
func exports() []byte {
	const (
		functions = section + 40
		namesAt   = functions + 4
		ordinals  = namesAt + 4
		texts     = ordinals + 2
		library   = "bcryptprimitives.dll\x00"
		name      = "ProcessPrng\x00"
		forward   = "advapi32.SystemFunction036\x00" // RtlGenRandom
	)
	b := new(bytes.Buffer)
	write(b,
		[3]uint32{}, uint32(texts), uint32(1), uint32(1), uint32(1), uint32(functions), uint32(namesAt), uint32(ordinals),
		uint32(texts+len(library)+len(name)), uint32(texts+len(library)), uint16(0))
	b.WriteString(library + name + forward)
	return b.Bytes()
}

// write writes numbers, little endian.
func write(b *bytes.Buffer, values ...any) {
	for _, v := range values {
		binary.Write(b, binary.LittleEndian, v) // a bytes.Buffer returns no error
	}
}
