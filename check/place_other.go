//go:build !unix

package check

import "io/fs"

// isRootOnly reports whether only the user root can read a file. There is no such user
// here.
func isRootOnly(fs.FileInfo) bool { return false }
