// Package register keeps the vendor's register: a folder in which every licence that
// was issued, renewed, imported or revoked is recorded before it leaves.
//
// The register is an append-only log: a Merkle tree in the layout of C2SP tlog-tiles with
// a signed checkpoint, so that an entry that was removed or changed later is found. The
// tree has hashes only. The records and licences are next to it, in packs. SPEC.md,
// section 13, defines all files.
//
// [Create] makes a register, [Open] reads one, and [OpenWriter] appends to one. One
// process at a time can append. An entry is safe on the disk when [Writer.Commit]
// returns; an entry that was not committed is removed by the next writer.
package register
