// Package profile reads licseal.yaml, the settings of one kind of licence: its schema,
// keys, revocation list and plans. The file is in the folder of the vendor's product,
// and commands find it from the folders below.
//
// A folder that somebody sent may hold such a file, too, and what a user trusts must
// not come with the licence. So [Store.Find] returns only a profile that the user has
// approved, with the schema and the trusted keys that it had then. [Open] reads one
// that the user has named.
package profile
